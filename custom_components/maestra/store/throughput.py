"""How many rows a second."""

from collections import deque
import time
from typing import Final

WINDOW: Final = 10.0
"""Seconds that are looked back."""


class Throughput:
    """Counts what passed lately."""

    def __init__(self) -> None:
        """Nothing has passed yet."""
        self._counts: deque[tuple[float, int]] = deque()

    def add(self, count: int) -> None:
        """Count what passes now."""
        self._counts.append((time.monotonic(), count))
        self._forget()

    @property
    def per_second(self) -> float:
        """The mean of the last seconds."""
        self._forget()
        return sum(count for _, count in self._counts) / WINDOW

    def _forget(self) -> None:
        horizon = time.monotonic() - WINDOW
        while self._counts and self._counts[0][0] < horizon:
            self._counts.popleft()
