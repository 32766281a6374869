"""Waits for servers that were started, for so long and no longer."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Final

from .supervisor import ServiceFailed

START_TIMEOUT_S: Final = 60
POLL_INTERVAL_S: Final = 0.05


async def in_time(name: str, log: Path, ready: Awaitable[None]) -> None:
    """Wait until a server is ready; raises ServiceFailed, which says where to look."""
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            await ready
    except TimeoutError as err:
        raise ServiceFailed(f"{name} does not start; see {log}") from err


async def says(log: Path, words: str) -> None:
    """Return when a log has these words."""
    while words not in log.read_text("utf-8"):
        await asyncio.sleep(POLL_INTERVAL_S)


async def exists(path: Path) -> None:
    """Return when there is such a file."""
    while not path.exists():
        await asyncio.sleep(POLL_INTERVAL_S)
