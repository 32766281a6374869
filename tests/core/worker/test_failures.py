"""What is left when parts of a cluster die or stand still under load: nothing lost, nothing twice, each device's order kept.

With MAESTRA_WRITE_DOCS in the environment the table of docs/scale.md is written anew.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
import os
from pathlib import Path
import time
from typing import Final
from uuid import uuid4

import aiohttp
import pytest

from custom_components.maestra.core.store.settings import StoreSettings
from scripts.report import DOCS, Table, machine, provenance, publish
from tests.kits.database import Postgres, fetch
from tests.kits.nats_cluster import Devices, Ledger, NatsCluster
from tests.kits.process import PATIENCE
from tests.kits.worker import WorkerProcess, mapped

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("stream cluster")]

PARTITIONS: Final = 4
NAMES: Final = [f"board-{number:02}" for number in range(8)]
INTERVAL: Final = 0.05
"""Seconds that a device waits after it was told that a message was taken."""
BEFORE: Final = 2.0
AWAY: Final = 3.0
STANDING: Final = 6.0
"""Seconds that something stands still: longer than others wait before they take over."""
CHANGES: Final = 6
EVENTS: Final = "SELECT event_id, ts_server FROM events ORDER BY 2, 1"
METRICS: Final = """
SELECT hardware_id || '/' || metric_value::int, time FROM device_metrics JOIN devices ON devices.id::text = device_id::text
ORDER BY 2, metric_value
"""
COLUMNS: Final = (
    "fault",
    "published",
    "taken by the server",
    "in the stream",
    "rows",
    "distinct",
    "lost",
    "doubled",
    "told, not stored",
    "out of order",
    "all stored after s",
)


@dataclass
class Stack:
    """A cluster under load."""

    cluster: NatsCluster
    workers: list[WorkerProcess]
    server: Postgres
    database: StoreSettings
    folder: Path


async def nothing(_: Stack) -> None:
    await asyncio.sleep(AWAY)


async def worker_killed(stack: Stack) -> None:
    await stack.workers[1].kill()
    await asyncio.sleep(AWAY)
    await stack.workers[1].begin()


async def worker_still(stack: Stack) -> None:
    with stack.workers[0].standing_still():
        await asyncio.sleep(STANDING)


async def leader_killed(stack: Stack) -> None:
    leader = stack.cluster.servers[await stack.cluster.leader()]
    await leader.kill()
    await asyncio.sleep(AWAY)
    await leader.start()


async def leader_still(stack: Stack) -> None:
    leader = stack.cluster.servers[await stack.cluster.leader()]
    leader.freeze()
    await asyncio.sleep(STANDING)
    leader.thaw()


async def follower_killed(stack: Stack) -> None:
    leader = await stack.cluster.leader()
    follower = next(
        each for name, each in stack.cluster.servers.items() if name != leader
    )
    await follower.kill()
    await asyncio.sleep(AWAY)
    await follower.start()


async def quorum_lost(stack: Stack) -> None:
    leader = await stack.cluster.leader()
    two = [each for name, each in stack.cluster.servers.items() if name != leader]
    for each in two:
        await each.kill()
    await asyncio.sleep(AWAY)
    for each in two:
        await each.start()


async def database_killed(stack: Stack) -> None:
    stack.server.kill()
    await asyncio.sleep(AWAY)
    await asyncio.to_thread(stack.server.start)


async def database_and_worker_killed(stack: Stack) -> None:
    stack.server.kill()
    await asyncio.sleep(AWAY)
    await stack.workers[0].kill()
    await asyncio.to_thread(stack.server.start)
    await stack.workers[0].begin()


async def database_still(stack: Stack) -> None:
    stack.server.freeze()
    await asyncio.sleep(STANDING)
    stack.server.thaw()


async def leaders_change(stack: Stack) -> None:
    """As on servers that have too much to do to hear each other in time."""
    consumers = [f"maestra-{number}" for number in range(PARTITIONS)]
    for _ in range(CHANGES):
        await stack.cluster.step_down(*consumers)
        await asyncio.sleep(AWAY / CHANGES)


async def two_of_one_name(stack: Stack) -> None:
    """A copy of the first worker, such as a pod that its node does not answer for."""
    copy = worker(stack, 0, folder=stack.folder / "copy")
    await copy.begin()
    await asyncio.sleep(STANDING)
    await copy.kill()


FAULTS: Final[dict[str, Callable[[Stack], Awaitable[None]]]] = {
    "none": nothing,
    "worker: kill -9": worker_killed,
    "worker: stands still": worker_still,
    "leader: kill -9": leader_killed,
    "leader: stands still": leader_still,
    "follower: kill -9": follower_killed,
    "two of three servers: kill -9": quorum_lost,
    "database: kill -9": database_killed,
    "database and worker: kill -9": database_and_worker_killed,
    "database: stands still": database_still,
    "leaders change, again and again": leaders_change,
    "two workers of one name": two_of_one_name,
}

IN_ORDER: Final = {"none", "worker: kill -9", "follower: kill -9", "database: kill -9"}
"""Where no two workers can hold the same messages: else some may be stored as the one has taken them, and some as the other."""


def worker(stack: Stack, ordinal: int, folder: Path | None = None) -> WorkerProcess:
    return WorkerProcess(
        list(stack.cluster.servers.values()),
        stack.database,
        folder or stack.folder,
        f"worker-{ordinal}",
        {"reports": {}},
        partitions=PARTITIONS,
        ordinal=ordinal,
        workers=2,
    )


@asynccontextmanager
async def running(folder: Path, server: Postgres) -> AsyncGenerator[Stack]:
    database = server.settings(await server.create_database())
    async with (
        NatsCluster(folder, mapped(PARTITIONS)) as cluster,
        Devices(cluster, ["first"], INTERVAL) as first,
    ):
        # The stream is there from the first MQTT client on.
        await cluster.leader()
        await first.stop()
        stack = Stack(cluster, [], server, database, folder)
        stack.workers += [worker(stack, ordinal) for ordinal in range(2)]
        async with AsyncExitStack() as processes:
            for each in stack.workers:
                await processes.enter_async_context(each)
            for name in NAMES:
                await fetch(
                    database,
                    "INSERT INTO devices (id, name, device_type, hardware_id, metadata, status, created_at, updated_at) "
                    "VALUES ($1, $2, 'board', $2, '{}', 'online', $3, $3)",
                    str(uuid4()),
                    name,
                    datetime.now(UTC),
                )
            yield stack


async def stored(database: StoreSettings) -> list[list[tuple[str, int]]]:
    """Return what each table has, in the order in which it was taken."""
    tables = []
    for query in (EVENTS, METRICS):
        found = await fetch(database, query)
        said = [row[0].rpartition("/") for row in found]
        tables.append([(name, int(number)) for name, _, number in said])
    return tables


def out_of_order(rows: list[tuple[str, int]], ledger: Ledger) -> int:
    """Count the rows before which a later one of the same device stands; what no server took at once may come late."""
    last: dict[str, int] = {}
    count = 0
    for name, number in rows:
        if (name, number) in ledger.taken:
            count += number < last.get(name, -1)
            last[name] = max(number, last.get(name, -1))
    return count


@pytest.fixture(scope="module")
def bill() -> Generator[Table]:
    """The table, which is written when all is done."""
    table = Table("Two workers on three servers, QS events and metrics of 8 devices", COLUMNS)  # fmt: skip
    measured = machine()
    yield table
    if "MAESTRA_WRITE_DOCS" in os.environ:
        made_by = provenance(
            "MAESTRA_WRITE_DOCS=1 scripts/test tests/core/worker/test_failures.py",
            measured,
        )
        publish(DOCS / "scale.md", "failures", f"{table.as_markdown()}\n\n{made_by}")


@pytest.mark.parametrize("fault", FAULTS)
async def test_nothing_is_lost_and_nothing_is_twice(
    fault: str, server: Postgres, tmp_path: Path, bill: Table
) -> None:
    async with running(tmp_path, server) as stack:
        before = await stack.cluster.newest()
        async with Devices(stack.cluster, NAMES, INTERVAL) as devices:
            await asyncio.sleep(BEFORE)
            await FAULTS[fault](stack)
            over = time.monotonic()
            await asyncio.sleep(BEFORE)
            await devices.stop()
            ledger = devices.ledger
            async with asyncio.timeout(3 * PATIENCE):
                while True:
                    with suppress(OSError, TimeoutError):
                        tables = await stored(stack.database)
                        if ledger.taken <= {row for rows in tables for row in rows}:
                            break
                    await asyncio.sleep(0.2)
                recovered = time.monotonic() - over
                # What was given to two is settled.
                while await held(stack):
                    await asyncio.sleep(0.2)
            tables = await stored(stack.database)
            in_stream = await stack.cluster.newest() - before
        rows = Counter(row for table in tables for row in table)
        result = (
            len(ledger.taken - rows.keys()),
            rows.total() - len(rows),
            len(ledger.told - rows.keys()),
            sum(out_of_order(table, ledger) for table in tables),
        )
        bill.add(
            fault, ledger.published, len(ledger.taken), in_stream, rows.total(),
            len(rows), *result, recovered,
        )  # fmt: skip
        assert str(bill)
        # What a server has twice is two messages to all that read it.
        assert len(ledger.taken) <= in_stream <= ledger.published
        assert result[:3] == (0, 0, 0)
        assert result[3] == 0 or fault not in IN_ORDER
        assert len(ledger.taken) > 100
        assert ledger.told


async def held(stack: Stack) -> float:
    """Return how many messages wait at the workers, or for them."""
    waiting = 0.0
    for each in stack.workers:
        with suppress(aiohttp.ClientError):
            figures = await each.metrics()
            waiting += figures["maestra_worker_held_messages"]
    return waiting
