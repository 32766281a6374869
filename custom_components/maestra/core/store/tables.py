"""How a table is described: its columns, how rows get into it, how long they live, what is computed of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
import enum
from functools import cached_property
from typing import Any

from .settings import Lifetime

type Row = tuple[Any, ...]
"""The values of one row, in the order of its table's columns."""

type Record = Callable[[Table, Row], None]
"""What takes rows: the store."""


class Write(enum.Enum):
    """How a row gets into its table."""

    APPEND = enum.auto()
    """Each row is new."""
    ONCE = enum.auto()
    """A row whose key is there already is dropped: it was sent again."""
    CLAIM = enum.auto()
    """As ONCE, for a key without the time: the first row's time is kept beside the hypertable, see `Claim`."""
    REPLACE = enum.auto()
    """The newest row of a key takes the place of the older one; for few rows a second only."""
    COMMAND = enum.auto()
    """No row: the table's `commands` are executed with its values. There is no such table in the database."""


@dataclass(frozen=True, kw_only=True)
class RollupColumns:
    """What the hourly and daily values of a table are of."""

    series: tuple[str, ...]
    """The columns that tell series apart."""
    value: str | None = "value"
    """The column with the numbers; None where rows are only counted."""
    unit: str | None = None
    """The column with their unit, where those of a series may be in several: each has values of its own then, in a column `unit`."""
    is_held: bool = False
    """Whether a row is written when the value changes: it holds until the next one, and a row without a number ends it."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Keys that devices give: each is stored once, and none is lost where a key was used twice.

    `table` holds a digest of the key, which is a text, and the time of each row, for a while only. `owner` is the column that says who gave the key. A known
    key with another `content` is a second row: `reused` makes of owner and key the event that tells of it on the bus.
    """

    table: str
    owner: str
    content: tuple[str, ...]
    reused: Callable[[str, str], object]


@dataclass(frozen=True, kw_only=True)
class Numbering:
    """Rows are recorded with a name in `column`, and stored with the `id` that `table` has for it in its column `name`."""

    column: str
    table: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Command:
    """SQL that is executed with the values of a row, or, with `find`, with each of the rows that this finds."""

    execute: str
    find: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """One table. `columns` maps names to PostgreSQL types."""

    name: str
    columns: Mapping[str, str]
    time: str | None = None
    """The column that it is partitioned by."""
    write: Write = Write.APPEND
    key: tuple[str, ...] = ()
    """What makes a row unique, unless it is appended."""
    lifetime: Lifetime | None = None
    """How long rows are kept; None for ever."""
    expires: str | None = None
    """The column that says how old a row is, where the table is not partitioned."""
    chunk: timedelta = timedelta(days=1)
    """How much time a partition has: a day, or more where rows are sparse, which are indexed one by one then."""
    segment_by: tuple[str, ...] = ()
    """The columns by which rows are found and compressed, where they are not those of the rollup."""
    rollup: RollupColumns | None = None
    claim: Claim | None = None
    numbering: Numbering | None = None
    commands: tuple[Command, ...] = ()
    searched: tuple[str, ...] = ()
    """The columns with text that is looked for by its parts, lines of one text: there is a trigram index for it where the server has pg_trgm."""
    renames: str | None = None
    """The table with names of which a command changes one: rows (old, new)."""

    def __post_init__(self) -> None:
        """Raise ValueError for a description that contradicts itself."""
        needed = {self.time, self.expires, *self.key, *self.segments} - {None}
        if self.numbering:
            needed.add(self.numbering.column)
        needed.update(self.searched)
        if missing := needed - self.columns.keys():
            raise ValueError(f"table {self.name} has no column {missing.pop()}")
        if (self.write is Write.CLAIM) != (self.claim is not None):
            raise ValueError(f"table {self.name} must say how its keys are claimed")
        if (self.rollup or self.claim) and not self.time:
            raise ValueError(f"table {self.name} has no time")
        if self.rollup and self.rollup.unit and self.rollup.is_held:
            raise ValueError(f"table {self.name} has values that hold, in one unit")

    @cached_property
    def is_stored(self) -> bool:
        """Whether it is in the database."""
        return self.write is not Write.COMMAND

    @cached_property
    def is_ordered(self) -> bool:
        """Whether its rows may not overtake others, nor be overtaken."""
        return self.write in (Write.REPLACE, Write.COMMAND)

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The columns by which rows are found and compressed."""
        return self.segment_by or (self.rollup.series if self.rollup else ())

    @cached_property
    def time_columns(self) -> tuple[int, ...]:
        """The places of the columns with times."""
        types = self.columns.values()
        return tuple(index for index, kind in enumerate(types) if kind == "timestamptz")

    def index(self, column: str) -> int:
        """Return the place of a column."""
        return tuple(self.columns).index(column)
