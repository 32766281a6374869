"""Entities of a transcription: whether it hears, what was said, how quickly that became text."""

from typing import Any, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorEntity
from homeassistant.components.switch import SwitchEntity
from homeassistant.const import Platform
from homeassistant.helpers.typing import StateType

from ...const import TargetKind
from ...core.domain.json_values import JsonObject
from ...entity import MaestraEntity, MaestraEventEntity
from ...hub.hub import Hub
from ...hub.presentation import Presentation
from .manager import Transcription
from .presentation import (
    SESSION_ENDED,
    SESSION_STARTED,
    TRANSCRIPTION_SENSORS,
    UTTERANCE,
    TranscriptionSensorDescription,
)


class MaestraTranscriptionEntity(MaestraEntity):
    """Something about a transcription."""

    _attr_supported_features = TargetKind.TRANSCRIPTION

    def __init__(
        self, hub: Hub, owner: Transcription, presentation: Presentation
    ) -> None:
        """Name the entity by its key."""
        super().__init__(hub, owner.id, presentation)
        self._transcriber = owner.transcriber
        self._attr_translation_key = f"transcription_{presentation.key}"


class MaestraTranscriptionListening(MaestraTranscriptionEntity, BinarySensorEntity):
    """Whether anything that is said is heard now."""

    platform_domain = Platform.BINARY_SENSOR
    _attr_device_class = BinarySensorDeviceClass.RUNNING

    @property
    @override
    def is_on(self) -> bool:
        """Whether it is."""
        return self._transcriber.is_active


class MaestraTranscriptionSwitch(MaestraTranscriptionEntity, SwitchEntity):
    """Whether it may hear."""

    platform_domain = Platform.SWITCH

    @property
    @override
    def is_on(self) -> bool:
        """Whether it may."""
        return self._transcriber.is_on

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Let it hear."""
        self._transcriber.switch(True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Let it hear nothing from now on, and forget what is not in words yet."""
        self._transcriber.switch(False)


class MaestraTranscriptionSensor(MaestraTranscriptionEntity, SensorEntity):
    """What was said last, and how it goes."""

    platform_domain = Platform.SENSOR
    entity_description: TranscriptionSensorDescription
    descriptions = TRANSCRIPTION_SENSORS

    @property
    @override
    def native_value(self) -> StateType:
        """The value."""
        return self.entity_description.value_fn(self._transcriber)

    @property
    @override
    def extra_state_attributes(self) -> JsonObject:
        """What goes with it."""
        return self.entity_description.attributes_fn(self._transcriber)


class MaestraTranscriptionEvent(MaestraEventEntity):
    """What is said, and which sessions begin and end."""

    _attr_supported_features = TargetKind.TRANSCRIPTION
    # The words of people are for the store, where somebody wants them, and not for the recorder.
    _unrecorded_attributes = frozenset({"text"})

    def __init__(
        self, hub: Hub, owner: Transcription, presentation: Presentation
    ) -> None:
        """Know what may happen."""
        super().__init__(hub, owner.id, presentation)
        self._attr_translation_key = f"transcription_{presentation.key}"
        self._attr_event_types = [UTTERANCE, SESSION_STARTED, SESSION_ENDED]
