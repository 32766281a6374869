"""Tables of other recorders on the same server, read in slices."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg

from ..domain.errors import MaestraError
from .connection import deadline
from .imports import SLICE_ROWS, SLICE_TIMEOUT, Slice, stage_rows

_FETCH_ROWS: Final = 2_000
_MOMENT: Final = timedelta(microseconds=1)
_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)

# A view of one shape for all: the rest of the SQL is the same for each of them.
_LTSS: Final = """
CREATE TEMPORARY VIEW maestra_import_source AS
SELECT time, entity_id::text, state::text, NULL::double precision AS value, attributes::jsonb
FROM ltss
WHERE entity_id IS NOT NULL AND state IS NOT NULL
"""
# It leaves out the text of what is a number.
_SCRIBE: Final = """
CREATE TEMPORARY VIEW maestra_import_source AS
SELECT r.time, e.entity_id::text, coalesce(r.state, r.value::text) AS state, r.value, r.attributes::jsonb
FROM states_raw r
JOIN entities e ON e.id = r.metadata_id
WHERE r.state IS NOT NULL OR r.value IS NOT NULL
"""
_SEARCH: Final = "SELECT set_config('search_path', quote_ident($1), false)"
_SEARCH_AS_BEFORE: Final = "SELECT set_config('search_path', $1, false)"
_SEARCHED: Final = "SELECT current_setting('search_path')"

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
