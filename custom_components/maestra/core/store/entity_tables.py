"""Tables, exports and series of Maestra's entities and devices."""

from datetime import timedelta
from typing import Final

from .export import ExportKind, Type
from .series import SeriesKind
from .settings import Lifetime
from .tables import RollupColumns, Table, Write

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
    lifetime=Lifetime.METRICS,
    rollup=RollupColumns(series=("device_id", "metric_name"), value="metric_value"),
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
    lifetime=Lifetime.EVENTS,
    chunk=timedelta(days=7),
    segment_by=("device_id",),
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
    lifetime=Lifetime.STATES,
    segment_by=("entity_id",),
    rollup=RollupColumns(
        series=("entity_id", "entity_slug", "entity_type"), value=None
    ),
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
    lifetime=Lifetime.METRICS,
    rollup=RollupColumns(series=("entity_id", "variable"), is_held=True),
)

ENTITY_STATE_EXPORT: Final = ExportKind(
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
ENTITY_VALUE_EXPORT: Final = ExportKind(
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
DEVICE_METRIC_EXPORT: Final = ExportKind(
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
DEVICE_EVENT_EXPORT: Final = ExportKind(
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

DEVICE_EVENT_HAPPENING: Final = """
SELECT extract(epoch FROM v.time)::float8 AS time, v.event_type AS title, v.message AS detail, v.severity,
    coalesce(d.name, v.device_id::text) AS of
FROM device_events v LEFT JOIN devices d ON d.id = v.device_id
WHERE v.time >= $1 AND v.time < $2 ORDER BY v.time DESC LIMIT $3
"""

# The newest of those that have, or had, this name; else the one of this id.
_ENTITY: Final = """coalesce(
    (SELECT e.id FROM entities e WHERE e.slug = s.a ORDER BY e.created_at DESC, e.id LIMIT 1), s.id)"""
_DEVICE: Final = """coalesce(
    (SELECT d.id FROM devices d WHERE d.hardware_id = s.a ORDER BY d.created_at DESC, d.id LIMIT 1), s.id)"""

ENTITY: Final = SeriesKind(
    name="entity",
    fields=("entity", "variable"),
    table=ENTITY_VALUES,
    keys={"entity_id": _ENTITY, "variable": "s.b"},
    value="value",
)
METRIC: Final = SeriesKind(
    name="metric",
    fields=("device", "metric"),
    table=DEVICE_METRICS,
    keys={"device_id": _DEVICE, "metric_name": "s.b"},
    value="metric_value",
)
