"""How large tables are, how much of them is compressed, and since when they have rows: asked seldom, once for all who look."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
import time
from typing import Final

from ..bus import get_logger
from .connection import Connection, Readers, Tier
from .errors import StoreNotConnected
from .maintenance import hourly_lifetime
from .rollups import DAY
from .settings import Lifetimes
from .settling import stored_rollups
from .topic import Catalogue

_LOGGER = get_logger(__name__)

MAX_AGE: Final = 300.0
"""Seconds after which sizes are asked for again, where somebody looks."""

_PLAIN: Final = """
SELECT name, pg_total_relation_size(to_regclass(name)) AS bytes, NULL::timestamptz AS began
FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NOT NULL
"""
_HYPERTABLES: Final = """
SELECT name, coalesce(hypertable_size(to_regclass(name)), pg_total_relation_size(to_regclass(name))) AS bytes, began
FROM unnest($1::text[]) AS name
LEFT JOIN (
    SELECT format('%I.%I', hypertable_schema, hypertable_name)::regclass AS relation, min(range_start) AS began
    FROM timescaledb_information.chunks GROUP BY 1
) AS chunks ON relation = to_regclass(name)
WHERE to_regclass(name) IS NOT NULL
"""
_COMPRESSED: Final = """
SELECT hypertable_name AS name, sum(before_compression_total_bytes)::bigint AS before,
       sum(after_compression_total_bytes)::bigint AS after
FROM timescaledb_information.hypertables,
     hypertable_compression_stats(format('%I.%I', hypertable_schema, hypertable_name)::regclass)
WHERE hypertable_schema = current_schema() AND compression_enabled
GROUP BY 1
HAVING sum(before_compression_total_bytes) > 0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSize:
    """One table: its bytes with indexes, its oldest row, how long rows are kept, and how large what is compressed was and is; None where nothing is."""

    bytes: int
    oldest: datetime | None
    lifetime: Callable[[Lifetimes], timedelta | None]
    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A table that grows: its rows have a time in the column `time`, and are kept for some time."""

    time: str
    chunk: timedelta | None
    """How much time a partition has, where there are some."""
    lifetime: Callable[[Lifetimes], timedelta | None]


def relations(catalogue: Catalogue) -> Iterator[tuple[str, Relation]]:
    """Yield the tables that grow, by name: those of the topics, their hourly and daily values, and the keys that are known."""
    for table in catalogue.tables.values():
        column = table.time or table.expires
        if table.is_stored and column:
            kept = partial(Lifetimes.of, lifetime=table.lifetime)
            yield (
                table.name,
                Relation(
                    time=column,
                    chunk=table.chunk if table.time else None,
                    lifetime=kept,
                ),
            )
            if table.claim:
                known = partial(Lifetimes.of_claims, lifetime=table.lifetime)
                yield (
                    table.claim.table,
                    Relation(time=column, chunk=None, lifetime=known),
                )
    for hourly, daily in catalogue.rollups:
        yield (
            hourly.name,
            Relation(time="bucket", chunk=None, lifetime=hourly_lifetime),
        )
        yield (
            daily.name,
            Relation(time="bucket", chunk=None, lifetime=lambda each: each.daily),
        )


class TableSizes:
    """What was found last, by table."""

    def __init__(self, readers: Readers, catalogue: Catalogue) -> None:
        """Know nothing yet."""
        self.found: Mapping[str, TableSize] = {}
        self._readers = readers
        self._catalogue = catalogue
        self._next = 0.0

    @property
    def is_due(self) -> bool:
        """Whether it is time to look again."""
        return self._readers.is_open and time.monotonic() >= self._next

    async def look(self, tier: Tier) -> None:
        """Ask the database. What fails is tried again when it is due: what was found before stays."""
        self._next = time.monotonic() + MAX_AGE
        try:
            async with self._readers.reading() as connection:
                self.found = await read_sizes(connection, self._catalogue, tier)
        except StoreNotConnected:
            self._next = 0.0
        except Exception as error:  # noqa: BLE001  the next time may do better
            _LOGGER.warning("The sizes of tables can't be read: %s", error)


async def read_sizes(
    connection: Connection, catalogue: Catalogue, tier: Tier
) -> dict[str, TableSize]:
    """Return the size of each table that grows and is there; raises the driver's errors."""
    grown = dict(relations(catalogue))
    stored = await stored_rollups(connection, tier, catalogue.rollups)
    names = {stored.get(name, name): name for name in grown}
    compressed: dict[str, tuple[int, int]] = {}
    if tier is Tier.COMMUNITY:
        for row in await connection.fetch(_COMPRESSED):
            compressed[row["name"]] = row["before"], row["after"]
    query = _HYPERTABLES if tier.has_hypertables else _PLAIN
    found = {}
    for row in await connection.fetch(query, list(names)):
        name, oldest = names[row["name"]], row["began"]
        # Where a partition has a day, that is as exact as anybody wants it, and no row is read.
        if grown[name].chunk != DAY or not tier.has_hypertables:
            oldest = await connection.fetchval(
                f'SELECT min("{grown[name].time}") FROM {row["name"]}'  # noqa: S608
            )
        before, after = compressed.get(name, (None, None))
        found[name] = TableSize(
            bytes=row["bytes"],
            oldest=oldest,
            lifetime=grown[name].lifetime,
            before=before,
            after=after,
        )
    return found
