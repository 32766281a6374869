"""A headless process that a test starts and kills."""

import asyncio
import contextlib
import json
from pathlib import Path
import sys
from typing import Self

from custom_components.maestra.core.store.settings import StoreSettings

from .broker import Broker

ROOT = Path(__file__).parents[2]


class Headless:
    """The process under test; it comes back with the same files and the same MQTT session."""

    def __init__(
        self,
        broker: Broker,
        folder: Path,
        settings: StoreSettings | None = None,
        *,
        keeps: bool = False,
    ) -> None:
        self._arguments = {
            "mqtt_port": broker.port,
            "folder": str(folder),
            "database_port": settings and settings.port,
            "database": settings and settings.database,
            "keeps": keeps,
            "dies": False,
        }
        self._process: asyncio.subprocess.Process

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

    async def start(self, *, dies: bool = False) -> None:
        """Start it, to kill itself, if it shall, when messages are durable but not acknowledged."""
        self._arguments["dies"] = dies
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.kits.headless",
            json.dumps(self._arguments),
            cwd=ROOT,
        )

    async def kill(self) -> None:
        """Kill it now, wherever it is."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self.ended()

    async def ended(self) -> None:
        """Wait for its end."""
        await self._process.wait()
