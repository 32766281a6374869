"""Where browser sources find overlay pages: under an address that nobody can guess, and without any login."""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final

from aiohttp import web

from homeassistant.helpers.http import KEY_HASS, HomeAssistantView

from ...const import OVERLAY_URL as URL
from ...hub.current import find_hub
from .manager import ProductionManager
from .overlays import MAX_MESSAGE_BYTES, MAX_PAGES, PING_INTERVAL, Overlay, Page

# Listed once, with the module: nothing else of the disk can be asked for.
FILES: Final[Mapping[str, Path]] = {
    path.name: path for path in (Path(__file__).parent / "page").iterdir()
}
INDEX: Final = "overlay.html"
HEADERS: Final = {
    # A browser source keeps what it has seen once; the page is to be that of the running version.
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: https:; "
        "base-uri 'none'; form-action 'none'"
    ),
    "X-Robots-Tag": "noindex",
}


def _find(request: web.Request, token: str) -> tuple[ProductionManager, Overlay]:
    """Return the overlay of an address; raises HTTPNotFound.

    401 and 403 would count as a failed login, and could ban the machine of the browser source.
    """
    hub = find_hub(request.app[KEY_HASS])
    manager = hub.manager(ProductionManager) if hub else None
    overlay = manager.overlays.find(token) if manager else None
    if manager is None or overlay is None:
        raise web.HTTPNotFound
    return manager, overlay


class OverlayView(HomeAssistantView):
    """The page."""

    url = f"{URL}/{{token}}/"
    extra_urls = [f"{URL}/{{token}}/{{name}}"]
    name = "maestra:overlay"
    requires_auth = False

    async def get(
        self, request: web.Request, token: str, name: str = INDEX
    ) -> web.StreamResponse:
        """Return the page, or one of its files."""
        _find(request, token)
        if (path := FILES.get(name)) is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        return web.FileResponse(path, headers=HEADERS)


class OverlayFeedView(HomeAssistantView):
    """What is pushed to a page. Nothing that a page says is read."""

    url = f"{URL}/{{token}}/feed/socket"
    name = "maestra:overlay:feed"
    requires_auth = False

    async def get(self, request: web.Request, token: str) -> web.StreamResponse:
        """Push what the overlay shows."""
        manager, overlay = _find(request, token)
        if not _is_same_origin(request):
            return web.Response(status=HTTPStatus.FORBIDDEN)
        production = manager.get(overlay.production)
        if production is None or len(overlay.pages) >= MAX_PAGES:
            manager.overlays.counters.add("refused")
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        socket = web.WebSocketResponse(
            heartbeat=PING_INTERVAL, max_msg_size=MAX_MESSAGE_BYTES
        )
        await socket.prepare(request)
        page = Page(socket, production, overlay.layers)
        overlay.pages.add(page)
        manager.overlays.counters.add("pages")
        manager.pages_changed(overlay)
        try:
            await page.async_serve()
        finally:
            overlay.pages.discard(page)
            manager.pages_changed(overlay)
        return socket


def _is_same_origin(request: web.Request) -> bool:
    """Whether it is our own page that asks; what is no browser has no origin."""
    origin = request.headers.get("Origin")
    return origin is None or origin.partition("://")[2] == request.host
