"""What a database needs from time to time: rollups, retention, and what came late."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
import math
import time
from typing import Final

import asyncpg

from ..bus import get_logger
from ..domain.clock import utcnow
from .connection import Connection, Readers, Tier
from .errors import StoreNotConnected
from .rollups import DAY, Rollup, RollupPair, floor
from .settings import Lifetimes
from .settling import BEGINNING, LOCK_TIMEOUT, Settling, pairs_by_table
from .tables import Table
from .topic import Catalogue

_LOGGER = get_logger(__name__)

INTERVAL: Final = 300.0
"""Seconds from one maintenance to the next."""
TIMEOUT: Final = 1800.0

SHORTEST_HOURLY: Final = timedelta(days=7)
"""Daily values are made of hourly ones, so these live a few days whatever is set."""
DELETE_ROWS: Final = 20_000
"""Rows that one statement deletes: what it holds up is over soon."""

CLOCK_TOLERANCE: Final = timedelta(hours=1)
LEAP_PATIENCE: Final = 86_400.0
"""Seconds that a clock must have gone on evenly after a leap."""
_LOCK: Final = 0x6D61_6573_7472_6102
"""Held while one instance is at it; others leave it to that one."""

_TRY_LOCK: Final = "SELECT pg_try_advisory_lock($1)"
_UNLOCK: Final = "SELECT pg_advisory_unlock($1)"
_DATABASE_SIZE: Final = "SELECT pg_database_size(current_database())"
_NOW: Final = "SELECT now()"
# Not all at once: each takes some locks, of which a server has only so many.
_OLD_CHUNKS: Final = """
SELECT string_agg(chunk, ', ') AS chunks, min(range_start) AS start, max(range_end) AS "end"
FROM (
    SELECT format('%I.%I', chunk_schema, chunk_name) AS chunk, range_start, range_end
    FROM timescaledb_information.chunks
    WHERE format('%I.%I', hypertable_schema, hypertable_name)::regclass = $1::text::regclass AND range_end <= $2
    ORDER BY range_start
    LIMIT 50
) AS oldest
"""
_DROP_CHUNKS: Final = (
    "SELECT drop_chunks($1::text::regclass, older_than => $2::timestamptz)"
)


class ClockWatch:
    """Notices when the database's clock leaps: what is too old by a wrong clock must not be removed."""

    def __init__(self) -> None:
        """Know no time yet."""
        self._known: tuple[datetime, float] | None = None
        self._trusted_from = -math.inf
        self._is_told = False

    def is_trusted(self, now: datetime, ours: datetime, elapsed: float) -> bool:
        """Return whether to act by what the database says it is `now`.

        It agrees with our own time, and has gone as fast as the `elapsed` seconds of a clock that nobody sets. A leap is believed
        when a day has passed without another.
        """
        reason = None
        if abs(now - ours) > CLOCK_TOLERANCE:
            reason = f"it says {now:%Y-%m-%d %H:%M}, and here it is {ours:%Y-%m-%d %H:%M} (UTC)"
        elif self._known:
            before, then = self._known
            expected = before + timedelta(seconds=elapsed - then)
            if abs(now - expected) > CLOCK_TOLERANCE:
                self._trusted_from = elapsed + LEAP_PATIENCE
                reason = f"it leapt from {expected:%Y-%m-%d %H:%M} to {now:%Y-%m-%d %H:%M} (UTC)"
        self._known = now, elapsed
        if reason and not self._is_told:
            _LOGGER.warning(
                "The clock of the database may be wrong: %s; nothing is removed from it until this is settled",
                reason,
            )
        self._is_told = reason is not None
        return reason is None and elapsed >= self._trusted_from


