"""One config entry's object graph, and how its parts are told of each other."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from .bus import Bus, Unsubscribe
from .const import (
    CONF_CREATE_UNKNOWN,
    CONF_OFFLINE_AFTER,
    CONF_STRICT,
    DEFAULT_CREATE_UNKNOWN,
    DEFAULT_OFFLINE_AFTER,
    DEFAULT_STRICT,
    LOOK_INTERVAL,
    SUBENTRY_MQTT_BROKER,
)
from .device_mirror import DeviceMirror
from .domain import Domain
from .domain.device import Device
from .domain.entity import Entity
from .domain.source import HOME_ASSISTANT
from .links import MqttLink
from .persistence import Persistence
from .presenter import Presenter
from .repairs import RepairMonitor
from .show import Show
from .state_writer import StateWriter

type MaestraConfigEntry = ConfigEntry[MaestraRuntime]


class MaestraRuntime:
    """The domain, the links to the outside, and what is shown of both in Home Assistant."""

    def __init__(self, hass: HomeAssistant, entry: MaestraConfigEntry) -> None:
        """Build the parts; nothing runs yet."""
        self.entry = entry
        self.domain = Domain(Bus())
        self.links: dict[str, MqttLink] = {}
        self.writer = StateWriter(hass)
        self.presenter = Presenter(hass, self, self.writer)
        self.devices = DeviceMirror(hass, entry.entry_id, self.domain)
        self._show = Show(self)
        self._persistence = Persistence(hass, self.domain)
        self._repairs = RepairMonitor(hass, entry, self.domain)
        self._hass = hass
        self._unsubscribes: list[Unsubscribe] = []
        self._changing = asyncio.Lock()
        self._apply_options()

    async def async_load(self) -> None:
        """Bring back what was known before the restart."""
        await self._persistence.async_load()

    @callback
    def async_start(self) -> None:
        """Show what is known and connect. The platforms are attached by now."""
        self._unsubscribes = [
            self._persistence.async_start(),
            self._repairs.start(),
            self._show.start(),
            async_track_time_interval(
                self._hass, self._look_around, LOOK_INTERVAL, cancel_on_shutdown=True
            ),
        ]
        for subentry_id in self._wanted_links():
            self._start_link(subentry_id)
        self._show.show_all()
        self.presenter.remove_stale()
        self.devices.remove_stale(self.links)

    async def async_stop(self) -> None:
        """Disconnect, save and leave nothing behind."""
        async with self._changing:
            for subentry_id in list(self.links):
                await self._stop_link(subentry_id)
            for unsubscribe in reversed(self._unsubscribes):
                unsubscribe()
            self._unsubscribes.clear()
            self.presenter.stop()
            self.writer.stop()
            await self._persistence.async_save()

    async def async_apply(self) -> None:
        """Take over changed options and subentries while everything else goes on."""
        # A link takes its time to stop: the next change, or the end, waits for it.
        async with self._changing:
            if not self._unsubscribes:
                return
            self._apply_options()
            for link in list(self.links.values()):
                await self._apply_link(link)
            for subentry_id in self._wanted_links().keys() - self.links.keys():
                self._start_link(subentry_id)
            self._show.refresh_availability()

    @callback
    def forget(self, owner_ids: Iterable[str]) -> bool:
        """Remove what stands behind a registry device; False for what is still at work.

        An entity or a silent device may go. The hub and its links are removed where
        they were added, a device that talks would come back at once.
        """
        for owner_id in owner_ids:
            if owner_id == self.entry.entry_id or owner_id in self.links:
                return False
            if device := self.domain.devices.get(owner_id):
                if device.is_online:
                    return False
                self.domain.devices.remove(owner_id)
            elif self.domain.entities.get(owner_id):
                self.domain.entities.delete(owner_id, source=HOME_ASSISTANT)
        return True

    def is_reachable(self, gateway: str | None) -> bool:
        """Whether what was last heard on this link can be heard now.

        What was never heard on a link that still exists is reachable over any.
        """
        if gateway is not None and (link := self.links.get(gateway)):
            return link.connected
        return not self.links or any(link.connected for link in self.links.values())

    def device_of(self, entity: Entity) -> Device | None:
        """Return the device that an entity is linked to, if it is one we know."""
        return self.domain.devices.get(entity.device_id) if entity.device_id else None

    def _wanted_links(self) -> dict[str, ConfigSubentry]:
        return {
            subentry.subentry_id: subentry
            for subentry in self.entry.get_subentries_of_type(SUBENTRY_MQTT_BROKER)
        }

    def _start_link(self, subentry_id: str) -> None:
        subentry = self.entry.subentries[subentry_id]
        link = MqttLink(
            self._hass, self.entry, subentry, self.domain, self._show.link_changed
        )
        self.links[subentry_id] = link
        self._show.show_link(link)
        link.start()
        # Where it took another's place, it is not connected yet.
        self._show.link_changed(link)

    async def _apply_link(self, link: MqttLink) -> None:
        subentry = self.entry.subentries.get(link.id)
        if subentry and subentry.data == link.data:
            link.subentry = subentry
            self.devices.put_link(subentry)
            return
        await self._stop_link(link.id)
        if subentry is None:
            self.presenter.withdraw(link.id)
            self.devices.remove(link.id)

    async def _stop_link(self, subentry_id: str) -> None:
        await self.links.pop(subentry_id).stop()

    def _apply_options(self) -> None:
        options, rules = self.entry.options, self.domain.entities.rules
        rules.create_unknown = options.get(CONF_CREATE_UNKNOWN, DEFAULT_CREATE_UNKNOWN)
        rules.strict = options.get(CONF_STRICT, DEFAULT_STRICT)
        self._silence = timedelta(
            seconds=options.get(CONF_OFFLINE_AFTER, DEFAULT_OFFLINE_AFTER)
        )

    @callback
    def _look_around(self, _now: datetime) -> None:
        """Do what no event starts: find silent devices, show what was counted."""
        self.domain.devices.expire(self._silence)
        for link in self.links.values():
            self.writer.mark_all(self.presenter.of(link.id))
            link.ask_for_credentials()
