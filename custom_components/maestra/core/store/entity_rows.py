"""Records Maestra's entities and devices, and feeds detectors with what they report."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from ..bus import Unsubscribe, together
from ..domain import Domain
from ..domain.collection import Verbosity
from ..domain.device import Device
from ..domain.entity import Entity
from ..domain.events import (
    DeviceAdded,
    DeviceDiscovered,
    DeviceEventReported,
    DeviceHeard,
    DeviceRemoved,
    DeviceStatusChanged,
    DeviceUpdated,
    EntityCreated,
    EntityDeleted,
    EntityUpdated,
    MetricReported,
    StateChanged,
)
from ..domain.hierarchy import parents_first
from ..domain.json_values import JsonObject, value_at
from .entity_tables import (
    DEVICE_EVENT_EXPORT,
    DEVICE_EVENT_HAPPENING,
    DEVICE_EVENTS,
    DEVICE_METRIC_EXPORT,
    DEVICE_METRICS,
    DEVICES,
    ENTITIES,
    ENTITY,
    ENTITY_STATE_EXPORT,
    ENTITY_STATES,
    ENTITY_TYPES,
    ENTITY_VALUE_EXPORT,
    ENTITY_VALUES,
    METRIC,
)
from .json_text import as_number, json_text, optional_text, plain_text
from .series import Address, Feed, Found
from .tables import Record
from .topic import SHIPPED, StoreTopic

DELETED: Final = "deleted"
"""The status of what is gone: its row stays, for the sake of its history."""
DESCRIBE_AFTER: Final = 10.0
"""Seconds: entities and devices change all the time, and their rows say how they are, not how they were."""
SLICE: Final = 200
"""Rows of entities and devices that are made in one turn of the loop."""
MAX_VALUES: Final = 64
"""Numbers that are kept of one change of one key, nested ones included."""


class ReportRecorder:
    """Records what devices report: their metrics and events."""

    def __init__(self, domain: Domain, record: Record, _writer: str = "") -> None:
        """Listen to nothing yet; rows go to `record`."""
        self._bus = domain.bus
        self._record = record

    def start(self) -> Unsubscribe:
        """Record what comes in until the returned function is called."""
        return together(
            self._bus.subscribe(MetricReported, self._metric_reported),
            self._bus.subscribe(DeviceEventReported, self._event_reported),
        )

    def _metric_reported(self, report: MetricReported) -> None:
        metric = report.metric
        if (value := as_number(metric.value)) is None:
            return
        self._record(
            DEVICE_METRICS,
            (
                metric.timestamp,
                report.device.id,
                plain_text(metric.series),
                value,
                optional_text(metric.unit),
                json_text(metric.tags),
            ),
        )

    def _event_reported(self, event: DeviceEventReported) -> None:
        self._record(
            DEVICE_EVENTS,
            (
                event.timestamp,
                event.device.id,
                plain_text(event.event_type),
                plain_text(event.severity),
                optional_text(event.message),
                json_text(event.data),
            ),
        )


class EntityRecorder:
    """Records what is published on the bus about entities and devices.

    The row of an entity or device is written a while after it changed, with all that changed meanwhile.
    """

    def __init__(self, domain: Domain, record: Record, _writer: str = "") -> None:
        """Listen to nothing yet; rows go to `record`."""
        self._domain = domain
        self._record = record
        self._reports = ReportRecorder(domain, record)
        self._changed_entities: dict[str, Entity] = {}
        self._changed_devices: dict[str, Device] = {}
        self._timer: asyncio.TimerHandle | None = None
        # Whose rows are being written, and the turn of the loop in which that goes on.
        self._due: deque[Entity | Device] = deque()
        self._turn: asyncio.Handle | None = None

    def start(self) -> Unsubscribe:
        """Record what is known, and from now on what happens, until the returned function is called."""
        bus = self._domain.bus
        unsubscribes = [
            bus.subscribe(StateChanged, self._state_changed),
            bus.subscribe(EntityCreated, self._entity_created),
            bus.subscribe(EntityUpdated, self._entity_changed),
            bus.subscribe(EntityDeleted, self._entity_deleted),
            self._reports.start(),
            bus.subscribe(DeviceDiscovered, self._device_changed),
            bus.subscribe(DeviceAdded, self._device_changed),
            bus.subscribe(DeviceUpdated, self._device_changed),
            bus.subscribe(DeviceHeard, self._device_changed),
            bus.subscribe(DeviceStatusChanged, self._device_changed),
            bus.subscribe(DeviceRemoved, self._device_removed),
        ]
        self._changed_devices = {device.id: device for device in self._domain.devices}
        self._changed_entities = {
            entity.id: entity for entity in parents_first(self._domain.entities)
        }
        self._describe()

        return together(self._describe, *unsubscribes)

    # What happens.

    def _state_changed(self, change: StateChanged) -> None:
        self._record_state(change)
        self._mark(self._changed_entities, change.entity)

    def _entity_created(self, event: EntityCreated) -> None:
        entity = event.entity
        # What it begins with is part of its history too.
        if state := entity.state:
            keys, source, timestamp = tuple(state), event.source, event.timestamp
            self._record_state(
                StateChanged(entity, {}, state, keys, source, timestamp, [])
            )
        self._mark(self._changed_entities, entity)

    def _record_state(self, change: StateChanged) -> None:
        entity = change.entity
        verbosity = self._domain.collection.verbosity(entity)
        if verbosity is Verbosity.MINIMAL:
            return
        is_verbose = verbosity is Verbosity.VERBOSE
        self._record(
            ENTITY_STATES,
            (
                change.timestamp,
                entity.id,
                entity.slug,
                entity.type.name,
                entity.path,
                json_text(change.current),
                json_text(change.previous) if is_verbose else "{}",
                [plain_text(key) for key in change.changed_keys],
                optional_text(change.source.name),
            ),
        )
        for key in change.changed_keys:
            for name, number in _numbers(key, change.current.get(key)):
                self._record(ENTITY_VALUES, (change.timestamp, entity.id, name, number))

    # What is known.

    def _entity_changed(self, event: EntityUpdated) -> None:
        self._mark(self._changed_entities, event.entity)

    def _entity_deleted(self, event: EntityDeleted) -> None:
        self._changed_entities.pop(event.entity.id, None)
        self._record_entity(event.entity, DELETED, event.timestamp)

    def _device_changed(self, event: Any) -> None:
        self._mark(self._changed_devices, event.device)

    def _device_removed(self, event: DeviceRemoved) -> None:
        self._changed_devices.pop(event.device.id, None)
        self._record_device(event.device, DELETED, event.timestamp)

    def _mark[T: (Entity, Device)](self, changed: dict[str, T], owner: T) -> None:
        changed[owner.id] = owner
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(
                DESCRIBE_AFTER, self._describe_in_slices
            )

    def _describe(self) -> None:
        """Write the rows of all that has changed, now."""
        for handle in (self._timer, self._turn):
            if handle is not None:
                handle.cancel()
        self._turn = None
        self._collect()
        while self._due:
            self._describe_next()

    def _describe_in_slices(self) -> None:
        self._collect()
        if self._turn is None:
            self._describe_slice()

    def _describe_slice(self) -> None:
        for _ in range(min(SLICE, len(self._due))):
            self._describe_next()
        self._turn = (
            asyncio.get_running_loop().call_soon(self._describe_slice)
            if self._due
            else None
        )

    def _collect(self) -> None:
        self._timer = None
        devices, self._changed_devices = self._changed_devices, {}
        entities, self._changed_entities = self._changed_entities, {}
        self._due.extend(devices.values())
        self._due.extend(entities.values())
        for kind in {
            entity.type.id: entity.type for entity in entities.values()
        }.values():
            self._record(
                ENTITY_TYPES,
                (
                    kind.id,
                    plain_text(kind.name),
                    plain_text(kind.display_name),
                    optional_text(kind.description),
                    optional_text(kind.icon),
                ),
            )

    def _describe_next(self) -> None:
        owner = self._due.popleft()
        known = (
            self._domain.entities if isinstance(owner, Entity) else self._domain.devices
        )
        if known.get(owner.id) is not owner:
            # Its last row, as one that is gone, was written meanwhile.
            return
        if isinstance(owner, Entity):
            self._record_entity(owner, owner.status, owner.updated_at)
        else:
            self._record_device(owner, owner.status, owner.updated_at)

    def _record_device(self, device: Device, status: str, updated_at: datetime) -> None:
        self._record(
            DEVICES,
            (
                device.id,
                plain_text(device.name),
                plain_text(device.device_type),
                plain_text(device.hardware_id),
                optional_text(device.firmware_version),
                optional_text(device.ip_address),
                None if device.location is None else json_text(device.location),
                json_text(device.metadata),
                plain_text(status),
                device.last_seen,
                device.created_at,
                updated_at,
            ),
        )

    def _record_entity(self, entity: Entity, status: str, updated_at: datetime) -> None:
        # What a client says may be a hardware id, or nobody's.
        device = entity.device_id and self._domain.devices.get(entity.device_id)
        self._record(
            ENTITIES,
            (
                entity.id,
                plain_text(entity.name),
                entity.slug,
                entity.type.id,
                entity.parent.id if entity.parent else None,
                entity.path,
                json_text(entity.state),
                entity.state_updated_at,
                plain_text(status),
                optional_text(entity.description),
                [plain_text(tag) for tag in entity.tags],
                json_text(entity.metadata),
                device.id if device else None,
                entity.created_at,
                updated_at,
            ),
        )


def _numbers(name: str, value: Any) -> Iterable[tuple[str, float]]:
    """Find the numbers in a value of the state, each with its dotted name; those of outer levels first."""
    if isinstance(value, dict):
        return _nested_numbers(name, value)
    number = as_number(value)
    return () if number is None else ((plain_text(name), number),)


def _nested_numbers(name: str, value: JsonObject) -> Iterator[tuple[str, float]]:
    found = 0
    levels = deque([(name, value)])
    while levels:
        name, items = levels.popleft()
        for key, item in items.items():
            if isinstance(item, dict):
                levels.append((f"{name}.{key}", item))
            elif (number := as_number(item)) is not None:
                yield plain_text(f"{name}.{key}"), number
                found += 1
                if found == MAX_VALUES:
                    return


def _variables(change: StateChanged) -> Found:
    slug, state, time = change.entity.slug, change.current, change.timestamp
    return [((slug, key), state, time) for key in change.changed_keys]


def _variable_key(address: Address) -> tuple[str, str]:
    slug, path = address
    return slug, path.partition(".")[0]


def _variable_value(state: JsonObject, address: Address) -> object:
    return value_at(state, address[1])


def _metrics(report: MetricReported) -> Found:
    metric = report.metric
    key = report.device.hardware_id, metric.series
    return ((key, metric.value, metric.timestamp),)


ENTITY_ROWS: Final = StoreTopic(
    tables=(
        ENTITY_TYPES,
        DEVICES,
        ENTITIES,
        DEVICE_METRICS,
        DEVICE_EVENTS,
        ENTITY_STATES,
        ENTITY_VALUES,
    ),
    recorder=EntityRecorder,
    happenings={"event": DEVICE_EVENT_HAPPENING},
    exports={
        "entity_states": ENTITY_STATE_EXPORT,
        "entity_values": ENTITY_VALUE_EXPORT,
        "device_metrics": DEVICE_METRIC_EXPORT,
        "device_events": DEVICE_EVENT_EXPORT,
    },
    series=(ENTITY, METRIC),
    feeds=(
        Feed(
            prefix="entity",
            kind=ENTITY,
            separator=".",
            event=StateChanged,
            readings=_variables,
            key=_variable_key,
            value=_variable_value,
        ),
        Feed(
            prefix="metric",
            kind=METRIC,
            separator="/",
            event=MetricReported,
            readings=_metrics,
        ),
    ),
    migrations=SHIPPED,
)
"""What is kept of entities and devices."""
