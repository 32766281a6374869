"""What clients are told of events, on MQTT topics and the NATS subjects of the same names. No I/O (maestra.md §2.2, §5)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
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
    StateChanged,
)
from .announcement import Announcement, Wires
from .stream_announcements import STREAM_RENDERERS

__all__ = [
    "ANNOUNCED",
    "Announcement",
    "Announcer",
    "Wires",
    "state_payload",
    "topic_level",
]


class Announcer:
    """Renders each event once, however many gateways tell it."""

    def __init__(self) -> None:
        """Start without an event."""
        self._event: object = None
        self._announcements: tuple[Announcement, ...] = ()

    def announce(self, event: Any) -> tuple[Announcement, ...]:
        """Return what is told of an event of one of `ANNOUNCED`; nothing for what the wire does not tell."""
        if event is not self._event:
            self._event = event
            self._announcements = tuple(_RENDERERS[type(event)](event))
        return self._announcements


def state_payload(change: StateChanged, *, with_previous: bool = True) -> bytes:
    """Return the body of a state change; without the previous state for clients with small buffers (maestra.md §2.3)."""
    entity = change.entity
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
        }
    )


def _state(change: StateChanged) -> Iterator[Announcement]:
    kind = change.entity.type.name
    yield Announcement(
        (
            f"maestra/entity/state/{kind}/{change.entity.slug}",
            "maestra/entity/state",
            f"maestra/entity/state/{kind}",
        ),
        state_payload(change),
        1,
    )


def topic_level(text: str) -> str:
    """Write text that a client chose as one topic level; `:` stays, as MAC addresses have it."""
    return quote(text[:255], safe=":", errors="replace")


def _lifecycle(
    verb: str, entity: Entity, data: Any, timestamp: Any
) -> Iterator[Announcement]:
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
    yield Announcement(
        (
            f"maestra/entity/{verb}/{entity.type.name}/{entity.slug}",
            f"maestra/entity/{verb}",
        ),
        payload,
        1,
    )


def _created(event: EntityCreated) -> Iterator[Announcement]:
    return _lifecycle(
        "created", event.entity, {"state": event.entity.state}, event.timestamp
    )


def _updated(event: EntityUpdated) -> Iterator[Announcement]:
    if event.changes:
        yield from _lifecycle("updated", event.entity, event.changes, event.timestamp)


def _deleted(event: EntityDeleted) -> Iterator[Announcement]:
    return _lifecycle("deleted", event.entity, None, event.timestamp)


def _device(verb: str, timestamp: Any, **facts: Any) -> Iterator[Announcement]:
    body = {"type": f"device_{verb}", "timestamp": wire_time(timestamp), **facts}
    yield Announcement((f"maestra/device/{verb}",), orjson.dumps(body))


def _discovered(event: DeviceDiscovered) -> Iterator[Announcement]:
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


def _added(event: DeviceAdded) -> Iterator[Announcement]:
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


def _provisioned(event: DeviceProvisioned) -> Iterator[Announcement]:
    return _device("provisioned", event.timestamp, device_id=event.device.id)


def _removed(event: DeviceRemoved) -> Iterator[Announcement]:
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


def _commanded(event: DeviceCommanded) -> Iterator[Announcement]:
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
    yield Announcement((topic,), orjson.dumps(body), 1)


def _configured(event: ConfigurationPushed) -> Iterator[Announcement]:
    body = {
        "type": "device_configuration",
        "device_id": event.device.id,
        "hardware_id": event.device.hardware_id,
        "version": event.configuration.version,
        "configuration": event.configuration.configuration,
        "timestamp": wire_time(event.configuration.created_at),
    }
    topic = f"maestra/device/configuration/{topic_level(event.device.hardware_id)}"
    yield Announcement((topic,), orjson.dumps(body), 1)


_RENDERERS: Final[Mapping[type, Callable[[Any], Iterator[Announcement]]]] = {
    StateChanged: _state,
    EntityCreated: _created,
    EntityUpdated: _updated,
    EntityDeleted: _deleted,
    DeviceDiscovered: _discovered,
    DeviceAdded: _added,
    DeviceProvisioned: _provisioned,
    DeviceRemoved: _removed,
    DeviceCommanded: _commanded,
    ConfigurationPushed: _configured,
    **STREAM_RENDERERS,
}
ANNOUNCED: Final = tuple(_RENDERERS)
"""The events that clients are told of."""
