"""History that other recorders have written, into `ha_states`: in slices, resumable, nothing twice."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
import hashlib
import re
from typing import Any, Final, Protocol

import asyncpg
import orjson

from .connection import deadline

SLICE_ROWS: Final = 10_000
"""Rows that are read for one transaction; more only where they have the very same time."""
SLICE_TIMEOUT: Final = 300.0
"""Seconds for a slice: without an index on the time, its rows are found by reading the whole table."""

type ImportRow = tuple[
    datetime,
    str,
    str | None,
    float | None,
    str | None,
    datetime | None,
    datetime | None,
]
"""time, entity_id, state (None: it was removed), number, attributes (JSON), and the range without rows that it may fill."""

_COLUMNS: Final = (
    "time",
    "entity_id",
    "state",
    "value",
    "attributes",
    "gap_start",
    "gap_end",
)

_STAGE: Final = """
CREATE TEMPORARY TABLE IF NOT EXISTS maestra_import_rows (
    time timestamptz NOT NULL,
    entity_id text NOT NULL,
    state text,
    value double precision,
    attributes jsonb,
    gap_start timestamptz,
    gap_end timestamptz
) ON COMMIT DELETE ROWS
"""
# A backend whose client went away may still be at work on its slice: until it is done, its rows can't be seen.
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('maestra_imports'))"
_STAGED: Final = "SELECT count(*), min(time), max(time) FROM maestra_import_rows"
_ADD_ENTITIES: Final = """
INSERT INTO ha_entities (entity_id, name, unit, device_class)
SELECT DISTINCT ON (r.entity_id)
    r.entity_id,
    r.attributes->>'friendly_name',
    r.attributes->>'unit_of_measurement',
    r.attributes->>'device_class'
FROM maestra_import_rows r
WHERE NOT EXISTS (SELECT FROM ha_entities e WHERE e.entity_id = r.entity_id)
-- In the order of their names, as the writer does: two that add the same can't block each other.
ORDER BY r.entity_id, r.attributes IS NULL, r.time DESC
ON CONFLICT (entity_id) DO NOTHING
"""
# Whatever is in the table already is left alone, be it recorded live or imported before.
# The range in plain numbers tells the planner which chunks can have such rows.
_WRITE: Final = r"""
WITH written AS (
    INSERT INTO ha_states (time, entity, state, value, attributes)
    SELECT DISTINCT ON (e.id, r.time)
        r.time,
        e.id,
        r.state,
        -- As `HaRecording` has it for what is recorded live.
        coalesce(
            r.value,
            CASE
                WHEN r.state = 'on' THEN 1
                WHEN r.state = 'off' THEN 0
                WHEN r.state ~ '^[+-]?(\d{1,200}(\.\d{0,200})?|\.\d{1,200})([eE][+-]?\d{1,2})?$'
                    THEN r.state::double precision
            END
        ),
        r.attributes
    FROM maestra_import_rows r
    JOIN ha_entities e ON e.entity_id = r.entity_id
    WHERE NOT EXISTS (
        SELECT FROM ha_states h
        WHERE h.entity = e.id AND h.time = r.time AND h.time >= $1 AND h.time <= $2
    )
    AND (
        r.gap_start IS NULL OR NOT EXISTS (
            SELECT FROM ha_states h
            WHERE h.entity = e.id AND h.time >= r.gap_start AND h.time <= r.gap_end
        )
    )
    RETURNING time
), late AS (
    INSERT INTO maestra_late (source, start, "end")
    SELECT 'ha_states', min(time), max(time) FROM written HAVING count(*) > 0
)
SELECT count(*) FROM written
"""
_POSITION: Final = "SELECT position FROM maestra_imports WHERE name = $1"
_FORGET: Final = "DELETE FROM maestra_imports WHERE name = $1"
_MOVE: Final = """
INSERT INTO maestra_imports AS i (name, source, position, rows_read, rows_written)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (name) DO UPDATE SET
    position = excluded.position,
    rows_read = i.rows_read + excluded.rows_read,
    rows_written = i.rows_written + excluded.rows_written,
    updated_at = now()
"""


@dataclass(frozen=True, kw_only=True)
class Slice:
    """Rows for one transaction. `fill` puts them into the connection's `maestra_import_rows`."""

    end: datetime
    """The time of the last one: the next slice begins there."""
    fill: Callable[[asyncpg.Connection], Awaitable[None]]


class Source(Protocol):
    """Something that has recorded states."""

    name: str

    def slices(self, start: datetime | None) -> AsyncIterator[Slice]:
        """Yield all that is there from a time on (None: from the beginning), oldest first."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far an import is: rows of this run, and the time that it has come to."""

    read: int = 0
    written: int = 0
    position: datetime | None = None


def rows_slice(end: datetime, rows: Iterable[ImportRow]) -> Slice:
    """Return a slice of rows that are in memory."""

    async def fill(connection: asyncpg.Connection) -> None:
        await stage_rows(connection, rows)

    return Slice(end=end, fill=fill)


async def stage_rows(connection: asyncpg.Connection, rows: Iterable[Any]) -> None:
    """Put rows into `maestra_import_rows`."""
    await connection.copy_records_to_table(
        "maestra_import_rows", records=rows, columns=_COLUMNS
    )


def import_name(source: str, **request: Any) -> str:
    """Return the name under which the position of an import is kept; each request has its own."""
    text = orjson.dumps(request, option=orjson.OPT_SORT_KEYS)
    return f"{source}:{hashlib.sha256(text).hexdigest()[:16]}"


def entity_patterns(entities: Iterable[str]) -> list[str]:
    """Return ids of entities, with * and ? as wildcards, as regular expressions that Python and PostgreSQL share."""
    wild = {"*": ".*", "?": "."}
    return [
        f"^{''.join(wild.get(sign, re.escape(sign)) for sign in entity)}$"
        for entity in sorted(entities)
    ]


async def forget_import(connection: asyncpg.Connection, name: str) -> None:
    """Let the next run of this name begin at the beginning; what is there is still not written twice."""
    await connection.execute(_FORGET, name)


async def import_history(
    connection: asyncpg.Connection,
    name: str,
    source: Source,
    report: Callable[[Progress], Awaitable[None]],
    *,
    start: datetime | None = None,
) -> Progress:
    """Write what a source has and the store has not, from where the last run of this name stopped.

    Each slice is one transaction, its rows and the position together: whatever happens, the next
    run goes on behind the last slice that is whole. It waits for `report` after each of them.
    Raises what asyncpg raises.
    """
    await connection.execute(_STAGE)
    position = await connection.fetchval(_POSITION, name)
    progress = Progress()
    begins = [time for time in (position, start) if time is not None]
    async for piece in source.slices(max(begins, default=None)):
        with deadline(connection, SLICE_TIMEOUT):
            async with connection.transaction():
                await connection.execute(_LOCK)
                await piece.fill(connection)
                read, written = await _write(connection)
                await connection.execute(
                    _MOVE, name, source.name, piece.end, read, written
                )
        progress = replace(
            progress,
            read=progress.read + read,
            written=progress.written + written,
            position=piece.end,
        )
        await report(progress)
    return progress


async def _write(connection: asyncpg.Connection) -> tuple[int, int]:
    ((read, *span),) = await connection.fetch(_STAGED)
    if not read:
        return 0, 0
    await connection.execute(_ADD_ENTITIES)
    written: int = await connection.fetchval(_WRITE, *span)
    return read, written
