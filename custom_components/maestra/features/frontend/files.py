"""The files of the cards, which `scripts/cards` builds; their names carry a hash of their content."""

import gzip
from http import HTTPStatus
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

from homeassistant.helpers.http import HomeAssistantView

URL: Final = "/maestra_frontend"
HEADERS: Final = {
    # The name of another content is another one.
    hdrs.CACHE_CONTROL: "public, max-age=31536000, immutable",
    hdrs.CONTENT_TYPE: "text/javascript",
    hdrs.VARY: hdrs.ACCEPT_ENCODING,
}
_GZIP: Final = "gzip"

# In memory, all of them: an update replaces the files while Home Assistant goes on with what it has loaded, and
# pages need the cards that belong to it.
FILES: Final = {
    path.name: gzip.compress(path.read_bytes(), mtime=0)
    for path in (Path(__file__).parents[2] / "frontend").glob("*.js")
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
        if (content := FILES.get(name)) is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        if _GZIP in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
            headers = {**HEADERS, hdrs.CONTENT_ENCODING: _GZIP}
            return web.Response(body=content, headers=headers)
        return web.Response(body=gzip.decompress(content), headers=HEADERS)
