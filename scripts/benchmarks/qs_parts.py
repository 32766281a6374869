"""The figures of QS: events stored and acknowledged, against a loop that discards and an ingester that takes one at a time."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
import json
from pathlib import Path
from statistics import median
import subprocess
import sys
import time
from typing import Any, Final

from scripts.devenv.paths import ROOT
from scripts.report import Table

from .basics import EVENTS_FILTER, Failed
from .database import DATABASE, Server, postgresql
from .effort import Effort
from .processes import Reader, bare, broker
from .runs import PATIENCE

BATCHES: Final = (1, 50)
RATE: Final = 1_000  # events a second
MS: Final = 1_000
US: Final = 1e6
SHARE_OF_SLOW: Final = 8
"""The ingester that takes one at a time gets so many times fewer events."""
NAIVE_TABLE: Final = """
CREATE TABLE naive_events (
    event_id text PRIMARY KEY, device_id text NOT NULL, schema integer NOT NULL, event_type text NOT NULL,
    value_num double precision, value_text text, unit text, ts_device timestamptz,
    ts_server timestamptz DEFAULT now(), meta jsonb DEFAULT '{}'
);
CREATE INDEX ON naive_events (ts_device);
CREATE INDEX ON naive_events (event_type, ts_server);
CREATE INDEX ON naive_events (device_id, ts_server);
"""
NAMES: Final = {
    "discard": "bare loop on our codec that discards",
    "one_by_one": "inserts, commits and acknowledges one by one",
    "ours": "Maestra's QS source, stored and acknowledged",
}


def load(port: int, **options: Any) -> dict[str, float]:
    """Run the devices; returns what they say."""
    words = [sys.executable, "-m", "scripts.benchmarks.qs_load", "--port", str(port)]
    for name, value in options.items():
        words += [f"--{name}"] if value is True else [f"--{name}", str(value)]
    done = subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    if done.returncode:
        raise Failed(f"the devices: {done.stderr}")
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


@contextmanager
def reader(kind: str, folder: Path, port: int, server: Server) -> Iterator[Reader]:
    """Run one of the readers."""
    if kind == "discard":
        with bare(folder, port, "bare", EVENTS_FILTER, "0") as found:
            yield found
        return
    words = [sys.executable, "-m", "scripts.benchmarks.qs_readers", kind]
    words += [str(port), str(folder / "socket"), str(server.port)]
    found = Reader("qs", folder, words, {"PYTHONPATH": str(ROOT)})
    try:
        found.do("counts")
        yield found
    finally:
        found.stop()


async def prepare(server: Server) -> None:
    """Make the database, and the other ingester's table."""
    await server.create(DATABASE)
    async with server.connected(DATABASE) as connection:
        await connection.execute(NAIVE_TABLE)


def measured(
    kind: str, found: Reader, port: int, count: int, batch: int
) -> tuple[float, float]:
    """Return how many events a second a reader takes, and its CPU microseconds for each."""
    before = found.do("counts")
    if kind == "discard":
        begin = load(port, count=count, batch=batch)["begin"]
        expected = before["taken"] + count // batch
        done = found.do("expect", taken=expected, patience=PATIENCE)
        if done["taken"] < expected:
            raise Failed(f"{kind}: only {done['taken']} messages came, not {expected}")
        seconds = done["now"] - begin
    else:
        figures = load(port, count=count, batch=batch, acks=True)
        if figures["acked"] < count:
            raise Failed(f"{kind}: only {figures['acked']} of {count} acknowledged")
        seconds = figures["seconds"]
    cpu = found.do("counts")["cpu"] - before["cpu"]
    return count / seconds, cpu / count * US


def throughput(folder: Path, effort: Effort) -> Table:
    """Figure l: events a second, and how long a device waits for its acknowledgement."""
    table = Table(
        f"(l) QS events into the database and acknowledged, medians of {effort.rounds} alternating rounds "
        "(aims: 10 000/s and 4 times the ingester with singles, 30 000/s and 20 times with batches of 50)",
        ("", "batch", "events/s", "to bare", "to one by one", "CPU us/event", "p50 ms", "p99 ms"),
        (
            "Ours and the ingester's: until the last acknowledgement is back; the bare loop's: until the last message.",
            f"p50, p99: from publish to acknowledgement at {RATE} events/s (aim: p99 below 100 ms).",
        ),
    )  # fmt: skip
    with broker(folder / "broker") as port, postgresql() as server:
        asyncio.run(prepare(server))
        for batch in BATCHES:
            _compare(table, folder, effort, (port, server), batch)
    return table


def _compare(
    table: Table, folder: Path, effort: Effort, servers: tuple[int, Server], batch: int
) -> None:
    port, server = servers
    rates: dict[str, list[float]] = {kind: [] for kind in NAMES}
    costs: dict[str, list[float]] = {kind: [] for kind in NAMES}
    delays: dict[str, float] = {}
    for number in range(effort.rounds):
        for kind in NAMES:
            # One at a time: each would have to take what the others are sent.
            with reader(kind, folder / f"{kind}-{batch}-{number}", port, server) as it:
                count = effort.flood * (5 if batch > 1 else 1)
                if kind == "one_by_one":
                    count //= SHARE_OF_SLOW
                count -= count % batch
                measured(kind, it, port, min(1_000, count), batch)
                rate, micros = measured(kind, it, port, count, batch)
                rates[kind].append(rate)
                costs[kind].append(micros)
                if kind == "ours":
                    delays = load(
                        port,
                        count=int(RATE * effort.seconds) // batch * batch,
                        batch=batch,
                        rate=RATE,
                        acks=True,
                    )
            time.sleep(0.1)
    middle = {kind: median(found) for kind, found in rates.items()}
    for kind, name in NAMES.items():
        is_ours = kind == "ours"
        table.add(
            name,
            batch,
            middle[kind],
            middle[kind] / middle["discard"],
            middle[kind] / middle["one_by_one"],
            median(costs[kind]),
            delays["p50"] * MS if is_ours else None,
            delays["p99"] * MS if is_ours else None,
        )


PARTS: Final[dict[str, Callable[[Path, Effort], Table]]] = {"l": throughput}
