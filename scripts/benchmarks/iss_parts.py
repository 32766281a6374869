"""The figures of the ISS: updates parsed, merged and stored, against a bare WebSocket reader."""

import asyncio
from collections.abc import Callable
import json
from pathlib import Path
import socket
from statistics import median
import subprocess
import sys
import time
from typing import Final

from scripts.devenv.paths import ROOT
from scripts.report import Table

from .basics import LOOPBACK, Failed, free_port
from .database import DATABASE, Server, postgresql
from .effort import Effort
from .runs import PATIENCE

MS: Final = 1_000
US: Final = 1e6
BURST: Final = 10_000  # updates a second
NAMES: Final = {
    "bare": "bare aiohttp WebSocket reader",
    "ours": "Maestra's ISS source, merged and stored",
}


def measured(
    kind: str, folder: Path, server: Server, count: int, rate: int
) -> dict[str, float]:
    """Run a feed and one reader; returns what that says."""
    port = free_port()
    feed = subprocess.Popen(
        [sys.executable, "-m", "scripts.benchmarks.iss_feed", str(port), str(count), str(rate)],
        cwd=ROOT,
    )  # fmt: skip
    try:
        _wait_for(port)
        words = [sys.executable, "-m", "scripts.benchmarks.iss_readers", kind]
        words += [str(port), str(server.port), str(folder), str(count)]
        done = subprocess.run(
            words, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
        )  # fmt: skip
    finally:
        feed.kill()
        feed.wait()
    if done.returncode:
        raise Failed(f"{kind}: {done.stderr}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _wait_for(port: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            socket.create_connection((LOOPBACK, port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise Failed("the feed does not start")


def throughput(folder: Path, effort: Effort) -> Table:
    """Figure n: updates a second, and how long one waits for the database."""
    table = Table(
        f"(n) ISS updates into the database, medians of {effort.rounds} alternating rounds "
        "(aims: 0.4 of the bare reader; p99 to the store below 200 ms at 10 000/s)",
        ("", "updates/s", "to bare", "CPU us/update", "p99 to store ms", "longest stall ms"),
        (
            "One update a frame, all 340 channels. Ours: until the last row is in the database.",
            f"The burst: {BURST} updates/s; the bare reader's stall is what the machine itself brings.",
        ),
    )  # fmt: skip
    burst = int(BURST * effort.burst)
    with postgresql() as server:
        asyncio.run(server.create(DATABASE))
        rates: dict[str, list[float]] = {kind: [] for kind in NAMES}
        figures: dict[str, dict[str, float]] = {}
        for _ in range(effort.rounds):
            for kind in NAMES:
                _empty(server)
                found = measured(kind, folder, server, effort.flood * 2, 0)
                rates[kind].append(effort.flood * 2 / found["seconds"])
                figures[kind] = found
        middle = {kind: median(found) for kind, found in rates.items()}
        for kind, name in NAMES.items():
            cpu = figures[kind]["cpu"] / (effort.flood * 2) * US
            table.add(
                name, middle[kind], middle[kind] / middle["bare"], cpu, None, None
            )
        for kind, name in NAMES.items():
            _empty(server)
            found = measured(kind, folder, server, burst, BURST)
            table.add(
                f"{name}, burst", burst / found["seconds"], None, found["cpu"] / burst * US,
                found["lag"] * MS if kind == "ours" else None, found["stall"] * MS,
            )  # fmt: skip
    return table


def _empty(server: Server) -> None:
    """A reading that is there already costs less than a new one."""

    async def empty() -> None:
        async with server.connected(DATABASE) as connection:
            if await connection.fetchval("SELECT to_regclass('telemetry_readings')"):
                await connection.execute("TRUNCATE telemetry_readings")

    asyncio.run(empty())


PARTS: Final[dict[str, Callable[[Path, Effort], Table]]] = {"n": throughput}
