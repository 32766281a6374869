"""Questions and notes of the Fleet API about what was recorded (maestra.md §1.9). Names are ours, everything else is a parameter."""

from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import orjson

from ..domain.clock import utcnow, wire_time
from ..domain.device import SEVERITIES
from ..domain.errors import InvalidField, MaestraError
from ..domain.fields import checked_object
from ..domain.json_values import JsonObject
from .errors import StoreTimeout
from .ha_rows import SHOW_ANNOTATIONS
from .json_text import json_text, optional_text, plain_text
from .store import Store

FLUSH_TIMEOUT: Final = 5.0
"""Seconds that a question waits for what was just written."""
WRITE_TIMEOUT: Final = 10.0
EXPORT_TIMEOUT: Final = 120.0
"""Seconds; a client that reads more slowly gets no more."""
_FETCH_ROWS: Final = 1_000
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)

type Span = tuple[datetime | None, datetime | None]
"""From this time until before that one; None without an end."""


class UnknownAnnotation(MaestraError):
    """No annotation has this id."""

    code = "unknown_annotation"
    message = "Annotation {annotation} is not known"


def _time(column: str, zone: str) -> str:
    form = f'YYYY-MM-DD"T"HH24:MI:SS.US"{zone}"'
    return f"to_char({column} AT TIME ZONE 'UTC', '{form}')"


