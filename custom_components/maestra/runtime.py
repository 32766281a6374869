"""One config entry's object graph, and how its parts are told of each other."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from homeassistant.config_entries import ConfigEntry
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
    SUBENTRY_TIMESCALE_STORE,
)
from .device_mirror import DeviceMirror
from .domain import Domain
from .domain.device import Device
from .domain.entity import Entity
from .domain.source import HOME_ASSISTANT
from .link import Link
from .links import MqttLink
from .persistence import Persistence
from .presenter import Presenter
from .repairs import RepairMonitor
from .show import Show
from .state_writer import StateWriter
from .store_link import StoreLink, async_remove_spools

type MaestraConfigEntry = ConfigEntry[MaestraRuntime]


class MaestraRuntime:
    """The domain, the links to the outside, and what is shown of both in Home Assistant."""

    def __init__(self, hass: HomeAssistant, entry: MaestraConfigEntry) -> None:
        """Build the parts; nothing runs yet."""
        self.entry = entry
        self.domain = Domain(Bus())
        self.links: dict[str, MqttLink] = {}
        self.store: StoreLink | None = None
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
        self._start_links()
        self._show.show_all()
        self.presenter.remove_stale()
        self.devices.remove_stale(link.id for link in self._all_links)

    async def async_stop(self) -> None:
        """Disconnect, save and leave nothing behind."""
        async with self._changing:
            for link in self._all_links:
                await self._stop_link(link)
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
            for link in self._all_links:
                await self._apply_link(link)
            self._start_links()
            self._show.refresh_availability()

    @callback
    def forget(self, owner_ids: Iterable[str]) -> bool:
        """Remove what stands behind a registry device; False for what is still at work.

        An entity or a silent device may go. The hub and its links are removed where
        they were added, a device that talks would come back at once.
        """
        for owner_id in owner_ids:
            if owner_id == self.entry.entry_id or self.link(owner_id):
                return False
            if device := self.domain.devices.get(owner_id):
                if device.is_online:
                    return False
                self.domain.devices.remove(owner_id)
            elif self.domain.entities.get(owner_id):
                self.domain.entities.delete(owner_id, source=HOME_ASSISTANT)
        return True

    def link(self, link_id: str) -> Link | None:
        """Return a link by its id, if it runs."""
        return next((link for link in self._all_links if link.id == link_id), None)

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

    @property
    def _all_links(self) -> tuple[Link, ...]:
        # The store is the last to stop: it writes what the others still bring.
        return (*self.links.values(), *(() if self.store is None else (self.store,)))

    def _start_links(self) -> None:
        """Start what does not run yet: the store first, to miss nothing of what the others bring."""
        running = {link.id for link in self._all_links}
        entry, show = self.entry, self._show
        for subentry in entry.get_subentries_of_type(SUBENTRY_TIMESCALE_STORE):
            if subentry.subentry_id not in running:
                self.store = StoreLink(
                    self._hass, entry, subentry, self.domain, show.store_changed
                )
                self._start_link(self.store)
        for subentry in entry.get_subentries_of_type(SUBENTRY_MQTT_BROKER):
            if subentry.subentry_id not in running:
                link = MqttLink(
                    self._hass, entry, subentry, self.domain, show.link_changed
                )
                self.links[link.id] = link
                self._start_link(link)

    def _start_link(self, link: Link) -> None:
        self._show.show_link(link)
        link.start()
        # Where it took another's place, it is not connected yet.
        self._show.link_changed(link)

    async def _apply_link(self, link: Link) -> None:
        subentry = self.entry.subentries.get(link.id)
        if subentry and subentry.data == link.data:
            link.subentry = subentry
            self.devices.put_link(link)
            return
        await self._stop_link(link)
        if subentry is None:
            self.presenter.withdraw(link.id)
            self.devices.remove(link.id)
            await async_remove_spools(self._hass, keep=self.entry.subentries)

    async def _stop_link(self, link: Link) -> None:
        if link is self.store:
            self.store = None
        self.links.pop(link.id, None)
        await link.stop()

    def _apply_options(self) -> None:
        options, rules = self.entry.options, self.domain.entities.rules
        rules.create_unknown = options.get(CONF_CREATE_UNKNOWN, DEFAULT_CREATE_UNKNOWN)
        rules.strict = options.get(CONF_STRICT, DEFAULT_STRICT)
        self._silence = timedelta(
            seconds=options.get(CONF_OFFLINE_AFTER, DEFAULT_OFFLINE_AFTER)
        )
        if self.store is not None:
            self.store.apply_options()

    @callback
    def _look_around(self, _now: datetime) -> None:
        """Do what no event starts: find silent devices, show what was counted."""
        self.domain.devices.expire(self._silence)
        for link in self._all_links:
            self.writer.mark_all(self.presenter.of(link.id))
            link.look()
