"""One batch into the database, exactly once."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final, Self

import asyncpg

from .batch import Batch, Rows, split_receipts
from .claims import ReusedId, claim
from .entity_numbers import EntityNumbers
from .json_text import plain_text
from .receipts import Receipts
from .rollups import ROLLUP_HORIZON
from .statements import (
    LEFT_OPEN,
    NOTE_BATCH,
    NOTE_LATE,
    PRUNE_BATCHES,
    RECENT_RECEIPTS,
    REJECT,
    RENAME_ENTITY,
    insert_many,
    insert_one,
)
from .tables import (
    EVENTS,
    HA_ENTITIES,
    HA_RENAMES,
    HA_STATES,
    TABLES,
    Row,
    Table,
    Write,
)

BATCH_KEY: Final = "maestra_batches_run_number_key"
PRUNE_EVERY: Final = 256
"""Batches from one removal of old ones to the next."""
MAX_REASON_LENGTH: Final = 500

_EVENT_ID: Final = tuple(EVENTS.columns).index("event_id")
_EVENT_TIME: Final = tuple(EVENTS.columns).index("ts_server")

type _Way = Callable[[asyncpg.Connection, Table, list[Row]], Awaitable[Written]]


@dataclass(slots=True)
class Written:
    """What became of rows."""

    rows: int = 0
    repeated: int = 0
    """Dropped: their key was there."""
    rejected: int = 0
    """No table takes them: they are in maestra_rejected."""
    reused: list[ReusedId] = field(default_factory=list)
    """Ids that stand for two events."""

    def __iadd__(self, other: Written) -> Self:
        """Count together."""
        self.rows += other.rows
        self.repeated += other.repeated
        self.rejected += other.rejected
        self.reused += other.reused
        return self


class Writer:
    """Writes batches, on one connection after the other; `name` tells the writers of one database apart."""

    def __init__(self, name: str) -> None:
        """Know nothing of the database yet."""
        self._name = name
        self._numbers = EntityNumbers()
        self._receipts = Receipts()
        self._committed = 0

    async def begin(self, connection: asyncpg.Connection) -> list[bytes]:
        """Look at what was stored before, on a new connection; returns the newest receipts."""
        self._numbers.forget()
        found = await connection.fetch(RECENT_RECEIPTS, self._name)
        keys = [key for row in reversed(found) for key in split_receipts(row[0])]
        self._receipts.add(keys)
        return keys

    async def write(
        self, connection: asyncpg.Connection, batch: Batch, *, is_replay: bool = False
    ) -> Written:
        """Commit a batch, unless that was done before.

        While batches are replayed from the spool none is forgotten: their file comes again as a whole.
        COPY first, since nearly all rows are new. Where a key is there already, again with care;
        where a table refuses a value, row by row. Raises what the data is not at fault for.
        """
        rows = self._settled(batch)
        for way in (_copy, _insert):
            try:
                return await self._commit(connection, batch, rows, way, is_replay)
            except _DATA_ERRORS as error:
                _refuse_unless_data(error)
        return await self._commit(connection, batch, rows, _rescue, is_replay)

    async def _commit(
        self,
        connection: asyncpg.Connection,
        batch: Batch,
        rows: Rows,
        way: _Way,
        is_replay: bool,
    ) -> Written:
        written = Written()
        numbers: Mapping[str, int] = {}
        try:
            async with connection.transaction():
                await connection.execute(
                    NOTE_BATCH,
                    self._name,
                    batch.run,
                    batch.number,
                    b"".join(batch.receipts) or None,
                )
                for name, table in TABLES.items():
                    if table_rows := rows.get(name):
                        if table is HA_STATES:
                            entity_ids = {row[1] for row in table_rows}
                            numbers = await self._numbers.of(connection, entity_ids)
                            table_rows = [
                                (row[0], numbers[row[1]], *row[2:])
                                for row in table_rows
                            ]
                        written += await way(connection, table, table_rows)
                        await _note_late(connection, table, table_rows)
                if not is_replay and self._committed % PRUNE_EVERY == 0:
                    await connection.execute(PRUNE_BATCHES, self._name)
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name != BATCH_KEY:
                raise
            written, numbers = Written(rows=batch.size), {}
        if HA_RENAMES.name in rows:
            self._numbers.forget()
        self._numbers.keep(numbers)
        self._receipts.add(batch.receipts)
        self._committed += 1
        return written

    def _settled(self, batch: Batch) -> Rows:
        """Return the rows of a batch without those of messages that were stored before, all under today's names."""
        rows = batch.rows
        if batch.doubtful:
            rows = {name: list(table_rows) for name, table_rows in rows.items()}
            for key, name, row in batch.doubtful:
                if key not in self._receipts:
                    rows.setdefault(name, []).append(row)
        return _renamed(rows) if HA_RENAMES.name in rows else rows


