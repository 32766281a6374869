"""What travels together: the rows of one moment, and the messages that they came with."""

from collections.abc import Callable, Iterable, Mapping, Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from ..domain.journal import Place
from .json_text import json_text
from .tables import Row, Table

type Rows = dict[Table, list[Row]]
"""Rows by their table."""


class Placed(NamedTuple):
    """A message of a log, and where its rows are among those of its batch."""

    place: Place
    start: int
    end: int


@dataclass(slots=True, kw_only=True)
class Batch:
    """Rows that are committed together, once.

    `run` and `number` name it for ever: whoever finds them in the database knows that its rows are there.
    `receipts` are the keys of the messages whose rows these are. `doubtful` rows came with a
    message that an earlier run may have stored: each with that message's key.
    `end` is the position of its last row among all that were recorded in this run. Messages of a log are `placed`, in their
    order; `taken` are all rows in theirs then, but for the doubtful ones (None).
    """

    run: UUID
    number: int
    rows: Rows
    doubtful: list[tuple[bytes, Table, Row]] = field(default_factory=list)
    receipts: list[bytes] = field(default_factory=list)
    placed: list[Placed] = field(default_factory=list)
    taken: list[tuple[Table, Row] | None] = field(default_factory=list)
    left_out: int = 0
    """Rows that another one has stored."""
    end: int = 0
    recorded_at: float = 0.0
    """Seconds since the epoch at which its oldest row was recorded."""
    waiting_since: float = inf
    """When, by the monotonic clock, its oldest message came that is not acknowledged yet."""
    on_durable: list[Callable[[], None]] = field(default_factory=list)
    is_committed: bool = False
    """Whether this run has seen it committed."""
    is_spooled: bool = False
    """Whether it is on disk, or about to be."""

    @property
    def start(self) -> int:
        """The position of its first row."""
        return self.end - self.size

    @property
    def is_ordered(self) -> bool:
        """Whether it may not overtake others, nor be overtaken."""
        return any(table.is_ordered for table in self.rows)

    @property
    def size(self) -> int:
        """The number of rows."""
        there = sum(map(len, self.rows.values())) + len(self.doubtful)
        return there + self.left_out

    def leave_out(self, stored: AbstractSet[tuple[str, int]]) -> None:
        """Drop the messages, by log and sequence, that another one has stored."""
        placed: list[Placed] = []
        kept: list[tuple[Table, Row] | None] = []
        done = 0
        for place, start, end in self.placed:
            kept += self.taken[done:start]
            done = end
            if (place.log, place.sequence) in stored:
                self.left_out += end - start
                continue
            begin = len(kept)
            kept += self.taken[start:end]
            # What was before it may be among what is left out.
            alone = place._replace(after=place.sequence - 1)
            placed.append(Placed(alone, begin, len(kept)))
        self.placed, self.taken = placed, kept + self.taken[done:]
        self.rows = by_table(self.taken)


def by_table(taken: Iterable[tuple[Table, Row] | None]) -> Rows:
    """Sort rows by their table."""
    rows: Rows = {}
    for entry in taken:
        if entry is not None:
            rows.setdefault(entry[0], []).append(entry[1])
    return rows


def encode(batch: Batch) -> bytes:
    """Write the rows of a batch as JSON; its receipts travel beside them. Where they are on disk, no other has them: of logs nothing is kept."""
    return json_text(
        (
            batch.run,
            batch.number,
            batch.recorded_at,
            {table.name: rows for table, rows in batch.rows.items()},
            [(key.hex(), table.name, row) for key, table, row in batch.doubtful],
        )
    ).encode()


def decode(
    body: bytes, tables: Mapping[str, Table], receipts: Iterable[bytes] = ()
) -> Batch:
    """Read what `encode` wrote, of tables by name; raises ValueError, KeyError for what is none, or of a table that is gone."""
    run, number, recorded_at, rows, doubtful = orjson.loads(body)
    return Batch(
        run=UUID(run),
        number=number,
        recorded_at=recorded_at,
        rows={
            (table := tables[name]): [_row(table, values) for values in table_rows]
            for name, table_rows in rows.items()
        },
        doubtful=[
            (bytes.fromhex(key), (table := tables[name]), _row(table, values))
            for key, name, values in doubtful
        ],
        receipts=list(receipts),
    )


def _row(table: Table, values: list[Any]) -> Row:
    # Spooled by a version that did not have the last columns yet.
    values += [None] * (len(table.columns) - len(values))
    # JSON has no times. All else that rows hold, it has.
    for index in table.time_columns:
        # What is no time its table refuses, and this row alone.
        with suppress(TypeError, ValueError):
            values[index] = datetime.fromisoformat(values[index])
    return tuple(values)
