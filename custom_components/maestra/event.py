"""What happens at devices and to streams."""

from typing import Final, override

from homeassistant.components.event import EventEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .detector_entities import MaestraDetectionEvent
from .domain.device import Device
from .domain.events import DeviceEventReported
from .entity import MaestraDeviceEntity
from .f2_sensors import MaestraF2Event
from .presentation import Kind, Presentation
from .qs_entities import MaestraDeadLetterEvent
from .runtime import MaestraConfigEntry, MaestraRuntime
from .stream_entities import MaestraStreamEvent

PARALLEL_UPDATES: Final = 0
MAX_EVENT_TYPES: Final = 100
OTHER: Final = "other"


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MaestraConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Let the presenter add events."""
    entry.runtime_data.presenter.attach(
        Platform.EVENT,
        async_add_entities,
        {
            Kind.DEVICE: MaestraDeviceEvent,
            Kind.STREAM: MaestraStreamEvent,
            Kind.F2_COMPONENT: MaestraF2Event,
            Kind.QS: MaestraDeadLetterEvent,
            Kind.DETECTOR: MaestraDetectionEvent,
        },
    )


class MaestraDeviceEvent(MaestraDeviceEntity, EventEntity):
    """The latest event of a device."""

    platform_domain = Platform.EVENT

    def __init__(
        self, runtime: MaestraRuntime, owner: Device, presentation: Presentation
    ) -> None:
        """Know no event type yet: devices make them up as they go."""
        super().__init__(runtime, owner, presentation)
        self._attr_event_types = [OTHER]
        self._early: DeviceEventReported | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Show what happened while Home Assistant was still adding the entity."""
        await super().async_added_to_hass()
        if self._early is not None:
            self.take(self._early)
            self._early = None

    @callback
    def take(self, event: DeviceEventReported) -> None:
        """Show an event, at once."""
        if not self.is_added:
            self._early = event
            return
        event_type = event.event_type
        if event_type not in self._attr_event_types:
            if len(self._attr_event_types) < MAX_EVENT_TYPES:
                self._attr_event_types = [*self._attr_event_types, event_type]
            else:
                event_type = OTHER
        self._trigger_event(
            event_type,
            {
                "type": event.event_type,
                "severity": event.severity,
                "message": event.message,
                "data": event.data,
            },
        )
        self.async_write_ha_state()
