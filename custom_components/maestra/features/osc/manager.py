"""The OSC gateway as a listener of the hub, and the address map of it and of all targets."""

from typing import Final, override

from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import callback

from ...const import (
    CONF_HOSTS,
    CONF_OSCQUERY_PORT,
    CONF_RATE,
    CONF_TCP_PORT,
    LISTENER_OSC,
)
from ...core.mdns.server import OSCQUERY_TYPE
from ...core.osc.gateway import OscGateway
from ...core.osc.settings import OscSettings
from ...core.osc.target import OscTarget
from ...hub.hub import Hub
from ...hub.listeners import (
    USUAL_OPTIONS,
    ListenerKind,
    ListenerLink,
    Options,
    async_access,
)
from ...hub.manager import Manager
from .link import OscTargetLink
from .maps import osc_maps


async def _build(hub: Hub, data: Options) -> OscGateway:
    settings = OscSettings(
        host=data[CONF_HOST],
        port=data[CONF_PORT],
        access=await async_access(hub.hass, data),
        tcp_port=data[CONF_TCP_PORT],
        oscquery_port=data[CONF_OSCQUERY_PORT] or None,
        name=hub.hass.config.location_name,
        maps=osc_maps(hub.entry.options),
    )

    def targets() -> list[OscTarget]:
        return [link.gateway for link in hub.links.of(OscTargetLink)]

    return OscGateway(hub.domain, hub.encoder, settings, targets=targets)


def _offers(link: ListenerLink) -> tuple[tuple[str, int], ...]:
    gateway = link.gateway
    if isinstance(gateway, OscGateway) and gateway.oscquery_port:
        return ((OSCQUERY_TYPE, gateway.oscquery_port),)
    return ()


OSC_LISTENER: Final = ListenerKind(
    key=LISTENER_OSC,
    title="OSC gateway",
    defaults={
        **USUAL_OPTIONS,
        CONF_HOSTS: [],
        # One fader moved by hand sends hundreds of messages a second, a tracking system thousands.
        CONF_RATE: 20_000,
        CONF_PORT: 57120,
        CONF_TCP_PORT: 0,
        CONF_OSCQUERY_PORT: 0,
    },
    ports=(
        (CONF_PORT, "udp"),
        (CONF_TCP_PORT, "tcp"),
        (CONF_OSCQUERY_PORT, "tcp"),
    ),
    build=_build,
    offers=_offers,
)


class OscManager(Manager):
    """Lets OSC addresses set what the options say."""

    def __init__(self, hub: Hub) -> None:
        """Change nothing: each gateway begins with the map of its time."""
        self._hub = hub

    @override
    @callback
    def applied(self) -> None:
        """Give the address map to all that run; nobody is disconnected for it."""
        maps = osc_maps(self._hub.entry.options)
        for link in self._hub.links:
            if isinstance(link, OscTargetLink | ListenerLink) and isinstance(
                link.gateway, OscGateway | OscTarget
            ):
                link.gateway.set_maps(maps)
