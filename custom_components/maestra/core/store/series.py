"""Series: how one is addressed, where the store has it, and which events feed those that detectors follow."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
import re
from typing import Any, Final
from uuid import UUID

from ..domain.errors import InvalidField
from ..domain.json_values import JsonValue
from .tables import Table

MAX_TEXT: Final = 512
"""Characters of one part of an address."""
_INT4: Final = 2**31


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SeriesKind:
    """Where one kind of series is, in the raw table and in its hourly and daily relations alike.

    `fields` are the parts of an address. `keys` maps the key columns to SQL over the columns
    of an address in a statement: `a` and `b` (text) are its parts, `id` is `a` as uuid or null.
    """

    name: str
    fields: tuple[str, ...]
    table: Table
    keys: Mapping[str, str]
    value: str
    text: str | None = None
    """The column with what is not a number."""
    has_numbers: bool = False
    """Whether the parts of an address are whole numbers."""
    is_plain: bool = False
    """Whether one is asked for by its only part alone, and not by an object; for one kind of all."""
    pattern: re.Pattern[str] | None = None
    """What a part of an address must match."""

    @property
    def time(self) -> str:
        """The column of the raw table's time."""
        assert self.table.time
        return self.table.time

    @property
    def unit(self) -> str | None:
        """The column with the unit, where the rows of one name may be in several."""
        return self.table.rollup.unit if self.table.rollup else None

    @property
    def is_held(self) -> bool:
        """Whether a value holds until the next row."""
        return self.table.rollup is not None and self.table.rollup.is_held

    def series(self, *parts: object) -> Series:
        """Return the series of an address, which has a part for each field; raises InvalidField."""
        return Series(
            self,
            tuple(
                self._part(field, part)
                for field, part in zip(self.fields, parts, strict=True)
            ),
        )

    def _part(self, field: str, value: object) -> str:
        text = str(value)
        if self.has_numbers:
            try:
                fits = not isinstance(value, bool) and -_INT4 <= int(text) < _INT4
            except ValueError:
                fits = False
            if not fits:
                raise InvalidField(field=field, reason="must be a whole number")
            return str(int(text))
        if (
            not isinstance(value, str | int)
            or not 0 < len(text) <= MAX_TEXT
            or "\0" in text
        ):
            raise InvalidField(
                field=field, reason=f"must be a text of 1 to {MAX_TEXT} characters"
            )
        if self.pattern and not self.pattern.fullmatch(text):
            raise InvalidField(
                field=field, reason=f"is not an {field.replace('_', ' ')}"
            )
        return text


@dataclass(frozen=True)
class Series:
    """One series. `address` has a text for each of the kind's fields."""

    kind: SeriesKind
    address: tuple[str, ...]

    @property
    def wire(self) -> JsonValue:
        """The address as it is asked for: a plain one is a text, others are an object."""
        if self.kind.is_plain:
            return self.address[0]
        parts: list[JsonValue] = [
            int(part) if self.kind.has_numbers else part for part in self.address
        ]
        return dict(zip(self.kind.fields, parts, strict=True))

    @property
    def uuid(self) -> str | None:
        """The first part, where it may be an id."""
        try:
            return str(UUID(self.address[0]))
        except ValueError:
            return None


type Address = tuple[str, ...]
type Found = Iterable[tuple[Hashable, object, datetime]]
"""What an event tells: key, value and time of readings."""


def _address(address: Address) -> Hashable:
    return address


def _whole(value: object, _address: Address) -> object:
    return value


@dataclass(frozen=True, kw_only=True)
class Feed:
    """One source of series, named `<prefix>:<address>`; `separator` parts the address.

    `readings` takes an `event` of the bus. `key` is how an address is found among these readings, and `value`
    takes the number that the address stands for out of a reading's value. Without an `event` its readings come otherwise.
    The time is that which the store keeps a reading with, so that live and stored readings are the same.
    """

    prefix: str
    kind: SeriesKind
    separator: str = ""
    event: type[Any] | None = None
    readings: Callable[[Any], Found] = lambda _: ()
    key: Callable[[Address], Hashable] = _address
    value: Callable[[Any, Address], object] = _whole
    unit: Callable[[Any], str | None] = lambda _: None
    """The unit of an event's readings, where it names one."""

    def read(self, address: str) -> Series:
        """Return the series of an address; raises InvalidField."""
        parts = address.split(self.separator, 1) if self.separator else [address]
        fields = self.kind.fields
        if len(parts) != len(fields) or not all(parts):
            expected = (self.separator or " ").join(f"<{field}>" for field in fields)
            raise InvalidField(
                field="series", reason=f"must be {self.prefix}:{expected}"
            )
        return self.kind.series(*parts)

    def name(self, series: Series) -> str:
        """Return the one way to write a series."""
        return f"{self.prefix}:{self.separator.join(series.address)}"


def find_feed(feeds: Mapping[str, Feed], name: str) -> tuple[Feed, Series]:
    """Return what a series' name stands for, of feeds by their prefix; raises InvalidField for what names none."""
    prefix, _, rest = name.strip().partition(":")
    if (feed := feeds.get(prefix)) is None:
        known = ", ".join(feeds)
        raise InvalidField(field="series", reason=f"must begin with one of: {known}")
    return feed, feed.read(rest)
