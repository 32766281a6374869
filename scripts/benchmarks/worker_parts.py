"""The figures of workers: events of a JetStream stream that are stored and acknowledged, by one worker and by two."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
import json
import os
from pathlib import Path
import subprocess
import sys
import time
from typing import Any, Final
from urllib.request import urlopen

import nats
from nats.aio.client import Client

from custom_components.maestra.core.store.settings import StoreSettings
from scripts.devenv.paths import ROOT
from scripts.report import Table
from scripts.stack.worker_settings import write_worker_settings

from .basics import LOOPBACK, PATIENCE, Failed, free_port
from .database import Server, cpu_of, postgresql
from .effort import Effort

WORKERS: Final = (1, 2)
BATCHES: Final = (1, 50)
PARTITIONS: Final = 4
DEVICES: Final = 100
STREAM: Final = "BENCH"
PREFIX: Final = "bench."
RATE: Final = 200  # events a second
LOOK: Final = 0.02  # seconds
MS: Final = 1_000
US: Final = 1e6
MB: Final = 1e6
ROWS: Final = "maestra_worker_rows_written_total"
HELD: Final = "maestra_worker_held_messages"
SILENCE: Final = 0.5
"""Seconds without an acknowledgement after which there is none on its way any more."""
READY: Final = "maestra_worker_ready"


class Process:
    """A worker at work."""

    def __init__(
        self, folder: Path, nats: int, database: StoreSettings, stream: dict[str, Any]
    ) -> None:
        """Start it. `nats` is the server's port."""
        self._port = free_port()
        file = folder / "worker.toml"
        write_worker_settings(
            file,
            name=folder.name,
            nats_port=nats,
            database=database,
            http_port=self._port,
            stream=stream,
        )
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "custom_components.maestra.core.worker", file],
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )

    @property
    def cpu(self) -> float:
        """Seconds of CPU so far."""
        return cpu_of(self._process.pid)

    @property
    def resident(self) -> int:
        """Bytes in memory."""
        pages = Path(f"/proc/{self._process.pid}/statm").read_text("ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def figure(self, name: str) -> int:
        """Return one of its figures; 0 while it does not answer yet."""
        if self._process.poll() is not None:
            raise Failed(f"the worker ended; see {self._log}")
        with (
            suppress(OSError),
            urlopen(f"http://{LOOPBACK}:{self._port}/metrics") as answer,
        ):
            for line in answer.read().decode().splitlines():
                if line.startswith(name):
                    return int(float(line.split()[1]))
        return 0

    def stop(self) -> None:
        """End it in order."""
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def server(folder: Path) -> Iterator[int]:
    """Run nats-server with JetStream; yields its port."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    configuration = folder / "nats.conf"
    configuration.write_text(
        f'listen: "{LOOPBACK}:{port}"\njetstream {{ store_dir: "{folder}" }}\n', "utf-8"
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [os.environ["MAESTRA_NATS_SERVER"], "-c", str(configuration)], stderr=log
        )
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Client]:
    """Connect a client that plays the devices."""
    client = await nats.connect(
        f"nats://{LOOPBACK}:{port}", connect_timeout=PATIENCE, max_reconnect_attempts=-1
    )
    try:
        yield client
    finally:
        await client.close()


def _subject(device: int) -> str:
    return f"{PREFIX}p.{device % PARTITIONS}.qs.v1.node-{device}.events"


def _event(name: str, device: int) -> dict[str, Any]:
    return {
        "schema": 1,
        "event_id": name,
        "device_id": f"node-{device}",
        "event_type": "temperature",
        "value": 21.5,
    }


async def _fill(client: Client, count: int, batch: int) -> None:
    """Put so many events into the stream."""
    for begin in range(0, count, batch):
        device = begin // batch % DEVICES
        events = [_event(f"{batch}-{begin + at}", device) for at in range(batch)]
        body = json.dumps(events if batch > 1 else events[0])
        await client.publish(_subject(device), body.encode())
    await client.flush()
    stream = client.jetstream()
    async with asyncio.timeout(PATIENCE):
        while (await stream.stream_info(STREAM)).state.messages < count // batch:
            await asyncio.sleep(LOOK)


@asynccontextmanager
async def at_work(
    folder: Path, port: int, database: StoreSettings, count: int
) -> AsyncIterator[Sequence[Process]]:
    """Run so many workers."""
    async with AsyncExitStack() as stack:
        found = []
        for ordinal in range(count):
            stream = {
                "stream": STREAM,
                "prefix": PREFIX,
                "partitions": PARTITIONS,
                "workers": count,
                "ordinal": ordinal,
            }
            process = Process(folder / f"worker-{ordinal}", port, database, stream)
            stack.callback(process.stop)
            found.append(process)
        yield found


async def _sum(processes: Sequence[Process], name: str) -> int:
    return sum([await asyncio.to_thread(each.figure, name) for each in processes])


async def _rate(
    client: Client, processes: Sequence[Process], count: int, batch: int
) -> tuple[float, float]:
    """Return how many events a second are published and stored, and the CPU microseconds for each."""
    async with asyncio.timeout(PATIENCE * 2):
        while await _sum(processes, READY) < len(processes):
            await asyncio.sleep(LOOK)
        begin, cpu = time.perf_counter(), sum(each.cpu for each in processes)
        await _fill(client, count, batch)
        while await _sum(processes, ROWS) < count:
            await asyncio.sleep(LOOK)
    return (
        count / (time.perf_counter() - begin),
        (sum(each.cpu for each in processes) - cpu) * US / count,
    )


async def _settled(client: Client, processes: Sequence[Process]) -> None:
    """Wait until devices have heard of all that was stored: they, and the server, are behind the workers."""
    news = asyncio.Event()

    async def hear(_: object) -> None:
        news.set()

    acks = await client.subscribe("qs.v1.*.acks", cb=hear)
    async with asyncio.timeout(PATIENCE):
        while await _sum(processes, HELD):
            await asyncio.sleep(LOOK)
        with suppress(TimeoutError):
            while True:
                news.clear()
                await asyncio.wait_for(news.wait(), SILENCE)
    await acks.unsubscribe()


async def _delays(client: Client, seconds: float) -> list[float]:
    """Return how long devices wait for their acknowledgements, at an even pace."""
    sent: dict[str, float] = {}
    delays: list[float] = []

    async def hear(message: Any) -> None:
        name = json.loads(message.data)["event_id"]
        if name in sent:
            delays.append(time.perf_counter() - sent.pop(name))

    acks = await client.subscribe("qs.v1.*.acks", cb=hear)
    count = int(seconds * RATE)
    for number in range(count):
        name, device = f"paced-{number}", number % DEVICES
        sent[name] = time.perf_counter()
        body = json.dumps(_event(name, device))
        await client.publish(_subject(device), body.encode())
        await asyncio.sleep(1 / RATE)
    async with asyncio.timeout(PATIENCE):
        while len(delays) < count:
            await asyncio.sleep(LOOK)
    await acks.unsubscribe()
    return sorted(delays)


async def _measure(
    table: Table, folder: Path, effort: Effort, port: int, databases: Server
) -> None:
    async with connected(port) as client:
        for batch in BATCHES:
            count = effort.flood * (5 if batch > 1 else 1)
            count -= count % batch
            for workers in WORKERS:
                await client.jetstream().add_stream(
                    name=STREAM, subjects=[f"{PREFIX}>"]
                )
                name = f"workers_{batch}_{workers}"
                database = await databases.create(name)
                async with at_work(folder / name, port, database, workers) as found:
                    rate, cpu = await _rate(client, found, count, batch)
                    await _settled(client, found)
                    delays = await _delays(client, effort.seconds)
                    resident = max(each.resident for each in found)
                table.add(
                    workers,
                    batch,
                    rate,
                    cpu,
                    delays[len(delays) // 2] * MS,
                    delays[len(delays) * 99 // 100] * MS,
                    resident / MB,
                )
                await client.jetstream().delete_stream(STREAM)


def workers(folder: Path, effort: Effort) -> Table:
    """Figure t: events a second, CPU, and how long a device waits."""
    table = Table(
        "(t) QS events of a JetStream stream, stored and acknowledged by headless workers",
        ("workers", "batch", "events/s", "CPU us/event", "p50 ms", "p99 ms", "MB each"),
        (
            f"One nats-server, {PARTITIONS} partitions, {DEVICES} devices that publish as fast as they can. Server, database, workers and devices share the CPUs: two workers show that they share the work, not what two machines do.",
            f"p50, p99: from publish to acknowledgement at {RATE} single events/s.",
        ),
    )
    with server(folder / "nats") as port, postgresql() as databases:
        asyncio.run(_measure(table, folder, effort, port, databases))
    return table


PARTS: Final[dict[str, Callable[[Path, Effort], Table]]] = {"t": workers}
