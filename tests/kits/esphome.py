"""Real ESPHome nodes: processes of this computer, which speak to a real broker."""

import asyncio
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
import json
import os
from pathlib import Path
import subprocess
import tty
from typing import Self, override

import pytest

from scripts.devenv.process import SetupError
from scripts.nodes import OPTIONS, compiler, esphome_environment, esphome_folder

from .broker import Broker
from .process import PATIENCE, Program, free_port

needs_compiler = pytest.mark.skipif(
    compiler() is None,
    reason="no C++ compiler (g++ or clang++): nodes can't be built here",
)

INSTALLING = pytest.mark.timeout(600)
"""ESPHome may have to be installed, and nodes to be compiled."""

MODBUS_REQUEST_BYTES = 8


type Esphome = Callable[..., str]
"""ESPHome with the components of the working copy: takes the words of a command line, returns what it prints. SetupError when it fails."""


@contextmanager
def esphome_server(folder: Path) -> Generator[Esphome]:
    """Run ESPHome many times, in a tenth of the time that it needs to start."""
    program = Path(__file__).with_name("esphome_server.py")
    output = folder / "output"
    environment = {**os.environ, **esphome_environment()}
    with subprocess.Popen(
        # -P: this file is not ESPHome.
        [esphome_folder() / "python", "-P", program],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        requests, answers = process.stdin, process.stdout
        assert requests and answers

        def run(*words: str | Path) -> str:
            request = {
                "words": [str(word) for word in (*OPTIONS, *words)],
                "cwd": str(Path.cwd()),
                "env": environment,
                "output": str(output),
            }
            requests.write(f"{json.dumps(request)}\n")
            requests.flush()
            code = answers.readline().strip()
            said = output.read_text("utf-8")
            if code != "0":
                raise SetupError(f"ESPHome failed ({code}):\n{said}")
            return said

        yield run


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
