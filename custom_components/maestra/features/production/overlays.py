"""Overlay pages for browser sources, which can't log in: the secret addresses, and what is pushed to each page."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final

from aiohttp import WSCloseCode, web
import orjson

from homeassistant.core import callback

from ...const import OVERLAY_URL as URL
from ...core.bus import Counters, get_logger
from ...core.domain.json_values import JsonObject
from ...core.production.layers import DURATIONS, LOOKS, Z_INDEX, Layer
from ...core.production.production import Production
from ...core.transport.sockets import push_until_gone

_LOGGER = get_logger(__name__)

MAX_PAGES: Final = 20
"""Of one overlay at a time."""
PUSH_INTERVAL: Final = 0.02
"""Seconds between two pushes to a page: what changes meanwhile goes together, the newest of each layer."""
MAX_BATCHES: Final = 20
"""Of events that wait for a page: a second's worth."""
PING_INTERVAL: Final = 20.0  # seconds
SEND_TIMEOUT: Final = 10.0  # seconds
MAX_MESSAGE_BYTES: Final = 4_096
"""Of what a page may send, which is nothing: it is not read, only bounded."""


def overlay_path(token: str) -> str:
    """Return the path of a page."""
    return f"{URL}/{token}/"


class Page:
    """One browser that shows an overlay. It is told the newest state of the layers that have changed, however slow it is."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        production: Production,
        layers: Iterable[Layer],
    ) -> None:
        """Know nothing of what the page shows."""
        self.production = production
        self._socket = socket
        self._layers = tuple(layers)
        self._changed = dict.fromkeys(self._layers)
        self._told: deque[str] = deque(maxlen=MAX_BATCHES)
        self._wake = asyncio.Event()
        self._wake.set()
        self._is_closing = False

    @callback
    def mark(self, layer: Layer) -> None:
        """Push a layer soon, if the page shows it."""
        if layer in self._layers:
            self._changed[layer] = None
            self._wake.set()

    @callback
    def tell(self, text: str) -> bool:
        """Push what has happened soon; False where the page is too slow for all of it, and misses the oldest."""
        has_room = len(self._told) < MAX_BATCHES
        self._told.append(text)
        self._wake.set()
        return has_room

    @callback
    def close(self) -> None:
        """Let the page go: its address is no good any more, or Home Assistant stops."""
        self._is_closing = True
        self._wake.set()

    async def async_serve(self) -> None:
        """Push until the page, or we, have enough of it."""
        await push_until_gone(self._socket, self._async_push(), "maestra overlay page")

    async def _async_push(self) -> None:
        await self._async_send(
            {
                "durations": {
                    name.value: seconds for name, seconds in DURATIONS.items()
                },
                "looks": {
                    layer: {state: look.to_wire() for state, look in looks.items()}
                    for layer, looks in LOOKS.items()
                    if layer in self._layers
                },
                "z_index": {layer: Z_INDEX[layer] for layer in self._layers},
            }
        )
        while not self._is_closing:
            await self._wake.wait()
            self._wake.clear()
            changed, self._changed = self._changed, {}
            if changed:
                to_wire = self.production.layer_to_wire
                await self._async_send(
                    {"layers": {layer: to_wire(layer) for layer in changed}}
                )
            if self._told:
                # One at a time: what layers show does not wait for a busy chat.
                await self._async_send_text(self._told.popleft())
            if self._told:
                self._wake.set()
            await asyncio.sleep(PUSH_INTERVAL)
        async with asyncio.timeout(SEND_TIMEOUT):
            await self._socket.close(code=WSCloseCode.GOING_AWAY)

    async def _async_send(self, message: JsonObject) -> None:
        # Layers and states are words of their own kind.
        text = orjson.dumps(message, option=orjson.OPT_NON_STR_KEYS).decode()
        await self._async_send_text(text)

    async def _async_send_text(self, text: str) -> None:
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                await self._socket.send_str(text)
        except (ConnectionError, TimeoutError) as error:
            # A page that takes nothing is gone, and comes again.
            self._is_closing = True
            _LOGGER.debug("An overlay page is gone: %r", error)


@dataclass(slots=True, eq=False)
class Overlay:
    """An overlay with its secret address, and the pages that show it now."""

    id: str
    name: str
    token: str
    production: str
    layers: tuple[Layer, ...]
    pages: set[Page] = field(default_factory=set)


class Overlays:
    """The overlays by id."""

    def __init__(self) -> None:
        """Have none."""
        self.counters = Counters()
        """Counts of pages, refused (too many of one overlay), unknown (a wrong or former address) and dropped_batches (a slow page)."""
        self._by_id: dict[str, Overlay] = {}

    def __iter__(self) -> Iterator[Overlay]:
        """Iterate over a copy."""
        return iter(list(self._by_id.values()))

    def get(self, id_: str) -> Overlay | None:
        """Return an overlay, if it is there."""
        return self._by_id.get(id_)

    def find(self, token: str) -> Overlay | None:
        """Return the overlay of a secret, None for a wrong one."""
        given, found = token.encode(errors="replace"), None
        for overlay in self._by_id.values():
            # All are compared, so that the time tells nothing.
            if compare_digest(overlay.token.encode(), given):
                found = overlay
        if found is None:
            self.counters.add("unknown")
        return found

    @callback
    def apply(self, overlays: Mapping[str, Overlay]) -> None:
        """Have exactly these. Pages of what has changed, or has another address, go."""
        for id_, before in list(self._by_id.items()):
            now = overlays.get(id_)
            if now is None or (now.token, now.production, now.layers) != (
                before.token,
                before.production,
                before.layers,
            ):
                self._close(before)
                del self._by_id[id_]
        for id_, overlay in overlays.items():
            self._by_id.setdefault(id_, overlay).name = overlay.name

    @callback
    def mark(self, production: str, layer: Layer) -> None:
        """Push a layer of a production to the pages that show it."""
        for page in self._pages_of(production):
            page.mark(layer)

    def has_pages(self, production: str) -> bool:
        """Whether any page shows a production."""
        return any(self._pages_of(production))

    @callback
    def tell(self, production: str, text: str) -> None:
        """Push what has happened in a production to its pages."""
        for page in self._pages_of(production):
            if not page.tell(text):
                self.counters.add("dropped_batches")

    def _pages_of(self, production: str) -> Iterator[Page]:
        for overlay in self._by_id.values():
            if overlay.production == production:
                yield from overlay.pages

    @callback
    def close_all(self) -> None:
        """Let all pages go."""
        for overlay in self._by_id.values():
            self._close(overlay)

    def _close(self, overlay: Overlay) -> None:
        for page in overlay.pages:
            page.close()
