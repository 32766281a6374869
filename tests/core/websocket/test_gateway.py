"""What clients say and hear, over real sockets."""

from datetime import datetime
from typing import Any

import pytest

from custom_components.maestra.core.domain.events import Relayed, StateChanged
from custom_components.maestra.core.domain.source import Source
from tests.kits.websocket import Frame

from .conftest import Stage

STATE = "maestra.entity.state"


def is_naive(timestamp: str) -> bool:
    """Whether a time is written as envelopes have it: UTC without saying so."""
    return datetime.fromisoformat(timestamp).tzinfo is None


def heard(frames: list[Frame]) -> list[Any]:
    """What frames say without their times: subject and data of messages, the rest as it is."""
    return [
        (frame["subject"], frame["data"])
        if frame["type"] == "message"
        else frame["type"]
        for frame in frames
    ]


async def test_a_client_is_welcome_on_any_path(stage: Stage) -> None:
    first = await stage.stranger("/")
    welcome = await first.receives("welcome")
    second = await stage.stranger("/some/where?x=y")
    other = await second.receives("welcome")
    assert welcome["message"] == "Connected to Maestra WebSocket Gateway"
    assert is_naive(welcome["timestamp"])
    assert isinstance(welcome["client_id"], int)
    assert welcome["client_id"] != other["client_id"]
    assert stage.gateway.clients == 2


async def test_a_browser_gets_the_subprotocol_it_asks_for(stage: Stage) -> None:
    client = await stage.client(protocols=("mqtt", "json"))
    assert client.protocol == "mqtt"


async def test_a_ping_is_answered(stage: Stage) -> None:
    client = await stage.client()
    await client.say("ping")
    pong = await client.receives("pong")
    assert pong.keys() == {"type", "timestamp"}
    assert is_naive(pong["timestamp"])


async def test_who_says_nothing_hears_each_change_once(stage: Stage) -> None:
    client = await stage.client()
    stage.lamp(on=True)
    await client.receives("message", subject="maestra.entity.created.light.lamp")
    (frame,) = await client.settled()
    assert frame["type"] == "message"
    assert frame["subject"] == "maestra.entity.state.light.lamp"
    assert is_naive(frame["timestamp"])
    assert frame["data"]["type"] == "state_changed"
    assert frame["data"]["entity_slug"] == "lamp"
    assert frame["data"]["current_state"] == {"on": True}
    assert frame["data"]["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    ("wanted", "subject"),
    [
        (f"{STATE}.light.lamp", f"{STATE}.light.lamp"),
        (f"{STATE}.*.lamp", f"{STATE}.light.lamp"),
        (f"{STATE}.light", f"{STATE}.light"),
        (STATE, STATE),
    ],
)
@pytest.mark.parametrize("snapshot", [False, True])
async def test_who_subscribes_by_name_gets_event_and_message_in_one(
    stage: Stage, wanted: str, subject: str, snapshot: bool
) -> None:
    """The reference's dashboard reads the `data` of a frame, the JavaScript SDK the event itself."""
    stage.lamp(on=True)
    client = await stage.client()
    answer = await client.subscribe(wanted, snapshot=snapshot)
    assert answer["subject"] == wanted
    assert answer["subjects"] == [wanted]
    stage.lamp(on=snapshot)
    frame = await client.receives("state_changed", entity_slug="lamp")
    event = frame.pop("data")
    assert frame.pop("subject") == subject
    assert frame == event
    assert event["current_state"] == {"on": snapshot}
    assert event["changed_keys"] == ["on"]


async def test_a_subscriber_can_ask_for_the_bare_event(stage: Stage) -> None:
    client = await stage.client()
    await client.subscribe(f"{STATE}.*.lamp", envelope=False)
    stage.lamp(on=True)
    (event,) = await client.settled()
    assert event["type"] == "state_changed"
    assert event.keys().isdisjoint({"subject", "data"})


async def test_a_subscriber_can_ask_for_envelopes(stage: Stage) -> None:
    client = await stage.client()
    await client.subscribe("maestra/entity/state/light", envelope=True)
    stage.lamp(on=True)
    (frame,) = await client.settled()
    assert frame["type"] == "message"
    assert frame["subject"] == "maestra.entity.state.light"
    assert frame["data"]["current_state"] == {"on": True}


async def test_one_change_is_one_frame_whatever_matches(stage: Stage) -> None:
    client = await stage.client()
    for subject in ("maestra.>", f"{STATE}.>", f"{STATE}.*.lamp", STATE):
        await client.subscribe(subject)
    stage.lamp()
    await client.settled()
    stage.lamp(on=True)
    (frame,) = await client.settled()
    assert frame["type"] == "message"


