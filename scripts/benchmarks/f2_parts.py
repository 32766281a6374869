"""The figures of F2: frames that become rows."""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
import sys
import time
from typing import Any, Final

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.f2.decoding import F2Settings
from custom_components.maestra.core.f2.rows import DECODED_DATA
from custom_components.maestra.core.f2.source import F2Source
from custom_components.maestra.core.f2.wiring import wiring_from_json
from custom_components.maestra.core.mqtt.direct import DirectTransport
from custom_components.maestra.core.mqtt.session import BrokerSettings
from custom_components.maestra.core.store.store import Store
from custom_components.maestra.core.transport.reconnect import ConnectionListener
from custom_components.maestra.core.transport.transport import (
    Handler,
    Message,
    Subscription,
)
from scripts.catalogue import STORE_CATALOGUE
from scripts.devenv.paths import ROOT
from scripts.report import Table

from .basics import LOOPBACK, Failed
from .database import DATABASE, Server, postgresql, recording
from .effort import Effort
from .f2_load import CONTROLLERS, SENSORS, clock, mac, message
from .processes import broker
from .runs import PATIENCE
from .store_parts import count, empty

WAIT: Final = 0.005  # seconds
DATAPOINTS: Final = 3
US: Final = 1_000_000
WIRING: Final = wiring_from_json(
    {
        "J3": {
            "mode": "sensor-mode",
            "components": {
                f"sensor-{number}": {"template": "environmental_sensor"}
                for number in range(1, SENSORS + 1)
            },
        }
    }
)


class _Hand:
    """A transport that only hands over what it is given."""

    name = "hand"
    connected = False
    give: Handler

    def subscribe(
        self, subscriptions: Iterable[Subscription], handler: Handler, **_: Any
    ) -> Callable[[], None]:
        """Keep the handler."""
        self.give = handler
        return lambda: None

    def on_connection(self, listener: ConnectionListener) -> Callable[[], None]:
        """Never tell anything."""
        return lambda: None

    def acknowledge(self, packet_id: int) -> None:
        """Owe nobody anything."""


def decoded(folder: Path, effort: Effort) -> Table:
    """Figure m: frames decoded, and rows in the database."""
    table = Table(
        f"(m) F2 frames of {DATAPOINTS} datapoints, {CONTROLLERS} controllers with {SENSORS} sensors each, "
        f"medians of {effort.rounds} rounds",
        ("", "frames/s", "rows/s", "CPU us/frame"),
        (
            "in memory: read, decoded and told on the bus, without a broker or rows. "
            "Stored: from the first message to the commit of the last row, at QoS 1.",
        ),
    )
    rates, costs = zip(
        *(_in_memory(effort.flood) for _ in range(effort.rounds)), strict=True
    )
    table.add("in memory", median(rates), None, median(costs))
    with broker(folder / "broker") as port, postgresql() as server:
        rates, costs = zip(
            *asyncio.run(_stored(folder, effort, port, server)), strict=True
        )
    rate = median(rates)
    table.add("broker to database", rate, rate * DATAPOINTS, median(costs))
    return table


def _source(transport: Any, domain: Domain) -> F2Source:
    source = F2Source("bench", transport, domain, F2Settings(salt=b"bench"))
    for number in range(CONTROLLERS):
        source.set_wiring(mac(number), WIRING)
    return source


def _in_memory(frames: int) -> tuple[float, float]:
    """Return frames a second, and CPU microseconds for each."""
    hand = _Hand()
    source = _source(hand, Domain(Bus()))
    stop = source.start()
    begin = clock()
    messages = [
        Message(*message(turn, begin), qos=0, retain=False, link=hand)
        for turn in range(frames)
    ]
    cpu, start = time.process_time(), time.perf_counter()
    for each in messages:
        hand.give(each)
    took = time.perf_counter() - start
    cost = time.process_time() - cpu
    stop()
    if source.counters["accepted"] != frames:
        raise Failed(f"{source.counters['accepted']} of {frames} frames were taken")
    return frames / took, cost / frames * US


async def _stored(
    folder: Path, effort: Effort, port: int, server: Server
) -> list[tuple[float, float]]:
    """Return, for each round, the same with a broker before it and a database behind."""
    settings = await server.create(DATABASE)
    store = Store(settings, folder / "spool", catalogue=STORE_CATALOGUE, writer="bench")
    domain = Domain(Bus())
    domain.store_journal = store.journal
    transport = DirectTransport(
        BrokerSettings(host=LOOPBACK, port=port, client_id="bench")
    )
    source = _source(transport, domain)
    stops = [STORE_CATALOGUE.recorder(domain, store.record).start(), source.start()]
    figures = []
    async with recording(store):
        running = asyncio.create_task(transport.run())
        try:
            await _until(lambda: transport.connected)
            for _ in range(effort.rounds):
                await empty(server, DECODED_DATA.name)
                figures.append(await _round(source, store, port, effort.flood))
                rows = await count(server, DECODED_DATA.name)
                if rows != effort.flood * DATAPOINTS:
                    raise Failed(f"{rows} rows of {effort.flood} frames")
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    for stop in stops:
        stop()
    return figures


async def _round(
    source: F2Source, store: Store, port: int, frames: int
) -> tuple[float, float]:
    words = ["-m", "scripts.benchmarks.f2_load", "--port", str(port)]
    load = await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        "--count",
        str(frames),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert load.stdin
    assert load.stdout
    try:
        if await load.stdout.readline() != b"ready\n":
            raise Failed("the controllers did not connect")
        expected = source.counters["accepted"] + frames
        cpu, start = time.process_time(), time.perf_counter()
        load.stdin.write(b"\n")
        await _until(lambda: source.counters["accepted"] >= expected)
        await store.flush()
        took = time.perf_counter() - start
        return frames / took, (time.process_time() - cpu) / frames * US
    finally:
        load.stdin.write(b"\n")
        await load.wait()


async def _until(holds: Callable[[], bool]) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            while not holds():
                await asyncio.sleep(WAIT)
    except TimeoutError:
        raise Failed("the frames did not come in time") from None


PARTS: Final[dict[str, Callable[[Path, Effort], Table]]] = {"m": decoded}
