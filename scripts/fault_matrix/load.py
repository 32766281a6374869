"""The load: Maestra entities that count, and QS devices that count, each number a message that is looked for afterwards."""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
import json
import time
from typing import Final, NamedTuple, Self

from .sender import Sender

TICK_S: Final = 0.005
PATIENCE_S: Final = 90
KEY: Final = "count"
"""The variable, and the type of event."""
MOVING: Final = 25
RESTING: Final = 15
NEWCOMERS: Final = 10
"""Of each kind. Those that rest move no more before a fault, so that nothing newer hides what it loses."""
FIRST_NUMBERS: Final = 3
"""How often a newcomer counts before the fault."""
DROPPED: Final = "$SYS/broker/publish/messages/dropped"


class Said(NamedTuple):
    """One message: who, and the number."""

    name: str
    number: int


@dataclass(slots=True)
class Device:
    """One that counts."""

    name: str
    is_node: bool
    """It speaks QS; else it is a Maestra entity."""
    due: int = 0
    """The number that it should have said by now."""
    said: int = 0
    flying: int = 0
    """Messages that the broker has not answered. An entity waits for it: its numbers keep their order, and none comes again behind another."""

    @property
    def is_silent(self) -> bool:
        """Whether all was said and answered."""
        return self.said == self.due and not self.flying

    @property
    def topic(self) -> str:
        """Where it speaks."""
        if self.is_node:
            return f"qs/v1/{self.name}/events"
        return f"maestra/entity/state/update/{self.name}"

    def message(self) -> str:
        """What it says next."""
        if not self.is_node:
            return json.dumps({KEY: self.said})
        return json.dumps(
            {
                "schema": 1,
                "event_id": event_id(self.name, self.said),
                "device_id": self.name,
                "event_type": KEY,
                "value": self.said,
                "ts_device": datetime.now(UTC).isoformat(),
            }
        )


def event_id(name: str, number: int) -> str:
    """Return the id of a QS event."""
    return f"{name}#{number}"


def said_by(event_id: str) -> Said:
    """Return which message an id stands for."""
    name, _, number = event_id.rpartition("#")
    return Said(name, int(number))


@dataclass
class Ledger:
    """What was said, and what its senders were told of it."""

    published: set[Said] = field(default_factory=set)
    taken: set[Said] = field(default_factory=set)
    """By the broker: PUBACK."""
    stored: set[Said] = field(default_factory=set)
    """As Maestra told the QS devices."""
    dropped: int = 0
    """Messages that the broker says to have thrown away, over all its lives."""

    @property
    def acknowledged(self) -> set[Said]:
        """What somebody was told is safe."""
        return self.taken | self.stored


class Load:
    """Devices that publish evenly, a message after the other, while it is entered."""

    def __init__(self, port: int, rate: float) -> None:
        """Begin with those that are known before the fault."""
        self.ledger = Ledger()
        self._moving = list(_devices("moving", MOVING))
        self._resting = list(_devices("resting", RESTING))
        self.devices = [*self._moving, *self._resting]
        self._active = deque(self.devices)
        self._rate = rate
        self._states = Sender(port, "faults-entities", [DROPPED])
        self._events = Sender(port, "faults-nodes", ["qs/v1/+/acks"])
        self._flying: dict[tuple[bool, int], tuple[Device, int]] = {}
        self._last_dropped = 0
        self._is_on = True
        self._stack = ExitStack()
        self._task: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        """Let them speak."""
        self._stack.enter_context(self._states)
        self._stack.enter_context(self._events)
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        """End it where it is."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.to_thread(self._stack.close)

    @property
    def is_told(self) -> bool:
        """Whether every node knows of all its events that they are stored."""
        said = sum(device.said for device in self.devices if device.is_node)
        return len(self.ledger.stored) == said

    async def rest(self, turn: int) -> None:
        """Let newcomers speak for the first time, and those that rest for the last; returns when the broker has all of it."""
        newcomers = list(_devices(f"new-{turn}", NEWCOMERS))
        self.devices += newcomers
        self._active = deque(self._moving)
        for device in newcomers:
            device.due = FIRST_NUMBERS
        for device in self._resting:
            device.due += 1
        for device in (*newcomers, *self._resting):
            self._speak(device)
        await _silence([*newcomers, *self._resting])

    async def finish(self) -> None:
        """Let nobody say anything new; returns when the broker has answered all, or does not in time."""
        self._is_on = False
        # What it never answered is not acknowledged: the bill says so.
        with suppress(TimeoutError):
            await _silence(self.devices)

    async def _run(self) -> None:
        done, begin = 0, time.monotonic()
        while True:
            self._hear()
            if self._is_on:
                due = int((time.monotonic() - begin) * self._rate)
                for _ in range(done, due):
                    device = self._active[0]
                    self._active.rotate(-1)
                    device.due += 1
                    self._speak(device)
                done = due
            await asyncio.sleep(TICK_S)

    def _speak(self, device: Device) -> None:
        sender = self._events if device.is_node else self._states
        while device.said < device.due and (device.is_node or not device.flying):
            device.said += 1
            device.flying += 1
            number = sender.publish(device.topic, device.message())
            self._flying[device.is_node, number] = device, device.said
            self.ledger.published.add(Said(device.name, device.said))

    def _hear(self) -> None:
        """Take in what the broker and Maestra have answered."""
        for is_node, sender in ((False, self._states), (True, self._events)):
            for number, is_taken in sender.answers():
                device, said = self._flying.pop((is_node, number))
                device.flying -= 1
                if is_taken:
                    self.ledger.taken.add(Said(device.name, said))
                self._speak(device)
        for _, payload in self._events.messages():
            self.ledger.stored.add(said_by(json.loads(payload)["event_id"]))
        for _, payload in self._states.messages():
            total = int(payload)
            # A broker that was started again begins at nothing.
            self.ledger.dropped += max(0, total - self._last_dropped)
            self._last_dropped = total


async def _silence(devices: Sequence[Device]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not all(device.is_silent for device in devices):
            await asyncio.sleep(TICK_S)


def _devices(group: str, count: int) -> Iterator[Device]:
    for number in range(count):
        yield Device(f"{group}-{number:02}", is_node=False)
        yield Device(f"{group}-node-{number:02}", is_node=True)