@pytest.mark.parametrize(
    ("wanted", "form"),
    [
        ({"subject": f"{STATE}.*.lamp"}, "state_changed"),
        ({"subject": f"{STATE}.light.*"}, "state_changed"),
        ({"slug": "lamp"}, "state_changed"),
        ({"topic": "maestra/entity/state/+/lamp"}, "state_changed"),
        ({"subject": f"{STATE}.*.lamp", "envelope": None}, "state_changed"),
        ({"subject": f"{STATE}.*.lamp", "envelope": True}, "message"),
        ({}, "message"),
        ({"subject": "maestra.>"}, "message"),
        ({"topic": "maestra/#"}, "message"),
        ({"subject": f"{STATE}.>"}, "message"),
        ({"subject": "maestra.>", "envelope": False}, "state_changed"),
    ],
)
async def test_the_form_of_a_change_is_what_the_pattern_lets_expect(
    stage: Stage, wanted: Any, form: str
) -> None:
    client = await stage.client()
    await client.say("subscribe", **wanted)
    await client.receives("subscribed")
    stage.lamp()
    await client.settled()
    stage.lamp(on=True)
    (frame,) = await client.settled()
    assert frame["type"] == form


async def test_what_is_taken_back_is_not_heard(stage: Stage) -> None:
    client = await stage.client()
    await client.subscribe(f"{STATE}.>")
    await client.subscribe("maestra.show.*")
    await client.say("unsubscribe", subject=f"{STATE}.>")
    assert (await client.receives("unsubscribed"))["subjects"] == [f"{STATE}.>"]
    stage.lamp(on=True)
    await client.publish("maestra.show.go", 1)
    (message,) = await client.settled()
    assert message["subject"] == "maestra.show.go"
    await client.say("unsubscribe")
    await client.receives("unsubscribed", subjects=[])
    await client.publish("maestra.show.go", 2)
    assert await client.settled() == []


async def test_who_wants_nothing_hears_nothing(stage: Stage) -> None:
    client = await stage.client()
    await client.say("unsubscribe", subject="maestra.>")
    await client.receives("unsubscribed")
    stage.lamp(on=True)
    assert await client.settled() == []


@pytest.mark.parametrize(
    ("wanted", "slugs"),
    [
        ({"entity_type": "light"}, ["lamp"]),
        ({"slug": ["fan", "door"]}, ["fan"]),
        ({"keys": ["level"]}, ["lamp", "fan"]),
        ({"path": "stage"}, ["fan", "stage"]),
        ({"path": "stage", "keys": "on"}, ["stage"]),
        ({}, ["lamp", "fan", "stage"]),
    ],
)
async def test_a_filter_lets_through_what_it_names(
    stage: Stage, wanted: Any, slugs: list[str]
) -> None:
    entities = stage.domain.entities
    entities.create(name="Stage", entity_type="space", slug="stage")
    entities.create(name="Lamp", entity_type="light", slug="lamp")
    entities.create(name="Fan", entity_type="device", slug="fan", parent="stage")
    client = await stage.client()
    await client.subscribe("maestra.>", filter=wanted, envelope=False)
    entities.update("lamp", {"level": 1, "on": True})
    entities.update("fan", {"level": 1})
    entities.update("stage", {"on": True})
    await client.publish("maestra.show.go", {})
    frames = await client.settled()
    assert [f["entity_slug"] for f in frames if f["type"] == "state_changed"] == slugs


async def test_a_filtered_client_and_another_hear_their_own(stage: Stage) -> None:
    choosy, plain = await stage.client(), await stage.client()
    await choosy.subscribe(f"{STATE}.*.*", filter={"keys": "level"})
    await choosy.subscribe(STATE, envelope=True)
    await plain.subscribe(f"{STATE}.*.*")
    stage.lamp(on=True)
    stage.lamp(level=1)
    assert heard(await plain.settled()) == ["state_changed"] * 2
    first, second = await choosy.settled()
    assert (first["type"], first["subject"]) == ("message", STATE)
    assert second["type"] == "state_changed"


async def test_a_snapshot_tells_how_things_are(stage: Stage) -> None:
    for number in range(120):
        stage.domain.entities.report(
            f"fader-{number}", {"x": number}, source=Source("t")
        )
    stage.lamp(on=True)
    client = await stage.client()
    await client.subscribe(f"{STATE}.*.*", snapshot=True)
    stage.lamp(on=False)
    end = await client.receives("snapshot_complete")
    assert end["count"] == 121
    events = await client.settled()
    assert {e["entity_slug"] for e in events} >= {"fader-0", "fader-119", "lamp"}
    # However the change fell between the states: the last that is told of the lamp is true.
    assert [e for e in events if e["entity_slug"] == "lamp"][-1]["current_state"] == {
        "on": False
    }


