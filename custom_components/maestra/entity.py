"""What all of Maestra's Home Assistant entities have in common."""

from collections.abc import Mapping
from typing import Any, ClassVar, override

from homeassistant.components.event import ATTR_EVENT_TYPE, EventEntity
from homeassistant.components.sensor import SensorEntity
from homeassistant.const import ATTR_ENTITY_ID, Platform
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity, EntityDescription

from .const import ATTR_DETAIL, ATTR_TEXTS, EVENT_HAPPENED, TargetKind
from .core.domain.variables import is_number
from .core.store.series import Series
from .hub.hub import Hub
from .hub.labels import humanize, plain_words
from .hub.link import Link
from .hub.presentation import Presentation
from .hub.units import Look


class MaestraEntity(Entity):
    """An entity on the device of its owner, written by the state writer."""

    _attr_should_poll = False
    _attr_has_entity_name = True
    _attr_supported_features: int | None = TargetKind.OTHER

    # The platform's domain; an entity knows its platform only once it is added.
    platform_domain: ClassVar[Platform]
    # By the key of its presentation, where an entity is described by a table.
    descriptions: ClassVar[Mapping[str, EntityDescription]] = {}

    def __init__(self, hub: Hub, owner_id: str, presentation: Presentation) -> None:
        """Take a place below the owner's device."""
        self.presentation = presentation
        self.is_added = False
        self.is_withdrawn = False
        self._hub = hub
        self._owner_id = owner_id
        self._attr_unique_id = f"{owner_id}:{presentation.key}"
        if self.descriptions:
            self.entity_description = self.descriptions[presentation.key]

    @callback
    def present(self, presentation: Any) -> None:
        """Show the same thing in another way: other bounds, other options."""
        self.presentation = presentation

    @property
    def series(self) -> Series | None:
        """The series of the store with the numbers that are shown, None where there is none."""
        return None

    @override
    async def async_prepare_to_add_to_hass(self) -> None:
        """Name the device, which is registered already: from a `device_info` it would be looked up and updated for each entity."""
        self.device_entry = self._hub.devices.get(self._owner_id)

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
        self._hub.writer.forget(self)
        await super().async_will_remove_from_hass()

    async def _async_leave(self) -> None:
        self._hub.presenter.unregister(self)
        if self.is_added:
            await self.async_remove(force_remove=True)

    @callback
    def _label_it(self, name: str, device_class: str | None, unclassed: str) -> None:
        """Name the entity after a client's identifier.

        Where a device class gives an icon, there is none of ours, and where it has that very name, its own in the
        user's language. `unclassed` is the translation, with an icon, of what has no class.
        """
        if device_class is None:
            self._attr_translation_key = unclassed
            self._attr_translation_placeholders = {unclassed: humanize(name)}
            return
        self._attr_translation_key = None
        if not hasattr(self, "_attr_name") and plain_words(name) != device_class:
            self._attr_name = humanize(name)


class MaestraEventEntity(MaestraEntity, EventEntity):
    """Something that happens. What is `is_logged` has a line in the logbook that says more than its type."""

    platform_domain = Platform.EVENT
    is_logged: ClassVar[bool] = False

    def __init__(self, hub: Hub, owner_id: str, presentation: Presentation) -> None:
        """Know of nothing that has happened."""
        super().__init__(hub, owner_id, presentation)
        self._early: tuple[str, Mapping[str, Any]] | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Show what happened while Home Assistant was still adding the entity."""
        await super().async_added_to_hass()
        if self._early is not None:
            self.fire(*self._early)
            self._early = None

    @callback
    def fire(self, event_type: str, attributes: Mapping[str, Any]) -> None:
        """Show an event, in the next turn of the loop: what an automation does about it may be an event again."""
        if self.is_added:
            self.hass.loop.call_soon(self._fire, event_type, attributes)
        else:
            self._early = (event_type, attributes)

    @callback
    def _fire(self, event_type: str, attributes: Mapping[str, Any]) -> None:
        if not self.is_added:
            return
        self._trigger_event(event_type, dict(attributes))
        self.async_write_ha_state()
        if self.is_logged:
            self.hass.bus.async_fire(
                EVENT_HAPPENED,
                {
                    ATTR_ENTITY_ID: self.entity_id,
                    ATTR_EVENT_TYPE: event_type,
                    ATTR_TEXTS: self.translation_key,
                    ATTR_DETAIL: self._detail(attributes),
                },
            )

    def _detail(self, attributes: Mapping[str, Any]) -> str:
        """Return what the logbook says besides the type of an event."""
        return ""


class MaestraMeasuredSensor(MaestraEntity, SensorEntity):
    """A number that looks like what it measures.

    As many of its decimals are shown as one of its values had, up to what its unit makes sense of: never fewer again,
    after a restart neither.
    """

    platform_domain = Platform.SENSOR
    _look = Look()
    _decimals = 0

    def _measured(self) -> Look:
        """Return how its latest value looks; the empty look where that is no number."""
        raise NotImplementedError

    def _follow_value(self) -> None:
        """Look like the latest value."""
        look, value = self._measured(), self.native_value
        if look != self._look:
            self._look = look
            self._attr_native_unit_of_measurement = look.unit
            self._attr_device_class = look.device_class
            self._attr_state_class = look.state_class
        precision = None
        if look.state_class is not None:
            if is_number(value):
                self._decimals = max(self._decimals, look.decimals(value))
            precision = look.shown_decimals(self._decimals)
        if precision != getattr(self, "_attr_suggested_display_precision", None):
            self._attr_suggested_display_precision = precision
            if self.is_added:
                # Home Assistant keeps it in the registry, and looks at it when that changes only.
                self.async_registry_entry_updated()

    @override
    async def async_prepare_to_add_to_hass(self) -> None:
        """Know how it looked before the restart."""
        await super().async_prepare_to_add_to_hass()
        entity_id = self._hub.presenter.entity_id(self)
        known = er.async_get(self._hub.hass).async_get(entity_id) if entity_id else None
        self._follow_value()
        # Converted, the decimals would be those of another unit.
        if known and known.unit_of_measurement == self._look.unit:
            options: Mapping[str, Any] = known.options.get(Platform.SENSOR, {})
            self._decimals = options.get("suggested_display_precision") or 0
            self._follow_value()

    @override
    def _async_write_ha_state(self) -> None:
        """Look like what is written."""
        self._follow_value()
        super()._async_write_ha_state()


class MaestraLinkEntity(MaestraEntity):
    """Something about a link."""

    def __init__(self, hub: Hub, owner: str, presentation: Presentation) -> None:
        """Name the entity by its key. `owner` is the link's id: the link behind it may be replaced."""
        super().__init__(hub, owner, presentation)
        self._link_id = owner
        self._attr_translation_key = presentation.key

    @property
    def _link(self) -> Link | None:
        return self._hub.links.get(self._link_id)
