"""The Fleet API under Home Assistant's own server, with Home Assistant's users."""

from typing import Final
from weakref import WeakKeyDictionary

from aiohttp import hdrs, web

from homeassistant.components.http.const import KEY_HASS_USER
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView

from .current import find_runtime
from .endpoints import API_MOUNT
from .fleet_api import create_fleet_api
from .gateways.access import Access
from .gateways.fleet_api import FleetApi, FleetApiSettings
from .runtime import MaestraRuntime

# What any user may do; everything else changes something.
READING: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})


class FleetView(HomeAssistantView):
    """Everything below `/api/maestra`. Who is logged in may read, who administers may change."""

    name = "api:maestra"
    url = f"{API_MOUNT}/{{tail:.*}}"

    def __init__(self) -> None:
        """Serve whichever hub is loaded."""
        # Each hub's own table of routes, ready; a hub that is gone takes its with it.
        self._apis: WeakKeyDictionary[MaestraRuntime, FleetApi] = WeakKeyDictionary()

    async def _answer(self, request: web.Request, tail: str) -> web.StreamResponse:
        if (runtime := find_runtime(request.app[KEY_HASS])) is None:
            return web.json_response({"detail": "Maestra is not loaded"}, status=503)
        if request.method not in READING and not request[KEY_HASS_USER].is_admin:
            return web.json_response(
                {"detail": "Only administrators may change anything"}, status=403
            )
        return await self._api(runtime).answer(
            request, request.rel_url.raw_path.removeprefix(API_MOUNT)
        )

    get = post = put = patch = delete = head = _answer

    def _api(self, runtime: MaestraRuntime) -> FleetApi:
        if (api := self._apis.get(runtime)) is None:
            # Home Assistant's server lets nobody in who is not logged in: no other limits.
            settings = FleetApiSettings(host="", port=0, access=Access(rate=0))
            api = self._apis[runtime] = create_fleet_api(runtime, settings)
        return api


@callback
def async_setup_fleet_view(hass: HomeAssistant) -> None:
    """Serve the API from now on: a view can't be taken back."""
    hass.http.register_view(FleetView)
