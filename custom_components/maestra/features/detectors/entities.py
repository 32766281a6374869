"""Entities of a detector: the event that it finds, the switch that lets it work, and sensors of how it is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, override

from homeassistant.components.sensor import SensorEntity
from homeassistant.components.switch import SwitchEntity
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import callback
from homeassistant.helpers.typing import StateType

from ...const import TargetKind
from ...core.detectors.registry import DetectorInstance
from ...entity import MaestraEntity, MaestraEventEntity
from ...hub.hub import Hub
from ...hub.presentation import Presentation
from .manager import DetectorsManager
from .presentation import DETECTOR_SENSORS, DetectorSensorDescription


class MaestraDetectionEvent(MaestraEventEntity):
    """The latest event that a detector has found."""

    is_logged = True
    _attr_supported_features = TargetKind.DETECTOR

    def __init__(
        self, hub: Hub, owner: DetectorInstance, presentation: Presentation
    ) -> None:
        """Know the detector's types of event."""
        super().__init__(hub, owner.id, presentation)
        self._attr_translation_key = presentation.key
        self._attr_event_types = list(owner.detector.event_types)

    @override
    def _detail(self, attributes: Mapping[str, Any]) -> str:
        return str(attributes["channel"])


class MaestraDetectorSwitch(MaestraEntity, SwitchEntity):
    """Whether a detector works."""

    platform_domain = Platform.SWITCH
    _attr_supported_features = TargetKind.DETECTOR
    _attr_entity_category = EntityCategory.CONFIG

    def __init__(
        self, hub: Hub, owner: DetectorInstance, presentation: Presentation
    ) -> None:
        """Name the entity by its key."""
        super().__init__(hub, owner.id, presentation)
        self._attr_translation_key = presentation.key
        self._instance = owner

    @property
    @override
    def is_on(self) -> bool:
        """Whether it works."""
        return self._instance.is_enabled

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
        self._hub.manager(DetectorsManager).enable(self._instance, is_enabled)


class MaestraDetectorSensor(MaestraEntity, SensorEntity):
    """How a detector is."""

    platform_domain = Platform.SENSOR
    _attr_supported_features = TargetKind.DETECTOR
    entity_description: DetectorSensorDescription
    descriptions = DETECTOR_SENSORS

    def __init__(
        self, hub: Hub, owner: DetectorInstance, presentation: Presentation
    ) -> None:
        """Know what it tells of."""
        super().__init__(hub, owner.id, presentation)
        self._attr_translation_key = presentation.key
        self._instance = owner

    @property
    @override
    def native_value(self) -> StateType | datetime:
        """The value."""
        replays = self._hub.manager(DetectorsManager).replays
        return self.entity_description.value_fn(
            self._instance, replays.progress(self._instance.id)
        )
