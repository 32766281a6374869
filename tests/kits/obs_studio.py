"""A real OBS Studio under a display that nobody sees, from a root of its own (`scripts/devenv/obs.py`)."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import override

import pytest

from scripts.devenv import obs
from scripts.devenv.speech import ffmpeg

from .obs import PASSWORD
from .process import HOST, LOOK_AGAIN_S, PATIENCE, Program, free_port

needs_sink = pytest.mark.skipif(
    ffmpeg() is None, reason="no ffmpeg: python3 -m scripts.devenv.speech"
)
needs_obs = pytest.mark.skipif(obs.why_not() is not None, reason=str(obs.why_not()))


class Jailed(Program):
    """A program in the root of OBS."""

    def __init__(self, command: Sequence[str | Path]) -> None:
        super().__init__()
        self._command = command

    @override
    async def start(self) -> None:
        """Start it."""
        await self._run(*self._command)


class ObsStudio(Jailed):
    """OBS with an empty scene collection, and its WebSocket server."""

    def __init__(self, folder: Path, display: str) -> None:
        super().__init__(obs.studio(folder, display))
        self.port = free_port()
        self.recordings = folder / "recordings"
        self._folder = folder

    @override
    async def start(self) -> None:
        """Start, and return when it listens."""
        obs.configure(self._folder, self.port, PASSWORD)
        await super().start()
        await self.logged("Server started successfully")


class RtmpSink(Program):
    """Takes one stream, and keeps it in a file: an ffmpeg that listens."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file
        self._port = free_port()
        self.server = f"rtmp://{HOST}:{self._port}/live"

    @override
    async def start(self) -> None:
        """Start it, and return when it listens: whoever tries that is its one client."""
        binary = ffmpeg()
        assert binary
        address = ("-listen", "1", "-i", f"{self.server}/test")
        await self._run(
            binary, "-v", "error", "-y", *address, "-c", "copy", "-f", "flv", self.file
        )
        listens = f":{self._port:04X} 00000000:0000 0A"
        async with asyncio.timeout(PATIENCE):
            while listens not in Path("/proc/net/tcp").read_text():
                await asyncio.sleep(LOOK_AGAIN_S)


@asynccontextmanager
async def obs_studio(folder: Path) -> AsyncGenerator[ObsStudio]:
    """Run OBS, and the display that it wants."""
    display = f":{free_port() % 10_000 + 100}"
    async with Jailed(obs.screen(display)):
        while not obs.socket_of(display).exists():
            await asyncio.sleep(0.05)
        async with ObsStudio(folder, display) as running:
            yield running
