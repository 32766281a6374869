"""A process that is killed at any moment: every event is stored once, and its device is told at least once."""

import asyncio
from pathlib import Path

import pytest

from custom_components.maestra.core.store.connection import connect, detect
from custom_components.maestra.core.store.schema.migrate import migrate
from custom_components.maestra.core.store.settings import StoreSettings
from scripts.catalogue import STORE_CATALOGUE
from tests.kits.broker import Broker, Peer
from tests.kits.database import Postgres, fetch
from tests.kits.killed import Headless
from tests.kits.qs import event

PATIENCE = 40.0
STORED = "SELECT event_id, count(*) FROM events GROUP BY 1 ORDER BY 1"


class Node:
    """A device that numbers its events, and never sends one again by itself."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self.sent: list[str] = []

    async def send(self, count: int, *, batch: int = 1) -> None:
        """Publish so many messages; the broker has them when this returns."""
        for _ in range(count):
            names = [f"e{len(self.sent) + place:05}" for place in range(batch)]
            self.sent += names
            await self._peer.publish(
                "qs/v1/esp32-01/events", [event(name) for name in names]
            )

    async def is_content(self, settings: StoreSettings) -> None:
        """Wait until all was acknowledged, then see that each event is stored once."""
        missing = set(self.sent)
        async with asyncio.timeout(PATIENCE):
            while missing:
                missing.discard(
                    (await self._peer.receives(timeout=PATIENCE)).json["event_id"]
                )
            while (rows := await stored(settings)).keys() < set(self.sent):
                await asyncio.sleep(0.1)
        assert rows == dict.fromkeys(self.sent, 1)


async def stored(settings: StoreSettings) -> dict[str, int]:
    return {row[0]: row[1] for row in await fetch(settings, STORED)}


@pytest.fixture
async def settings(server: Postgres) -> StoreSettings:
    """A database on it, with the tables."""
    settings = server.settings(await server.create_database())
    connection = await connect(settings)
    await migrate(connection, STORE_CATALOGUE, (await detect(connection)).tier)
    await connection.close()
    return settings


@pytest.mark.parametrize("batch", [1, 10])
async def test_killed_again_and_again(
    broker: Broker, settings: StoreSettings, tmp_path: Path, batch: int
) -> None:
    """Events that came while it was dead, or were in its hands."""
    process = Headless(broker, tmp_path / "spool", settings)
    async with process, broker.peer(filters=["qs/v1/+/acks"]) as peer:
        node = Node(peer)
        await broker.logged("Received SUBSCRIBE from headless")
        for burst in (50, 333, 600):
            await node.send(burst, batch=batch)
            await process.kill()
            await node.send(100, batch=batch)
            await process.start()
        await node.send(10)
        await node.is_content(settings)


async def test_killed_between_storing_and_acknowledging(
    broker: Broker, settings: StoreSettings, tmp_path: Path
) -> None:
    """What the broker sends again is not stored again, and its device is told."""
    process = Headless(broker, tmp_path / "spool", settings)
    async with process, broker.peer(filters=["qs/v1/+/acks"]) as peer:
        node = Node(peer)
        await broker.logged("Received SUBSCRIBE from headless")
        await process.kill()
        for batch in (1, 5, 1):
            await node.send(100, batch=batch)
            await process.start(dies=True)
            await process.ended()
        await process.start()
        await node.is_content(settings)


async def test_killed_while_the_database_is_away(
    broker: Broker, server: Postgres, settings: StoreSettings, tmp_path: Path
) -> None:
    """What was acknowledged from the disk comes to the database later, once."""
    process = Headless(broker, tmp_path / "spool", settings)
    async with process, broker.peer(filters=["qs/v1/+/acks"]) as peer:
        node = Node(peer)
        await broker.logged("Received SUBSCRIBE from headless")
        await node.send(100)
        server.stop()
        for burst in (300, 300):
            await node.send(burst)
            await process.kill()
            await process.start()
        await node.send(10)
        server.start()
        await node.is_content(settings)
