"""A process that is killed at any moment: every event is stored once, and its device is told at least once."""

import asyncio
from pathlib import Path

import pytest

from custom_components.maestra.core.store.connection import connect, detect
from custom_components.maestra.core.store.schema.migrate import migrate
from custom_components.maestra.core.store.settings import StoreSettings
from scripts.catalogue import STORE_CATALOGUE
from tests.kits.broker import Broker, Peer, Received
from tests.kits.database import Postgres, fetch
from tests.kits.journal import all_found
from tests.kits.killed import Headless
from tests.kits.process import PATIENCE
from tests.kits.qs import event

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


@pytest.mark.parametrize("database", ["none", "there", "hung"])
@pytest.mark.parametrize("qos", [0, 1])
async def test_what_a_device_was_told_is_stored_is_known(
    broker: Broker,
    server: Postgres,
    settings: StoreSettings,
    tmp_path: Path,
    database: str,
    qos: int,
) -> None:
    """Devices that say nothing more have the value that was acknowledged, whatever is lost and never comes again."""
    process = Headless(
        broker, tmp_path, None if database == "none" else settings, keeps=True
    )
    told: dict[str, int] = {}
    async with process, broker.peer(filters=["qs/v1/+/acks"]) as peer:
        for run in range(3):
            await is_up(peer)
            if database == "hung":
                server.freeze()
            sending = asyncio.create_task(count(peer, run * 100, qos))
            for _ in range(60):
                ack = await peer.receives(timeout=PATIENCE)
                note(told, ack)
            await process.kill()
            await sending
            await broker.has_lost("headless", 2 * run + 1)
            await peer.settled()
            for ack in peer.collect():
                note(told, ack)
            _, registry = await all_found(tmp_path)
            known = {
                node.device_id: node.latest["count", "number"].value
                for node in registry.nodes
                if node.device_id != "probe"
            }
            assert {name: known.get(name) for name in told} == {
                name: max(number, known.get(name, -1)) for name, number in told.items()
            }
            # The broker forgets what it has for us: nothing heals by being sent again.
            async with broker.peer(filters=(), identifier="headless", clean_start=True):
                pass
            server.thaw()
            await process.start()


async def is_up(peer: Peer) -> None:
    """Wait until the process takes events: what is sent before nobody keeps for it."""
    async with asyncio.timeout(PATIENCE):
        while not peer.collect("qs/v1/probe/acks"):
            await peer.publish("qs/v1/probe/events", event("probe", "probe"))
            await asyncio.sleep(0.1)


async def count(peer: Peer, begin: int, qos: int) -> None:
    """Let known and new devices count."""
    for number in range(begin, begin + 100):
        for name in ("known", f"new-{number // 10}"):
            told = event(f"{name}#{number}", name, event_type="count", value=number)
            await peer.publish(f"qs/v1/{name}/events", told, qos=qos)


def note(told: dict[str, int], ack: Received) -> None:
    name, _, number = ack.json["event_id"].rpartition("#")
    if name:
        told[name] = max(told.get(name, -1), int(number))


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
