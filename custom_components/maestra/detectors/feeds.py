"""From what is told on the bus to readings of the series that detectors follow."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
import math

from ..bus import Unsubscribe, together
from ..domain import Domain
from ..domain.dotted import value_at
from ..domain.events import MetricReported, StateChanged
from ..domain.telemetry import F2Reading, ReadingTaken, TelemetryReceived
from .reading import Reading
from .series import (
    ENTITY_PREFIX,
    F2_PREFIX,
    ISS_PREFIX,
    METRIC_PREFIX,
    QS_PREFIX,
    stored_series,
)


class Feeds:
    """Listens to what is followed only: everything else costs a look into a dictionary.

    Each reading has the time that the store keeps it with, so that both find the same.
    """

    def __init__(self, domain: Domain, take: Callable[[Reading], None]) -> None:
        """Listen to nothing yet; readings go to `take`."""
        self._bus = domain.bus
        self._take = take
        self._followed: dict[tuple[str, ...], str] = {}
        self._variables: defaultdict[str, list[tuple[str, str, str]]] = defaultdict(
            list
        )
        self._f2: dict[tuple[int, int], str] = {}

    def start(self) -> Unsubscribe:
        """Listen until the returned function is called."""
        bus = self._bus
        return together(
            bus.subscribe(ReadingTaken, self._reading_taken),
            bus.subscribe(StateChanged, self._state_changed),
            bus.subscribe(TelemetryReceived, self._telemetry_received),
            bus.subscribe(MetricReported, self._metric_reported),
            bus.subscribe(F2Reading, self._f2_read),
        )

    def follow(self, names: Iterable[str]) -> None:
        """Follow these series from now on."""
        self._followed, self._f2 = {}, {}
        self._variables.clear()
        for name in dict.fromkeys(names):
            prefix, address = name.partition(":")[0], stored_series(name).address
            if prefix == ENTITY_PREFIX:
                slug, path = address
                self._variables[slug].append((path.partition(".")[0], path, name))
            elif prefix == F2_PREFIX:
                self._f2[int(address[0]), int(address[1])] = name
            else:
                self._followed[prefix, *address] = name

    def _tell(self, name: str | None, value: object, time: datetime) -> None:
        if (
            name is not None
            and isinstance(value, int | float)
            and math.isfinite(number := float(value))
        ):
            self._take(Reading(name, number, time))

    def _reading_taken(self, event: ReadingTaken) -> None:
        self._tell(
            self._followed.get((ISS_PREFIX, event.channel)), event.value, event.time
        )

    def _state_changed(self, change: StateChanged) -> None:
        entity = change.entity
        for key, path, name in self._variables.get(entity.slug, ()):
            if key in change.changed_keys:
                self._tell(name, value_at(change.current, path), change.timestamp)

    def _telemetry_received(self, received: TelemetryReceived) -> None:
        event = received.event
        if not received.is_repeated:
            name = self._followed.get((QS_PREFIX, event.device_id, event.event_type))
            self._tell(name, event.value, event.ts_server)

    def _metric_reported(self, report: MetricReported) -> None:
        device, metric = report.device, report.metric
        name = self._followed.get((METRIC_PREFIX, device.hardware_id, metric.name))
        self._tell(name, metric.value, metric.timestamp)

    def _f2_read(self, reading: F2Reading) -> None:
        for sensor, datapoint, value in reading.rows if self._f2 else ():
            self._tell(self._f2.get((sensor, datapoint)), value, reading.time)
