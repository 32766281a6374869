"""F2 controllers as entities: locks, power and sirens, doors and motion, readers and exit buttons, values of sensors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.event import EventDeviceClass
from homeassistant.components.lock import LockEntity
from homeassistant.components.lock.const import LockEntityFeature
from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
)
from homeassistant.components.siren import SirenEntity
from homeassistant.components.siren.const import SirenEntityFeature
from homeassistant.components.switch import SwitchEntity
from homeassistant.components.switch.const import SwitchDeviceClass
from homeassistant.const import EntityCategory, Platform, UnitOfTime
from homeassistant.core import callback

from ...const import TargetKind
from ...core.f2.fleet import Component, Controller
from ...core.f2.grammar import ComponentPath
from ...core.f2.templates import Datapoint
from ...entity import MaestraEntity, MaestraEventEntity, MaestraMeasuredSensor
from ...hub.errors import translated
from ...hub.hub import Hub
from ...hub.labels import plain_words, spelled
from ...hub.units import Declared, Look, look_of
from .controllers import controllers_of
from .setup import F2Setup, F2Unit
from .sync import F2Presentation


class MaestraF2Entity(MaestraEntity):
    """Something of a controller."""

    def __init__(self, hub: Hub, owner: F2Unit, presentation: F2Presentation) -> None:
        """Take a place below the controller's device, or one of its connectors'."""
        super().__init__(hub, owner.id, presentation)
        self._f2 = controllers_of(hub)
        self._mac = owner.mac

    @property
    @override
    def available(self) -> bool:
        """Whether the broker that it is on is there: most of a controller speaks only when something changes."""
        return self._f2.is_reachable(self._mac)

    @property
    def _controller(self) -> Controller | None:
        return self._f2.controller(self._mac)

    @property
    def _setup(self) -> F2Setup:
        return self._f2.setups[self._mac]


class MaestraF2ComponentEntity(MaestraF2Entity):
    """One component of a controller."""

    presentation: F2Presentation

    def __init__(self, hub: Hub, owner: F2Unit, presentation: F2Presentation) -> None:
        """Find out which component it is: the first part of the key."""
        super().__init__(hub, owner, presentation)
        component, _, part = presentation.key.partition(".")
        self._path = ComponentPath.parse(f"{owner.connector}/{component}")
        self._part = part
        self._name_it()

    @callback
    @override
    def present(self, presentation: F2Presentation) -> None:
        """Take another name."""
        super().present(presentation)
        self._name_it()

    def _name_it(self) -> None:
        number = str(self._path.number)
        if name := self.presentation.name:
            self._attr_translation_key = f"f2_named_{self._part}"
            self._attr_translation_placeholders = {"name": name}
        else:
            self._attr_translation_key = f"f2_{self._part}"
            self._attr_translation_placeholders = {"number": number}

    @property
    def _component(self) -> Component | None:
        return self._f2.component(self._mac, self._path)

    @property
    def _is_on(self) -> bool | None:
        component = self._component
        return component.is_on if component else None


class MaestraF2Lock(MaestraF2ComponentEntity, LockEntity):
    """A door that a strike keeps closed."""

    platform_domain = Platform.LOCK
    _attr_supported_features: LockEntityFeature = LockEntityFeature(0)

    @property
    @override
    def is_locked(self) -> bool | None:
        """Whether the door is kept closed; None as long as the controller has not said."""
        is_on = self._is_on
        return None if is_on is None else is_on is self._setup.locked_by_power

    @override
    async def async_lock(self, **kwargs: Any) -> None:
        """Keep the door closed."""
        await self._async_power(self._setup.locked_by_power)

    @override
    async def async_unlock(self, **kwargs: Any) -> None:
        """Let the door be opened for the controller's usual time."""
        await self.async_release(self._setup.unlock_period)

    @translated
    async def async_release(self, period: int) -> None:
        """Let the door be opened for so many seconds; raises HomeAssistantError where that is not confirmed."""
        source = self._f2.source_of(self._mac)
        # Switched over, a door that is open would be closed.
        if self.is_locked is False:
            return
        self._attr_is_unlocking = True
        self._hub.writer.write_now(self)
        try:
            await source.release(
                self._mac,
                self._path.connector,
                self._path.number,
                powered=not self._setup.locked_by_power,
                period=period,
            )
        finally:
            self._attr_is_unlocking = False
            self._hub.writer.write_now(self)

    @translated
    async def _async_power(self, on: bool) -> None:
        await self._f2.source_of(self._mac).strike(
            self._mac, self._path.connector, self._path.number, on=on
        )


