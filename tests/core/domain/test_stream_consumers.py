"""Consumers of streams: requests, sessions and subscribers."""

import asyncio
from typing import Any

import pytest

from custom_components.maestra.core.domain import streams as streams_module
from custom_components.maestra.core.domain.errors import (
    BadReply,
    InvalidField,
    MulticastOnly,
    NoPublisher,
    NotMulticast,
    PublisherSilent,
    StreamRejected,
    TooMany,
    UnknownSession,
    UnknownStream,
    UnknownSubscriber,
)
from custom_components.maestra.core.domain.events import (
    SessionEnded,
    SessionHeard,
    SessionStarted,
    StreamRequested,
    SubscriberJoined,
    SubscriberLeft,
)
from custom_components.maestra.core.domain.json_values import JsonObject
from custom_components.maestra.core.domain.stream import Stream
from custom_components.maestra.core.domain.streams import Streams

from ...kits.process import PATIENCE
from .conftest import Heard
from .test_streams import CAM, DESK, WALL


class Publisher:
    """Replies to requests, or does not listen when it has no reply."""

    def __init__(self, reply: Any) -> None:
        self.reply = reply
        self.requests: list[JsonObject] = []

    async def __call__(self, stream: Stream, request: JsonObject) -> JsonObject | None:
        self.requests.append(request)
        reply: JsonObject | None = self.reply
        return reply


class SlowPublisher:
    """Replies when it is told to."""

    def __init__(self) -> None:
        self.is_asked = asyncio.Event()
        self.may_reply = asyncio.Event()

    async def __call__(self, stream: Stream, request: JsonObject) -> JsonObject | None:
        self.is_asked.set()
        await self.may_reply.wait()
        return {"accepted": True}


@pytest.fixture
def cam(streams: Streams) -> Stream:
    return streams.advertise(CAM | {"config": {"latency": 120}})


@pytest.fixture
def wall(streams: Streams) -> Stream:
    return streams.advertise(WALL | {"config": {"codec": "h264"}})


async def test_a_request_nobody_listens_for_is_accepted_as_advertised(
    streams: Streams, cam: Stream, heard: Heard
) -> None:
    session = await streams.request(cam.id, DESK | {"consumer_port": 7000})
    assert session.offer() == {
        "session_id": session.id,
        "stream_id": cam.id,
        "stream_name": "Front camera",
        "stream_type": "video",
        "protocol": "srt",
        "publisher_address": "10.0.0.7",
        "publisher_port": 9000,
        "transport_config": {"latency": 120},
    }
    wire = session.to_wire()
    assert wire == {
        "session_id": session.id,
        "stream_id": cam.id,
        "stream_name": "Front camera",
        "stream_type": "video",
        "publisher_id": "cam-1",
        "publisher_address": "10.0.0.7",
        "consumer_id": "desk",
        "consumer_address": "10.0.0.9",
        "protocol": "srt",
        "transport_config": {"latency": 120},
        "started_at": wire["started_at"],
        "status": "active",
    }
    assert session.consumer_port == 7000
    assert cam.to_wire()["active_sessions"] == 1
    assert heard.the(StreamRequested).consumer_id == "desk"
    assert heard.the(SessionStarted).session is session


async def test_without_a_publisher_and_automatic_acceptance(
    streams: Streams, cam: Stream
) -> None:
    streams.auto_accept = False
    streams.handshakes.append(Publisher(None))
    with pytest.raises(NoPublisher):
        await streams.request(cam.id, DESK)
    assert streams.sessions == []


async def test_publishers_are_asked_in_turn(streams: Streams, cam: Stream) -> None:
    absent, present, other = (
        Publisher(None),
        Publisher(
            {
                "accepted": True,
                "address": "10.0.0.8",
                "port": 9100,
                "protocol": "udp",
                "transport_config": {"key": 1},
            }
        ),
        Publisher({"accepted": False}),
    )
    streams.handshakes += [absent, present, other]
    session = await streams.request(cam.id, DESK | {"config": {"quality": "high"}})
    assert (session.publisher_address, session.publisher_port) == ("10.0.0.8", 9100)
    assert (session.protocol, session.transport_config) == ("udp", {"key": 1})
    (request,) = present.requests
    assert absent.requests == [request]
    assert request == {
        "stream_id": cam.id,
        "consumer_id": "desk",
        "consumer_address": "10.0.0.9",
        "consumer_port": None,
        "config": {"quality": "high"},
        "timestamp": request["timestamp"],
    }
    assert other.requests == []


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ({"accepted": False, "reason": "full"}, "full"),
        ({"accepted": False}, "Publisher rejected the request"),
        ({"accepted": False, "reason": 7}, "Publisher rejected the request"),
        ({"accepted": False, "reason": "r" * 300}, "Publisher rejected the request"),
        ({}, "Publisher rejected the request"),
        ({"accepted": None, "address": "10.0.0.8"}, "Publisher rejected the request"),
    ],
)
async def test_a_publisher_refuses(
    streams: Streams, cam: Stream, reply: JsonObject, reason: str
) -> None:
    streams.handshakes.append(Publisher(reply))
    with pytest.raises(StreamRejected) as rejection:
        await streams.request(cam.id, DESK)
    assert rejection.value.facts["reason"] == reason
    assert streams.sessions == []


