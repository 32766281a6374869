"""Telling what happened: which topics, which keys."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hypothesis import given, strategies as st
import orjson
from paho.mqtt.client import topic_matches_sub
import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.events import MetricReported, StateChanged
from custom_components.maestra.core.domain.source import Source
from custom_components.maestra.core.mqtt.codec import SUBSCRIPTIONS
from custom_components.maestra.core.transport.event_encoder import (
    ENCODED_EVENTS,
    EventEncoder,
    state_payload,
    topic_level,
)
from tests.core.domain.strategies import objects, slugs

STATE_KEYS = (
    "type",
    "entity_id",
    "entity_slug",
    "entity_type",
    "path",
    "previous_state",
    "current_state",
    "changed_keys",
    "source",
    "timestamp",
    "validation_warnings",
)
LIFECYCLE_KEYS = (
    "type",
    "entity_id",
    "entity_slug",
    "entity_type",
    "data",
    "timestamp",
)
ESP = {
    "hardware_id": "AA:01",
    "name": "Entrance",
    "device_type": "esp32",
    "ip_address": "10.0.0.7",
}


class Publish(NamedTuple):
    """One announcement on one of its topics."""

    topic: str
    payload: bytes
    qos: int


class Stage:
    """A domain, and what its gateways would send."""

    def __init__(self) -> None:
        self.domain = Domain(Bus())
        self.encoder = EventEncoder()
        self.sent: list[Publish] = []
        for kind in ENCODED_EVENTS:
            self.domain.bus.subscribe(kind, self._send)

    def _send(self, event: object) -> None:
        self.sent += [
            Publish(topic, announcement.payload, announcement.qos)
            for announcement in self.encoder.encode(event)
            for topic in announcement.topics
        ]

    def take(self) -> list[Publish]:
        """Return what was sent since the last time."""
        taken, self.sent = self.sent, []
        return taken


@pytest.fixture
def stage() -> Stage:
    return Stage()


def bodies(messages: Iterable[Publish]) -> list[Any]:
    return [orjson.loads(message.payload) for message in messages]


def test_a_change_of_state_is_told_on_three_topics(stage: Stage) -> None:
    stage.domain.entities.create(name="Stage", entity_type="space")
    entity = stage.domain.entities.create(
        name="Wash 1", entity_type="light", parent="stage"
    )
    stage.take()

    stage.domain.entities.update("wash-1", {"on": True}, source=Source("td-1", "link"))

    messages = stage.take()
    assert [(message.topic, message.qos) for message in messages] == [
        ("maestra/entity/state/light/wash-1", 1),
        ("maestra/entity/state", 1),
        ("maestra/entity/state/light", 1),
    ]
    first, *others = bodies(messages)
    assert others == [first, first]
    assert tuple(first) == STATE_KEYS
    assert first | {"timestamp": None} == {
        "type": "state_changed",
        "entity_id": entity.id,
        "entity_slug": "wash-1",
        "entity_type": "light",
        "path": "stage.wash_1",
        "previous_state": {"on": False, "brightness": 0, "color": "#ffffff"},
        "current_state": {"on": True, "brightness": 0, "color": "#ffffff"},
        "changed_keys": ["on"],
        "source": "td-1",
        "timestamp": None,
        "validation_warnings": [],
    }


def test_times_have_six_digits_and_a_z(stage: Stage) -> None:
    entity = stage.domain.entities.create(name="a", entity_type="space")
    moment = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
    change = StateChanged(entity, {}, {"a": 1}, ("a",), Source(None), moment, [])

    body = orjson.loads(state_payload(change))

    assert body["timestamp"] == "2026-11-21T18:00:00.000000Z"
    assert body["source"] is None


def test_what_is_changed_as_one_is_told_as_one(stage: Stage) -> None:
    entity = stage.domain.entities.create(name="a", entity_type="space")
    moment = datetime.now(UTC)
    change = StateChanged(
        entity, {}, {"a": 1}, ("a",), Source(None), moment, [], "one set"
    )
    body = orjson.loads(state_payload(change))
    assert tuple(body) == (*STATE_KEYS, "correlation_id")
    assert body["correlation_id"] == "one set"


def test_the_past_can_be_left_out(stage: Stage) -> None:
    entity = stage.domain.entities.create(name="a", entity_type="space")
    change = StateChanged(
        entity, {"a": "x" * 100}, {"a": 1}, ("a",), Source(None), datetime.now(UTC), []
    )

    body = orjson.loads(state_payload(change, with_previous=False))

    assert body["previous_state"] == {}
    assert tuple(body) == STATE_KEYS


def test_an_event_is_rendered_once_for_all(stage: Stage) -> None:
    entity = stage.domain.entities.create(name="a", entity_type="space")
    change = stage.domain.entities.update(entity.id, {"a": 1})

    first = stage.encoder.encode(change)

    assert stage.encoder.encode(change) is first
    other = stage.domain.entities.update(entity.id, {"a": 2})
    assert stage.encoder.encode(other) is not first


@pytest.mark.parametrize(
    ("verb", "data"),
    [
        ("created", {"state": {"on": False, "brightness": 0, "color": "#ffffff"}}),
        ("updated", {"name": "Wash left", "tags": ["left"]}),
        ("deleted", None),
    ],
)
def test_the_life_of_an_entity(stage: Stage, verb: str, data: Any) -> None:
    entity = stage.domain.entities.create(name="Wash 1", entity_type="light")
    stage.domain.entities.edit("wash-1", {"name": "Wash left", "tags": ["left"]})
    stage.domain.entities.delete("wash-1")

    told = [
        message
        for message in stage.take()
        if message.topic.startswith(f"maestra/entity/{verb}")
    ]

    assert [(message.topic, message.qos) for message in told] == [
        (f"maestra/entity/{verb}/light/wash-1", 1),
        (f"maestra/entity/{verb}", 1),
    ]
    first, second = bodies(told)
    assert first == second
    assert tuple(first) == LIFECYCLE_KEYS
    assert first["type"] == f"entity_{verb}"
    assert (first["entity_id"], first["entity_slug"]) == (entity.id, "wash-1")
    assert first["entity_type"] == "light"
    assert first["data"] == data


def test_inferred_variables_are_nobodys_news(stage: Stage) -> None:
    stage.domain.entities.report("td-1", {"fps": 60}, source=Source("td-1", "link"))

    topics = [message.topic for message in stage.take()]

    assert not [topic for topic in topics if "updated" in topic]
    assert len(topics) == len(set(topics)) == 5


def test_a_device_that_is_let_in(stage: Stage) -> None:
    device = stage.domain.devices.discover(ESP)
    stage.domain.devices.approve(device.id)

    messages = stage.take()

    assert [(message.topic, message.qos) for message in messages] == [
        ("maestra/device/discovered", 0),
        ("maestra/device/approved", 0),
    ]
    discovered, approved = bodies(messages)
    known = {"device_id": device.id, "hardware_id": "AA:01", "name": "Entrance"}
    assert (
        discovered.items()
        >= {
            **known,
            "type": "device_discovered",
            "device_type": "esp32",
            "ip_address": "10.0.0.7",
        }.items()
    )
    assert approved.items() >= {**known, "type": "device_approved"}.items()
    assert set(approved) == {*known, "type", "timestamp"}


def test_a_device_that_is_turned_away(stage: Stage) -> None:
    rejected = stage.domain.devices.discover(ESP)
    stage.domain.devices.reject(rejected.id)
    blocked = stage.domain.devices.register(ESP)
    stage.domain.devices.block(blocked.id, "noisy")

    messages = [
        message for message in stage.take() if "discovered" not in message.topic
    ]

    assert [message.topic for message in messages] == [
        "maestra/device/rejected",
        "maestra/device/blocked",
    ]
    first, second = (set(body.items()) for body in bodies(messages))
    assert first >= {
        ("type", "device_rejected"),
        ("device_id", rejected.id),
        ("hardware_id", "AA:01"),
        ("name", "Entrance"),
    }
    assert second >= {
        ("type", "device_blocked"),
        ("hardware_id", "AA:01"),
        ("reason", "noisy"),
    }


def test_who_registers_or_is_deleted_knows_it(stage: Stage) -> None:
    device = stage.domain.devices.register(ESP)
    stage.domain.devices.remove(device.id)

    assert stage.take() == []


def test_what_a_device_is_sent(stage: Stage) -> None:
    device = stage.domain.devices.register(ESP)
    stage.domain.devices.command(device.id, "blink", {"times": 2})
    stage.domain.configurations.push(device, {"leds": 4})

    command, configuration = stage.take()

    assert (command.topic, command.qos) == ("maestra/device/command/AA:01", 1)
    assert orjson.loads(command.payload) | {"timestamp": None} == {
        "type": "device_command",
        "device_id": device.id,
        "hardware_id": "AA:01",
        "event_type": "blink",
        "data": {"times": 2},
        "source": None,
        "timestamp": None,
    }
    assert (configuration.topic, configuration.qos) == (
        "maestra/device/configuration/AA:01",
        1,
    )
    assert orjson.loads(configuration.payload) | {"timestamp": None} == {
        "type": "device_configuration",
        "device_id": device.id,
        "hardware_id": "AA:01",
        "version": 1,
        "configuration": {"leds": 4},
        "timestamp": None,
    }


def test_what_the_wire_does_not_tell() -> None:
    assert MetricReported not in ENCODED_EVENTS


@given(st.text(max_size=300))
def test_whatever_a_client_is_called_is_one_level(name: str) -> None:
    level = topic_level(name)

    assert not set(level) & set("/+#\x00")
    assert level.isascii()


@given(slugs, objects, objects)
def test_events_are_no_commands(
    slug: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    stage = Stage()
    entities = stage.domain.entities
    entities.report(slug, before, source=Source("td", "link"))
    entities.report(slug, after, source=Source("td", "link"), replace=True)
    entities.delete(slug)

    sent = stage.take()

    assert not [
        message.topic
        for message in sent
        for subscription in SUBSCRIPTIONS
        if topic_matches_sub(subscription, message.topic)
    ]
    assert all(isinstance(body, dict) for body in bodies(sent))
