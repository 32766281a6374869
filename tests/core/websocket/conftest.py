"""A gateway on a free port, and clients of it."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.transport.access import Access
from custom_components.maestra.core.transport.event_encoder import EventEncoder
from custom_components.maestra.core.websocket.admission import WebSocketSettings
from custom_components.maestra.core.websocket.gateway import WebSocketGateway
from tests.kits.websocket import RawClient, WebSocketKit


class Stage:
    """A domain behind a gateway, with clients that leave at the end."""

    def __init__(self) -> None:
        self.domain = Domain(Bus())
        self.settings = WebSocketSettings(host="127.0.0.1", port=0, access=Access())
        self.gateway: WebSocketGateway
        self._stack = AsyncExitStack()

    async def start(self, access: Access | None = None, **changes: Any) -> None:
        """Let the gateway listen, with other settings than the default where they are given."""
        settings = replace(
            self.settings, access=access or self.settings.access, **changes
        )
        self.gateway = WebSocketGateway(self.domain, EventEncoder(), settings)
        await self.gateway.start()
        self._stack.push_async_callback(self.gateway.stop)

    async def client(self, path: str = "/", **options: Any) -> WebSocketKit:
        """Connect a client; it has had its welcome."""
        client = await self.stranger(path, **options)
        await client.receives("welcome")
        return client

    async def stranger(self, path: str = "/", **options: Any) -> WebSocketKit:
        """Connect a client that may not be let in."""
        client = WebSocketKit(self.gateway.port, path, **options)
        return await self._stack.enter_async_context(client)

    async def raw(self) -> RawClient:
        """Connect a client that is rude."""
        return await self._stack.enter_async_context(RawClient(self.gateway.port))

    def lamp(self, **state: Any) -> None:
        """Have the lamp `lamp` of type `light` report a state; the first one creates it."""
        if self.domain.entities.get("lamp") is None:
            self.domain.entities.create(
                name="Lamp", entity_type="light", slug="lamp", with_defaults=False
            )
        self.domain.entities.update("lamp", state)

    async def stop(self) -> None:
        """Let everybody leave."""
        await self._stack.aclose()


@pytest.fixture
async def closed_stage() -> AsyncGenerator[Stage]:
    """A gateway that does not listen yet."""
    stage = Stage()
    yield stage
    await stage.stop()


@pytest.fixture
async def stage(closed_stage: Stage) -> Stage:
    """A gateway that listens with its default settings."""
    await closed_stage.start()
    return closed_stage