async def _copy(
    connection: asyncpg.Connection, table: Table, rows: list[Row]
) -> Written:
    match table.write:
        case Write.REPLACE:
            await connection.executemany(insert_one(table), rows)
        case Write.RENAME:
            await connection.executemany(RENAME_ENTITY, rows)
            return Written()
        case Write.CLOSE:
            for row in rows:
                await _close_streams(connection, row)
            return Written()
        case Write.CLAIM:
            ids = [(row[_EVENT_ID], row[_EVENT_TIME]) for row in rows]
            await connection.copy_records_to_table("event_ids", records=ids)
            await _copy_rows(connection, table, rows)
        case _:
            await _copy_rows(connection, table, rows)
    return Written(rows=len(rows))


async def _close_streams(connection: asyncpg.Connection, row: Row) -> None:
    for find, close in LEFT_OPEN:
        found = await connection.fetch(find, *row)
        await connection.executemany(close, [tuple(key) for key in found])


async def _insert(
    connection: asyncpg.Connection, table: Table, rows: list[Row]
) -> Written:
    match table.write:
        case Write.ONCE:
            status = await connection.execute(insert_many(table), *_transposed(rows))
        case Write.CLAIM:
            stored, reused = await claim(connection, rows)
            return Written(rows=stored, repeated=len(rows) - stored, reused=reused)
        case _:
            return await _copy(connection, table, rows)
    # INSERT 0 <rows>
    inserted = int(status.rsplit(" ", 1)[1])
    return Written(rows=inserted, repeated=len(rows) - inserted)


async def _rescue(
    connection: asyncpg.Connection, table: Table, rows: list[Row]
) -> Written:
    """Write each row for itself, and keep what its table refuses elsewhere."""
    written = Written()
    for row in rows:
        try:
            async with connection.transaction():
                written += await _insert(connection, table, [row])
        except _DATA_ERRORS as error:
            _refuse_unless_data(error)
            reason, text = str(error)[:MAX_REASON_LENGTH], repr(row)
            await connection.execute(
                REJECT, table.name, plain_text(reason), plain_text(text)
            )
            written.rejected += 1
    return written


async def _copy_rows(
    connection: asyncpg.Connection, table: Table, rows: list[Row]
) -> None:
    await connection.copy_records_to_table(
        table.name, records=rows, columns=list(table.columns)
    )


async def _note_late(
    connection: asyncpg.Connection, table: Table, rows: list[Row]
) -> None:
    if table.time is None:
        return
    column = tuple(table.columns).index(table.time)
    horizon = datetime.now(UTC) - ROLLUP_HORIZON
    late = [row[column] for row in rows if row[column] < horizon]
    # A range a day: one row of long ago must not have all the years since rolled up again.
    days: dict[date, list[datetime]] = {}
    for moment in late:
        days.setdefault(moment.date(), []).append(moment)
    for moments in days.values():
        await connection.execute(NOTE_LATE, table.name, min(moments), max(moments))


def _renamed(rows: Rows) -> Rows:
    """Let what was recorded before a renaming follow it: the renamings of a batch are written first."""
    new_ids: dict[str, str] = dict(rows[HA_RENAMES.name])
    states, entities = rows.get(HA_STATES.name, []), rows.get(HA_ENTITIES.name, [])
    return {
        **rows,
        HA_STATES.name: [
            (row[0], new_ids.get(row[1], row[1]), *row[2:]) for row in states
        ],
        HA_ENTITIES.name: [(new_ids.get(row[0], row[0]), *row[1:]) for row in entities],
    }


def _transposed(rows: list[Row]) -> list[tuple[object, ...]]:
    return list(zip(*rows, strict=True))


# What the driver and the server say of a value that does not fit.
_DATA_ERRORS: Final = (asyncpg.PostgresError, ValueError, TypeError, OverflowError)


def _refuse_unless_data(error: Exception) -> None:
    """Raise the error again when other rows would have met it too."""
    if isinstance(error, asyncpg.PostgresError):
        # Data exception, integrity constraint violation; and a deadlock over a key that two batches have.
        if (error.sqlstate or "")[:2] not in ("22", "23", "40"):
            raise error
