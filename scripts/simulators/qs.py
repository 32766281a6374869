"""`python -m scripts.simulators.qs`: ESP32 nodes that speak QS, with the faults that such nodes have.

Each node publishes an event every few seconds, some of them as batches. Events whose acknowledgement
does not come are sent again. Faults, each to be switched off: duplicates, bad elements, a clock that
drifts, and restarts after which the ids begin again (qs.md §10.2).
"""

import argparse
import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import itertools
import json
import math
import random
import signal
import sys
import time
from typing import Any, Final
from zoneinfo import ZoneInfo

import aiomqtt

READY: Final = "nodes on air"
"""What is printed once all nodes are connected."""
PACIFIC: Final = ZoneInfo("America/Los_Angeles")
FIRST_RETRY: Final = 0.25  # seconds
LAST_RETRY: Final = 5.0  # seconds
RESEND_AFTER: Final = 5.0  # seconds
MAX_UNACKNOWLEDGED: Final = 200
BATCH: Final = 5
FAULTS: Final = ("duplicates", "bad", "drift", "reboots")
# How likely each of them is with each message.
DUPLICATE_SHARE: Final = 0.05
BAD_SHARE: Final = 0.03
REBOOT_SHARE: Final = 0.01
DRIFT_PER_EVENT: Final = timedelta(milliseconds=40)

BAD_ELEMENTS: Final[tuple[Any, ...]] = (
    {"schema": 1, "event_id": "no-device"},
    {"schema": "one", "event_id": "x", "device_id": "x", "event_type": "x"},
    "not an object",
    None,
)


@dataclass(slots=True)
class Tally:
    """What happened so far."""

    events: int = 0
    acknowledged: int = 0
    resent: int = 0
    bad: int = 0