_ANNOTATION: Final = f"""
json_build_object(
    'id', id, 'time', {_time("time", "Z")}, 'title', title, 'description', description, 'category', category,
    'tags', tags, 'metadata', metadata,
    'created_at', {_time("created_at", "Z")}, 'updated_at', {_time("updated_at", "Z")}
)::text
"""
_LIST: Final = f"""
SELECT {_ANNOTATION} FROM show_annotations
WHERE time >= $1 AND time < $2 AND ($3::text IS NULL OR category = $3)
ORDER BY time DESC, id LIMIT $4
"""  # noqa: S608
_UPDATE: Final = f"""
UPDATE show_annotations SET
    time = coalesce($2, time),
    title = coalesce($3, title),
    description = CASE WHEN $4 THEN $5 ELSE description END,
    category = coalesce($6, category),
    tags = coalesce($7::text[], tags),
    metadata = coalesce($8::text::jsonb, metadata),
    updated_at = $9
WHERE id = $1
RETURNING {_ANNOTATION}
"""  # noqa: S608
_DELETE: Final = "DELETE FROM show_annotations WHERE id = $1 RETURNING id"
_SUMMARY: Final = f"""
SELECT json_build_object(
    'total_metrics', (SELECT count(*) FROM device_metrics WHERE time >= $1 AND time < $2),
    'total_events', (SELECT count(*) FROM device_events WHERE time >= $1 AND time < $2),
    'total_state_changes', (SELECT count(*) FROM entity_states WHERE time >= $1 AND time < $2),
    'unique_devices', (
        SELECT count(*) FROM (
            SELECT device_id FROM device_metrics WHERE time >= $1 AND time < $2
            UNION SELECT device_id FROM device_events WHERE time >= $1 AND time < $2
        ) d
    ),
    'unique_entities', (SELECT count(DISTINCT entity_id) FROM entity_states WHERE time >= $1 AND time < $2),
    'first_event_at', (SELECT {_time("min(time)", "Z")} FROM device_events WHERE time >= $1 AND time < $2),
    'last_event_at', (SELECT {_time("max(time)", "Z")} FROM device_events WHERE time >= $1 AND time < $2),
    'top_entities', (
        SELECT coalesce(json_agg(t), '[]') FROM (
            SELECT max(entity_slug) AS slug, max(entity_type) AS type, count(*) AS changes FROM entity_states
            WHERE time >= $1 AND time < $2 GROUP BY entity_id ORDER BY count(*) DESC, max(entity_slug) LIMIT 10
        ) t
    ),
    'events_by_severity', (
        SELECT coalesce(json_object_agg(severity, n), '{{}}') FROM (
            SELECT severity, count(*) AS n FROM device_events WHERE time >= $1 AND time < $2 GROUP BY severity
        ) s
    ),
    'annotations_count', (SELECT count(*) FROM show_annotations WHERE time >= $1 AND time < $2)
)::text
"""  # noqa: S608
_RANKS: Final = """
SELECT json_build_object(
    'event_types', (
        SELECT coalesce(json_agg(t), '[]') FROM (
            SELECT event_type AS name, count(*) AS count FROM device_events
            WHERE time >= $1 AND time < $2 GROUP BY event_type ORDER BY count(*) DESC, event_type LIMIT 10
        ) t
    ),
    'failing_devices', (
        SELECT coalesce(json_agg(t), '[]') FROM (
            SELECT coalesce(d.name, e.device_id::text) AS name, e.count FROM (
                SELECT device_id, count(*) AS count FROM device_events
                WHERE time >= $1 AND time < $2 AND severity IN ('error', 'critical') GROUP BY device_id
            ) e LEFT JOIN devices d ON d.id = e.device_id ORDER BY e.count DESC, name LIMIT 10
        ) t
    )
)::text
"""
_SPAN: Final = "time >= $1 AND time < $2"
_LATEST: Final = "ORDER BY time DESC LIMIT $5"
# Each takes the span, a slug and a device id (or nulls), and how many rows.
EXPORTS: Final[Mapping[str, str]] = {
    "metrics": f"""
SELECT {_time("time", "+00:00")} AS time, device_id, metric_name, metric_value, unit, tags FROM device_metrics
WHERE {_SPAN} AND $3::text IS NULL AND ($4::uuid IS NULL OR device_id = $4) {_LATEST}
""",  # noqa: S608
    "events": f"""
SELECT {_time("time", "+00:00")} AS time, device_id, event_type, severity, message, data FROM device_events
WHERE {_SPAN} AND $3::text IS NULL AND ($4::uuid IS NULL OR device_id = $4) {_LATEST}
""",  # noqa: S608
    "states": f"""
SELECT {_time("s.time", "+00:00")} AS time, s.entity_id, s.entity_slug, s.entity_type, s.entity_path, s.state,
    s.previous_state, array_to_json(s.changed_keys) AS changed_keys, s.source
FROM (
    SELECT * FROM entity_states
    WHERE {_SPAN} AND ($3::text IS NULL OR entity_slug = $3)
        AND ($4::uuid IS NULL OR entity_id IN (SELECT id FROM entities WHERE device_id = $4)) {_LATEST}
) s ORDER BY s.time DESC
""",  # noqa: S608
    "annotations": f"""
SELECT id, {_time("time", "+00:00")} AS time, title, description, category, array_to_json(tags) AS tags, metadata,
    {_time("created_at", "+00:00")} AS created_at, {_time("updated_at", "+00:00")} AS updated_at
FROM show_annotations
WHERE {_SPAN} AND $3::text IS NULL AND $4::uuid IS NULL {_LATEST}
""",  # noqa: S608
}
"""What can be exported, the newest row first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """Which rows of one of `EXPORTS`; filters that a kind has not leave nothing."""

    kind: str
    span: Span = (None, None)
    entity_slug: str | None = None
    device_id: str | None = None
    limit: int = 10_000

    @property
    def arguments(self) -> tuple[Any, ...]:
        """The arguments of the kind's statement."""
        slug = optional_text(self.entity_slug)
        return *_ends(self.span), slug, self.device_id, self.limit


async def summary(store: Store, span: Span) -> JsonObject:
    """Return counts of what was recorded in a time; raises StoreNotConnected, StoreTimeout."""
    await _catch_up(store)
    async with store.reading() as connection:
        counts = _object(await connection.fetchval(_SUMMARY, *_ends(span)))
    # Who draws them wants to know that there were none, too.
    found = counts["events_by_severity"]
    assert isinstance(found, dict)
    return counts | {"events_by_severity": dict.fromkeys(SEVERITIES, 0) | found}


async def ranks(store: Store, span: Span) -> JsonObject:
    """Return {"event_types", "failing_devices"}: the most frequent events, the devices with the most errors, each `name` and `count`.

    Raises StoreNotConnected, StoreTimeout.
    """
    async with store.reading() as connection:
        return _object(await connection.fetchval(_RANKS, *_ends(span)))


