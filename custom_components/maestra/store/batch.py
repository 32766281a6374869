"""What travels together: the rows of one moment, and the messages that they came with."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

import orjson

from ..domain.journal import RECEIPT_BYTES
from .json_text import json_text
from .tables import TABLES, Row, Table, Write

_ORDERED: Final = frozenset({Write.REPLACE, Write.RENAME, Write.CLOSE})

type Rows = dict[str, list[Row]]
"""Rows by the name of their table."""


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
    doubtful: list[tuple[bytes, str, Row]] = field(default_factory=list)
    receipts: list[bytes] = field(default_factory=list)
    end: int = 0
    recorded_at: float = 0.0
    """Seconds since the epoch at which its oldest row was recorded."""
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
        return any(TABLES[name].write in _ORDERED for name in self.rows)

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
            batch.rows,
            [(key.hex(), table, row) for key, table, row in batch.doubtful],
        )
    ).encode()


def decode(body: bytes, receipts: Iterable[bytes] = ()) -> Batch:
    """Read what `encode` wrote; raises ValueError, KeyError for what is none, or of a table that is gone."""
    run, number, recorded_at, rows, doubtful = orjson.loads(body)
    return Batch(
        run=UUID(run),
        number=number,
        recorded_at=recorded_at,
        rows={
            name: [_row(TABLES[name], values) for values in table_rows]
            for name, table_rows in rows.items()
        },
        doubtful=[
            (bytes.fromhex(key), name, _row(TABLES[name], values))
            for key, name, values in doubtful
        ],
        receipts=list(receipts),
    )


def split_receipts(joined: bytes) -> list[bytes]:
    """Return the keys that were joined into one text of bytes."""
    return [
        joined[start : start + RECEIPT_BYTES]
        for start in range(0, len(joined), RECEIPT_BYTES)
    ]


@cache
def _time_columns(table_name: str) -> tuple[int, ...]:
    types = TABLES[table_name].columns.values()
    return tuple(index for index, kind in enumerate(types) if kind == "timestamptz")


def _row(table: Table, values: list[Any]) -> Row:
    # JSON has no times. All else that rows hold, it has.
    for index in _time_columns(table.name):
        if values[index] is not None:
            values[index] = datetime.fromisoformat(values[index])
    return tuple(values)
