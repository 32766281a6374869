"""The values of the sensors on F2 controllers, and what happens at readers and exit buttons."""

from collections.abc import Mapping
from typing import Any, Final, override

from homeassistant.components.event import EventDeviceClass, EventEntity
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.components.sensor.const import DEVICE_CLASS_UNITS
from homeassistant.const import Platform
from homeassistant.core import callback

from .f2_entities import MaestraF2ComponentEntity
from .f2_setup import F2Unit
from .presentation import Presentation
from .runtime import MaestraRuntime
from .sources.f2.templates import Datapoint
from .units import state_class, unit_and_class

CARD_READ: Final = "card_read"
ACCESS_GRANTED: Final = "access_granted"
ACCESS_DENIED: Final = "access_denied"
PRESSED: Final = "pressed"
RELEASED: Final = "released"

# By what the key ends in.
EVENTS: Final[Mapping[str, tuple[EventDeviceClass | None, list[str]]]] = {
    "reader": (None, [CARD_READ, ACCESS_GRANTED, ACCESS_DENIED]),
    "button": (EventDeviceClass.BUTTON, [PRESSED, RELEASED]),
}


class MaestraF2Value(MaestraF2ComponentEntity, SensorEntity):
    """One value of a sensor's template."""

    platform_domain = Platform.SENSOR

    @override
    def _name_it(self) -> None:
        datapoint = self._datapoint
        unit, device_class = unit_and_class(datapoint.id, datapoint.unit)
        if datapoint.device_class in list(SensorDeviceClass):
            device_class = SensorDeviceClass(datapoint.device_class)
        if device_class and unit not in DEVICE_CLASS_UNITS.get(device_class, {unit}):
            device_class = None
        self._attr_name = datapoint.label
        self._attr_native_unit_of_measurement = unit
        self._attr_device_class = device_class
        self._attr_state_class = state_class(device_class)
        self._attr_suggested_display_precision = datapoint.decimals

    @property
    @override
    def available(self) -> bool:
        """Whether the sensor was heard lately: it speaks every 30 seconds."""
        component = self._component
        heard_at = component.heard_at if component else None
        return super().available and not self._f2.is_silent(heard_at)

    @property
    @override
    def native_value(self) -> float | None:
        """The value of the last frame; None where that is too short."""
        component = self._component
        if component is None or component.reading is None:
            return None
        return component.reading.values.get(self._datapoint.id)

    @property
    def _datapoint(self) -> Datapoint:
        datapoint = self.presentation.datapoint
        assert datapoint
        return datapoint


class MaestraF2Event(MaestraF2ComponentEntity, EventEntity):
    """What happened at a reader or an exit button last."""

    platform_domain = Platform.EVENT

    def __init__(
        self, runtime: MaestraRuntime, owner: F2Unit, presentation: Presentation
    ) -> None:
        """Know all event types."""
        super().__init__(runtime, owner, presentation)
        self._attr_device_class, types = EVENTS[self._part]
        self._attr_event_types = list(types)
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
        # That it is available again waits its turn: automations are not to take what happens now for that.
        self._runtime.writer.write_now(self)
        self._trigger_event(event_type, dict(attributes))
        self.async_write_ha_state()
