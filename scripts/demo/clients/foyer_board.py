"""A board that nobody knows yet: it asks to be let in, and waits for a person to approve it."""

import asyncio
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from typing import Any, Final, override

from scripts.demo.board import Board, board_topic
from scripts.demo.catalogue import FOYER_BOARD, Json
from scripts.demo.client import main
from scripts.demo.motion import wave

HEARTBEAT_S: Final = 10
PAUSE_S: Final = 60
"""How long it keeps quiet after it was turned away."""


class FoyerBoard(Board):
    """Asks, reports, and asks again some time after it was rejected or blocked."""

    name = "foyer_board"
    hardware_id = FOYER_BOARD
    verb = "discover"
    introduction = {
        "name": "Foyer board",
        "device_type": "esp32",
        "firmware_version": "0.9.0",
        "ip_address": "192.0.2.22",
        "metadata": {"chip": "ESP32-C3"},
    }
    topics = (
        board_topic("errors", FOYER_BOARD),
        "maestra/device/rejected",
        "maestra/device/blocked",
    )

    def __init__(self) -> None:
        """Begin hopefully."""
        super().__init__()
        self._turned_away = asyncio.Event()

    @override
    def acts(self) -> Iterable[Coroutine[Any, Any, None]]:
        return (self._live(),)

    @override
    async def on_message(self, message: dict[str, Json]) -> None:
        """Keep quiet for a while when turned away."""
        match message:
            case {
                "type": "device_rejected" | "device_blocked",
                "hardware_id": self.hardware_id,
            } | {"code": "device_blocked"}:
                self._turned_away.set()
            case _ if not self._turned_away.is_set():
                await super().on_message(message)

    async def _live(self) -> None:
        while True:
            while not self._turned_away.is_set():
                await self._report_all()
                with suppress(TimeoutError):
                    async with asyncio.timeout(HEARTBEAT_S):
                        await self._turned_away.wait()
            await asyncio.sleep(PAUSE_S)
            self._turned_away.clear()
            await self.introduce()

    async def _report_all(self) -> None:
        now = asyncio.get_running_loop().time()
        await self.heartbeat(uptime_s=round(now))
        await self.metrics(battery=(round(wave(now, 3600, 20, 95)), "%"))


if __name__ == "__main__":
    main(FoyerBoard())