@dataclass(slots=True)
class Node:
    """One node: its clock, its ids, and what was not acknowledged yet."""

    device_id: str
    faults: frozenset[str]
    tally: Tally
    random: random.Random
    booted: float = field(default_factory=time.monotonic)
    drift: timedelta = timedelta()
    waiting: OrderedDict[str, tuple[float, dict[str, Any]]] = field(
        default_factory=OrderedDict
    )

    def events(self) -> Iterator[dict[str, Any]]:
        """Measure once: temperature, humidity, now and then the battery, a door, and the start."""
        if "reboots" in self.faults and self.random.random() < REBOOT_SHARE:
            self.booted = time.monotonic()
            yield self._event("boot", None)
        warmth = math.sin(time.time() / 600 + hash(self.device_id) % 7)
        yield self._event("temperature", round(21 + 3 * warmth, 2), "C")
        yield self._event("humidity", round(45 - 10 * warmth, 1), "%")
        if self.random.random() < 0.2:
            yield self._event("battery", round(self.random.uniform(3.5, 4.1), 2), "V")
        if self.random.random() < 0.1:
            yield self._event("door", self.random.choice(("Open", "Closed")))

    def messages(self) -> Iterator[list[Any]]:
        """Return what is published now, faults included."""
        found = list(self.events())
        self.tally.events += len(found)
        for event in found:
            self.waiting[event["event_id"]] = (time.monotonic(), event)
        while len(self.waiting) > MAX_UNACKNOWLEDGED:
            self.waiting.popitem(last=False)
        body: list[Any] = list(found)
        if "bad" in self.faults and self.random.random() < BAD_SHARE:
            body.insert(len(body) // 2, self.random.choice(BAD_ELEMENTS))
            self.tally.bad += 1
        yield body
        if "duplicates" in self.faults and self.random.random() < DUPLICATE_SHARE:
            yield body
        late = [it for since, it in self.waiting.values() if self._is_late(since)]
        for start in range(0, len(late), BATCH):
            self.tally.resent += len(late[start : start + BATCH])
            yield late[start : start + BATCH]

    def acknowledged(self, event_id: str) -> None:
        """Forget an event that is stored."""
        if self.waiting.pop(event_id, None):
            self.tally.acknowledged += 1

    def _is_late(self, since: float) -> bool:
        return time.monotonic() - since > RESEND_AFTER

    def _event(
        self, event_type: str, value: float | str | None, unit: str | None = None
    ) -> dict[str, Any]:
        if "drift" in self.faults:
            self.drift += DRIFT_PER_EVENT
        uptime = int((time.monotonic() - self.booted) * 1_000)
        # As the sample firmware makes them, to the tenth of a second, so that they collide after a restart.
        number = uptime // 100 if "reboots" in self.faults else time.time_ns()
        now = (datetime.now(UTC) - self.drift).astimezone(PACIFIC)
        event = {
            "schema": 1,
            "event_id": f"{self.device_id}-{event_type}-{number}",
            "device_id": self.device_id,
            "event_type": event_type,
            "ts_device": now.replace(tzinfo=None).isoformat(timespec="seconds"),
            "meta": {"uptime_ms": uptime},
        }
        if value is not None:
            event["value"] = value
        if unit is not None:
            event["unit"] = unit
        return event


class Fleet:
    """All nodes, on one connection."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Make the nodes; their numbers are their seeds."""
        faults = frozenset(FAULTS) - frozenset(options.without)
        self.tally = Tally()
        self._options = options
        self._nodes = {
            name: Node(name, faults, self.tally, random.Random(number))
            for number in range(1, options.nodes + 1)
            for name in [f"{options.name}-{number:02}"]
        }
        self._is_ready = False

    async def run(self) -> None:
        """Publish for ever; a broker that goes away is waited for."""
        retry = FIRST_RETRY
        for port in itertools.cycle(self._options.mqtt_port):
            try:
                async with (
                    aiomqtt.Client(
                        self._options.mqtt_host,
                        port,
                        identifier=f"qs-{self._options.name}",
                    ) as client,
                    asyncio.TaskGroup() as group,
                ):
                    retry = FIRST_RETRY
                    # A subscription at QoS 1 is a consumer of its own in a cluster.
                    await client.subscribe(
                        "qs/v1/+/acks", qos=0 if self._options.cluster else 1
                    )
                    group.create_task(self._listen(client))
                    if not self._is_ready:
                        self._is_ready = True
                        print(f"{len(self._nodes)} {READY}", flush=True)
                    await self._publish(client)
            except* aiomqtt.MqttError as errors:
                complain(f"{errors.exceptions[0]}, trying again")
            await asyncio.sleep(retry)
            retry = min(retry * 2, LAST_RETRY)

    async def _listen(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            with suppress(ValueError, KeyError, TypeError):
                ack = json.loads(message.payload)
                self._nodes[ack["device_id"]].acknowledged(ack["event_id"])

    async def _publish(self, client: aiomqtt.Client) -> None:
        nodes = list(self._nodes.values())
        pause = self._options.interval / len(nodes)
        while True:
            for node in nodes:
                for body in node.messages():
                    payload = json.dumps(body if len(body) > 1 else body[0])
                    # The sample firmware asks for no acknowledgement of the broker.
                    await client.publish(
                        f"qs/v1/{node.device_id}/events",
                        payload,
                        qos=1 if self._options.cluster else 0,
                    )
                await asyncio.sleep(pause)


def complain(text: str) -> None:
    """Tell the person at the terminal what is wrong."""
    print(f"qs: {text}", file=sys.stderr, flush=True)


async def run(options: argparse.Namespace) -> int:
    """Run the fleet until a signal ends it; returns the exit code."""
    fleet = Fleet(options)
    task = asyncio.create_task(fleet.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    if options.seconds:
        loop.call_later(options.seconds, task.cancel)
    await asyncio.wait([task])
    tally = fleet.tally
    print(
        f"qs: {tally.events} events, {tally.acknowledged} acknowledged, "
        f"{tally.resent} sent again, {tally.bad} bad",
        flush=True,
    )
    if task.cancelled():
        return 0
    complain(str(task.exception()))
    return 1


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.simulators.qs", description=__doc__
    )
    parser.add_argument("--mqtt-host", default="127.0.0.1")
    parser.add_argument(
        "--mqtt-port",
        type=int,
        nargs="+",
        default=[1883],
        help="where the broker listens; of several, the next one where one is gone",
    )
    parser.add_argument(
        "--cluster",
        action="store_true",
        help="publish at QoS 1, as a cluster of nats-servers wants it",
    )
    parser.add_argument("--nodes", type=int, default=4, help="how many nodes")
    parser.add_argument(
        "--name", default="esp32", help="what their names begin with (default: esp32)"
    )
    parser.add_argument(
        "--interval", type=float, default=5.0, help="seconds between events of a node"
    )
    parser.add_argument(
        "--seconds", type=float, help="how long to run (default: until interrupted)"
    )
    parser.add_argument(
        "--without", nargs="*", choices=FAULTS, default=[], help="faults to leave out"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(asyncio.run(run(parse())))
