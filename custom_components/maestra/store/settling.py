"""Settles hourly and daily values: once when they are old enough, and again where rows came late."""

from collections.abc import Iterator
from datetime import datetime, timedelta
import logging
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from .rollups import ORIGIN, ROLLUPS, SETTLED_AFTER, Rollup
from .tier import Tier

_LOGGER = logging.getLogger(__name__)

type Connection = asyncpg.Connection | PoolConnectionProxy
"""One of its own, or one that a pool has lent."""

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


async def settle(connection: Connection, tier: Tier, now: datetime) -> None:
    """Compute the buckets that have become old enough, and those that rows came late for.

    Nothing is computed from rows that may be dropped already: that would take away what
    they were.
    """
    for hourly, daily in ROLLUPS:
        reached = await _advance(connection, tier, hourly, now - SETTLED_AFTER)
        await _advance(connection, tier, daily, reached)
    # Only what is visible now: whatever comes meanwhile is for the next time.
    if not (ids := await connection.fetchval(_LATE_IDS)):
        return
    pairs = {hourly.source: (hourly, daily) for hourly, daily in ROLLUPS}
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
