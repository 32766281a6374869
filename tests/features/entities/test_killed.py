"""Home Assistant itself, killed with kill -9 in the middle of updates."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
import json
import os
from pathlib import Path
import sys
from typing import Any

import aiohttp
import pytest

from custom_components.maestra.const import DOMAIN
from scripts.devenv.environment import STUBS
from scripts.stack.services.home_assistant import prepare_config
from tests.kits.broker import Broker, Peer
from tests.kits.hub_broker import broker_subentry
from tests.kits.process import HOST, free_port

CLIENT_ID = "maestra-kit"
TOPIC = "maestra/entity/state/update/"
START = 90.0
"""Seconds that Home Assistant may take to start on a busy machine."""
AT = "2026-11-21T18:00:00.000000+00:00"


class Process:
    """Home Assistant with a hub on a broker and the Fleet API, in a folder of its own."""

    def __init__(self, folder: Path, broker: Broker) -> None:
        self._config = folder
        self._broker = broker
        self._api = free_port()
        self._starts = 0
        self._process: asyncio.subprocess.Process
        storage = folder / ".storage"
        storage.mkdir(parents=True)
        (folder / "configuration.yaml").write_text("logger:\n  default: warning\n")
        (storage / "core.config_entries").write_text(json.dumps(self._entries()))
        prepare_config(folder, free_port())

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
        url = f"http://{HOST}:{self._api}/entities?limit=1000"
        async with aiohttp.ClientSession() as session, asyncio.timeout(START):
            while True:
                with suppress(aiohttp.ClientError):
                    async with session.get(url) as answer:
                        answer.raise_for_status()
                        return {each["slug"]: each for each in await answer.json()}
                await asyncio.sleep(0.1)

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
            "entry_id": "maestrahub",
            "minor_version": 1,
            "version": 1,
            "options": options,
            "pref_disable_new_entities": False,
            "pref_disable_polling": False,
            "source": "user",
            "subentries": [broker_subentry(self._broker)],
            "title": "Maestra",
            "unique_id": None,
        }
        return {
            "version": 1,
            "minor_version": 5,
            "key": "core.config_entries",
            "data": {"entries": [entry]},
        }


async def send(peer: Peer, count: int, run: int) -> None:
    """Publish updates of known and new entities."""
    for number in range(count):
        for slug in (f"known-{number % 10}", f"new-{run}-{number % 40}"):
            await peer.publish(f"{TOPIC}{slug}", {"n": run * 10_000 + number})


@pytest.mark.timeout(300)
async def test_all_that_was_acknowledged_is_there(
    socket_enabled: None, tmp_path: Path
) -> None:
    """With the same ids, and without anything that the broker would send again."""
    async with Broker(tmp_path / "broker") as broker, broker.peer(filters=()) as peer:
        home_assistant = Process(tmp_path / "config", broker)
        ids: dict[str, str] = {}
        counts: dict[str, int] = {}
        for run in range(3):
            async with home_assistant.running():
                there = await home_assistant.entities()
                late = {
                    slug: count
                    for slug, count in counts.items()
                    if there.get(slug, {"state": {"n": 0}})["state"]["n"] < count
                }
                assert late == {}
                now = {slug: each["id"] for slug, each in there.items()}
                assert ids.items() <= now.items()
                ids = now
                before = broker.acknowledged(CLIENT_ID)
                sending = asyncio.create_task(send(peer, 200, run + 1))
                async with asyncio.timeout(START):
                    while broker.acknowledged(CLIENT_ID).total() < before.total() + 120:
                        await asyncio.sleep(0.01)
            await sending
            # It was lost once a run, and so was whoever made the broker forget.
            await broker.has_lost(CLIENT_ID, 2 * run + 1)
            # The n-th message of this run to an entity that was acknowledged was at least number n - 1.
            for topic, count in (broker.acknowledged(CLIENT_ID) - before).items():
                counts[topic.removeprefix(TOPIC)] = (run + 1) * 10_000 + count - 1
            # The broker forgets what it has for us: nothing heals by being sent again.
            async with broker.peer(filters=(), identifier=CLIENT_ID, clean_start=True):
                pass
