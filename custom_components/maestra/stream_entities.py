"""What is shown of a stream: whether it is there, how many receive it, what happens to it."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.event import EventEntity
from homeassistant.components.sensor import SensorEntity, SensorStateClass
from homeassistant.const import Platform
from homeassistant.core import callback

from .domain.json_types import JsonObject
from .entity import MaestraBaseEntity
from .presentation import Presentation
from .runtime import MaestraRuntime
from .stream_show import ADVERTISED, EXPIRED, REQUESTED, WITHDRAWN, StreamView


class MaestraStreamEntity(MaestraBaseEntity):
    """Something about a stream. It is always available: that a stream is not there is what it tells."""

    def __init__(
        self, runtime: MaestraRuntime, owner: StreamView, presentation: Presentation
    ) -> None:
        """Name the entity by its key. `owner` outlives the stream that it shows at the moment."""
        super().__init__(runtime, owner.key, presentation)
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


class MaestraStreamEvent(MaestraStreamEntity, EventEntity):
    """What happened to a stream last."""

    platform_domain = Platform.EVENT

    def __init__(
        self, runtime: MaestraRuntime, owner: StreamView, presentation: Presentation
    ) -> None:
        """Know all event types."""
        super().__init__(runtime, owner, presentation)
        self._attr_event_types = [ADVERTISED, REQUESTED, WITHDRAWN, EXPIRED]
        self._early: tuple[str, Mapping[str, Any]] | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Show what happened while Home Assistant was still adding the entity."""
        await super().async_added_to_hass()
        if self._early is not None:
            self.take(*self._early)
            self._early = None

    @callback
    def take(self, event_type: str, attributes: Mapping[str, Any]) -> None:
        """Show an event, at once."""
        if not self.is_added:
            self._early = (event_type, attributes)
            return
        self._trigger_event(event_type, dict(attributes))
        self.async_write_ha_state()
