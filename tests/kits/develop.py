"""`scripts/develop` as a newcomer starts it."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
import json
from pathlib import Path
import re
import shutil
import signal
import sys
from typing import Any

from scripts.devenv.paths import ROOT
from scripts.stack.__main__ import data_folder
from scripts.stack.hass_api import HassApi

from .process import PATIENCE

START_PATIENCE_S = 90


@dataclass
class Stack:
    """A running development server."""

    process: asyncio.subprocess.Process
    ready: dict[str, Any]
    api: HassApi

    async def states(self) -> dict[str, str]:
        """Return the state of every entity."""
        return {
            it["entity_id"]: it["state"] for it in await self.api.get("/api/states")
        }

    async def sees(self, entity_id: str, state: str) -> None:
        """Wait until Home Assistant shows a state."""
        async with asyncio.timeout(PATIENCE):
            while (await self.states()).get(entity_id) != state:
                await asyncio.sleep(0.05)

    async def psql(self, query: str) -> str:
        """Ask the database with the psql that a newcomer is told of."""
        psql = await asyncio.create_subprocess_exec(
            *(self.ready["psql"], self.ready["dsn"], "--no-psqlrc", "-Atc", query),
            stdout=asyncio.subprocess.PIPE,
        )
        answer, _ = await psql.communicate()
        assert psql.returncode == 0
        return answer.decode().strip()

    async def finds(self, query: str) -> None:
        """Wait until the database has rows."""
        async with asyncio.timeout(PATIENCE):
            while await self.psql(f"SELECT EXISTS (SELECT {query})") != "t":
                await asyncio.sleep(0.05)


@contextmanager
def configuration(folder: Path) -> Iterator[Path]:
    """Make a place for the configuration of a development server; what its servers have kept is removed at the end."""
    config = folder / "config"
    try:
        yield config
    finally:
        shutil.rmtree(data_folder(config), ignore_errors=True)


@asynccontextmanager
async def started(config: Path, *options: str | Path) -> AsyncGenerator[Stack]:
    """Run a development server; it is stopped as by Ctrl-C."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "scripts.stack", "--config", config, *options),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    try:
        async with asyncio.timeout(START_PATIENCE_S):
            while not (line := await process.stdout.readline()).startswith(b"READY "):
                assert line, "ended before it was ready; see its messages above"
        ready = json.loads(line.removeprefix(b"READY "))
        async with HassApi(ready["url"]) as api:
            api.token = ready["token"]
            yield Stack(process, ready, api)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.wait()


def assert_no_errors(config: Path) -> None:
    """Maestra has logged nothing that somebody should look after; others may lack a library of this machine.

    Nor has Home Assistant of what it will not take from us any more in a later release.
    """
    log = (config / "log" / "home_assistant.log").read_text("utf-8")
    assert re.findall(r" ERROR .*maestra.*|custom integration 'maestra'.*", log) == []
