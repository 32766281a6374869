"""Clients of all protocols at one hub, at the same time: what is said over one wire is true on all."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from typing import Any, Final

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.const import SUBENTRY_OSC_TARGET
from custom_components.maestra.core.nats import gateway as nats_gateway
from custom_components.maestra.features.osc.flow import SCHEMA
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .kits.client import CallFailed, Change, Client, Consumer, Publisher
from .kits.forms import add_nats, connected
from .kits.hub_broker import MaestraKit
from .kits.listeners import HOST, ListenerKit
from .kits.nats import NatsPeer, NatsServer
from .kits.osc import OscPeer, free_udp_port
from .kits.process import free_port, soon
from .kits.websocket import WebSocketKit

pytestmark = pytest.mark.usefixtures("socket_enabled")

AT_ONCE: Final = 40
LISTENERS: Final = ("fleet_api", "websocket", "osc")
OUTSIDE: Final = {"networks": ["10.0.0.0/8"]}


@pytest.fixture
def ports() -> dict[str, int]:
    """Where the hub listens."""
    return {
        "fleet_api": free_port(),
        "websocket": free_port(),
        "osc": free_udp_port(),
    }


@pytest.fixture
def hub_options(ports: dict[str, int]) -> dict[str, Any]:
    return {
        name: {"enabled": True, "host": HOST, "port": port}
        for name, port in ports.items()
    }


@pytest.fixture
async def stage(maestra: MaestraKit) -> MaestraKit:
    """A hub on a broker that listens everywhere."""
    links = maestra.entry.runtime_data.links
    await soon(lambda: all(links.get(name).connected for name in LISTENERS))
    return maestra


@pytest.fixture
async def client(stage: MaestraKit, ports: dict[str, int]) -> AsyncGenerator[Client]:
    """A program with an SDK."""
    async with Client(ports["fleet_api"]) as running:
        yield running


@pytest.fixture
async def page(
    stage: MaestraKit, ports: dict[str, int]
) -> AsyncGenerator[WebSocketKit]:
    """A browser's page."""
    async with WebSocketKit(ports["websocket"]) as running:
        await running.receives("welcome")
        yield running


@pytest.fixture
async def console(
    hass: HomeAssistant, stage: MaestraKit, ports: dict[str, int]
) -> AsyncGenerator[OscPeer]:
    """A lighting console, which is told of changes too."""
    async with OscPeer(ports["osc"]) as running:
        data = SCHEMA(
            {
                "name": "Console",
                "host": HOST,
                "port": running.port,
                "output": "keys",
                "filter": {},
                "keep_alive": {},
                "replies": {},
            }
        )
        del data["name"]
        target = ConfigSubentry(
            data=MappingProxyType(data),
            subentry_type=SUBENTRY_OSC_TARGET,
            title="Console",
            unique_id="console",
        )
        hass.config_entries.async_add_subentry(stage.entry, target)
        await stage.state_is("binary_sensor.console_connection", "on")
        yield running


@pytest.fixture
async def nats(
    hass: HomeAssistant, stage: MaestraKit, tmp_path: Path
) -> AsyncGenerator[NatsPeer]:
    """A client of the NATS server that the hub is connected to."""
    async with NatsServer(tmp_path / "nats") as server, server.peer() as running:
        subentry = await add_nats(hass, stage.entry, server)
        await connected(hass, stage.entry, subentry.subentry_id)
        yield running
        hass.config_entries.async_remove_subentry(stage.entry, subentry.subentry_id)
        await hass.async_block_till_done()


def keys(wire: str) -> list[str]:
    return [f"{wire}_{number}" for number in range(AT_ONCE)]


# Nothing is lost.


async def test_what_is_merged_at_once_is_kept(client: Client) -> None:
    wall = await client.create("Wall", "device", slug="wall", state={"before": 1})

    answers = await asyncio.gather(
        *(client.update(wall, **{key: key}) for key in keys("rest"))
    )

    found = await client.find("wall")
    assert found.state == wall.state | {key: key for key in keys("rest")}
    assert found.state_updated_at > wall.state_updated_at
    # Each answer has its own change, and all that came before.
    before = len(wall.state)
    assert sorted(map(len, answers)) == list(range(before + 1, before + AT_ONCE + 1))


