"""A domain, what its bus tells, and a clock that stands still."""

from collections.abc import Sequence
from dataclasses import is_dataclass

import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain, events
from custom_components.maestra.core.domain.devices import Devices
from custom_components.maestra.core.domain.entities import Entities
from custom_components.maestra.core.domain.newcomers import Newcomers
from custom_components.maestra.core.domain.streams import Streams

EVENT_KINDS: Sequence[type] = [
    kind
    for kind in vars(events).values()
    if isinstance(kind, type) and is_dataclass(kind)
]


class Heard:
    """Everything that a bus told, in order."""

    def __init__(self, bus: Bus) -> None:
        self._events: list[object] = []
        for kind in EVENT_KINDS:
            bus.subscribe(kind, self._events.append)

    @property
    def kinds(self) -> list[type]:
        """The types of the events."""
        return [type(event) for event in self._events]

    def of[E](self, kind: type[E]) -> list[E]:
        """The events of one type."""
        return [event for event in self._events if isinstance(event, kind)]

    def the[E](self, kind: type[E]) -> E:
        """The only event of one type."""
        (event,) = self.of(kind)
        return event

    def forget(self) -> None:
        """Start over."""
        self._events.clear()


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def heard(bus: Bus) -> Heard:
    return Heard(bus)


@pytest.fixture
def domain(bus: Bus) -> Domain:
    return Domain(bus)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def entities(domain: Domain) -> Entities:
    return domain.entities


@pytest.fixture
def devices(bus: Bus, clock: Clock) -> Devices:
    return Devices(bus, Newcomers(bus, clock), clock)


@pytest.fixture
def streams(bus: Bus, clock: Clock) -> Streams:
    return Streams(bus, Newcomers(bus, clock), clock)
