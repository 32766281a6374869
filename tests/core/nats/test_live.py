"""The latest values of a cluster: who reads slowly misses what was overwritten, has each as it is in the end, and queues nothing."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from custom_components.maestra.core.nats import live
from custom_components.maestra.core.nats.live import (
    LiveReader,
    LiveWriter,
    live_subject,
)
from tests.kits.nats import NatsBroker, NatsPeer
from tests.kits.process import PATIENCE

from .conftest import Watched, settings_of


class Shown:
    """What a reader was given: the newest of each, and how many there were."""

    def __init__(self) -> None:
        self.latest: dict[str, int] = {}
        self.count: Counter[str] = Counter()

    def take(self, dialect: str, payload: bytes) -> None:
        name, _, value = payload.decode().partition(" ")
        self.latest[name] = int(value)
        self.count[dialect] += 1

    async def is_(self, wanted: dict[str, int]) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.latest != wanted:
                await asyncio.sleep(0.02)


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncGenerator[NatsBroker]:
    async with NatsBroker(tmp_path / "nats") as server:
        yield server


@asynccontextmanager
async def reading(cluster: NatsBroker) -> AsyncGenerator[tuple[Shown, LiveReader]]:
    watched, shown = Watched(settings_of(cluster)), Shown()
    reader = LiveReader(watched.connection, shown.take)
    async with watched.running():
        task = asyncio.create_task(reader.run())
        try:
            yield shown, reader
        finally:
            task.cancel()
            await asyncio.wait([task])


@asynccontextmanager
async def telling(cluster: NatsBroker) -> AsyncGenerator[LiveWriter]:
    watched = Watched(settings_of(cluster))
    async with watched.running():
        await watched.is_told(True)
        yield LiveWriter(watched.connection)


async def tell(writer: LiveWriter, numbers: range, value: int) -> None:
    for number in numbers:
        while not writer.tell("qs", ("a.b", str(number)), f"{number} {value}".encode()):
            await asyncio.sleep(0.01)


async def test_who_is_slow_gets_what_is_true_in_the_end(
    cluster: NatsBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred times as many are told as are read, and nobody has to wait for the reader."""
    monkeypatch.setattr(live, "BATCH", 20)
    async with (
        reading(cluster) as (shown, _),
        telling(cluster) as writer,
        cluster.peer() as nats,
    ):
        await exists(nats)
        await tell(writer, range(50), 0)
        await shown.is_({str(number): 0 for number in range(50)})
        for value in range(1, 201):
            await tell(writer, range(50), value)
            await asyncio.sleep(0)
        await shown.is_({str(number): 200 for number in range(50)})
        assert writer.told == 201 * 50
        assert shown.count["qs"] < 2_000


async def test_what_is_known_comes_at_once_and_only_what_changes_after_a_loss(
    cluster: NatsBroker,
) -> None:
    async with telling(cluster) as writer:
        async with reading(cluster), cluster.peer() as nats:
            await exists(nats)
        await tell(writer, range(20), 1)
        async with reading(cluster) as (shown, reader):
            await shown.is_({str(number): 1 for number in range(20)})
            await cluster.kill()
            await cluster.start()
            async with asyncio.timeout(PATIENCE):
                while not writer.tell("qs", ("a.b", "0"), b"0 2"):
                    await asyncio.sleep(0.05)
            await shown.is_({str(n): 2 if n == 0 else 1 for n in range(20)})
            assert shown.count["qs"] == 21
            assert reader.counters["messages_in"] == 21


async def test_a_stream_that_is_made_anew_is_read_anew(cluster: NatsBroker) -> None:
    async with telling(cluster) as writer, reading(cluster) as (shown, _):
        async with cluster.peer() as nats:
            await exists(nats)
            await tell(writer, range(5), 1)
            await shown.is_({str(number): 1 for number in range(5)})
            await nats.client.jetstream().delete_stream(live.STREAM)
            await exists(nats)
        await tell(writer, range(5), 2)
        await shown.is_({str(number): 2 for number in range(5)})


async def exists(nats: NatsPeer) -> None:
    """Wait until a reader has made the stream."""
    async with asyncio.timeout(PATIENCE):
        while (await nats.request(f"$JS.API.STREAM.INFO.{live.STREAM}")).get("error"):
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("name", ["", "a b", "a.b.*", ">", "\N{SNOWMAN}", "\n"])
def test_any_name_is_one_token(name: str) -> None:
    assert live_subject("qs", name, "t").count(".") == 3
