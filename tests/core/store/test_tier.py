"""What a server is found to be."""

import pytest

from custom_components.maestra.core.store.connection import (
    ServerInfo,
    Tier,
    connect,
    detect,
)
from custom_components.maestra.core.store.settings import StoreSettings

from ...kits.database import Postgres
from .conftest import APACHE, COMMUNITY, FULL, PLAIN


@pytest.mark.parametrize(
    ("any_database", "tier"),
    [
        pytest.param(*kind.values, tier, id=kind.id, marks=kind.marks)
        for kind, tier in (
            (PLAIN, Tier.PLAIN),
            (APACHE, Tier.APACHE),
            (COMMUNITY, Tier.COMMUNITY),
            (FULL, Tier.COMMUNITY),
        )
    ],
    indirect=["any_database"],
)
async def test_tier_is_found(any_database: StoreSettings, tier: Tier) -> None:
    info = await inspect(any_database)
    assert info.tier is tier
    assert (info.timescaledb is not None) == tier.has_hypertables
    assert int(info.postgresql.split(".")[0]) >= 14


async def test_timescaledb_is_switched_on_where_it_may_be(postgres: Postgres) -> None:
    name = await postgres.create_database(timescaledb=False)
    assert (await inspect(postgres.settings(name))).tier is Tier.APACHE
    await postgres.drop_database(name)


async def inspect(settings: StoreSettings) -> ServerInfo:
    """Connect once and detect."""
    connection = await connect(settings)
    try:
        return await detect(connection)
    finally:
        await connection.close()
