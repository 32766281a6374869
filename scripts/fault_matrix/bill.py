"""The bill: what of all that was acknowledged is in the database, how often, and what Home Assistant shows."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import asyncpg

from .load import KEY, Device, Ledger, Said, said_by

STATES: Final = """
SELECT entity_slug AS name, (state->>$1)::int AS number, count(*) AS rows FROM entity_states GROUP BY 1, 2
"""
VALUES: Final = """
SELECT slug AS name, value::int AS number, count(*) AS rows
FROM entity_values JOIN (SELECT DISTINCT entity_id, entity_slug AS slug FROM entity_states) named USING (entity_id)
WHERE variable = $1 GROUP BY 1, 2
"""
EVENTS: Final = "SELECT event_id, count(*) AS rows FROM events GROUP BY 1"
IDS: Final = "SELECT entity_slug FROM entity_states GROUP BY 1 HAVING count(DISTINCT entity_id) > 1"


@dataclass(frozen=True, kw_only=True)
class Stored:
    """How many rows the database has of each message."""

    states: Mapping[Said, int]
    """Of entities: each message is a row here, and another one in `values`."""
    values: Mapping[Said, int]
    events: Mapping[Said, int]
    second_ids: frozenset[str] = frozenset()
    """Entities that got another id than they had."""

    @property
    def rows(self) -> Counter[Said]:
        """The rows of each message, `values` left out."""
        return Counter(self.states) + Counter(self.events)

    def has(self, said: Said) -> bool:
        """Tell whether a message is in every table that it belongs to."""
        return said in self.events or (said in self.states and said in self.values)


async def read_stored(connection: asyncpg.Connection) -> Stored:
    """Look into the database; nothing is stored where there are no tables yet."""
    try:
        states = _by_number(await connection.fetch(STATES, KEY))
        values = _by_number(await connection.fetch(VALUES, KEY))
        events = {
            said_by(row["event_id"]): row["rows"]
            for row in await connection.fetch(EVENTS)
        }
        ids = frozenset(row["entity_slug"] for row in await connection.fetch(IDS))
    except asyncpg.UndefinedTableError:
        return Stored(states={}, values={}, events={})
    return Stored(states=states, values=values, events=events, second_ids=ids)


def _by_number(rows: Iterable[asyncpg.Record]) -> dict[Said, int]:
    return {Said(row["name"], row["number"]): row["rows"] for row in rows}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What there is to see: numbers by the name of the device, None where there is nothing."""

    maestra: Mapping[str, int | None]
    """The states of Maestra's entities."""
    home_assistant: Mapping[str, int | None]
    """What Home Assistant's sensors show, of entities and of nodes."""

    def stale(self, devices: Iterable[Device]) -> list[str]:
        """Return the devices whose last number is not what is shown."""
        return [
            device.name
            for device in devices
            if self.home_assistant.get(device.name) != device.said
            or (not device.is_node and self.maestra.get(device.name) != device.said)
        ]


@dataclass(frozen=True, kw_only=True)
class Bill:
    """What came of one fault."""

    published: int
    taken: int
    """By the broker (PUBACK)."""
    events: int
    told: int
    """Events whose device was told that they are stored."""
    rows: int
    distinct: int
    lost: int
    """Acknowledged by the broker or by Maestra, and not in the database."""
    doubled: int
    """Rows too many."""
    dropped: int
    """As the broker says."""
    shown: int
    devices: int
    second_ids: int
    recovered: float | None
    """The longest that it took, in seconds from the end of the fault until all that was acknowledged before is stored; None: it never was."""

    @property
    def is_good(self) -> bool:
        """Whether nothing is missing, nothing double, nothing stale, and everybody was told."""
        return (
            self.lost == self.doubled == self.second_ids == 0
            and self.published == self.taken
            and self.events == self.told
            and self.shown == self.devices
            and self.recovered is not None
        )


def draw_up(
    ledger: Ledger,
    devices: list[Device],
    stored: Stored,
    shown: Shown,
    recovered: float | None,
) -> Bill:
    """Compare what was said with what is there."""
    rows = stored.rows
    doubled = sum(Counter(stored.values).values()) - len(stored.values)
    return Bill(
        published=len(ledger.published),
        taken=len(ledger.taken),
        events=sum(device.said for device in devices if device.is_node),
        told=len(ledger.stored),
        rows=rows.total(),
        distinct=len(rows),
        lost=sum(not stored.has(said) for said in ledger.acknowledged),
        doubled=max(rows.total() - len(rows), doubled),
        dropped=ledger.dropped,
        shown=len(devices) - len(shown.stale(devices)),
        devices=len(devices),
        second_ids=len(stored.second_ids),
        recovered=recovered,
    )
