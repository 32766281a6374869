"""Being found on the local network, and finding devices there, with Home Assistant's own zeroconf."""

import asyncio
from contextlib import suppress
from ipaddress import ip_address
from typing import Final, override

from homeassistant.components import network, zeroconf
from homeassistant.components.zeroconf.const import DOMAIN as ZEROCONF
from homeassistant.const import CONF_HOST
from homeassistant.core import callback
from homeassistant.loader import async_get_integration

from ...const import DOMAIN
from ...core.bus import get_logger
from ...core.mdns.devices import DeviceBrowser
from ...core.mdns.server import SERVICE_TYPE, Announcements, Offer, properties
from ...hub.hub import Hub
from ...hub.listeners import ListenerLink
from ...hub.manager import Manager

_LOGGER = get_logger(__name__)

STOP_TIMEOUT: Final = 5.0  # seconds


class MdnsManager(Manager):
    """Announces the listeners that others can reach, and lets devices that announce themselves ask to be let in."""

    def __init__(self, hub: Hub) -> None:
        """Touch nothing yet."""
        self._hub = hub
        self._hass = hub.hass
        self._browser: DeviceBrowser | None = None
        self._announcements: Announcements | None = None
        self._task: asyncio.Task[None] | None = None
        self._has_failed = False

    @override
    async def async_started(self) -> None:
        """Browse and announce until stopped, where Home Assistant does so at all."""
        if ZEROCONF not in self._hass.config.components:
            return
        shared = zeroconf.async_get_async_zeroconf(self._hass)
        self._announcements = Announcements(shared)
        self._browser = DeviceBrowser(self._hub.domain, shared)
        self._browser.start()
        self.refresh()

    @override
    async def async_stop(self) -> None:
        """Say goodbye."""
        browser, announcements = self._browser, self._announcements
        self._browser = self._announcements = None
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if browser is None or announcements is None:
            return
        await browser.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_TIMEOUT):
                await announcements.announce([])

    @override
    @callback
    def refresh(self) -> None:
        """Announce what can be reached now."""
        if self._announcements is None or (self._task and not self._task.done()):
            return
        self._task = self._hub.entry.async_create_background_task(
            self._hass, self._try_to_announce(self._announcements), "maestra mdns"
        )

    async def _try_to_announce(self, announcements: Announcements) -> None:
        try:
            await self._announce(announcements)
        except Exception:
            # It is tried again in a few seconds; a network that is away is nothing new then.
            if not self._has_failed:
                _LOGGER.exception("What can be reached can't be announced")
            self._has_failed = True
        else:
            self._has_failed = False

    async def _announce(self, announcements: Announcements) -> None:
        offered = [
            offer
            for link in self._hub.links.of(ListenerLink)
            if _is_reachable(link)
            for offer in link.listener.offers(link)
        ]
        if not offered:
            await announcements.announce([])
            return
        host = await network.async_get_source_ip(self._hass)
        addresses = tuple(
            # In one order: another one is no other offer.
            sorted(
                str(address)
                for address in await network.async_get_enabled_source_ips(self._hass)
                if not address.is_loopback
            )
        ) or (host,)
        await announcements.announce(
            [
                Offer(
                    service_type,
                    addresses,
                    port,
                    await self._records(host) if service_type == SERVICE_TYPE else (),
                )
                for service_type, port in offered
            ]
        )

    async def _records(self, host: str) -> tuple[tuple[str, str], ...]:
        integration = await async_get_integration(self._hass, DOMAIN)
        found = self._hub.endpoints(host)
        if broker := found.get("mqtt_broker"):
            found["mqtt_url"] = f"mqtt://{broker}:{found['mqtt_port']}"
        return properties({**found, "version": integration.version})


def _is_reachable(link: ListenerLink) -> bool:
    """Whether others on the network can connect to a listener."""
    return bool(link.port) and not ip_address(link.data[CONF_HOST]).is_loopback
