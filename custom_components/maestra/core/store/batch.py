"""What travels together: the rows of one moment, and the messages that they came with."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Any
from uuid import UUID

import orjson

from .json_text import json_text
from .tables import Row, Table

type Rows = dict[Table, list[Row]]
"""Rows by their table."""


@dataclass(slots=True, kw_only=True)
class Batch:
    """Rows that are committed together, once.

    `run` and `number` name it for ever: whoever finds them in the database knows that its rows are there.
    `receipts` are the keys of the messages whose rows these are. `doubtful` rows came with a
    message that an earlier run may have stored: each with that message's key.
    `end` is the position of its last row among all that were recorded in this run.
    """

    run: UUID
    number: int
    rows: Rows
    doubtful: list[tuple[bytes, Table, Row]] = field(default_factory=list)
    receipts: list[bytes] = field(default_factory=list)
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
        return sum(map(len, self.rows.values())) + len(self.doubtful)


def encode(batch: Batch) -> bytes:
    """Write the rows of a batch as JSON; its receipts travel beside them."""
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
