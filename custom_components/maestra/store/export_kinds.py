"""What can be exported, and how it looks in a file."""

from collections.abc import Mapping
from dataclasses import dataclass
import enum
from typing import Final


class Type(enum.Enum):
    """The types of columns in a file; JSON, lists and ids are text."""

    TIME = enum.auto()
    NUMBER = enum.auto()
    INTEGER = enum.auto()
    TEXT = enum.auto()


@dataclass(frozen=True, kw_only=True)
class ExportKind:
    """Rows of one table, made readable.

    `query` takes the first time, the time behind the last, and patterns (regular expressions) for what
    the rows belong to, or NULL for all. It yields `columns` in their order, the oldest row first.
    """

    columns: Mapping[str, Type]
    query: str


STATES: Final = ExportKind(
    columns={
        "time": Type.TIME,
        "entity_id": Type.TEXT,
        "state": Type.TEXT,
        "value": Type.NUMBER,
        "attributes": Type.TEXT,
    },
    query="""
SELECT s.time, e.entity_id, s.state, s.value, s.attributes::text AS attributes
FROM ha_states s JOIN ha_entities e ON e.id = s.entity
WHERE s.time >= $1 AND s.time < $2 AND ($3::text[] IS NULL OR e.entity_id ~ ANY ($3))
ORDER BY s.time
""",
)
ENTITY_STATES: Final = ExportKind(
    columns={
        "time": Type.TIME,
        "entity_id": Type.TEXT,
        "slug": Type.TEXT,
        "entity_type": Type.TEXT,
        "path": Type.TEXT,
        "state": Type.TEXT,
        "previous_state": Type.TEXT,
        "changed_keys": Type.TEXT,
        "source": Type.TEXT,
    },
    query="""
SELECT time, entity_id::text AS entity_id, entity_slug AS slug, entity_type, entity_path AS path,
    state::text AS state, previous_state::text AS previous_state,
    array_to_json(changed_keys)::text AS changed_keys, source
FROM entity_states
WHERE time >= $1 AND time < $2 AND ($3::text[] IS NULL OR entity_slug ~ ANY ($3))
ORDER BY time
""",
)
ENTITY_VALUES: Final = ExportKind(
    columns={
        "time": Type.TIME,
        "entity_id": Type.TEXT,
        "slug": Type.TEXT,
        "variable": Type.TEXT,
        "value": Type.NUMBER,
    },
    query="""
SELECT v.time, v.entity_id::text AS entity_id, e.slug, v.variable, v.value
FROM entity_values v LEFT JOIN entities e ON e.id = v.entity_id
WHERE v.time >= $1 AND v.time < $2 AND ($3::text[] IS NULL OR coalesce(e.slug, v.entity_id::text) ~ ANY ($3))
ORDER BY v.time
""",
)
DEVICE_METRICS: Final = ExportKind(
    columns={
        "time": Type.TIME,
        "device_id": Type.TEXT,
        "hardware_id": Type.TEXT,
        "device": Type.TEXT,
        "metric": Type.TEXT,
        "value": Type.NUMBER,
        "unit": Type.TEXT,
        "tags": Type.TEXT,
    },
    query="""
SELECT m.time, m.device_id::text AS device_id, d.hardware_id, d.name AS device, m.metric_name AS metric,
    m.metric_value AS value, m.unit, m.tags::text AS tags
FROM device_metrics m LEFT JOIN devices d ON d.id = m.device_id
WHERE m.time >= $1 AND m.time < $2 AND ($3::text[] IS NULL OR coalesce(d.hardware_id, m.device_id::text) ~ ANY ($3))
ORDER BY m.time
""",
)
DEVICE_EVENTS: Final = ExportKind(
    columns={
        "time": Type.TIME,
        "device_id": Type.TEXT,
        "hardware_id": Type.TEXT,
        "device": Type.TEXT,
        "event_type": Type.TEXT,
        "severity": Type.TEXT,
        "message": Type.TEXT,
        "data": Type.TEXT,
    },
    query="""
SELECT v.time, v.device_id::text AS device_id, d.hardware_id, d.name AS device, v.event_type, v.severity,
    v.message, v.data::text AS data
FROM device_events v LEFT JOIN devices d ON d.id = v.device_id
WHERE v.time >= $1 AND v.time < $2 AND ($3::text[] IS NULL OR coalesce(d.hardware_id, v.device_id::text) ~ ANY ($3))
ORDER BY v.time
""",
)
STREAM_SESSIONS: Final = ExportKind(
    columns={
        "time": Type.TIME,
        "session_id": Type.TEXT,
        "stream_id": Type.TEXT,
        "stream": Type.TEXT,
        "stream_type": Type.TEXT,
        "publisher": Type.TEXT,
        "consumer": Type.TEXT,
        "protocol": Type.TEXT,
        "status": Type.TEXT,
        "ended_at": Type.TIME,
        "duration_seconds": Type.NUMBER,
        "bytes": Type.INTEGER,
        "error": Type.TEXT,
        "metadata": Type.TEXT,
    },
    query="""
SELECT time, session_id::text AS session_id, stream_id::text AS stream_id, stream_name AS stream, stream_type,
    publisher_id AS publisher, consumer_id AS consumer, protocol, status, ended_at, duration_seconds,
    bytes_transferred AS bytes, error_message AS error, metadata::text AS metadata
FROM stream_sessions
WHERE time >= $1 AND time < $2 AND ($3::text[] IS NULL OR coalesce(stream_name, stream_id::text) ~ ANY ($3))
ORDER BY time
""",
)
EVENTS: Final = ExportKind(
    columns={
        "time": Type.TIME,
        "event_id": Type.TEXT,
        "device_id": Type.TEXT,
        "event_type": Type.TEXT,
        "value": Type.NUMBER,
        "text": Type.TEXT,
        "unit": Type.TEXT,
        "device_time": Type.TIME,
        "meta": Type.TEXT,
    },
    query="""
SELECT ts_server AS time, event_id, device_id, event_type, value_num AS value, value_text AS text, unit,
    ts_device AS device_time, meta::text AS meta
FROM events
WHERE ts_server >= $1 AND ts_server < $2 AND ($3::text[] IS NULL OR device_id ~ ANY ($3))
ORDER BY ts_server
""",
)
DECODED_DATA: Final = ExportKind(
    columns={
        "time": Type.TIME,
        "device_id": Type.INTEGER,
        "datapoint_id": Type.INTEGER,
        "value": Type.NUMBER,
    },
    query="""
SELECT timestamp AS time, device_id::bigint AS device_id, datapoint_id::bigint AS datapoint_id, value
FROM decoded_data
WHERE timestamp >= $1 AND timestamp < $2 AND ($3::text[] IS NULL OR device_id::text ~ ANY ($3))
ORDER BY timestamp
""",
)
TELEMETRY_READINGS: Final = ExportKind(
    columns={
        "time": Type.TIME,
        "channel": Type.TEXT,
        "value": Type.NUMBER,
        "calibrated": Type.TEXT,
        "status": Type.TEXT,
        "metadata": Type.TEXT,
    },
    query="""
SELECT timestamp AS time, channel, value, calibrated_data AS calibrated, status_class AS status,
    metadata::text AS metadata
FROM telemetry_readings
WHERE timestamp >= $1 AND timestamp < $2 AND ($3::text[] IS NULL OR channel ~ ANY ($3))
ORDER BY timestamp
""",
)
DETECTED_EVENTS: Final = ExportKind(
    columns={
        "time": Type.TIME,
        "event_type": Type.TEXT,
        "channel": Type.TEXT,
        "confidence": Type.NUMBER,
        "metadata": Type.TEXT,
    },
    query="""
SELECT detected_at AS time, event_type, channel, confidence, metadata::text AS metadata
FROM detected_events
WHERE detected_at >= $1 AND detected_at < $2 AND ($3::text[] IS NULL OR channel ~ ANY ($3))
ORDER BY detected_at
""",
)
ANNOTATIONS: Final = ExportKind(
    columns={
        "time": Type.TIME,
        "id": Type.TEXT,
        "title": Type.TEXT,
        "description": Type.TEXT,
        "category": Type.TEXT,
        "tags": Type.TEXT,
        "metadata": Type.TEXT,
    },
    query="""
SELECT time, id::text AS id, title, description, category, array_to_json(tags)::text AS tags,
    metadata::text AS metadata
FROM show_annotations
WHERE time >= $1 AND time < $2 AND ($3::text[] IS NULL OR category ~ ANY ($3))
ORDER BY time
""",
)

EXPORT_KINDS: Final[Mapping[str, ExportKind]] = {
    "states": STATES,
    "entity_states": ENTITY_STATES,
    "entity_values": ENTITY_VALUES,
    "device_metrics": DEVICE_METRICS,
    "device_events": DEVICE_EVENTS,
    "stream_sessions": STREAM_SESSIONS,
    "events": EVENTS,
    "decoded_data": DECODED_DATA,
    "telemetry_readings": TELEMETRY_READINGS,
    "detected_events": DETECTED_EVENTS,
    "annotations": ANNOTATIONS,
}
