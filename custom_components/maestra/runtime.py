"""One config entry's object graph, and how its parts are told of each other."""

import asyncio
from collections.abc import Iterable
from datetime import datetime

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from .authority_link import AuthorityLink
from .bus import Bus, Unsubscribe
from .const import LOOK_INTERVAL
from .detector_hub import DetectorHub
from .device_approval import DeviceApprovals
from .device_mirror import DeviceMirror
from .domain import Domain
from .domain.device import Device
from .domain.entity import Entity
from .domain.source import HOME_ASSISTANT
from .f2_house import F2House
from .gateways.announcements import Announcer
from .hub_rules import apply_rules, silence_of
from .iss_link import IssLink
from .iss_show import IssShow
from .link import Link, ServiceLink
from .links import MqttLink
from .listeners import Listeners
from .mdns import Mdns
from .persistence import Persistence
from .presenter import Presenter
from .provision_secrets import ProvisionSecrets
from .qs_hub import QsHub
from .qs_show import QsShow
from .repairs import RepairMonitor
from .service_links import SERVICE_LINKS
from .show import Show
from .state_writer import StateWriter
from .store_link import StoreLink, async_remove_spools
from .stream_show import StreamShow
from .stream_timer import StreamTimer

type MaestraConfigEntry = ConfigEntry[MaestraRuntime]


