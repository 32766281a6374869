"""One batch into the database, exactly once."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache, partial
import itertools
from typing import Final, Self

import asyncpg

from ..domain.journal import RECEIPT_BYTES, Receipts, split_receipts
from .batch import Batch, Rows
from .claims import arrays, claim, copy_claimed, quoted
from .errors import is_fault_of_row
from .offsets import StoredElsewhere, leave_out_stored, move_offsets
from .rollups import ROLLUP_HORIZON
from .tables import Numbering, Row, Table, Write

MERGE_EVERY: Final = 256
"""Batches from one merging of old ones to the next."""
MAX_OF_WRITER: Final = 4_096
"""Receipts that are looked up of each writer: more than its brokers have in flight."""
MAX_REASON_LENGTH: Final = 500
MAX_REJECTED_LENGTH: Final = 1_000_000

_NOTE: Final = """
INSERT INTO maestra_batches (writer, run, number, receipts)
SELECT $1, sent.run, sent.number, sent.receipts FROM {} AS sent (run, number, receipts)
WHERE (
    SELECT coalesce(first, number) FROM maestra_batches
    WHERE run = sent.run AND number >= sent.number ORDER BY number LIMIT 1
) <= sent.number IS NOT TRUE
ON CONFLICT (run, number) DO NOTHING RETURNING run, number
"""
# With arrays the server makes a new plan each time, which takes longer than all the rest.
_NOTE_BATCH: Final = _NOTE.format("(SELECT $2::uuid, $3::bigint, $4::bytea)")
_NOTE_BATCHES: Final = _NOTE.format("unnest($2::uuid[], $3::bigint[], $4::bytea[])")
# A message that one writer has stored may come again to another: after a change of the name, or a copy.
_RECENT_RECEIPTS: Final = f"""
SELECT receipts FROM (
    SELECT id, writer, receipts, sum(length(receipts)) OVER (PARTITION BY writer ORDER BY id DESC) AS bytes
    FROM maestra_batches WHERE receipts IS NOT NULL
) AS noted
WHERE bytes <= {MAX_OF_WRITER * RECEIPT_BYTES} ORDER BY writer = $1, id
"""  # noqa: S608
# Of those that are older than what may come again with a receipt one row is left for each unbroken sequence of
# numbers, for ever: what a copy of the spool holds, such as a backup has, may come at any time.
_MERGE_BATCHES: Final = """
WITH old AS (
    SELECT id, run, number, coalesce(first, number) AS first,
        coalesce(first, number) > 1 + lag(number) OVER (PARTITION BY run ORDER BY number) AS begins
    FROM maestra_batches WHERE writer = $1 AND id < (
        SELECT id FROM maestra_batches WHERE writer = $1 ORDER BY id DESC OFFSET 1000 LIMIT 1
    )
), numbered AS (
    SELECT id, run, number, first, count(*) FILTER (WHERE begins) OVER (PARTITION BY run ORDER BY number) AS sequence
    FROM old
), merged AS (
    SELECT run, max(number) AS number, min(first) AS first FROM numbered
    GROUP BY run, sequence HAVING count(*) > 1
), kept AS (
    UPDATE maestra_batches AS batch SET first = merged.first, receipts = NULL
    FROM merged WHERE batch.run = merged.run AND batch.number = merged.number
)
DELETE FROM maestra_batches USING merged
WHERE maestra_batches.run = merged.run
    AND maestra_batches.number >= merged.first AND maestra_batches.number < merged.number
