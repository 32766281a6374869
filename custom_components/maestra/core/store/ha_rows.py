"""What is kept of Home Assistant: its entities, their states, and annotations."""

import re
from typing import Final

from .export import ExportKind, Type
from .series import Feed, Series, SeriesKind
from .settings import Lifetime
from .tables import Command, Numbering, RollupColumns, Table, Write
from .topic import SHIPPED, StoreTopic

HA_PREFIX: Final = "ha"
ANNOTATION: Final = "annotation"

# Where somebody has the new id already, there are two histories, and they stay two.
_RENAME: Final = """
UPDATE ha_entities SET entity_id = $2 WHERE entity_id = $1
AND NOT EXISTS (SELECT FROM ha_entities WHERE entity_id = $2)
"""

HA_RENAMES: Final = Table(
    name="ha_renames",
    columns={"old": "text", "new": "text"},
    write=Write.COMMAND,
    commands=(Command(execute=_RENAME),),
    renames="ha_entities",
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
HA_STATES: Final = Table(
    name="ha_states",
    columns={
        "time": "timestamptz",
        "entity": "int4",
        "state": "text",
        "value": "float8",
        "attributes": "jsonb",
    },
    time="time",
    lifetime=Lifetime.STATES,
    rollup=RollupColumns(series=("entity",), is_held=True),
    numbering=Numbering(column="entity", table="ha_entities", name="entity_id"),
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
STATE_EXPORT: Final = ExportKind(
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
ANNOTATION_EXPORT: Final = ExportKind(
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
ANNOTATION_HAPPENING: Final = """
SELECT extract(epoch FROM time)::float8 AS time, title, description AS detail, 'info' AS severity, category AS of
FROM show_annotations WHERE time >= $1 AND time < $2 ORDER BY time DESC LIMIT $3
"""
HA: Final = SeriesKind(
    name="ha",
    fields=("entity_id",),
    table=HA_STATES,
    keys={"entity": "(SELECT h.id FROM ha_entities h WHERE h.entity_id = s.a)"},
    value="value",
    text="state",
    is_plain=True,
    pattern=re.compile(r"[a-z0-9_]+\.[a-z0-9_]+"),
)
HA_ROWS: Final = StoreTopic(
    tables=(HA_RENAMES, HA_ENTITIES, HA_STATES, SHOW_ANNOTATIONS),
    exports={"states": STATE_EXPORT, "annotations": ANNOTATION_EXPORT},
    happenings={ANNOTATION: ANNOTATION_HAPPENING},
    series=(HA,),
    # States are those of Home Assistant, which feeds them in itself.
    feeds=(Feed(prefix=HA_PREFIX, kind=HA),),
    migrations=SHIPPED,
)


def ha_series(entity_id: str) -> Series:
    """Return the series of an HA entity."""
    return Series(HA, (entity_id,))