async def test_the_frames_of_a_snapshot_are_counted(stage: Stage) -> None:
    for number in range(120):
        stage.domain.entities.report(
            f"fader-{number}", {"x": number}, source=Source("t")
        )
    client = await stage.client()
    counters = stage.gateway.counters
    messages, size = counters["messages_out"], counters["bytes_out"]
    await client.subscribe(f"{STATE}.*.*", snapshot=True)
    await client.receives("snapshot_complete")
    # Each state, and what comes before and after them.
    assert counters["messages_out"] - messages == 1 + 120 + 1
    assert counters["bytes_out"] - size > 120 * len('{"type":"state_changed"}')


@pytest.mark.parametrize(
    ("wanted", "slugs"),
    [
        ({"subject": f"{STATE}.*.lamp"}, ["lamp"]),
        ({"subjects": [f"{STATE}.light.lamp", f"{STATE}.*.none"]}, ["lamp"]),
        ({"subject": f"{STATE}.sensor.lamp"}, []),
        ({"subject": f"{STATE}.device"}, ["fan"]),
        ({"subject": f"{STATE}.>", "filter": {"slug": "fan"}}, ["fan"]),
        ({"subject": "maestra.device.>"}, []),
    ],
)
async def test_a_snapshot_has_only_what_matches(
    stage: Stage, wanted: Any, slugs: list[str]
) -> None:
    stage.domain.entities.create(name="Fan", entity_type="device", slug="fan")
    stage.lamp(on=True)
    client = await stage.client()
    await client.say("subscribe", snapshot=True, envelope=True, **wanted)
    end = await client.receives("snapshot_complete", count=len(slugs))
    assert end["subjects"] == wanted.get("subjects", [wanted.get("subject")])
    messages = [f for f in await client.settled() if f["type"] == "message"]
    assert [f["data"]["entity_slug"] for f in messages] == slugs


async def test_subscriptions_are_bounded(closed_stage: Stage) -> None:
    stage = closed_stage
    await stage.start(max_subscriptions=2)
    client = await stage.client()
    await client.say("subscribe", subjects=["a", "b"])
    await client.receives("subscribed")
    await client.say("subscribe", subject="b")
    await client.receives("subscribed")
    await client.say("subscribe", subject="c")
    await client.receives("error", code="too_many")


async def test_a_published_state_is_merged_without_its_envelope(stage: Stage) -> None:
    stage.lamp(on=True)
    client, other = await stage.client(), await stage.client()
    changes: list[StateChanged] = []
    stage.domain.bus.subscribe(StateChanged, changes.append)
    ack = await client.publish(f"{STATE}.update.lamp", {"state": {"level": 5}})
    assert ack.keys() == {"type", "subject", "timestamp"}
    assert stage.domain.entities["lamp"].state == {"on": True, "level": 5}
    assert changes[0].source[:2] == ("websocket", "websocket")
    await client.publish(f"{STATE}.set.lamp", {"state": {"x": 1}, "source": "page"})
    assert stage.domain.entities["lamp"].state == {"x": 1}
    assert changes[1].source[:2] == ("page", "websocket")
    # Everybody is told of the changes, and of who commands what.
    expected = [
        *(f"{STATE}.light.lamp", f"{STATE}.update.lamp"),
        *(f"{STATE}.light.lamp", f"{STATE}.set.lamp"),
    ]
    assert [f["subject"] for f in await client.settled()] == expected
    frames = await other.settled()
    assert [f["subject"] for f in frames] == expected
    assert frames[1]["data"].pop("timestamp")
    assert frames[1]["data"] == {
        "source": "websocket",
        "data": {"state": {"level": 5}},
    }


@pytest.mark.parametrize(
    ("pattern", "is_told"),
    [
        ("maestra.>", True),
        (f"{STATE}.>", True),
        (f"{STATE}.update.lamp", True),
        (f"{STATE}.update.*", True),
        (f"{STATE}.*.lamp", False),
        (f"{STATE}.*.*", False),
        (f"{STATE}.light.*", False),
    ],
)
async def test_who_is_told_of_commands(
    stage: Stage, pattern: str, is_told: bool
) -> None:
    """No type of entity is called as a command: who asks for any type does not ask for commands."""
    client, other = await stage.client(), await stage.client()
    await client.subscribe(pattern)
    await other.publish(f"{STATE}.update.lamp", {"on": True})
    told = [f for f in await client.settled() if "update" in f.get("subject", "")]
    assert len(told) == is_told


