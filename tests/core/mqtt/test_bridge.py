"""The bridge between MQTT and the subjects inside."""

from typing import Any

import pytest

from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.domain.events import Relayed
from custom_components.maestra.core.domain.source import Source
from custom_components.maestra.core.mqtt.bridge import is_ours, to_mqtt

from .test_gateway import Wire

PAGE = Source("websocket", "websocket")


@pytest.fixture
def bridge() -> Wire:
    return Wire(bridges=True)


def relays(wire: Wire) -> list[Relayed]:
    heard: list[Relayed] = []
    wire.domain.bus.subscribe(Relayed, heard.append)
    return heard


@pytest.mark.parametrize(
    ("payload", "data"),
    [
        (b'{"fader": 0.5}', {"fader": 0.5}),
        (b"[1, 2]", [1, 2]),
        (b"go", "go"),
        (b"", ""),
        (b"\xff", "\ufffd"),
    ],
)
def test_what_clients_say_is_passed_on(bridge: Wire, payload: bytes, data: Any) -> None:
    heard = relays(bridge)

    bridge.transport.say("maestra/desk/cue go/1.5", payload)

    relayed = heard[0]
    assert relayed.subject == "maestra.mqtt.maestra.desk.cue%20go.1%2E5"
    assert relayed.source == Source("mqtt", "link")
    body: Any = relayed.data
    assert list(body) == ["source", "topic", "payload", "qos", "timestamp", "data"]
    assert body["topic"] == "maestra/desk/cue go/1.5"
    assert body["data"] == data
    assert not body["timestamp"].endswith("Z")
    assert bridge.gateway.counters["refused"] == 0


def test_commands_are_carried_out_and_passed_on(bridge: Wire) -> None:
    heard = relays(bridge)

    bridge.update("wash-1", {"on": True})

    assert bridge.domain.entities["wash-1"].state == {"on": True}
    assert [relayed.subject for relayed in heard] == [
        "maestra.mqtt.maestra.entity.state.update.wash-1"
    ]


@pytest.mark.parametrize(
    "topic",
    [
        "maestra/entity/state",
        "maestra/entity/state/light",
        "maestra/entity/state/light/wash-1",
        "maestra/entity/created/light/wash-1",
        "maestra/device/discovered",
        "maestra/device/command/AA:01",
        "maestra/device/described/AA:01",
        "maestra/device/followed/AA:01",
        "maestra/errors/AA:01",
        "maestra/stream/advertise/video",
    ],
)
def test_our_own_words_do_not_come_back(bridge: Wire, topic: str) -> None:
    heard = relays(bridge)

    assert is_ours(topic)
    bridge.transport.say(topic, {})

    assert not heard


@pytest.mark.parametrize(
    "topic",
    [
        "maestra/entity/state/update/wash-1",
        "maestra/entity/state/set/wash-1",
        "maestra/device/heartbeat/AA:01",
        "maestra/stream/advertise",
        "maestra/stream/1/subscribe",
        "maestra/desk/go",
    ],
)
def test_words_of_clients(topic: str) -> None:
    assert not is_ours(topic)


def test_without_a_bridge_only_streams_are_passed_on() -> None:
    wire = Wire()
    heard = relays(wire)

    wire.transport.say("maestra/stream/7-a/subscribe", {"address": "10.0.0.9"})
    wire.update("wash-1", {"on": True})

    assert [relayed.subject for relayed in heard] == [
        "maestra.mqtt.maestra.stream.7-a.subscribe"
    ]


@pytest.mark.parametrize(
    ("data", "raw", "payload"),
    [
        ({"payload": "go"}, None, b"go"),
        ({"payload": {"a": 1}}, None, b'{"a":1}'),
        ({"payload": b"".decode()}, None, b""),
        ({"a": 1}, None, b'{"a":1}'),
        ([1, "x"], None, b'[1,"x"]'),
        (None, b"\x00\xff", b"\x00\xff"),
        ({"source": "websocket", "data": {"payload": "go"}}, None, b"go"),
    ],
)
def test_what_is_said_to_mqtt(data: Any, raw: bytes | None, payload: bytes) -> None:
    publish = to_mqtt(Relayed("maestra.to_mqtt.maestra.desk.go", data, PAGE, raw))

    assert publish == ("maestra/desk/go", payload)


@pytest.mark.parametrize(
    "subject",
    ["maestra.to_mqtt.homeassistant.status", "maestra.to_mqtt.maestra.%2B.%23"],
)
def test_no_other_topics_of_the_broker(bridge: Wire, subject: str) -> None:
    with pytest.raises(InvalidField):
        to_mqtt(Relayed(subject, {}, PAGE))

    bridge.domain.bus.publish(Relayed(subject, {}, PAGE))

    assert bridge.transport.published == []
    assert bridge.gateway.counters["refused_invalid_field"] == 1


def test_nothing_goes_round_in_circles(bridge: Wire) -> None:
    own = Relayed("maestra.to_mqtt.maestra.desk.go", {}, Source("mqtt", "link"))
    bridge.domain.bus.publish(own)
    assert bridge.transport.published == []

    bridge.domain.bus.publish(Relayed("maestra.to_mqtt.maestra.desk.go", {}, PAGE))
    assert bridge.transport.told("maestra/desk/go") == [{}]