async def export_json(store: Store, request: ExportRequest) -> AsyncGenerator[bytes]:
    """Yield the pieces of a JSON array; raises StoreNotConnected, StoreTimeout."""
    await _catch_up(store)
    # Objects are written by the server: it has them as JSON already.
    query = f"SELECT row_to_json(r)::text FROM ({EXPORTS[request.kind]}) r"  # noqa: S608
    async with store.reading(EXPORT_TIMEOUT) as connection:
        cursor = await connection.cursor(query, *request.arguments)
        separator = "["
        while found := await cursor.fetch(_FETCH_ROWS):
            rows = ",".join(row[0] for row in found)
            yield f"{separator}{rows}".encode()
            separator = ","
    yield b"[]" if separator == "[" else b"]"


async def export_csv(
    store: Store,
    request: ExportRequest,
    write: Callable[[bytes], Coroutine[Any, Any, None]],
) -> None:
    """Write a CSV file with a header; raises StoreNotConnected, StoreTimeout, and what `write` raises."""
    await _catch_up(store)
    async with store.reading(EXPORT_TIMEOUT) as connection:
        await connection.copy_from_query(
            EXPORTS[request.kind],
            *request.arguments,
            output=write,
            format="csv",
            header=True,
        )


async def annotations(
    store: Store, span: Span, *, category: str | None, limit: int
) -> list[JsonObject]:
    """Return annotations, the newest first; raises StoreNotConnected, StoreTimeout."""
    await _catch_up(store)
    async with store.reading() as connection:
        rows = await connection.fetch(
            _LIST, *_ends(span), optional_text(category), limit
        )
    return [_object(row[0]) for row in rows]


def annotate(store: Store, data: Mapping[str, Any]) -> JsonObject:
    """Note something on the time line: `{title, description?, category, tags, metadata, time?}`; returns the annotation.

    Raises InvalidField.
    """
    now, id_ = utcnow(), str(uuid4())
    time = _utc(data.get("time") or now, "time")
    metadata = checked_object(data["metadata"])
    title, description = plain_text(data["title"]), data.get("description")
    category = plain_text(data["category"])
    tags = [plain_text(tag) for tag in data["tags"]]
    store.record(
        SHOW_ANNOTATIONS,
        (
            id_,
            time,
            title,
            optional_text(description),
            category,
            tags,
            json_text(metadata),
            now,
            now,
        ),
    )
    return {
        "id": id_,
        "time": wire_time(time),
        "title": title,
        "description": description,
        "category": category,
        "tags": list(tags),
        "metadata": metadata,
        "created_at": wire_time(now),
        "updated_at": wire_time(now),
    }


async def edit_annotation(
    store: Store, id_: str, changes: Mapping[str, Any]
) -> JsonObject:
    """Change what is given, and return the annotation; raises UnknownAnnotation, InvalidField, StoreNotConnected, StoreTimeout."""
    time, tags = changes.get("time"), changes.get("tags")
    metadata = changes.get("metadata")
    arguments = (
        id_,
        None if time is None else _utc(time, "time"),
        optional_text(changes.get("title")),
        "description" in changes,
        optional_text(changes.get("description")),
        optional_text(changes.get("category")),
        None if tags is None else [plain_text(tag) for tag in tags],
        None if metadata is None else json_text(checked_object(metadata)),
        utcnow(),
    )
    return _object(await _write(store, _UPDATE, id_, arguments))


async def remove_annotation(store: Store, id_: str) -> None:
    """Remove an annotation; raises as `edit_annotation`."""
    await _write(store, _DELETE, id_, (id_,))


async def _write(store: Store, query: str, id_: str, arguments: tuple[Any, ...]) -> Any:
    # A row that is still on its way would come after the change, and undo it.
    await store.flush(FLUSH_TIMEOUT)
    async with store.working(WRITE_TIMEOUT) as connection:
        value = await connection.fetchval(query, *arguments)
    if value is None:
        raise UnknownAnnotation(annotation=id_)
    return value


async def _catch_up(store: Store) -> None:
    """Wait for what was just written; where much waits, an answer without the latest is better than none."""
    with suppress(StoreTimeout):
        await store.flush(FLUSH_TIMEOUT)


def _ends(span: Span) -> tuple[datetime, datetime]:
    start, end = span
    return (
        _FIRST if start is None else _utc(start, "since"),
        _LAST if end is None else _utc(end, "until"),
    )


def _utc(moment: datetime, field: str) -> datetime:
    """Return a time in UTC, which one without a zone is already; raises InvalidField."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidField(field=field, reason="is outside the calendar") from None


def _object(text: str) -> JsonObject:
    found: JsonObject = orjson.loads(text)
    return found
