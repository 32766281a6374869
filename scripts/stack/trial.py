"""Servers for a measurement or a trial: in an empty folder, on free ports, and gone with the block."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from .__main__ import make_data_folder
from .context import Context, Memory, home_assistant_url
from .hass_api import HassApi
from .ports import Ports, free_base
from .services import Service
from .supervisor import Supervisor

START_TIMEOUT_S: Final = 120


@asynccontextmanager
async def trial(folder: Path) -> AsyncIterator[Context]:
    """Make the folders; what is started with this context is stopped at the end."""
    ports = Ports.from_base(free_base())
    config, data = folder / "config", folder / "data"
    config.mkdir()
    make_data_folder(data)
    supervisor = Supervisor()
    try:
        async with HassApi(home_assistant_url(ports)) as api:
            yield Context(
                config=config,
                data=data,
                ports=ports,
                memory=Memory.load(config),
                api=api,
                supervisor=supervisor,
            )
    finally:
        await supervisor.stop()


async def start(context: Context, services: Iterable[Service]) -> None:
    """Start services, one after the other. Raises ServiceFailed, and TimeoutError."""

    async def each() -> None:
        for service in services:
            await service.start(context)

    async with asyncio.timeout(START_TIMEOUT_S):
        await context.supervisor.guard(each())
    context.supervisor.all_up()
