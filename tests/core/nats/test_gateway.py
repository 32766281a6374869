"""What NATS clients say reaches the domain and other gateways, and the other way round."""

import asyncio
from typing import Any

import pytest

from custom_components.maestra.core.domain.errors import (
    BadReply,
    NoPublisher,
    PublisherSilent,
    StreamRejected,
)
from custom_components.maestra.core.domain.source import Source
from custom_components.maestra.core.nats import gateway as module
from custom_components.maestra.core.transport.mqtt_subjects import from_mqtt
from tests.kits.nats import NatsPeer, NatsServer
from tests.kits.process import PATIENCE

from .conftest import Hub

STREAM = {
    "name": "Camera",
    "stream_type": "video",
    "publisher_id": "cam-1",
    "protocol": "udp",
    "address": "127.0.0.1",
    "port": 5000,
}
CONSUMER = {"consumer_id": "wall", "consumer_address": "127.0.0.1"}


async def test_a_state_is_updated_and_announced(hub: Hub, peer: NatsPeer) -> None:
    """On the three subjects of the protocol, with what the client calls itself."""
    await peer.publish(
        "maestra.entity.state.update.lamp", {"state": {"on": True}, "source": "desk"}
    )
    change = (await peer.receives("maestra.entity.state.*.lamp")).json
    assert change["type"] == "state_changed"
    assert change["current_state"] == {"on": True}
    assert change["source"] == "desk"
    await peer.receives("maestra.entity.state", entity_slug="lamp")
    assert hub.gateway.counters["accepted"] == 1


async def test_a_state_is_set(hub: Hub, peer: NatsPeer) -> None:
    """Replaced, that is; and a client that names itself not is called as in the reference."""
    await peer.publish("maestra.entity.state.update.lamp", {"a": 1})
    assert await peer.receives("maestra.entity.state")
    await peer.publish("maestra.entity.state.set.lamp", {"b": 2})
    change = (await peer.receives("maestra.entity.state", changed_keys=["a", "b"])).json
    assert change["current_state"] == {"b": 2}
    assert change["source"] == "mqtt"


async def test_forty_updates_at_once_all_stay(hub: Hub, server: NatsServer) -> None:
    """Each of another client."""

    async def update(number: int) -> Any:
        async with server.peer(subjects=()) as client:
            return await client.request(
                "maestra.entity.state.update.lamp", {f"key_{number}": number}
            )

    answers = await asyncio.gather(*(update(number) for number in range(40)))
    assert answers == [{"status": "ok"}] * 40
    assert hub.domain.entities["lamp"].state == {
        f"key_{number}": number for number in range(40)
    }


async def test_a_refused_command_is_answered(hub: Hub, peer: NatsPeer) -> None:
    """To who asked, and to all who watch errors."""
    answer = await peer.request("maestra.entity.state.update.lamp", [1])
    assert answer["error"] == "invalid_field"
    told = (await peer.receives("maestra.errors.lamp")).json
    assert told["code"] == "invalid_field"
    assert told["subject"] == "maestra.entity.state.update.lamp"
    assert told["detail"] == answer["detail"]
    assert hub.gateway.counters["refused"] == 1
    assert hub.gateway.counters["refused_invalid_field"] == 1


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"x" * 1_000_000, "larger than"),
        (b"[" * 1_020 + b"]" * 1_020, "too deep"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "deeper than"),
        (b"not json", "not a JSON object"),
        (b'{"a": NaN}', "not a JSON object"),
        (b"\xff\xfe", "not a JSON object"),
        (b"", "not a JSON object"),
    ],
    ids=["large", "deepest", "deep", "text", "NaN", "bytes", "nothing"],
)
async def test_a_hostile_command_is_refused(
    hub: Hub, peer: NatsPeer, payload: bytes, why: str
) -> None:
    """And the next one is served."""
    answer = await peer.request("maestra.entity.state.update.lamp", payload)
    assert why in answer["detail"]
    assert await peer.request("maestra.entity.state.update.lamp", {"on": True}) == {
        "status": "ok"
    }


@pytest.mark.parametrize(
    "slug", ["a%2Eb", "ümlaut", "x" * 300], ids=["escape", "umlaut", "long"]
)
async def test_a_strange_slug_is_refused_under_its_own_name(
    hub: Hub, peer: NatsPeer, slug: str
) -> None:
    """It reaches no subject unescaped."""
    assert "error" in await peer.request(f"maestra.entity.state.update.{slug}", {})
    assert (await peer.receives("maestra.errors.*")).json["type"] == "error"


async def test_everything_else_is_said_inside(hub: Hub, peer: NatsPeer) -> None:
    """As JSON where it is, raw where it is not."""
    await peer.publish("maestra.to_osc.cue", {"address": "/cue", "values": [1]})
    relayed = await hub.hears()
    assert relayed.subject == "maestra.to_osc.cue"
    assert relayed.data == {"address": "/cue", "values": [1]}
    assert relayed.raw is None
    assert relayed.source == Source("nats", "hub")
    await peer.publish("maestra.to_mqtt.maestra.x", b"\xffraw")
    relayed = await hub.hears()
    assert (relayed.data, relayed.raw) == (None, b"\xffraw")
    await peer.publish("maestra.empty")
    relayed = await hub.hears()
    assert (relayed.data, relayed.raw) == (None, None)


