"""What is recorded when it changes holds until the next row: means are over time, whatever they are made of."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
import random
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from custom_components.maestra.core.store.buckets import (
    DAY,
    HOUR,
    Buckets,
    CalendarBuckets,
    FixedBuckets,
    Period,
)
from custom_components.maestra.core.store.connection import Tier
from custom_components.maestra.core.store.ha_rows import ha_series
from custom_components.maestra.core.store.history import HistoryRequest, read_history
from custom_components.maestra.core.store.maintenance import maintain
from custom_components.maestra.core.store.schema.migrate import migrate, read_migrations
from custom_components.maestra.core.store.settings import Lifetimes
from scripts.catalogue import STORE_CATALOGUE

pytestmark = pytest.mark.tables

START = datetime(2026, 11, 1, tzinfo=UTC)
NOW = START + 9 * DAY
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
FOR_EVER = Lifetimes(metrics=None, hourly=None, daily=None, events=None)
BERLIN = ZoneInfo("Europe/Berlin")

type State = tuple[datetime, float | None]


@pytest.fixture
async def connection(connection: asyncpg.Connection, tier: Tier) -> asyncpg.Connection:
    """A connection to a database of each tier in turn, with our tables and one entity."""
    await migrate(connection, STORE_CATALOGUE, tier)
    await connection.execute(
        "INSERT INTO ha_entities (entity_id) VALUES ('sensor.motion')"
    )
    return connection


async def shows(
    connection: asyncpg.Connection, states: Iterable[State], *, late: bool = False
) -> None:
    """Write states as the writer does; None is `unavailable`."""
    rows = [
        (time, 1, "unavailable" if value is None else str(value), value)
        for time, value in states
    ]
    columns = ["time", "entity", "state", "value"]
    async with connection.transaction():
        await connection.copy_records_to_table(
            "ha_states", records=rows, columns=columns
        )
        if late:
            await connection.execute(
                "INSERT INTO maestra_late (source, start, \"end\") VALUES ('ha_states', $1, $2)",
                min(rows)[0],
                max(rows)[0],
            )


async def ask(
    connection: asyncpg.Connection, buckets: Buckets, **data: Any
) -> dict[str, Any]:
    """Return the columns, with those for `source`."""
    request = HistoryRequest(
        **{
            "series": (ha_series("sensor.motion"),),
            "start": START,
            "end": NOW,
            "buckets": buckets,
            **data,
        }
    )
    (answer,) = await read_history(connection, request, now=NOW)
    return {"source": answer.source, **answer.columns}


def over_time(
    states: Sequence[State], buckets: Buckets, start: datetime = START
) -> dict[str, list[Any]]:
    """Compute what buckets hold, second by second so to speak, up to now."""
    found: dict[str, list[Any]] = {
        name: [] for name in ("time", "mean", "min", "max", "count", "last")
    }
    end = (NOW + DAY, None)
    begin, last = buckets.covering(start, NOW)
    while begin < last:
        stop = buckets.next(begin)
        held = [
            (value, (min(until, stop, NOW) - max(time, begin)).total_seconds())
            for (time, value), (until, _) in pairwise([*states, end])
            if value is not None and time < stop and until > begin
        ]
        held = [(value, seconds) for value, seconds in held if seconds > 0]
        rows = [
            value
            for time, value in states
            if begin <= time < stop and value is not None
        ]
        if held:
            values = [value for value, _ in held] + rows
            found["time"].append(begin.timestamp())
            seconds = sum(seconds for _, seconds in held)
            mean = sum(value * seconds for value, seconds in held) / seconds
            found["mean"].append(pytest.approx(mean))
            found["min"].append(min(values))
            found["max"].append(max(values))
            found["count"].append(len(rows))
            found["last"].append(held[-1][0])
        begin = stop
    return found


ALL = ("mean", "min", "max", "count", "last")


def random_states(seed: int, count: int = 400) -> list[State]:
    """Return states of a week at odd times: in quick succession and days apart, with gaps."""
    dice = random.Random(seed)
    time, states = START - 2 * DAY, []
    for _ in range(count):
        time += timedelta(seconds=dice.choice((0.5, 7, 61, 1800, 9000)) * dice.random())
        value = None if dice.random() < 0.1 else float(dice.randrange(1, 100))
        states.append((time, value))
        if dice.random() < 0.02:
            time += timedelta(hours=dice.choice((3, 30)))
    return [state for state in states if state[0] < NOW]


CUTS = pytest.mark.parametrize(
    "buckets",
    [
        FixedBuckets(17 * MINUTE),
        FixedBuckets(HOUR),
        FixedBuckets(5 * HOUR),
        FixedBuckets(DAY),
        FixedBuckets(3 * DAY),
        CalendarBuckets(Period.DAY, BERLIN),
    ],
    ids=repr,
)


@CUTS
async def test_means_are_over_time_whatever_they_are_made_of(
    connection: asyncpg.Connection, tier: Tier, buckets: Buckets
) -> None:
    """Before and after they are settled, with rows that came late, and after the rows themselves are gone."""
    states = random_states(7)
    wanted = over_time(states, buckets)
    late = states[20:400:9]
    await shows(connection, (one for one in states if one not in late))
    await maintain(connection, STORE_CATALOGUE, tier, FOR_EVER, NOW - DAY)
    await shows(connection, late, late=True)
    for now in (NOW, NOW):
        await maintain(connection, STORE_CATALOGUE, tier, FOR_EVER, now)
        answer = await ask(connection, buckets, aggregates=ALL)
        source = answer.pop("source")
        assert answer == wanted

    lifetimes = Lifetimes(states=2 * DAY)
    await maintain(connection, STORE_CATALOGUE, tier, lifetimes, NOW)
    if source != "raw":
        answer = await ask(connection, buckets, aggregates=ALL)
        assert answer.pop("source") == source
        assert answer == wanted


@CUTS
async def test_means_are_over_time_before_anything_is_settled(
    connection: asyncpg.Connection, buckets: Buckets
) -> None:
    states = random_states(11)
    await shows(connection, states)
    answer = await ask(connection, buckets, aggregates=ALL)
    del answer["source"]
    assert answer == over_time(states, buckets)


@pytest.mark.parametrize("settled", [False, True])
async def test_a_motion_sensor_is_not_half_on(
    connection: asyncpg.Connection, tier: Tier, settled: bool
) -> None:
    """10 seconds an hour."""
    states: list[State] = []
    for number in range(48):
        hour = START + HOUR * number
        states += [(hour + MINUTE, 1.0), (hour + MINUTE + 10 * SECOND, 0.0)]
    await shows(connection, states)
    if settled:
        await maintain(connection, STORE_CATALOGUE, tier, FOR_EVER, NOW)
    asked = {"end": START + 2 * DAY, "aggregates": ("mean", "mean_of_samples")}
    for width, first in ((MINUTE * 30, 10 / 1740), (HOUR, 10 / 3540), (DAY, None)):
        answer = await ask(connection, FixedBuckets(width), **asked)
        if first is not None:
            # It has no state before the first.
            assert answer["mean"][0] == pytest.approx(first)
        assert answer["mean"][-1] == pytest.approx(
            0 if width < HOUR else 10 / 3600, abs=1e-12
        )
        assert answer["mean_of_samples"][0] == 0.5


@pytest.mark.parametrize(
    "lifetimes",
    [None, Lifetimes(states=5 * DAY), Lifetimes(states=5 * DAY, hourly=7 * DAY)],
)
async def test_what_does_not_change_has_buckets(
    connection: asyncpg.Connection, tier: Tier, lifetimes: Lifetimes | None
) -> None:
    """Until it is said to be gone, and never in the future; also where only the days know what there was before."""
    states = [
        (START - 40 * DAY, 0.1),
        (START + 4 * DAY, None),
        (NOW - 90 * MINUTE, 5.0),
    ]
    await shows(connection, states)
    if lifetimes:
        await maintain(connection, STORE_CATALOGUE, tier, lifetimes, NOW)
    answer = await ask(
        connection,
        FixedBuckets(HOUR),
        start=START + 2 * DAY,
        end=NOW + DAY,
        aggregates=(*ALL, "sum", "mean_of_samples"),
    )
    assert answer["mean"] == answer["min"] == answer["max"] == [0.1] * 48 + [5.0] * 2
    assert answer["last"] == [0.1] * 48 + [5.0] * 2
    assert answer["count"] == [0] * 48 + [1, 0]
    assert answer["sum"] == [0] * 48 + [5, 0]
    assert answer["mean_of_samples"] == [None] * 48 + [5, None]
    assert answer["time"][-1] == (NOW - HOUR).timestamp()


async def test_percentiles_are_of_samples(connection: asyncpg.Connection) -> None:
    await shows(connection, [(START + MINUTE * n, float(n)) for n in range(5)])
    answer = await ask(
        connection,
        FixedBuckets(HOUR),
        end=START + 2 * HOUR,
        aggregates=("p50", "p100", "mean"),
    )
    assert answer["p50"] == [2, None]
    assert answer["p100"] == [4, None]
    assert answer["mean"] == [pytest.approx((0 + 1 + 2 + 3 + 4 * 56) / 60), 4]


async def test_a_database_of_before_gets_means_over_time(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    """Of the rows that it has; what is left of older ones counts as it was."""
    states = random_states(3, 1500)
    await shows(connection, states)
    lifetimes = Lifetimes(states=4 * DAY)
    await maintain(connection, STORE_CATALOGUE, tier, lifetimes, NOW)
    since = await connection.fetchval(
        "SELECT since FROM maestra_kept WHERE source = 'ha_states'"
    )
    before = await ask(connection, FixedBuckets(HOUR), aggregates=ALL)
    held = [
        migration
        for migration in read_migrations(STORE_CATALOGUE)
        if migration.filename == "topic_ha_states_held.sql"
    ]
    await connection.execute(
        "DROP TABLE ha_states_hourly_held, ha_states_daily_held;"
        "DELETE FROM maestra_rollups WHERE name LIKE 'ha_states_%_held'"
    )
    await connection.execute(held[0].sql)
    await maintain(connection, STORE_CATALOGUE, tier, lifetimes, NOW)
    after = await ask(connection, FixedBuckets(HOUR), aggregates=ALL)
    # From the first row on that is there.
    first = next(
        number
        for number, time in enumerate(after["time"])
        if time > since.timestamp() and after["count"][number]
    )
    offset = before["time"].index(after["time"][first])
    first, offset = first + 1, offset + 1
    assert len(after["time"]) - first > 24
    for name in ("time", *ALL):
        assert after[name][first:] == before[name][offset:]
    assert sum(after["count"]) == sum(before["count"])


async def test_unfinished_work_after_an_update_answers_all_the_same(
    connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the rows of before are settled, there are the averages of samples."""
    monkeypatch.setattr("custom_components.maestra.core.store.history.MAX_ROWS", 10)
    await shows(connection, random_states(5))
    answer = await ask(connection, FixedBuckets(HOUR), aggregates=("mean",))
    assert answer["source"] == "hourly"
    assert len(answer["mean"]) > 20
