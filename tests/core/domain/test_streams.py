"""Streams: advertised, kept alive, and ended."""

from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain, streams as stream_directory
from custom_components.maestra.core.domain.errors import (
    InvalidField,
    MaestraError,
    TooMany,
    UnknownSession,
    UnknownStream,
    UnknownSubscriber,
)
from custom_components.maestra.core.domain.events import (
    SessionEnded,
    StreamAdvertised,
    StreamEnded,
    StreamHeard,
    SubscriberLeft,
)
from custom_components.maestra.core.domain.json_values import JsonObject
from custom_components.maestra.core.domain.names import is_name
from custom_components.maestra.core.domain.newcomers import Newcomers
from custom_components.maestra.core.domain.source import Source
from custom_components.maestra.core.domain.stream import PROTOCOLS, STREAM_TTL
from custom_components.maestra.core.domain.streams import Streams

from .conftest import Clock, Heard
from .strategies import wild_values

CAM = {
    "name": "Front camera",
    "stream_type": "video",
    "publisher_id": "cam-1",
    "protocol": "srt",
    "address": "10.0.0.7",
    "port": 9000,
}
WALL = CAM | {
    "name": "Wall",
    "protocol": "udp",
    "multicast_group": "239.1.2.3",
    "multicast_port": 5004,
}
DESK = {"consumer_id": "desk", "consumer_address": "10.0.0.9"}


def test_an_advertised_stream(streams: Streams, heard: Heard) -> None:
    stream = streams.advertise(
        CAM | {"config": {"fps": 50}, "entity_id": "front"},
        source=Source(None, "broker"),
    )
    wire = stream.to_wire()
    assert wire == {
        "id": stream.id,
        "name": "Front camera",
        "stream_type": "video",
        "publisher_id": "cam-1",
        "protocol": "srt",
        "address": "10.0.0.7",
        "port": 9000,
        "entity_id": "front",
        "device_id": None,
        "config": {"fps": 50},
        "metadata": {},
        "advertised_at": wire["advertised_at"],
        "last_heartbeat": wire["last_heartbeat"],
        "active_sessions": 0,
        "multicast_group": None,
        "multicast_port": None,
        "delivery_mode": "unicast",
        "active_subscribers": 0,
    }
    assert stream.gateway == "broker"
    assert streams[stream.id] is stream
    assert list(streams) == streams.of_type("video") == [stream]
    assert streams.of_type("ndi") == streams.of_type("unheard-of") == []
    assert heard.the(StreamAdvertised).is_new


def test_a_multicast_stream(streams: Streams) -> None:
    wire = streams.advertise(WALL).to_wire()
    assert wire["delivery_mode"] == "multicast"
    assert (wire["multicast_group"], wire["multicast_port"]) == ("239.1.2.3", 5004)


@pytest.mark.parametrize("group", ["ff02::1", "224.0.0.251"])
def test_multicast_addresses(streams: Streams, group: str) -> None:
    assert streams.advertise(WALL | {"multicast_group": group}).multicast_group == group


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "n" * 256}, "name"),
        ({"stream_type": "hologram"}, "stream_type"),
        ({"stream_type": ["video"]}, "stream_type"),
        ({"publisher_id": None}, "publisher_id"),
        ({"protocol": "pigeon"}, "protocol"),
        ({"protocol": None}, "protocol"),
        ({"address": "10.0.0.7\n"}, "address"),
        ({"address": 7}, "address"),
        ({"port": -1}, "port"),
        ({"port": 65_536}, "port"),
        ({"port": True}, "port"),
        ({"port": "many"}, "port"),
        ({"port": 9000.5}, "port"),
        ({"config": []}, "config"),
        ({"metadata": "m"}, "metadata"),
        ({"multicast_group": "239.1.2.3"}, "multicast_port"),
        ({"multicast_port": 5004}, "multicast_group"),
        ({"multicast_group": "10.0.0.7", "multicast_port": 1}, "multicast_group"),
        ({"multicast_group": "wall", "multicast_port": 1}, "multicast_group"),
        ({"multicast_group": "239.1.2.3", "multicast_port": 1e9}, "multicast_port"),
    ],
)
def test_what_can_not_be_advertised(
    streams: Streams, heard: Heard, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidField) as rejection:
        streams.advertise(CAM | change)
    assert rejection.value.facts["field"] == field
    assert len(streams) == 0
    assert heard.kinds == []


