"""Rollups, the hourly and daily values of tables: what they are called, how they are computed, and rows that come late."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import logging
from typing import Final

import asyncpg

from .connection import Connection, Tier
from .tables import RollupColumns, Table

_LOGGER = logging.getLogger(__name__)

# A table that has just become one of ours has everything to be computed.
_WATERMARK: Final = """
SELECT nullif(watermark, '-infinity') FROM maestra_rollups WHERE name = $1
"""
_SHORT_WAIT: Final = "SET LOCAL lock_timeout = '3s'"
_MOVE_WATERMARK: Final = "UPDATE maestra_rollups SET watermark = $2 WHERE name = $1"
_KEPT: Final = "SELECT since FROM maestra_kept WHERE source = $1"
_LATE_IDS: Final = "SELECT array_agg(id) FROM maestra_late"
# Whole hours, those that touch each other as one.
_LATE_RANGES: Final = """
SELECT source, lower(range) AS start, upper(range) AS "end"
FROM (
    SELECT source, unnest(range_agg(tstzrange(
        date_bin('1 hour', start, $2),
        date_bin('1 hour', "end", $2) + interval '1 hour'
    ))) AS range
    FROM maestra_late WHERE id = ANY ($1) GROUP BY source
) AS ranges
ORDER BY source, start
"""
_FORGET_LATE: Final = "DELETE FROM maestra_late WHERE id = ANY ($1)"
ROLLUP_HORIZON: Final = timedelta(hours=2)
"""Rows older than this when they are written are late: the writer notes them in `maestra_late`."""
SETTLED_AFTER: Final = ROLLUP_HORIZON + timedelta(minutes=30)
"""A bucket this old is computed. Beyond the horizon by more than a transaction can take:
until a row is committed it can't be seen here."""
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
ORIGIN: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Where buckets begin to count; in UTC, as TimescaleDB does."""


async def settle(
    connection: Connection, tier: Tier, rollups: Iterable[RollupPair], now: datetime
) -> None:
    """Compute the buckets that have become old enough, and those that rows came late for.

    Nothing is computed from rows that may be dropped already: that would take away what
    they were.
    """
    pairs = {}
    for hourly, daily in rollups:
        pairs[hourly.source] = hourly, daily
        reached = await _advance(connection, tier, hourly, now - SETTLED_AFTER)
        await _advance(connection, tier, daily, reached)
    # Only what is visible now: whatever comes meanwhile is for the next time.
    if not (ids := await connection.fetchval(_LATE_IDS)):
        return
    for row in await connection.fetch(_LATE_RANGES, ids, ORIGIN):
        for rollup in pairs.get(row["source"], ()):
            await _compute_again(connection, tier, rollup, row["start"], row["end"])
    await connection.execute(_FORGET_LATE, ids)


async def watermark(connection: Connection, rollup: Rollup) -> datetime | None:
    """Return how far a rollup is settled."""
    reached: datetime | None = await connection.fetchval(_WATERMARK, rollup.name)
    return reached


async def _advance(
    connection: Connection, tier: Tier, rollup: Rollup, until: datetime
) -> datetime:
    """Settle a rollup up to a time; returns how far it is settled then."""
    until = rollup.floor(until)
    reached = await watermark(connection, rollup)
    if reached is None:
        reached = await connection.fetchval(rollup.first, rollup.width, ORIGIN) or until
    kept = await connection.fetchval(_KEPT, rollup.source)
    for start, end in _slices(rollup, max(reached, kept or reached), until):
        try:
            await _settle(connection, tier, rollup, start, end)
        except asyncpg.LockNotAvailableError:
            _LOGGER.debug("%s is being read, it is settled later", rollup.name)
            return start
    return max(reached, until)


async def _compute_again(
    connection: Connection,
    tier: Tier,
    rollup: Rollup,
    start: datetime,
    end: datetime,
) -> None:
    reached = await watermark(connection, rollup)
    kept = await connection.fetchval(_KEPT, rollup.source)
    start = rollup.floor(start)
    end = rollup.floor(end + rollup.width - timedelta.resolution)
    start = max(start, kept or start)
    end = min(end, reached or end)
    for slice_start, slice_end in _slices(rollup, start, end):
        await _compute(connection, tier, rollup, slice_start, slice_end)


def _slices(
    rollup: Rollup, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    while start < end:
        until = min(start + rollup.slice, end)
        yield start, until
        start = until


async def _settle(
    connection: Connection,
    tier: Tier,
    rollup: Rollup,
    start: datetime,
    end: datetime,
) -> None:
    if tier is Tier.COMMUNITY:
        await connection.execute(rollup.refresh, start, end)
        await connection.execute(_MOVE_WATERMARK, rollup.name, end)
        return
    async with connection.transaction():
        await connection.execute(rollup.clear, start, end)
        await connection.execute(rollup.compute, start, end)
        await connection.execute(_MOVE_WATERMARK, rollup.name, end)
        # Whoever reads holds it up, and then it holds up all who want to read.
        await connection.execute(_SHORT_WAIT)
        await connection.execute(rollup.view(end))


async def _compute(
    connection: Connection,
    tier: Tier,
    rollup: Rollup,
    start: datetime,
    end: datetime,
) -> None:
    if tier is Tier.COMMUNITY:
        await connection.execute(rollup.refresh, start, end)
        return
    async with connection.transaction():
        await connection.execute(rollup.clear, start, end)
        await connection.execute(rollup.compute, start, end)


@dataclass(frozen=True, kw_only=True)
class Rollup:
    """The hourly or daily values of a table: a relation `<table>_hourly` or `<table>_daily`.

    A daily one is computed from the hourly one, which outlives the raw rows.
    """

    table: Table
    width: timedelta = HOUR
    slice: timedelta = DAY
    """How much is computed at once, a multiple of the width."""

    @property
    def series(self) -> tuple[str, ...]:
        """The columns that tell series apart."""
        return self._of.series

    @property
    def value(self) -> str | None:
        """The column with the numbers; None where rows are only counted."""
        return self._of.value

    @property
    def _of(self) -> RollupColumns:
        assert self.table.rollup
        return self.table.rollup

    @property
    def name(self) -> str:
        """The relation."""
        return f"{self.table.name}_{'hourly' if self.width == HOUR else 'daily'}"

    @property
    def own_table(self) -> str:
        """The table of what is settled, where there are no continuous aggregates."""
        return f"{self.name}_rollup"

    @property
    def source(self) -> str:
        """The relation that it is computed from; `maestra_kept` has it under this name."""
        return self.table.name if self.width == HOUR else f"{self.table.name}_hourly"

    @property
    def source_time(self) -> str:
        """The column of the source's time, quoted."""
        return f'"{self.table.time}"' if self.width == HOUR else "bucket"

    @property
    def clear(self) -> str:
        """A statement that removes buckets from $1 up to before $2 from our own table."""
        return f"DELETE FROM {self.own_table} WHERE bucket >= $1 AND bucket < $2"  # noqa: S608

    @property
    def compute(self) -> str:
        """A statement that computes these buckets from what is settled of the source."""
        source = self.source if self.width == HOUR else f"{self.source}_rollup"
        rows = self._aggregated(
            source, f"{self.source_time} >= $1 AND {self.source_time} < $2"
        )
        return f"INSERT INTO {self.own_table} ({', '.join(self._columns)}) {rows}"

    def view(self, watermark: datetime | None) -> str:
        """A statement that makes the relation: what is settled, and the newer of the source.

        The watermark is a literal, so that the planner leaves out the chunks before it; None where nothing is settled.
        """
        moment = "-infinity" if watermark is None else watermark.isoformat()
        settled = f"'{moment}'::timestamptz"
        live = self._aggregated(self.source, f"{self.source_time} >= {settled}")
        return f"""
            CREATE OR REPLACE VIEW {self.name} AS
            SELECT {", ".join(self._columns)} FROM {self.own_table} WHERE bucket < {settled}
            UNION ALL
            {live}
        """  # noqa: S608

    @property
    def aggregate(self) -> str:
        """A statement that makes the relation as a continuous aggregate, without data."""
        width = "1 hour" if self.width == HOUR else "1 day"
        statistics = dict(self.statistics)
        if self.value:
            last = self.value if self.width == HOUR else "last_value"
            statistics["last_value"] = f"last({last}, {self.source_time})"
        columns = (
            f"time_bucket('{width}', {self.source_time}) AS bucket",
            *self.series,
            *(f"{sql} AS {name}" for name, sql in statistics.items()),
        )
        where = f"WHERE {bounded}" if (bounded := self._bounded) else ""
        return f"""
            CREATE MATERIALIZED VIEW {self.name}
            WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false) AS
            SELECT {", ".join(columns)}
            FROM {self.source} {where}
            GROUP BY {self._keys}
            WITH NO DATA
        """  # noqa: S608

    @property
    def refresh(self) -> str:
        """A statement that has the database compute them; not in a transaction."""
        return f"CALL refresh_continuous_aggregate('{self.name}', $1::timestamptz, $2::timestamptz)"

    @property
    def first(self) -> str:
        """A question for the start of the oldest bucket."""
        return f"SELECT date_bin($1, min({self.source_time}), $2) FROM {self.source}"  # noqa: S608

    def floor(self, time: datetime) -> datetime:
        """Return the start of a time's bucket."""
        return floor(time, self.width)

    @property
    def _columns(self) -> tuple[str, ...]:
        return ("bucket", *self.series, *self.statistics)

    @property
    def _bounded(self) -> str | None:
        """What rows are taken: numbers beyond 1e100 are garbage, and the square of one would overflow."""
        if self.value and self.width == HOUR:
            return f"{self.value} BETWEEN -1e100 AND 1e100"
        return None

    @property
    def _keys(self) -> str:
        return ", ".join(map(str, range(1, len(self.series) + 2)))

    def _aggregated(self, source: str, where: str) -> str:
        width = "1 hour" if self.width == HOUR else "1 day"
        expressions = (
            f"date_bin('{width}', {self.source_time}, '{ORIGIN.isoformat()}'::timestamptz)",
            *self.series,
            *self.statistics.values(),
        )
        columns = (
            f"{expression} AS {column}"
            for expression, column in zip(expressions, self._columns, strict=True)
        )
        if bounded := self._bounded:
            where += f" AND {bounded}"
        return f"""
            SELECT {", ".join(columns)}
            FROM {source} WHERE {where}
            GROUP BY {self._keys}
        """  # noqa: S608

    @property
    def statistics(self) -> Mapping[str, str]:
        """The columns beside bucket and series, and how each is computed from the source."""
        if self.value is None:
            expression = "count(*)" if self.width == HOUR else "sum(change_count)"
            return {"change_count": f"{expression}::bigint"}
        if self.width == HOUR:
            return {
                "avg_value": f"avg({self.value})",
                "min_value": f"min({self.value})",
                "max_value": f"max({self.value})",
                "last_value": f"(array_agg({self.value} ORDER BY {self.source_time} DESC))[1]",
                "sample_count": "count(*)",
            }
        return {
            "avg_value": "sum(avg_value * sample_count) / sum(sample_count)",
            "min_value": "min(min_value)",
            "max_value": "max(max_value)",
            "last_value": "(array_agg(last_value ORDER BY bucket DESC))[1]",
            "sample_count": "sum(sample_count)::bigint",
        }


def floor(time: datetime, width: timedelta) -> datetime:
    """Return the start of a time's bucket."""
    return time - (time - ORIGIN) % width


type RollupPair = tuple[Rollup, Rollup]
"""The hourly and the daily values of a table."""


def rollup_pairs(tables: Iterable[Table]) -> tuple[RollupPair, ...]:
    """Return the hourly and daily values of those tables that have some."""
    return tuple(
        (Rollup(table=table), Rollup(table=table, width=DAY, slice=30 * DAY))
        for table in tables
        if table.rollup
    )
