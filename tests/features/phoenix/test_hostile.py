"""Clients of channels and REST that mean no good: whatever they say, nothing fails, and nothing of them is left."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack
import json
import logging
import os
from types import MappingProxyType
from typing import Any

import pytest

from custom_components.maestra.const import (
    SUBENTRY_IRONMON,
    SUBENTRY_RAINWAVE,
    SUBENTRY_REMOTE_SERVICE,
)
from custom_components.maestra.core.phoenix import session
from custom_components.maestra.features.rainwave import flow as rainwave_flow
from custom_components.maestra.features.twitch.setup import SIMULATOR
from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.const import STATE_ON
from tests.kits.hub import HubKit
from tests.kits.nurvus import Nurvus
from tests.kits.obs import ObsDouble, obs_double
from tests.kits.phoenix import PhoenixKit
from tests.kits.process import HOST, free_port
from tests.kits.production import (
    HOSTILE,
    PRODUCTION_ID,
    obs_subentry,
    production_subentry,
)
from tests.kits.rainwave import Rainwave
from tests.kits.speech import add_dictation, transcription_subentry
from tests.kits.twitch import add_credentials, channel_subentry, simulated_twitch

from .test_phoenix import House, context_subentry, house_of

pytestmark = pytest.mark.usefixtures("socket_enabled")
TOPICS = (
    "stream:queue",
    "events:all",
    "dashboard:services",
    "overlay:ironmon",
    "transcription:live",
)
NESTED = json.loads("[" * 50 + "]" * 50)
VALUES: list[Any] = [
    None,
    True,
    -1,
    1e308,
    "",
    "\0",
    HOSTILE,
    "x" * 5_000,
    [],
    {},
    NESTED,
]
FIELDS = [
    "id",
    "type",
    "data",
    "message",
    "duration",
    "title",
    "query",
    "category_id",
    "scene_name",
    "service",
    "enabled",
    "station_id",
    "challenge_id",
    "checkpoint_id",
    "limit",
    "seed_id",
    "minutes",
    "timestamp",
    "text",
    "confidence",
    "metadata",
    "stream_session_id",
]


def subentry(kind: str, **data: Any) -> ConfigSubentry:
    return ConfigSubentry(
        data=MappingProxyType(data),
        subentry_id=kind,
        subentry_type=kind,
        title=kind.capitalize(),
        unique_id=kind,
    )


@pytest.fixture
async def everything(
    hub_kit: HubKit, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[House]:
    """A hub with all that clients can ask of."""
    monkeypatch.setattr(session, "COMMANDS_AT_ONCE", 100_000)
    await add_dictation(hub_kit.hass)
    await add_credentials(hub_kit.hass)
    station, rack = Rainwave(), Nurvus()
    port = await station.start()
    monkeypatch.setattr(rainwave_flow, "RAINWAVE", f"http://{HOST}:{port}/api4")
    async with AsyncExitStack() as stack:
        stack.push_async_callback(station.stop)
        await stack.enter_async_context(rack.running())
        obs: ObsDouble = await stack.enter_async_context(obs_double())
        twitch = await stack.enter_async_context(simulated_twitch())
        monkeypatch.setenv(SIMULATOR, twitch.url)
        house = await house_of(
            hub_kit,
            production_subentry(),
            transcription_subentry(),
            obs_subentry(obs),
            channel_subentry(twitch, ["stream", "manage"]),
        )
        network = ["127.0.0.0/8"]
        for each in (
            context_subentry(),
            subentry(SUBENTRY_REMOTE_SERVICE, host=HOST, port=rack.port),
            subentry(SUBENTRY_RAINWAVE, production=PRODUCTION_ID, station="covers"),
            subentry(
                SUBENTRY_IRONMON,
                production=PRODUCTION_ID,
                port=free_port(),
                networks=network,
            ),
        ):
            hub_kit.hass.config_entries.async_add_subentry(hub_kit.entry, each)
        for name in ("studio", "channel", "rainwave", "remote_service"):
            await hub_kit.state_is(f"binary_sensor.{name}_connection", STATE_ON)
        yield house
        if hub_kit.entry.state is ConfigEntryState.LOADED:
            await hub_kit.hass.config_entries.async_unload(hub_kit.entry.entry_id)


def commands(house: House) -> Iterator[tuple[str, str]]:
    """Return every command that there is, with a topic that has it."""
    gateway = house.kit.entry.runtime_data.links.get("phoenix").gateway
    for topic in TOPICS:
        for channel in gateway._parts.channels:
            if channel.fits(topic):
                for command in channel.commands:
                    yield topic, command


async def test_every_command_takes_anything(
    everything: House, caplog: pytest.LogCaptureFixture
) -> None:
    known = [*dict.fromkeys(commands(everything))]
    assert len(known) > 50
    async with everything.client() as client:
        for topic in TOPICS:
            await client.join(topic)
        for topic, command in known:
            for value in VALUES:
                status, answer = await client.ask(
                    topic, command, dict.fromkeys(FIELDS, value)
                )
                told = json.dumps(answer)
                assert status in ("ok", "error"), (topic, command)
                assert "It failed" not in told, (topic, command, value)
        assert (await client.ask("stream:queue", "ping"))[0] == "ok"
    assert not [it for it in caplog.records if it.levelno >= logging.ERROR]


async def test_reports_take_anything(
    everything: House, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = everything.kit.entry.runtime_data.links.get("phoenix").gateway
    for path, by_method in gateway._reports.items():
        for odd in (
            "%00",
            "%ff%fe",
            "..%2F..%2Fetc",
            "1e999",
            "-1",
            "%3Cb%3E",
            "x" * 900,
        ):
            query = f"?q={odd}&limit={odd}&hours={odd}&start={odd}&event_type={odd}"
            if "GET" in by_method:
                status, _ = await everything.get(path.replace("{value}", odd) + query)
                assert status < 500 or status == 503, (path, odd)
            if "POST" in by_method:
                status, _ = await everything.post(path.replace("{value}", odd), [odd])
                assert status < 500 or status == 503, (path, odd)
    assert not [it for it in caplog.records if it.levelno >= logging.ERROR]


async def test_a_hub_goes_in_mid_alert_with_a_crowd_of_odd_clients(
    everything: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Some talk nonsense, some never read, some have only half opened a connection."""
    kit = everything.kit
    async with AsyncExitStack() as stack:
        halves = []
        for number in range(8):
            _, writer = await asyncio.open_connection(HOST, everything.port)
            writer.write(
                b"GET /socket/websocket HTTP/1.1\r\nHost: 127.0.0.1\r\n"[: 9 * number]
            )
            halves.append(writer)
        clients: list[PhoenixKit] = []
        for _ in range(4):
            client = await stack.enter_async_context(everything.client())
            for topic in ("stream:overlays", "events:all", "dashboard:main"):
                await client.join(topic)
            clients.append(client)
        await kit.act("takeover", type="custom", message=HOSTILE, duration=600)
        await kit.act("show_alert", title=HOSTILE, duration=600)
        for number in range(400):
            client = clients[number % len(clients)]
            await client.send(os.urandom(64).decode("latin-1"))
            await client.say("dashboard:main", "shout", {"text": "x" * 10_000})
        # Nobody waits for the timer of a state that is about to be told.
        await kit.act("show_alert", title="the last one", duration=600)
        assert await kit.hass.config_entries.async_unload(kit.entry.entry_id)
        for client in clients:
            assert await client.closed() is not None
        for writer in halves:
            writer.close()
    assert not [it for it in caplog.records if it.levelno >= logging.ERROR]
