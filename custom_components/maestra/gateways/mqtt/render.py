"""The Maestra dialect of MQTT, outbound: events to messages. No I/O (maestra.md §2.2)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import orjson

from ...domain.clock import utcnow, wire_time
from ...domain.entity import Entity
from ...domain.events import (
    ConfigurationPushed,
    DeviceAdded,
    DeviceCommanded,
    DeviceDiscovered,
    DeviceRemoved,
    EntityCreated,
    EntityDeleted,
    EntityUpdated,
    StateChanged,
)
from ...domain.json_types import JsonObject


class Publish(NamedTuple):
    """One message to send. Nothing of this dialect is retained."""

    topic: str
    payload: bytes
    qos: int


def render(event: Any) -> Iterator[Publish]:
    """Return the messages that announce an event, each topic once; none for what the wire does not tell."""
    return RENDERERS[type(event)](event)


def render_state(change: StateChanged, size_limit: int = 0) -> Iterator[Publish]:
    """Return the three state messages.

    `size_limit` (bytes, 0 for none) leaves `previous_state` empty in larger events:
    small clients drop what does not fit their buffer (maestra.md §2.3).
    """
    entity = change.entity
    body: JsonObject = {
        "type": "state_changed",
        "entity_id": entity.id,
        "entity_slug": entity.slug,
        "entity_type": entity.type.name,
        "path": entity.path,
        "previous_state": change.previous,
        "current_state": change.current,
        "changed_keys": list(change.changed_keys),
        "source": change.source.name,
        "timestamp": wire_time(change.timestamp),
        "validation_warnings": list(change.warnings),
    }
    payload = orjson.dumps(body)
    if size_limit and len(payload) > size_limit:
        payload = orjson.dumps(body | {"previous_state": {}})
    kind = entity.type.name
    yield Publish(f"maestra/entity/state/{kind}/{entity.slug}", payload, 1)
    yield Publish("maestra/entity/state", payload, 1)
    yield Publish(f"maestra/entity/state/{kind}", payload, 1)


def render_error(client: str | None, topic: str, code: str, detail: str) -> Publish:
    """Return the answer to a message that was refused (our extension)."""
    body = {
        "type": "error",
        "code": code,
        "detail": detail,
        "topic": topic[:256],
        "timestamp": wire_time(utcnow()),
    }
    return Publish(
        f"maestra/errors/{topic_level(client or 'unknown')}", orjson.dumps(body), 0
    )


def topic_level(text: str) -> str:
    """Write text that a client chose as one topic level; `:` stays, as MAC addresses have it."""
    return quote(text[:255], safe=":", errors="replace")


def _lifecycle(
    verb: str, entity: Entity, data: Any, timestamp: Any
) -> Iterator[Publish]:
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
    yield Publish(f"maestra/entity/{verb}/{entity.type.name}/{entity.slug}", payload, 1)
    yield Publish(f"maestra/entity/{verb}", payload, 1)


def _created(event: EntityCreated) -> Iterator[Publish]:
    return _lifecycle(
        "created", event.entity, {"state": event.entity.state}, event.timestamp
    )


def _updated(event: EntityUpdated) -> Iterator[Publish]:
    if event.changes:
        yield from _lifecycle("updated", event.entity, event.changes, event.timestamp)


def _deleted(event: EntityDeleted) -> Iterator[Publish]:
    return _lifecycle("deleted", event.entity, None, event.timestamp)


def _device(verb: str, timestamp: Any, **facts: Any) -> Iterator[Publish]:
    body = {"type": f"device_{verb}", "timestamp": wire_time(timestamp), **facts}
    yield Publish(f"maestra/device/{verb}", orjson.dumps(body), 0)


def _discovered(event: DeviceDiscovered) -> Iterator[Publish]:
    device = event.device
    return _device(
        "discovered",
        event.timestamp,
        device_id=device.id,
        hardware_id=device.hardware_id,
        name=device.name,
        device_type=device.device_type,
        ip_address=device.ip_address,
    )


def _added(event: DeviceAdded) -> Iterator[Publish]:
    # The reference announces approvals only; a device that registers itself knows that it is there.
    if event.approved:
        device = event.device
        yield from _device(
            "approved",
            event.timestamp,
            device_id=device.id,
            hardware_id=device.hardware_id,
            name=device.name,
        )


def _removed(event: DeviceRemoved) -> Iterator[Publish]:
    device = event.device
    match event.reason:
        case "rejected":
            yield from _device(
                "rejected",
                event.timestamp,
                device_id=device.id,
                hardware_id=device.hardware_id,
                name=device.name,
            )
        case "blocked":
            yield from _device(
                "blocked",
                event.timestamp,
                hardware_id=device.hardware_id,
                reason=event.note,
            )


def _commanded(event: DeviceCommanded) -> Iterator[Publish]:
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
    yield Publish(topic, orjson.dumps(body), 1)


def _configured(event: ConfigurationPushed) -> Iterator[Publish]:
    body = {
        "type": "device_configuration",
        "device_id": event.device.id,
        "hardware_id": event.device.hardware_id,
        "version": event.configuration.version,
        "configuration": event.configuration.configuration,
        "timestamp": wire_time(event.configuration.created_at),
    }
    topic = f"maestra/device/configuration/{topic_level(event.device.hardware_id)}"
    yield Publish(topic, orjson.dumps(body), 1)


RENDERERS: Final[Mapping[type, Callable[[Any], Iterator[Publish]]]] = {
    EntityCreated: _created,
    EntityUpdated: _updated,
    EntityDeleted: _deleted,
    DeviceDiscovered: _discovered,
    DeviceAdded: _added,
    DeviceRemoved: _removed,
    DeviceCommanded: _commanded,
    ConfigurationPushed: _configured,
}
