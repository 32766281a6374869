"""What all of Maestra's Home Assistant entities have in common."""

from collections.abc import Mapping
from typing import Any, ClassVar, override

from homeassistant.components.event import EventEntity
from homeassistant.const import Platform
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity

from .const import DOMAIN
from .core.store.series import Series
from .hub.hub import Hub
from .hub.link import Link
from .hub.presentation import Presentation


class MaestraEntity(Entity):
    """An entity on the device of its owner, written by the state writer."""

    _attr_should_poll = False
    _attr_has_entity_name = True

    # The platform's domain; an entity knows its platform only once it is added.
    platform_domain: ClassVar[Platform]

    def __init__(self, hub: Hub, owner_id: str, presentation: Presentation) -> None:
        """Take a place below the owner's device."""
        self.presentation = presentation
        self.is_added = False
        self.is_withdrawn = False
        self._hub = hub
        self._attr_unique_id = f"{owner_id}:{presentation.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, owner_id)})

    @callback
    def present(self, presentation: Any) -> None:
        """Show the same thing in another way: other bounds, other options."""
        self.presentation = presentation

    @property
    def series(self) -> Series | None:
        """The series of the store with the numbers that are shown, None where there is none."""
        return None

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


class MaestraEventEntity(MaestraEntity, EventEntity):
    """Something that happens."""

    platform_domain = Platform.EVENT

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
        """Show an event, at once."""
        if not self.is_added:
            self._early = (event_type, attributes)
            return
        self._trigger_event(event_type, dict(attributes))
        self.async_write_ha_state()


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


def humanize(name: str) -> str:
    """Return a client's identifier as words: `frame_rate` is Frame rate."""
    words = name.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:] if words else name
