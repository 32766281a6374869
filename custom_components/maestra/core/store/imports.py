"""History that other recorders have written, into `ha_states`: in slices, resumable, nothing twice; from their tables too."""

from collections import Counter
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
import hashlib
import re
from typing import Any, Final, Protocol

import asyncpg
import orjson

from ..domain.errors import MaestraError
from .connection import deadline

SLICE_ROWS: Final = 10_000
"""Rows that are read for one transaction; more only where they have the very same time."""
SLICE_TIMEOUT: Final = 300.0
"""Seconds for a slice: without an index on the time, its rows are found by reading the whole table."""

type ImportRow = tuple[
    datetime,
    str | None,
    str | None,
    float | None,
    str | None,
    datetime | None,
    datetime | None,
]
"""time, entity_id, state (None: it was removed; empty: there is none), number, attributes (JSON), and the range without rows that it may fill."""

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
    entity_id text,
    state text,
    value double precision,
    attributes jsonb,
    gap_start timestamptz,
    gap_end timestamptz
) ON COMMIT DELETE ROWS
"""
# A backend whose client went away may still be at work on its slice: until it is done, its rows can't be seen.
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('maestra_imports'))"
# Ids are valid as Home Assistant has it: `VALID_ENTITY_ID` of its core.
_LEAVE_OUT: Final = r"""
WITH bad AS (
    DELETE FROM maestra_import_rows
    WHERE entity_id IS NULL OR state = ''
        OR entity_id !~ '^(?!.+__)(?!_)[0-9a-z_]+(?<!_)[.](?!_)[0-9a-z_]+(?<!_)$'
    RETURNING CASE
        WHEN entity_id IS NULL THEN 'no_id' WHEN state = '' THEN 'no_state' ELSE 'invalid_id'
    END AS reason
)
SELECT reason, count(*) FROM bad GROUP BY reason
"""
_STAGED: Final = """
SELECT count(*), count(DISTINCT (entity_id, time)), min(time), max(time) FROM maestra_import_rows
"""
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
    SELECT 'ha_states', min(time), max(time) FROM written
    -- Rows of one slice may lie years apart: what is between them need not be computed again.
    GROUP BY date_bin('1 day', time, timestamptz '2000-01-01 00:00Z')
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


@dataclass(frozen=True, kw_only=True)
class Extent:
    """What is in a source: rows to be read, rows that claim to be of later than now, and patterns that no entity fits."""

    total: int
    future: int = 0
    unmatched: Sequence[str] = ()


class Source(Protocol):
    """Something that has recorded states."""

    name: str

    async def count(self, start: datetime | None) -> Extent:
        """Return what `slices` will yield, before it does."""

    def slices(self, start: datetime | None) -> AsyncIterator[Slice]:
        """Yield all that is there from a time on (None: from the beginning), oldest first."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far an import is: rows of this run, and the time that it has come to.

    `total` is how many there are to read. `left_out` counts the rows that can't be taken, by reason:
    no_id, invalid_id, no_state, duplicate (of one entity and moment), future; the others that were
    read and not written were there already.
    """

    read: int = 0
    written: int = 0
    total: int = 0
    position: datetime | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)
    unmatched: Sequence[str] | None = None
    """Patterns that no entity of any source fits; None as long as none was looked at."""

    def __add__(self, other: Progress) -> Progress:
        """Return both together, as far as the later one is."""
        return Progress(
            read=self.read + other.read,
            written=self.written + other.written,
            total=self.total + other.total,
            position=other.position or self.position,
            left_out=dict(Counter(self.left_out) + Counter(other.left_out)),
            unmatched=_in_both(self.unmatched, other.unmatched),
        )


def _in_both(
    some: Sequence[str] | None, others: Sequence[str] | None
) -> Sequence[str] | None:
    if some is None or others is None:
        return others if some is None else some
    return [pattern for pattern in some if pattern in others]


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
    begin = max((time for time in (position, start) if time), default=None)
    extent = await source.count(begin)
    progress = Progress(
        total=extent.total,
        left_out={"future": extent.future} if extent.future else {},
        unmatched=extent.unmatched,
    )
    async for piece in source.slices(begin):
        with deadline(connection, SLICE_TIMEOUT):
            async with connection.transaction():
                await connection.execute(_LOCK)
                await piece.fill(connection)
                done = await _write(connection)
                await connection.execute(
                    _MOVE, name, source.name, piece.end, done.read, done.written
                )
        progress += replace(done, position=piece.end)
        await report(progress)
    return progress


async def _write(connection: asyncpg.Connection) -> Progress:
    left_out: dict[str, int] = dict(await connection.fetch(_LEAVE_OUT))  # type: ignore[arg-type]
    read = sum(left_out.values())
    ((rows, distinct, *span),) = await connection.fetch(_STAGED)
    if not rows:
        return Progress(read=read, left_out=left_out)
    if rows > distinct:
        left_out["duplicate"] = rows - distinct
    await connection.execute(_ADD_ENTITIES)
    written: int = await connection.fetchval(_WRITE, *span)
    return Progress(read=read + rows, written=written, left_out=left_out)


_FETCH_ROWS: Final = 2_000
_MOMENT: Final = timedelta(microseconds=1)
_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)

# A view of one shape for all: the rest of the SQL is the same for each of them.
_LTSS: Final = """
CREATE TEMPORARY VIEW maestra_import_source AS
SELECT time, entity_id::text, coalesce(state::text, '') AS state, NULL::double precision AS value, attributes::jsonb
FROM ltss
"""
# It leaves out the text of what is a number.
_SCRIBE: Final = """
CREATE TEMPORARY VIEW maestra_import_source AS
SELECT r.time, e.entity_id::text, coalesce(r.state, r.value::text, '') AS state, r.value, r.attributes::jsonb
FROM states_raw r
JOIN entities e ON e.id = r.metadata_id
"""
_SEARCH: Final = "SELECT set_config('search_path', quote_ident($1), false)"
_SEARCH_AS_BEFORE: Final = "SELECT set_config('search_path', $1, false)"
_SEARCHED: Final = "SELECT current_setting('search_path')"

_COUNT: Final = """
SELECT count(*) FILTER (WHERE time < $2), count(*) FILTER (WHERE time > now())
FROM maestra_import_source
WHERE time >= $1 AND ($3::text[] IS NULL OR entity_id ~ ANY ($3))
"""
_UNMATCHED: Final = """
SELECT array_agg(pattern) FROM unnest($1::text[]) AS pattern
WHERE NOT EXISTS (SELECT FROM maestra_import_source WHERE entity_id ~ pattern)
"""
_END: Final = """
SELECT max(time) FROM (
    SELECT time FROM maestra_import_source
    WHERE time >= $1 AND time < $2 AND ($3::text[] IS NULL OR entity_id ~ ANY ($3))
    ORDER BY time
    LIMIT $4
) AS rows
"""
_ROWS: Final = """
SELECT time, entity_id, state, value, attributes, NULL::timestamptz, NULL::timestamptz
FROM maestra_import_source
WHERE time >= $1 AND time <= $2 AND ($3::text[] IS NULL OR entity_id ~ ANY ($3))
"""
_COPY_ROWS: Final = f"INSERT INTO maestra_import_rows {_ROWS}"


@dataclass(frozen=True, kw_only=True)
class TableKind:
    """A recorder that keeps states in PostgreSQL. `view` shows its tables as time, entity_id, state, value, attributes."""

    name: str
    view: str


LTSS: Final = TableKind(name="ltss", view=_LTSS)
SCRIBE: Final = TableKind(name="scribe", view=_SCRIBE)
TABLE_KINDS: Final[Mapping[str, TableKind]] = {
    kind.name: kind for kind in (LTSS, SCRIBE)
}


class ImportSourceUnusable(MaestraError):
    """The tables are not there, are others than expected, or may not be read."""

    code = "import_source_unusable"
    message = "No history of {source} can be read: {reason}"


class TableSource:
    """The tables of one recorder. `patterns` are regular expressions for entity ids, None for all."""

    def __init__(
        self,
        kind: TableKind,
        reader: asyncpg.Connection,
        *,
        end: datetime,
        patterns: Sequence[str] | None = None,
    ) -> None:
        """Read with `reader`; where it is also the connection that writes, the rows stay on the server."""
        self.name = kind.name
        self._kind = kind
        self._reader = reader
        self._end = end
        self._patterns = patterns

    async def open(self, schema: str) -> None:
        """Find the tables; raises ImportSourceUnusable."""
        reader = self._reader
        with deadline(reader, SLICE_TIMEOUT):
            before = await reader.fetchval(_SEARCHED)
            await reader.execute(_SEARCH, schema)
            try:
                await reader.execute(self._kind.view)
            except asyncpg.SyntaxOrAccessError as error:
                raise ImportSourceUnusable(
                    source=self.name, reason=str(error.args[0])
                ) from error
            finally:
                await reader.execute(_SEARCH_AS_BEFORE, before)

    async def count(self, start: datetime | None) -> Extent:
        """Return what is there from a time on."""
        begin = start or _BEGINNING
        with deadline(self._reader, SLICE_TIMEOUT):
            ((total, future),) = await self._reader.fetch(
                _COUNT, begin, self._end, self._patterns
            )
            unmatched = await self._reader.fetchval(_UNMATCHED, self._patterns)
        return Extent(total=total, future=future, unmatched=unmatched or ())

    async def slices(self, start: datetime | None) -> AsyncIterator[Slice]:
        """Yield all from a time on."""
        begin = start or _BEGINNING
        while (end := await self._end_of_slice(begin)) is not None:
            yield self._slice(begin, end)
            begin = end + _MOMENT

    async def _end_of_slice(self, begin: datetime) -> datetime | None:
        with deadline(self._reader, SLICE_TIMEOUT):
            end: datetime | None = await self._reader.fetchval(
                _END, begin, self._end, self._patterns, SLICE_ROWS
            )
            return end

    def _slice(self, begin: datetime, end: datetime) -> Slice:
        reader, patterns = self._reader, self._patterns

        async def fill(connection: asyncpg.Connection) -> None:
            if connection is reader:
                await connection.execute(_COPY_ROWS, begin, end, patterns)
                return
            with deadline(reader, SLICE_TIMEOUT):
                async with reader.transaction(readonly=True):
                    cursor = await reader.cursor(_ROWS, begin, end, patterns)
                    while rows := await cursor.fetch(_FETCH_ROWS):
                        await stage_rows(connection, rows)

        return Slice(end=end, fill=fill)
