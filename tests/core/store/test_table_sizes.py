"""How large tables are, since when they have rows, and what compression has made of them, on every tier."""

from datetime import timedelta

import asyncpg
import pytest

from custom_components.maestra.core.store.connection import Tier
from custom_components.maestra.core.store.maintenance import maintain
from custom_components.maestra.core.store.schema.migrate import migrate
from custom_components.maestra.core.store.settings import Lifetimes
from custom_components.maestra.core.store.table_sizes import read_sizes, relations
from scripts.catalogue import STORE_CATALOGUE

from .conftest import COMMUNITY, FULL
from .samples import ago, insert, readings

pytestmark = pytest.mark.tables


@pytest.fixture
async def tables(connection: asyncpg.Connection, tier: Tier) -> None:
    """Have the tables there."""
    await migrate(connection, STORE_CATALOGUE, tier)


@pytest.mark.usefixtures("tables")
async def test_every_table_that_grows_has_a_size(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    empty = await read_sizes(connection, STORE_CATALOGUE, tier)
    assert empty.keys() == dict(relations(STORE_CATALOGUE)).keys()
    assert all(size.oldest is None for size in empty.values())

    start = ago(5)
    await insert(connection, readings(start, count=5_000))
    await maintain(connection, STORE_CATALOGUE, tier, Lifetimes())
    sizes = await read_sizes(connection, STORE_CATALOGUE, tier)
    metrics = sizes["device_metrics"]
    assert metrics.bytes > empty["device_metrics"].bytes
    assert metrics.oldest is not None
    assert timedelta(0) <= start - metrics.oldest <= timedelta(days=1)
    hourly = sizes["device_metrics_hourly"]
    assert hourly.bytes > empty["device_metrics_hourly"].bytes
    assert hourly.oldest is not None
    assert sizes["device_events"].oldest is None


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("any_database", [COMMUNITY, FULL], indirect=True)
async def test_what_compression_has_made_of_a_table(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    await insert(connection, readings(ago(5), count=20_000))
    await connection.execute(
        "SELECT compress_chunk(chunk) FROM show_chunks('device_metrics') AS chunk"
    )
    size = (await read_sizes(connection, STORE_CATALOGUE, tier))["device_metrics"]
    assert size.before is not None
    assert size.after is not None
    assert size.before > size.after > 0


def test_each_is_kept_as_long_as_is_set() -> None:
    lifetimes = Lifetimes(
        hourly=timedelta(days=1), events=None, event_ids=timedelta(days=3)
    )
    kept = {
        name: relation.lifetime(lifetimes)
        for name, relation in relations(STORE_CATALOGUE)
    }
    assert kept["device_metrics"] == timedelta(days=90)
    assert kept["device_metrics_hourly"] == timedelta(days=7)
    assert kept["device_metrics_daily"] == timedelta(days=5 * 365)
    assert kept["device_events"] is None
    assert kept["event_ids"] == timedelta(days=3)
