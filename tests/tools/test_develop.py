"""`scripts/develop` as a newcomer starts it: the real servers, and nothing left afterwards."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
from pathlib import Path
import re
import signal
import ssl
import sys
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import aiomqtt
import nats
import pytest

from scripts.devenv.paths import ROOT
from scripts.stack.hass_api import HassApi
from scripts.stack.ports import free_base

from ..kits.broker import Client

START_PATIENCE_S = 90
PATIENCE_S = 10

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


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncGenerator[Stack]:
    """A development server with the demo show."""
    base = str(free_base())
    async with started(tmp_path / "config", "--port-base", base) as stack:
        yield stack


async def test_a_client_and_home_assistant_see_each_other(stack: Stack) -> None:
    """What `mosquitto_pub` changes is in Home Assistant, and the other way round."""
    async with aiomqtt.Client("127.0.0.1", stack.ready["mqtt_port"]) as client:
        await client.publish("maestra/entity/state/update/newcomer", '{"level": 0.5}')
        await stack.sees("sensor.newcomer_level", "0.5")


async def test_a_nats_client_takes_part(stack: Stack) -> None:
    """As over any other protocol."""
    client = await nats.connect(stack.ready["nats_url"])
    subject = "maestra.entity.state.update.newcomer"
    answer = await client.request(subject, b'{"height": 0.5}', PATIENCE_S)
    assert json.loads(answer.data) == {"status": "ok"}
    await stack.sees("sensor.newcomer_height", "0.5")
    await client.close()


async def test_f2_over_mutual_tls(tmp_path: Path) -> None:
    """Controllers have certificates of our authority, also at the second start; nobody is let in without."""
    config, base = tmp_path / "config", str(free_base())
    options = ("--no-demo", "--port-base", base)
    async with started(config, *options) as stack:
        await controls_a_lock(stack)
        trust = ssl.create_default_context(cafile=stack.ready["ca_file"])
        with pytest.raises(aiomqtt.MqttError):
            async with Client(
                "127.0.0.1", stack.ready["mqtts_port"], tls_context=trust
            ) as client:
                await client.publish("tele/f2-aabbccddee01/a/b/c", b"1", qos=1)
        stranger = {"mac": "aa:bb:cc:dd:ee:99"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"{stack.ready['fleet_api']}/issue", json=stranger
            ) as response,
        ):
            assert response.status == 403
        assert_no_errors(config)
    async with started(config, *options) as stack:
        await controls_a_lock(stack)
    assert_no_errors(config)


def assert_no_errors(config: Path) -> None:
    """Maestra has logged nothing that somebody should look after; others may lack a library of this machine."""
    log = (config / "log" / "home_assistant.log").read_text("utf-8")
    assert re.findall(r" ERROR .*maestra.*", log) == []


async def controls_a_lock(stack: Stack) -> None:
    """A simulated controller measures, and does what it is told."""
    await stack.sees("binary_sensor.gate_connection", "on")
    await stack.api.act(
        "maestra.f2_unlock", {"entity_id": "lock.gate_j1_lock_1", "period": 30}
    )
    await stack.sees("lock.gate_j1_lock_1", "unlocked")
    await stack.api.act("lock.lock", {"entity_id": "lock.gate_j1_lock_1"})
    await stack.sees("lock.gate_j1_lock_1", "locked")


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
    urls = (stack.ready[name] for name in ("url", "dsn", "nats_url"))
    brokers = (stack.ready["mqtt_port"], stack.ready["mqtts_port"])
    for port in (*brokers, *(urlsplit(url).port for url in urls)):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
