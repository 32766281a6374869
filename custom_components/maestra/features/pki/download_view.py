"""Where files with private keys are fetched, by their signed addresses."""

from http import HTTPStatus

from aiohttp import hdrs, web

from homeassistant.helpers.http import KEY_HASS, HomeAssistantView

from ...hub.current import find_hub
from .link import URL, AuthorityLink


class DownloadView(HomeAssistantView):
    """Gives files to whoever has their signed address."""

    url = URL
    name = "api:maestra:hand_over"

    async def get(self, request: web.Request, key: str) -> web.Response:
        """Hand a file over."""
        hub = find_hub(request.app[KEY_HASS])
        link = hub.links.first(AuthorityLink) if hub else None
        download = link.downloads.find(key) if link else None
        if download is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        return web.Response(
            body=download.content,
            content_type="application/zip",
            headers={
                hdrs.CONTENT_DISPOSITION: f'attachment; filename="{download.name}"',
                hdrs.CACHE_CONTROL: "no-store",
            },
        )