class MaintenanceScheduler:
    """Retention, compression and rollups; every few minutes, and when there is a reason."""

    def __init__(
        self, readers: Readers, catalogue: Catalogue, lifetimes: Lifetimes
    ) -> None:
        """Do nothing yet."""
        self.database_size: int | None = None
        """Bytes."""
        self.tier: Tier | None = None
        """That of the database; None while there is none to work on."""
        self._readers = readers
        self._catalogue = catalogue
        self._lifetimes = lifetimes
        self._due = asyncio.Event()
        self._clock = ClockWatch()

    @property
    def lifetimes(self) -> Lifetimes:
        """How long data is kept; takes effect soon after it is set."""
        return self._lifetimes

    @lifetimes.setter
    def lifetimes(self, lifetimes: Lifetimes) -> None:
        if lifetimes != self._lifetimes:
            self._lifetimes = lifetimes
            self._due.set()

    def begin(self, tier: Tier) -> None:
        """Look at a database that has just been reached."""
        self.tier = tier
        self._due.set()

    async def run(self, resumed: asyncio.Event, ending: asyncio.Event) -> None:
        """Work while `resumed` is set, until cancelled, or, where the driver hides that, `ending` is set."""
        while not ending.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(INTERVAL):
                    await self._due.wait()
            self._due.clear()
            await resumed.wait()
            await self._work()

    async def _work(self) -> None:
        if (tier := self.tier) is None:
            return
        try:
            async with self._readers.working(TIMEOUT) as connection:
                await apply_lifetimes(
                    connection, self._catalogue, tier, self._lifetimes
                )
                now = await connection.fetchval(_NOW)
                await maintain(
                    connection,
                    self._catalogue,
                    tier,
                    self._lifetimes,
                    now,
                    drops=self._clock.is_trusted(now, utcnow(), time.monotonic()),
                )
                self.database_size = await connection.fetchval(_DATABASE_SIZE)
        except StoreNotConnected:
            pass
        except Exception as error:  # noqa: BLE001  the next time may do better
            _LOGGER.warning(
                "The database could not be kept in shape, trying again later: %s", error
            )


async def maintain(
    connection: Connection,
    catalogue: Catalogue,
    tier: Tier,
    lifetimes: Lifetimes,
    now: datetime | None = None,
    *,
    drops: bool = True,
) -> None:
    """Do what is due: settle rollups, take in what came late, and, where it `drops`, drop what is too old.

    It is `now` by the database's clock. Nothing is dropped before it is in the rollups. Does nothing while another instance is
    at it. Raises the driver's errors; the next run goes on from there. The caller bounds
    the time.
    """
    now = now or await connection.fetchval(_NOW)
    if not await connection.fetchval(_TRY_LOCK, _LOCK):
        return
    try:
        settling = await Settling.begin(connection, tier, catalogue.rollups)
        for pair in catalogue.rollups:
            await settling.set_right(pair, now)
            await settling.settle(pair, now)
        cuts = {
            table.name: cut
            for table in _partitioned(catalogue)
            if (cut := _cut(lifetimes.of(table.lifetime), now))
        }
        await settling.take_in_late(catalogue.rollups, cuts)
        for hourly, daily in catalogue.rollups:
            await settling.restore(
                hourly, _cut(hourly_lifetime(lifetimes), now) or BEGINNING
            )
            await settling.restore(daily, _cut(lifetimes.daily, now) or BEGINNING)
        if not drops:
            return
        await _drop_old(connection, catalogue, tier, settling, cuts)
        for pair in catalogue.rollups:
            await _drop_old_rollups(connection, tier, settling, pair, lifetimes, now)
        for table in catalogue.tables.values():
            if table.claim and table.time:
                if cut := _cut(lifetimes.of_claims(table.lifetime), now):
                    await _delete(connection, table.claim.table, table.time, cut)
            if table.expires and (cut := _cut(lifetimes.of(table.lifetime), now)):
                await _delete(connection, table.name, table.expires, cut)
    finally:
        if not connection.is_closed():
            await connection.execute(_UNLOCK, _LOCK)


async def apply_lifetimes(
    connection: Connection, catalogue: Catalogue, tier: Tier, lifetimes: Lifetimes
) -> None:
    """Set the policies of the database, where it has some; what is right already is left alone."""
    if tier is not Tier.COMMUNITY:
        return
    found = {
        (row["relation"], row["kind"]): row["after"]
        for row in await connection.fetch(_POLICIES)
    }
    for relation, kind, after in _wanted(catalogue, lifetimes):
        present = found.get((relation, kind.name))
        if present == after:
            continue
        async with connection.transaction():
            if present is not None:
                await connection.execute(kind.remove.format(relation))
            if after is not None:
                await connection.execute(kind.add.format(relation), after)


