"""The Fleet API under Home Assistant's own server, with Home Assistant's users."""

from typing import Final

from aiohttp import hdrs, web

from homeassistant.components.http.const import KEY_HASS_USER
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView

from ...core.fleet_api import FleetApi, FleetApiSettings
from ...core.transport.access import Access
from ...core.transport.http_listener import as_text
from ...hub.current import find_hub
from ...hub.hub import Hub
from .api import API_MOUNT, create_fleet_api

# What any user may do; everything else changes something.
READING: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})


class FleetView(HomeAssistantView):
    """Everything below `/api/maestra`. Who is logged in may read, who administers may change."""

    name = "api:maestra"
    url = f"{API_MOUNT}/{{tail:.*}}"

    def __init__(self) -> None:
        """Serve whichever hub is loaded."""
        # The table of routes of the hub that was asked last.
        self._ready: tuple[Hub, FleetApi] | None = None

    async def _answer(self, request: web.Request, tail: str) -> web.StreamResponse:
        if (hub := find_hub(request.app[KEY_HASS])) is None:
            return web.json_response({"detail": "Maestra is not loaded"}, status=503)
        if request.method not in READING and not request[KEY_HASS_USER].is_admin:
            return web.json_response(
                {"detail": "Only administrators may change anything"}, status=403
            )
        request = as_text(request)
        return await self._api(hub).answer(
            request, request.rel_url.raw_path.removeprefix(API_MOUNT)
        )

    get = post = put = patch = delete = head = _answer

    def _api(self, hub: Hub) -> FleetApi:
        if self._ready is not None and self._ready[0] is hub:
            return self._ready[1]
        # Home Assistant's server lets nobody in who is not logged in: no other limits.
        settings = FleetApiSettings(host="", port=0, access=Access(rate=0))
        self._ready = hub, create_fleet_api(hub, settings)
        return self._ready[1]
