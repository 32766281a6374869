"""An F2 controller without hardware, on the broker of a hub that carries the dialect."""

import asyncio
from collections.abc import AsyncGenerator
import contextlib
from contextlib import asynccontextmanager
from datetime import UTC
import json
from typing import Any

from custom_components.maestra.features.f2.setup import f2_subentry
from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant
from scripts.simulators.f2_controller import SimulatedController

from .broker import Broker, Peer
from .hub_broker import MaestraKit
from .process import PATIENCE

MAC = "aabbccddee01"
SAMPLE = "01 03 0C 32 30 32 30 36 32 38 30 31 30 31 5B 18 28 01"
"""The frame of f2.md §2."""
WIRING = {
    "J1": {
        "mode": "access-control-mode",
        "components": {
            "strike-1": {"name": "Front door"},
            "door-sensor-1": {},
            "exit-button-1": {},
            "reader-1": {},
        },
    },
    "J2": {
        "mode": "alarm-mode",
        "components": {"siren-1": {}, "motion-sensor-1": {}},
    },
    "J3": {
        "mode": "sensor-mode",
        "components": {
            "sensor-1": {"name": "Lobby", "template": "environmental_sensor"},
            "sensor-2": {"template": "power_monitor"},
        },
    },
}


class F2Device:
    """The controller; `says` is for what the simulator would not say."""

    def __init__(self, mqtt: Peer, mac: str) -> None:
        self.mac = mac
        self.asked: list[tuple[str, bytes]] = []
        self.controller = SimulatedController(mac, self._publish, UTC)
        self._mqtt = mqtt
        self._news = asyncio.Condition()

    async def says(self, tail: str, **body: Any) -> None:
        """Publish: `stat/access-control-mode/J1/strike-1`."""
        kind, _, rest = tail.partition("/")
        fields = {"timestamp": "2026-11-21 18:00:00.000000", **body}
        await self._publish(f"{kind}/f2-{self.mac}/{rest}", json.dumps(fields).encode())

    async def answer(self) -> None:
        """Do what it is told, for ever."""
        while True:
            message = await self._mqtt.receives("cmnd/#", timeout=3600)
            await self.controller.handle(message.topic, message.payload)
            async with self._news:
                self.asked.append((message.topic, message.payload))
                self._news.notify_all()

    async def was_shown(self) -> list[bytes]:
        """Wait until a reader is told to show something; returns all that was."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: self._shown)
        return self._shown

    @property
    def _shown(self) -> list[bytes]:
        return [payload for topic, payload in self.asked if topic.endswith("/success")]

    async def _publish(self, topic: str, payload: bytes) -> None:
        await self._mqtt.publish(topic, payload)


@asynccontextmanager
async def f2_device(broker: Broker, mac: str = MAC) -> AsyncGenerator[F2Device]:
    """Run a controller on a broker."""
    async with broker.peer(filters=(f"cmnd/f2-{mac}/#",)) as mqtt:
        device = F2Device(mqtt, mac)
        answering = asyncio.create_task(device.answer())
        try:
            yield device
        finally:
            device.controller.stop()
            answering.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await answering


def add_controller(
    hass: HomeAssistant,
    entry: ConfigEntry,
    wiring: dict[str, Any] = WIRING,
    **others: Any,
) -> ConfigSubentry:
    """Set a controller up without asking anybody."""
    subentry = f2_subentry(MAC, "Gate", wiring, **others)
    hass.config_entries.async_add_subentry(entry, subentry)
    return subentry


async def carry_f2(maestra: MaestraKit) -> None:
    """Let the hub's broker carry F2."""
    await maestra.configure(dialects=["maestra", "f2"])
    await maestra.hass.async_block_till_done()
    await maestra.connected()