"""
_NOTE_LATE: Final = (
    'INSERT INTO maestra_late (source, start, "end") VALUES ($1, $2, $3)'
)
_REJECT: Final = (
    "INSERT INTO maestra_rejected (table_name, reason, row_text) VALUES ($1, $2, $3)"
)

type _NewNumbers = dict[Table, dict[str, int]]
"""Numbers of names that one transaction has looked up, or given out: they hold once it is committed."""


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


type _Put = Callable[[asyncpg.Connection, Table, list[Row]], Awaitable[Written]]
type _Way = Callable[
    [asyncpg.Connection, Table, list[Row], _NewNumbers], Awaitable[Written]
]


class Writer:
    """Writes batches, on one connection after the other; `name` tells the writers of one database apart."""

    def __init__(self, name: str, tables: Iterable[Table]) -> None:
        """Know nothing of the database yet. `tables` are in the order in which a batch writes them."""
        self.name = name
        self._order = {table: place for place, table in enumerate(tables)}
        self._numbers: Mapping[Table, dict[str, int]] = {
            table: {} for table in self._order if table.numbering
        }
        # Counts how often the numbers were forgotten: what was looked up before is not kept after.
        self._forgotten = 0
        self._receipts = Receipts()
        self._committed = 0

    async def begin(self, connection: asyncpg.Connection) -> list[bytes]:
        """Look at what was stored before, on a new connection; returns the newest receipts, our own last."""
        self._forget_numbers()
        found = await connection.fetch(_RECENT_RECEIPTS, self.name)
        keys = [key for row in found for key in split_receipts(row[0])]
        self._receipts.add(keys)
        return keys

    async def write(self, connection: asyncpg.Connection, *batches: Batch) -> Written:
        """Commit batches, one after the other or all together, but for those that were committed before.

        COPY first, since nearly all rows are new. Where a key is there already, again with care;
        where a table refuses a value, row by row. Messages of a log that another one has stored meanwhile
        are left out. Raises what the rows are not at fault for.
        """
        while True:
            try:
                return await self._write(connection, *batches)
            except StoredElsewhere:
                await leave_out_stored(connection, batches)

    async def _write(self, connection: asyncpg.Connection, *batches: Batch) -> Written:
        for put in (_copy, _insert):
            try:
                return await self._commit(
                    connection, batches, partial(self._write_rows, put)
                )
            except StoredElsewhere:
                raise
            except Exception as error:
                # Two batches that have the same keys can be in each other's way.
                is_deadlock = isinstance(error, asyncpg.TransactionRollbackError)
                if not (is_deadlock or is_fault_of_row(error)):
                    raise
        if len(batches) == 1:
            return await self._commit(connection, batches, self._rescue)
        written = Written()
        for batch in batches:
            written += await self.write(connection, batch)
        return written

    async def _commit(
        self, connection: asyncpg.Connection, batches: Sequence[Batch], way: _Way
    ) -> Written:
        written = Written()
        new: _NewNumbers = {}
        forgotten = self._forgotten
        async with connection.transaction():
            are_new = await self._note(connection, batches)
            rows = self._settled(batches, are_new)
            for table in sorted(rows, key=self._order.__getitem__):
                written += await way(connection, table, rows[table], new)
            await move_offsets(connection, itertools.compress(batches, are_new))
            if self._committed % MERGE_EVERY == 0:
                await connection.execute(_MERGE_BATCHES, self.name)
        if self._forgotten == forgotten:
            for table, numbers in new.items():
                self._numbers[table].update(numbers)
        for batch, is_new in zip(batches, are_new, strict=True):
            self._receipts.add(batch.receipts)
            if is_new:
                written.repeated += batch.left_out
            else:
                written.rows += batch.size
        self._committed += 1
        return written

    async def _note(
        self, connection: asyncpg.Connection, batches: Sequence[Batch]
    ) -> list[bool]:
        """Note batches as committed; returns of each whether it was not before."""
        names = [(batch.run, batch.number, _receipts_of(batch)) for batch in batches]
        if len(names) == 1:
            found = await connection.fetch(_NOTE_BATCH, self.name, *names[0])
        else:
            found = await connection.fetch(
                _NOTE_BATCHES, self.name, *_transposed(names)
            )
        noted = {tuple(row) for row in found}
        are_new = []
        for batch in batches:
            name = (batch.run, batch.number)
            are_new.append(name in noted)
            # Of two copies of a batch one is new.
            noted.discard(name)
        return are_new

    def _settled(self, batches: Sequence[Batch], are_new: Sequence[bool]) -> Rows:
        """Return the rows of the new ones of some batches, without those of messages that were stored before."""
        if len(batches) == 1 and are_new[0] and not batches[0].doubtful:
            return batches[0].rows
        rows: Rows = {}
        known: set[bytes] = set()
        for batch, is_new in zip(batches, are_new, strict=True):
            if is_new:
                for table, table_rows in batch.rows.items():
                    rows.setdefault(table, []).extend(table_rows)
                for key, table, row in batch.doubtful:
                    if key not in self._receipts and key not in known:
                        rows.setdefault(table, []).append(row)
            known.update(batch.receipts)
        return rows

    async def _write_rows(
        self,
        put: _Put,
        connection: asyncpg.Connection,
        table: Table,
        rows: list[Row],
        new: _NewNumbers,
    ) -> Written:
        if table.numbering:
            place = table.index(table.numbering.column)
            numbers = await self._numbers_of(
                connection, table, {row[place] for row in rows}, new
            )
            rows = [
                (*row[:place], numbers[row[place]], *row[place + 1 :]) for row in rows
            ]
        written = await put(connection, table, rows)
        await _note_late(connection, table, rows)
        if table.renames:
            self._forget_numbers()
            new.clear()
        return written

    async def _rescue(
        self,
        connection: asyncpg.Connection,
        table: Table,
        rows: list[Row],
        new: _NewNumbers,
    ) -> Written:
        """Write each row for itself, and keep what its table refuses elsewhere."""
        written = Written()
        for row in rows:
            new_of_row: _NewNumbers = {}
            try:
                async with connection.transaction():
                    written += await self._write_rows(
                        _insert, connection, table, [row], new_of_row
                    )
            except Exception as error:
                if not is_fault_of_row(error):
                    raise
                await connection.execute(
                    _REJECT,
                    table.name,
                    _escaped(str(error), MAX_REASON_LENGTH),
                    _escaped(row, MAX_REJECTED_LENGTH),
                )
                written.rejected += 1
                continue
            for numbered, numbers in new_of_row.items():
                new.setdefault(numbered, {}).update(numbers)
        return written

    async def _numbers_of(
        self,
        connection: asyncpg.Connection,
        table: Table,
        names: set[str],
        new: _NewNumbers,
    ) -> Mapping[str, int]:
        """Return the numbers that stand for names in the database; it gives out new ones."""
        assert table.numbering
        known = self._numbers[table]
        if unknown := names - known.keys():
            found = await connection.fetch(
                _number_names(table.numbering), sorted(unknown)
            )
            numbers = {row[0]: row[1] for row in found}
            new.setdefault(table, {}).update(numbers)
            return {**known, **numbers}
        return known

    def _forget_numbers(self) -> None:
        """Forget everything: it may be another database, or the names have changed."""
        self._forgotten += 1
        for numbers in self._numbers.values():
            numbers.clear()


def _receipts_of(batch: Batch) -> bytes | None:
    # Messages of a log are known by its offsets.
    return None if batch.placed else b"".join(batch.receipts) or None


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


def _escaped(value: object, longest: int) -> str:
    """Return what a value is in Python, in characters that a database of any encoding takes."""
    try:
        text = ascii(value)
    except Exception as error:  # noqa: BLE001  whatever is in it, it must not stop the others
        text = f"<{type(error).__name__}>"
    return text[:longest]


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
