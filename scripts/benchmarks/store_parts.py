"""The figures of the store."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
import gc
import json
from pathlib import Path
from statistics import median
import sys
import time
from typing import Any, Final

from custom_components.maestra.core.f2.rows import DECODED_DATA
from custom_components.maestra.core.store.ha_rows import HA_STATES
from custom_components.maestra.core.store.settings import WriteLimits
from custom_components.maestra.core.store.store import Store
from custom_components.maestra.core.store.tables import Row, Table as StoreTable
from scripts.catalogue import STORE_CATALOGUE
from scripts.devenv.paths import ROOT
from scripts.report import Table

from .basics import Failed
from .database import DATABASE, Server, postgresql, recording
from .effort import Effort
from .orm import prepare, write
from .rows import ha_states, readings, states
from .steady import watch_commits
from .store_charts import charts

LIMITS: Final = WriteLimits()
ENOUGH_WAITING: Final = LIMITS.queue_rows // 4
"""Rows in memory; with more than twice that the store turns to its disk."""
WAIT: Final = 0.005  # seconds
RATE: Final = 10_000  # rows a second
MS: Final = 1_000
US: Final = 1_000_000


async def record(store: Store, table: StoreTable, rows: Iterable[Row]) -> None:
    """Hand rows to a store as fast as it takes them without its disk; returns when all are in the database."""
    for number, row in enumerate(rows):
        if number % LIMITS.batch_rows == 0:
            # As whoever has rows does: others get their turn of the loop.
            await asyncio.sleep(0)
            while store.queue_depth > ENOUGH_WAITING:
                await asyncio.sleep(WAIT)
        store.record(table, row)
    await store.flush()


async def count(server: Server, table: str) -> int:
    """Return how many rows a table has."""
    async with server.connected(DATABASE) as connection:
        return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608


async def empty(server: Server, table: str) -> None:
    """Let every round begin alike."""
    async with server.connected(DATABASE) as connection:
        await connection.execute(f"TRUNCATE {table}")
        await connection.execute("CHECKPOINT")
    gc.collect()


async def _writing(folder: Path, effort: Effort, server: Server) -> Table:
    settings = await server.create(DATABASE)
    rows = readings(effort.rows)
    # In life rows come one by one and are gone soon: so many at once are not for the collector to walk through.
    gc.freeze()
    file = folder / "rows"
    name = DECODED_DATA.name
    store = Store(settings, folder / "spool", catalogue=STORE_CATALOGUE, writer="bench")

    async def ours() -> float:
        begin = time.monotonic()
        await record(store, DECODED_DATA, rows)
        return time.monotonic() - begin

    async def driver() -> float:
        async with server.connected(DATABASE) as connection:
            begin = time.monotonic()
            for at in range(0, len(rows), LIMITS.most_batch_rows):
                await connection.copy_records_to_table(
                    name, records=rows[at : at + LIMITS.most_batch_rows]
                )
            return time.monotonic() - begin

    async def psql() -> float:
        return await server.psql(
            DATABASE, f"\\copy {name} from '{file}' (format binary)"
        )

    contenders: dict[str, Callable[[], Any]] = {
        "psql, binary \\copy of one file": psql,
        f"our store, batches of up to {LIMITS.most_batch_rows}": ours,
        "asyncpg alone, a COPY for each batch": driver,
    }
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    async with recording(store):
        await record(store, DECODED_DATA, rows)
        # Without the question the rows of a hypertable are not found.
        await server.psql(
            DATABASE,
            f"\\copy (select * from {name}) to '{file}' (format binary)",  # noqa: S608
        )
        for number in range(effort.rounds + 1):
            for contender, run in contenders.items():
                await empty(server, name)
                took = await run()
                if (found := await count(server, name)) != len(rows):
                    raise Failed(f"{contender}: {found} of {len(rows)} rows")
                # The first round warms caches.
                if number:
                    seconds[contender].append(took)
        if store.counters["rows_repeated"] or store.counters["rows_spooled"]:
            raise Failed("the store dropped rows, or went to its disk")
    table = Table(
        f"(e) {effort.rows} rows into the same table, {effort.rounds} alternating rounds (aim: ratio 0.70)",
        ("", "rows/s", "ratio"),
        ("ratio: median of the rounds' ratios to psql.",),
    )
    base = next(iter(seconds.values()))
    for contender, took_each in seconds.items():
        ratios = [fast / slow for fast, slow in zip(base, took_each, strict=True)]
        table.add(contender, len(rows) / median(took_each), median(ratios))
    return table


async def _costs(folder: Path, effort: Effort, server: Server) -> Table:
    settings = await server.create(DATABASE)
    many, few = states(effort.rows), states(effort.slow_rows)
    numbers = readings(effort.rows)
    gc.freeze()
    store = Store(settings, folder / "spool", catalogue=STORE_CATALOGUE, writer="bench")
    costs: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    async with recording(store):
        engine = await asyncio.to_thread(prepare, server.url(DATABASE))

        async def orm() -> None:
            write(engine, few)

        contenders: dict[str, tuple[int, str, Callable[[], Any]]] = {
            "ORM, a transaction for each state (LTSS)": (len(few), "orm_states", orm),
            "our store, the same states": (
                len(many),
                HA_STATES.name,
                lambda: record(store, HA_STATES, ha_states(many)),
            ),
            "our store, readings (numbers only)": (
                len(numbers),
                DECODED_DATA.name,
                lambda: record(store, DECODED_DATA, numbers),
            ),
        }
        for number in range(effort.rounds + 1):
            for contender, (size, name, run) in contenders.items():
                await empty(server, name)
                client, its = time.process_time(), server.cpu()
                await run()
                cost = (
                    (time.process_time() - client) / size * US,
                    (server.cpu() - its) / size * US,
                )
                if (found := await count(server, name)) != size:
                    raise Failed(f"{contender}: {found} of {size} rows")
                if number:
                    costs[contender].append(cost)
        engine.dispose()
    table = Table(
        f"(f) CPU for each row, medians of {effort.rounds} alternating rounds (aim: 100 times less)",
        ("", "client us", "server us", "both us", "times less"),
        (
            "server: all its processes, the kernel's part included; each into tables of its own.",
        ),
    )
    base = median(map(sum, next(iter(costs.values()))))
    for contender, each in costs.items():
        both = median(map(sum, each))
        table.add(
            contender,
            median(client for client, _ in each),
            median(its for _, its in each),
            both,
            base / both,
        )
    return table


async def _even_load(folder: Path, effort: Effort, server: Server) -> Table:
    settings = await server.create(DATABASE)
    table = Table(
        f"(h) {RATE} rows/s for {effort.steady:g} s, in a process of its own (aims: p99 below 1 s, memory flat, "
        "no stall longer than without the store)",
        ("", "rows/s", "p50 ms", "p99 ms", "max ms", "MB at 25 %", "MB at 50 %", "MB at end", "stall ms", "GC ms"),
        (
            "p50, p99, max: from the call of record() until another connection sees the row, looking every 10 ms.",
            "MB: resident. stall: the longest time that the event loop was away; GC: the longest garbage collection.",
        ),
    )  # fmt: skip
    for name, with_store in (("without the store", False), ("with the store", True)):
        words = [sys.executable, "-m", "scripts.benchmarks.steady"]
        words += ["--port", str(server.port), "--database", settings.database]
        words += ["--user", settings.user, "--rate", str(RATE)]
        words += ["--seconds", str(effort.steady), "--spool", str(folder / "spool")]
        words += ["--with-store"] if with_store else []
        process = await asyncio.create_subprocess_exec(
            *words, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout
        if await process.stdout.readline() != b"ready\n":
            raise Failed("the process with the store did not start")
        delays: list[float] = []
        async with server.connected(DATABASE) as connection:
            watcher = asyncio.create_task(watch_commits(connection, delays))
            said, _ = await process.communicate()
            # What was committed last is seen too.
            await asyncio.sleep(1)
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)
        if process.returncode:
            raise Failed(f"(h): exit code {process.returncode}")
        seen = json.loads(said)
        if (
            with_store
            and (found := await count(server, DECODED_DATA.name)) != seen["rows"]
        ):
            raise Failed(f"{found} of {seen['rows']} rows are in the database")
        delays.sort()
        part = len(seen["resident"]) // 4
        table.add(
            name,
            seen["rows"] / seen["seconds"],
            *(
                (
                    delays[int(len(delays) * share)] * MS
                    for share in (0.5, 0.99, 0.99999)
                )
                if delays
                else (None, None, None)
            ),
            *(seen["resident"][at] / 1e6 for at in (part, 2 * part, -1)),
            seen["stall"] * MS,
            seen["collection"] * MS,
        )
    return table


def _with_server(
    measure: Callable[[Path, Effort, Server], Any],
) -> Callable[[Path, Effort], Table]:
    def part(folder: Path, effort: Effort) -> Table:
        with postgresql() as server:
            table: Table = asyncio.run(measure(folder, effort, server))
            gc.unfreeze()
            return table

    return part


PARTS: Final[dict[str, Callable[[Path, Effort], Table]]] = {
    "e": _with_server(_writing),
    "f": _with_server(_costs),
    "g": _with_server(charts),
    "h": _with_server(_even_load),
}
