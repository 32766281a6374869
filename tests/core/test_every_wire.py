"""What holds on every wire: text is Unicode, log lines are ours alone, and blocked devices are refused."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import suppress
import json
import logging
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from custom_components.maestra.core.domain.errors import DeviceBlocked
from custom_components.maestra.core.domain.events import BlockedDeviceHeard
from custom_components.maestra.core.qs.events import DeadLettered, TelemetryReceived
from custom_components.maestra.core.transport.event_encoder import (
    ENCODED_EVENTS,
    EventEncoder,
)
from tests.kits.wires import EveryWire

UPDATE = "maestra.entity.state.update"
# JSON texts, as they are written with escapes.
TEXTS = {
    "a high surrogate": "\ud800",
    "a low surrogate in words": "a\udfffb",
    "surrogates the wrong way round": "\udc00\ud83d",
    "a pair": "\U0001f600",
    "NUL": "a\0b",
    "all control characters": "".join(map(chr, [*range(32), *range(0x7F, 0xA0)])),
    "a line of its own": "x\n2026-01-01 00:00:00.000 ERROR (MainThread) [homeassistant] forged",
    "text turned around": "a\u202eb\u2066c\u2028d",
    "no characters at all": "\ufffe\uffff\U0010ffff",
    "plain": "plain",
    "empty": "",
}
IN_EACH_FIELD = {TEXTS["a low surrogate in words"], TEXTS["a line of its own"]}
"""What is bad for an id keeps the rest of a message from being read: these stand in each field alone, too."""
FORGED = "ERROR (MainThread) [homeassistant] forged"


@pytest.fixture
async def wires(tmp_path: Path) -> AsyncGenerator[EveryWire]:
    async with EveryWire.running(tmp_path) as running:
        yield running


def bodies(text: str) -> Iterable[dict[str, Any]]:
    """Return what devices say, with this text in every place that takes one."""
    fields: dict[str, Any] = {
        "hardware_id": text,
        "name": text,
        "device_type": text,
        "publisher_id": text,
        "stream_type": "data",
        "protocol": "tcp",
        "address": text,
        "port": 1,
        "metric_name": text,
        "metric_value": 1,
        "unit": text,
        "event_type": text,
        "severity": text,
        "message": text,
        "status": text,
        "source": text,
        "metadata": {text: [text]},
        "config": {text: text},
        "data": {text: {text: text}},
        "state": {text: text, "known": text},
        "schema": 1,
        "event_id": text,
        "device_id": text,
        "value": text,
        "meta": {text: text},
        "reason": text,
    }
    yield fields
    if text not in IN_EACH_FIELD:
        return
    good = {
        name: value if value in ("data", "tcp", 1) else f"good-{name}"
        for name, value in fields.items()
        if not isinstance(value, dict)
    }
    for name, value in fields.items():
        yield {**good, name: value}


async def say(wires: EveryWire, raw: bytes) -> None:
    """Say a JSON object over every wire, wherever one may be."""
    for topic in (
        "maestra/entity/state/update/lamp",
        "maestra/device/discover",
        "maestra/device/register",
        "maestra/device/heartbeat/known",
        "maestra/device/metrics/known",
        "maestra/device/events/known",
        "maestra/stream/advertise",
        "maestra/said/to/others",
        "qs/v1/known/events",
    ):
        await wires.mqtt(topic, raw)
    for subject in (f"{UPDATE}.lamp", "maestra.said"):
        await wires.nats(subject, raw)
        await wires.websocket(subject, raw)
    wires.osc("/entity/update/lamp", raw.decode())
    wires.osc("/maestra/entity/state/update/lamp", raw.decode())
    for method, path in (
        ("POST", "/devices/discover"),
        ("POST", "/devices/register"),
        ("POST", "/devices/heartbeat"),
        ("POST", "/metrics"),
        ("POST", "/events"),
        ("POST", "/entities"),
        ("POST", "/streams/advertise"),
    ):
        status, _ = await wires.http(method, path, raw)
        assert status < 500


async def say_bytes(wires: EveryWire, raw: bytes) -> None:
    """Say bytes where there are no escapes: topics, subjects, addresses, paths and headers."""
    inline = bytes(byte for byte in raw if byte > 32 and byte not in b"+#/%?\x7f.*>")
    topic = inline.decode(errors="replace")
    await wires.nats(f"maestra.{topic or 'x'}", raw)
    # There they are escaped: brokers end connections over what may not stand in a topic.
    await wires.mqtt(f"maestra/device/heartbeat/{quote(raw)}", b"{}")
    await wires.mqtt("maestra/device/heartbeat/known", raw)
    for target in (b"/devices/" + inline, b"/entities?search=" + inline, b"/" + inline):
        status, _ = await wires.http("GET", target)
        assert status < 500
    for header in (b"User-Agent", b"Origin", b"Authorization", b"X-Maestra-Token"):
        status, _ = await wires.http("GET", "/entities", b"", header + b": " + inline)
        assert status < 500


async def say_everywhere(wires: EveryWire, text: str) -> None:
    """Say a text over every wire, in whatever can hold one."""
    await asyncio.gather(
        *(say(wires, json.dumps(body).encode()) for body in bodies(text)),
        say_bytes(wires, text.encode(errors="surrogatepass")),
    )
    await wires.mqtt(
        "stat/f2-aabbccddee01/access-control-mode/J1/reader-1",
        json.dumps({"data": text}).encode(),
    )
    said = text.encode(errors="replace").decode()
    wires.mdns("board", hardware_id="known", name="x", more=said)
    await wires.settled()


def texts_of(value: Any, seen: set[int]) -> Iterable[str]:
    """Return all texts in a value, however deep."""
    if isinstance(value, str):
        yield value
        return
    if id(value) in seen or isinstance(value, int | float | bytes | None):
        return
    seen.add(id(value))
    if isinstance(value, Mapping):
        parts: Iterable[Any] = [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        parts = value
    else:
        slots = {
            name
            for kind in type(value).__mro__
            for name in getattr(kind, "__slots__", ())
        }
        names = {*slots, *getattr(value, "__dict__", {})}
        parts = [getattr(value, name, None) for name in names]
    for part in parts:
        yield from texts_of(part, seen)


async def test_text_is_unicode_wherever_it_goes(
    wires: EveryWire, caplog: pytest.LogCaptureFixture
) -> None:
    """On the bus, to clients, into rows and into the log, whatever escapes and bytes a client writes."""
    caplog.set_level(logging.DEBUG, "custom_components.maestra")
    wires.domain.devices.register(
        {"hardware_id": "known", "name": "Known", "device_type": "board"}
    )

    for text in TEXTS.values():
        await say_everywhere(wires, text)

    seen: set[int] = set()
    for told in wires.bus.told:
        for found in texts_of(told, seen):
            found.encode()
        if isinstance(told, ENCODED_EVENTS):
            assert all(orjson.loads(it.payload) for it in EventEncoder().encode(told))
    for entity in wires.domain.entities:
        orjson.dumps(entity.state)
    assert all(orjson.dumps(node.as_dict()) for node in wires.registry.nodes)
    assert all(orjson.dumps(letter) for letter in wires.registry.dead_letters)
    assert wires.rows
    for _, row in wires.rows:
        for found in texts_of(row, set()):
            assert "\0" not in found
            assert "\\u0000" not in found.replace("\\\\", "")
            found.encode()
    ours = [it for it in caplog.records if it.name.startswith("custom_components")]
    lines = [it.getMessage() for it in ours]
    assert lines
    assert all(line.isprintable() for line in lines)
    assert not [it.getMessage() for it in ours if it.exc_info]


async def test_nobody_forges_a_line_of_the_log(
    wires: EveryWire, caplog: pytest.LogCaptureFixture
) -> None:
    await say_everywhere(wires, TEXTS["a line of its own"])

    formatted = [
        logging.Formatter().format(it)
        for it in caplog.records
        if it.name.startswith("custom_components")
    ]
    assert any(FORGED in line for line in formatted)
    assert not any(
        line.lstrip().startswith(("2026", "ERROR"))
        for entry in formatted
        for line in entry.splitlines()
    )


HARDWARE_ID = "AA:BB:CC:00:11:22"
WRITINGS = (
    HARDWARE_ID,
    "aa:bb:cc:00:11:22",
    "AA-BB-CC-00-11-22",
    "aabb.cc00.1122",
    "AABBCC001122",
    "f2-aabbcc001122",
    " aa:bb:cc:00:11:22 ",
)


async def speak_as(wires: EveryWire, name: str) -> None:
    """Do over every wire what a device does under its hardware id."""
    device = {"hardware_id": name, "name": "Bad", "device_type": "esp32"}
    stream = {
        "name": "Camera",
        "stream_type": "video",
        "protocol": "tcp",
        "address": "10.0.0.1",
        "port": 1,
        "publisher_id": name,
    }
    metric = {"metric_name": "m", "metric_value": 1}
    state = {"state": {"on": True}, "source": name}
    telemetry = {
        "schema": 1,
        "event_id": f"e-{name}",
        "device_id": name,
        "event_type": "t",
        "value": 1,
    }

    def raw(body: object) -> bytes:
        return json.dumps(body).encode()

    level = name.strip()
    for topic, body in (
        ("maestra/device/discover", device),
        ("maestra/device/register", device),
        (f"maestra/device/heartbeat/{level}", {}),
        (f"maestra/device/metrics/{level}", metric),
        (f"maestra/device/events/{level}", {"event_type": "e"}),
        ("maestra/stream/advertise", stream),
        ("maestra/entity/state/update/lamp", state),
        (
            f"maestra/entity/state/update/{level.lower().replace(':', '-')}",
            {"on": True},
        ),
        (f"qs/v1/{level}/events", telemetry),
        ("qs/v1/other/events", telemetry),
        (f"qs/v1/{level}/events", telemetry | {"device_id": "other"}),
        (
            "stat/f2-aabbcc001122/access-control-mode/J1/strike-1",
            {"status": True},
        ),
    ):
        await wires.mqtt(topic, raw(body))
    for say in (wires.nats, wires.websocket):
        await say(f"{UPDATE}.lamp", raw(state))
        await say("maestra.entity.state.set.lamp", raw(state))
    wires.osc("/maestra/entity/state/update/lamp", json.dumps(state))
    for method, path, body in (
        ("POST", "/devices/register", device),
        ("POST", "/devices/discover", device),
        ("POST", "/devices/heartbeat", {"hardware_id": name}),
        ("POST", "/metrics", {"device_id": name, **metric}),
        ("POST", "/streams/advertise", stream),
        (
            "PATCH",
            f"/entities/{wires.domain.entities['lamp'].id}/state?source={quote(name)}",
            state,
        ),
    ):
        await wires.http(method, path, raw(body))
    with suppress(DeviceBlocked):
        wires.mdns("bad", hardware_id=level)
    await wires.settled()


async def test_a_blocked_device_is_refused_on_every_wire(wires: EveryWire) -> None:
    """However it writes its id, and whatever it does under it."""
    domain = wires.domain
    domain.entities.create(name="Lamp", entity_type="light", slug="lamp")
    device = domain.devices.register(
        {"hardware_id": HARDWARE_ID, "name": "Bad", "device_type": "esp32"}
    )
    domain.devices.block(device.id)
    state = domain.entities["lamp"].state

    for name in (*WRITINGS, device.id):
        wires.bus.told.clear()
        await speak_as(wires, name)

        assert domain.entities["lamp"].state is state, name
        assert not list(domain.devices), name
        assert not list(domain.streams), name
        assert not [it for it in wires.bus.told if isinstance(it, TelemetryReceived)]
        slugs = {entity.slug for entity in domain.entities}
        assert {slug for slug in slugs if not slug.startswith("settled")} == {"lamp"}
        heard = [it for it in wires.bus.told if isinstance(it, BlockedDeviceHeard)]
        assert {it.hardware_id for it in heard} == {HARDWARE_ID}
        dead = [it for it in wires.bus.told if isinstance(it, DeadLettered)]
        assert len(dead) == 3


async def test_another_device_is_not_taken_for_it(wires: EveryWire) -> None:
    domain = wires.domain
    domain.entities.create(name="Lamp", entity_type="light", slug="lamp")
    device = domain.devices.register(
        {"hardware_id": HARDWARE_ID, "name": "Bad", "device_type": "esp32"}
    )
    domain.devices.block(device.id)

    await speak_as(wires, "aa:bb:cc:00:11:23")

    assert domain.entities["lamp"].state["on"] is True
    assert [it.hardware_id for it in domain.devices] == ["aa:bb:cc:00:11:23"]
    assert [it.publisher_id for it in domain.streams] == ["aa:bb:cc:00:11:23"]
    assert [it for it in wires.bus.told if isinstance(it, TelemetryReceived)]
