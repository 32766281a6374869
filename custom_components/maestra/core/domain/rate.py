"""Rate limits: a token bucket, and one for each of many."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Final

MAX_BUCKETS: Final = 4_096
"""Keys whose rate is remembered."""


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

    def take(self, wanted: int = 1) -> bool:
        """Take so many; none, and False, where there are fewer."""
        self._refill()
        if self._left < wanted:
            return False
        self._left -= wanted
        return True

    def take_up_to(self, wanted: int) -> int:
        """Take as many of these as there are; returns how many."""
        self._refill()
        taken = min(wanted, int(self._left))
        self._left -= taken
        return taken

    def _refill(self) -> None:
        now = self._clock()
        self._left = min(
            self._capacity, self._left + (now - self._since) * self._per_second
        )
        self._since = now


class TokenBuckets[K]:
    """A bucket for each key; of too many, the one that was asked for least lately is forgotten."""

    __slots__ = ("_buckets", "_capacity", "_clock", "_per_second")

    def __init__(
        self, capacity: float, per_second: float, clock: Callable[[], float] = monotonic
    ) -> None:
        """Let each key start full."""
        self._capacity = capacity
        self._per_second = per_second
        self._clock = clock
        self._buckets: OrderedDict[K, TokenBucket] = OrderedDict()

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._buckets)

    def of(self, key: K) -> TokenBucket:
        """Return the bucket of a key."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = TokenBucket(self._capacity, self._per_second, self._clock)
            self._buckets[key] = bucket
            if len(self._buckets) > MAX_BUCKETS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(key)
        return bucket