@given(
    st.dictionaries(
        st.sampled_from([*WALL, "config", "metadata", "entity_id", "device_id"]),
        wild_values | st.sampled_from([*PROTOCOLS, "ndi", "239.0.0.1", 5, 0, 65_535]),
    )
)
def test_whatever_is_advertised_is_taken_or_refused(change: dict[str, Any]) -> None:
    """Nothing breaks, and what is taken is within bounds."""
    streams = Domain(Bus()).streams
    try:
        stream = streams.advertise(CAM | change)
    except MaestraError:
        assert len(streams) == 0
        return
    assert 1 <= len(stream.name) <= 255
    assert is_name(stream.address)
    assert 0 <= stream.port <= 65_535
    assert streams.types.get(stream.stream_type)
    assert stream.protocol in PROTOCOLS
    assert (stream.multicast_group is None) == (stream.multicast_port is None)


async def test_advertised_again_it_is_renewed(
    streams: Streams, heard: Heard, clock: Clock
) -> None:
    """The same publisher, name and type are the same stream, with its sessions and more time."""
    stream = streams.advertise(CAM)
    session = await streams.request(stream.id, DESK)
    heard.forget()
    clock.pass_by(20)
    assert streams.advertise(CAM | {"port": 9001}) is stream
    streams.session_heartbeat(session.id)
    clock.pass_by(20)
    streams.expire()
    assert stream.port == 9001
    assert stream.sessions == {session.id: session}
    assert not heard.the(StreamAdvertised).is_new


@pytest.mark.parametrize(
    "change",
    [{"publisher_id": "cam-2"}, {"name": "Back camera"}, {"stream_type": "srt"}],
)
def test_another_publisher_name_or_type_is_another_stream(
    streams: Streams, change: dict[str, Any]
) -> None:
    """Which ends and is renewed by itself."""
    first = streams.advertise(CAM)
    second = streams.advertise(CAM | change)
    assert list(streams) == [first, second]
    assert streams.advertise(CAM) is first
    assert streams.advertise(CAM | change | {"port": 9001}) is second
    assert first.port == CAM["port"]
    streams.withdraw(first.id)
    assert list(streams) == [second]
    assert streams.advertise(CAM) is not first


@pytest.mark.parametrize("port", ["9001", 9001.0, "9001.0"])
async def test_ports_may_be_text(streams: Streams, port: Any) -> None:
    """Of whoever says so, over any wire: publishers, consumers, and publishers that agree to a session."""
    stream = streams.advertise(WALL | {"port": port, "multicast_port": port})
    assert [repr(it) for it in (stream.port, stream.multicast_port)] == ["9001"] * 2

    async def agree(*_: object) -> JsonObject:
        return {"accepted": True, "port": port}

    streams.handshakes.append(agree)
    camera = streams.advertise(CAM)
    session = await streams.request(camera.id, DESK | {"consumer_port": port})
    assert [repr(it) for it in (session.publisher_port, session.consumer_port)] == [
        *("9001", "9001")
    ]


def test_a_renewal_that_is_refused_changes_nothing(streams: Streams) -> None:
    stream = streams.advertise(CAM)
    before = stream.to_wire()
    with pytest.raises(InvalidField):
        streams.advertise(CAM | {"address": "10.0.0.8", "port": -1})
    assert stream.to_wire() == before


def test_streams_are_bounded(streams: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_directory, "MAX_STREAMS", 1)
    streams.advertise(CAM)
    with pytest.raises(TooMany):
        streams.advertise(WALL)
    # A known one may go on.
    streams.advertise(CAM)


