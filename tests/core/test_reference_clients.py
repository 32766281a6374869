"""What clients of the reference do, on real wires: the pages of its dashboard, and the publisher of its RTL-SDR example (maestra.md §1.8, §4)."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
from pathlib import Path
import re
import socket
import struct
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from custom_components.maestra.core.domain.events import Relayed, StateChanged
from tests.kits.process import HOST, PATIENCE
from tests.kits.websocket import Frame, WebSocketKit
from tests.kits.wires import EveryWire

STATE = "maestra.entity.state"
COMMAND = re.compile(r"maestra\.entity\.state\.(update|set)\.(.+)")


@pytest.fixture
async def wires(tmp_path: Path) -> AsyncGenerator[EveryWire]:
    async with EveryWire.running(tmp_path) as running:
        running.domain.entities.create(name="Lamp", entity_type="light", slug="lamp")
        yield running


@asynccontextmanager
async def page(wires: EveryWire, *subjects: str) -> AsyncGenerator[WebSocketKit]:
    """A page of the dashboard: it subscribes to subjects, or never says what it wants."""
    async with WebSocketKit(wires.websocket_port) as client:
        await client.receives("welcome")
        for subject in subjects:
            await client.subscribe(subject)
        yield client


async def command(wires: EveryWire, wire: str, level: int) -> None:
    """Set the level of the lamp over a wire."""
    state = {"level": level}
    raw = json.dumps({"state": state}).encode()
    match wire:
        case "mqtt":
            await wires.mqtt("maestra/entity/state/update/lamp", raw)
        case "nats":
            await wires.nats(f"{STATE}.update.lamp", raw)
        case "websocket":
            await wires.websocket(f"{STATE}.update.lamp", raw)
        case "osc":
            wires.osc("/entity/update/lamp/level", level)
        case "osc as json":
            wires.osc("/maestra/entity/state/set/lamp", raw.decode())
        case "http":
            path = f"/entities/{wires.domain.entities['lamp'].id}/state"
            assert (await wires.http("PATCH", path, raw))[0] == 200


async def seen(client: WebSocketKit, wires: EveryWire) -> list[Frame]:
    """Return what a page was told of what was said on every wire before now."""
    await wires.settled()
    return [
        frame for frame in await client.settled() if "settled" not in json.dumps(frame)
    ]


WIRES = ("mqtt", "nats", "websocket", "osc", "osc as json", "http")


@pytest.mark.parametrize(
    "subject", [f"{STATE}.light.lamp", STATE, f"{STATE}.light"], ids=str
)
async def test_the_page_of_an_entity_follows_its_state(
    wires: EveryWire, subject: str
) -> None:
    """Whoever changes it: the page reads the `data` of each frame, whatever its type."""
    lamp = wires.domain.entities["lamp"]
    async with page(wires, subject) as client:
        for level, wire in enumerate(WIRES):
            await command(wires, wire, level)
            shown = [
                event["current_state"]["level"]
                for frame in await seen(client, wires)
                if (event := frame["data"])["type"] == "state_changed"
                and event["entity_id"] == lamp.id
            ]
            assert shown == [level], wire


async def test_the_activity_feed_tells_of_each_change(wires: EveryWire) -> None:
    """It never subscribes, and reads the subject of messages."""
    async with page(wires) as client:
        for level, wire in enumerate(WIRES):
            await command(wires, wire, level)
            told = [
                (frame["data"]["entity_slug"], frame["data"]["changed_keys"])
                for frame in await seen(client, wires)
                if frame["type"] == "message"
                and "changed_keys" in frame["data"]
                and "state" in frame["subject"]
            ]
            assert [slug for slug, _ in told] == ["lamp"], wire
            assert "level" in told[0][1]


@pytest.mark.parametrize(
    ("wire", "operation", "source"),
    [
        ("nats", "update", None),
        ("websocket", "update", "websocket"),
        ("osc", "update", "osc"),
        ("osc as json", "set", "osc"),
    ],
)
async def test_the_data_console_draws_who_commands_what(
    wires: EveryWire, wire: str, operation: str, source: str | None
) -> None:
    """From the subject of the command and the source in it; NATS clients hear the same, and nothing is done twice."""
    wires.nats_peer.collect()
    wires.bus.told.clear()
    async with page(wires) as client:
        await command(wires, wire, 5)
        drawn = [
            (*found.groups(), frame["data"].get("source"))
            for frame in await seen(client, wires)
            if (found := COMMAND.fullmatch(frame["subject"]))
        ]
    assert drawn == [(operation, "lamp", source)]
    changes = [it for it in wires.bus.told if isinstance(it, StateChanged)]
    assert [it.entity.slug for it in changes].count("lamp") == 1
    heard = [
        said.json.get("source")
        for said in wires.nats_peer.collect()
        if said.subject == f"{STATE}.{operation}.lamp"
    ]
    # What came from there does not go back.
    assert heard == [source] * (wire != "nats")


@pytest.mark.parametrize("wire", ["nats", "websocket", "osc"])
async def test_a_command_that_is_refused_is_none(wires: EveryWire, wire: str) -> None:
    """It reaches nobody who could carry it out after all."""
    await wires.settled()
    wires.domain.entities.delete("lamp")
    wires.domain.entities.rules.create_unknown = False
    async with page(wires) as client:
        await command(wires, wire, 5)
        await seen(client, wires)
    commands = [
        it.subject
        for it in wires.bus.told
        if isinstance(it, Relayed) and "lamp" in it.subject
    ]
    assert [it for it in commands if COMMAND.fullmatch(it)] == []


def spectrum(number: int) -> bytes:
    """Pack a frame as the RTL-SDR example does."""
    power = [-80.0, -20.5, -79.0, -81.0]
    return struct.pack(
        "<IIdddI4f", 0x53445246, number, 433.92e6, 2.4e6, 0.0, len(power), *power
    )


async def test_the_spectrum_of_a_radio_is_previewed(wires: EveryWire) -> None:
    """Its publisher answers no request: it hears on NATS where to send what, and when to stop."""
    _, stream = await wires.http(
        "POST",
        "/streams/advertise",
        json.dumps(
            {
                "name": "RTL-SDR Spectrum",
                "stream_type": "sensor",
                "publisher_id": "rtlsdr-1",
                "protocol": "udp",
                "address": HOST,
                "port": "9900",
                "config": {"format": "sdrf_binary"},
            }
        ).encode(),
    )
    told = f"maestra.mqtt.maestra.stream.{stream['id']}"
    url = f"http://{HOST}:{wires.fleet.port}/streams/{quote(stream['id'])}/preview"
    async with (
        aiohttp.ClientSession() as session,
        session.get(url) as response,
        asyncio.timeout(PATIENCE),
    ):
        envelope = (await wires.nats_peer.receives(f"{told}.subscribe")).json
        assert envelope["source"] == "mqtt"
        assert envelope["topic"] == f"maestra/stream/{stream['id']}/subscribe"
        place = envelope["data"]
        events: list[Any] = []
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as publisher:
            for number in (7, 8):
                publisher.sendto(
                    spectrum(number), (place["address"], int(place["port"]))
                )
        while len(events) < 3:
            line = await response.content.readline()
            if line.startswith(b"data: "):
                events.append(json.loads(line.removeprefix(b"data: ")))
    assert events[0]["status"] == "connected"
    assert events[0]["local_port"] == place["port"]
    assert [(it["seq"], it["_seq"]) for it in events[1:]] == [(7, 0), (8, 1)]
    shown = events[1]
    assert shown["type"] == "sensor"
    assert shown["center_freq"] == 433.92e6
    assert shown["sample_rate"] == 2.4e6
    assert len(shown["power_db"]) == shown["fft_size"] == 4
    assert max(shown["power_db"]) == -20.5
    left = (await wires.nats_peer.receives(f"{told}.unsubscribe")).json
    assert left["data"] == place


async def test_streams_of_one_name_and_two_types_are_two(wires: EveryWire) -> None:
    """An app that offers NDI and SRT; each is renewed by itself."""

    async def advertise(kind: str) -> str:
        status, stream = await wires.http(
            "POST",
            "/streams/advertise",
            json.dumps(
                {
                    "name": "Program",
                    "stream_type": kind,
                    "publisher_id": "td-1",
                    "protocol": "udp",
                    "address": HOST,
                    "port": 9000,
                }
            ).encode(),
        )
        assert status == 201
        stream_id: str = stream["id"]
        return stream_id

    first, second = await advertise("ndi"), await advertise("srt")
    assert first != second
    assert [await advertise(kind) for kind in ("srt", "ndi")] == [second, first]
    _, listed = await wires.http("GET", "/streams")
    assert {it["id"]: it["stream_type"] for it in listed} == {
        first: "ndi",
        second: "srt",
    }