@pytest.mark.parametrize(
    "reply",
    [
        ["accepted"],
        "yes",
        {"accepted": "yes"},
        {"accepted": 1},
        {"accepted": True, "port": "many"},
        {"accepted": True, "address": ""},
        {"accepted": True, "protocol": "pigeon"},
        {"accepted": True, "transport_config": []},
    ],
)
async def test_a_malformed_reply(streams: Streams, cam: Stream, reply: Any) -> None:
    streams.handshakes.append(Publisher(reply))
    with pytest.raises(BadReply):
        await streams.request(cam.id, DESK)
    assert streams.sessions == []


async def test_a_silent_publisher(streams: Streams, cam: Stream) -> None:
    async def silent(stream: Stream, request: JsonObject) -> JsonObject | None:
        raise PublisherSilent(stream=stream.id)

    streams.handshakes.append(silent)
    with pytest.raises(PublisherSilent):
        await streams.request(cam.id, DESK)


async def test_the_stream_ends_while_its_publisher_thinks(
    streams: Streams, cam: Stream
) -> None:
    publisher = SlowPublisher()
    streams.handshakes.append(publisher)
    request = asyncio.create_task(streams.request(cam.id, DESK))
    async with asyncio.timeout(PATIENCE):
        await publisher.is_asked.wait()
        streams.withdraw(cam.id)
        publisher.may_reply.set()
        with pytest.raises(UnknownStream):
            await request
    assert streams.sessions == []


async def test_requests_under_way_are_bounded(
    streams: Streams, cam: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams_module, "MAX_REQUESTS_PER_STREAM", 1)
    publisher = SlowPublisher()
    streams.handshakes.append(publisher)
    request = asyncio.create_task(streams.request(cam.id, DESK))
    async with asyncio.timeout(PATIENCE):
        await publisher.is_asked.wait()
        with pytest.raises(TooMany):
            await streams.request(cam.id, DESK)
        publisher.may_reply.set()
        await request
        await streams.request(cam.id, DESK)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"consumer_id": ""}, "consumer_id"),
        ({"consumer_address": None}, "consumer_address"),
        ({"consumer_port": 70_000}, "consumer_port"),
        ({"config": 1}, "config"),
    ],
)
async def test_what_can_not_be_requested(
    streams: Streams, cam: Stream, heard: Heard, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidField) as rejection:
        await streams.request(cam.id, DESK | change)
    assert rejection.value.facts["field"] == field
    assert heard.of(StreamRequested) == []


async def test_unicast_is_requested_and_multicast_joined(
    streams: Streams, cam: Stream, wall: Stream
) -> None:
    with pytest.raises(MulticastOnly):
        await streams.request(wall.id, DESK)
    with pytest.raises(NotMulticast):
        streams.join(cam.id, DESK)
    with pytest.raises(UnknownStream):
        await streams.request("nothing", DESK)
    with pytest.raises(UnknownStream):
        streams.join("nothing", DESK)


async def test_a_session_counts_and_stops(
    streams: Streams, cam: Stream, heard: Heard
) -> None:
    session = await streams.request(cam.id, DESK)
    streams.session_heartbeat(session.id, 100)
    assert heard.the(SessionHeard).session is session
    streams.session_heartbeat(session.id)
    assert session.bytes_transferred == 100
    with pytest.raises(InvalidField):
        streams.session_heartbeat(session.id, -1)
    with pytest.raises(InvalidField):
        streams.stop_session(session.id, bytes_transferred=2**63)
    assert streams.session(session.id) is session
    streams.stop_session(session.id, bytes_transferred=250, error="cable")
    ended = heard.the(SessionEnded)
    assert (ended.session, ended.reason, ended.error) == (session, "stopped", "cable")
    assert session.bytes_transferred == 250
    assert streams.sessions == []
    assert cam.to_wire()["active_sessions"] == 0
    with pytest.raises(UnknownSession):
        streams.stop_session(session.id)


def test_a_subscriber_joins_and_leaves(
    streams: Streams, wall: Stream, heard: Heard
) -> None:
    subscriber = streams.join(wall.id, DESK | {"metadata": {"row": 2}})
    assert subscriber.joined() == {
        "subscriber_id": subscriber.id,
        "stream_id": wall.id,
        "stream_name": "Wall",
        "stream_type": "video",
        "protocol": "udp",
        "multicast_group": "239.1.2.3",
        "multicast_port": 5004,
        "config": {"codec": "h264"},
    }
    wire = subscriber.to_wire()
    assert wire == {
        "subscriber_id": subscriber.id,
        "stream_id": wall.id,
        "stream_name": "Wall",
        "stream_type": "video",
        "consumer_id": "desk",
        "consumer_address": "10.0.0.9",
        "joined_at": wire["joined_at"],
        "metadata": {"row": 2},
    }
    assert wall.to_wire()["active_subscribers"] == 1
    assert heard.the(SubscriberJoined).subscriber is subscriber
    with pytest.raises(UnknownSubscriber):
        streams.leave("another stream", subscriber.id)
    assert streams.leave(wall.id, subscriber.id) is subscriber
    assert heard.the(SubscriberLeft).reason == "left"
    assert wall.subscribers == {}
    with pytest.raises(UnknownSubscriber):
        streams.leave(wall.id, subscriber.id)


async def test_consumers_are_bounded(
    streams: Streams, cam: Stream, wall: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams_module, "MAX_SESSIONS_PER_STREAM", 1)
    monkeypatch.setattr(streams_module, "MAX_SUBSCRIBERS_PER_STREAM", 1)
    await streams.request(cam.id, DESK)
    with pytest.raises(TooMany):
        await streams.request(cam.id, DESK)
    streams.join(wall.id, DESK)
    with pytest.raises(TooMany):
        streams.join(wall.id, DESK)
