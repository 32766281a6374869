"""What is shown of a detector."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, override

from homeassistant.components.event import EventEntity
from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.components.switch import SwitchEntity
from homeassistant.const import PERCENTAGE, EntityCategory, Platform
from homeassistant.core import callback
from homeassistant.helpers.typing import StateType

from .detectors.desk import Post
from .detectors.replay import Progress
from .domain.clock import wire_time
from .domain.detections import Detection
from .domain.json_types import JsonObject
from .entity import MaestraBaseEntity
from .presentation import Presentation
from .runtime import MaestraRuntime


def detection_facts(detection: Detection) -> JsonObject:
    """Return an event as attributes and triggers have it."""
    return {
        "channel": detection.channel,
        "detected_at": wire_time(detection.detected_at),
        "until": wire_time(detection.until),
        "confidence": detection.confidence,
        "metadata": detection.metadata,
    }


class MaestraDetectionEvent(MaestraBaseEntity, EventEntity):
    """The latest event that a detector has found."""

    platform_domain = Platform.EVENT

    def __init__(
        self, runtime: MaestraRuntime, owner: Post, presentation: Presentation
    ) -> None:
        """Know the detector's types of event."""
        super().__init__(runtime, owner.id, presentation)
        self._attr_translation_key = presentation.key
        self._attr_event_types = list(owner.detector.event_types)
        self._early: Detection | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Show what happened while Home Assistant was still adding the entity."""
        await super().async_added_to_hass()
        if self._early is not None:
            self.take(self._early)
            self._early = None

    @callback
    def take(self, detection: Detection) -> None:
        """Show an event, at once."""
        if not self.is_added:
            self._early = detection
            return
        self._trigger_event(detection.event_type, detection_facts(detection))
        self.async_write_ha_state()


class MaestraDetectorSwitch(MaestraBaseEntity, SwitchEntity):
    """Whether a detector works."""

    platform_domain = Platform.SWITCH
    _attr_entity_category = EntityCategory.CONFIG

    def __init__(
        self, runtime: MaestraRuntime, owner: Post, presentation: Presentation
    ) -> None:
        """Name the entity by its key."""
        super().__init__(runtime, owner.id, presentation)
        self._attr_translation_key = presentation.key
        self._post = owner

    @property
    @override
    def is_on(self) -> bool:
        """Whether it works."""
        return self._post.is_enabled

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Let it work."""
        self._switch(True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Let it rest."""
        self._switch(False)

    @callback
    def _switch(self, is_enabled: bool) -> None:
        self._runtime.detectors.enable(self._post, is_enabled)
        self._runtime.detectors.show.written(self._post.id)


@dataclass(frozen=True, kw_only=True)
class DetectorSensorDescription(SensorEntityDescription):
    """How a sensor reads its detector, and how far its replay is."""

    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC
    value_fn: Callable[[Post, Progress | None], StateType | datetime]


DETECTOR_SENSORS: Final[Mapping[str, DetectorSensorDescription]] = {
    description.key: description
    for description in (
        DetectorSensorDescription(
            key="detections",
            state_class=SensorStateClass.TOTAL_INCREASING,
            value_fn=lambda post, _: post.detector.events,
        ),
        DetectorSensorDescription(
            key="last_reading",
            device_class=SensorDeviceClass.TIMESTAMP,
            # It changes with every reading.
            entity_registry_enabled_default=False,
            value_fn=lambda post, _: post.detector.cursor,
        ),
        DetectorSensorDescription(
            key="replay",
            native_unit_of_measurement=PERCENTAGE,
            suggested_display_precision=0,
            entity_registry_enabled_default=False,
            value_fn=lambda _, replay: round(replay.share * 100, 1) if replay else None,
        ),
    )
}


class MaestraDetectorSensor(MaestraBaseEntity, SensorEntity):
    """How a detector is."""

    platform_domain = Platform.SENSOR
    entity_description: DetectorSensorDescription

    def __init__(
        self, runtime: MaestraRuntime, owner: Post, presentation: Presentation
    ) -> None:
        """Take the description of its key."""
        super().__init__(runtime, owner.id, presentation)
        self.entity_description = DETECTOR_SENSORS[presentation.key]
        self._attr_translation_key = presentation.key
        self._post = owner

    @property
    @override
    def native_value(self) -> StateType | datetime:
        """The value."""
        progress = self._runtime.detectors.replays.progress(self._post.id)
        return self.entity_description.value_fn(self._post, progress)