async def test_what_is_merged_over_all_wires_at_once_is_kept(
    stage: MaestraKit,
    client: Client,
    page: WebSocketKit,
    console: OscPeer,
    nats: NatsPeer,
) -> None:
    wall = await client.create("Wall", "device", slug="wall")
    command = "maestra.entity.state.update.wall"

    async def each(wire: str, say: Callable[[str], Any]) -> None:
        await asyncio.gather(*(say(key) for key in keys(wire)))

    async def turn(key: str) -> None:
        console.send(f"/entity/update/wall/{key}", key)

    await asyncio.gather(
        each("rest", lambda key: client.update(wall, **{key: key})),
        each("mqtt", lambda key: stage.update("wall", **{key: key})),
        each(
            "websocket",
            lambda key: page.say("publish", subject=command, data={key: key}),
        ),
        each("nats", lambda key: nats.publish(command, {"state": {key: key}})),
        each("osc", turn),
    )

    wanted = wall.state | {
        key: key
        for wire in ("rest", "mqtt", "websocket", "nats", "osc")
        for key in keys(wire)
    }
    entity = stage.domain.entities["wall"]
    await soon(lambda: len(entity.state) == len(wanted))
    assert entity.state == wanted
    assert (await client.find("wall")).state == wanted


# Streams.


