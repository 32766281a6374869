"""A server, a hub's end of it, and another client."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.errors import MaestraError
from custom_components.maestra.core.domain.events import Relayed
from custom_components.maestra.core.domain.source import Source
from custom_components.maestra.core.nats.client import NatsSettings
from custom_components.maestra.core.nats.connection import NatsConnection
from custom_components.maestra.core.nats.gateway import NatsGateway
from custom_components.maestra.core.transport.event_encoder import EventEncoder
from custom_components.maestra.core.transport.reconnect import Backoff
from tests.kits.nats import NatsBroker, NatsPeer, NatsServer
from tests.kits.process import PATIENCE

QUICK = Backoff(timedelta(milliseconds=10), timedelta(milliseconds=50))


class Watched:
    """A connection whose coming and going can be waited for."""

    def __init__(self, settings: NatsSettings) -> None:
        self.connection = NatsConnection(settings, backoff=QUICK)
        self.told: list[tuple[bool, MaestraError | None]] = []
        self._news = asyncio.Event()
        self.connection.on_connection(self._hear)

    async def is_told(self, connected: bool) -> MaestraError | None:
        """Wait until it is said to be up or down, and return why; what was said before is forgotten."""
        async with asyncio.timeout(PATIENCE):
            while True:
                while self.told:
                    was_connected, reason = self.told.pop(0)
                    if was_connected is connected:
                        return reason
                self._news.clear()
                await self._news.wait()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Keep the connection meanwhile."""
        task = asyncio.create_task(self.connection.run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _hear(self, connected: bool, reason: MaestraError | None) -> None:
        self.told.append((connected, reason))
        self._news.set()


class Hub:
    """A domain behind the gateway, and a listener that stands for the other gateways."""

    def __init__(self, settings: NatsSettings) -> None:
        self.domain = Domain(Bus())
        self.watched = Watched(settings)
        self.connection = self.watched.connection
        self.gateway = NatsGateway("hub", self.connection, self.domain, EventEncoder())
        self.relayed: asyncio.Queue[Relayed] = asyncio.Queue()
        self.domain.bus.subscribe(Relayed, self.relayed.put_nowait)

    async def hears(self) -> Relayed:
        """Wait for what is said inside, in order."""
        async with asyncio.timeout(PATIENCE):
            return await self.relayed.get()

    def say(self, subject: str, data: Any, raw: bytes | None = None) -> None:
        """Say something on the bus, as another gateway does."""
        self.domain.bus.publish(Relayed(subject, data, Source("osc", "osc"), raw))

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Be connected meanwhile."""
        stop = self.gateway.start()
        async with self.watched.running():
            await self.watched.is_told(True)
            yield
            stop()


def settings_of(server: NatsServer, **account: Any) -> NatsSettings:
    port = server.nats_port if isinstance(server, NatsBroker) else server.port
    return NatsSettings(host=server.host, port=port, **account)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncGenerator[NatsServer]:
    """A server that takes everybody."""
    async with NatsServer(tmp_path) as running:
        yield running


@pytest.fixture
async def hub(server: NatsServer) -> AsyncGenerator[Hub]:
    """A connected hub."""
    made = Hub(settings_of(server))
    async with made.running():
        yield made


@pytest.fixture
async def peer(server: NatsServer) -> AsyncGenerator[NatsPeer]:
    """Another client, which hears everything of Maestra."""
    async with server.peer() as connected:
        yield connected
