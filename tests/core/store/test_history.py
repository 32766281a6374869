"""History is read back exactly, from the coarsest source that can answer."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from custom_components.maestra.core.domain.errors import InvalidField, TooMany
from custom_components.maestra.core.store.buckets import (
    DAY,
    HOUR,
    Buckets,
    CalendarBuckets,
    FixedBuckets,
    LocalDays,
    Period,
    buckets_for,
)
from custom_components.maestra.core.store.connection import Tier
from custom_components.maestra.core.store.ha_rows import ha_series
from custom_components.maestra.core.store.history import (
    BEGINNING,
    MAX_LAST,
    MAX_POINTS,
    Cursor,
    HistoryRequest,
    SeriesHistory,
    choose,
    read_history,
    read_last,
)
from custom_components.maestra.core.store.maintenance import maintain
from custom_components.maestra.core.store.queries import Plan, Source
from custom_components.maestra.core.store.rollups import floor
from custom_components.maestra.core.store.schema.migrate import migrate
from custom_components.maestra.core.store.settings import Lifetimes
from scripts.catalogue import STORE_CATALOGUE

pytestmark = pytest.mark.tables

START = datetime(2026, 11, 1, tzinfo=UTC)
NOW = START + timedelta(days=7)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DEVICE = "6b0f3d0e-5e0c-4b59-9d25-000000000001"
HARDWARE_ID = "24:6F:28:AA:01:02"
TEMPERATURE = {"device": HARDWARE_ID, "metric": "temperature"}
BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")
ALL = ("mean", "min", "max", "sum", "count", "last")

type Sample = tuple[datetime, float]


# What touches no hourly or daily rows is the same on all TimescaleDB.
on_servers = pytest.mark.parametrize(
    "any_database", ["plain_database", "database"], indirect=True
)


@pytest.fixture
async def connection(connection: asyncpg.Connection, tier: Tier) -> asyncpg.Connection:
    """A connection to a database of each tier in turn, with our tables and one device."""
    await migrate(connection, STORE_CATALOGUE, tier)
    await connection.execute(
        "INSERT INTO devices (id, name, device_type, hardware_id) VALUES ($1, 'd', 'esp32', $2)",
        DEVICE,
        HARDWARE_ID,
    )
    return connection


async def measured(
    connection: asyncpg.Connection,
    samples: Iterable[Sample],
    metric: str = "temperature",
) -> None:
    await connection.copy_records_to_table(
        "device_metrics",
        records=[(time, DEVICE, metric, value) for time, value in samples],
        columns=["time", "device_id", "metric_name", "metric_value"],
    )


def wave(count: int, step: timedelta = MINUTE, start: datetime = START) -> list[Sample]:
    """Return values that differ from one bucket to the next, with a gap on the second day."""
    samples = [(start + step * n, float(n * 7919 % 1009) / 8) for n in range(count)]
    return [one for one in samples if one[0].day != 2 or one[0].hour not in (3, 4)]


def question(*series: Any, **data: Any) -> HistoryRequest:
    asked = tuple(map(STORE_CATALOGUE.read_series, series or (TEMPERATURE,)))
    return HistoryRequest(**{"series": asked, "start": START, "end": NOW, **data})


async def ask(
    connection: asyncpg.Connection,
    *series: Any,
    **data: Any,
) -> SeriesHistory:
    """Return the answer for the first series."""
    request = question(*series, **data)
    answers = await read_history(connection, request, now=NOW)
    assert [answer.series for answer in answers] == list(request.series)
    return answers[0]


def expected(samples: list[Sample], width: timedelta) -> dict[str, list[Any]]:
    """Compute what buckets hold, in Python."""
    cut: defaultdict[datetime, list[float]] = defaultdict(list)
    for time, value in sorted(samples):
        cut[time - (time - START) % width].append(value)
    return {
        "time": [time.timestamp() for time in cut],
        "mean": [pytest.approx(fmean(values)) for values in cut.values()],
        "min": [min(values) for values in cut.values()],
        "max": [max(values) for values in cut.values()],
        "sum": [pytest.approx(sum(values)) for values in cut.values()],
        "count": [len(values) for values in cut.values()],
        "last": [values[-1] for values in cut.values()],
    }


# Buckets.


@pytest.mark.parametrize(
    ("width", "source"),
    [
        (MINUTE * 10, Source.RAW),
        (MINUTE * 90, Source.RAW),
        (HOUR, Source.HOURLY),
        (6 * HOUR, Source.HOURLY),
        (DAY, Source.DAILY),
        (7 * DAY, Source.DAILY),
    ],
)
async def test_buckets_are_exact_whatever_they_are_made_of(
    connection: asyncpg.Connection, width: timedelta, source: Source
) -> None:
    samples = wave(4 * 24 * 60)
    await measured(connection, samples)
    buckets = FixedBuckets(width, START)
    answer = await ask(connection, buckets=buckets, aggregates=ALL)
    assert answer.source == source
    assert answer.width == width.total_seconds()
    assert answer.columns == expected(samples, width)


async def test_buckets_are_the_same_once_rollups_are_settled(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    samples = wave(4 * 24 * 60)
    await measured(connection, samples)
    fresh = {
        width: await ask(connection, buckets=FixedBuckets(width), aggregates=ALL)
        for width in (HOUR, DAY)
    }
    await maintain(connection, STORE_CATALOGUE, tier, Lifetimes(), NOW)
    for width, before in fresh.items():
        settled = await ask(connection, buckets=FixedBuckets(width), aggregates=ALL)
        assert settled.source == before.source
        assert settled.columns == expected(samples, width)


@on_servers
async def test_only_what_is_asked_for_comes(connection: asyncpg.Connection) -> None:
    await measured(connection, wave(10))
    answer = await ask(connection, buckets=FixedBuckets(HOUR), aggregates=("max",))
    assert list(answer.columns) == ["time", "max"]


@on_servers
async def test_buckets_are_whole(connection: asyncpg.Connection) -> None:
    """A range that begins and ends within an hour has all of these hours, and no more."""
    samples = wave(5 * 60)
    await measured(connection, samples)
    answer = await ask(
        connection,
        start=START + MINUTE * 90,
        end=START + MINUTE * 200,
        buckets=FixedBuckets(HOUR),
        aggregates=("count",),
    )
    assert answer.columns["time"] == [(START + HOUR * n).timestamp() for n in (1, 2, 3)]
    assert answer.columns["count"] == [60, 60, 60]


@on_servers
async def test_percentiles_are_of_raw_rows(connection: asyncpg.Connection) -> None:
    await measured(connection, [(START + SECOND * n, n) for n in range(101)])
    answer = await ask(
        connection,
        buckets=FixedBuckets(DAY),
        aggregates=("p0", "p50", "p99.5", "p100", "count"),
    )
    assert answer.source == Source.RAW
    assert {name: column[0] for name, column in answer.columns.items()} == {
        "time": START.timestamp(),
        "p0": 0,
        "p50": 50,
        "p99.5": 99.5,
        "p100": 100,
        "count": 101,
    }


@on_servers
@pytest.mark.parametrize("width", [MINUTE, HOUR, DAY])
async def test_an_empty_range_has_empty_columns(
    connection: asyncpg.Connection, width: timedelta
) -> None:
    await measured(connection, wave(10))
    answer = await ask(
        connection,
        start=START - DAY,
        end=START,
        buckets=FixedBuckets(width),
        aggregates=("mean",),
    )
    assert answer.columns == {"time": [], "mean": []}
    assert answer.known


async def test_values_that_spoil_a_sum_are_left_out(
    connection: asyncpg.Connection,
) -> None:
    await measured(
        connection, [(START, 1.0), (START, 1.7e308), (START, 1.7e308), (START, 2.0)]
    )
    for width in (MINUTE * 10, HOUR):
        answer = await ask(connection, buckets=FixedBuckets(width), aggregates=("sum",))
        assert answer.columns["sum"] == [3]


@pytest.mark.parametrize(
    ("period", "zone", "source", "days"),
    [
        # The clocks change on October 25.
        (Period.DAY, BERLIN, Source.HOURLY, [(10, 24), (10, 25), (10, 26)]),
        (Period.WEEK, BERLIN, Source.HOURLY, [(10, 19), (10, 26)]),
        (Period.MONTH, BERLIN, Source.HOURLY, [(10, 1)]),
        (Period.DAY, KOLKATA, Source.RAW, [(10, 24), (10, 25), (10, 26)]),
        (Period.DAY, ZoneInfo("UTC"), Source.DAILY, [(10, 24), (10, 25), (10, 26)]),
    ],
)
async def test_days_are_those_of_the_zone(
    connection: asyncpg.Connection,
    period: Period,
    zone: ZoneInfo,
    source: Source,
    days: list[tuple[int, int]],
) -> None:
    start = datetime(2026, 10, 24, tzinfo=zone)
    end = datetime(2026, 10, 27, tzinfo=zone)
    count = (end.astimezone(UTC) - start.astimezone(UTC)) // (MINUTE * 10)
    await measured(
        connection, [(start.astimezone(UTC) + MINUTE * 10 * n, n) for n in range(count)]
    )
    answer = await ask(
        connection,
        start=start,
        end=end,
        buckets=CalendarBuckets(period, zone),
        aggregates=("count",),
    )
    assert answer.source == source
    assert answer.width == period
    assert answer.columns["time"] == [
        datetime(2026, *day, tzinfo=zone).timestamp() for day in days
    ]
    assert sum(answer.columns["count"]) == count


# Lines.


@on_servers
async def test_a_line_keeps_the_extremes_where_they_are(
    connection: asyncpg.Connection,
) -> None:
    samples = wave(3 * 60)
    await measured(connection, samples)
    answer = await ask(connection, buckets=FixedBuckets(MINUTE * 10), line=True)
    points = set(zip(answer.columns["time"], answer.columns["value"], strict=True))
    assert points <= {(time.timestamp(), value) for time, value in samples}
    found = expected(samples, MINUTE * 10)
    assert len(points) == 2 * len(found["time"])
    assert {value for _, value in points} == {*found["min"], *found["max"]}
    assert answer.columns["time"] == sorted(answer.columns["time"])


@on_servers
async def test_a_bucket_of_one_row_is_one_point_of_a_line(
    connection: asyncpg.Connection,
) -> None:
    await measured(connection, [(START + SECOND, 5.0)])
    answer = await ask(connection, buckets=FixedBuckets(MINUTE * 10), line=True)
    assert answer.columns == {"time": [START.timestamp() + 1], "value": [5]}


async def test_a_long_line_is_made_of_hours(connection: asyncpg.Connection) -> None:
    samples = wave(24 * 60)
    await measured(connection, samples)
    answer = await ask(connection, buckets=FixedBuckets(2 * HOUR), line=True)
    assert answer.source == Source.HOURLY
    found = expected(samples, 2 * HOUR)
    assert set(answer.columns["value"]) == {*found["min"], *found["max"]}
    assert answer.columns["time"] == sorted(answer.columns["time"])


# Points.


@on_servers
async def test_points_are_what_was_recorded(connection: asyncpg.Connection) -> None:
    samples = wave(100, step=timedelta(microseconds=1_000_001))
    await measured(connection, samples)
    answer = await ask(connection, end=samples[-1][0])
    assert answer.columns == {
        "time": [time.timestamp() for time, _ in samples[:-1]],
        "value": [value for _, value in samples[:-1]],
    }
    assert answer.cursor is None


@on_servers
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
async def test_pages_lose_and_repeat_nothing(
    connection: asyncpg.Connection, limit: int
) -> None:
    """Not even among rows of one time, or rows that are equal in everything."""
    times = [START, *[START + SECOND] * 9, START + 2 * SECOND]
    samples = [(time, float(n % 3)) for n, time in enumerate(times)]
    await measured(connection, samples)
    found: list[tuple[float, float]] = []
    cursor = None
    for _ in range(len(samples)):
        page = await ask(connection, limit=limit, cursor=cursor)
        found += zip(page.columns["time"], page.columns["value"], strict=True)
        cursor = page.cursor
        if cursor is None:
            break
    assert cursor is None
    assert found == sorted((time.timestamp(), value) for time, value in samples)


@on_servers
@pytest.mark.parametrize("limit", [1, 2, 5])
async def test_pages_keep_texts_and_gaps_apart(
    connection: asyncpg.Connection, limit: int
) -> None:
    entity = await connection.fetchval(
        "INSERT INTO ha_entities (entity_id) VALUES ('sensor.mode') RETURNING id"
    )
    states = ["21.5", None, "warm", "unavailable", "warm", "22"]
    numbers = {"21.5": 21.5, "22": 22.0}
    await connection.executemany(
        "INSERT INTO ha_states (time, entity, state, value) VALUES ($1, $2, $3, $4)",
        [(START, entity, state, numbers.get(str(state))) for state in states],
    )
    found: list[tuple[Any, Any]] = []
    cursor = None
    for _ in states:
        page = await ask(connection, "sensor.mode", limit=limit, cursor=cursor)
        count = len(page.columns["time"])
        texts = page.columns.get("text", [None] * count)
        found += zip(page.columns["value"], texts, strict=True)
        cursor = page.cursor
        if cursor is None:
            break
    assert cursor is None
    rest = [(None, None), (None, "unavailable"), (None, "warm"), (None, "warm")]
    assert found[:2] == [(21.5, None), (22.0, None)]
    assert sorted(found[2:], key=str) == sorted(rest, key=str)


@on_servers
async def test_rows_that_come_late_do_not_disturb_the_pages(
    connection: asyncpg.Connection,
) -> None:
    await measured(connection, [(START + SECOND * n, n) for n in range(4)])
    first = await ask(connection, limit=2)
    await measured(connection, [(START, 100.0)])
    second = await ask(connection, limit=2, cursor=first.cursor)
    assert second.columns["value"] == [2, 3]


# Series.


async def test_every_kind_is_read(connection: asyncpg.Connection) -> None:
    """All kinds in one question, each with points, buckets of all sources, and its newest value."""
    await connection.execute(
        """
        INSERT INTO ha_entities (entity_id) VALUES ('sensor.kitchen');
        INSERT INTO entities (id, name, slug) VALUES ('6b0f3d0e-5e0c-4b59-9d25-000000000002', 'W', 'wash-1');
        """
    )
    await measured(connection, [(START, 1.0)])
    for statement in (
        "INSERT INTO ha_states (time, entity, state, value) SELECT $1, id, '2', 2 FROM ha_entities",
        "INSERT INTO entity_values (time, entity_id, variable, value) SELECT $1, id, 'position.x', 3 FROM entities",
        "INSERT INTO events (event_id, device_id, schema, event_type, value_num, ts_server) VALUES ('e', 'qs-7', 1, 'co2', 4, $1)",
        "INSERT INTO decoded_data (timestamp, device_id, datapoint_id, value) VALUES ($1, 3, 12, 5)",
        "INSERT INTO telemetry_readings (timestamp, channel, value) VALUES ($1, 'NODE3000005', 6)",
    ):
        await connection.execute(statement, START)
    asked = (
        TEMPERATURE,
        "sensor.kitchen",
        {"entity": "wash-1", "variable": "position.x"},
        {"device": "qs-7", "event_type": "co2"},
        {"device": 3, "datapoint": 12},
        {"channel": "NODE3000005"},
    )
    for buckets in (None, *map(FixedBuckets, (MINUTE * 10, HOUR, DAY))):
        request = question(*asked, buckets=buckets, aggregates=("last",))
        answers = await read_history(connection, request, now=NOW)
        # Where a value holds until the next one, it does so in the buckets after.
        assert [
            {name: column[:1] for name, column in answer.columns.items()}
            for answer in answers
        ] == [
            {"time": [START.timestamp()], "value" if buckets is None else "last": [n]}
            for n in range(1, 7)
        ]
    newest = await read_last(connection, request.series)
    assert [(one.time, one.value) for one in newest] == [
        (START.timestamp(), n) for n in range(1, 7)
    ]
    assert [one.series.wire for one in newest] == list(asked)


@on_servers
async def test_what_was_never_written_is_not_known(
    connection: asyncpg.Connection,
) -> None:
    asked = ("sensor.kitchen", {"device": "nobody", "metric": "temperature"})
    request = question(*asked)
    answers = await read_history(connection, request, now=NOW)
    assert [answer.known for answer in answers] == [False, False]
    newest = await read_last(connection, request.series)
    assert [(one.known, one.time) for one in newest] == [(False, None), (False, None)]


@on_servers
async def test_a_name_stands_for_its_newest_owner(
    connection: asyncpg.Connection,
) -> None:
    await measured(connection, [(START, 1.0)])
    other = DEVICE[:-1] + "9"
    await connection.execute(
        "INSERT INTO devices (id, name, device_type, hardware_id, created_at) VALUES ($1, 'd', 'esp32', $2, $3)",
        other,
        HARDWARE_ID,
        datetime.now(UTC) + DAY,
    )
    assert (await ask(connection)).columns["value"] == []
    by_id = await ask(connection, {"device": DEVICE, "metric": "temperature"})
    assert by_id.columns["value"] == [1]


@on_servers
async def test_the_same_series_twice_is_answered_twice(
    connection: asyncpg.Connection,
) -> None:
    await measured(connection, [(START, 1.0)])
    request = question(TEMPERATURE, TEMPERATURE)
    answers = await read_history(connection, request, now=NOW)
    assert [answer.columns["value"] for answer in answers] == [[1], [1]]


@on_servers
async def test_the_newest_of_many_series_needs_no_scan(
    connection: asyncpg.Connection,
) -> None:
    names = [f"m{n}" for n in range(300)]
    for name in names:
        await measured(
            connection, [(START, 0.0), (START + SECOND, float(name[1:]))], name
        )
    await connection.execute("ANALYZE device_metrics")
    series = [
        STORE_CATALOGUE.read_series({"device": HARDWARE_ID, "metric": name})
        for name in names
    ]
    newest = await read_last(connection, series)
    assert [one.value for one in newest] == list(range(300))


# Where the answer comes from.

KEPT = {
    Source.RAW: NOW - 10 * DAY,
    Source.HOURLY: NOW - 100 * DAY,
    Source.DAILY: NOW - 1000 * DAY,
}


def chosen(buckets: Buckets, days_ago: float, **changes: Any) -> Plan:
    """Return what answers a question about a day; `changes` are since when there is what."""
    start, end = buckets.covering(NOW - days_ago * DAY, NOW - (days_ago - 1) * DAY)
    kept = KEPT | {Source[name]: since for name, since in changes.items()}
    return choose(start, end, buckets, kept)


@pytest.mark.parametrize(
    ("age", "width", "source", "effective"),
    [
        (5, MINUTE, Source.RAW, MINUTE),
        (5, HOUR, Source.HOURLY, HOUR),
        (5, DAY, Source.DAILY, DAY),
        (10, MINUTE * 30, Source.RAW, MINUTE * 30),
        (50, MINUTE * 30, Source.HOURLY, HOUR),
        (50, MINUTE * 90, Source.HOURLY, 2 * HOUR),
        (150, HOUR, Source.DAILY, DAY),
        (150, 2 * DAY, Source.DAILY, 2 * DAY),
        (2000, DAY, Source.DAILY, DAY),
    ],
)
def test_the_source_reaches_back_far_enough(
    age: int, width: timedelta, source: Source, effective: timedelta
) -> None:
    found = chosen(FixedBuckets(width), age)
    assert found == Plan(source=source, buckets=FixedBuckets(effective))


@pytest.mark.parametrize("width", [MINUTE, HOUR])
def test_what_is_kept_for_ever_reaches_back_for_ever(width: timedelta) -> None:
    """Hours of long ago come from single rows, where these are still there."""
    found = chosen(FixedBuckets(width), 3000, RAW=BEGINNING)
    assert found == Plan(source=Source.RAW, buckets=FixedBuckets(width))


def test_another_origin_needs_finer_rows() -> None:
    shifted = FixedBuckets(DAY, START + 5 * HOUR)
    assert chosen(shifted, 5).source == Source.HOURLY
    shifted = FixedBuckets(DAY, START + MINUTE)
    assert chosen(shifted, 5).source == Source.RAW


async def test_expired_detail_is_answered_from_hours(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    samples = wave(3 * 60)
    await measured(connection, samples)
    later = NOW + 30 * DAY
    await maintain(connection, STORE_CATALOGUE, tier, Lifetimes(metrics=DAY), later)
    answer = await ask(
        connection,
        buckets=FixedBuckets(MINUTE),
        end=START + 3 * HOUR,
        aggregates=ALL,
    )
    assert (answer.source, answer.width) == (Source.HOURLY, 3600)
    assert answer.columns == expected(samples, HOUR)


@pytest.mark.parametrize(
    "zone", [BERLIN, ZoneInfo("America/New_York"), ZoneInfo("UTC")]
)
@pytest.mark.parametrize("line", [False, True])
async def test_days_go_back_further_than_hours(
    connection: asyncpg.Connection, tier: Tier, zone: ZoneInfo, line: bool
) -> None:
    """Days of a zone are exact as far as there are hours, and before made of the days of UTC; every row counts once."""
    first = floor(NOW - 60 * DAY, DAY)
    samples = wave(58 * 24, HOUR, first)
    await measured(connection, samples)
    lifetimes = Lifetimes(metrics=2 * DAY, hourly=30 * DAY)
    await maintain(connection, STORE_CATALOGUE, tier, lifetimes, NOW)
    hourly_since = await connection.fetchval(
        "SELECT since FROM maestra_kept WHERE source = 'device_metrics_hourly'"
    )
    answer = await ask(
        connection,
        start=first - 2 * DAY,
        end=NOW,
        buckets=CalendarBuckets(Period.DAY, zone),
        aggregates=("count", "min", "max"),
        line=line,
    )
    assert (answer.source, answer.width) == (Source.DAILY, "day")
    if line:
        assert max(answer.columns["value"]) == max(value for _, value in samples)
        return
    assert sum(answer.columns["count"]) == len(samples)
    exact = [
        (time, count)
        for time, count in zip(
            answer.columns["time"], answer.columns["count"], strict=True
        )
        if time >= hourly_since.timestamp() + 86400
    ]
    days: defaultdict[float, int] = defaultdict(int)
    for time, _ in samples:
        days[CalendarBuckets(Period.DAY, zone).floor(time).timestamp()] += 1
    assert len(exact) > 20
    assert exact == [(time, days[time]) for time, _ in exact]


async def test_single_rows_are_not_read_without_end(
    connection: asyncpg.Connection, tier: Tier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too many of them are answered by hours; percentiles are refused, with what to do."""
    monkeypatch.setattr(
        "custom_components.maestra.core.store.history.MAX_ROWS", 24 * 60
    )
    samples = wave(4 * 24 * 60)
    await measured(connection, samples)
    await maintain(connection, STORE_CATALOGUE, tier, Lifetimes(), NOW)
    buckets = FixedBuckets(MINUTE * 90, START)
    few = await ask(
        connection, end=START + DAY, buckets=buckets, aggregates=("max", "p50")
    )
    assert few.source == Source.RAW
    many = await ask(connection, buckets=buckets, aggregates=ALL)
    assert (many.source, many.width) == (Source.HOURLY, 7200)
    assert many.columns == expected(samples, 2 * HOUR)
    with pytest.raises(InvalidField, match="ask for less time or fewer series"):
        await ask(connection, buckets=buckets, aggregates=("max", "p50"))


