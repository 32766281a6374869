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


async def test_a_follower_is_seen_on_the_overlay_and_flashes_a_light(
    config: Path,
) -> None:
    """What happens on the simulated channel goes all the way, also after a restart."""
    options = ("--port-base", str(free_base()))
    async with started(config, *options) as stack:
        overlay = f"{stack.ready['overlay']}feed/socket"
        async with (
            aiohttp.ClientSession() as browser,
            browser.ws_connect(overlay) as page,
        ):
            await light_is(stack, "off")
            follow = f"{stack.ready['twitch']}/simulate/channel.follow"
            async with browser.post(
                follow, json={"user_id": "77", "user_name": "Zoe"}
            ) as answer:
                assert await answer.json() == {"told": 1}
            assert await alert_of(page, "Zoe") == "is here"
            await stack.sees(SPOT, "on")
            await stack.sees(SPOT, "off")
        await stack.finds("FROM stream_events WHERE person = 'Zoe'")
        assert_no_errors(config)
    async with started(config, *options) as stack:
        assert stack.ready["overlay"] in overlay
        await stack.sees("binary_sensor.demo_channel_connection", "on")
    assert_no_errors(config)


SPOT = "light.stage_spot_1"


async def light_is(stack: Stack, state: str) -> None:
    """Turn the light of the show on or off."""
    await stack.api.act(f"light.turn_{state}", {"entity_id": SPOT})
    await stack.sees(SPOT, state)


async def alert_of(page: aiohttp.ClientWebSocketResponse, person: str) -> str:
    """Wait until a page is told of an alert about somebody; returns its message."""
    while True:
        layers = (await page.receive_json(timeout=30)).get("layers", {})
        data = (layers.get("foreground", {}).get("content") or {}).get("data", {})
        if data.get("title") == person:
            return str(data["message"])