@dataclass(frozen=True, kw_only=True)
class _Policy:
    """A kind of policy: what the database calls it, and statements about one of a relation; `add` for one that we add."""

    name: str
    remove: str
    add: str = ""


_COLUMNSTORE: Final = _Policy(
    name="policy_compression",
    add="CALL add_columnstore_policy('{}', after => $1::interval)",
    remove="CALL remove_columnstore_policy('{}')",
)
# Only taken away, where a database has one: it would drop rows that the averages still lack.
_RETENTION: Final = _Policy(
    name="policy_retention",
    remove="SELECT remove_retention_policy('{}')",
)
# The maintenance refreshes as well; this is for the time when nobody is connected. The windows end
# well before what the shortest lifetime drops.
_REFRESH_HOURLY: Final = _Policy(
    name="policy_refresh_continuous_aggregate",
    add="""SELECT add_continuous_aggregate_policy('{}', start_offset => $1::interval,
        end_offset => interval '1 hour', schedule_interval => interval '1 hour')""",
    remove="SELECT remove_continuous_aggregate_policy('{}')",
)
_REFRESH_DAILY: Final = _Policy(
    name="policy_refresh_continuous_aggregate",
    add="""SELECT add_continuous_aggregate_policy('{}', start_offset => $1::interval,
        end_offset => interval '1 day', schedule_interval => interval '1 day')""",
    remove="SELECT remove_continuous_aggregate_policy('{}')",
)
_HOURLY_WINDOW: Final = timedelta(hours=6)
_DAILY_WINDOW: Final = timedelta(days=4)

_POLICIES: Final = """
SELECT coalesce(c.view_name, j.hypertable_name) AS relation, j.proc_name AS kind, coalesce(
    j.config ->> 'compress_after', j.config ->> 'drop_after', j.config ->> 'start_offset'
)::interval AS after
FROM timescaledb_information.jobs j
LEFT JOIN timescaledb_information.continuous_aggregates c
    ON c.materialization_hypertable_schema = j.hypertable_schema
    AND c.materialization_hypertable_name = j.hypertable_name
WHERE coalesce(c.view_schema, j.hypertable_schema) = current_schema() AND j.proc_name IN (
    'policy_compression', 'policy_retention', 'policy_refresh_continuous_aggregate'
)
"""


def _wanted(
    catalogue: Catalogue, lifetimes: Lifetimes
) -> list[tuple[str, _Policy, timedelta | None]]:
    wanted: list[tuple[str, _Policy, timedelta | None]] = []
    for table in _partitioned(catalogue):
        wanted += (
            (table.name, _COLUMNSTORE, lifetimes.compress_after),
            (table.name, _RETENTION, None),
        )
    for hourly, daily in catalogue.rollups:
        if not hourly.is_aggregate:
            continue
        wanted += (
            (hourly.name, _REFRESH_HOURLY, _HOURLY_WINDOW),
            (daily.name, _REFRESH_DAILY, _DAILY_WINDOW),
            (hourly.name, _RETENTION, None),
            (daily.name, _RETENTION, None),
        )
    return wanted


async def _drop_old(
    connection: Connection,
    catalogue: Catalogue,
    tier: Tier,
    settling: Settling,
    cuts: Mapping[str, datetime],
) -> None:
    by_table = pairs_by_table(catalogue.rollups)
    for table in _partitioned(catalogue):
        if not (cut := cuts.get(table.name)):
            continue
        pairs = by_table.get(table.name, [])
        for rollup in chain.from_iterable(pairs):
            cut = min(cut, floor(await settling.watermark(rollup) or BEGINNING, DAY))
        if tier.has_hypertables:
            await _repeat(_drop_chunks, connection, settling, table, pairs, cut)
        else:
            await _delete_days(connection, settling, table, pairs, cut)


async def _repeat[**P](
    drop: Callable[P, Awaitable[datetime | None]], *args: P.args, **kwargs: P.kwargs
) -> None:
    """Drop until nothing is left, or what the database holds on to."""
    reached = None
    while (end := await drop(*args, **kwargs)) and end != reached:
        reached = end


