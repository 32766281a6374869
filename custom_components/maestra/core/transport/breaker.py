"""A circuit breaker: who fails again and again is left alone for a while (stream-production.md §11)."""

from collections.abc import Callable
from enum import StrEnum
from math import ceil
from time import monotonic
from typing import Final

from ..domain.errors import MaestraError

FAILURES: Final = 5
"""In a row, after which it opens."""
OPEN_FOR: Final = 60.0
"""Seconds until somebody may try again."""
SUCCESSES: Final = 2
"""In a row, after which it closes again."""


class BreakerState(StrEnum):
    """Whether calls go through: all, none, or some to see whether it is well again."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class CircuitOpen(MaestraError):
    """Something has failed too often, and is left alone for so many seconds."""

    code = "circuit_open"
    message = "{name} has failed too often: try again in {seconds} seconds"
    is_failure = True


class Breaker:
    """Counts how calls went: by their results, not only by what they raise."""

    def __init__(self, name: str, clock: Callable[[], float] = monotonic) -> None:
        """Let everything through. `name` is whom errors tell of."""
        self.trips = 0
        """How often it has opened."""
        self._name = name
        self._clock = clock
        self._failures = 0
        self._successes = 0
        self._opened_at: float | None = None

    @property
    def state(self) -> BreakerState:
        """What it does now."""
        if self._opened_at is None:
            return BreakerState.CLOSED
        is_over = self._clock() - self._opened_at >= OPEN_FOR
        return BreakerState.HALF_OPEN if is_over else BreakerState.OPEN

    def check(self) -> None:
        """Raise CircuitOpen where nothing goes through."""
        if self._opened_at is not None and self.state is BreakerState.OPEN:
            left = OPEN_FOR - (self._clock() - self._opened_at)
            raise CircuitOpen(name=self._name, seconds=str(max(1, ceil(left))))

    def succeeded(self) -> None:
        """A call went well."""
        self._failures = 0
        if self._opened_at is None:
            return
        self._successes += 1
        if self._successes >= SUCCESSES:
            self._opened_at = None

    def failed(self) -> None:
        """A call did not go well: one is enough where it was only tried out."""
        self._successes = 0
        self._failures += 1
        if self._opened_at is not None or self._failures >= FAILURES:
            self._failures = 0
            self._opened_at = self._clock()
            self.trips += 1
