"""Frames that wait for one client. No I/O."""

from collections import OrderedDict
from collections.abc import Hashable
from itertools import count


class Outbox:
    """Keeps frames in order, within bounds.

    Where a frame does not fit, older states of the same entity make room: the latest
    wins, at its own place in the order. Frames without a `key` are never left out.
    """

    __slots__ = (
        "_frames",
        "_latest",
        "_most_bytes",
        "_most_frames",
        "_numbers",
        "size",
    )

    def __init__(self, most_frames: int, most_bytes: int) -> None:
        """Start empty. A single frame always fits, whatever its size."""
        self._frames: OrderedDict[int, tuple[bytes, Hashable]] = OrderedDict()
        self._latest: dict[Hashable, int] = {}
        self._numbers = count()
        self._most_frames = most_frames
        self._most_bytes = most_bytes
        self.size = 0
        """Bytes that wait."""

    def __len__(self) -> int:
        """Return how many frames wait."""
        return len(self._frames)

    def put(self, frame: bytes, key: Hashable = None) -> int | None:
        """Add a frame; return how many others it made superfluous, or None where it does not fit."""
        left_out = 0
        if not self._fits(frame):
            left_out = self._leave_out_last(key)
        if not self._fits(frame):
            left_out += self._leave_out_old()
        if not self._fits(frame):
            return None
        number = next(self._numbers)
        self._frames[number] = (frame, key)
        self.size += len(frame)
        if key is not None:
            self._latest[key] = number
        return left_out

    def take(self) -> bytes | None:
        """Take out the oldest frame."""
        if not self._frames:
            return None
        number, (frame, key) = self._frames.popitem(last=False)
        self.size -= len(frame)
        if key is not None and self._latest.get(key) == number:
            del self._latest[key]
        return frame

    def clear(self) -> int:
        """Leave out everything; return how many frames that were."""
        left_out = len(self._frames)
        self._frames.clear()
        self._latest.clear()
        self.size = 0
        return left_out

    def _fits(self, frame: bytes) -> bool:
        return not self._frames or (
            len(self._frames) < self._most_frames
            and self.size + len(frame) <= self._most_bytes
        )

    def _leave_out_last(self, key: Hashable) -> int:
        """Leave out the last state of an entity that is told anew."""
        if key is None or (number := self._latest.pop(key, None)) is None:
            return 0
        self._leave_out(number)
        return 1

    def _leave_out_old(self) -> int:
        """Leave out all states that are not the last of their entity."""
        old = [
            number
            for number, (_, key) in self._frames.items()
            if key is not None and self._latest.get(key) != number
        ]
        for number in old:
            self._leave_out(number)
        return len(old)

    def _leave_out(self, number: int) -> None:
        self.size -= len(self._frames.pop(number)[0])
