"""Keeping rollups true: what is old enough is settled, what comes late is taken in, and nothing goes before it is in all of them."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final, Self

import asyncpg

from ..bus import get_logger
from .connection import Connection, Tier
from .held import HeldRollup
from .rollups import DAY, HOUR, ORIGIN, ROLLUP_HORIZON, Rollup, RollupPair, floor

_LOGGER = get_logger(__name__)

SETTLED_AFTER: Final = ROLLUP_HORIZON + timedelta(minutes=30)
"""A bucket this old is computed. Beyond the horizon by more than a transaction can take:
until a row is committed it can't be seen here."""
LOCK_TIMEOUT: Final = "SET LOCAL lock_timeout = '3s'"
"""Whoever waits for a lock holds up all who come after."""
BEGINNING: Final = datetime.min.replace(tzinfo=UTC)

# A table that has just become one of ours has everything to be computed.
_WATERMARK: Final = """
SELECT nullif(watermark, '-infinity') FROM maestra_rollups WHERE name = $1
"""
_MOVE_WATERMARK: Final = "UPDATE maestra_rollups SET watermark = $2 WHERE name = $1"
_KEPT: Final = "SELECT source, since FROM maestra_kept"
_KEEP_SINCE: Final = """
INSERT INTO maestra_kept (source, since) VALUES ($1, $2)
ON CONFLICT (source) DO UPDATE SET since = EXCLUDED.since
"""
_RESTORED_AT_ONCE: Final = timedelta(days=30)
_KEEP_ALL: Final = "DELETE FROM maestra_kept WHERE source = $1"
_AGGREGATES: Final = """
SELECT view_name, format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name) AS stored
FROM timescaledb_information.continuous_aggregates WHERE view_schema = current_schema()
"""
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NOTE_LATE: Final = (
    'INSERT INTO maestra_late (source, start, "end") VALUES ($1, $2, $3)'
)
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
_IS_LATE: Final = """
SELECT EXISTS (SELECT FROM maestra_late WHERE source = $1 AND start < $3 AND "end" >= $2)
"""
_NEXT_CHUNK: Final = """
SELECT min(greatest(range_start, $2)) FROM timescaledb_information.chunks
WHERE hypertable_schema = current_schema() AND hypertable_name = $1 AND range_end > $2
"""


async def stored_rollups(
    connection: Connection, tier: Tier, rollups: Iterable[RollupPair]
) -> dict[str, str]:
    """Return the tables that hold the settled buckets of rollups, by their names."""
    stored = {one.name: one.own_table for pair in rollups for one in pair}
    if tier is Tier.COMMUNITY:
        for row in await connection.fetch(_AGGREGATES):
            stored[row["view_name"]] = row["stored"]
    return stored


