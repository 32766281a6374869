"""Rate limits: a token bucket."""

from collections.abc import Callable
from time import monotonic


class TokenBucket:
    """Lets `capacity` through at once, and `per_second` in the long run."""

    __slots__ = ("_capacity", "_clock", "_left", "_per_second", "_since")

    def __init__(
        self, capacity: float, per_second: float, clock: Callable[[], float] = monotonic
    ) -> None:
        """Start full."""
        self._capacity = self._left = capacity
        self._per_second = per_second
        self._clock = clock
        self._since = clock()

    def take(self) -> bool:
        """Take one; False when there is none."""
        now = self._clock()
        self._left = min(
            self._capacity, self._left + (now - self._since) * self._per_second
        )
        self._since = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
