"""Databases of all three tiers."""

from collections.abc import AsyncGenerator, Generator
import os
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import asyncpg
import pytest

from custom_components.maestra.core.store.connection import Tier, connect, detect
from custom_components.maestra.core.store.settings import StoreSettings

from ...kits.pglite import Pglite

FULL_SERVER: Final = "MAESTRA_TEST_TIMESCALE_DSN"
"""Names a server with TimescaleDB's community edition, and a user who may create databases there."""

COMMUNITY: Final = pytest.param(
    "community_database", id="community", marks=pytest.mark.xdist_group("pglite")
)
FULL: Final = pytest.param(
    "full_database",
    id="full",
    marks=pytest.mark.skipif(FULL_SERVER not in os.environ, reason=f"no {FULL_SERVER}"),
)
PLAIN: Final = pytest.param("plain_database", id="plain")
APACHE: Final = pytest.param("database", id="apache")


@pytest.fixture(scope="session")
def pglite() -> Generator[Pglite]:
    """TimescaleDB's community edition, with one session for all."""
    server = Pglite()
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def community_database(pglite: Pglite, has_tables: bool) -> StoreSettings:
    """A database with TimescaleDB's community edition, for one connection at a time."""
    return await pglite.create_database(tables=has_tables)


@pytest.fixture
async def full_database() -> AsyncGenerator[StoreSettings]:
    """An empty database on a full community server."""
    dsn = os.environ[FULL_SERVER]
    parts = urlsplit(dsn)
    name = f"maestra_{uuid4().hex[:12]}"
    server = await asyncpg.connect(dsn)
    await server.execute(f'CREATE DATABASE "{name}"')
    yield StoreSettings(
        host=parts.hostname or "127.0.0.1",
        port=parts.port or 5432,
        database=name,
        user=unquote(parts.username or "postgres"),
        password=unquote(parts.password or ""),
    )
    await server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await server.close()


@pytest.fixture(params=[PLAIN, APACHE, COMMUNITY, FULL])
def any_database(request: pytest.FixtureRequest) -> StoreSettings:
    """A database of each tier in turn."""
    settings: StoreSettings = request.getfixturevalue(request.param)
    return settings


@pytest.fixture
async def connection(
    any_database: StoreSettings,
) -> AsyncGenerator[asyncpg.Connection]:
    """A connection to it."""
    connection = await connect(any_database)
    yield connection
    await connection.close()


@pytest.fixture
async def tier(connection: asyncpg.Connection) -> Tier:
    """What it is, found out as the store does."""
    return (await detect(connection)).tier
