"""Entities of a stream: whether it is advertised, how many receive it, what happens to it."""

from typing import override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorEntity, SensorStateClass
from homeassistant.const import Platform

from ...const import TargetKind
from ...core.domain.json_values import JsonObject
from ...entity import MaestraEntity, MaestraEventEntity
from ...hub.hub import Hub
from ...hub.presentation import Presentation
from .manager import ADVERTISED, EXPIRED, REQUESTED, WITHDRAWN, StreamView


class MaestraStreamEntity(MaestraEntity):
    """Something about a stream. It is always available: that a stream is not there is what it tells."""

    _attr_supported_features = TargetKind.STREAM

    def __init__(self, hub: Hub, owner: StreamView, presentation: Presentation) -> None:
        """Name the entity by its key. `owner` outlives the stream that it shows at the moment."""
        super().__init__(hub, owner.key, presentation)
        self._view = owner
        self._attr_translation_key = f"stream_{presentation.key}"


class MaestraStreamActive(MaestraStreamEntity, BinarySensorEntity):
    """Whether a stream is advertised, and where it is or was."""

    platform_domain = Platform.BINARY_SENSOR
    _attr_device_class = BinarySensorDeviceClass.RUNNING

    @property
    @override
    def is_on(self) -> bool:
        """Whether it is advertised."""
        return self._view.is_active

    @property
    @override
    def extra_state_attributes(self) -> JsonObject:
        """What its publisher says, or said last."""
        stream = self._view.stream
        return {
            "stream_id": stream.id,
            "type": stream.stream_type,
            "protocol": stream.protocol,
            "address": stream.address,
            "port": stream.port,
            "publisher": stream.publisher_id,
            "delivery_mode": stream.delivery_mode,
            "multicast_group": stream.multicast_group,
            "multicast_port": stream.multicast_port,
        }


class MaestraStreamSessions(MaestraStreamEntity, SensorEntity):
    """How many receive a stream."""

    platform_domain = Platform.SENSOR
    _attr_state_class = SensorStateClass.MEASUREMENT

    @property
    @override
    def native_value(self) -> int:
        """The number of sessions and of subscribers to its multicast group."""
        return self._view.consumers


class MaestraStreamEvent(MaestraStreamEntity, MaestraEventEntity):
    """What happened to a stream last."""

    def __init__(self, hub: Hub, owner: StreamView, presentation: Presentation) -> None:
        """Know all event types."""
        super().__init__(hub, owner, presentation)
        self._attr_event_types = [ADVERTISED, REQUESTED, WITHDRAWN, EXPIRED]
