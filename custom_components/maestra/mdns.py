"""Being found on the local network, and finding devices there, with Home Assistant's own zeroconf."""

import asyncio
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from homeassistant.components import network, zeroconf
from homeassistant.components.zeroconf.const import DOMAIN as ZEROCONF
from homeassistant.const import CONF_HOST
from homeassistant.core import callback
from homeassistant.loader import async_get_integration

from .const import DOMAIN, LISTENER_FLEET_API, LISTENER_OSC
from .endpoints import endpoints
from .gateways.mdns.devices import DeviceBrowser
from .gateways.mdns.server import (
    OSCQUERY_TYPE,
    SERVICE_TYPE,
    Announcements,
    Offer,
    properties,
)
from .listener_link import ListenerLink

if TYPE_CHECKING:
    from .runtime import MaestraRuntime

STOP_TIMEOUT: Final = 5.0  # seconds


class Mdns:
    """Announces the listeners that others can reach, and lets devices that announce themselves ask to be let in."""

    def __init__(self, runtime: MaestraRuntime) -> None:
        """Touch nothing yet."""
        self._runtime = runtime
        self._hass = runtime.hass
        self._browser: DeviceBrowser | None = None
        self._announcements: Announcements | None = None
        self._task: asyncio.Task[None] | None = None

    @callback
    def start(self) -> None:
        """Look and announce until stopped, where Home Assistant does so at all."""
        if ZEROCONF not in self._hass.config.components:
            return
        shared = zeroconf.async_get_async_zeroconf(self._hass)
        self._announcements = Announcements(shared)
        self._browser = DeviceBrowser(self._runtime.domain, shared)
        self._browser.start()
        self.refresh()

    async def stop(self) -> None:
        """Say goodbye."""
        browser, announcements = self._browser, self._announcements
        self._browser = self._announcements = None
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if browser is None or announcements is None:
            return
        await browser.stop()
        async with asyncio.timeout(STOP_TIMEOUT):
            await announcements.announce([])

    @callback
    def refresh(self) -> None:
        """Announce what can be reached now."""
        if self._announcements is None or (self._task and not self._task.done()):
            return
        self._task = self._runtime.entry.async_create_background_task(
            self._hass, self._announce(self._announcements), "maestra mdns"
        )

    async def _announce(self, announcements: Announcements) -> None:
        api, osc = (
            self._reachable(LISTENER_FLEET_API),
            self._reachable(LISTENER_OSC),
        )
        if api is None and osc is None:
            await announcements.announce([])
            return
        host = await network.async_get_source_ip(self._hass)
        addresses = tuple(
            str(address)
            for address in await network.async_get_enabled_source_ips(self._hass)
            if not address.is_loopback
        ) or (host,)
        offers = []
        if api is not None:
            integration = await async_get_integration(self._hass, DOMAIN)
            found = endpoints(self._runtime, host)
            if broker := found["mqtt_broker"]:
                found["mqtt_url"] = f"mqtt://{broker}:{found['mqtt_port']}"
            records = properties({**found, "version": integration.version})
            offers.append(Offer(SERVICE_TYPE, addresses, api.port, records))
        if osc is not None and (port := getattr(osc.gateway, "oscquery_port", 0)):
            offers.append(Offer(OSCQUERY_TYPE, addresses, port))
        await announcements.announce(offers)

    def _reachable(self, key: str) -> ListenerLink | None:
        """Return a listener that others on the network can connect to."""
        link = self._runtime.gateways.get(key)
        if not isinstance(link, ListenerLink) or not link.port:
            return None
        return None if ip_address(link.data[CONF_HOST]).is_loopback else link
