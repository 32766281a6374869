"""Where files with private keys are fetched, by their signed addresses."""

from http import HTTPStatus

from aiohttp import hdrs, web

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView

from .current import find_runtime
from .hand_over import URL


class HandOverView(HomeAssistantView):
    """Gives files to whoever has their signed address."""

    url = URL
    name = "api:maestra:hand_over"

    async def get(self, request: web.Request, key: str) -> web.Response:
        """Hand a file over."""
        runtime = find_runtime(request.app[KEY_HASS])
        link = runtime.authority if runtime else None
        if link is None or (handed := link.hand_over.find(key)) is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        return web.Response(
            body=handed.content,
            content_type="application/zip",
            headers={
                hdrs.CONTENT_DISPOSITION: f'attachment; filename="{handed.name}"',
                hdrs.CACHE_CONTROL: "no-store",
            },
        )


@callback
def async_setup_hand_over(hass: HomeAssistant) -> None:
    """Serve files from now on: a view can't be taken back."""
    hass.http.register_view(HandOverView)
