"""The servers of one fault, as `scripts/develop` starts them without the show, and what can be done to them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import asyncpg

from scripts.stack.__main__ import make_data_folder
from scripts.stack.context import Context, Memory, home_assistant_url
from scripts.stack.hass_api import HassApi, Json
from scripts.stack.ports import LOOPBACK, Ports, free_base
from scripts.stack.services.home_assistant import HomeAssistant
from scripts.stack.services.integration import BROKER, DATABASE, Integration
from scripts.stack.services.mosquitto import Mosquitto
from scripts.stack.services.postgresql import NAME, Postgresql
from scripts.stack.supervisor import Child, Supervisor

from .bill import Shown, Stored, read_stored
from .load import KEY
from .proxy import Proxy

HOME_ASSISTANT: Final = "home_assistant"
MOSQUITTO: Final = "mosquitto"
POSTGRESQL: Final = "postgresql"
"""Names of processes."""
CONNECT_TIMEOUT_S: Final = 5
START_TIMEOUT_S: Final = 120
INTEGRATION: Final = Integration((BROKER, DATABASE))


@dataclass(kw_only=True)
class Stack:
    """Home Assistant, a broker, and a database behind a network that can be cut."""

    context: Context
    proxy: Proxy

    @property
    def home_assistant(self) -> Child:
        """Home Assistant's process."""
        return self.context.supervisor[HOME_ASSISTANT]

    @property
    def database(self) -> Child:
        """The database's."""
        return self.context.supervisor[POSTGRESQL]

    async def kill(self, name: str) -> None:
        """End a server where it stands."""
        await self.context.supervisor.kill(name)

    async def start_again(self, name: str) -> None:
        """Start a server that was killed; it is not up yet."""
        await self.context.supervisor.start_again(name)

    async def stored(self) -> Stored:
        """Look into the database. Raises OSError or asyncpg.PostgresError while it is not there."""
        connection = await asyncpg.connect(
            host=LOOPBACK,
            port=self.context.ports.postgresql,
            user=NAME,
            password=self.context.memory.database_password,
            database=NAME,
            timeout=CONNECT_TIMEOUT_S,
        )
        try:
            return await read_stored(connection)
        finally:
            await connection.close()

    async def shown(self) -> Shown:
        """Look at what there is to see. Raises ApiError or aiohttp.ClientError while Home Assistant is not there."""
        api = self.context.api
        entities = await api.get("/api/maestra/entities?limit=1000")
        states = await api.get("/api/states")
        sensors = {
            it["entity_id"]: it["state"]
            for it in states
            if it["entity_id"].endswith(f"_{KEY}")
        }
        return Shown(
            maestra={it["slug"]: it["state"].get(KEY) for it in entities},
            home_assistant={
                entity_id.removeprefix("sensor.").removesuffix(f"_{KEY}").replace("_", "-"): _number(state)
                for entity_id, state in sensors.items()
            },
        )  # fmt: skip


def _number(state: Json) -> int | None:
    try:
        return int(float(state))
    except ValueError:
        return None


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Stack]:
    """Run everything, with its files in an empty folder."""
    ports = Ports.from_base(free_base())
    config, data = folder / "config", folder / "data"
    config.mkdir()
    make_data_folder(data)
    supervisor = Supervisor()
    try:
        async with (
            HassApi(home_assistant_url(ports)) as api,
            Proxy(ports.postgresql) as proxy,
        ):
            context = Context(
                config=config,
                data=data,
                ports=ports,
                memory=Memory.load(config),
                api=api,
                supervisor=supervisor,
            )
            async with asyncio.timeout(START_TIMEOUT_S):
                await supervisor.guard(_start(context, proxy))
            supervisor.all_up()
            yield Stack(context=context, proxy=proxy)
    finally:
        await supervisor.stop()


async def _start(context: Context, proxy: Proxy) -> None:
    for service in (Mosquitto(), Postgresql(), HomeAssistant()):
        await service.start(context)
    behind = replace(context.ports, postgresql=proxy.port)
    await INTEGRATION.start(replace(context, ports=behind))
