"""Home Assistant as a process of its own, with a hub: to be killed by a test, or looked at in a browser."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager, suppress
import json
import os
from pathlib import Path
import sys
from typing import Any

import aiohttp

from custom_components.maestra.const import DOMAIN
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from scripts.devenv.environment import STUBS
from scripts.stack.hass_api import HassApi
from scripts.stack.services.home_assistant import prepare_config

from .process import HOST, free_port

START = 90.0
"""Seconds that Home Assistant may take to start on a busy machine."""
AT = "2026-11-21T18:00:00.000000+00:00"
USER = "tester"
TOKEN = "token of the tests"
CONFIGURATION = "logger:\n  default: warning\n"
HUB = "maestrahub"
UNKNOWN = (STATE_UNAVAILABLE, STATE_UNKNOWN)


class HassProcess:
    """Home Assistant with a hub of these subentries and the Fleet API, in a folder of its own; a fresh one has no hub yet."""

    def __init__(
        self,
        folder: Path,
        subentries: Iterable[ConfigSubentryDataWithId] = (),
        configuration: str = CONFIGURATION,
        *,
        is_fresh: bool = False,
    ) -> None:
        self._config = folder
        self._subentries = [{**each, "data": dict(each["data"])} for each in subentries]
        self._api = free_port()
        self._http = free_port()
        self._token: str | None = None
        self._process: asyncio.subprocess.Process
        storage = folder / ".storage"
        storage.mkdir(parents=True)
        (folder / "configuration.yaml").write_text(configuration)
        if not is_fresh:
            (storage / "core.config_entries").write_text(json.dumps(self._entries()))
        prepare_config(folder, self._http)

    @property
    def fleet_api(self) -> str:
        """Where its Fleet API is."""
        return f"http://{HOST}:{self._api}"

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Run it until it is killed, or the end."""
        await self._start()
        try:
            yield
        finally:
            await self.kill()

    async def kill(self) -> None:
        """Kill it now, wherever it is."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def entities(self) -> dict[str, Any]:
        """Return what clients of the Fleet API are told, by slug."""
        url = f"{self.fleet_api}/entities?limit=1000"
        async with aiohttp.ClientSession() as session, asyncio.timeout(START):
            while True:
                with suppress(aiohttp.ClientError):
                    async with session.get(url) as answer:
                        answer.raise_for_status()
                        return {each["slug"]: each for each in await answer.json()}
                await asyncio.sleep(0.1)

    async def states(self, entity_ids: Iterable[str]) -> dict[str, str]:
        """Return the states of entities when all of them have one."""
        wanted = set(entity_ids)
        async with self.api() as api, asyncio.timeout(START):
            while True:
                states = {
                    each["entity_id"]: each["state"]
                    for each in await api.get("/api/states")
                    if each["entity_id"] in wanted and each["state"] not in UNKNOWN
                }
                if states.keys() == wanted:
                    return states
                await asyncio.sleep(0.1)

    @asynccontextmanager
    async def api(self) -> AsyncGenerator[HassApi]:
        """Be its first user, once it answers."""
        async with HassApi(f"http://{HOST}:{self._http}") as api:
            async with asyncio.timeout(START):
                await api.wait_for_http()
                if self._token is None:
                    await api.onboard(USER, USER)
                    self._token = await api.make_long_lived_token(TOKEN)
                    # Home Assistant's own file, which it saves a little later.
                    auth = self._config / ".storage" / "auth"
                    while not (auth.exists() and TOKEN in auth.read_text()):
                        await asyncio.sleep(0.1)
            api.token = self._token
            yield api

    async def _start(self) -> None:
        with (self._config / "output").open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                Path(sys.executable).with_name("hass"),
                *("--skip-pip", "--log-no-color", "--config", self._config),
                env={**os.environ, "PYTHONPATH": str(STUBS / "python")},
                stdout=output,
                stderr=output,
            )

    def _entries(self) -> dict[str, Any]:
        options = {"fleet_api": {"enabled": True, "host": HOST, "port": self._api}}
        entry = {
            "created_at": AT,
            "modified_at": AT,
            "data": {},
            "disabled_by": None,
            "discovery_keys": {},
            "domain": DOMAIN,
            "entry_id": HUB,
            "minor_version": 1,
            "version": 1,
            "options": options,
            "pref_disable_new_entities": False,
            "pref_disable_polling": False,
            "source": "user",
            "subentries": self._subentries,
            "title": "Maestra",
            "unique_id": None,
        }
        return {
            "version": 1,
            "minor_version": 5,
            "key": "core.config_entries",
            "data": {"entries": [entry]},
        }