async def test_a_command_that_is_refused_is_answered_so(stage: Stage) -> None:
    stage.domain.entities.rules.create_unknown = False
    client = await stage.client()
    subject = f"{STATE}.update.nobody"
    await client.say("publish", subject=subject, data={"on": True})
    error = await client.receives("error", code="unknown_entity", subject=subject)
    assert error["message"] == "Entity nobody is not known"
    assert is_naive(error["timestamp"])
    await client.say("publish", subject=subject, data=[1])
    await client.receives("error", code="invalid_field", subject=subject)
    assert await client.settled() == []
    assert stage.gateway.counters["refused_unknown_entity"] == 1


async def test_other_words_are_passed_on_to_all(stage: Stage) -> None:
    client, other = await stage.client(), await stage.client()
    relayed: list[Relayed] = []
    stage.domain.bus.subscribe(Relayed, relayed.append)
    await client.publish("maestra.show.go", {"cue": 3})
    for hearer in (client, other):
        message = await hearer.receives("message", subject="maestra.show.go")
        assert message["data"].keys() == {"timestamp", "source", "data"}
        assert is_naive(message["data"]["timestamp"])
        assert message["data"]["source"] == "websocket"
        assert message["data"]["data"] == {"cue": 3}
    assert [said.subject for said in relayed] == ["maestra.show.go"]
    assert relayed[0].source[:2] == ("websocket", "websocket")


async def test_words_without_data_carry_an_empty_object(stage: Stage) -> None:
    client = await stage.client()
    await client.say("publish", subject="maestra.show.go")
    message = await client.receives("message")
    assert message["data"]["data"] == {}


async def test_words_outside_maestra_are_for_those_who_ask(stage: Stage) -> None:
    client, other = await stage.client(), await stage.client()
    await other.subscribe("lights.*")
    await client.publish("lights.go", 1)
    assert heard(await client.settled()) == []
    (message,) = await other.settled()
    assert message["subject"] == "lights.go"


async def test_what_other_gateways_hear_is_passed_on(stage: Stage) -> None:
    client = await stage.client()
    source = Source("osc", "osc")
    stage.domain.bus.publish(Relayed("maestra.osc.x", {"values": [1]}, source))
    stage.domain.bus.publish(Relayed("maestra.mqtt.y", None, source, b"on"))
    assert heard(await client.settled()) == [
        ("maestra.osc.x", {"values": [1]}),
        ("maestra.mqtt.y", {"_raw": "on", "_error": "non-JSON payload"}),
    ]


async def test_each_client_hears_in_the_order_of_the_bus(stage: Stage) -> None:
    client, writer = await stage.client(), await stage.client()
    await client.subscribe(f"{STATE}.*.*")
    await writer.subscribe("maestra.none")
    stage.lamp(x=-1)
    for number in range(500):
        await writer.say("publish", subject=f"{STATE}.update.lamp", data={"x": number})
    await writer.settled()
    events = await client.settled()
    assert [e["current_state"]["x"] for e in events] == [-1, *range(500)]


async def test_more_than_one_write_in_a_turn_keeps_its_order(stage: Stage) -> None:
    client = await stage.client()
    await client.subscribe(f"{STATE}.light.lamp")
    text = "x" * 5_000
    for number in range(40):
        stage.lamp(number=number, text=text)
    values = [
        (await client.receives("state_changed"))["current_state"]["number"]
        for _ in range(40)
    ]
    assert values == list(range(40))
    assert stage.gateway.counters["unsent"] == 0


async def test_what_passes_is_counted(stage: Stage) -> None:
    client = await stage.client()
    await client.publish("maestra.show.go", {})
    await client.send("nonsense")
    await client.receives("error")
    counters = stage.gateway.counters
    assert counters["messages_in"] == 2
    assert counters["messages_out"] == 4
    assert counters["accepted"] == 1
    assert counters["refused"] == counters["refused_malformed"] == 1
    assert counters["bytes_in"] > 0
    assert counters["bytes_out"] > 0
    assert counters["unsent"] == 0
    assert stage.gateway.latency.quantile(0.99) is not None


async def test_the_end_is_announced(stage: Stage) -> None:
    clients = [await stage.client() for _ in range(3)]
    await stage.gateway.stop()
    assert [(await client.closed()).code for client in clients] == [1001] * 3
    assert stage.gateway.clients == 0
    assert stage.gateway.port == 0
    stage.lamp(on=True)


async def test_a_client_that_leaves_is_forgotten(stage: Stage) -> None:
    client, other = await stage.client(), await stage.client()
    await client.subscribe("maestra.>")
    await client.__aexit__()
    stage.lamp(on=True)
    await other.settled()
    assert stage.gateway.clients == 1
