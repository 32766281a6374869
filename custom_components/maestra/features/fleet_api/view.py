"""The Fleet API under Home Assistant's own server, with Home Assistant's users."""

from typing import Final

from aiohttp import web

from homeassistant.components.http.const import KEY_HASS_USER
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView

from ...core.fleet_api import FleetApi, FleetApiSettings
from ...core.transport.access import Access
from ...core.transport.http_listener import as_text
from ...hub.current import find_hub
from ...hub.hub import Hub
from ...hub.permissions import Needs, may
from .api import API_MOUNT, create_fleet_api

ADMINS_ONLY: Final = "Only administrators may change anything"
NOT_READABLE: Final = "Only who may read all entities may read this"


class FleetView(HomeAssistantView):
    """Everything below `/api/maestra`. Who may read all entities may read, who administers may change."""

    name = "api:maestra"
    url = f"{API_MOUNT}/{{tail:.*}}"

    def __init__(self) -> None:
        """Serve whichever hub is loaded."""
        # The table of routes of the hub that was asked last.
        self._ready: tuple[Hub, FleetApi] | None = None

    async def _answer(self, request: web.Request, tail: str) -> web.StreamResponse:
        if (hub := find_hub(request.app[KEY_HASS])) is None:
            return web.json_response({"detail": "Maestra is not loaded"}, status=503)
        api, request = self._api(hub), as_text(request)
        path = request.rel_url.raw_path.removeprefix(API_MOUNT)
        is_reading = api.is_reading(request.method, path)
        needs = Needs.READ if is_reading else Needs.ADMIN
        if not may(request[KEY_HASS_USER], needs):
            detail = NOT_READABLE if is_reading else ADMINS_ONLY
            return web.json_response({"detail": detail}, status=403)
        return await api.answer(request, path)

    get = post = put = patch = delete = head = _answer

    def _api(self, hub: Hub) -> FleetApi:
        if self._ready is not None and self._ready[0] is hub:
            return self._ready[1]
        # Home Assistant's server lets nobody in who is not logged in: no other limits.
        settings = FleetApiSettings(host="", port=0, access=Access(rate=0))
        api = create_fleet_api(hub, settings)
        # Nobody stops it: what it refuses is summed up with the next refusal, without a timer.
        api.access_control.rejections.close()
        self._ready = hub, api
        return api