async def test_what_is_said_inside_is_passed_on(hub: Hub, peer: NatsPeer) -> None:
    """Once, and not to where it came from."""
    hub.say("maestra.osc.fader", {"values": [0.5]})
    assert (await peer.receives("maestra.osc.fader")).json == {"values": [0.5]}
    hub.say("maestra.mqtt.maestra.raw", None, b"\xff")
    assert (await peer.receives("maestra.mqtt.>")).payload == b"\xff"
    await peer.publish("maestra.osc.mine", {})
    await hub.hears()
    await hub.hears()
    assert (await hub.hears()).subject == "maestra.osc.mine"
    hub.say("maestra.end", 1)
    await peer.receives("maestra.end")
    assert peer.collect() == []


@pytest.mark.parametrize(
    "subject", ["other.x", "$SYS.REQ.SERVER.PING", "maestra", "maestra.a b", "maestra."]
)
async def test_clients_of_other_protocols_reach_our_subjects_only(
    hub: Hub, server: NatsServer, subject: str
) -> None:
    """Not those of the server, of other programs, and none that are none."""
    async with server.peer(subjects=[">"]) as everything:
        hub.say(subject, {})
        hub.say("maestra.x", {})
        assert (await everything.receives(">")).subject == "maestra.x"


@pytest.mark.parametrize("length", [505, 4_110, 65_000])
async def test_a_topic_too_long_for_nats_ends_no_connection(
    hub: Hub, peer: NatsPeer, length: int
) -> None:
    """Whoever says it, and whatever is said around it."""
    for number in range(10):
        hub.domain.bus.publish(
            from_mqtt("maestra/" + "x" * length, b"{}", "another broker")
        )
        hub.say("maestra.osc.fader", number)
    for number in range(10):
        assert (await peer.receives("maestra.osc.fader")).json == number
    assert hub.connection.connected
    assert hub.connection.counters["reconnects"] == 0
    assert hub.gateway.counters["unsent"] == 10


async def test_what_is_nested_too_deep_is_passed_on_as_text(
    hub: Hub, peer: NatsPeer
) -> None:
    """What an MQTT client says deeper than JSON can be written is the text that it is."""
    deep = b"[" * 300 + b"]" * 300
    hub.domain.bus.publish(from_mqtt("maestra/x", deep, "another broker"))
    said = (await peer.receives("maestra.mqtt.maestra.x")).json
    assert said["data"] == said["payload"] == deep.decode()


async def test_nothing_is_sent_late(hub: Hub, server: NatsServer) -> None:
    """What happens while the server is away is counted."""
    await server.kill()
    await hub.watched.is_told(False)
    hub.domain.entities.report(
        "lamp", {"on": True}, replace=False, source=Source("osc", "osc")
    )
    assert hub.gateway.counters["unsent"] > 0
    await server.start()
    await hub.watched.is_told(True)
    async with server.peer() as peer:
        hub.say("maestra.first", 1)
        assert (await peer.receives()).subject == "maestra.first"


async def test_what_passes_is_measured(hub: Hub, peer: NatsPeer) -> None:
    """Messages, bytes and how long they take."""
    await peer.request("maestra.entity.state.update.lamp", b'{"a":1}')
    counters = hub.gateway.counters
    assert (counters["messages_in"], counters["bytes_in"]) == (1, 7)
    assert counters["messages_out"] >= 4
    assert counters["bytes_out"] > counters["messages_out"]
    taken = hub.gateway.latency.quantile(0.99)
    assert taken is not None
    assert 0 < taken < 1


# Streams.


async def test_a_publisher_is_asked(hub: Hub, server: NatsServer) -> None:
    """It hears who wants its stream, and says where to find it."""
    stream = hub.domain.streams.advertise(STREAM)
    asked: list[Any] = []

    def accept(request: Any) -> bytes:
        asked.append(request)
        return b'{"accepted": true, "port": 6000}'

    async with server.peer(subjects=()) as publisher:
        await publisher.answers(f"maestra.stream.request.{stream.id}", accept)
        session = await hub.domain.streams.request(stream.id, CONSUMER)
    assert session.publisher_port == 6000
    assert session.publisher_address == "127.0.0.1"
    assert asked[0]["consumer_id"] == "wall"
    assert asked[0]["stream_id"] == stream.id


async def test_a_publisher_may_refuse(hub: Hub, server: NatsServer) -> None:
    """With a reason."""
    stream = hub.domain.streams.advertise(STREAM)
    async with server.peer(subjects=()) as publisher:
        await publisher.answers(
            f"maestra.stream.request.{stream.id}",
            lambda _: b'{"accepted": false, "reason": "full"}',
        )
        with pytest.raises(StreamRejected, match="full"):
            await hub.domain.streams.request(stream.id, CONSUMER)


