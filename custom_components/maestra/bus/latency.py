"""How long things take."""

from collections import deque
from typing import Final

KEPT: Final = 512


class Latency:
    """The latest durations of one kind of work, in seconds."""

    __slots__ = ("_latest",)

    def __init__(self) -> None:
        """Start with none."""
        self._latest: deque[float] = deque(maxlen=KEPT)

    def add(self, seconds: float) -> None:
        """Take one more; the oldest goes."""
        self._latest.append(seconds)

    def quantile(self, share: float) -> float | None:
        """Return the duration that this share (0 to 1) of the latest did not exceed; None without any."""
        if not self._latest:
            return None
        ordered = sorted(self._latest)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
