"""The Fleet API at work on a real socket, and a client of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, Self

import aiohttp
import orjson

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.entity import Entity
from custom_components.maestra.core.fleet_api import FleetApi, FleetApiSettings
from custom_components.maestra.core.fleet_api.request import (
    CueService,
    ExperienceService,
)
from custom_components.maestra.core.store.store import Store
from custom_components.maestra.core.transport.access import Access
from custom_components.maestra.core.transport.event_encoder import EventEncoder

from .process import PATIENCE

HOST: Final = "127.0.0.1"
ENDPOINTS: Final[Mapping[str, Any]] = {
    "api_url": "http://127.0.0.1:8080",
    "nats_url": "nats://127.0.0.1:4222",
    "mqtt_broker": "127.0.0.1",
    "mqtt_port": 1883,
    "ws_url": "ws://127.0.0.1:8765",
}

type Answer = tuple[int, Any]


class FleetKit:
    """A Fleet API with a domain of its own, spoken to as clients do.

    `get`, `post`, `patch`, `put`, `delete` and `head` return the status and the JSON, or text, of the answer.
    """

    def __init__(self, api: FleetApi, session: aiohttp.ClientSession) -> None:
        self.api = api
        self.domain = api.domain
        self.session = session
        self.url = f"http://{HOST}:{api.port}"

    @classmethod
    @asynccontextmanager
    async def running(
        cls,
        *,
        domain: Domain | None = None,
        store: Callable[[], Store | None] = lambda: None,
        access: Access | None = None,
        is_bus_connected: bool = True,
        headers: Mapping[str, str] | None = None,
        cues: Callable[[], CueService | None] = lambda: None,
        experiences: Callable[[], ExperienceService | None] = lambda: None,
    ) -> AsyncIterator[Self]:
        """Listen for as long as the block lasts. `headers` go with every request."""
        api = FleetApi(
            domain or Domain(Bus()),
            EventEncoder(),
            FleetApiSettings(host=HOST, port=0, access=access or Access()),
            store=store,
            endpoints=lambda _request: dict(ENDPOINTS),
            bus_connected=lambda: is_bus_connected,
            cues=cues,
            experiences=experiences,
        )
        await api.start()
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        try:
            async with aiohttp.ClientSession(
                timeout=timeout, headers=headers
            ) as session:
                yield cls(api, session)
        finally:
            await api.stop()

    async def ask(self, method: str, path: str, **options: Any) -> Answer:
        """Send a request as it is; options are those of aiohttp's client."""
        async with self.session.request(
            method, f"{self.url}{path}", **options
        ) as response:
            content = await response.read()
            if content and response.content_type == "application/json":
                return response.status, orjson.loads(content)
            return response.status, content.decode()

    async def get(self, path: str, **options: Any) -> Answer:
        """Read."""
        return await self.ask("GET", path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        """Create or command; without a body nothing is sent."""
        return await self.ask("POST", path, **_sent(body), **options)

    async def patch(self, path: str, body: Any = None, **options: Any) -> Answer:
        """Merge."""
        return await self.ask("PATCH", path, **_sent(body), **options)

    async def put(self, path: str, body: Any = None, **options: Any) -> Answer:
        """Replace."""
        return await self.ask("PUT", path, **_sent(body), **options)

    async def delete(self, path: str, **options: Any) -> Answer:
        """Remove."""
        return await self.ask("DELETE", path, **options)

    async def head(self, path: str, **options: Any) -> Answer:
        """Ask for headers only."""
        return await self.ask("HEAD", path, **options)

    def entity(self, name: str, kind: str = "device", **fields: Any) -> Entity:
        """Put an entity into the domain."""
        return self.domain.entities.create(name=name, entity_type=kind, **fields)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something is true."""
        async with asyncio.timeout(PATIENCE):
            while not holds():
                await asyncio.sleep(0.01)


def _sent(body: Any) -> dict[str, Any]:
    return {} if body is None else {"json": body}
