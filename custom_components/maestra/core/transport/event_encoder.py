"""Events as clients get them, on MQTT topics and the NATS subjects of the same names. No I/O (maestra.md §2.2, §5)."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
import enum
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import orjson

from ..domain.clock import wire_time
from ..domain.entity import Entity
from ..domain.events import (
    ConfigurationPushed,
    DeviceAdded,
    DeviceCommanded,
    DeviceDiscovered,
    DeviceProvisioned,
    DeviceRemoved,
    EntityCreated,
    EntityDeleted,
    EntityUpdated,
    SessionEnded,
    SessionStarted,
    StateChanged,
    StreamAdvertised,
    StreamEnded,
    StreamHeard,
    SubscriberJoined,
    SubscriberLeft,
)
from ..domain.json_values import JsonObject
from ..domain.stream import Stream


class Wires(enum.Flag):
    """Which wires a message is for."""

    MQTT = enum.auto()
    SUBJECTS = enum.auto()
    """NATS, and the WebSocket clients that subscribe to its subjects."""


class EncodedEvent(NamedTuple):
    """One message about an event, on each of its `topics`, the most specific first. Nothing is retained.

    A topic is a NATS subject too, with `.` for `/` (`subject_of_topic`). `qos` is MQTT's.
    """

    topics: tuple[str, ...]
    payload: bytes
    qos: int = 0
    wires: Wires = Wires.MQTT | Wires.SUBJECTS


def state_payload(change: StateChanged, *, with_previous: bool = True) -> bytes:
    """Return the body of a state change; without the previous state for clients with small buffers (maestra.md §2.3)."""
    entity = change.entity
    correlation: JsonObject = (
        {}
        if change.correlation_id is None
        else {"correlation_id": change.correlation_id}
    )
    return orjson.dumps(
        {
            "type": "state_changed",
            "entity_id": entity.id,
            "entity_slug": entity.slug,
            "entity_type": entity.type.name,
            "path": entity.path,
            "previous_state": change.previous if with_previous else {},
            "current_state": change.current,
            "changed_keys": change.changed_keys,
            "source": change.source.name,
            "timestamp": wire_time(change.timestamp),
            "validation_warnings": change.warnings,
            **correlation,
        }
    )


def topic_level(text: str) -> str:
    """Write text that a client chose as one topic level; `:` stays, as MAC addresses have it."""
    return quote(text[:255], safe=":", errors="replace")


# Entities.


def _state_changed(change: StateChanged) -> Iterator[EncodedEvent]:
    kind = change.entity.type.name
    yield EncodedEvent(
        (
            f"maestra/entity/state/{kind}/{change.entity.slug}",
            "maestra/entity/state",
            f"maestra/entity/state/{kind}",
        ),
        state_payload(change),
        1,
    )


def _lifecycle(
    verb: str, entity: Entity, data: Any, timestamp: Any
) -> Iterator[EncodedEvent]:
    payload = orjson.dumps(
        {
            "type": f"entity_{verb}",
            "entity_id": entity.id,
            "entity_slug": entity.slug,
            "entity_type": entity.type.name,
            "data": data,
            "timestamp": wire_time(timestamp),
        }
    )
    yield EncodedEvent(
        (
            f"maestra/entity/{verb}/{entity.type.name}/{entity.slug}",
            f"maestra/entity/{verb}",
        ),
        payload,
        1,
    )


def _entity_created(event: EntityCreated) -> Iterator[EncodedEvent]:
    return _lifecycle(
        "created", event.entity, {"state": event.entity.state}, event.timestamp
    )


def _entity_updated(event: EntityUpdated) -> Iterator[EncodedEvent]:
    if event.changes:
        yield from _lifecycle("updated", event.entity, event.changes, event.timestamp)


def _entity_deleted(event: EntityDeleted) -> Iterator[EncodedEvent]:
    return _lifecycle("deleted", event.entity, None, event.timestamp)


# Devices.


def _device_event(verb: str, timestamp: Any, **facts: Any) -> Iterator[EncodedEvent]:
    body = {"type": f"device_{verb}", "timestamp": wire_time(timestamp), **facts}
    yield EncodedEvent((f"maestra/device/{verb}",), orjson.dumps(body))


def _device_discovered(event: DeviceDiscovered) -> Iterator[EncodedEvent]:
    device = event.device
    return _device_event(
        "discovered",
        event.timestamp,
        device_id=device.id,
        hardware_id=device.hardware_id,
        name=device.name,
        device_type=device.device_type,
        ip_address=device.ip_address,
    )


def _device_approved(event: DeviceAdded) -> Iterator[EncodedEvent]:
    # The reference announces approvals only; a device that registers itself knows that it is there.
    if event.approved:
        device = event.device
        yield from _device_event(
            "approved",
            event.timestamp,
            device_id=device.id,
            hardware_id=device.hardware_id,
            name=device.name,
        )


def _device_provisioned(event: DeviceProvisioned) -> Iterator[EncodedEvent]:
    return _device_event("provisioned", event.timestamp, device_id=event.device.id)


def _device_removed(event: DeviceRemoved) -> Iterator[EncodedEvent]:
    device = event.device
    match event.reason:
        case "rejected":
            yield from _device_event(
                "rejected",
                event.timestamp,
                device_id=device.id,
                hardware_id=device.hardware_id,
                name=device.name,
            )
        case "blocked":
            yield from _device_event(
                "blocked",
                event.timestamp,
                hardware_id=device.hardware_id,
                reason=event.note,
            )


def _device_commanded(event: DeviceCommanded) -> Iterator[EncodedEvent]:
    body = {
        "type": "device_command",
        "device_id": event.device.id,
        "hardware_id": event.device.hardware_id,
        "event_type": event.event_type,
        "data": event.data,
        "source": event.source.name,
        "timestamp": wire_time(event.timestamp),
    }
    topic = f"maestra/device/command/{topic_level(event.device.hardware_id)}"
    yield EncodedEvent((topic,), orjson.dumps(body), 1)


def _device_configured(event: ConfigurationPushed) -> Iterator[EncodedEvent]:
    body = {
        "type": "device_configuration",
        "device_id": event.device.id,
        "hardware_id": event.device.hardware_id,
        "version": event.configuration.version,
        "configuration": event.configuration.configuration,
        "timestamp": wire_time(event.configuration.created_at),
    }
    topic = f"maestra/device/configuration/{topic_level(event.device.hardware_id)}"
    yield EncodedEvent((topic,), orjson.dumps(body), 1)


# Streams.


def _stream_topics(stream: Stream) -> tuple[str, ...]:
    # Arduino clients listen to the bare topic.
    return f"maestra/stream/advertise/{stream.stream_type}", "maestra/stream/advertise"


def _stream_on_mqtt(stream: Stream) -> dict[str, Any]:
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


def _stream_advertised(event: StreamAdvertised) -> Iterator[EncodedEvent]:
    stream = event.stream
    body_on_mqtt = _stream_on_mqtt(stream) | {"delivery_mode": stream.delivery_mode}
    if stream.multicast_group is not None:
        body_on_mqtt["multicast_group"] = stream.multicast_group
        body_on_mqtt["multicast_port"] = stream.multicast_port
    yield EncodedEvent(
        _stream_topics(stream), orjson.dumps(body_on_mqtt), wires=Wires.MQTT
    )
    body = {
        "type": "stream_advertised",
        "stream_id": stream.id,
        "stream_type": stream.stream_type,
        "publisher_id": stream.publisher_id,
        "name": stream.name,
        "timestamp": wire_time(event.timestamp),
    }
    yield EncodedEvent(_stream_topics(stream), orjson.dumps(body), wires=Wires.SUBJECTS)


def _stream_heartbeat(event: StreamHeard) -> Iterator[EncodedEvent]:
    # For those that have come since: MQTT clients learn of a stream by nothing else.
    stream = event.stream
    payload = orjson.dumps(_stream_on_mqtt(stream))
    yield EncodedEvent(_stream_topics(stream), payload, wires=Wires.MQTT)


def _stream_ended(event: StreamEnded) -> Iterator[EncodedEvent]:
    stream = event.stream
    payload = _stream_payload(
        "stream_withdrawn",
        event.timestamp,
        stream_id=stream.id,
        stream_type=stream.stream_type,
        name=stream.name,
        reason=event.reason,
    )
    # On MQTT `withdraw/<id>` is what publishers say to us.
    yield EncodedEvent(
        (f"maestra/stream/ended/{stream.stream_type}",), payload, wires=Wires.MQTT
    )
    yield EncodedEvent(
        (f"maestra/stream/withdraw/{stream.id}",), payload, wires=Wires.SUBJECTS
    )


def _session_started(event: SessionStarted) -> Iterator[EncodedEvent]:
    session = event.session
    body = {
        "type": "session_started",
        **session.to_wire(),
        # The reference tells the port as text, here and nowhere else.
        "publisher_port": str(session.publisher_port),
    }
    yield EncodedEvent(("maestra/stream/session/started",), orjson.dumps(body))


def _session_ended(event: SessionEnded) -> Iterator[EncodedEvent]:
    payload = _stream_payload(
        "session_stopped",
        event.timestamp,
        session_id=event.session.id,
        stream_id=event.session.stream.id,
        reason=event.reason,
        error=event.error,
    )
    yield EncodedEvent(("maestra/stream/session/stopped",), payload)


def _subscriber_joined(event: SubscriberJoined) -> Iterator[EncodedEvent]:
    subscriber = event.subscriber
    payload = _stream_payload(
        "subscriber_joined",
        event.timestamp,
        subscriber_id=subscriber.id,
        stream_id=subscriber.stream.id,
        consumer_id=subscriber.consumer_id,
        consumer_address=subscriber.consumer_address,
        multicast_group=subscriber.stream.multicast_group,
        multicast_port=subscriber.stream.multicast_port,
    )
    yield EncodedEvent(("maestra/stream/subscriber/joined",), payload)


def _subscriber_left(event: SubscriberLeft) -> Iterator[EncodedEvent]:
    payload = _stream_payload(
        "subscriber_left",
        event.timestamp,
        subscriber_id=event.subscriber.id,
        stream_id=event.subscriber.stream.id,
        reason=event.reason,
    )
    yield EncodedEvent(("maestra/stream/subscriber/left",), payload)


def _stream_payload(kind: str, timestamp: datetime, **facts: Any) -> bytes:
    return orjson.dumps({"type": kind, **facts, "timestamp": wire_time(timestamp)})


_ENCODERS: Final[Mapping[type, Callable[[Any], Iterator[EncodedEvent]]]] = {
    StateChanged: _state_changed,
    EntityCreated: _entity_created,
    EntityUpdated: _entity_updated,
    EntityDeleted: _entity_deleted,
    DeviceDiscovered: _device_discovered,
    DeviceAdded: _device_approved,
    DeviceProvisioned: _device_provisioned,
    DeviceRemoved: _device_removed,
    DeviceCommanded: _device_commanded,
    ConfigurationPushed: _device_configured,
    StreamAdvertised: _stream_advertised,
    StreamHeard: _stream_heartbeat,
    StreamEnded: _stream_ended,
    SessionStarted: _session_started,
    SessionEnded: _session_ended,
    SubscriberJoined: _subscriber_joined,
    SubscriberLeft: _subscriber_left,
}
ENCODED_EVENTS: Final = tuple(_ENCODERS)
"""The types of events that clients get."""


class EventEncoder:
    """Encodes each event once, however many gateways send it."""

    def __init__(self) -> None:
        """Start without an event."""
        self._event: object = None
        self._encoded: tuple[EncodedEvent, ...] = ()

    def encode(self, event: Any) -> tuple[EncodedEvent, ...]:
        """Return the messages about an event of one of `ENCODED_EVENTS`; none for what is not on the wire."""
        if event is not self._event:
            self._event = event
            self._encoded = tuple(_ENCODERS[type(event)](event))
        return self._encoded
