"""Batches of what is sent to many: collected for a moment, sent at once where it is critical, bounded (stream-production.md §5)."""

from collections import deque
from typing import Final

from ..bus import Counters

WINDOW: Final = 0.05
"""Seconds that something waits for others."""
MAX_BATCH: Final = 100
MAX_WAITING: Final = 1_000


class Batcher[T]:
    """Collects what is to be sent. Time is given with each call; `due` says when `take` has the next batch.

    What is critical goes with all that waits, so that the order stays. What finds no room is dropped and counted, unless
    it is critical: then the oldest goes.
    """

    def __init__(self, window: float = WINDOW, limit: int = MAX_WAITING) -> None:
        """Start empty."""
        self.counters = Counters()
        """Counts of batches, sent and dropped."""
        self._window = window
        self._limit = limit
        self._waiting: deque[T] = deque()
        self._since: float | None = None
        self._is_urgent = False

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def add(self, thing: T, now: float, *, is_critical: bool = False) -> None:
        """Let something wait for its batch."""
        if len(self._waiting) >= self._limit:
            self.counters.add("dropped")
            if not is_critical:
                return
            self._waiting.popleft()
        self._waiting.append(thing)
        self._is_urgent = self._is_urgent or is_critical
        if self._since is None:
            self._since = now

    @property
    def due(self) -> float | None:
        """When the next batch is complete; None while nothing waits."""
        if self._since is None:
            return None
        is_full = len(self._waiting) >= MAX_BATCH
        return self._since + (0 if self._is_urgent or is_full else self._window)

    def take(self, now: float) -> list[T]:
        """Return the next batch, of at most 100, empty where none is complete yet."""
        due = self.due
        if due is None or due > now:
            return []
        batch = [
            self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_BATCH))
        ]
        # What is left has waited its time.
        if not self._waiting:
            self._since, self._is_urgent = None, False
        self.counters.add("batches")
        self.counters.add("sent", len(batch))
        return batch
