"""Values of one name in several units: no average has two of them, wherever it is read."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import Any, Final

import asyncpg
import pytest

from custom_components.maestra.core.domain.units import UNIT_ALIASES, normal_unit
from custom_components.maestra.core.qs.rows import EVENTS, QS_ROWS
from custom_components.maestra.core.store.buckets import DAY, HOUR, FixedBuckets
from custom_components.maestra.core.store.connection import Tier
from custom_components.maestra.core.store.history import (
    HistoryRequest,
    SeriesHistory,
    read_history,
    read_last,
)
from custom_components.maestra.core.store.maintenance import apply_lifetimes, maintain
from custom_components.maestra.core.store.rollups import floor
from custom_components.maestra.core.store.schema.migrate import migrate, read_migrations
from custom_components.maestra.core.store.settings import Lifetimes
from custom_components.maestra.core.store.tables import RollupColumns
from custom_components.maestra.core.store.topic import Catalogue
from scripts.catalogue import STORE_CATALOGUE

from .conftest import COMMUNITY, FULL
from .samples import ago

MINUTE: Final = timedelta(minutes=1)
UNITS: Final = ("C", "celsius", "F", "°C", None)
"""What a device calls its units, in turn; the last one that it names is °C."""
NAMES: Final[Mapping[str, frozenset[str]]] = {
    "air [°C]": frozenset({"°C"}),
    "air [fahrenheit]": frozenset({"°F"}),
    "air []": frozenset({""}),
    "air [K]": frozenset(),
    # The newest unit that was named, with what has none.
    "air": frozenset({"°C", ""}),
}
"""Names of series, and which units they have."""
FOR_EVER: Final = Lifetimes(hourly=None, daily=None, events=None)
WITHOUT_UNITS: Final = Catalogue(
    replace(
        topic,
        tables=(
            replace(
                EVENTS,
                rollup=RollupColumns(
                    series=("device_id", "event_type"), value="value_num"
                ),
            ),
        ),
        series=(),
        feeds=(),
    )
    if topic is QS_ROWS
    else topic
    for topic in STORE_CATALOGUE.topics
)
"""What the store kept before rollups had units."""
OF_UNITS: Final = ("0006_keep_units", "0026_units", "0027_unit_")

type Event = tuple[datetime, float, str | None]


def events(start: datetime, count: int, step: timedelta = 7 * MINUTE) -> list[Event]:
    return [
        (start + step * n, float(n * 7919 % 1009) / 8, UNITS[n % len(UNITS)])
        for n in range(count)
    ]


async def insert(
    connection: asyncpg.Connection, rows: Iterable[Event], event_type: str = "air"
) -> None:
    await connection.copy_records_to_table(
        "events",
        records=[
            (f"{event_type}-{time.timestamp()}", "qs-7", 1, event_type, value, unit, time)
            for time, value, unit in rows
        ],
        columns=[
            "event_id", "device_id", "schema", "event_type", "value_num", "unit", "ts_server",
        ],
    )  # fmt: skip


async def insert_late(connection: asyncpg.Connection, rows: list[Event]) -> None:
    async with connection.transaction():
        await insert(connection, rows)
        await connection.execute(
            'INSERT INTO maestra_late (source, start, "end") VALUES ($1, $2, $3)',
            "events",
            min(rows)[0],
            max(rows)[0],
        )


async def ask(connection: asyncpg.Connection, name: str, **data: Any) -> SeriesHistory:
    series = STORE_CATALOGUE.read_series({"device": "qs-7", "event_type": name})
    span = {"start": ago(60), "end": datetime.now(UTC)}
    request = HistoryRequest(series=(series,), **{**span, **data})
    (answer,) = await read_history(connection, request)
    return answer


def of(
    rows: Iterable[Event], units: frozenset[str], width: timedelta
) -> dict[str, list[Any]]:
    """Compute in Python what the buckets of some units hold."""
    cut: defaultdict[datetime, list[float]] = defaultdict(list)
    for time, value, unit in sorted(rows, key=lambda row: row[0]):
        if (normal_unit(unit) or "") in units:
            cut[floor(time, width)].append(value)
    return {
        "time": [time.timestamp() for time in cut],
        "mean": [pytest.approx(fmean(values)) for values in cut.values()],
        "min": [min(values) for values in cut.values()],
        "max": [max(values) for values in cut.values()],
        "count": [len(values) for values in cut.values()],
    }


async def check(
    connection: asyncpg.Connection,
    rows: list[Event],
    names: Mapping[str, frozenset[str]] = NAMES,
    widths: Iterable[timedelta] = (20 * MINUTE, HOUR, DAY),
) -> None:
    """Every name has the buckets of its units alone, whatever they are made of."""
    for name, units in names.items():
        for width in widths:
            found = await ask(
                connection,
                name,
                buckets=FixedBuckets(width),
                aggregates=("mean", "min", "max", "count"),
            )
            assert found.columns == of(rows, units, width), (name, width)


async def test_units_are_written_as_in_python(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    await migrate(connection, STORE_CATALOGUE, tier)
    change: tuple[Callable[[str], str], ...] = (
        str,
        str.upper,
        str.title,
        " {} ".format,
        "\t{}\n".format,
    )
    units = [
        *(each(unit) for unit in UNIT_ALIASES for each in change),
        *UNIT_ALIASES.values(),
        *(None, "", " ", "\t", "mW", "MW", "W/m²", "µg/m³", "a b", "x" * 64, '"', "\\"),
    ]
    rows = await connection.fetch(
        "SELECT normal_unit(u) AS unit FROM unnest($1::text[]) WITH ORDINALITY AS t (u, n) ORDER BY n",
        units,
    )
    assert [row["unit"] for row in rows] == [normal_unit(unit) or "" for unit in units]


async def test_no_average_has_two_units(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    """Not from raw rows, nor from hours or days, settled or not, nor where rows come late."""
    await migrate(connection, STORE_CATALOGUE, tier)
    rows = events(floor(ago(4), DAY), 600)
    await insert(connection, rows)
    await check(connection, rows)

    await maintain(connection, STORE_CATALOGUE, tier, FOR_EVER)
    newest = events(ago(0.02), 5, MINUTE)
    await insert(connection, newest)
    await check(connection, rows + newest)

    late = events(floor(ago(3), DAY) + MINUTE, 20)
    await insert_late(connection, late)
    await maintain(connection, STORE_CATALOGUE, tier, FOR_EVER)
    await check(connection, rows + newest + late)

    both = {
        row["unit"]
        for row in await connection.fetch(
            "SELECT DISTINCT unit FROM events_daily WHERE event_type = 'air'"
        )
    }
    assert both == {"°C", "°F", ""}


async def test_points_lines_and_newest_values_are_of_the_units_of_a_name(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    await migrate(connection, STORE_CATALOGUE, tier)
    start = floor(ago(3), DAY)
    await insert(
        connection,
        [(start, 21.5, "C"), (start + MINUTE, 70.7, "F"), (start + 2 * MINUTE, 22.0, None)],
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO events (event_id, device_id, schema, event_type, value_text, ts_server)"
        " VALUES ('t', 'qs-7', 1, 'air', 'broken', $1)",
        start + 3 * MINUTE,
    )
    # The newest unit that was named is °F.
    wanted = {
        "air": [70.7, 22.0, None],
        "air [F]": [70.7],
        "air [celsius]": [21.5],
        "air []": [22.0, None],
    }
    for name, values in wanted.items():
        assert (await ask(connection, name)).columns["value"] == values
        line = await ask(
            connection,
            name,
            start=start,
            end=start + HOUR,
            buckets=FixedBuckets(MINUTE),
            line=True,
        )
        numbers = [value for value in values if value is not None]
        assert line.columns["value"] == numbers
        (last,) = await read_last(
            connection,
            [STORE_CATALOGUE.read_series({"device": "qs-7", "event_type": name})],
        )
        assert (last.value, last.text) == (
            values[-1],
            None if values[-1] is not None else "broken",
        )


async def test_what_is_called_so_itself_comes_first(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    """A type of event may end in brackets."""
    await migrate(connection, STORE_CATALOGUE, tier)
    start = floor(ago(3), DAY)
    await insert(connection, [(start, 1.0, "C")], "raw")
    for name in ("raw [C]", "raw [x]"):
        await insert(connection, [(start, 2.0, "V"), (start + MINUTE, 3.0, "A")], name)
    for name, values in {
        "raw": [1.0],
        "raw [°C]": [1.0],
        "raw [C]": [3.0],
        "raw [C] [volt]": [2.0],
        "raw [x]": [3.0],
        "raw [x] []": [],
    }.items():
        assert (await ask(connection, name)).columns["value"] == values


async def test_a_name_finds_its_unit_when_the_rows_are_gone(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    await migrate(connection, STORE_CATALOGUE, tier)
    rows = events(floor(ago(30), DAY), 240, HOUR)
    await insert(connection, rows)
    short = Lifetimes(hourly=None, daily=None, events=timedelta(days=1))
    await maintain(connection, STORE_CATALOGUE, tier, short)
    assert await connection.fetchval("SELECT count(*) FROM events") == 0
    await check(connection, rows, NAMES, (HOUR, DAY))


@pytest.mark.parametrize("rows_go", [False, True])
async def test_rollups_of_before_are_made_anew_where_there_are_rows(
    connection: asyncpg.Connection, tier: Tier, rows_go: bool
) -> None:
    """What is left of others named no unit, and stays what it was."""
    every = read_migrations(STORE_CATALOGUE)
    before = [each for each in every if not each.filename.startswith(OF_UNITS)]
    await migrate(connection, WITHOUT_UNITS, tier, migrations=before)
    old, new = events(floor(ago(30), DAY), 100, HOUR), events(floor(ago(4), DAY), 600)
    await insert(connection, old + new)
    kept = Lifetimes(events=timedelta(days=14) if rows_go else None)
    await apply_lifetimes(connection, WITHOUT_UNITS, tier, kept)
    await maintain(connection, WITHOUT_UNITS, tier, kept)
    left = await connection.fetchval("SELECT count(*) FROM events")
    assert left == (600 if rows_go else 700)

    for _ in range(2):
        await migrate(connection, STORE_CATALOGUE, tier, migrations=every)
        await apply_lifetimes(connection, STORE_CATALOGUE, tier, kept)
        await maintain(connection, STORE_CATALOGUE, tier, kept)
    unnamed = [(time, value, None) for time, value, _ in old] if rows_go else old
    await check(connection, unnamed + new, widths=(HOUR, DAY))

    late = events(floor(ago(3), DAY) + MINUTE, 20)
    await insert_late(connection, late)
    await maintain(connection, STORE_CATALOGUE, tier, kept)
    await check(connection, unnamed + new + late, widths=(HOUR, DAY))


@pytest.mark.parametrize("any_database", [COMMUNITY, FULL], indirect=True)
@pytest.mark.parametrize("before", [Tier.PLAIN, Tier.APACHE])
async def test_units_rise_to_community(
    connection: asyncpg.Connection, before: Tier
) -> None:
    """Rollups whose rows are gone keep their units."""
    await migrate(connection, STORE_CATALOGUE, before)
    rows = events(floor(ago(30), DAY), 29 * 24, HOUR)
    await insert(connection, rows)
    kept = Lifetimes(events=timedelta(days=14))
    await maintain(connection, STORE_CATALOGUE, before, kept)
    assert 0 < await connection.fetchval("SELECT count(*) FROM events") < len(rows)

    await migrate(connection, STORE_CATALOGUE, Tier.COMMUNITY)
    await apply_lifetimes(connection, STORE_CATALOGUE, Tier.COMMUNITY, kept)
    await maintain(connection, STORE_CATALOGUE, Tier.COMMUNITY, kept)
    await check(connection, rows, widths=(HOUR, DAY))