async def test_percentiles_of_rows_that_are_gone_are_refused(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    await measured(connection, wave(5 * 24 * 60))
    await maintain(connection, STORE_CATALOGUE, tier, Lifetimes(metrics=3 * DAY), NOW)
    with pytest.raises(InvalidField, match="kept since 2026-11-05: begin there"):
        await ask(connection, buckets=FixedBuckets(DAY), aggregates=("p50",))
    answer = await ask(
        connection, start=NOW - 3 * DAY, buckets=FixedBuckets(DAY), aggregates=("p50",)
    )
    assert len(answer.columns["p50"]) == 1


@pytest.mark.parametrize("days", [1, 3, 40])
@pytest.mark.parametrize("zone", [BERLIN, KOLKATA, ZoneInfo("Asia/Beirut")])
async def test_a_number_of_days_follows_the_zone(
    connection: asyncpg.Connection, days: int, zone: ZoneInfo
) -> None:
    start = datetime(2026, 3, 1, tzinfo=zone)
    samples = wave(60 * 24 * 2, HOUR / 2, start.astimezone(UTC))
    await measured(connection, samples)
    buckets = buckets_for(start, start + days * 50 * DAY, 50, zone)
    assert buckets == LocalDays(days, zone)
    answer = await ask(
        connection,
        start=start,
        end=start + 61 * DAY,
        buckets=buckets,
        aggregates=("count",),
    )
    wanted: defaultdict[float, int] = defaultdict(int)
    for time, _ in samples:
        wanted[buckets.floor(time).timestamp()] += 1
    assert answer.columns == {"time": [*wanted], "count": [*wanted.values()]}
    midnights = {
        datetime.fromtimestamp(time, zone).replace(tzinfo=None)
        for time in answer.columns["time"]
    }
    assert {(it.hour, it.minute) for it in midnights} <= {(0, 0), (1, 0)}
    assert answer.width == days * 86400


# What can't be asked.


@pytest.mark.parametrize(
    "address",
    [
        "kitchen",
        "sensor.kitchen; DROP TABLE devices",
        5,
        None,
        {},
        {"device": "x"},
        {"device": "x", "metric": "y", "unit": "z"},
        {"device": "x", "metric": ""},
        {"device": "x", "metric": "a\0b"},
        {"device": "x", "metric": "y" * 600},
        {"device": ["x"], "metric": "y"},
        {"device": "x", "datapoint": 5},
        {"device": 2**31, "datapoint": 5},
        {"device": True, "datapoint": 5},
    ],
)
def test_series_that_are_none(address: object) -> None:
    with pytest.raises(InvalidField):
        STORE_CATALOGUE.read_series(address)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"series": ()}, InvalidField),
        ({"series": tuple(ha_series(f"sensor.n{n}") for n in range(51))}, TooMany),
        ({"end": START}, InvalidField),
        ({"start": START.replace(tzinfo=None)}, InvalidField),
        ({"start": datetime(1, 1, 1, tzinfo=UTC)}, InvalidField),
        ({"limit": 0}, InvalidField),
        ({"limit": MAX_POINTS + 1}, InvalidField),
        ({"line": True}, InvalidField),
        ({"aggregates": ()}, InvalidField),
        ({"aggregates": ("median",)}, InvalidField),
        ({"aggregates": ("p101",)}, InvalidField),
        ({"aggregates": ("max(v)",)}, InvalidField),
        ({"cursor": "x", "buckets": FixedBuckets(HOUR)}, InvalidField),
        ({"buckets": FixedBuckets(MINUTE)}, TooMany),
        ({"buckets": FixedBuckets(MINUTE * 4), "line": True}, TooMany),
    ],
)
def test_questions_that_are_none(data: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        question(**data)


@pytest.mark.parametrize("width", [timedelta(), -HOUR, 4000 * DAY])
def test_a_bucket_needs_a_width(width: timedelta) -> None:
    with pytest.raises(InvalidField):
        FixedBuckets(width)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "1~2~3",
        "1~x~3~4",
        "9e99~1~1~1",
        f"1~1~{2**63}~1",
        "1~1~1~-1",
        f"{10**30}~1~1~1",
    ],
)
def test_a_cursor_must_be_ours(cursor: str) -> None:
    with pytest.raises(InvalidField):
        Cursor.read(cursor)


@on_servers
async def test_too_many_newest_values(connection: asyncpg.Connection) -> None:
    with pytest.raises(TooMany):
        await read_last(connection, [ha_series("sensor.a")] * (MAX_LAST + 1))


@pytest.mark.parametrize("count", [1, 7, 100, 333, MAX_POINTS])
def test_a_number_of_buckets_is_not_exceeded(count: int) -> None:
    for span in (SECOND, HOUR, DAY, 7 * DAY, 3650 * DAY):
        buckets = buckets_for(START, START + span, count, BERLIN)
        width = timedelta(seconds=float(buckets.width))
        assert span <= width * count
        # Stays put while the range moves on.
        assert DAY % width == timedelta() or not width % DAY
        question(end=START + span, buckets=buckets)
