"""The figures of ESPHome nodes: QS events that one on this computer sends and has acknowledged."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
import os
from pathlib import Path
from statistics import median
import subprocess
from typing import Final

from paho.mqtt import publish

from scripts.nodes import build_node, compiler
from scripts.report import Table

from .database import postgresql
from .effort import Effort
from .processes import LOOPBACK, Failed, Reader, broker
from .qs_parts import prepare, reader
from .runs import PATIENCE

BATCHES: Final = (1, 20)
EVENTS: Final = {1: 400, 20: 4_000}
"""How many a round has, by the size of a batch."""


@contextmanager
def node(batch: int, folder: Path, port: int, hub: Reader) -> Iterator[None]:
    """Run a node that sends batches of a size, from when it hears what it is told."""
    program = build_node(Path(__file__).with_name(f"qs_node_{batch}.yaml"))
    environment = {
        **os.environ,
        "MQTT_BROKER": f"{LOOPBACK}:{port}",
        "ESPHOME_PREFDIR": str(folder),
    }
    before = hub.do("counts")["taken"]
    process = subprocess.Popen([program], env=environment, stdout=subprocess.DEVNULL)
    try:
        # The first that it measures by itself.
        _expect(hub, before + 1)
        yield
    finally:
        process.kill()
        process.wait()


def rate(port: int, hub: Reader, count: int) -> float:
    """Return how many events a second are stored and acknowledged."""
    before = hub.do("counts")
    publish.single("bench/send", str(count), hostname=LOOPBACK, port=port)
    after = _expect(hub, before["taken"] + count)
    return float((after["taken"] - before["taken"]) / (after["now"] - before["now"]))


def _expect(hub: Reader, taken: float) -> dict[str, float]:
    found: dict[str, float] = hub.do("expect", taken=taken, patience=PATIENCE)
    if found["taken"] < taken:
        raise Failed(f"only {found['taken']} of {taken} events were acknowledged")
    return found


def events(folder: Path, effort: Effort) -> Table:
    """Figure r: events a second of one node."""
    table = Table(
        f"(r) QS events of an ESPHome node on this computer, stored and acknowledged, medians of {effort.rounds} rounds",
        ("batch", "events/s"),
        (
            "As fast as it can, with an outbox in a file. It sends one message in each turn of ESPHome's loop, of which there are about 60 a second.",
            "A board was not measured; what it does, its network and its TLS decide.",
        ),
    )
    if compiler() is None:
        # There is no node to measure.
        for batch in BATCHES:
            table.add(batch, None)
        return table
    with broker(folder / "broker") as port, postgresql() as server:
        asyncio.run(prepare(server))
        with reader("ours", folder / "hub", port, server) as hub:
            for batch in BATCHES:
                home = folder / f"node-{batch}"
                home.mkdir()
                with node(batch, home, port, hub):
                    rates = [
                        rate(port, hub, EVENTS[batch]) for _ in range(effort.rounds)
                    ]
                table.add(batch, median(rates))
    return table


PARTS: Final[dict[str, Callable[[Path, Effort], Table]]] = {"r": events}
