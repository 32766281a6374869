"""`scripts/develop` as a newcomer starts it: the real servers, and nothing left afterwards."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
import signal
import ssl
from urllib.parse import urlsplit

import aiohttp
import aiomqtt
import pytest

from scripts.stack.ports import free_base

from ..kits.broker import Client
from ..kits.develop import Stack, assert_no_errors, configuration, started

pytestmark = [pytest.mark.usefixtures("socket_enabled"), pytest.mark.timeout(180)]


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    """Where the configuration of a development server is to be."""
    with configuration(tmp_path) as config:
        yield config


async def test_f2_over_mutual_tls(config: Path) -> None:
    """Controllers have certificates of our authority, also at the second start; nobody is let in without."""
    options = ("--no-demo", "--port-base", str(free_base()))
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


async def controls_a_lock(stack: Stack) -> None:
    """A simulated controller measures, and does what it is told."""
    await stack.sees("binary_sensor.gate_connection", "on")
    await stack.api.act(
        "maestra.f2_unlock", {"entity_id": "lock.gate_j1_lock_1", "period": 30}
    )
    await stack.sees("lock.gate_j1_lock_1", "unlocked")
    await stack.api.act("lock.lock", {"entity_id": "lock.gate_j1_lock_1"})
    await stack.sees("lock.gate_j1_lock_1", "locked")


async def test_nothing_is_left_after_ctrl_c(config: Path) -> None:
    """Every server is gone, and the exit code says that all went well."""
    async with started(config, "--port-base", str(free_base())) as stack:
        stack.process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(stack.process.wait(), 40) == 0
        urls = (stack.ready[name] for name in ("url", "dsn", "nats_url"))
        brokers = (stack.ready["mqtt_port"], stack.ready["mqtts_port"])
        for port in (*brokers, *(urlsplit(url).port for url in urls)):
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", port)
    assert_no_errors(config)


async def test_a_restart_keeps_the_channel_and_the_address_of_its_overlay(
    config: Path,
) -> None:
    """What happens there is in `tests/browser/test_develop.py`."""
    options = ("--port-base", str(free_base()))
    addresses = []
    for _ in range(2):
        async with started(config, *options) as stack:
            await stack.sees("binary_sensor.demo_channel_connection", "on")
            addresses.append(urlsplit(stack.ready["overlay"]).path)
        assert_no_errors(config)
    assert addresses[0] == addresses[1]
