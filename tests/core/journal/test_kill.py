"""A process that is killed at any moment: what it has acknowledged to the broker is in the live state after a restart."""

import asyncio
from collections import Counter
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from custom_components.maestra.core.store.connection import connect
from custom_components.maestra.core.store.settings import StoreSettings
from tests.kits.broker import Broker, Peer
from tests.kits.headless import CLIENT_ID
from tests.kits.journal import found
from tests.kits.killed import Headless
from tests.kits.process import PATIENCE

TOPIC = "maestra/entity/state/update/"
ROWS = "SELECT count(*), count(DISTINCT (entity_id, state)) FROM entity_states"


class Desks:
    """Clients that count, each in an entity of its own."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self.sent: Counter[str] = Counter()

    async def send(self, slugs: list[str]) -> None:
        """Publish the next number of each at QoS 1; the broker has them when this returns."""
        for slug in slugs:
            self.sent[slug] += 1
            await self._peer.publish(f"{TOPIC}{slug}", {"n": self.sent[slug]})


def known_and_new(run: int) -> list[str]:
    """Entities that were there before, and some that were not."""
    return [
        slug
        for number in range(60)
        for slug in (f"known-{number % 10}", f"new-{run}-{number}", "busy")
    ]


async def numbers(folder: Path) -> dict[str, int]:
    """What a restart would find."""
    domain = await found(folder)
    return {entity.slug: entity.state.get("n", 0) for entity in domain.entities}  # type: ignore[misc]


async def ids(folder: Path) -> dict[str, str]:
    """The ids that a restart would find."""
    return {entity.slug: entity.id for entity in (await found(folder)).entities}


async def arrived(folder: Path, sent: Counter[str]) -> None:
    """Wait until the disk has all that was sent."""
    async with asyncio.timeout(PATIENCE):
        while await numbers(folder) != sent:
            await asyncio.sleep(0.1)


async def stored(settings: StoreSettings, sent: Counter[str]) -> None:
    """Wait until so many different states are stored, then see that none is there twice."""
    connection = await connect(settings)
    found: tuple[int, ...] = (0, 0)
    try:
        async with asyncio.timeout(PATIENCE):
            while found[1] < sent.total():
                await asyncio.sleep(0.1)
                # The tables come with the first run that lives long enough.
                with suppress(asyncpg.UndefinedTableError):
                    found = tuple((await connection.fetch(ROWS))[0])
    finally:
        await connection.close()
    assert found == (sent.total(), sent.total())


@pytest.fixture(params=[None, "database"], ids=["without a store", "with a store"])
def settings(request: pytest.FixtureRequest) -> StoreSettings | None:
    """The database, if there is one."""
    if request.param is None:
        return None
    settings: StoreSettings = request.getfixturevalue(request.param)
    return settings


async def test_all_that_was_acknowledged_is_there(
    broker: Broker, settings: StoreSettings | None, tmp_path: Path
) -> None:
    """Known entities with their newest values, new ones with the ids that they keep for ever."""
    folder = tmp_path / "kept"
    process = Headless(broker, folder, settings, keeps=True)
    seen: dict[str, str] = {}
    async with process, broker.peer(filters=()) as peer:
        desks = Desks(peer)
        await broker.logged(f"Received SUBSCRIBE from {CLIENT_ID}")
        for run, enough in enumerate((10, 70, 1, 150)):
            before = broker.acknowledged(CLIENT_ID).total()
            sending = asyncio.create_task(desks.send(known_and_new(run)))
            async with asyncio.timeout(PATIENCE):
                while broker.acknowledged(CLIENT_ID).total() < before + enough:
                    await asyncio.sleep(0.005)
            await process.kill()
            await sending
            await broker.has_lost(CLIENT_ID, run + 1)

            acknowledged = broker.acknowledged(CLIENT_ID)
            there = await numbers(folder)
            late = {
                topic: count
                for topic, count in acknowledged.items()
                if there.get(topic.removeprefix(TOPIC), 0) < count
            }
            assert late == {}
            now = await ids(folder)
            assert seen.items() <= now.items()
            seen = now
            await process.start()
        await arrived(folder, desks.sent)
        assert seen.items() <= (await ids(folder)).items()
        if settings is not None:
            await stored(settings, desks.sent)


@pytest.mark.parametrize("settings", ["database"], indirect=True)
async def test_killed_between_store_and_journal(
    broker: Broker, settings: StoreSettings, tmp_path: Path
) -> None:
    """Rows are durable first: what comes again changes the state, and leaves no second row."""
    folder = tmp_path / "kept"
    process = Headless(broker, folder, settings, keeps=True)
    async with process, broker.peer(filters=()) as peer:
        desks = Desks(peer)
        await broker.logged(f"Received SUBSCRIBE from {CLIENT_ID}")
        await process.kill()
        for run in range(3):
            await desks.send(known_and_new(run))
            await process.start(dies=True)
            await process.ended()
        await process.start()
        await arrived(folder, desks.sent)
        await stored(settings, desks.sent)


async def test_killed_between_writing_and_acknowledging(
    broker: Broker, tmp_path: Path
) -> None:
    """What comes again because nobody said that it is written does not undo what others did since."""
    folder = tmp_path / "kept"
    process = Headless(broker, folder, keeps=True)
    async with process, broker.peer(filters=()) as peer:
        desks = Desks(peer)
        await broker.logged(f"Received SUBSCRIBE from {CLIENT_ID}")
        await process.kill()
        for run in range(3):
            await desks.send(known_and_new(run))
            await process.start(dies=True)
            await process.ended()
        before = await ids(folder)
        await process.start()
        await arrived(folder, desks.sent)
        assert before.items() <= (await ids(folder)).items()
