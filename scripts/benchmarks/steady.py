"""Rows at an even rate, with or without a store to take them. Run as a process of its own.

Prints `ready` when it begins, and a line of JSON when everything is in the database.
"""

import argparse
import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
import json
import os
from pathlib import Path
import time
from typing import Final

import asyncpg

from custom_components.maestra.core.f2.rows import DECODED_DATA
from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.core.store.store import Store
from custom_components.maestra.core.store.tables import Row, Table
from scripts.catalogue import STORE_CATALOGUE

from .basics import LOOPBACK
from .database import recording
from .probe.stalls import Stalls
from .rows import DEVICE

TICK: Final = 0.005  # seconds
MOST_AT_ONCE: Final = 500
"""Rows in one turn of the event loop: after a stall the load must not make the next one."""
SERIES: Final = 100
WATCHED: Final = 0
"""The series whose rows are looked for."""
LOOK: Final = 0.01  # seconds
PAGE: Final = os.sysconf("SC_PAGE_SIZE")
NEWER: Final = """
SELECT timestamp FROM decoded_data WHERE device_id = $1 AND datapoint_id = $2 AND timestamp > $3 ORDER BY timestamp
"""


async def watch_commits(connection: asyncpg.Connection, delays: list[float]) -> None:
    """Add how old each row of one series is when it can be seen, in seconds, until cancelled."""
    seen = datetime.now(UTC)
    while True:
        if await connection.fetchval("SELECT to_regclass('decoded_data') IS NOT NULL"):
            break
        await asyncio.sleep(LOOK)
    newer = await connection.prepare(NEWER)
    while True:
        found = await newer.fetch(DEVICE, WATCHED, seen)
        now = datetime.now(UTC)
        delays.extend((now - row[0]).total_seconds() for row in found)
        if found:
            seen = found[-1][0]
        await asyncio.sleep(LOOK)


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * PAGE


async def produce(
    record: Callable[[Table, Row], None], rate: float, seconds: float
) -> tuple[int, list[int]]:
    """Record rows evenly; returns their number, and the resident memory in bytes at each second."""
    memory: list[int] = []
    number, total, begin = 0, int(rate * seconds), time.monotonic()
    while number < total:
        elapsed = time.monotonic() - begin
        due = min(total, int(elapsed * rate), number + MOST_AT_ONCE)
        for turn in range(number, due):
            record(
                DECODED_DATA,
                (datetime.now(UTC), DEVICE, turn % SERIES, turn / 7),
            )
        number = due
        if elapsed >= len(memory):
            memory.append(_resident())
        await asyncio.sleep(TICK)
    memory.append(_resident())
    return total, memory


async def main(options: argparse.Namespace) -> None:
    """Measure."""
    settings = StoreSettings(
        host=LOOPBACK,
        port=options.port,
        database=options.database,
        user=options.user,
    )
    store = (
        Store(settings, options.spool, catalogue=STORE_CATALOGUE, writer="steady")
        if options.with_store
        else None
    )
    async with recording(store) if store else nullcontext():
        print("ready", flush=True)
        stalls = Stalls()
        stalls.start()
        begin = time.monotonic()
        rows, memory = await produce(
            store.record if store else lambda table, row: None,
            options.rate,
            options.seconds,
        )
        seconds = time.monotonic() - begin
        seen = stalls.stop()
        if store:
            await store.flush()
    print(
        json.dumps({"rows": rows, "seconds": seconds, "resident": memory, **seen}),
        flush=True,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--user", required=True)
    parser.add_argument("--spool", type=Path, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--with-store", action="store_true")
    asyncio.run(main(parser.parse_args()))
