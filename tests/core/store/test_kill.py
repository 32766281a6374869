"""A process that is killed at any moment: nothing acknowledged is missing, nothing is double."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from custom_components.maestra.core.store.connection import connect, detect
from custom_components.maestra.core.store.schema.migrate import migrate
from custom_components.maestra.core.store.settings import StoreSettings
from scripts.catalogue import STORE_CATALOGUE
from tests.kits.broker import Broker, Peer
from tests.kits.database import Postgres
from tests.kits.headless import HARDWARE_ID
from tests.kits.killed import Headless
from tests.kits.process import PATIENCE
from tests.kits.store import all_of, counted

TOPIC = f"maestra/device/metrics/{HARDWARE_ID}"


class Board:
    """A device that counts, at QoS 1."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self.sent = 0

    async def send(self, count: int) -> None:
        """Publish the next numbers; the broker has them when this returns."""
        for _ in range(count):
            self.sent += 1
            await self._peer.publish(
                TOPIC, {"metric_name": "count", "metric_value": self.sent}
            )


@pytest.fixture
async def settings(server: Postgres) -> StoreSettings:
    """A database on it, with the tables."""
    settings = server.settings(await server.create_database())
    connection = await connect(settings)
    await migrate(connection, STORE_CATALOGUE, (await detect(connection)).tier)
    await connection.close()
    return settings


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    """A broker that keeps what it could not deliver."""
    async with Broker(tmp_path / "broker") as broker:
        yield broker


async def arrived(settings: StoreSettings, sent: int) -> None:
    """Wait until there are as many different numbers as were sent, then see that none is there twice."""
    async with asyncio.timeout(PATIENCE):
        while (await counted(settings))[1] < sent:
            await asyncio.sleep(0.1)
    assert await counted(settings) == all_of(sent)


async def test_killed_again_and_again(
    broker: Broker, settings: StoreSettings, tmp_path: Path
) -> None:
    """Messages that came while it was dead, or were in its hands, are stored once."""
    process = Headless(broker, tmp_path / "spool", settings)
    async with process, broker.peer(filters=()) as peer:
        board = Board(peer)
        await broker.logged("Received SUBSCRIBE from headless")
        for burst in (50, 333, 1_000, 200):
            await board.send(burst)
            await process.kill()
            await board.send(100)
            await process.start()
        await board.send(10)
        await arrived(settings, board.sent)


async def test_killed_while_the_database_is_away(
    broker: Broker, server: Postgres, settings: StoreSettings, tmp_path: Path
) -> None:
    """What was acknowledged to the broker is in the spool, and comes to the database later, once."""
    process = Headless(broker, tmp_path / "spool", settings)
    async with process, broker.peer(filters=()) as peer:
        board = Board(peer)
        await broker.logged("Received SUBSCRIBE from headless")
        await board.send(300)
        await arrived(settings, 300)
        server.stop()
        for burst in (400, 400, 50):
            await board.send(burst)
            await process.kill()
            await process.start()
        await board.send(10)
        server.start()
        await arrived(settings, board.sent)


async def test_killed_between_storing_and_acknowledging(
    broker: Broker, settings: StoreSettings, tmp_path: Path
) -> None:
    """What the broker sends again because nobody said that it is stored is not stored again."""
    process = Headless(broker, tmp_path / "spool", settings)
    async with process, broker.peer(filters=()) as peer:
        board = Board(peer)
        await broker.logged("Received SUBSCRIBE from headless")
        await process.kill()
        for _ in range(3):
            await board.send(100)
            await process.start(dies=True)
            await process.ended()
        await process.start()
        await arrived(settings, board.sent)


async def test_killed_between_spooling_and_acknowledging(
    broker: Broker, server: Postgres, settings: StoreSettings, tmp_path: Path
) -> None:
    """The same with rows that were stored in the database, in the spool, or in neither."""
    process = Headless(broker, tmp_path / "spool", settings)
    async with process, broker.peer(filters=()) as peer:
        board = Board(peer)
        await broker.logged("Received SUBSCRIBE from headless")
        await process.kill()
        await board.send(100)
        await process.start(dies=True)
        await process.ended()
        server.stop()
        for _ in range(2):
            await board.send(100)
            await process.start(dies=True)
            await process.ended()
        await process.start()
        await board.send(10)
        server.start()
        await arrived(settings, board.sent)
