"""Reading all of a long range in pages, from real databases."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from custom_components.maestra.core.detectors.feeds import stored_series
from custom_components.maestra.core.detectors.rows import DETECTED_EVENTS, known_events
from custom_components.maestra.core.iss.rows import TELEMETRY_READINGS
from custom_components.maestra.core.store.entity_tables import DEVICE_METRICS
from custom_components.maestra.core.store.queries import read_before, read_pages
from custom_components.maestra.core.store.settings import StoreSettings
from scripts.catalogue import STORE_CATALOGUE

from ...kits.store import DEVICE, StoreKit

pytestmark = pytest.mark.tables

BEGIN = datetime(2026, 11, 20, 12, tzinfo=UTC)
TANK = stored_series(STORE_CATALOGUE.feeds, "iss:NODE3000005")
METRIC = stored_series(STORE_CATALOGUE.feeds, f"metric:{DEVICE}/rssi")


def at(second: float) -> datetime:
    return BEGIN + timedelta(seconds=second)


@pytest.fixture(params=["database", "plain_database"])
async def kit(
    request: pytest.FixtureRequest,
    database: StoreSettings,
    plain_database: StoreSettings,
    tmp_path: Path,
) -> AsyncGenerator[StoreKit]:
    """A store with and without TimescaleDB."""
    settings = {"database": database, "plain_database": plain_database}[request.param]
    async with StoreKit.running(settings, tmp_path) as found:
        await found.until(lambda store: store.is_connected)
        yield found


async def fill(kit: StoreKit, rows: list[tuple[float, float | None]]) -> None:
    for second, value in rows:
        row = (at(second), "NODE3000005", value, "", "24", "", "", "{}")
        kit.store.record(TELEMETRY_READINGS, row)
    await kit.store.flush()


async def pages(
    kit: StoreKit, series: Any, first: float, last: float, page: int
) -> list[list[tuple[float, float]]]:
    return [
        [((row["time"] - BEGIN).total_seconds(), row["value"]) for row in rows]
        async for rows in read_pages(kit.store, series, at(first), at(last), page)
    ]


async def test_all_of_a_range_in_order(kit: StoreKit) -> None:
    """Its beginning belongs to it, its end does not; what is no number is left out."""
    await fill(kit, [(n, float(n)) for n in reversed(range(10))])
    await fill(kit, [(4.5, None), (100, 1.0)])
    found = await pages(kit, TANK, 2, 9, 3)
    assert found == [
        [(2, 2), (3, 3), (4, 4)],
        [(5, 5), (6, 6), (7, 7)],
        [(8, 8)],
    ]
    assert await pages(kit, TANK, 2, 9, 7) == [[(n, n) for n in range(2, 9)]]
    assert (
        await pages(kit, stored_series(STORE_CATALOGUE.feeds, "iss:OTHER"), 0, 10, 3)
        == []
    )


async def test_a_page_never_ends_between_rows_of_one_time(kit: StoreKit) -> None:
    for second, value in ((0, 1), (1, 3), (1, 2), (1, 4), (2, 5)):
        row = (at(second), DEVICE, "rssi", float(value), None, "{}")
        kit.store.record(DEVICE_METRICS, row)
    await kit.store.flush()
    assert await pages(kit, METRIC, 0, 10, 2) == [
        [(0, 1), (1, 2), (1, 3), (1, 4)],
        [(2, 5)],
    ]


async def test_what_was_the_newest_at_a_time(kit: StoreKit) -> None:
    await fill(kit, [(0, 19.0), (5, 20.0), (6, None), (9, 21.0)])
    row = await read_before(kit.store, TANK, at(9))
    assert row
    assert (row["time"], row["value"]) == (at(5), 20)
    assert await read_before(kit.store, TANK, at(0)) is None


async def test_which_events_are_known(kit: StoreKit) -> None:
    for channel, second in (("NODE3000005", 0), ("NODE3000005", 10), ("OTHER", 5)):
        kit.store.record(DETECTED_EVENTS, (at(second), "urination", channel, 0.5, "{}"))
    await kit.store.flush()
    known = await known_events(kit.store, "NODE3000005", at(0), at(10))
    assert known == {("urination", at(0))}
