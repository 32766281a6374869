"""Rollups, retention and late rows, on every tier."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from custom_components.maestra.core.store.connection import Tier, connect
from custom_components.maestra.core.store.maintenance import (
    ClockWatch,
    apply_lifetimes,
    maintain,
)
from custom_components.maestra.core.store.rollups import (
    DAY,
    HOUR,
    ROLLUP_HORIZON,
    floor,
)
from custom_components.maestra.core.store.schema.migrate import migrate, read_migrations
from custom_components.maestra.core.store.settings import Lifetimes, StoreSettings
from custom_components.maestra.core.store.settling import Settling
from scripts.catalogue import STORE_CATALOGUE

from .conftest import APACHE, COMMUNITY, FULL
from .samples import (
    LAMP,
    ago,
    expected,
    insert,
    insert_late,
    note_late,
    readings,
    rollup,
    run_retention,
)

pytestmark = pytest.mark.tables

FOR_EVER = Lifetimes(metrics=None, hourly=None, daily=None, events=None)


@pytest.fixture(autouse=True)
async def tables(connection: asyncpg.Connection, tier: Tier) -> None:
    """Have the tables there."""
    await migrate(connection, STORE_CATALOGUE, tier)


async def test_rollups_are_right_before_and_after_they_are_settled(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    rows = readings(ago(5), count=360)
    await insert(connection, rows)
    assert await rollup(connection, HOUR) == expected(rows, HOUR)
    assert await rollup(connection, DAY) == expected(rows, DAY)

    await maintain(connection, STORE_CATALOGUE, tier, FOR_EVER)
    assert await rollup(connection, HOUR) == expected(rows, HOUR)
    assert await rollup(connection, DAY) == expected(rows, DAY)

    newer = [(datetime.now(UTC) - ROLLUP_HORIZON + timedelta(minutes=1), LAMP, 5000.0)]
    await insert(connection, newer)
    assert await rollup(connection, HOUR) == expected(rows + newer, HOUR)
    assert await rollup(connection, DAY) == expected(rows + newer, DAY)


async def test_rollups_go_on_as_time_goes_on(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    start = ago(6)
    rows = readings(start, count=400)
    for day in range(3, 6):
        now = start + timedelta(days=day)
        await insert(connection, [row for row in rows if now - DAY <= row[0] < now])
        await maintain(connection, STORE_CATALOGUE, tier, FOR_EVER, now)
    written = [row for row in rows if start + 2 * DAY <= row[0] < start + 5 * DAY]
    assert await rollup(connection, HOUR) == expected(written, HOUR)
    assert await rollup(connection, DAY) == expected(written, DAY)


async def test_every_source_is_rolled_up(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    time = floor(ago(4), DAY) + timedelta(hours=3)
    for statement in (
        "INSERT INTO entity_values VALUES ($1, gen_random_uuid(), 'level', 4)",
        "INSERT INTO ha_states VALUES ($1, 7, '4', 4, NULL)",
        "INSERT INTO ha_states VALUES ($1, 8, 'on', NULL, NULL)",
        "INSERT INTO events (event_id, device_id, schema, event_type, value_num, ts_server)"
        " VALUES ('a', 'box', 1, 'level', 4, $1)",
        "INSERT INTO decoded_data VALUES ($1, 5, 4, 4)",
        "INSERT INTO telemetry_readings VALUES ($1, 'NODE3000005', 4)",
    ):
        await connection.execute(statement, time)
    await connection.execute(
        "INSERT INTO entity_states (time, entity_id, entity_slug, entity_type, state)"
        " VALUES ($1, gen_random_uuid(), 'lamp', 'light', '{}')",
        time,
    )
    await maintain(connection, STORE_CATALOGUE, tier, FOR_EVER)
    for source in (
        "entity_values",
        "ha_states",
        "events",
        "decoded_data",
        "telemetry_readings",
    ):
        for level in ("hourly", "daily"):
            (row,) = await connection.fetch(f"TABLE {source}_{level}")
            assert (row["avg_value"], row["last_value"], row["sample_count"]) == (
                4,
                4,
                1,
            )
    for level in ("hourly", "daily"):
        (row,) = await connection.fetch(f"TABLE entity_states_{level}")
        assert (row["entity_slug"], row["change_count"]) == ("lamp", 1)


async def test_late_rows_are_taken_in(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    rows = readings(ago(5), count=360)
    await insert(connection, rows)
    await maintain(connection, STORE_CATALOGUE, tier, FOR_EVER)
    late = readings(ago(3.3), count=10, every=timedelta(minutes=7))
    await insert_late(connection, late)
    oldest = readings(ago(40), count=4)
    await insert_late(connection, oldest)

    await maintain(connection, STORE_CATALOGUE, tier, FOR_EVER)
    assert await rollup(connection, HOUR) == expected(oldest + rows + late, HOUR)
    assert await rollup(connection, DAY) == expected(oldest + rows + late, DAY)
    assert await connection.fetchval("SELECT count(*) FROM maestra_late") == 0


async def test_raw_rows_go_and_their_rollups_stay(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    rows = readings(floor(ago(40), DAY), count=39 * 72)
    await insert(connection, rows)
    await maintain(connection, STORE_CATALOGUE, tier, FOR_EVER)
    lifetimes = Lifetimes(metrics=timedelta(days=10))
    await apply_lifetimes(connection, STORE_CATALOGUE, tier, lifetimes)
    await run_retention(connection, tier)
    await maintain(connection, STORE_CATALOGUE, tier, lifetimes)
    oldest = await connection.fetchval("SELECT min(time) FROM device_metrics")
    assert floor(ago(10), DAY) <= oldest <= ago(9)
    assert await rollup(connection, HOUR) == expected(rows, HOUR)

    # Neither a late note of that time nor a longer lifetime may compute it again from nothing.
    await note_late(connection, rows[0][0], rows[-1][0])
    await apply_lifetimes(connection, STORE_CATALOGUE, tier, Lifetimes())
    await maintain(connection, STORE_CATALOGUE, tier, Lifetimes())
    assert await rollup(connection, HOUR) == expected(rows, HOUR)
    assert await rollup(connection, DAY) == expected(rows, DAY)


@pytest.mark.parametrize("days_ago", [800, 400.5, 366])
async def test_rows_older_than_the_hours_are_in_the_days(
    connection: asyncpg.Connection, tier: Tier, days_ago: float
) -> None:
    """Imported or late: single rows are kept for ever, hours are not."""
    lifetimes = Lifetimes(metrics=None)
    recent = readings(ago(30), count=100)
    await insert(connection, recent)
    await maintain(connection, STORE_CATALOGUE, tier, lifetimes)
    old = readings(floor(ago(days_ago), DAY), count=144)
    await insert_late(connection, old)
    await maintain(connection, STORE_CATALOGUE, tier, lifetimes)
    assert await rollup(connection, DAY) == expected(old + recent, DAY)

    later = [(old[10][0] + timedelta(minutes=1), LAMP, 7.0)]
    await insert_late(connection, later)
    await maintain(connection, STORE_CATALOGUE, tier, lifetimes)
    assert await rollup(connection, DAY) == expected(old + later + recent, DAY)


async def test_what_older_versions_left_out_is_taken_in(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    """The days from before the hours, of which the database has single rows."""
    old, recent = readings(ago(800), count=144), readings(ago(30), count=100)
    await insert(connection, recent)
    await maintain(connection, STORE_CATALOGUE, tier, Lifetimes(metrics=None))
    await insert(connection, old)
    await connection.execute(
        "INSERT INTO maestra_kept VALUES ('device_metrics_hourly', $1)",
        floor(ago(365), DAY),
    )
    (migration,) = (
        one
        for one in read_migrations(STORE_CATALOGUE)
        if one.filename == "0020_late_days.sql"
    )
    await connection.execute(migration.sql)
    await maintain(connection, STORE_CATALOGUE, tier, Lifetimes(metrics=None))
    assert await rollup(connection, DAY) == expected(old + recent, DAY)


@pytest.mark.parametrize(
    ("hourly", "widths"), [(None, (HOUR, DAY)), (timedelta(days=14), (DAY,))]
)
async def test_rows_that_come_when_their_time_is_over_are_in_the_averages(
    connection: asyncpg.Connection,
    tier: Tier,
    hourly: timedelta | None,
    widths: tuple[timedelta, ...],
) -> None:
    """They are added to what the rows of that time have left there, once, and go."""
    lifetimes = Lifetimes(metrics=timedelta(days=10), hourly=hourly)
    rows = readings(floor(ago(40), DAY), count=39 * 72)
    await insert(connection, rows)
    await maintain(connection, STORE_CATALOGUE, tier, lifetimes)
    start = floor(ago(30), DAY)
    late = [
        (start + timedelta(minutes=1), LAMP, 500.0),
        (start + timedelta(hours=5, minutes=1), LAMP, -3.0),
        *readings(floor(ago(60), DAY), count=30),
    ]
    await insert_late(connection, late)
    for _ in range(2):
        await maintain(connection, STORE_CATALOGUE, tier, lifetimes)
        for width in widths:
            assert await rollup(connection, width) == expected(rows + late, width)
    assert await connection.fetchval("SELECT min(time) FROM device_metrics") > ago(18)


async def test_a_lifetime_that_was_once_shorter_blocks_nothing(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    """What is brought in again stands beside what stayed, and is not counted twice."""
    rows = readings(floor(ago(40), DAY), count=39 * 72)
    await insert(connection, rows)
    short = Lifetimes(metrics=timedelta(days=10), hourly=timedelta(days=7))
    await maintain(connection, STORE_CATALOGUE, tier, short)
    left = await connection.fetchval("SELECT min(time) FROM device_metrics")
    assert left > ago(12)

    again = [row for row in rows if row[0] < left]
    more = [(floor(ago(35), DAY) + timedelta(minutes=1), LAMP, 900.0)]
    await insert_late(connection, again + more)
    for _ in range(2):
        await maintain(connection, STORE_CATALOGUE, tier, FOR_EVER)
        assert await rollup(connection, DAY) == expected(rows + more, DAY)
    count = "SELECT count(*) FROM device_metrics"
    assert await connection.fetchval(count) == len(rows) + len(more)

    # In their time they go, and are not added once more.
    await maintain(connection, STORE_CATALOGUE, tier, Lifetimes(metrics=10 * DAY))
    assert await connection.fetchval(count) < len(rows) - len(again) + 72
    assert await rollup(connection, DAY) == expected(rows + more, DAY)


async def test_hours_come_back_where_there_are_rows(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    rows = readings(floor(ago(90), DAY), count=89 * 72)
    await insert(connection, rows)
    await maintain(
        connection, STORE_CATALOGUE, tier, Lifetimes(metrics=None, hourly=7 * DAY)
    )
    assert (await rollup(connection, HOUR))[0][0] > ago(30)
    await maintain(connection, STORE_CATALOGUE, tier, FOR_EVER)
    assert await rollup(connection, HOUR) == expected(rows, HOUR)
    assert await connection.fetchval("SELECT count(*) FROM maestra_kept") == 0


async def test_nothing_goes_before_it_is_in_the_averages(
    connection: asyncpg.Connection, tier: Tier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even what comes between taking in what is late and dropping what is old."""
    rows = readings(floor(ago(40), DAY), count=39 * 72)
    await insert(connection, rows)
    await maintain(connection, STORE_CATALOGUE, tier, FOR_EVER)
    late = [(floor(ago(30), DAY) + timedelta(minutes=1), LAMP, 500.0)]
    take_in_late = Settling.take_in_late

    async def in_between(settling: Settling, *arguments: Any) -> None:
        await take_in_late(settling, *arguments)
        if late not in written:
            await insert_late(connection, late)
            written.append(late)

    written: list[Any] = []
    monkeypatch.setattr(Settling, "take_in_late", in_between)
    for _ in range(2):
        await maintain(connection, STORE_CATALOGUE, tier, Lifetimes(metrics=10 * DAY))
    assert await connection.fetchval("SELECT min(time) FROM device_metrics") > ago(18)
    assert await rollup(connection, HOUR) == expected(rows + late, HOUR)
    assert await rollup(connection, DAY) == expected(rows + late, DAY)


