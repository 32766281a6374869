"""What takes a feed in a measurement, each a process of its own: our source with its store, and a bare reader.

Arguments: which one, the feed's port, the database's port, a folder, how many updates. Prints one line of JSON.
"""

import asyncio
from contextlib import suppress
import json
from pathlib import Path
import sys
import time
from typing import Final

import aiohttp

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.iss.catalogue import CATALOGUE
from custom_components.maestra.core.iss.events import ReadingTaken
from custom_components.maestra.core.iss.merging import FIELDS
from custom_components.maestra.core.iss.session import IssSettings
from custom_components.maestra.core.iss.source import IssSource
from custom_components.maestra.core.iss.tlcp import SUBPROTOCOL, subscribe
from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.core.store.store import Store
from scripts.catalogue import STORE_CATALOGUE
from scripts.stack.postgresql import SUPERUSER

from .basics import LOOPBACK
from .database import DATABASE, recording

TICK: Final = 0.005  # seconds
CHANNELS: Final = tuple(CATALOGUE)


class Watch:
    """How late the loop is, and how long rows wait, looked at all the time."""

    def __init__(self, store: Store | None = None) -> None:
        """Look at nothing yet."""
        self.stall = 0.0
        self.lags: list[float] = []
        self._store = store

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            begin = time.monotonic()
            await asyncio.sleep(TICK)
            self.stall = max(self.stall, time.monotonic() - begin - TICK)
            # The first rows wait until the database has made their chunk.
            if self._store is not None and self._store.counters["rows_written"]:
                self.lags.append(self._store.lag)

    def figures(self) -> dict[str, float]:
        """Return them, in seconds."""
        lags = sorted(self.lags) or [0.0]
        return {"stall": self.stall, "lag": lags[len(lags) * 99 // 100]}


async def bare(
    port: int, _database: int, _folder: Path, count: int
) -> dict[str, float]:
    """Read and drop."""
    watch = Watch()
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"http://{LOOPBACK}:{port}/lightstreamer", protocols=(SUBPROTOCOL,)) as socket,
    ):  # fmt: skip
        watching = asyncio.create_task(watch.run())
        await socket.send_str(subscribe(CHANNELS, FIELDS))
        await socket.receive()
        begin, cpu = time.monotonic(), time.process_time()
        for _ in range(count):
            await socket.receive()
        seconds, cpu = time.monotonic() - begin, time.process_time() - cpu
        watching.cancel()
    return {"seconds": seconds, "cpu": cpu, **watch.figures()}


async def ours(port: int, database: int, folder: Path, count: int) -> dict[str, float]:
    """The source with the store, as in Home Assistant; done when all is in the database."""
    domain = Domain(Bus())
    settings = StoreSettings(
        host=LOOPBACK, port=database, database=DATABASE, user=SUPERUSER
    )
    store = Store(settings, folder / "spool", catalogue=STORE_CATALOGUE, writer="bench")
    STORE_CATALOGUE.recorder(domain, store.record).start()
    taken, begin, cpu = 0, 0.0, 0.0

    def take(_reading: ReadingTaken) -> None:
        nonlocal taken, begin, cpu
        taken += 1
        if taken == len(CHANNELS):
            begin, cpu = time.monotonic(), time.process_time()

    domain.bus.subscribe(ReadingTaken, take)
    watch = Watch(store)
    async with aiohttp.ClientSession() as http, recording(store):
        feed = IssSettings(url=f"http://{LOOPBACK}:{port}", channels=CHANNELS)
        source = IssSource("bench", http, domain, feed)
        watching = asyncio.create_task(watch.run())
        running = asyncio.create_task(source.connection.run())
        expected = count + len(CHANNELS)
        while taken < expected:
            await asyncio.sleep(TICK)
        # Else the last ones would wait for others to come, which is no rate.
        await store.flush()
        if (stored := store.counters["rows_written"]) != expected:
            raise ValueError(f"{stored} of {expected} rows are in the database")
        seconds, cpu = time.monotonic() - begin, time.process_time() - cpu
        for task in (watching, running):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
    return {"seconds": seconds, "cpu": cpu, **watch.figures()}


def main() -> None:
    """Measure."""
    kind, port, database, folder, count = sys.argv[1:]
    run = {"bare": bare, "ours": ours}[kind]
    figures = asyncio.run(run(int(port), int(database), Path(folder), int(count)))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
