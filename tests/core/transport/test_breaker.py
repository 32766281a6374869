"""The circuit breaker: it counts results, opens, lets some try, and closes."""

import pytest

from custom_components.maestra.core.transport.breaker import (
    FAILURES,
    OPEN_FOR,
    SUCCESSES,
    Breaker,
    BreakerState,
    CircuitOpen,
)


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker("It", clock)


def fail(breaker: Breaker, times: int = FAILURES) -> None:
    for _ in range(times):
        breaker.failed()


def state(breaker: Breaker) -> str:
    return breaker.state.value


def test_it_opens_after_failures_in_a_row(breaker: Breaker) -> None:
    fail(breaker, FAILURES - 1)
    breaker.succeeded()
    fail(breaker, FAILURES - 1)
    assert state(breaker) == BreakerState.CLOSED
    breaker.failed()
    assert state(breaker) == BreakerState.OPEN
    with pytest.raises(CircuitOpen, match="try again in 60 seconds"):
        breaker.check()


def test_it_closes_after_successes_in_a_row(breaker: Breaker, clock: Clock) -> None:
    fail(breaker)
    clock.now = OPEN_FOR
    assert state(breaker) == BreakerState.HALF_OPEN
    breaker.check()
    for _ in range(SUCCESSES):
        assert state(breaker) == BreakerState.HALF_OPEN
        breaker.succeeded()
    assert state(breaker) == BreakerState.CLOSED


def test_one_failure_opens_it_again(breaker: Breaker, clock: Clock) -> None:
    fail(breaker)
    clock.now = OPEN_FOR
    breaker.succeeded()
    breaker.failed()
    assert state(breaker) == BreakerState.OPEN
    assert breaker.trips == 2
    clock.now += OPEN_FOR - 0.5
    with pytest.raises(CircuitOpen, match="in 1 seconds"):
        breaker.check()
