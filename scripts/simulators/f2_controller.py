"""One F2 controller without hardware: what it says, and how it answers (f2.md §1, §2, §9)."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
import json
import random
from typing import Final

type Say = Callable[[str, bytes], Awaitable[None]]

TOGGLE: Final = 2
SENSORS: Final = ("J3", "J4")
SENSORS_EACH: Final = 2
ACCESS: Final = "access-control-mode"
ALARM: Final = "alarm-mode"
SENSOR: Final = "sensor-mode"
CARDS: Final = (b"04A224B2C45E80", b"04B7119A2F6C81", b'"GUEST-2207"')


@dataclass(eq=False)
class SimulatedController:
    """Doors on J1, alarms on J2, RS-485 sensors on J3 and J4. `mac` is twelve lower-case digits.

    `say` publishes. A silent one hears its commands and says nothing (`is_silent`).
    """

    mac: str
    say: Say
    zone: tzinfo | None = None
    is_silent: bool = False
    states: dict[str, bool] = field(default_factory=dict)
    shown: list[tuple[str, str]] = field(default_factory=list)
    """What its readers were told to show: topic and kind."""
    _timers: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def commands(self) -> tuple[str, ...]:
        """What it subscribes to: the second for the feedback of readers, which the reference forgot."""
        return (f"cmnd/f2-{self.mac}/+/+/+", f"cmnd/f2-{self.mac}/+/+/+/+")

    async def handle(self, topic: str, payload: bytes) -> None:
        """Do what a command says; ValueError or KeyError where it says nothing that can be done."""
        _, _, mode, connector, component, *rest = topic.split("/")
        place = f"{mode}/{connector}/{component}"
        if rest:
            self.shown.append((topic, payload.decode()))
        elif not payload:
            await self._report(place)
        elif component.startswith("strike-"):
            await self._switch(place, json.loads(payload))
        elif component.startswith("siren-"):
            # It never says so by itself.
            self.states[place] = payload == b"1"

    async def measure(self) -> None:
        """Send a frame of each sensor."""
        for connector in SENSORS:
            for number in range(1, SENSORS_EACH + 1):
                place = f"{SENSOR}/{connector}/sensor-{number}"
                await self._tell("tele", place, data=frame().hex(" ").upper())

    async def show_card(
        self, card: bytes, connector: str = "J1", reader: int = 1
    ) -> None:
        """Hold a card to a reader."""
        await self._tell(
            "tele", f"{ACCESS}/{connector}/reader-{reader}", data=repr(card)
        )

    async def open_door(self, is_open: bool, connector: str = "J1") -> None:
        """Open or close the first door."""
        states = {"door-sensor-1": is_open, "door-sensor-2": False}
        await self._tell("stat", f"{ACCESS}/{connector}/door-sensors", **states)

    async def press(self, is_pressed: bool, connector: str = "J1") -> None:
        """Press or let go the first exit button."""
        states = {"exit-button-1": is_pressed, "exit-button-2": False}
        await self._tell("stat", f"{ACCESS}/{connector}/exit-buttons", **states)

    async def move(
        self, is_moving: bool, number: int = 1, connector: str = "J2"
    ) -> None:
        """Let somebody walk by a motion sensor."""
        place = f"{ALARM}/{connector}/motion-sensor-{number}"
        await self._tell("stat", place, status=is_moving)

    async def live(self) -> None:
        """Let something happen now and then, for ever; at first doors are closed, and nobody moves."""
        await self.open_door(False)
        await self.move(False)
        while True:
            await asyncio.sleep(random.uniform(5, 20))
            match random.randrange(4):
                case 0:
                    await self.show_card(random.choice(CARDS))
                case 1:
                    await self._for_a_while(self.open_door)
                case 2:
                    await self._for_a_while(self.press)
                case _:
                    await self._for_a_while(self.move)

    def stop(self) -> None:
        """Let no strike switch back any more."""
        for timer in self._timers:
            timer.cancel()

    async def _switch(self, place: str, said: dict[str, int]) -> None:
        was_on = self.states.get(place, False)
        power = said["power-flag"]
        self.states[place] = not was_on if power == TOGGLE else power == 1
        await self._report(place)
        if power == TOGGLE:
            timer = asyncio.create_task(self._back(place, said["period"], was_on))
            self._timers.add(timer)
            timer.add_done_callback(self._timers.discard)

    async def _back(self, place: str, seconds: float, state: bool) -> None:
        await asyncio.sleep(seconds)
        self.states[place] = state
        await self._report(place)

    async def _report(self, place: str) -> None:
        await self._tell("stat", place, status=self.states.get(place, False))

    async def _tell(self, kind: str, place: str, **fields: object) -> None:
        if self.is_silent:
            return
        now = datetime.now(self.zone).replace(tzinfo=None)
        body = {"timestamp": now.isoformat(" ", "microseconds"), **fields}
        await self.say(f"{kind}/f2-{self.mac}/{place}", json.dumps(body).encode())

    async def _for_a_while(self, act: Callable[[bool], Awaitable[None]]) -> None:
        await act(True)
        await asyncio.sleep(random.uniform(0.5, 3))
        await act(False)


def frame() -> bytes:
    """Return a reply of an environmental sensor, with values that can be."""
    celsius, humidity = random.gauss(2_150, 60), random.gauss(4_500, 200)
    air = random.gauss(650, 40)
    values = b"".join(int(value).to_bytes(2) for value in (celsius, humidity, air))
    # The values begin at byte 6 of the frame: the first three behind the header are none of them.
    data = (bytes(3) + values).ljust(12, b"\0")
    start = bytes((1, 3, len(data))) + data
    return start + checksum(start).to_bytes(2, "little")


def checksum(data: bytes) -> int:
    """Return the checksum of a Modbus frame, whose lower byte is sent first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc
