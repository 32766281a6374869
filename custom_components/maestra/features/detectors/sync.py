"""What is shown of detectors in Home Assistant: a device and its entities for each, in line with what they find."""

from collections.abc import Iterable

from homeassistant.const import Platform
from homeassistant.core import callback

from ...core.bus import Unsubscribe
from ...core.detectors.detector import EventDetected
from ...core.detectors.registry import DetectorInstance, DetectorRegistry
from ...entity import MaestraEventEntity
from ...hub.hub import Hub
from .presentation import (
    DETECTION,
    DETECTOR_PRESENTATIONS,
    DETECTOR_SENSORS,
    detection_facts,
)


class DetectorEntitySync:
    """The detectors that are shown: each is a device of its subentry."""

    def __init__(self, hub: Hub, registry: DetectorRegistry) -> None:
        """Show nothing yet."""
        self._bus = hub.domain.bus
        self._presenter = hub.presenter
        self._writer = hub.writer
        self._devices = hub.devices
        self._registry = registry
        self._shown: dict[str, DetectorInstance] = {}

    @property
    def owners(self) -> Iterable[str]:
        """The ids of the detectors that are shown, which are those of their devices."""
        return self._shown

    @callback
    def start(self) -> Unsubscribe:
        """Show what is found until the returned function is called."""
        return self._bus.subscribe(EventDetected, self._detected)

    @callback
    def apply(self) -> None:
        """Show the detectors that there are."""
        instances = {instance.id: instance for instance in self._registry}
        for id_ in self._shown.keys() - instances.keys():
            self._presenter.withdraw(id_)
            self._devices.remove(id_)
        for id_, instance in instances.items():
            if self._shown.get(id_) not in (None, instance):
                # Another detector: of another kind, its events are others.
                self._presenter.withdraw(id_)
            self._devices.put(
                id_,
                subentry_id=id_,
                name=instance.name,
                model=f"{instance.detector.title} detector",
                is_service=True,
            )
            self._presenter.show(id_, instance, DETECTOR_PRESENTATIONS, subentry_id=id_)
        self._shown = instances

    @callback
    def refresh(self) -> None:
        """Write what moves all the time."""
        for id_ in self._shown:
            self._writer.mark_all(self._presenter.of(id_))

    @callback
    def mark(self, id_: str) -> None:
        """Write a detector's sensors soon."""
        for key in DETECTOR_SENSORS:
            if entity := self._presenter.find(id_, Platform.SENSOR, key):
                self._writer.mark(entity)

    @callback
    def write_now(self, id_: str) -> None:
        """Write all of a detector: it was switched on or off."""
        for entity in self._presenter.of(id_):
            self._writer.write_now(entity)

    def _detected(self, event: EventDetected) -> None:
        self.mark(event.detector)
        if event.is_replay:
            return
        entity = self._presenter.find(event.detector, Platform.EVENT, DETECTION)
        if isinstance(entity, MaestraEventEntity):
            entity.fire(event.detection.event_type, detection_facts(event.detection))
