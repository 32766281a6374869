"""The figures of ESPHome nodes: QS events that one on this computer sends and has acknowledged, and how soon values are there."""

from array import array
import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
import json
import os
from pathlib import Path
from queue import Queue
from statistics import median, quantiles
import subprocess
from threading import Event
import time
from typing import Final

from paho.mqtt import client as mqtt, publish
from paho.mqtt.enums import CallbackAPIVersion

from scripts.nodes import build_node, compiler
from scripts.report import Table

from .basics import LOOPBACK, Failed
from .database import postgresql
from .effort import Effort
from .processes import Reader, broker, home_assistant, set_up_maestra
from .qs_parts import prepare, reader
from .runs import PATIENCE

EVENTS: Final = {1: 400, 20: 4_000}
"""How many a round has, by the size of a batch."""
CHANGES: Final = 60
"""How many a round has in each direction."""
MS: Final = 1_000
LEVEL: Final = "number.bench_00001_level"
SENSOR: Final = "sensor.bench_00001"


@contextmanager
def running(name: str, folder: Path, port: int) -> Iterator[None]:
    """Run a node of a YAML file beside this one."""
    program = build_node(Path(__file__).with_name(f"{name}.yaml"))
    environment = {
        **os.environ,
        "MQTT_BROKER": f"{LOOPBACK}:{port}",
        "ESPHOME_PREFDIR": str(folder),
    }
    process = subprocess.Popen([program], env=environment, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def node(batch: int, folder: Path, port: int) -> Iterator[None]:
    """Run a node that sends batches of a size, from when it hears what it is told."""
    heard = Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda *_: heard.set()
    client.connect(LOOPBACK, port)
    client.subscribe(f"qs/v1/bench-{batch}/events")
    client.loop_start()
    try:
        with running(f"qs_node_{batch}", folder, port):
            # It subscribes before it tells what it measures by itself.
            if not heard.wait(PATIENCE):
                raise Failed(f"the node with batches of {batch} says nothing")
            yield
    finally:
        client.disconnect()
        client.loop_stop()


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


class Witness:
    """Hears from the node when something happened there."""

    def __init__(self, port: int) -> None:
        """Listen on the broker."""
        self._heard: Queue[tuple[float, float]] = Queue()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = lambda _, __, message: self._heard.put(
            tuple(json.loads(message.payload))
        )
        self._client.connect(LOOPBACK, port)
        self._client.subscribe([("bench/changed", 0), ("bench/set", 0)])
        self._client.loop_start()

    def when(self, value: float) -> float:
        """Return when the node had that value."""
        while True:
            heard, at = self._heard.get(timeout=PATIENCE)
            if heard == value:
                return at

    def tell(self, value: int) -> None:
        """Let the node's sensor measure that value."""
        self._client.publish("bench/value", str(value))

    def close(self) -> None:
        """Listen no longer."""
        self._client.disconnect()
        self._client.loop_stop()


def to_home_assistant(
    hub: Reader, witness: Witness, count: int, log: Path
) -> list[float]:
    """Return the seconds from changes at the node to states in Home Assistant."""
    hub.do("watch")
    changed = {}
    for value in range(1, count + 1):
        witness.tell(value)
        changed[value] = witness.when(value)
        hub.do("shown", entity=SENSOR, value=value)
    hub.do("watched", log=str(log))
    seen = array("d", log.read_bytes())
    shown = dict(zip(seen[1::3], seen[2::3], strict=True))
    if missing := changed.keys() - shown.keys():
        raise Failed(f"{len(missing)} of {count} changes are in no state")
    return [shown[value] - at for value, at in changed.items()]


def to_node(hub: Reader, witness: Witness, count: int) -> list[float]:
    """Return the seconds from actions in Home Assistant to the entity of the node."""
    took = []
    for value in range(1, count + 1):
        # At any time of a turn of the node's loop.
        time.sleep(value * 7 % 50 / MS)
        data = {"entity_id": LEVEL, "value": value}
        begin = hub.do("act", domain="number", action="set_value", data=data)["begin"]
        took.append(witness.when(value) - begin)
    return took


def latencies(folder: Path, effort: Effort) -> tuple[list[float], list[float]]:
    """Return how long changes take to Home Assistant and back."""
    count = CHANGES * effort.rounds
    home = folder / "node"
    home.mkdir()
    with (
        broker(folder / "mosquitto") as port,
        home_assistant(folder / "hub", entities=0) as hub,
    ):
        set_up_maestra(hub, port, 0)
        witness = Witness(port)
        try:
            with running("latency_node", home, port):
                back = to_node(hub, witness, count)
                there = to_home_assistant(hub, witness, count, folder / "shown")
        finally:
            witness.close()
    return there, back


def events(folder: Path, effort: Effort) -> Table:
    """Figure r: events a second of one node, and how soon its values are there."""
    table = Table(
        f"(r) An ESPHome node on this computer: QS events stored and acknowledged (medians of {effort.rounds} rounds), and values to Home Assistant and back",
        ("", "events/s", "p50 ms", "p99 ms"),
        (
            "Events: as fast as it can, with an outbox in a file. It sends one message in each turn of ESPHome's loop, of which there are about 60 a second.",
            f"Values: {CHANGES * effort.rounds} changes one after the other, from the change at the node to the state, and from the action to the change at the node. "
            "A node tells values every 50 ms at most (`update_interval`), and looks for messages in each turn of its loop.",
            "A board was not measured; what it does, its network and its TLS decide.",
        ),
    )
    names = [f"events in batches of {batch}" for batch in effort.batches]
    directions = ("a change at the node to the state", "an action to the node")
    if compiler() is None:
        # There is no node to measure.
        for name in (*names, *directions):
            table.add(name, None, None, None)
        return table
    with broker(folder / "broker") as port, postgresql() as server:
        asyncio.run(prepare(server))
        with reader("ours", folder / "hub", port, server) as hub:
            for name, batch in zip(names, effort.batches, strict=True):
                home = folder / f"node-{batch}"
                home.mkdir()
                with node(batch, home, port):
                    rates = [
                        rate(port, hub, EVENTS[batch]) for _ in range(effort.rounds)
                    ]
                table.add(name, median(rates), None, None)
    (folder / "latency").mkdir()
    for name, took in zip(
        directions, latencies(folder / "latency", effort), strict=True
    ):
        shares = quantiles(took, n=100)
        table.add(name, None, shares[49] * MS, shares[98] * MS)
    return table


PARTS: Final[dict[str, Callable[[Path, Effort], Table]]] = {"r": events}
