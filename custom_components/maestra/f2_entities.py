"""What is shown of the components of F2 controllers: locks, strikes, sirens, doors and motion."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.lock import LockEntity
from homeassistant.components.siren import SirenEntity
from homeassistant.components.siren.const import SirenEntityFeature
from homeassistant.components.switch import SwitchEntity
from homeassistant.components.switch.const import SwitchDeviceClass
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import callback

from .entity import MaestraBaseEntity
from .errors import translated
from .f2_setup import F2Setup, F2Unit
from .presentation import Presentation
from .runtime import MaestraRuntime
from .sources.f2.grammar import ComponentPath
from .sources.f2.model import Component, Controller


class MaestraF2Entity(MaestraBaseEntity):
    """Something of a controller."""

    def __init__(
        self, runtime: MaestraRuntime, owner: F2Unit, presentation: Presentation
    ) -> None:
        """Take a place below the controller's device, or one of its connectors'."""
        super().__init__(runtime, owner.id, presentation)
        self._f2 = runtime.f2
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

    def __init__(
        self, runtime: MaestraRuntime, owner: F2Unit, presentation: Presentation
    ) -> None:
        """Find out which component it is: the first part of the key."""
        super().__init__(runtime, owner, presentation)
        component, _, part = presentation.key.partition(".")
        self._path = ComponentPath.parse(f"{owner.connector}/{component}")
        self._part = part
        self._name_it()

    @callback
    @override
    def present(self, presentation: Presentation) -> None:
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
        self._runtime.writer.write_now(self)
        try:
            await source.strike(
                self._mac, self._path.connector, self._path.number, period=period
            )
        finally:
            self._attr_is_unlocking = False
            self._runtime.writer.write_now(self)

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
    _attr_supported_features = SirenEntityFeature.TURN_ON | SirenEntityFeature.TURN_OFF

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

    def __init__(
        self, runtime: MaestraRuntime, owner: F2Unit, presentation: Presentation
    ) -> None:
        """Look like what it is."""
        super().__init__(runtime, owner, presentation)
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
