"""An ESP32 board that drives the hazer: metrics, events, commands and a configuration."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, Final, override

from scripts.demo.board import Board, board_topic
from scripts.demo.catalogue import HAZER_BOARD, Json
from scripts.demo.client import main
from scripts.demo.motion import ticks, wave

SLUG: Final = "hazer"
HEARTBEAT_S: Final = 10
METRICS_S: Final = 5.0
SHORTEST_METRICS_S: Final = 1.0
BUTTON_S: Final = 20
FLUID_S: Final = 2
FLUID_PER_REPORT: Final = 0.004
"""Percent of the fluid that goes between two reports at level 1."""


class HazerBoard(Board):
    """Plays the hazer of the catalogue, and is the board behind it."""

    name = "hazer_board"
    hardware_id = HAZER_BOARD
    introduction = {
        "name": "Hazer board",
        "device_type": "esp32",
        "firmware_version": "1.4.2",
        "ip_address": "192.0.2.21",
        "location": {"room": "stage"},
        "metadata": {
            "chip": "ESP32-S3",
            "metrics": {
                "free_heap": {"entity_category": "diagnostic"},
                "wifi_signal": {"entity_category": "diagnostic"},
            },
        },
    }
    topics = tuple(
        board_topic(kind, HAZER_BOARD)
        for kind in ("device/command", "device/configuration", "errors")
    )

    def __init__(self) -> None:
        """Begin with a full tank."""
        super().__init__()
        self._fluid = self.props[SLUG].state["fluid"]
        self._metrics_s = METRICS_S
        self._presses = 0
        self._commands: dict[str, Callable[[], Awaitable[None]]] = {
            "identify": self._identify,
            "reboot": self.announce,
            "refill": self._refill,
        }

    @override
    def acts(self) -> Iterable[Coroutine[Any, Any, None]]:
        return self._live(), self._measure(), self._press(), self._haze()

    @override
    async def announce(self) -> None:
        await super().announce()
        await self.event("boot", reason="power_on")

    @override
    async def on_message(self, message: dict[str, Json]) -> None:
        """Obey a command, take over a configuration."""
        match message:
            case {"type": "device_command", "event_type": str(command)}:
                if action := self._commands.get(command):
                    await action()
                else:
                    await self.event("command_unknown", "warning", command=command)
            case {"type": "device_configuration", "version": int(version)}:
                refused = self._configure(message.get("configuration"))
                await self.applied(version, refused)
            case _:
                await super().on_message(message)

    def _configure(self, configuration: Json) -> str | None:
        """Take over a configuration; what it does not say is as at first. Returns why that can't be done."""
        match configuration:
            case {"metrics_interval": int() | float() as seconds}:
                if seconds < SHORTEST_METRICS_S:
                    return f"metrics_interval must be {SHORTEST_METRICS_S:g} or more"
                self._metrics_s = seconds
            case {"metrics_interval": _}:
                return "metrics_interval must be a number"
            case _:
                self._metrics_s = METRICS_S
        return None

    async def _identify(self) -> None:
        await self.event("identified", led="blue")

    async def _refill(self) -> None:
        self._fluid = 100.0
        await self.update(SLUG, {"fluid": self._fluid})

    async def _live(self) -> None:
        async for now in ticks(HEARTBEAT_S):
            await self.heartbeat(uptime_s=round(now))

    async def _measure(self) -> None:
        while True:
            now = asyncio.get_running_loop().time()
            await self.metrics(
                wifi_signal=(round(wave(now, 70, -74, -52)), "dBm"),
                free_heap=(round(wave(now, 45, 148_000, 196_000)), "bytes"),
                core_temperature=(round(wave(now, 200, 41, 56), 1), "°C"),
            )
            await asyncio.sleep(self._metrics_s)

    async def _press(self) -> None:
        async for _ in ticks(BUTTON_S):
            self._presses += 1
            await self.event("button_pressed", button="go", presses=self._presses)

    async def _haze(self) -> None:
        async for _ in ticks(FLUID_S):
            hazer = self.inputs[SLUG]
            used = FLUID_PER_REPORT * hazer["level"] * hazer["active"]
            self._fluid = max(0.0, self._fluid - used)
            await self.update(SLUG, {"fluid": round(self._fluid, 2)})


if __name__ == "__main__":
    main(HazerBoard())
