"""What clients are told of streams. No I/O (maestra.md §2.2, §5.3)."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import orjson

from ..domain.clock import wire_time
from ..domain.events import (
    SessionEnded,
    SessionStarted,
    StreamAdvertised,
    StreamEnded,
    StreamHeard,
    SubscriberJoined,
    SubscriberLeft,
)
from ..domain.stream import Stream
from .announcement import Announcement, Wires


def _topics(stream: Stream) -> tuple[str, ...]:
    # Arduino clients listen to the bare topic.
    return f"maestra/stream/advertise/{stream.stream_type}", "maestra/stream/advertise"


def _mqtt_form(stream: Stream) -> dict[str, Any]:
    return {
        "id": stream.id,
        "name": stream.name,
        "stream_type": stream.stream_type,
        # Not in the reference: whose stream of this name it is.
        "publisher_id": stream.publisher_id,
        "address": stream.address,
        "port": stream.port,
        "config": stream.config,
    }


def _advertised(event: StreamAdvertised) -> Iterator[Announcement]:
    stream = event.stream
    form = _mqtt_form(stream) | {"delivery_mode": stream.delivery_mode}
    if stream.multicast_group is not None:
        form["multicast_group"] = stream.multicast_group
        form["multicast_port"] = stream.multicast_port
    yield Announcement(_topics(stream), orjson.dumps(form), wires=Wires.MQTT)
    body = {
        "type": "stream_advertised",
        "stream_id": stream.id,
        "stream_type": stream.stream_type,
        "publisher_id": stream.publisher_id,
        "name": stream.name,
        "timestamp": wire_time(event.timestamp),
    }
    yield Announcement(_topics(stream), orjson.dumps(body), wires=Wires.SUBJECTS)


def _heard(event: StreamHeard) -> Iterator[Announcement]:
    # For those that have come since: MQTT clients know a stream by nothing else.
    stream = event.stream
    payload = orjson.dumps(_mqtt_form(stream))
    yield Announcement(_topics(stream), payload, wires=Wires.MQTT)


def _ended(event: StreamEnded) -> Iterator[Announcement]:
    stream = event.stream
    payload = _payload(
        "stream_withdrawn",
        event.timestamp,
        stream_id=stream.id,
        stream_type=stream.stream_type,
        name=stream.name,
        reason=event.reason,
    )
    # On MQTT `withdraw/<id>` is what publishers say to us.
    yield Announcement(
        (f"maestra/stream/ended/{stream.stream_type}",), payload, wires=Wires.MQTT
    )
    yield Announcement(
        (f"maestra/stream/withdraw/{stream.id}",), payload, wires=Wires.SUBJECTS
    )


def _session_started(event: SessionStarted) -> Iterator[Announcement]:
    session = event.session
    body = {
        "type": "session_started",
        **session.to_wire(),
        # The reference tells the port as text, here and nowhere else.
        "publisher_port": str(session.publisher_port),
    }
    yield Announcement(("maestra/stream/session/started",), orjson.dumps(body))


def _session_ended(event: SessionEnded) -> Iterator[Announcement]:
    payload = _payload(
        "session_stopped",
        event.timestamp,
        session_id=event.session.id,
        stream_id=event.session.stream.id,
        reason=event.reason,
        error=event.error,
    )
    yield Announcement(("maestra/stream/session/stopped",), payload)


def _subscriber_joined(event: SubscriberJoined) -> Iterator[Announcement]:
    subscriber = event.subscriber
    payload = _payload(
        "subscriber_joined",
        event.timestamp,
        subscriber_id=subscriber.id,
        stream_id=subscriber.stream.id,
        consumer_id=subscriber.consumer_id,
        consumer_address=subscriber.consumer_address,
        multicast_group=subscriber.stream.multicast_group,
        multicast_port=subscriber.stream.multicast_port,
    )
    yield Announcement(("maestra/stream/subscriber/joined",), payload)


def _subscriber_left(event: SubscriberLeft) -> Iterator[Announcement]:
    payload = _payload(
        "subscriber_left",
        event.timestamp,
        subscriber_id=event.subscriber.id,
        stream_id=event.subscriber.stream.id,
        reason=event.reason,
    )
    yield Announcement(("maestra/stream/subscriber/left",), payload)


def _payload(kind: str, timestamp: datetime, **facts: Any) -> bytes:
    return orjson.dumps({"type": kind, **facts, "timestamp": wire_time(timestamp)})


STREAM_RENDERERS: Final[Mapping[type, Callable[[Any], Iterator[Announcement]]]] = {
    StreamAdvertised: _advertised,
    StreamHeard: _heard,
    StreamEnded: _ended,
    SessionStarted: _session_started,
    SessionEnded: _session_ended,
    SubscriberJoined: _subscriber_joined,
    SubscriberLeft: _subscriber_left,
}
