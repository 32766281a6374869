"""The tables that rows are written to: names and columns as in the migrations."""

from collections.abc import Mapping
from dataclasses import dataclass
import enum
from typing import Any, Final

type Row = tuple[Any, ...]
"""The values of one row, in the order of its table's columns."""


class Write(enum.Enum):
    """How a row gets into its table."""

    APPEND = enum.auto()
    """Each row is new."""
    ONCE = enum.auto()
    """A row whose key is there already is dropped: it was sent again."""
    CLAIM = enum.auto()
    """As ONCE, for a key without the time: the first row's time is kept beside the hypertable."""
    REPLACE = enum.auto()
    """The newest row of a key takes the place of the older one; for few rows a second only."""
    RENAME = enum.auto()
    """No row: an entity of Home Assistant has another id, and goes on as the same."""
    CLOSE = enum.auto()
    """No row: what a recorder left open when it stopped without a word is over."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """One table. `columns` maps names to PostgreSQL types, `time` is the column that it is partitioned by."""

    name: str
    columns: Mapping[str, str]
    time: str | None = None
    write: Write = Write.APPEND
    key: tuple[str, ...] = ()
    """What makes a row unique, unless it is appended."""


DEVICE_METRICS: Final = Table(
    name="device_metrics",
    columns={
        "time": "timestamptz",
        "device_id": "uuid",
        "metric_name": "text",
        "metric_value": "float8",
        "unit": "text",
        "tags": "jsonb",
    },
    time="time",
)
DEVICE_EVENTS: Final = Table(
    name="device_events",
    columns={
        "time": "timestamptz",
        "device_id": "uuid",
        "event_type": "text",
        "severity": "text",
        "message": "text",
        "data": "jsonb",
    },
    time="time",
)
ENTITY_STATES: Final = Table(
    name="entity_states",
    columns={
        "time": "timestamptz",
        "entity_id": "uuid",
        "entity_slug": "text",
        "entity_type": "text",
        "entity_path": "text",
        "state": "jsonb",
        "previous_state": "jsonb",
        "changed_keys": "text[]",
        "source": "text",
    },
    time="time",
)
ENTITY_VALUES: Final = Table(
    name="entity_values",
    columns={
        "time": "timestamptz",
        "entity_id": "uuid",
        "variable": "text",
        "value": "float8",
    },
    time="time",
)
STREAMS_LEFT_OPEN: Final = Table(
    name="streams_left_open",
    columns={"recorded_by": "text", "before": "timestamptz"},
    write=Write.CLOSE,
)
STREAM_SESSIONS: Final = Table(
    name="stream_sessions",
    columns={
        "time": "timestamptz",
        "session_id": "uuid",
        "stream_id": "uuid",
        "stream_name": "text",
        "stream_type": "text",
        "publisher_id": "text",
        "publisher_address": "text",
        "consumer_id": "text",
        "consumer_address": "text",
        "protocol": "text",
        "transport_config": "jsonb",
        "status": "text",
        "ended_at": "timestamptz",
        "duration_seconds": "float8",
        "bytes_transferred": "int8",
        "error_message": "text",
        "metadata": "jsonb",
        "recorded_by": "text",
    },
    time="time",
    write=Write.REPLACE,
    key=("session_id", "time"),
)
STREAM_SUBSCRIBERS: Final = Table(
    name="stream_subscribers",
    columns={
        "time": "timestamptz",
        "subscriber_id": "uuid",
        "stream_id": "uuid",
        "stream_name": "text",
        "stream_type": "text",
        "publisher_id": "text",
        "consumer_id": "text",
        "consumer_address": "text",
        "multicast_group": "text",
        "multicast_port": "int4",
        "status": "text",
        "left_at": "timestamptz",
        "duration_seconds": "float8",
        "metadata": "jsonb",
        "recorded_by": "text",
    },
    time="time",
    write=Write.REPLACE,
    key=("subscriber_id", "time"),
)
EVENTS: Final = Table(
    name="events",
    columns={
        "event_id": "text",
        "device_id": "text",
        "schema": "int4",
        "event_type": "text",
        "value_num": "float8",
        "value_text": "text",
        "unit": "text",
        "ts_device": "timestamptz",
        "ts_server": "timestamptz",
        "meta": "jsonb",
    },
    time="ts_server",
    write=Write.CLAIM,
    key=("event_id",),
)
DECODED_DATA: Final = Table(
    name="decoded_data",
    columns={
        "timestamp": "timestamptz",
        "device_id": "int4",
        "datapoint_id": "int4",
        "value": "float8",
    },
    time="timestamp",
    write=Write.ONCE,
    key=("device_id", "datapoint_id", "timestamp"),
)
TELEMETRY_READINGS: Final = Table(
    name="telemetry_readings",
    columns={
        "timestamp": "timestamptz",
        "channel": "text",
        "value": "float8",
        "calibrated_data": "text",
        "status_class": "text",
        "status_indicator": "text",
        "status_color": "text",
        "metadata": "jsonb",
    },
    time="timestamp",
    write=Write.ONCE,
    key=("channel", "timestamp"),
)
DETECTED_EVENTS: Final = Table(
    name="detected_events",
    columns={
        "detected_at": "timestamptz",
        "event_type": "text",
        "channel": "text",
        "confidence": "float8",
        "metadata": "jsonb",
    },
    time="detected_at",
    write=Write.ONCE,
    key=("event_type", "channel", "detected_at"),
)
ACCESS_DECISIONS: Final = Table(
    name="access_decisions",
    columns={
        "id": "uuid",
        "time": "timestamptz",
        "controller": "text",
        "component": "text",
        "credential_hash": "text",
        "person": "text",
        "granted": "bool",
        "reason": "text",
    },
    write=Write.ONCE,
    key=("id",),
)
HA_STATES: Final = Table(
    name="ha_states",
    # Rows carry the entity id; the writer puts the number of its row in `ha_entities` there.
    columns={
        "time": "timestamptz",
        "entity": "int4",
        "state": "text",
        "value": "float8",
        "attributes": "jsonb",
    },
    time="time",
)
HA_RENAMES: Final = Table(
    name="ha_renames",
    columns={"old": "text", "new": "text"},
    write=Write.RENAME,
)
HA_ENTITIES: Final = Table(
    name="ha_entities",
    columns={
        "entity_id": "text",
        "name": "text",
        "device": "text",
        "area": "text",
        "labels": "text[]",
        "unit": "text",
        "device_class": "text",
    },
    write=Write.REPLACE,
    key=("entity_id",),
)
DEVICES: Final = Table(
    name="devices",
    columns={
        "id": "uuid",
        "name": "text",
        "device_type": "text",
        "hardware_id": "text",
        "firmware_version": "text",
        "ip_address": "text",
        "location": "jsonb",
        "metadata": "jsonb",
        "status": "text",
        "last_seen": "timestamptz",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
    },
    write=Write.REPLACE,
    key=("id",),
)
ENTITY_TYPES: Final = Table(
    name="entity_types",
    columns={
        "id": "uuid",
        "name": "text",
        "display_name": "text",
        "description": "text",
        "icon": "text",
    },
    write=Write.REPLACE,
    key=("id",),
)
ENTITIES: Final = Table(
    name="entities",
    columns={
        "id": "uuid",
        "name": "text",
        "slug": "text",
        "entity_type_id": "uuid",
        "parent_id": "uuid",
        "path": "ltree",
        "state": "jsonb",
        "state_updated_at": "timestamptz",
        "status": "text",
        "description": "text",
        "tags": "text[]",
        "metadata": "jsonb",
        "device_id": "uuid",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
    },
    write=Write.REPLACE,
    key=("id",),
)
SHOW_ANNOTATIONS: Final = Table(
    name="show_annotations",
    columns={
        "id": "uuid",
        "time": "timestamptz",
        "title": "text",
        "description": "text",
        "category": "text",
        "tags": "text[]",
        "metadata": "jsonb",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
    },
    write=Write.REPLACE,
    key=("id",),
)

TABLES: Final[Mapping[str, Table]] = {
    table.name: table
    for table in (
        ENTITY_TYPES,
        DEVICES,
        ENTITIES,
        HA_RENAMES,
        HA_ENTITIES,
        DEVICE_METRICS,
        DEVICE_EVENTS,
        ENTITY_STATES,
        ENTITY_VALUES,
        STREAMS_LEFT_OPEN,
        STREAM_SESSIONS,
        STREAM_SUBSCRIBERS,
        EVENTS,
        DECODED_DATA,
        TELEMETRY_READINGS,
        DETECTED_EVENTS,
        ACCESS_DECISIONS,
        HA_STATES,
        SHOW_ANNOTATIONS,
    )
}
"""All tables, in the order in which a batch writes them: what is described before what refers to it."""
