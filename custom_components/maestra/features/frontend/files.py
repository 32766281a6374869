"""The files of the cards, which `scripts/cards` builds; their names carry a hash of their content."""

from http import HTTPStatus
from pathlib import Path
from typing import Final

from aiohttp import web

from homeassistant.helpers.http import HomeAssistantView

URL: Final = "/maestra_frontend"
# The name of another content is another one.
CACHED: Final = {"Cache-Control": "public, max-age=31536000, immutable"}

# Listed once, with the module: nothing else of the disk can be asked for.
FILES: Final = {
    path.name: path for path in (Path(__file__).parents[2] / "frontend").glob("*.js")
}
(ENTRY,) = (f"{URL}/{name}" for name in FILES if name.startswith("maestra-"))
"""Where the module is that registers all cards."""


class CardFilesView(HomeAssistantView):
    """Serves the cards to whoever asks: like Home Assistant's own frontend, they are loaded before anybody logs in."""

    url = f"{URL}/{{name}}"
    name = "maestra:frontend"
    requires_auth = False

    async def get(self, request: web.Request, name: str) -> web.StreamResponse:
        """Return a file."""
        if (path := FILES.get(name)) is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        return web.FileResponse(path, headers=CACHED)
