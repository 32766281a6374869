"""What all of Maestra's Home Assistant entities have in common."""

from typing import Any, ClassVar, Final, override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity

from .const import DOMAIN
from .domain.device import Device
from .domain.entity import Entity as DomainEntity
from .domain.json_types import JsonObject, JsonValue
from .domain.source import HOME_ASSISTANT
from .domain.variables import Variable, is_number
from .errors import translated
from .link import Link
from .presentation import Presentation
from .runtime import MaestraRuntime

# Variables whose names are translated and that have an icon of their own; others show what their client calls them.
WELL_KNOWN: Final = frozenset(
    {
        "active",
        "battery",
        "brightness",
        "color",
        "fps",
        "humidity",
        "mode",
        "on",
        "playing",
        "position",
        "power",
        "scene",
        "source",
        "temperature",
        "volume",
    }
)


class MaestraBaseEntity(Entity):
    """An entity on the device of its owner, written by the state writer."""

    _attr_should_poll = False
    _attr_has_entity_name = True

    # The platform's domain; an entity knows its platform only once it is added.
    platform_domain: ClassVar[str]

    def __init__(
        self, runtime: MaestraRuntime, owner_id: str, presentation: Presentation
    ) -> None:
        """Take a place below the owner's device."""
        self.presentation = presentation
        self.is_added = False
        self.is_withdrawn = False
        self._runtime = runtime
        self._attr_unique_id = f"{owner_id}:{presentation.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, owner_id)})

    @callback
    def present(self, presentation: Presentation) -> None:
        """Show the same thing in another way: other bounds, other options."""
        self.presentation = presentation

    @override
    async def async_added_to_hass(self) -> None:
        """Take part from now on."""
        await super().async_added_to_hass()
        self.is_added = True
        # Withdrawn while Home Assistant was still adding it: gone as soon as that is done.
        if self.is_withdrawn:
            _ = self.hass.async_create_task(self._async_leave(), eager_start=False)

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Take no part any more."""
        self.is_added = False
        self._runtime.writer.forget(self)
        await super().async_will_remove_from_hass()

    async def _async_leave(self) -> None:
        self._runtime.presenter.unregister(self)
        if self.is_added:
            await self.async_remove(force_remove=True)


class MaestraVariableEntity(MaestraBaseEntity):
    """One or more variables of a Maestra entity."""

    def __init__(
        self, runtime: MaestraRuntime, owner: DomainEntity, presentation: Presentation
    ) -> None:
        """Name the entity after its variable, or after the device where it is what that is about."""
        super().__init__(runtime, owner.id, presentation)
        self._entity = owner
        variable, axis = presentation.variables[0], presentation.axis
        if presentation.is_main:
            self._attr_name = None
        elif axis:
            self._attr_translation_key = "axis"
            self._attr_translation_placeholders = {
                "variable": humanize(variable.name),
                "axis": axis.upper(),
            }
        elif variable.name in WELL_KNOWN:
            self._attr_translation_key = variable.name
        else:
            self._attr_translation_key = "variable"
            self._attr_translation_placeholders = {"variable": humanize(variable.name)}
        self._describe()

    @property
    @override
    def available(self) -> bool:
        """Whether the entity's device is online and the link it was last heard on is up."""
        device = self._runtime.device_of(self._entity)
        return (device is None or device.is_online) and self._runtime.is_reachable(
            self._entity.gateway
        )

    @callback
    @override
    def present(self, presentation: Presentation) -> None:
        """Show the variable with its new declaration."""
        super().present(presentation)
        self._describe()

    @property
    def variable(self) -> Variable:
        """The variable, or the first of several."""
        return self.presentation.variables[0]

    @property
    def raw_value(self) -> JsonValue:
        """The variable's value, or the component that is shown of it; None where there is none."""
        value = self._entity.state.get(self.variable.name)
        if self.presentation.axis is None:
            return value
        return value.get(self.presentation.axis) if isinstance(value, dict) else None

    def _describe(self) -> None:
        """Take bounds, units or options over from the variable's declaration."""

    async def _async_set_value(self, value: JsonValue) -> None:
        axis, name = self.presentation.axis, self.variable.name
        if axis is not None:
            known = self._entity.state.get(name)
            # A vector that has no value yet needs all its components at once, each within the bounds.
            low, high = self.variable.bounds
            others = dict.fromkeys("xyz"[: self._axes], min(max(0, low), high))
            value = {
                **others,
                **(known if isinstance(known, dict) else {}),
                axis: value,
            }
        await self._async_update({name: value})

    @translated
    async def _async_update(self, patch: JsonObject) -> None:
        self._runtime.domain.entities.update(
            self._entity.id, patch, source=HOME_ASSISTANT, strict=True
        )

    @property
    def _axes(self) -> int:
        return int(self.variable.type.value[-1])


class MaestraDeviceEntity(MaestraBaseEntity):
    """Something about a Maestra device."""

    def __init__(
        self, runtime: MaestraRuntime, owner: Device, presentation: Presentation
    ) -> None:
        """Name the entity by its key."""
        super().__init__(runtime, owner.id, presentation)
        self._device = owner
        self._attr_translation_key = presentation.key

    @property
    @override
    def available(self) -> bool:
        """Whether the device was heard lately, and can be heard now."""
        return self._device.is_online and self._runtime.is_reachable(
            self._device.gateway
        )


class MaestraLinkEntity(MaestraBaseEntity):
    """Something about a link."""

    def __init__(
        self, runtime: MaestraRuntime, owner: str, presentation: Presentation
    ) -> None:
        """Name the entity by its key. `owner` is the link's id: the link behind it may be replaced."""
        super().__init__(runtime, owner, presentation)
        self._link_id = owner
        self._attr_translation_key = presentation.key

    @property
    def _link(self) -> Link | None:
        return self._runtime.link(self._link_id)


def humanize(name: str) -> str:
    """Return a client's identifier as words: `frame_rate` is Frame rate."""
    words = name.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:] if words else name


def as_number(value: Any) -> float | int | None:
    """Return a finite number as it is, None for anything else."""
    return value if is_number(value) else None
