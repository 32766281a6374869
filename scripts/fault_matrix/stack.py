"""The servers of one fault, as `scripts/develop` starts them without the show, and what can be done to them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import asyncpg

from scripts.stack.context import Context
from scripts.stack.hass_api import Json
from scripts.stack.ports import LOOPBACK
from scripts.stack.services.home_assistant import HomeAssistant
from scripts.stack.services.integration import BROKER, DATABASE, Integration
from scripts.stack.services.mosquitto import Mosquitto
from scripts.stack.services.postgresql import NAME, Postgresql
from scripts.stack.supervisor import Child
from scripts.stack.trial import start, trial

from .bill import Shown, Stored, read_stored
from .load import KEY
from .proxy import Proxy

HOME_ASSISTANT: Final = "home_assistant"
MOSQUITTO: Final = "mosquitto"
POSTGRESQL: Final = "postgresql"
"""Names of processes."""
CONNECT_TIMEOUT_S: Final = 5
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
    async with trial(folder) as context, Proxy(context.ports.postgresql) as proxy:
        await start(context, (Mosquitto(), Postgresql(), HomeAssistant()))
        behind = replace(context.ports, postgresql=proxy.port)
        await start(replace(context, ports=behind), (INTEGRATION,))
        yield Stack(context=context, proxy=proxy)
