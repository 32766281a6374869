"""Streams that automations advertise, find, request and end."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.maestra.core.domain.events import StreamHeard
from custom_components.maestra.core.domain.json_values import JsonObject
from custom_components.maestra.core.domain.stream import (
    BUILT_IN_STREAM_TYPES,
    PROTOCOLS,
    Stream,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util

from ...kits.hub import HubKit
from ...kits.texts import TEXTS

CAMERA: dict[str, Any] = {
    "name": "Stage camera",
    "stream_type": "srt",
    "protocol": "srt",
    "address": "192.0.2.30",
    "port": 9000,
}


async def beat(hass: HomeAssistant, hub_kit: HubKit) -> list[str]:
    """Let ten seconds go by; returns the names of the streams that gave a sign of life."""
    heard = hub_kit.notified(StreamHeard)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=11))
    await hub_kit.settled()
    return [event.stream.name for event in heard]


async def test_advertised_stream_belongs_where_it_says(hub_kit: HubKit) -> None:
    await hub_kit.light("wash-1")
    device = await hub_kit.registers("AA:01")
    told = await hub_kit.ask(
        "advertise_stream",
        **CAMERA,
        publisher="encoder",
        entity="wash-1",
        device="AA:01",
        config={"codec": "h264"},
        metadata={"lens": 35},
    )
    (stream,) = hub_kit.domain.streams
    assert told == stream.to_wire()
    assert told["publisher_id"] == "encoder"
    assert told["entity_id"] == hub_kit.domain.entities["wash-1"].id
    assert told["device_id"] == device.id
    assert (told["config"], told["metadata"]) == ({"codec": "h264"}, {"lens": 35})


async def test_advertising_again_renews(hub_kit: HubKit) -> None:
    first = await hub_kit.ask("advertise_stream", **CAMERA)
    again = await hub_kit.ask("advertise_stream", **CAMERA | {"port": 9001})
    assert (again["id"], again["port"]) == (first["id"], 9001)
    assert again["publisher_id"] == "home_assistant"


async def test_multicast_stream(hub_kit: HubKit) -> None:
    told = await hub_kit.ask(
        "advertise_stream", **CAMERA, multicast_group="239.0.0.1", multicast_port=5000
    )
    assert told["delivery_mode"] == "multicast"
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.ask("request_stream", stream="Stage camera", address="192.0.2.40")
    assert refused.value.translation_key == "multicast_only"


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"stream_type": "smell"}, "invalid_field"),
        ({"protocol": "pigeon"}, "invalid_field"),
        ({"multicast_group": "239.0.0.1"}, "invalid_field"),
        ({"entity": "nobody"}, "unknown_entity"),
        ({"device": "nobody"}, "unknown_device"),
    ],
)
async def test_refused_advertisement(
    hub_kit: HubKit, data: dict[str, Any], key: str
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act("advertise_stream", **CAMERA | data)
    assert refused.value.translation_key == key
    assert len(hub_kit.domain.streams) == 0


async def test_home_assistant_speaks_for_what_it_advertised(
    hass: HomeAssistant, hub_kit: HubKit
) -> None:
    await hub_kit.advertises("Front")
    await hub_kit.act("advertise_stream", **CAMERA)
    assert await beat(hass, hub_kit) == ["Stage camera"]
    await hub_kit.act("advertise_stream", **CAMERA, keep_alive=False)
    assert await beat(hass, hub_kit) == []


async def test_home_assistant_forgets_what_was_withdrawn(
    hass: HomeAssistant, hub_kit: HubKit
) -> None:
    await hub_kit.act("advertise_stream", **CAMERA)
    await hub_kit.act("withdraw_stream", stream="Stage camera")
    assert await beat(hass, hub_kit) == []


async def test_home_assistant_speaks_for_what_it_requested(
    hass: HomeAssistant, hub_kit: HubKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = 1_000.0
    monkeypatch.setattr(hub_kit.domain.streams, "_clock", lambda: seconds)
    await hub_kit.act("advertise_stream", **CAMERA)
    (stream,) = hub_kit.domain.streams
    await hub_kit.requests(stream, "wall")
    kept = await hub_kit.ask(
        "request_stream", stream="Stage camera", address="192.0.2.40"
    )
    seconds += 20
    await beat(hass, hub_kit)
    seconds += 20
    hub_kit.domain.streams.expire()
    assert [it.id for it in hub_kit.domain.streams.sessions] == [kept["session_id"]]
    await hub_kit.act("stop_session", session=kept["session_id"])
    await beat(hass, hub_kit)
    assert hub_kit.domain.streams.sessions == []


async def test_streams_are_withdrawn_by_name_and_id(hub_kit: HubKit) -> None:
    front = await hub_kit.advertises("Front")
    twin = await hub_kit.advertises("Front", publisher_id="td-2")
    side = await hub_kit.advertises("Side")
    await hub_kit.advertises("Back")
    told = await hub_kit.ask("withdraw_stream", stream=["Front", twin.id, side.id])
    assert told == {"withdrawn": [front.id, twin.id, side.id]}
    assert [it.name for it in hub_kit.domain.streams] == ["Back"]


async def test_unknown_stream_withdraws_none(hub_kit: HubKit) -> None:
    await hub_kit.advertises("Front")
    with pytest.raises(ServiceValidationError, match="Side is not known"):
        await hub_kit.act("withdraw_stream", stream=["Front", "Side"])
    assert len(hub_kit.domain.streams) == 1


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["Front", "Side", "Mix"]),
        ({"name": ["Front", "Mix"]}, ["Front", "Mix"]),
        ({"stream_type": "audio"}, ["Mix"]),
        ({"publisher": "td-1", "stream_type": ["video", "audio"]}, ["Front", "Side"]),
        ({"publisher": "nobody"}, []),
    ],
)
async def test_listed_streams(
    hub_kit: HubKit, filters: dict[str, Any], names: list[str]
) -> None:
    for name in ("Front", "Side"):
        await hub_kit.advertises(name)
    await hub_kit.advertises("Mix", stream_type="audio", publisher_id="desk")
    told = await hub_kit.ask("list_streams", **filters)
    assert [it["name"] for it in told["streams"]] == names


async def test_listed_stream_has_its_consumers(hub_kit: HubKit) -> None:
    front = await hub_kit.advertises("Front")
    session = await hub_kit.requests(front)
    mix = await hub_kit.advertises(
        "Mix", multicast_group="239.0.0.1", multicast_port=5000
    )
    subscriber = hub_kit.domain.streams.join(
        mix.id, {"consumer_id": "wall", "consumer_address": "192.0.2.41"}
    )
    told = (await hub_kit.ask("list_streams"))["streams"]
    assert told[0] == front.to_wire() | {
        "sessions": [session.to_wire()],
        "subscribers": [],
    }
    assert told[1]["subscribers"] == [subscriber.to_wire()]


async def test_requested_stream_is_offered(hub_kit: HubKit) -> None:
    stream = await hub_kit.advertises("Front")
    offer = await hub_kit.ask(
        "request_stream",
        stream="Front",
        address="192.0.2.40",
        port=7000,
        consumer="screen",
        config={"width": 1920},
    )
    (session,) = hub_kit.domain.streams.sessions
    assert offer == session.offer()
    assert (offer["stream_id"], offer["publisher_port"]) == (stream.id, 9000)
    assert (session.consumer_id, session.consumer_port) == ("screen", 7000)


async def test_publisher_decides(hub_kit: HubKit) -> None:
    """As over NATS: it is asked, and its answer is taken."""
    asked: list[JsonObject] = []

    async def publisher(stream: Stream, request: JsonObject) -> JsonObject | None:
        asked.append(request)
        return {"accepted": False, "reason": "Too many"}

    hub_kit.domain.streams.handshakes.append(publisher)
    await hub_kit.advertises("Front")
    with pytest.raises(HomeAssistantError, match="refuses: Too many") as refused:
        await hub_kit.ask(
            "request_stream",
            stream="Front",
            address="192.0.2.40",
            config={"width": 1920},
        )
    assert refused.value.translation_key == "stream_rejected"
    assert [(it["consumer_id"], it["config"]) for it in asked] == [
        ("home_assistant", {"width": 1920})
    ]
    assert hub_kit.domain.streams.sessions == []


@pytest.mark.parametrize("hub_options", [{"auto_accept": False}])
async def test_nobody_accepts(hub_kit: HubKit) -> None:
    await hub_kit.advertises("Front")
    with pytest.raises(HomeAssistantError) as refused:
        await hub_kit.ask("request_stream", stream="Front", address="192.0.2.40")
    assert refused.value.translation_key == "no_publisher"


async def test_name_must_be_clear(hub_kit: HubKit) -> None:
    await hub_kit.advertises("Front")
    await hub_kit.advertises("Front", publisher_id="td-2")
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.ask("request_stream", stream="Front", address="192.0.2.40")
    assert refused.value.translation_key == "ambiguous_stream"


async def test_stopped_session(hub_kit: HubKit) -> None:
    session = await hub_kit.requests(await hub_kit.advertises("Front"))
    told = await hub_kit.ask("stop_session", session=session.id, bytes_transferred=12)
    assert told == session.to_wire() | {"status": "stopped", "bytes_transferred": 12}
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act("stop_session", session=session.id)
    assert refused.value.translation_key == "unknown_session"


def test_choices_are_those_of_the_domain() -> None:
    choices = {
        key: {*TEXTS["selector"][key]["options"]}
        for key in ("stream_type", "stream_protocol")
    }
    assert choices == {
        "stream_type": {it.name for it in BUILT_IN_STREAM_TYPES},
        "stream_protocol": set(PROTOCOLS),
    }
