"""Real ESPHome nodes: processes of this computer, which speak to a real broker."""

import asyncio
from collections.abc import Mapping
import os
from pathlib import Path
import tty
from typing import Self, override

import pytest

from scripts.nodes import compiler

from .broker import Broker
from .process import Program, free_port

needs_compiler = pytest.mark.skipif(
    compiler() is None,
    reason="no C++ compiler (g++ or clang++): nodes can't be built here",
)

INSTALLING = pytest.mark.timeout(600)
"""ESPHome may have to be installed, and nodes to be compiled."""

MODBUS_REQUEST_BYTES = 8


class Node(Program):
    """One node. Its preferences are in `folder`, so it is the same one after a restart.

    `environment` is what the node is told at its start.
    """

    def __init__(
        self, program: Path, broker: Broker, folder: Path, **environment: str
    ) -> None:
        super().__init__()
        self.api_port = free_port()
        self.environment = environment
        self._program = program
        self._environment = {
            "MQTT_BROKER": f"{broker.host}:{broker.port}",
            "ESPHOME_PREFDIR": str(folder),
            "API_PORT": str(self.api_port),
        }

    async def __aexit__(self, *_: object) -> None:
        """Pull its plug."""
        await self.kill()

    @override
    async def start(self) -> None:
        """Switch it on."""
        await self._run(self._program, env=self._environment | self.environment)


class ModbusSensors:
    """Sensors on an RS-485 bus: a terminal whose other end is `link`. They answer as `frames` say, by address."""

    def __init__(self, link: Path, frames: Mapping[int, bytes]) -> None:
        self._link = link
        self._frames = frames
        self.asked: list[bytes] = []

    def __enter__(self) -> Self:
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(os.ttyname(self._theirs))
        asyncio.get_running_loop().add_reader(self._ours, self._answer)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._ours)
        self._link.unlink(missing_ok=True)
        os.close(self._ours)
        os.close(self._theirs)

    def _answer(self) -> None:
        request = os.read(self._ours, MODBUS_REQUEST_BYTES)
        self.asked.append(request)
        if frame := self._frames.get(request[0]):
            os.write(self._ours, frame)
