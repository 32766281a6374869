"""One batch into the database, exactly once."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Final, Self

import asyncpg

from .batch import Batch, Rows, split_receipts
from .claims import arrays, claim, copy_claimed, quoted
from .journal import Receipts
from .json_text import plain_text
from .rollups import ROLLUP_HORIZON
from .tables import Numbering, Row, Table, Write

BATCH_KEY: Final = "maestra_batches_run_number_key"
PRUNE_EVERY: Final = 256
"""Batches from one removal of old ones to the next."""
MAX_REASON_LENGTH: Final = 500

_NOTE_BATCH: Final = "INSERT INTO maestra_batches (writer, run, number, receipts) VALUES ($1, $2, $3, $4)"
_RECENT_RECEIPTS: Final = """
SELECT receipts FROM maestra_batches
WHERE writer = $1 AND receipts IS NOT NULL ORDER BY id DESC LIMIT 1000
"""
# Far more than can be in flight, or in the spool although they are committed.
_PRUNE_BATCHES: Final = """
DELETE FROM maestra_batches WHERE writer = $1 AND id < (
    SELECT id FROM maestra_batches WHERE writer = $1 ORDER BY id DESC OFFSET 1000 LIMIT 1
)
"""
_NOTE_LATE: Final = (
    'INSERT INTO maestra_late (source, start, "end") VALUES ($1, $2, $3)'
)
_REJECT: Final = (
    "INSERT INTO maestra_rejected (table_name, reason, row_text) VALUES ($1, $2, $3)"
)

type _Way = Callable[[asyncpg.Connection, Table, list[Row]], Awaitable[Written]]


@dataclass(slots=True)
class Written:
    """What became of rows."""

    rows: int = 0
    repeated: int = 0
    """Dropped: their key was there."""
    rejected: int = 0
    """No table takes them: they are in maestra_rejected."""
    reused: list[object] = field(default_factory=list)
    """What tells, on the bus, of keys that stand for two rows."""

    def __iadd__(self, other: Written) -> Self:
        """Count together."""
        self.rows += other.rows
        self.repeated += other.repeated
        self.rejected += other.rejected
        self.reused += other.reused
        return self


class _Numbers:
    """The numbers that stand for names in the database; looks them up, and gives out new ones, inside transactions."""

    def __init__(self, numbering: Numbering) -> None:
        self._numbering = numbering
        self._known: dict[str, int] = {}

    async def of(
        self, connection: asyncpg.Connection, names: Iterable[str]
    ) -> Mapping[str, int]:
        """Return the numbers of names; new ones are valid once the transaction is committed."""
        wanted = set(names)
        if not (unknown := wanted - self._known.keys()):
            return self._known
        statement = _number_names(self._numbering)
        found = await connection.fetch(statement, sorted(unknown))
        return {**self._known, **{row[0]: row[1] for row in found}}

    def keep(self, numbers: Mapping[str, int]) -> None:
        """Remember what `of` returned, now that it is committed."""
        self._known.update(numbers)

    def forget(self) -> None:
        """Forget everything: it may be another database, or the names have changed."""
        self._known = {}


class Writer:
    """Writes batches, on one connection after the other; `name` tells the writers of one database apart."""

    def __init__(self, name: str, tables: Iterable[Table]) -> None:
        """Know nothing of the database yet. `tables` are in the order in which a batch writes them."""
        self._name = name
        self._order = {table: place for place, table in enumerate(tables)}
        self._numbers = {
            table: _Numbers(table.numbering) for table in self._order if table.numbering
        }
        self._receipts = Receipts()
        self._committed = 0

    async def begin(self, connection: asyncpg.Connection) -> list[bytes]:
        """Look at what was stored before, on a new connection; returns the newest receipts."""
        self._forget_numbers()
        found = await connection.fetch(_RECENT_RECEIPTS, self._name)
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
        numbers: dict[Table, Mapping[str, int]] = {}
        try:
            async with connection.transaction():
                await connection.execute(
                    _NOTE_BATCH,
                    self._name,
                    batch.run,
                    batch.number,
                    b"".join(batch.receipts) or None,
                )
                for table in sorted(rows, key=self._order.__getitem__):
                    table_rows = rows[table]
                    if table.numbering:
                        place = table.index(table.numbering.column)
                        numbers[table] = known = await self._numbers[table].of(
                            connection, (row[place] for row in table_rows)
                        )
                        table_rows = _replaced(table_rows, place, known)
                    written += await way(connection, table, table_rows)
                    await _note_late(connection, table, table_rows)
                if not is_replay and self._committed % PRUNE_EVERY == 0:
                    await connection.execute(_PRUNE_BATCHES, self._name)
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name != BATCH_KEY:
                raise
            written, numbers = Written(rows=batch.size), {}
        if any(table.renames for table in rows):
            self._forget_numbers()
        for table, known in numbers.items():
            self._numbers[table].keep(known)
        self._receipts.add(batch.receipts)
        self._committed += 1
        return written

    def _settled(self, batch: Batch) -> Rows:
        """Return the rows of a batch without those of messages that were stored before, all under today's names."""
        rows = batch.rows
        if batch.doubtful:
            rows = {table: list(table_rows) for table, table_rows in rows.items()}
            for key, table, row in batch.doubtful:
                if key not in self._receipts:
                    rows.setdefault(table, []).append(row)
        for table in tuple(rows):
            if table.renames:
                rows = _renamed(rows, table)
        return rows

    def _forget_numbers(self) -> None:
        for numbers in self._numbers.values():
            numbers.forget()


