"""States are written as fast as they move, until all together move too fast."""

from collections import Counter
from heapq import heappop, heappush
from types import SimpleNamespace
from typing import Any

import pytest

from custom_components.maestra.hub.state_writer import (
    LONGEST_WINDOW,
    SHORTEST_WINDOW,
    StateWriter,
)

TICK = 0.02


class Clock:
    """An event loop's timers, on a clock that only runs when told."""

    def __init__(self) -> None:
        self.now = 0.0
        self._timers: list[tuple[float, int, Any]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, work: Any) -> SimpleNamespace:
        timer = SimpleNamespace(work=work)
        timer.cancel = lambda: setattr(timer, "work", lambda: None)
        heappush(self._timers, (when, id(timer), timer))
        return timer

    def run(self, until: float) -> None:
        """Do what is due until then."""
        while self._timers and self._timers[0][0] <= until:
            when, _, timer = heappop(self._timers)
            self.now = max(self.now, when)
            timer.work()
        self.now = until


class Entity:
    """One that is always there, and notes when it is written."""

    is_added = True

    def __init__(self, clock: Clock, name: str) -> None:
        self.entity_id = name
        self.written: list[float] = []
        self._clock = clock

    def async_write_ha_state(self) -> None:
        self.written.append(self._clock.now)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def writer(clock: Clock) -> StateWriter:
    return StateWriter(SimpleNamespace(loop=clock), rate=200)  # type: ignore[arg-type]


def flood(
    clock: Clock, writer: StateWriter, moving: list[Entity], seconds: float
) -> None:
    """Let entities move fifty times a second each."""
    for _ in range(round(seconds / TICK)):
        writer.mark_all(moving)
        clock.run(clock.now + TICK)


@pytest.mark.parametrize(
    ("count", "most", "window"),
    [
        (1, 20, SHORTEST_WINDOW),
        (10, 200, SHORTEST_WINDOW),
        (100, 215, 0.5),
        (300, 215, 1.5),
        # Too many for the rate: no state is further behind than that.
        (1_000, 515, LONGEST_WINDOW),
    ],
)
def test_all_together_keep_to_the_rate(
    clock: Clock, writer: StateWriter, count: int, most: int, window: float
) -> None:
    moving = [Entity(clock, str(number)) for number in range(count)]
    flood(clock, writer, moving, 10)
    before = writer.counters["written"]
    flood(clock, writer, moving, 10)
    assert (writer.counters["written"] - before) / 10 <= most
    assert writer.budget.window == pytest.approx(window, rel=0.1)
    # Nobody waits for the others.
    latest = Counter(len(entity.written) for entity in moving)
    assert max(latest) - min(latest) <= 3
    told = writer.counters["written"] + writer.counters["spared"]
    assert told == pytest.approx(count * 20 / TICK, rel=0.02)


def test_what_moves_seldom_is_quick_in_a_flood(
    clock: Clock, writer: StateWriter
) -> None:
    moving = [Entity(clock, str(number)) for number in range(300)]
    flood(clock, writer, moving, 5)
    seldom = Entity(clock, "door")
    writer.mark(seldom)
    asked = clock.now
    flood(clock, writer, moving, 0.2)
    assert seldom.written[0] - asked <= SHORTEST_WINDOW + TICK
    writer.write_now(moving[0])
    assert moving[0].written[-1] == clock.now


def test_connections_are_told_at_once(clock: Clock, writer: StateWriter) -> None:
    moving = [Entity(clock, str(number)) for number in range(300)]
    flood(clock, writer, moving, 5)
    writer.mark_all(moving, is_urgent=True)
    asked = clock.now
    clock.run(asked + TICK)
    assert all(entity.written[-1] >= asked for entity in moving)


def test_calm_brings_the_short_window_back(clock: Clock, writer: StateWriter) -> None:
    moving = [Entity(clock, str(number)) for number in range(300)]
    flood(clock, writer, moving, 5)
    clock.run(clock.now + 10)
    flood(clock, writer, moving[:1], 5)
    assert writer.budget.window == SHORTEST_WINDOW
    assert len(moving[0].written) >= 60


def test_what_was_marked_last_is_written_in_the_end(
    clock: Clock, writer: StateWriter
) -> None:
    moving = [Entity(clock, str(number)) for number in range(300)]
    flood(clock, writer, moving, 5)
    last = clock.now
    clock.run(last + LONGEST_WINDOW + 1)
    assert all(entity.written[-1] > last - TICK for entity in moving)


def test_what_is_gone_or_stopped_is_not_written(
    clock: Clock, writer: StateWriter
) -> None:
    gone, stays = Entity(clock, "gone"), Entity(clock, "stays")
    writer.mark_all([gone, stays])
    writer.forget(gone)
    clock.run(1)
    assert (len(gone.written), len(stays.written)) == (0, 1)
    writer.mark(stays)
    writer.stop()
    writer.mark(stays)
    clock.run(5)
    assert len(stays.written) == 1
