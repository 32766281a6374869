"""`scripts/develop` as a newcomer starts it: the real servers, and nothing left afterwards."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
import json
from pathlib import Path
import random
import signal
import socket
import sys
from typing import Any
from urllib.parse import urlsplit

import aiomqtt
import pytest

from scripts.devenv.paths import ROOT
from scripts.stack.hass_api import HassApi

START_PATIENCE_S = 90
PATIENCE_S = 10
PORTS = 8
"""How many consecutive ports are looked for; more than one server takes."""

pytestmark = [pytest.mark.usefixtures("socket_enabled"), pytest.mark.timeout(180)]


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
        async with asyncio.timeout(PATIENCE_S):
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
        async with asyncio.timeout(PATIENCE_S):
            while await self.psql(f"SELECT EXISTS (SELECT {query})") != "t":
                await asyncio.sleep(0.05)


def free_port_base() -> int:
    """Return the first of several consecutive ports that nothing listens on.

    Tries them in random order: tests that run side by side must not agree on one.
    """
    bases = list(range(21000, 32000, PORTS))
    random.shuffle(bases)
    for base in bases:
        sockets = []
        try:
            sockets = [
                socket.create_server(("127.0.0.1", base + row)) for row in range(PORTS)
            ]
        except OSError:
            continue
        finally:
            for it in sockets:
                it.close()
        return base
    raise OSError("no free ports")


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncGenerator[Stack]:
    """A development server with the demo show, stopped after the test as by Ctrl-C."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "scripts.stack",
        "--config",
        tmp_path / "config",
        "--port-base",
        str(free_port_base()),
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


async def test_a_client_and_home_assistant_see_each_other(stack: Stack) -> None:
    """What `mosquitto_pub` changes is in Home Assistant, and the other way round."""
    async with aiomqtt.Client("127.0.0.1", stack.ready["mqtt_port"]) as client:
        await client.publish("maestra/entity/state/update/newcomer", '{"level": 0.5}')
        await stack.sees("sensor.newcomer_level", "0.5")


async def test_the_show_is_recorded(stack: Stack) -> None:
    """What a newcomer looks for: who is there, and what they do, in a hypertable each."""
    for table in (
        "devices",
        "entities",
        "entity_states",
        "entity_values",
        "device_metrics",
        "device_events",
    ):
        await stack.finds(f"FROM {table}")
    await stack.finds(
        "FROM ha_states JOIN ha_entities ON entity = id WHERE entity_id = 'light.spot_1'"
    )
    assert (
        await stack.psql("SELECT count(*) FROM timescaledb_information.hypertables")
        != "0"
    )


async def test_nothing_is_left_after_ctrl_c(stack: Stack) -> None:
    """Every server is gone, and the exit code says that all went well."""
    stack.process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(stack.process.wait(), 40) == 0
    urls = (stack.ready["url"], stack.ready["dsn"])
    for port in (stack.ready["mqtt_port"], *(urlsplit(url).port for url in urls)):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