class MaestraF2Switch(MaestraF2ComponentEntity, SwitchEntity):
    """The power of a strike."""

    platform_domain = Platform.SWITCH
    _attr_device_class = SwitchDeviceClass.SWITCH

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is powered."""
        return self._is_on

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Power it until it is turned off."""
        await self._async_power(True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Take its power away."""
        await self._async_power(False)

    @translated
    async def _async_power(self, on: bool) -> None:
        await self._f2.source_of(self._mac).strike(
            self._mac, self._path.connector, self._path.number, on=on
        )


class MaestraF2Siren(MaestraF2ComponentEntity, SirenEntity):
    """A siren."""

    platform_domain = Platform.SIREN
    _attr_supported_features: SirenEntityFeature = (
        SirenEntityFeature.TURN_ON | SirenEntityFeature.TURN_OFF
    )

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it sounds, as far as it has said."""
        return self._is_on

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Let it sound."""
        await self._async_sound(True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Silence it."""
        await self._async_sound(False)

    @translated
    async def _async_sound(self, on: bool) -> None:
        await self._f2.source_of(self._mac).siren(
            self._mac, self._path.connector, self._path.number, on
        )


def _is_open(component: Component, setup: F2Setup) -> bool | None:
    return (
        None if component.is_on is None else component.is_on is not setup.open_is_false
    )


def _is_moving(component: Component, _: F2Setup) -> bool | None:
    return component.is_on


def _is_wrong(component: Component, _: F2Setup) -> bool | None:
    valid = component.reading.crc_valid if component.reading else None
    return None if valid is None else not valid


@dataclass(frozen=True, kw_only=True)
class ContactDescription:
    """How something that is so or not so looks."""

    device_class: BinarySensorDeviceClass
    value_fn: Callable[[Component, F2Setup], bool | None]
    is_diagnostic: bool = False


# By what the key ends in.
CONTACTS: Final[Mapping[str, ContactDescription]] = {
    "door": ContactDescription(
        device_class=BinarySensorDeviceClass.DOOR, value_fn=_is_open
    ),
    "motion": ContactDescription(
        device_class=BinarySensorDeviceClass.MOTION, value_fn=_is_moving
    ),
    # Many sensors' checksums are wrong, always (f2.md §2).
    "checksum": ContactDescription(
        device_class=BinarySensorDeviceClass.PROBLEM,
        value_fn=_is_wrong,
        is_diagnostic=True,
    ),
}


class MaestraF2Contact(MaestraF2ComponentEntity, BinarySensorEntity):
    """A door, a motion sensor, or whether a sensor's checksums are wrong."""

    platform_domain = Platform.BINARY_SENSOR

    def __init__(self, hub: Hub, owner: F2Unit, presentation: F2Presentation) -> None:
        """Look like what it is."""
        super().__init__(hub, owner, presentation)
        description = self._description = CONTACTS[self._part]
        self._attr_device_class = description.device_class
        if description.is_diagnostic:
            self._attr_entity_category = EntityCategory.DIAGNOSTIC
            self._attr_entity_registry_enabled_default = False

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is so; None as long as nothing was heard of it."""
        component = self._component
        return self._description.value_fn(component, self._setup) if component else None


class MaestraF2Connectivity(MaestraF2Entity, BinarySensorEntity):
    """Whether a controller is there."""

    platform_domain = Platform.BINARY_SENSOR
    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_translation_key = "connectivity"

    @property
    @override
    def available(self) -> bool:
        """Always: that a controller is away is what this tells."""
        return True

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is there."""
        return self._f2.is_online(self._mac)


@dataclass(frozen=True, kw_only=True)
class ControllerSensorDescription(SensorEntityDescription):
    """How a fact about a controller looks."""

    value_fn: Callable[[Controller], datetime | float | None]


CONTROLLER_SENSORS: Final = {
    "last_seen": ControllerSensorDescription(
        key="last_seen",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_registry_enabled_default=False,
        value_fn=lambda controller: controller.last_seen,
    ),
    "clock_drift": ControllerSensorDescription(
        key="clock_drift",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_display_precision=1,
        entity_registry_enabled_default=False,
        value_fn=lambda controller: controller.drift,
    ),
}


class MaestraF2ControllerSensor(MaestraF2Entity, SensorEntity):
    """A fact about a controller."""

    platform_domain = Platform.SENSOR
    entity_description: ControllerSensorDescription
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    descriptions = CONTROLLER_SENSORS

    def __init__(self, hub: Hub, owner: F2Unit, presentation: F2Presentation) -> None:
        """Name the entity by its key."""
        super().__init__(hub, owner, presentation)
        self._attr_translation_key = presentation.key

    @property
    @override
    def native_value(self) -> datetime | float | None:
        """The fact, as far as it is known."""
        controller = self._controller
        return self.entity_description.value_fn(controller) if controller else None


CARD_READ: Final = "card_read"
ACCESS_GRANTED: Final = "access_granted"
ACCESS_DENIED: Final = "access_denied"
PRESSED: Final = "pressed"
RELEASED: Final = "released"

# By what the key ends in.
EVENTS: Final[Mapping[str, tuple[EventDeviceClass | None, list[str], TargetKind]]] = {
    "reader": (None, [CARD_READ, ACCESS_GRANTED, ACCESS_DENIED], TargetKind.F2_READER),
    "button": (EventDeviceClass.BUTTON, [PRESSED, RELEASED], TargetKind.OTHER),
}


class MaestraF2Value(MaestraF2ComponentEntity, MaestraMeasuredSensor):
    """One value of a sensor's template."""

    @override
    def _name_it(self) -> None:
        datapoint = self._datapoint
        self._declared = Declared(device_class=datapoint.device_class)
        # Where a device class has that very name, it has it in the user's language.
        if plain_words(datapoint.label) != self._measured().device_class:
            self._attr_name = spelled(datapoint.label)
        elif hasattr(self, "_attr_name"):
            del self._attr_name

    @override
    def _measured(self) -> Look:
        datapoint = self._datapoint
        look = look_of(datapoint.id, datapoint.unit, self._declared)
        return look._replace(precision=min(datapoint.decimals, look.most))

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


class MaestraF2Event(MaestraF2ComponentEntity, MaestraEventEntity):
    """What happened at a reader or an exit button last."""

    is_logged = True

    def __init__(self, hub: Hub, owner: F2Unit, presentation: F2Presentation) -> None:
        """Know all event types."""
        super().__init__(hub, owner, presentation)
        self._attr_device_class, types, kind = EVENTS[self._part]
        self._attr_supported_features = kind
        self._attr_event_types = list(types)

    @override
    @callback
    def fire(self, event_type: str, attributes: Mapping[str, Any]) -> None:
        """Show an event, at once."""
        # That it is available again waits its turn: automations are not to take what happens now for that.
        self._hub.writer.write_now(self)
        super().fire(event_type, attributes)

    @override
    def _detail(self, attributes: Mapping[str, Any]) -> str:
        who = attributes.get("person") or attributes.get("card") or ""
        reason = attributes.get("reason")
        return f"{who} ({reason})" if reason else who
