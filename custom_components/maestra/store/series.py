"""What can be asked for: the kinds of series, and how one is addressed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from operator import attrgetter
import re
from typing import Final
from uuid import UUID

from ..domain.errors import InvalidField
from ..domain.json_types import JsonValue
from .settings import Lifetimes
from .tables import (
    DECODED_DATA,
    DEVICE_METRICS,
    ENTITY_VALUES,
    EVENTS,
    HA_STATES,
    TELEMETRY_READINGS,
    Table,
)

MAX_TEXT: Final = 512
"""Characters of one part of an address."""
_HA_ENTITY_ID: Final = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
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
    lifetime: Callable[[Lifetimes], timedelta | None]
    text: str | None = None
    """The column with what is not a number."""
    has_numbers: bool = False
    """Whether the parts of an address are whole numbers."""

    @property
    def time(self) -> str:
        """The column of the raw table's time."""
        assert self.table.time
        return self.table.time


# The newest of those that have, or had, this name; else the one of this id.
_ENTITY: Final = """coalesce(
    (SELECT e.id FROM entities e WHERE e.slug = s.a ORDER BY e.created_at DESC, e.id LIMIT 1), s.id)"""
_DEVICE: Final = """coalesce(
    (SELECT d.id FROM devices d WHERE d.hardware_id = s.a ORDER BY d.created_at DESC, d.id LIMIT 1), s.id)"""

HA: Final = SeriesKind(
    name="ha",
    fields=("entity_id",),
    table=HA_STATES,
    keys={"entity": "(SELECT h.id FROM ha_entities h WHERE h.entity_id = s.a)"},
    value="value",
    text="state",
    lifetime=attrgetter("states"),
)
ENTITY: Final = SeriesKind(
    name="entity",
    fields=("entity", "variable"),
    table=ENTITY_VALUES,
    keys={"entity_id": _ENTITY, "variable": "s.b"},
    value="value",
    lifetime=attrgetter("metrics"),
)
METRIC: Final = SeriesKind(
    name="metric",
    fields=("device", "metric"),
    table=DEVICE_METRICS,
    keys={"device_id": _DEVICE, "metric_name": "s.b"},
    value="metric_value",
    lifetime=attrgetter("metrics"),
)
EVENT: Final = SeriesKind(
    name="event",
    fields=("device", "event_type"),
    table=EVENTS,
    keys={"device_id": "s.a", "event_type": "s.b"},
    value="value_num",
    text="value_text",
    lifetime=attrgetter("events"),
)
DATAPOINT: Final = SeriesKind(
    name="datapoint",
    fields=("device", "datapoint"),
    table=DECODED_DATA,
    keys={"device_id": "s.a::int4", "datapoint_id": "s.b::int4"},
    value="value",
    lifetime=attrgetter("metrics"),
    has_numbers=True,
)
TELEMETRY: Final = SeriesKind(
    name="telemetry",
    fields=("channel",),
    table=TELEMETRY_READINGS,
    keys={"channel": "s.a"},
    value="value",
    text="calibrated_data",
    lifetime=attrgetter("metrics"),
)
KINDS: Final[Mapping[frozenset[str], SeriesKind]] = {
    frozenset(kind.fields): kind
    for kind in (HA, ENTITY, METRIC, EVENT, DATAPOINT, TELEMETRY)
}
"""The kinds by the parts of their address."""


@dataclass(frozen=True)
class Series:
    """One series. `address` has a text for each of the kind's fields."""

    kind: SeriesKind
    address: tuple[str, ...]

    @property
    def wire(self) -> JsonValue:
        """The address as it is asked for: an HA entity id is a text, others are an object."""
        if self.kind is HA:
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


def ha_series(entity_id: str) -> Series:
    """Return the series of an HA entity."""
    return Series(HA, (entity_id,))


def read_series(address: object) -> Series:
    """Return the series that is asked for as `sensor.kitchen`, or as an object with the fields of its kind.

    Raises InvalidField.
    """
    if isinstance(address, str):
        address = {HA.fields[0]: address}
    if not isinstance(address, Mapping):
        raise InvalidField(field="series", reason="must be an entity id or an object")
    kind = KINDS.get(frozenset(map(str, address)))
    if kind is None:
        known = ", ".join(" and ".join(kind.fields) for kind in KINDS.values())
        raise InvalidField(field="series", reason=f"must have one of: {known}")
    return Series(
        kind, tuple(_part(kind, field, address[field]) for field in kind.fields)
    )


def _part(kind: SeriesKind, field: str, value: object) -> str:
    text = str(value)
    if kind.has_numbers:
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
    if kind is HA and not _HA_ENTITY_ID.fullmatch(text):
        raise InvalidField(field=field, reason="is not an entity id")
    return text
