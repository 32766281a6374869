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
from .process import PATIENCE, Program, free_port

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


class Line:
    """What hangs on the UART of a node: a terminal whose other end is `link`."""

    def __init__(self, link: Path) -> None:
        self.link = link

    def __enter__(self) -> Self:
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(self._theirs))
        asyncio.get_running_loop().add_reader(self._ours, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._ours)
        self.link.unlink(missing_ok=True)
        os.close(self._ours)
        os.close(self._theirs)

    def _read(self, most: int) -> bytes:
        return os.read(self._ours, most)

    def _write(self, data: bytes) -> None:
        os.write(self._ours, data)

    def _hear(self) -> None:
        """Take what the node has sent."""
        raise NotImplementedError


class ModbusSensors(Line):
    """Sensors on an RS-485 bus. They answer as `frames` say, by address."""

    def __init__(self, link: Path, frames: Mapping[int, bytes]) -> None:
        super().__init__(link)
        self._frames = frames
        self.asked: list[bytes] = []

    @override
    def _hear(self) -> None:
        request = self._read(MODBUS_REQUEST_BYTES)
        self.asked.append(request)
        if frame := self._frames.get(request[0]):
            self._write(frame)


class DmxLamps(Line):
    """Lamps on a DMX line of so many channels. Of a break a terminal has a zero."""

    def __init__(self, link: Path, channels: int) -> None:
        super().__init__(link)
        self._length = channels + 2
        self._heard = b""
        self._news = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self.frames = 0
        self.levels = bytes(channels)

    async def show(self, levels: Mapping[int, int]) -> None:
        """Wait until these channels have these levels."""

        def shown() -> dict[int, int]:
            return {channel: self.levels[channel - 1] for channel in levels}

        try:
            async with asyncio.timeout(PATIENCE), self._news:
                await self._news.wait_for(lambda: shown() == levels)
        except TimeoutError:
            raise AssertionError(f"Never: {levels}; now {shown()}") from None

    @override
    def _hear(self) -> None:
        self._heard += self._read(4096)
        while len(self._heard) >= self._length:
            frame, self._heard = (
                self._heard[: self._length],
                self._heard[self._length :],
            )
            assert frame[:2] == bytes(2)
            self.frames += 1
            self.levels = frame[2:]
        task = asyncio.create_task(self._announce())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _announce(self) -> None:
        async with self._news:
            self._news.notify_all()
