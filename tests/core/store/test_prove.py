"""What a server must let us do before a database is taken."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from custom_components.maestra.core.store.connection import connect
from custom_components.maestra.core.store.errors import (
    StoreError,
    StorePermissionMissing,
    StorePooled,
    StoreReadOnly,
    StoreSchemaTooNew,
    StoreUnsuitable,
)
from custom_components.maestra.core.store.schema.migrate import migrate
from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.core.store.store import prove
from scripts.catalogue import STORE_CATALOGUE

from ...kits.database import PgBouncer, Postgres, fetch

RELATIONS = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"


async def test_an_empty_database_is_taken_and_left_as_it_is(
    any_database: StoreSettings,
) -> None:
    connection = await connect(any_database)
    before = await connection.fetch(RELATIONS)
    await connection.close()

    await prove(any_database, STORE_CATALOGUE)

    connection = await connect(any_database)
    assert await connection.fetch(RELATIONS) == before
    await connection.close()


async def test_tables_of_ours_are_taken(any_database: StoreSettings) -> None:
    server = await prove(any_database, STORE_CATALOGUE)
    connection = await connect(any_database)
    await migrate(connection, STORE_CATALOGUE, server.tier)
    await connection.close()

    await prove(any_database, STORE_CATALOGUE)


@pytest.mark.parametrize(
    ("statements", "problem", "reason"),
    [
        pytest.param(
            "CREATE TABLE device_metrics (of text)",
            StoreUnsuitable,
            'relation "device_metrics" already exists',
            id="foreign table",
        ),
        pytest.param(
            "CREATE TABLE maestra_migrations (filename text PRIMARY KEY, version integer);"
            "INSERT INTO maestra_migrations VALUES ('9999_later.sql', 9999)",
            StoreSchemaTooNew,
            "version 9999",
            id="newer Maestra",
        ),
    ],
)
async def test_what_is_in_the_way_is_told(
    any_database: StoreSettings,
    statements: str,
    problem: type[StoreError],
    reason: str,
) -> None:
    connection = await connect(any_database)
    await connection.execute(statements)
    await connection.close()
    with pytest.raises(problem, match=reason):
        await prove(any_database, STORE_CATALOGUE)


async def test_a_read_only_database_is_refused(database: StoreSettings) -> None:
    name = database.database
    await fetch(
        database, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'
    )
    with pytest.raises(StoreReadOnly):
        await prove(database, STORE_CATALOGUE)


@pytest.fixture
async def stage(postgres: Postgres, database: StoreSettings) -> AsyncGenerator[str]:
    """A user who may create tables in the database, and no more."""
    administrator = await postgres.connect(database.database)
    await administrator.execute(
        "CREATE USER stage; GRANT ALL ON SCHEMA public TO stage"
    )
    yield "stage"
    await administrator.execute("DROP OWNED BY stage; DROP USER stage")
    await administrator.close()


async def test_each_right_that_is_missing_is_told(
    postgres: Postgres, database: StoreSettings, stage: str
) -> None:
    as_stage = postgres.settings(database.database, user=stage)
    # What makes `ltree` needs a right on the database.
    with pytest.raises(StorePermissionMissing, match="ltree"):
        await prove(as_stage, STORE_CATALOGUE)

    await fetch(database, "CREATE EXTENSION ltree")
    server = await prove(as_stage, STORE_CATALOGUE)

    connection = await connect(database)
    await migrate(connection, STORE_CATALOGUE, server.tier)
    await connection.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO stage")
    await connection.close()
    with pytest.raises(StorePermissionMissing, match="belongs to postgres"):
        await prove(as_stage, STORE_CATALOGUE)


async def test_a_pooler_that_shares_sessions_is_refused(
    postgres: Postgres, database: StoreSettings, tmp_path: Path
) -> None:
    async with PgBouncer(tmp_path, postgres, "transaction") as pooler:
        with pytest.raises(StorePooled):
            await prove(pooler.settings(database.database), STORE_CATALOGUE)


async def test_a_pooler_that_keeps_sessions_is_taken(
    postgres: Postgres, database: StoreSettings, tmp_path: Path
) -> None:
    async with PgBouncer(tmp_path, postgres, "session") as pooler:
        await prove(pooler.settings(database.database), STORE_CATALOGUE)


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII", "EUC_JP"])
async def test_a_database_that_has_not_all_characters_is_refused(
    postgres: Postgres, encoding: str
) -> None:
    name = await postgres.create_database(encoding=encoding)
    with pytest.raises(StoreUnsuitable, match=encoding):
        await prove(postgres.settings(name), STORE_CATALOGUE)
    await postgres.drop_database(name)