async def test_a_clock_of_ours_deletes_nothing(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    """The database's does, and not while the two disagree or it has leapt."""
    rows = readings(ago(20), count=100)
    await insert(connection, rows)
    ahead = datetime.now(UTC) + timedelta(days=120)
    watch = ClockWatch()
    now = await connection.fetchval("SELECT now()")
    trusted = watch.is_trusted(now, ahead, 0)
    assert not trusted
    await maintain(
        connection, STORE_CATALOGUE, tier, Lifetimes(metrics=10 * DAY), drops=trusted
    )
    assert await connection.fetchval("SELECT count(*) FROM device_metrics") == 100
    trusted = watch.is_trusted(now, datetime.now(UTC), 1)
    assert trusted
    await maintain(
        connection, STORE_CATALOGUE, tier, Lifetimes(metrics=10 * DAY), drops=trusted
    )
    assert await connection.fetchval("SELECT count(*) FROM device_metrics") == 0
    assert await rollup(connection, HOUR) == expected(rows, HOUR)


async def test_what_a_clock_ahead_has_left_is_set_right(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    """Watermarks and what is gone come back to the present; what was dropped stays in the averages, and new rows come into them."""
    rows = readings(ago(20), count=100)
    await insert(connection, rows)
    ahead = datetime.now(UTC) + timedelta(days=120)
    short = Lifetimes(metrics=10 * DAY)
    await maintain(connection, STORE_CATALOGUE, tier, short, ahead)
    assert await connection.fetchval("SELECT count(*) FROM device_metrics") == 0
    newer = readings(ago(2.5), count=50)
    await insert(connection, newer)
    for _ in range(2):
        await maintain(connection, STORE_CATALOGUE, tier, short)
        assert await connection.fetchval(
            "SELECT bool_and(watermark < now()) FROM maestra_rollups"
        )
        assert await connection.fetchval(
            "SELECT coalesce(bool_and(since < now()), true) FROM maestra_kept"
        )
        assert await rollup(connection, HOUR) == expected(rows + newer, HOUR)
        assert await rollup(connection, DAY) == expected(rows + newer, DAY)


def test_a_leap_is_believed_after_a_day(caplog: pytest.LogCaptureFixture) -> None:
    watch = ClockWatch()
    now, elapsed = datetime.now(UTC), 1000.0

    def later(seconds: float, leap: timedelta = timedelta()) -> bool:
        nonlocal now, elapsed
        elapsed += seconds
        now += timedelta(seconds=seconds) + leap
        return watch.is_trusted(now, now, elapsed)

    assert later(0)
    assert later(300, timedelta(minutes=5))
    assert not later(300, timedelta(days=120))
    assert "leapt" in caplog.text
    assert not later(300)
    assert not later(300, timedelta(days=-120))
    assert not later(86_000)
    assert later(1_000)


async def test_a_row_of_long_ago_costs_no_walk_through_the_years(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    recent = readings(ago(5), count=10)
    await insert(connection, recent)
    await maintain(connection, STORE_CATALOGUE, tier, FOR_EVER)
    ancient = [(datetime(1970, 1, 2, tzinfo=UTC), LAMP, 1.0)]
    await insert_late(connection, ancient)
    await note_late(connection, ancient[0][0], ago(1))
    asked: list[object] = []
    with connection.query_logger(asked.append):
        await maintain(connection, STORE_CATALOGUE, tier, FOR_EVER)
    assert len(asked) < 300
    assert await rollup(connection, DAY) == expected(ancient + recent, DAY)


async def test_rollups_go_in_their_time(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    # Days apart: each day with rows is a chunk.
    rows = readings(floor(ago(500), DAY), count=163, every=3 * DAY)
    await insert(connection, rows)
    await maintain(connection, STORE_CATALOGUE, tier, FOR_EVER)
    lifetimes = Lifetimes(
        metrics=None, hourly=timedelta(days=100), daily=timedelta(days=300)
    )
    await apply_lifetimes(connection, STORE_CATALOGUE, tier, lifetimes)
    await run_retention(connection, tier)
    await maintain(connection, STORE_CATALOGUE, tier, lifetimes)
    # A whole chunk at a time, where there are chunks.
    hourly = [row[0] for row in await rollup(connection, HOUR)]
    assert ago(111) < hourly[0] < ago(96)
    daily = [row[0] for row in await rollup(connection, DAY)]
    assert ago(401) < daily[0] < ago(296)


@pytest.mark.parametrize(
    ("lifetimes", "known"),
    [
        (Lifetimes(), 2),
        (Lifetimes(event_ids=None, events=None), 3),
        (Lifetimes(event_ids=None), 2),
        (Lifetimes(events=None), 2),
        (Lifetimes(event_ids=timedelta(days=10), events=None), 1),
        # Without its row nobody could say whether an event with a known id is another one.
        (Lifetimes(events=timedelta(days=10)), 1),
    ],
)
async def test_ids_of_events_are_known_for_a_while_and_no_longer_than_the_events(
    connection: asyncpg.Connection, tier: Tier, lifetimes: Lifetimes, known: int
) -> None:
    await connection.execute(
        "INSERT INTO event_ids SELECT gen_random_uuid(), unnest($1::timestamptz[])",
        [ago(32), ago(20), ago(0)],
    )
    await maintain(connection, STORE_CATALOGUE, tier, lifetimes)
    assert await connection.fetchval("SELECT count(*) FROM event_ids") == known


async def test_garbage_numbers_stop_nothing(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    start = floor(ago(4), DAY)
    garbage = (float("nan"), float("inf"), float("-inf"), 1e308, -1e308, 1e200)
    await insert(connection, [(start, LAMP, value) for value in (*garbage, 3.0)])
    await maintain(connection, STORE_CATALOGUE, tier, FOR_EVER)
    (row,) = await rollup(connection, DAY)
    assert row[3:] == (3.0, 3.0, 3.0, 3.0, 1)


@pytest.mark.parametrize("any_database", [APACHE], indirect=True)
async def test_old_chunks_are_not_even_planned(connection: asyncpg.Connection) -> None:
    await insert(connection, readings(ago(40), count=2880))
    await maintain(connection, STORE_CATALOGUE, Tier.APACHE, FOR_EVER)
    plan = await connection.fetch("EXPLAIN SELECT * FROM device_metrics_hourly")
    chunks = {word for row in plan for word in row[0].split() if "_hyper_" in word}
    assert len({word for word in chunks if word.endswith("_chunk")}) <= 2


@pytest.mark.parametrize("any_database", [APACHE], indirect=True)
async def test_one_instance_at_a_time(any_database: StoreSettings) -> None:
    """While one is at it, the other leaves it alone."""
    first, second = await connect(any_database), await connect(any_database)
    await migrate(first, STORE_CATALOGUE, Tier.APACHE)
    rows = readings(ago(5), count=10)
    await insert_late(first, rows)
    await first.execute("SELECT pg_advisory_lock($1)", 0x6D61_6573_7472_6102)
    await maintain(second, STORE_CATALOGUE, Tier.APACHE, FOR_EVER)
    assert await first.fetchval("SELECT count(*) FROM maestra_late") == 1
    await first.close()
    await maintain(second, STORE_CATALOGUE, Tier.APACHE, FOR_EVER)
    assert await second.fetchval("SELECT count(*) FROM maestra_late") == 0
    await second.close()


@pytest.mark.parametrize("any_database", [APACHE], indirect=True)
async def test_a_long_question_holds_up_nothing_else(
    any_database: StoreSettings,
) -> None:
    """What is being read is settled the next time."""
    reader, ours = await connect(any_database), await connect(any_database)
    await migrate(ours, STORE_CATALOGUE, Tier.APACHE)
    rows = readings(ago(5), count=360)
    await insert(ours, rows)
    await ours.execute("INSERT INTO ha_states VALUES ($1, 7, '4', 4, NULL)", ago(4))
    settled = (
        "SELECT count(*) FROM maestra_rollups WHERE watermark > '-infinity'"
        " AND name IN ('device_metrics_hourly', 'ha_states_hourly')"
    )
    async with reader.transaction():
        await reader.fetch("SELECT * FROM device_metrics_hourly")
        await maintain(
            ours, STORE_CATALOGUE, Tier.APACHE, Lifetimes(metrics=timedelta(days=2))
        )
        assert await ours.fetchval(settled) == 1
    assert await rollup(ours, HOUR) == expected(rows, HOUR)

    await maintain(ours, STORE_CATALOGUE, Tier.APACHE, FOR_EVER)
    assert await ours.fetchval(settled) == 2
    assert await rollup(ours, HOUR) == expected(rows, HOUR)
    await reader.close()
    await ours.close()


POLICIES = """
SELECT job_id, proc_name, hypertable_name, config::text
FROM timescaledb_information.jobs WHERE job_id >= 1000 ORDER BY 1
"""


@pytest.mark.parametrize("any_database", [COMMUNITY, FULL], indirect=True)
async def test_policies_follow_the_lifetimes(connection: asyncpg.Connection) -> None:
    await apply_lifetimes(connection, STORE_CATALOGUE, Tier.COMMUNITY, Lifetimes())
    before = await connection.fetch(POLICIES)
    # 14 tables, and 14 aggregates. What is too old we drop ourselves, when it is in the averages.
    assert len(before) == 14 + 14
    await apply_lifetimes(connection, STORE_CATALOGUE, Tier.COMMUNITY, Lifetimes())
    assert await connection.fetch(POLICIES) == before

    await connection.execute(
        "SELECT add_retention_policy('device_metrics', drop_after => interval '90 days')"
    )
    changed = Lifetimes(metrics=None, compress_after=timedelta(days=2))
    await apply_lifetimes(connection, STORE_CATALOGUE, Tier.COMMUNITY, changed)
    after = await connection.fetch(POLICIES)
    assert len(after) == len(before)
    assert sum('"compress_after": "2 days"' in row["config"] for row in after) == 14

    await apply_lifetimes(
        connection,
        STORE_CATALOGUE,
        Tier.COMMUNITY,
        Lifetimes(compress_after=None, events=None),
    )
    kinds = [row["proc_name"] for row in await connection.fetch(POLICIES)]
    assert kinds.count("policy_compression") == 0
    assert kinds.count("policy_retention") == 0


@pytest.mark.parametrize("any_database", [COMMUNITY, FULL], indirect=True)
async def test_late_rows_go_into_compressed_chunks(
    connection: asyncpg.Connection,
) -> None:
    rows = readings(ago(12), count=500)
    await insert(connection, rows)
    await maintain(connection, STORE_CATALOGUE, Tier.COMMUNITY, FOR_EVER)
    await apply_lifetimes(connection, STORE_CATALOGUE, Tier.COMMUNITY, Lifetimes())
    job = await connection.fetchval(
        "SELECT job_id FROM timescaledb_information.jobs"
        " WHERE proc_name = 'policy_compression' AND hypertable_name = 'device_metrics'"
    )
    await connection.execute(f"CALL run_job({job})")
    compressed = await connection.fetchval(
        "SELECT count(*) FROM timescaledb_information.chunks"
        " WHERE hypertable_name = 'device_metrics' AND is_compressed"
    )
    assert compressed >= 3

    late = readings(ago(10), count=50, every=timedelta(minutes=1))
    await insert_late(connection, late)
    await maintain(connection, STORE_CATALOGUE, Tier.COMMUNITY, Lifetimes())
    assert await rollup(connection, HOUR) == expected(rows + late, HOUR)
    assert await rollup(connection, DAY) == expected(rows + late, DAY)