class MaestraRuntime:
    """The domain, the links to the outside, and what is shown of both in Home Assistant."""

    def __init__(self, hass: HomeAssistant, entry: MaestraConfigEntry) -> None:
        """Build the parts; nothing runs yet."""
        self.hass = hass
        self.entry = entry
        self.domain = Domain(Bus())
        self.announcer = Announcer()
        # What clients are heard on, by id: brokers, servers, targets and our own listeners.
        self.gateways: dict[str, Link] = {}
        self.store: StoreLink | None = None
        self.authority: AuthorityLink | None = None
        self.writer = StateWriter(hass)
        self.presenter = Presenter(hass, self, self.writer)
        self.devices = DeviceMirror(hass, entry.entry_id, self.domain)
        self.show = Show(self)
        self.streams = StreamShow(self)
        self.f2 = F2House(self)
        self.iss = IssShow(self)
        self.stream_timer = StreamTimer(hass, self.domain)
        self.listeners = Listeners(self)
        self.qs = QsHub(hass, entry, self.domain)
        self.qs_show = QsShow(self)
        self.detectors = DetectorHub(self)
        self._persistence = Persistence(hass, self.domain)
        self._secrets = ProvisionSecrets(hass, entry, self.domain)
        self._repairs = RepairMonitor(hass, entry, self.domain)
        self._approvals = DeviceApprovals(hass, entry, self.domain)
        self._mdns = Mdns(self)
        self._unsubscribes: list[Unsubscribe] = []
        self._changing = asyncio.Lock()
        self._apply_options()

    async def async_load(self) -> None:
        """Bring back what was known before the restart."""
        await self._persistence.async_load()
        self._secrets.load()
        await self.f2.async_load()
        await self.qs.async_load()
        await self.detectors.async_load()

    @callback
    def async_start(self) -> None:
        """Show what is known and connect. The platforms are attached by now."""
        self._unsubscribes = [
            self._persistence.async_start(),
            self._secrets.start(),
            self._repairs.start(),
            self._approvals.start(),
            self.show.start(),
            self.streams.start(),
            self.f2.start(),
            self.iss.start(),
            self.stream_timer.start(),
            self.qs.start(),
            self.qs_show.start(),
            async_track_time_interval(
                self.hass, self._look_around, LOOK_INTERVAL, cancel_on_shutdown=True
            ),
        ]
        self._start_links()
        # Only now is there somebody who keeps what they find.
        self._unsubscribes.append(self.detectors.start())
        self._mdns.start()
        self.show.show_all()
        self.qs_show.refresh()
        self.presenter.remove_stale()
        self.devices.remove_stale(
            (
                *(link.id for link in self._all_links),
                *self.qs_show.shown,
                *self.detectors.shown,
                *self.f2.show.owners,
                *self.iss.owners,
            )
        )

    async def async_stop(self) -> None:
        """Disconnect, save and leave nothing behind."""
        async with self._changing:
            await self._mdns.stop()
            for link in self._all_links:
                await self.stop_link(link)
            for unsubscribe in reversed(self._unsubscribes):
                unsubscribe()
            self._unsubscribes.clear()
            await self.qs.async_stop()
            await self.detectors.async_stop()
            await self.f2.async_save()
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
            await self.qs.async_apply()
            for link in self._all_links:
                if isinstance(link, ServiceLink):
                    await self._apply_link(link)
            await self.listeners.apply()
            await self.f2.async_prepare()
            self.f2.apply()
            self._start_links()
            self.qs_show.refresh()
            self.detectors.apply()
            self.show.refresh_availability()

    @callback
    def forget(self, owner_ids: Iterable[str]) -> bool:
        """Remove what stands behind a registry device; False for what is still at work.

        An entity, a silent device or a stream that has ended may go. The hub and its links
        are removed where they were added, a device that talks would come back at once.
        """
        for owner_id in owner_ids:
            if owner_id == self.entry.entry_id or self.link(owner_id):
                return False
            shown = (*self.f2.show.owners, *self.iss.owners, *self.detectors.shown)
            if owner_id in shown:
                return False
            if not self.streams.forget(owner_id):
                return False
            self.qs_show.forget(owner_id)
            if device := self.domain.devices.get(owner_id):
                if device.is_online:
                    return False
                self.domain.devices.remove(owner_id)
            elif self.domain.entities.get(owner_id):
                self.domain.entities.delete(owner_id, source=HOME_ASSISTANT)
        return True

    @property
    def links(self) -> dict[str, MqttLink]:
        """The connections to MQTT brokers, by id."""
        return {
            link.id: link
            for link in self.gateways.values()
            if isinstance(link, MqttLink)
        }

    def link(self, link_id: str) -> Link | None:
        """Return a link by its id, if it runs."""
        return next((link for link in self._all_links if link.id == link_id), None)

    def is_reachable(self, gateway: str | None) -> bool:
        """Whether what was last heard on this link can be heard now.

        What was never heard on a link that still exists is reachable over any.
        """
        if gateway is not None and (link := self.gateways.get(gateway)):
            return link.connected
        return not self.gateways or any(
            link.connected for link in self.gateways.values()
        )

    def device_of(self, entity: Entity) -> Device | None:
        """Return the device that an entity is linked to, if it is one we know."""
        return self.domain.devices.get(entity.device_id) if entity.device_id else None

    @property
    def _all_links(self) -> tuple[Link, ...]:
        # The store is the last to stop: it writes what the others still bring.
        others = (self.authority, self.store)
        return (
            *self.gateways.values(),
            *self.iss.links.values(),
            *(link for link in others if link is not None),
        )

    def _start_links(self) -> None:
        """Start what does not run yet: the store first, to miss nothing of what the others bring."""
        running = {link.id for link in self._all_links}
        for kind, build in SERVICE_LINKS.items():
            for subentry in self.entry.get_subentries_of_type(kind):
                if subentry.subentry_id not in running:
                    self.start_link(build(self, subentry))
        self.iss.apply()
        self.listeners.start()

    @callback
    def start_link(self, link: Link) -> None:
        """Show a link and let it connect."""
        if isinstance(link, StoreLink):
            self.store = link
        elif isinstance(link, AuthorityLink):
            self.authority = link
        elif isinstance(link, IssLink):
            self.iss.links[link.id] = link
        else:
            self.gateways[link.id] = link
        self.show.show_link(link)
        link.start()
        # Where it took another's place, it is not connected yet.
        self.show.link_changed(link)

    async def stop_link(self, link: Link) -> None:
        """Disconnect a link; what is shown of it stays."""
        if link is self.store:
            self.store = None
        if link is self.authority:
            self.authority = None
        self.gateways.pop(link.id, None)
        self.iss.links.pop(link.id, None)
        await link.stop()

    @callback
    def withdraw_link(self, link: Link) -> None:
        """Show nothing of a link any more."""
        self.presenter.withdraw(link.id)
        self.devices.remove(link.id)

    async def _apply_link(self, link: ServiceLink) -> None:
        subentry = self.entry.subentries.get(link.id)
        if subentry and subentry.data == link.data:
            link.subentry = subentry
            self.devices.put_link(link)
            return
        await self.stop_link(link)
        if subentry is None:
            self.withdraw_link(link)
            await link.removed()
            await async_remove_spools(self.hass, keep=self.entry.subentries)

    def _apply_options(self) -> None:
        apply_rules(self.domain, self.entry.options)
        self._silence = silence_of(self.entry.options)
        if self.store is not None:
            self.store.apply_options()

    @callback
    def _look_around(self, _now: datetime) -> None:
        """Do what no event starts: find silent devices, show what was counted."""
        self.domain.devices.expire(self._silence)
        self._mdns.refresh()
        self.f2.look()
        self.detectors.show.look()
        for link in self._all_links:
            self.writer.mark_all(self.presenter.of(link.id))
            link.look()
