"""Everything that can happen in the domain, as typed events on the bus."""

from dataclasses import dataclass
from datetime import datetime

from .device import Device, DeviceConfiguration, DeviceGroup, Metric
from .entity import Entity
from .entity_type import EntityType
from .json_values import JsonObject, JsonValue
from .source import Source
from .stream import Stream, StreamSession, StreamSubscriber, StreamType


@dataclass(slots=True, eq=False)
class StateChanged:
    """An entity's state changed in at least one top-level key. All that is changed as one has the same `correlation_id`."""

    entity: Entity
    previous: JsonObject
    current: JsonObject
    changed_keys: tuple[str, ...]
    source: Source
    timestamp: datetime
    warnings: list[JsonObject]
    correlation_id: str | None = None


@dataclass(slots=True, eq=False)
class EntityCreated:
    """An entity is new."""

    entity: Entity
    source: Source
    timestamp: datetime


@dataclass(slots=True, eq=False)
class EntityUpdated:
    """Something other than the state changed; `changes` has the fields with their new values."""

    entity: Entity
    changes: JsonObject
    source: Source
    timestamp: datetime


@dataclass(slots=True, eq=False)
class EntityDeleted:
    """An entity is gone."""

    entity: Entity
    source: Source
    timestamp: datetime


@dataclass(slots=True, eq=False)
class NewcomerRefused:
    """A client brings new things faster than they are let in. `kind` is what, `name` that of one of them."""

    kind: str
    name: str
    source: Source


@dataclass(slots=True, eq=False)
class EntityMoved:
    """An entity is now reached through another gateway."""

    entity: Entity


@dataclass(slots=True, eq=False)
class DeviceDiscovered:
    """A device asks to be let in."""

    device: Device
    timestamp: datetime


@dataclass(slots=True, eq=False)
class DeviceAdded:
    """A device is registered or approved and may work from now on."""

    device: Device
    approved: bool
    timestamp: datetime


@dataclass(slots=True, eq=False)
class DeviceProvisioned:
    """An approved device has fetched what it needs to know."""

    device: Device
    timestamp: datetime


@dataclass(slots=True, eq=False)
class ProvisionChanged:
    """What a device is to be told changed, or is gone with it."""

    device_id: str


@dataclass(slots=True, eq=False)
class DeviceUpdated:
    """Name, firmware, groups or another description of a device changed."""

    device: Device


@dataclass(slots=True, eq=False)
class DeviceRemoved:
    """A device is gone; `reason` is deleted, rejected or blocked, `note` what the user said of it."""

    device: Device
    reason: str
    note: str | None
    timestamp: datetime


@dataclass(slots=True, eq=False)
class DeviceHeard:
    """A sign of life: `last_seen` moved."""

    device: Device


@dataclass(slots=True, eq=False)
class DeviceStatusChanged:
    """A device reports another status, or fell silent (offline)."""

    device: Device
    previous: str
    timestamp: datetime


@dataclass(slots=True, eq=False)
class BlockedDeviceHeard:
    """A blocked device still talks."""

    hardware_id: str


@dataclass(slots=True, eq=False)
class DeviceUnblocked:
    """A blocked hardware id may ask again."""

    hardware_id: str


@dataclass(slots=True, eq=False)
class MetricReported:
    """A device measured something; `is_new` for the first value of a name."""

    device: Device
    metric: Metric
    is_new: bool


@dataclass(slots=True, eq=False)
class DeviceEventReported:
    """Something happened at a device."""

    device: Device
    event_type: str
    severity: str
    message: str | None
    data: JsonObject
    timestamp: datetime


@dataclass(slots=True, eq=False)
class DeviceCommanded:
    """Somebody inside sends an event to a device."""

    device: Device
    event_type: str
    data: JsonObject
    source: Source
    timestamp: datetime


@dataclass(slots=True, eq=False)
class GroupChanged:
    """A device group has other members or is new."""

    group: DeviceGroup


@dataclass(slots=True, eq=False)
class GroupRemoved:
    """A device group is gone."""

    group: DeviceGroup


@dataclass(slots=True, eq=False)
class ConfigurationPushed:
    """A device is to take over a configuration."""

    device: Device
    configuration: DeviceConfiguration


@dataclass(slots=True, eq=False)
class ConfigurationApplied:
    """A device has taken over a configuration."""

    device: Device
    configuration: DeviceConfiguration


@dataclass(slots=True, eq=False)
class ConfigurationRefused:
    """A device does not take over a configuration; its `error` says why."""

    device: Device
    configuration: DeviceConfiguration


@dataclass(slots=True, eq=False)
class Relayed:
    """A client says something on a subject, for whoever listens there (maestra.md §5).

    `data` is the JSON value that was said. What is no JSON is in `raw`, with `data` null.
    """

    subject: str
    data: JsonValue
    source: Source
    raw: bytes | None = None


@dataclass(slots=True, eq=False)
class EntityTypeChanged:
    """An entity type is new or described anew."""

    entity_type: EntityType


@dataclass(slots=True, eq=False)
class EntityTypeRemoved:
    """A custom entity type is gone."""

    entity_type: EntityType


@dataclass(slots=True, eq=False)
class CollectionChanged:
    """What of the history is recorded changed."""


@dataclass(slots=True, eq=False)
class OscReceived:
    """An OSC message came in. `peer` is `host:port` of who sent it, `gateway` the key of what heard it."""

    address: str
    arguments: tuple[JsonValue, ...]
    peer: str
    gateway: str


@dataclass(slots=True, eq=False)
class StreamAdvertised:
    """A stream is new, or was advertised again by its publisher."""

    stream: Stream
    is_new: bool
    timestamp: datetime


@dataclass(slots=True, eq=False)
class StreamHeard:
    """A stream's heartbeat: `last_heartbeat` moved."""

    stream: Stream


@dataclass(slots=True, eq=False)
class StreamRequested:
    """A consumer asks for a stream; its publisher is asked next."""

    stream: Stream
    consumer_id: str
    timestamp: datetime


@dataclass(slots=True, eq=False)
class StreamEnded:
    """A stream is gone, after its sessions and subscribers; `reason` is withdrawn or expired, or what the caller said."""

    stream: Stream
    reason: str
    timestamp: datetime


@dataclass(slots=True, eq=False)
class SessionStarted:
    """A consumer and a publisher agreed."""

    session: StreamSession
    timestamp: datetime


@dataclass(slots=True, eq=False)
class SessionHeard:
    """A session's heartbeat: `bytes_transferred` may have moved."""

    session: StreamSession


@dataclass(slots=True, eq=False)
class SessionEnded:
    """A session is over; `reason` is stopped or expired, or why its stream ended. `error` is what went wrong with it."""

    session: StreamSession
    reason: str
    error: str | None
    timestamp: datetime


@dataclass(slots=True, eq=False)
class SubscriberJoined:
    """A consumer listens to a multicast stream."""

    subscriber: StreamSubscriber
    timestamp: datetime


@dataclass(slots=True, eq=False)
class SubscriberLeft:
    """A subscriber is gone; `reason` is left or expired, or why its stream ended."""

    subscriber: StreamSubscriber
    reason: str
    timestamp: datetime


@dataclass(slots=True, eq=False)
class StreamTypeAdded:
    """A custom stream type is new."""

    stream_type: StreamType