async def test_a_publisher_that_is_not_on_nats_is_not_waited_for(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server says at once that nobody listens; we listen to everything ourselves, and do not count."""
    monkeypatch.setattr(module, "HANDSHAKE_TIMEOUT", 10 * PATIENCE)
    stream = hub.domain.streams.advertise(STREAM)
    async with asyncio.timeout(PATIENCE):
        session = await hub.domain.streams.request(stream.id, CONSUMER)
    assert session.publisher_port == 5000
    hub.domain.streams.auto_accept = False
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(NoPublisher):
            await hub.domain.streams.request(stream.id, CONSUMER)


async def test_without_a_server_nobody_is_asked(hub: Hub, server: NatsServer) -> None:
    """As without NATS."""
    stream = hub.domain.streams.advertise(STREAM)
    await server.kill()
    await hub.watched.is_told(False)
    await hub.domain.streams.request(stream.id, CONSUMER)


async def test_a_silent_publisher_is_told_from_none(
    hub: Hub, server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It listens, and does not answer."""
    monkeypatch.setattr(module, "HANDSHAKE_TIMEOUT", 0.1)
    stream = hub.domain.streams.advertise(STREAM)
    async with server.peer(subjects=[f"maestra.stream.request.{stream.id}"]):
        with pytest.raises(PublisherSilent):
            await hub.domain.streams.request(stream.id, CONSUMER)


async def test_who_listens_to_everything_is_no_publisher(
    hub: Hub, peer: NatsPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A monitor must not keep consumers from streams whose publishers are not on NATS."""
    monkeypatch.setattr(module, "HANDSHAKE_TIMEOUT", 0.1)
    monkeypatch.setattr(module, "PROBE_TIMEOUT", 0.1)
    stream = hub.domain.streams.advertise(STREAM)
    session = await hub.domain.streams.request(stream.id, CONSUMER)
    assert session.publisher_port == 5000


@pytest.mark.parametrize(
    "reply",
    [b"", b"yes", b"[]", b"1", b"[" * 2_000],
    ids=["nothing", "text", "list", "number", "broken"],
)
async def test_a_malformed_reply_is_one(
    hub: Hub, server: NatsServer, reply: bytes
) -> None:
    """It is no JSON object."""
    stream = hub.domain.streams.advertise(STREAM)
    async with server.peer(subjects=()) as publisher:
        await publisher.answers(f"maestra.stream.request.{stream.id}", lambda _: reply)
        with pytest.raises(BadReply):
            await hub.domain.streams.request(stream.id, CONSUMER)


async def test_a_stopped_gateway_listens_to_nothing(hub: Hub, peer: NatsPeer) -> None:
    """Neither side hears it any more."""
    hub.gateway.start()()
    before = len(hub.domain.streams.handshakes)
    second = hub.gateway.start()
    assert len(hub.domain.streams.handshakes) == before + 1
    second()
    assert len(hub.domain.streams.handshakes) == before


async def test_a_device_acknowledges_its_configuration(
    hub: Hub, peer: NatsPeer
) -> None:
    body = {"hardware_id": "a.1", "name": "a", "device_type": "esp32"}
    device = hub.domain.devices.register(body)
    first = hub.domain.configurations.push(device, {"leds": 4})
    second = hub.domain.configurations.push(device, {"leds": 400})
    subject = "maestra.device.applied.a%2E1"
    assert await peer.request(subject, {"version": 1}) == {"status": "ok"}
    refusal = {"version": 2, "error": "too many"}
    assert await peer.request(subject, refusal) == {"status": "ok"}
    assert first.applied_at
    assert (second.applied_at, second.error) == (None, "too many")
    for broken in ("x", {}, {"version": "1"}, {"version": 2, "error": 5}):
        answer = await peer.request(subject, broken)
        assert answer["error"] == "invalid_field"


async def test_streams_are_told_and_kept_alive(hub: Hub, peer: NatsPeer) -> None:
    """On the subjects of the protocol, in the words of NATS."""
    stream = hub.domain.streams.advertise(STREAM)
    told = (await peer.receives("maestra.stream.advertise.video")).json
    assert told["type"] == "stream_advertised"
    assert told["stream_id"] == stream.id
    await peer.receives("maestra.stream.advertise", stream_id=stream.id)

    before = stream.last_heartbeat
    await peer.request(f"maestra.stream.heartbeat.{stream.id}", "any body")
    assert stream.last_heartbeat > before
    answer = await peer.request("maestra.stream.heartbeat.nobody")
    assert answer["error"] == "unknown_stream"

    hub.domain.streams.withdraw(stream.id)
    ended = (await peer.receives(f"maestra.stream.withdraw.{stream.id}")).json
    assert ended["type"] == "stream_withdrawn"