def test_a_heartbeat_keeps_a_stream(
    streams: Streams, heard: Heard, clock: Clock
) -> None:
    stream = streams.advertise(CAM)
    first = stream.last_heartbeat
    clock.pass_by(STREAM_TTL - 1)
    assert streams.heartbeat(stream.id, source=Source(None, "nats")) is stream
    assert heard.the(StreamHeard).stream is stream
    assert stream.last_heartbeat >= first
    assert stream.gateway == "nats"
    clock.pass_by(STREAM_TTL - 1)
    streams.expire()
    assert len(streams) == 1
    clock.pass_by(1)
    streams.expire()
    assert len(streams) == 0
    with pytest.raises(UnknownStream):
        streams.heartbeat(stream.id)


async def test_silence_ends_each_by_itself(
    streams: Streams, heard: Heard, clock: Clock
) -> None:
    """A stream's heartbeat keeps neither its sessions nor its subscribers, and the other way round."""
    cam, wall = streams.advertise(CAM), streams.advertise(WALL)
    session = await streams.request(cam.id, DESK)
    subscriber = streams.join(wall.id, DESK)
    clock.pass_by(20)
    streams.heartbeat(cam.id)
    streams.subscriber_heartbeat(subscriber.id)
    clock.pass_by(10)
    heard.forget()
    streams.expire()
    # The subscriber goes with its stream, although it was heard.
    assert [type(event) for event in heard.of(StreamEnded)] == [StreamEnded]
    assert heard.the(StreamEnded).stream is wall
    assert heard.the(StreamEnded).reason == "expired"
    assert heard.the(SessionEnded).session is session
    assert heard.the(SessionEnded).reason == "expired"
    assert heard.the(SubscriberLeft).reason == "expired"
    assert cam.sessions == {}
    assert (streams.sessions, streams.subscribers) == ([], [])
    with pytest.raises(UnknownSession):
        streams.session_heartbeat(session.id)
    with pytest.raises(UnknownSubscriber):
        streams.subscriber_heartbeat(subscriber.id)


def test_when_something_expires_next(streams: Streams, clock: Clock) -> None:
    assert not streams.next_expiry
    cam = streams.advertise(CAM)
    clock.pass_by(5)
    streams.advertise(WALL)
    assert streams.next_expiry == clock.now - 5 + STREAM_TTL
    streams.heartbeat(cam.id)
    assert streams.next_expiry == clock.now + STREAM_TTL
    clock.pass_by(STREAM_TTL)
    streams.expire()
    assert list(streams) == []
    assert not streams.next_expiry


async def test_withdrawn_it_takes_its_consumers_along(
    streams: Streams, heard: Heard
) -> None:
    cam, wall = streams.advertise(CAM), streams.advertise(WALL)
    await streams.request(cam.id, DESK)
    streams.join(wall.id, DESK)
    streams.withdraw(cam.id)
    streams.withdraw(wall.id, reason="show_over")
    assert heard.the(SessionEnded).reason == "withdrawn"
    assert heard.the(SubscriberLeft).reason == "show_over"
    assert [event.reason for event in heard.of(StreamEnded)] == [
        "withdrawn",
        "show_over",
    ]
    # A consumer's end is told before the stream's.
    assert heard.kinds.index(SessionEnded) < heard.kinds.index(StreamEnded)
    assert streams.next_expiry is None
    with pytest.raises(UnknownStream):
        streams.withdraw(cam.id)
    assert streams.advertise(CAM).id != cam.id


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20)), max_size=40))
def test_alive_is_who_was_heard_lately(beats: list[tuple[int, int]]) -> None:
    """In whatever order heartbeats come, exactly the silent ones end."""
    clock = Clock()
    bus = Bus()
    streams = Streams(bus, Newcomers(bus), clock)
    names = [f"stream {number}" for number in range(4)]
    ids = [streams.advertise(CAM | {"name": name}).id for name in names]
    heard_at = dict.fromkeys(ids, clock.now)
    for number, pause in beats:
        clock.pass_by(pause)
        streams.expire()
        due = clock.now - STREAM_TTL
        heard_at = {key: at for key, at in heard_at.items() if at > due}
        assert {stream.id for stream in streams} == set(heard_at)
        for key in set(heard_at) & {ids[number]}:
            streams.heartbeat(key)
            heard_at[key] = clock.now
