"""The detectors at work: what they are fed with, when they are asked, and what they find."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ..bus import Counters, Unsubscribe, get_logger
from ..domain import Domain
from ..domain.clock import utcnow
from ..domain.json_values import JsonObject, is_same
from ..domain.reading import Reading
from ..store.series import Feed
from .detector import Detection, Detector, EventDetected
from .feeds import Feeds

_LOGGER = get_logger(__name__)

AHEAD: Final = timedelta(minutes=1)
"""How far a reading's time may be ahead of the clock: beyond, the clock was wrong then, and is put right now."""
GRACE: Final = timedelta(seconds=10)
"""How late a reading may come. So much later than it could a decision is taken where no reading comes."""
FAILED: Final = "Detector %s has failed and is switched off"


@dataclass(slots=True, eq=False)
class DetectorInstance:
    """A detector at work, or not. `id` is that of its settings."""

    id: str
    name: str
    detector: Detector
    is_enabled: bool = True
    last: Detection | None = None
    unit: str | None = None
    """The unit of the readings that the detector has seen."""

    def stored_type(self, detection: Detection) -> str:
        """Return what the store calls the type of an event: others of this kind may find another on the same series."""
        if self.detector.is_own_type:
            return detection.event_type
        return f"{detection.event_type}:{self.id}"


class DetectorRegistry:
    """Gives each reading to the detectors of its series, and publishes what they find."""

    def __init__(
        self,
        domain: Domain,
        feeds: Mapping[str, Feed],
        on_due: Callable[[datetime], None] = lambda _: None,
    ) -> None:
        """Have no detectors yet. `feeds`, by their prefix, are what can be followed. `on_due` is told when `advance` is to be called, each time that it is to be sooner."""
        self.counters = Counters()
        self._bus = domain.bus
        self._on_due = on_due
        self._feeds = Feeds(domain, feeds, self.take)
        self._instances: dict[str, DetectorInstance] = {}
        self._by_series: defaultdict[str, list[DetectorInstance]] = defaultdict(list)
        self._next: datetime | None = None

    def __iter__(self) -> Iterator[DetectorInstance]:
        """Iterate over all detectors."""
        return iter(self._instances.values())

    def get(self, id_: str) -> DetectorInstance | None:
        """Return a detector, if it is there."""
        return self._instances.get(id_)

    def start(self) -> Unsubscribe:
        """Follow the detectors' series until the returned function is called."""
        return self._feeds.start()

    def put(self, instance: DetectorInstance) -> None:
        """Add a detector, or let one take another's place."""
        self._instances[instance.id] = instance
        self._sort()
        self._plan(instance)

    def remove(self, id_: str) -> None:
        """Remove a detector."""
        self._instances.pop(id_, None)
        self._sort()

    def enable(self, instance: DetectorInstance, is_enabled: bool) -> None:
        """Let a detector work, or not. What it does not see now, it does not find later."""
        instance.is_enabled = is_enabled
        self._sort()

    @property
    def series(self) -> set[str]:
        """The series that are followed."""
        return set(self._by_series)

    def take(self, reading: Reading) -> None:
        """Take a reading of a series."""
        for instance in self._by_series.get(reading.series, ()):
            self.counters.add("readings")
            cursor = instance.detector.cursor
            if cursor is not None and reading.time <= cursor:
                _clamp(instance)
            if reading.unit is not None and reading.unit != instance.unit:
                if instance.unit is not None:
                    _begin_anew(instance)
                instance.unit = reading.unit
            try:
                found = instance.detector.take(reading)
            except Exception:
                _LOGGER.exception(FAILED, instance.name)
                self._failed(instance)
                continue
            if found:
                self._publish(instance, found)
            self._plan(instance)

    def advance(self, now: datetime) -> None:
        """Decide what time alone decides; `now` is that of the clock."""
        self._next = None
        for instance in list(self._instances.values()):
            if not instance.is_enabled:
                continue
            detector = instance.detector
            try:
                # A decision may be followed by the next.
                while (due := detector.due) is not None and due + GRACE < now:
                    self._publish(instance, detector.advance(now - GRACE))
                    if detector.due == due:
                        break
            except Exception:
                _LOGGER.exception(FAILED, instance.name)
                self._failed(instance)
            self._plan(instance)

    def _plan(self, instance: DetectorInstance) -> None:
        if instance.is_enabled and (due := instance.detector.due) is not None:
            # The moment itself still belongs to what is waited for.
            due += GRACE + timedelta(milliseconds=1)
            if self._next is None or due < self._next:
                self._next = due
                self._on_due(due)

    def _publish(self, instance: DetectorInstance, found: Sequence[Detection]) -> None:
        for detection in found:
            instance.last = detection
            self.counters.add("events")
            stored_type = instance.stored_type(detection)
            self._bus.publish(EventDetected(instance.id, detection, stored_type))

    def _failed(self, instance: DetectorInstance) -> None:
        self.counters.add("failures")
        instance.is_enabled = False
        self._sort()

    def _sort(self) -> None:
        self._by_series.clear()
        for instance in self._instances.values():
            if instance.is_enabled:
                self._by_series[instance.detector.series].append(instance)
        self._feeds.follow(self._by_series)

    def snapshot(self) -> JsonObject:
        """Return what has to outlive a restart, by detector."""
        return {
            instance.id: {
                "kind": instance.detector.kind,
                "series": instance.detector.series,
                "settings": dict(instance.detector.settings),
                "is_enabled": instance.is_enabled,
                "state": instance.detector.snapshot(),
                "unit": instance.unit,
            }
            for instance in self._instances.values()
        }


def resume(instance: DetectorInstance, saved: object) -> None:
    """Let a detector go on where it was when a snapshot was taken; one with other settings begins anew."""
    if not isinstance(saved, dict):
        return
    instance.is_enabled = saved.get("is_enabled") is not False
    detector, state = instance.detector, saved.get("state")
    described: JsonObject = {
        "kind": detector.kind,
        "series": detector.series,
        "settings": dict(detector.settings),
    }
    known = {name: saved.get(name) for name in described}
    if is_same(described, known) and isinstance(state, dict):
        detector.restore(state)
        unit = saved.get("unit")
        instance.unit = unit if isinstance(unit, str) else None
        _clamp(instance)


def _clamp(instance: DetectorInstance) -> None:
    """Let a detector whose newest reading is in the future begin anew: it would see nothing until then."""
    detector = instance.detector
    if detector.cursor is None or detector.cursor <= utcnow() + AHEAD:
        return
    _LOGGER.warning(
        "Detector %s has seen readings of the future, and begins anew", instance.name
    )
    _begin_anew(instance)


def _begin_anew(instance: DetectorInstance) -> None:
    detector = instance.detector
    fresh = type(detector)(detector.series, detector.settings)
    fresh.readings, fresh.events = detector.readings, detector.events
    instance.detector = fresh