class Settling:
    """One pass over the rollups of a database; only one instance at a time is at it."""

    def __init__(
        self,
        connection: Connection,
        tier: Tier,
        stored: Mapping[str, str],
        since: dict[str, datetime],
    ) -> None:
        """Begin with `begin`."""
        self._connection = connection
        self._tier = tier
        self._stored = stored
        self._since = since

    @classmethod
    async def begin(
        cls, connection: Connection, tier: Tier, rollups: Iterable[RollupPair]
    ) -> Self:
        """Learn where the buckets are, and since when there is what."""
        stored = await stored_rollups(connection, tier, rollups)
        since = {row["source"]: row["since"] for row in await connection.fetch(_KEPT)}
        return cls(connection, tier, stored, since)

    def stored(self, rollup: Rollup) -> str:
        """Return the table that holds a rollup's settled buckets."""
        return self._stored[rollup.name]

    def since(self, name: str) -> datetime:
        """Return since when a table or rollup has all that belongs in it."""
        return self._since.get(name, BEGINNING)

    async def watermark(self, rollup: Rollup) -> datetime | None:
        """Return how far a rollup is settled."""
        reached: datetime | None = await self._connection.fetchval(
            _WATERMARK, rollup.name
        )
        return reached

    async def keep_since(self, name: str, since: datetime) -> None:
        """Note that nothing before a time is left, where that was not so before."""
        # Whole days: nothing that is left of one is taken for all of it.
        since = floor(since + DAY - timedelta.resolution, DAY)
        if since > self.since(name):
            await self._connection.execute(_KEEP_SINCE, name, since)
            self._since[name] = since

    async def set_right(self, pair: RollupPair, now: datetime) -> None:
        """Take back what a clock that was ahead has left: nothing is settled, or gone, that has not been yet."""
        raw = self._raw(pair[0])
        for name, time in (raw, *((rollup.name, "bucket") for rollup in pair)):
            if self.since(name) > now:
                first = await self._first(self._stored.get(name, name), time)
                await self._keep_back_to(name, floor(min(first or now, now), HOUR))
        for rollup in pair:
            reached = await self.watermark(rollup)
            if reached is None or reached <= now:
                continue
            until = rollup.floor(now - SETTLED_AFTER)
            with suppress(asyncpg.LockNotAvailableError):
                await self._settle(rollup, until, until, None, is_empty=True)
            # What came since then was never settled.
            since = max(self.since(raw[0]), _LONG_AGO)
            await self._connection.execute(_NOTE_LATE, raw[0], since, now)

    async def _first(self, relation: str, time: str) -> datetime | None:
        first = f"SELECT min({time}) FROM {relation}"  # noqa: S608
        found: datetime | None = await self._connection.fetchval(first)
        return found

    async def settle(self, pair: RollupPair, now: datetime) -> None:
        """Compute the buckets that have become old enough."""
        hourly, daily = pair
        reached = await self._advance(hourly, now - SETTLED_AFTER)
        await self._advance(daily, reached)

    async def take_in_late(
        self, rollups: Iterable[RollupPair], cuts: Mapping[str, datetime]
    ) -> None:
        """Compute the buckets again that rows came late for; `cuts` says of tables before when their rows go."""
        connection = self._connection
        # Only what is visible now: whatever comes meanwhile is for the next time.
        if not (ids := await connection.fetchval(_LATE_IDS)):
            return
        pairs = pairs_by_table(rollups)
        for row in await connection.fetch(_LATE_RANGES, ids, ORIGIN):
            cut = cuts.get(row["source"], BEGINNING)
            for pair in pairs.get(row["source"], ()):
                await self._take_in(pair, row["start"], row["end"], cut)
        await connection.execute(_FORGET_LATE, ids)

    async def restore(self, rollup: Rollup, cut: datetime) -> None:
        """Make again what a shorter lifetime has removed, as far back as there are raw rows of it and as it is to be kept."""
        raw = self._raw(rollup)
        wanted, present = max(cut, self.since(raw[0])), self.since(rollup.name)
        while wanted < present:
            # Backwards, so that an interrupted run has not been for nothing.
            oldest = await self._next(*raw, wanted)
            if oldest is None or oldest >= present:
                begin = wanted
            else:
                begin = max(wanted, floor(oldest, DAY), present - _RESTORED_AT_ONCE)
                async for start, end in self._filled(*raw, begin, present):
                    await self._compute(rollup, start, end, None)
            await self._keep_back_to(rollup.name, begin)
            present = begin

    async def _keep_back_to(self, name: str, since: datetime) -> None:
        if since == BEGINNING:
            await self._connection.execute(_KEEP_ALL, name)
        else:
            await self._connection.execute(_KEEP_SINCE, name, since)
        self._since[name] = since

    async def release(
        self, pairs: Iterable[RollupPair], name: str, start: datetime, end: datetime
    ) -> bool:
        """Bring what is not in the rollups of a table into them, before the rows of [start, end) go; within that transaction.

        False where rows that came late are still to be taken in: they must not go yet.
        """
        since = self.since(name)
        if await self._connection.fetchval(_IS_LATE, name, max(start, since), end):
            return False
        for pair in pairs if start < since else ():
            raw_time = pair[0].raw_time
            async for day, stop in self._filled(name, raw_time, start, min(end, since)):
                await self._fold(pair, day, stop, rows_go=True)
        return True

    async def _advance(self, rollup: Rollup, until: datetime) -> datetime:
        """Settle a rollup up to a time; returns how far it is settled then."""
        until = rollup.floor(until)
        reached = await self.watermark(rollup)
        if reached is None:
            await self._adopt(rollup)
            reached = await self._connection.fetchval(
                rollup.first, rollup.width, ORIGIN
            )
            if reached is None or reached >= until:
                return until
        if reached >= until:
            return reached
        try:
            for start, end, hourly in self._parts(rollup, reached, until):
                source = (hourly, "bucket") if hourly else self._raw(rollup)
                async for begin, stop in self._filled(
                    *source, start, end, rollup.slice
                ):
                    await self._settle(rollup, begin, stop, hourly)
                    reached = stop
            if reached < until:
                await self._settle(rollup, reached, until, None, is_empty=True)
        except asyncpg.LockNotAvailableError:
            _LOGGER.debug("%s is being read, it is settled later", rollup.name)
            return reached
        return until

    async def _adopt(self, rollup: Rollup) -> None:
        """Take over from another rollup what no longer can be computed."""
        since = self.since(rollup.table.name)
        if isinstance(rollup, HeldRollup) and since > BEGINNING:
            await self._connection.execute(rollup.adopt(self.stored(rollup)), since)

    async def _take_in(
        self, pair: RollupPair, start: datetime, end: datetime, cut: datetime
    ) -> None:
        raw = pair[0].source
        reached = {rollup: await self.watermark(rollup) for rollup in pair}
        start, end = floor(start, DAY), floor(end + DAY - timedelta.resolution, DAY)
        async for day, stop in self._filled(raw, pair[0].raw_time, start, end):
            if day < self.since(raw):
                # What goes now is added when it goes.
                if day >= cut:
                    async with self._connection.transaction():
                        await self._fold(pair, day, stop, rows_go=False)
                continue
            for rollup in pair:
                until = min(stop, reached[rollup] or stop)
                for begin, until_, hourly in self._parts(rollup, day, until):
                    await self._compute_again(rollup, begin, until_, hourly)

    async def _fold(
        self, pair: RollupPair, start: datetime, end: datetime, *, rows_go: bool
    ) -> None:
        """Bring the raw rows of some whole days into rollups whose other rows are gone."""
        hourly, daily = pair
        stored = {rollup: self.stored(rollup) for rollup in pair}
        execute = self._connection.execute
        if start >= self.since(hourly.name):
            fold = hourly.fold(stored[hourly], rows_go=rows_go)
            await execute(fold, start, end)
            await execute(daily.clear(stored[daily]), start, end)
            await execute(daily.compute(stored[daily], stored[hourly]), start, end)
        elif start >= self.since(daily.name):
            await execute(daily.fold(stored[daily], rows_go=rows_go), start, end)

    def _parts(
        self, rollup: Rollup, start: datetime, end: datetime
    ) -> Iterator[tuple[datetime, datetime, str | None]]:
        """Cut a range by what its buckets are made of: raw rows (None), or the table with hourly values. What is no longer kept is left out."""
        raw = max(start, self.since(rollup.table.name), self.since(rollup.name))
        parts: list[tuple[datetime, datetime, str | None]] = [(raw, end, None)]
        if rollup.width != HOUR:
            hourly = max(start, min(end, self.since(rollup.source)))
            stored = self._stored[rollup.source]
            parts = [(raw, hourly, None), (hourly, end, stored)]
        return (part for part in parts if part[0] < part[1])

    def _raw(self, rollup: Rollup) -> tuple[str, str]:
        return rollup.table.name, rollup.raw_time

    async def _filled(
        self,
        relation: str,
        time: str,
        start: datetime,
        end: datetime,
        length: timedelta = DAY,
    ) -> AsyncIterator[tuple[datetime, datetime]]:
        """Yield the slices of a range that have rows; a row of long ago costs no walk through the years."""
        has_rows = (
            f"SELECT EXISTS (SELECT FROM {relation} WHERE {time} >= $1 AND {time} < $2)"  # noqa: S608
        )
        while start < end:
            stop = min(end, start + length)
            if await self._connection.fetchval(has_rows, start, stop):
                yield start, stop
                start = stop
                continue
            found = await self._next(relation, time, stop)
            if found is None:
                return
            start = max(stop, floor(found, DAY))

    async def _next(self, relation: str, time: str, after: datetime) -> datetime | None:
        """Return a time not later than that of the first row from a time on."""
        if time != "bucket" and self._tier.has_hypertables:
            next_row = _NEXT_CHUNK
            arguments: tuple[object, ...] = relation, after
        else:
            next_row = f"SELECT min({time}) FROM {relation} WHERE {time} >= $1"  # noqa: S608
            arguments = (after,)
        found: datetime | None = await self._connection.fetchval(next_row, *arguments)
        return found

    def _is_aggregate(self, rollup: Rollup) -> bool:
        return self._tier is Tier.COMMUNITY and rollup.is_aggregate

    async def _settle(
        self,
        rollup: Rollup,
        start: datetime,
        end: datetime,
        hourly: str | None,
        *,
        is_empty: bool = False,
    ) -> None:
        connection = self._connection
        if self._is_aggregate(rollup):
            if not is_empty:
                await self._compute_again(rollup, start, end, hourly)
            await connection.execute(_MOVE_WATERMARK, rollup.name, end)
            return
        async with connection.transaction():
            if not is_empty:
                await self._compute(rollup, start, end, hourly)
            await connection.execute(_MOVE_WATERMARK, rollup.name, end)
            if view := rollup.view(end):
                # Whoever reads holds it up, and then it holds up all who want to read.
                await connection.execute(LOCK_TIMEOUT)
                await connection.execute(view)

    async def _compute_again(
        self, rollup: Rollup, start: datetime, end: datetime, hourly: str | None
    ) -> None:
        is_made_of_its_source = rollup.width == HOUR or hourly is not None
        if self._is_aggregate(rollup) and is_made_of_its_source:
            await self._connection.execute(rollup.refresh, start, end)
        else:
            await self._compute(rollup, start, end, hourly)

    async def _compute(
        self, rollup: Rollup, start: datetime, end: datetime, hourly: str | None
    ) -> None:
        stored = self.stored(rollup)
        async with self._connection.transaction():
            await self._connection.execute(rollup.clear(stored), start, end)
            await self._connection.execute(rollup.compute(stored, hourly), start, end)


def pairs_by_table(rollups: Iterable[RollupPair]) -> dict[str, list[RollupPair]]:
    """Return rollups by the name of their table."""
    found: dict[str, list[RollupPair]] = {}
    for pair in rollups:
        found.setdefault(pair[0].source, []).append(pair)
    return found
