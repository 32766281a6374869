"""The figures of fades, changes of many entities as one, and cues, on all of it as a user has it."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
import socket
from statistics import median
import time
from typing import Any, Final

import aiomqtt
from pythonosc.osc_message_builder import OscMessageBuilder

from custom_components.maestra.core.cues.fader import STEP
from scripts.report import Table

from .basics import LOOPBACK, PATIENCE
from .effort import Effort
from .traffic import slug
from .whole_parts import MS, US, Whole, whole

FADED: Final = 500
TOGETHER: Final = 1_000
TOLD: Final = "maestra/entity/state/device/#"
GOES: Final = 100
PACE: Final = 0.05
"""Seconds between two goes."""
LIST: Final = "Bench"
COLUMNS: Final = ("", "", "measured", "aim")


class Heard:
    """What a client hears of states: when, by entity."""

    def __init__(self) -> None:
        """Have heard nothing."""
        self.times: defaultdict[str, list[float]] = defaultdict(list)
        self.news = asyncio.Event()

    async def listen(self, client: aiomqtt.Client) -> None:
        """Listen for ever."""
        await client.subscribe(TOLD)
        async for message in client.messages:
            self.times[str(message.topic)].append(time.perf_counter())
            self.news.set()

    @property
    def count(self) -> int:
        """How many messages."""
        return sum(map(len, self.times.values()))

    async def next_message(self) -> float:
        """Wait for another message; returns when it came."""
        self.news.clear()
        async with asyncio.timeout(PATIENCE):
            await self.news.wait()
        return time.perf_counter()


async def _act(everything: Whole, action: str, **data: Any) -> None:
    await everything.context.api.act(f"maestra.{action}", data)


async def _fade(
    table: Table, everything: Whole, heard: Heard, seconds: float, faders: int
) -> None:
    """Fade many attributes at once, for so long."""
    states = {slug(number): {"level": 0} for number in range(faders)}
    await _act(everything, "apply", states=states)
    await asyncio.sleep(1)
    heard.times.clear()
    before = everything.probe.do("whole")["cpu"]
    everything.probe.do("watch")
    ends = {slug(number): {"level": 100} for number in range(faders)}
    await _act(everything, "apply", states=ends, transition=seconds)
    await asyncio.sleep(seconds + 1)
    stall = everything.probe.do("watched")["stall"]
    cpu = everything.probe.do("whole")["cpu"] - before
    late = sorted(
        abs(gap - max(1, round(gap / STEP)) * STEP)
        for times in heard.times.values()
        for gap in (after - before for before, after in pairwise(times))
    )
    name = f"{faders} faders for {seconds:g} s"
    table.add(
        f"{name}: steps a second of each", "", heard.count / faders / seconds, None
    )
    table.add(f"{name}: Home Assistant's CPU", "%", cpu / seconds * 100, None)
    table.add(f"{name}: CPU a change told", "us", cpu * US / max(1, heard.count), None)
    table.add(f"{name}: steps off the beat, p99", "ms", _p99(late) * MS, 10)
    table.add(f"{name}: longest stall", "ms", stall * MS, None)


async def _together(table: Table, everything: Whole, heard: Heard, things: int) -> None:
    """Change many entities as one, several times."""
    took, told = [], []
    for turn in range(5):
        await asyncio.sleep(1)
        heard.times.clear()
        states = {slug(number): {"level": turn + 1} for number in range(things)}
        begin = time.perf_counter()
        await _act(everything, "apply", states=states)
        took.append(time.perf_counter() - begin)
        while heard.count < things:
            await heard.next_message()
        told.append(time.perf_counter() - begin)
    table.add(
        f"{things} entities as one, until the action is done",
        "ms",
        median(took) * MS,
        50,
    )
    table.add(f"{things} entities as one, until the last is told", "ms", median(told) * MS, None)  # fmt: skip


async def _go(table: Table, everything: Whole, heard: Heard, count: int) -> None:
    """Let cues go by OSC, and wait for the first message of each."""
    cues = [
        {"number": str(number), "states": {slug(0): {"level": 50 + number}}}
        for number in (1, 2)
    ]
    await _act(everything, "save_cue_list", name=LIST, cues=cues)
    delays = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as desk:
        desk.connect((LOOPBACK, everything.context.ports.osc))
        for turn in range(count):
            await asyncio.sleep(PACE)
            address = f"/cue/{turn % 2 + 1}/start"
            begin = time.perf_counter()
            desk.send(OscMessageBuilder(address).build().dgram)
            delays.append(await heard.next_message() - begin)
    delays.sort()
    table.add("go by OSC until the first message over MQTT: p50", "ms", median(delays) * MS, None)  # fmt: skip
    table.add("… p99", "ms", _p99(delays) * MS, 5)


def _p99(ordered: list[float]) -> float:
    return ordered[len(ordered) * 99 // 100] if ordered else 0.0


async def _measure(folder: Path, effort: Effort) -> Table:
    things = min(TOGETHER, effort.many)
    table = Table(
        f"(s) Fades and cues, on all of it with {things} things of five variables each",
        COLUMNS,
        (
            "Home Assistant with its recorder, all wires and the store, as in (p). Told: over MQTT, with the two other events of each change.",
            "A fader has room for 1 000 steps from end to end, 40 a second at most; where that is too much, steps are left out, and others have half of the time.",
        ),
    )
    async with whole(folder, things) as everything:
        heard = Heard()
        async with aiomqtt.Client(LOOPBACK, everything.context.ports.mqtt) as client:
            listening = asyncio.create_task(heard.listen(client))
            try:
                await _go(table, everything, heard, min(GOES, int(effort.steady * 2)))
                await _together(table, everything, heard, things)
                await _fade(table, everything, heard, effort.steady, min(FADED, things))
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
    return table


PARTS: Final[dict[str, Callable[[Path, Effort], Table]]] = {
    "s": lambda folder, effort: asyncio.run(_measure(folder, effort)),
}