async def _copy(
    connection: asyncpg.Connection, table: Table, rows: list[Row]
) -> Written:
    match table.write:
        case Write.REPLACE:
            await connection.executemany(_insert_one(table), rows)
        case Write.COMMAND:
            for row in rows:
                await _execute(connection, table, row)
            return Written()
        case Write.CLAIM:
            await copy_claimed(connection, table, rows)
        case _:
            await connection.copy_records_to_table(
                table.name, records=rows, columns=list(table.columns)
            )
    return Written(rows=len(rows))


async def _execute(connection: asyncpg.Connection, table: Table, row: Row) -> None:
    for command in table.commands:
        if command.find is None:
            await connection.execute(command.execute, *row)
        else:
            found = await connection.fetch(command.find, *row)
            await connection.executemany(command.execute, [tuple(one) for one in found])


async def _insert(
    connection: asyncpg.Connection, table: Table, rows: list[Row]
) -> Written:
    match table.write:
        case Write.ONCE:
            status = await connection.execute(_insert_many(table), *_transposed(rows))
        case Write.CLAIM:
            stored, reused = await claim(connection, table, rows)
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
                _REJECT, table.name, plain_text(reason), plain_text(text)
            )
            written.rejected += 1
    return written


async def _note_late(
    connection: asyncpg.Connection, table: Table, rows: list[Row]
) -> None:
    if table.rollup is None:
        return
    assert table.time
    column = table.index(table.time)
    horizon = datetime.now(UTC) - ROLLUP_HORIZON
    late = [row[column] for row in rows if row[column] < horizon]
    # A range a day: one row of long ago must not have all the years since rolled up again.
    days: dict[date, list[datetime]] = {}
    for moment in late:
        days.setdefault(moment.date(), []).append(moment)
    for moments in days.values():
        await connection.execute(_NOTE_LATE, table.name, min(moments), max(moments))


def _renamed(rows: Rows, renames: Table) -> Rows:
    """Let what was recorded before a renaming follow it: the renamings of a batch are written first."""
    new_names: dict[str, str] = dict(rows[renames])
    return {
        table: _replaced(table_rows, place, new_names)
        if (place := _place_of_name(table, renames.renames)) is not None
        else table_rows
        for table, table_rows in rows.items()
    }


def _place_of_name(table: Table, names: str | None) -> int | None:
    """Return the place of the column with names that another table, or this one, keeps."""
    if table.name == names:
        return table.index(table.key[0])
    if table.numbering and table.numbering.table == names:
        return table.index(table.numbering.column)
    return None


def _replaced(
    rows: list[Row], place: int, replacements: Mapping[str, object]
) -> list[Row]:
    """Return rows with what stands for the values in one place, where something does."""
    return [
        (
            *row[:place],
            replacements.get(row[place], row[place]),
            *row[place + 1 :],
        )
        for row in rows
    ]


def _transposed(rows: list[Row]) -> list[tuple[object, ...]]:
    return list(zip(*rows, strict=True))


@cache
def _insert_many(table: Table) -> str:
    """Return a statement that takes an array a column and drops rows whose key is there."""
    names = quoted(table.columns)
    return f"INSERT INTO {table.name} ({names}) SELECT * FROM {arrays(table)} ON CONFLICT DO NOTHING"  # noqa: S608


@cache
def _insert_one(table: Table) -> str:
    """Return a statement that takes one row; where the table has its key, it takes the other's place."""
    names = quoted(table.columns)
    values = ", ".join(
        f"${number}::{_parameter(kind)}"
        for number, kind in enumerate(table.columns.values(), 1)
    )
    others = [name for name in table.columns if name not in table.key]
    assignments = ", ".join(f'"{name}" = EXCLUDED."{name}"' for name in others)
    return (
        f"INSERT INTO {table.name} ({names}) VALUES ({values}) "  # noqa: S608
        f"ON CONFLICT ({quoted(table.key)}) DO UPDATE SET {assignments}"
    )


def _parameter(kind: str) -> str:
    # The driver knows the types of extensions only by name.
    return f"text::{kind}" if kind == "ltree" else kind


@cache
def _number_names(numbering: Numbering) -> str:
    """Return a statement that takes names, adds those that are new, and returns each with its number."""
    name = numbering.name
    return f"""
INSERT INTO {numbering.table} ({name}) SELECT unnest($1::text[])
ON CONFLICT ({name}) DO UPDATE SET {name} = EXCLUDED.{name}
RETURNING {name}, id
"""


# What the driver and the server say of a value that does not fit.
_DATA_ERRORS: Final = (asyncpg.PostgresError, ValueError, TypeError, OverflowError)


def _refuse_unless_data(error: Exception) -> None:
    """Raise the error again when other rows would have met it too."""
    if isinstance(error, asyncpg.PostgresError):
        # Data exception, integrity constraint violation; and a deadlock over a key that two batches have.
        if (error.sqlstate or "")[:2] not in ("22", "23", "40"):
            raise error