async def _drop_chunks(
    connection: Connection,
    settling: Settling,
    table: Table,
    pairs: Iterable[RollupPair],
    cut: datetime,
) -> datetime | None:
    """Drop some chunks; returns up to when, None where there are none that can be dropped now."""
    async with connection.transaction():
        (old,) = await connection.fetch(_OLD_CHUNKS, table.name, cut)
        if not old["chunks"]:
            return None
        # From now on nothing more comes into them.
        await connection.execute(LOCK_TIMEOUT)
        try:
            async with connection.transaction():
                await connection.execute(
                    f"LOCK TABLE {old['chunks']} IN ACCESS EXCLUSIVE MODE"
                )
        except asyncpg.LockNotAvailableError:
            return None
        if not await settling.release(pairs, table.name, old["start"], old["end"]):
            return None
        await connection.execute(_DROP_CHUNKS, table.name, old["end"])
        end: datetime = old["end"]
        await settling.keep_since(table.name, end)
        return end


async def _delete_days(
    connection: Connection,
    settling: Settling,
    table: Table,
    pairs: Iterable[RollupPair],
    cut: datetime,
) -> None:
    oldest = f'SELECT min("{table.time}") FROM {table.name} WHERE "{table.time}" < $1'  # noqa: S608
    delete = f'DELETE FROM {table.name} WHERE "{table.time}" < $1'  # noqa: S608
    while (first := await connection.fetchval(oldest, cut)) is not None:
        start = floor(first, DAY)
        # What is deleted is what was looked at: rows that come meanwhile stay.
        async with connection.transaction(isolation="repeatable_read"):
            if not await settling.release(pairs, table.name, start, start + DAY):
                return
            await connection.execute(delete, start + DAY)
            await settling.keep_since(table.name, start + DAY)


async def _drop_old_rollups(
    connection: Connection,
    tier: Tier,
    settling: Settling,
    pair: RollupPair,
    lifetimes: Lifetimes,
    now: datetime,
) -> None:
    hourly, daily = pair
    cuts = {
        hourly: _cut(hourly_lifetime(lifetimes), now),
        daily: _cut(lifetimes.daily, now),
    }
    # Daily values are made of hourly ones.
    made = await settling.watermark(daily) or BEGINNING
    for rollup, lifetime_cut in cuts.items():
        if not lifetime_cut:
            continue
        cut = min(lifetime_cut, made)
        stored = settling.stored(rollup)
        if tier is Tier.COMMUNITY and rollup.is_aggregate:
            await _repeat(_drop_aggregated, connection, settling, rollup, cut)
        elif await connection.fetchval(
            f"SELECT EXISTS (SELECT FROM {stored} WHERE bucket < $1)",  # noqa: S608
            cut,
        ):
            await settling.keep_since(rollup.name, cut)
            await _delete(connection, stored, "bucket", cut)


async def _drop_aggregated(
    connection: Connection, settling: Settling, rollup: Rollup, cut: datetime
) -> datetime | None:
    """Drop some chunks of a continuous aggregate; returns up to when, None where there are none."""
    async with connection.transaction():
        (old,) = await connection.fetch(_OLD_CHUNKS, settling.stored(rollup), cut)
        if not old["chunks"]:
            return None
        await connection.execute(_DROP_CHUNKS, rollup.name, old["end"])
        end: datetime = old["end"]
        await settling.keep_since(rollup.name, end)
        return end


async def _delete(
    connection: Connection, table: str, time: str, before: datetime
) -> None:
    statement = f"""
        DELETE FROM {table} WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM {table} WHERE "{time}" < $1 ORDER BY "{time}" LIMIT {DELETE_ROWS}
        ))
    """  # noqa: S608
    while (await connection.execute(statement, before)) != "DELETE 0":
        pass


def _partitioned(catalogue: Catalogue) -> list[Table]:
    """Return the hypertables."""
    return [table for table in catalogue.tables.values() if table.time]


def _cut(lifetime: timedelta | None, now: datetime) -> datetime | None:
    """Return the time before which rows go, a whole day: buckets stay complete."""
    return None if lifetime is None else floor(now - lifetime, DAY)


def hourly_lifetime(lifetimes: Lifetimes) -> timedelta | None:
    """Return how long hourly values are kept."""
    if lifetimes.hourly is None:
        return None
    return max(lifetimes.hourly, SHORTEST_HOURLY)
