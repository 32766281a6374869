"""The hub's listeners, as its options want them."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import callback

from .const import (
    CONF_OSCQUERY_PORT,
    CONF_TCP_PORT,
    LISTENER_FLEET_API,
    LISTENER_OSC,
    LISTENER_WEBSOCKET,
)
from .fleet_api import create_fleet_api
from .gateways.fleet_api.settings import FleetApiSettings
from .gateways.osc.gateway import OscGateway
from .gateways.osc.settings import OscSettings
from .gateways.osc.target import OscTarget
from .gateways.websocket.gateway import WebSocketGateway
from .gateways.websocket.settings import WebSocketSettings
from .listener_link import Listener, ListenerLink
from .listener_settings import Options, async_access, async_ssl_context, listener_data
from .osc_link import OscTargetLink
from .osc_maps import osc_maps

if TYPE_CHECKING:
    from .runtime import MaestraRuntime

type Build = Callable[[MaestraRuntime, Options], Awaitable[Listener]]


async def _http_settings(runtime: MaestraRuntime, data: Options) -> dict[str, Any]:
    hass = runtime.hass
    return {
        "host": data[CONF_HOST],
        "port": data[CONF_PORT],
        "access": await async_access(hass, data),
        "ssl_context": await async_ssl_context(hass, data),
    }


async def _fleet_api(runtime: MaestraRuntime, data: Options) -> Listener:
    settings = FleetApiSettings(**await _http_settings(runtime, data))
    return create_fleet_api(runtime, settings)


async def _websocket(runtime: MaestraRuntime, data: Options) -> Listener:
    settings = WebSocketSettings(**await _http_settings(runtime, data))
    return WebSocketGateway(runtime.domain, runtime.announcer, settings)


async def _osc(runtime: MaestraRuntime, data: Options) -> Listener:
    settings = OscSettings(
        host=data[CONF_HOST],
        port=data[CONF_PORT],
        access=await async_access(runtime.hass, data),
        tcp_port=data[CONF_TCP_PORT],
        oscquery_port=data[CONF_OSCQUERY_PORT] or None,
        name=runtime.hass.config.location_name,
        maps=osc_maps(runtime.entry.options),
    )

    def targets() -> list[OscTarget]:
        links = runtime.gateways.values()
        return [link.gateway for link in links if isinstance(link, OscTargetLink)]

    return OscGateway(runtime.domain, runtime.announcer, settings, targets=targets)


# By their options and links.
LISTENERS: Final[Mapping[str, Build]] = {
    LISTENER_FLEET_API: _fleet_api,
    LISTENER_WEBSOCKET: _websocket,
    LISTENER_OSC: _osc,
}


class Listeners:
    """Starts, restarts and stops listeners; one that stays as it is goes on."""

    def __init__(self, runtime: MaestraRuntime) -> None:
        """Start none yet."""
        self._runtime = runtime

    def __iter__(self) -> Iterator[ListenerLink]:
        """Iterate over those that are on."""
        return (
            link
            for link in self._runtime.gateways.values()
            if isinstance(link, ListenerLink)
        )

    @callback
    def start(self) -> None:
        """Start what is on and does not run yet."""
        runtime = self._runtime
        for key, build in LISTENERS.items():
            data = listener_data(runtime.entry, key)
            if data is not None and key not in runtime.gateways:
                runtime.start_link(ListenerLink(runtime, key, data, build))

    async def apply(self) -> None:
        """Stop what is off or to be another; what is off shows nothing any more."""
        runtime = self._runtime
        for link in list(self):
            data = listener_data(runtime.entry, link.id)
            if data == link.data:
                continue
            await runtime.stop_link(link)
            if data is None:
                runtime.withdraw_link(link)
        self._apply_maps()

    @callback
    def _apply_maps(self) -> None:
        """Let OSC addresses set what the options say now; nobody is disconnected for it."""
        maps = osc_maps(self._runtime.entry.options)
        for link in self._runtime.gateways.values():
            if isinstance(link, OscTargetLink | ListenerLink) and isinstance(
                link.gateway, OscGateway | OscTarget
            ):
                link.gateway.set_maps(maps)