async def test_a_stream_from_its_first_word_to_its_last(
    stage: MaestraKit,
    client: Client,
    nats: NatsPeer,
    page: WebSocketKit,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publisher = Publisher(client, config={"fps": 50})
    stream = await publisher.start()
    advert = (await stage.mqtt.receives("maestra/stream/advertise/ndi")).json
    assert (advert["id"], advert["name"], advert["stream_type"]) == (
        publisher.id,
        "Camera A",
        "ndi",
    )
    assert (advert["address"], advert["port"]) == (HOST, 5960)
    await nats.receives("maestra.stream.advertise.ndi", stream_id=publisher.id)

    # Somebody listens to everything on NATS, and is not the publisher: what was advertised is offered.
    monkeypatch.setattr(nats_gateway, "HANDSHAKE_TIMEOUT", 0.1)
    monkeypatch.setattr(nats_gateway, "PROBE_TIMEOUT", 0.1)
    consumer = Consumer(client, publisher.id)
    offer = await consumer.connect()
    assert (offer.address, offer.port) == (HOST, 5960)
    started = await page.receives("message", subject="maestra.stream.session.started")
    assert started["data"]["session_id"] == offer.session_id

    await publisher.beat()
    await consumer.beat()
    (shown,) = await client.call("GET", "/streams", stream_type="ndi")
    assert shown["active_sessions"] == 1
    assert shown["last_heartbeat"] > stream["last_heartbeat"]
    (session,) = await client.call("GET", "/streams/sessions", stream_id=publisher.id)
    assert (session["consumer_id"], session["status"]) == ("max-01", "active")

    await consumer.disconnect()
    await stage.mqtt.receives(
        "maestra/stream/session/stopped",
        session_id=offer.session_id,
        reason="stopped",
    )
    await publisher.stop()
    await stage.mqtt.receives(
        "maestra/stream/ended/ndi", stream_id=publisher.id, reason="withdrawn"
    )
    assert await client.call("GET", "/streams") == []
    with pytest.raises(CallFailed, match="404 Stream not found or expired"):
        await publisher.beat()


async def test_expiry_is_announced(
    stage: MaestraKit,
    client: Client,
    nats: NatsPeer,
    page: WebSocketKit,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seconds = monotonic()
    monkeypatch.setattr(stage.domain.streams, "_clock", lambda: seconds)
    publisher = Publisher(client, multicast_group="239.1.2.3", multicast_port=5004)
    await publisher.start()
    joined = await client.call(
        "POST",
        f"/streams/{publisher.id}/join",
        {"consumer_id": "wall", "consumer_address": HOST},
    )
    assert (joined["multicast_group"], joined["multicast_port"]) == ("239.1.2.3", 5004)

    seconds += 31
    await stage.later(timedelta(seconds=31))

    ended = {"stream_id": publisher.id, "reason": "expired"}
    told = await stage.mqtt.receives("maestra/stream/ended/ndi")
    assert ended.items() <= told.json.items()
    told = await stage.mqtt.receives("maestra/stream/subscriber/left")
    assert ended.items() <= told.json.items()
    said = await nats.receives(f"maestra.stream.withdraw.{publisher.id}")
    assert ended.items() <= said.json.items()
    frame = await page.receives(
        "message", subject=f"maestra.stream.withdraw.{publisher.id}"
    )
    assert frame["data"]["reason"] == "expired"
    with pytest.raises(CallFailed, match="404 Stream not found or expired"):
        await publisher.beat()


# From one protocol to the other.


async def test_a_page_sees_each_change_once(
    stage: MaestraKit, client: Client, page: WebSocketKit, console: OscPeer
) -> None:
    lamp = await client.create("Lamp", "light", slug="lamp", state={"brightness": 0})
    await stage.appears("light.lamp")
    await page.subscribe("maestra.entity.state.*.lamp")
    await page.settled()

    await client.update(lamp, brightness=10)
    await stage.update("lamp", brightness=20)
    entity = stage.domain.entities["lamp"]
    await soon(lambda: entity.state["brightness"] == 20)
    console.send("/entity/update/lamp/brightness", 30)
    await soon(lambda: entity.state["brightness"] == 30)
    await stage.call("light.turn_on", "light.lamp", brightness=255)

    changes = [Change.read(frame) for frame in await page.settled()]
    assert [change.now["brightness"] for change in changes] == [10, 20, 30, 100]
    assert [change.source for change in changes] == [
        *("sdk", "mqtt", "osc", "home_assistant")
    ]
    assert {change.kind for change in changes} == {"light"}


async def test_a_fader_starts_an_automation_whose_light_reaches_the_console_once(
    hass: HomeAssistant, stage: MaestraKit, client: Client, console: OscPeer
) -> None:
    await client.create("Lamp", "light", slug="lamp", state={"on": False})
    await stage.appears("light.lamp")
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "triggers": {
                    "trigger": "maestra.osc_received",
                    "options": {"address": "/1/fader*", "above": 0.5},
                },
                "actions": {
                    "action": "light.turn_on",
                    "target": {"entity_id": "light.lamp"},
                    "data": {"brightness": 255},
                },
            }
        },
    )
    await hass.async_block_till_done()

    console.send("/1/fader1", 0.25)
    console.send("/1/fader1", 0.75)

    await console.receives("/entity/state/light/lamp/on", 1)
    await console.receives("/entity/state/light/lamp/brightness", 100)
    await stage.act("send_osc", to="Console", address="/fence")
    await console.receives("/fence")
    assert console.collect() == []


# Who may not come in.


async def test_whoever_is_not_on_the_list_is_turned_away(
    hass: HomeAssistant, stage: MaestraKit, ports: dict[str, int]
) -> None:
    hub: MockConfigEntry = stage.entry
    for name in LISTENERS:
        kit = ListenerKit(hass, hub, name)
        await kit.on(port=ports[name], **OUTSIDE)
    links = hub.runtime_data.links

    for name in ("fleet_api", "websocket"):
        reader, writer = await asyncio.open_connection(HOST, ports[name])
        assert await reader.read() == b""
        writer.close()
    async with OscPeer(ports["osc"]) as console:
        console.send("/entity/update/wall/level", 1)
        await soon(lambda: links.get("osc").gateway.counters["refused"])
        assert console.collect() == []

    assert "wall" not in [entity.slug for entity in stage.domain.entities]
    for name in LISTENERS:
        await ListenerKit(hass, hub, name).sensor("messages_refused", "1")
