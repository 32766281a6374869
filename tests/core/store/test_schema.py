"""Migrations: each once, whole, in the right place, and never half."""

import asyncio
from collections.abc import AsyncGenerator
from uuid import UUID, uuid4

import asyncpg
import pytest

from custom_components.maestra.core.qs.events import TelemetryIdReused
from custom_components.maestra.core.qs.rows import EVENTS
from custom_components.maestra.core.store.claims import claim
from custom_components.maestra.core.store.connection import Tier, connect
from custom_components.maestra.core.store.errors import (
    StoreSchemaTooNew,
    StoreUnsuitable,
)
from custom_components.maestra.core.store.maintenance import apply_lifetimes, maintain
from custom_components.maestra.core.store.rollups import DAY, HOUR, floor
from custom_components.maestra.core.store.schema.generate import migrations_of
from custom_components.maestra.core.store.schema.migrate import (
    Migration,
    migrate,
    read_migrations,
)
from custom_components.maestra.core.store.settings import Lifetimes, StoreSettings
from custom_components.maestra.core.store.tables import Row, Table
from scripts.catalogue import STORE_CATALOGUE

from ...kits.database import Postgres
from .conftest import COMMUNITY, FULL
from .samples import ago, expected, insert, insert_late, readings, rollup

WRITTEN = {
    name: table for name, table in STORE_CATALOGUE.tables.items() if table.is_stored
}
"""The tables that there are."""
APPLIED = (
    "SELECT filename, version, applied_at FROM maestra_migrations ORDER BY filename"
)
OURS = """
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'v', 'm') AND c.relname = ANY ($1)
"""
TYPES = """
SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
HYPERTABLES = """
SELECT hypertable_name FROM timescaledb_information.hypertables
WHERE hypertable_schema = 'public' ORDER BY 1
"""
ANCESTORS = "SELECT slug, depth FROM get_entity_ancestors($1)"
DESCENDANTS = "SELECT slug, depth FROM get_entity_descendants($1, $2)"


@pytest.fixture
async def bare(
    postgres: Postgres,
) -> AsyncGenerator[StoreSettings]:
    """A database on a server with TimescaleDB, where it is not switched on."""
    name = await postgres.create_database(timescaledb=False)
    yield postgres.settings(name)
    await postgres.drop_database(name)


async def test_second_run_changes_nothing(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    await migrate(connection, STORE_CATALOGUE, tier)
    before = await connection.fetch(APPLIED)
    await migrate(connection, STORE_CATALOGUE, tier)
    assert await connection.fetch(APPLIED) == before
    assert [row["filename"] for row in before] == sorted(
        migration.filename
        for migration in read_migrations(STORE_CATALOGUE)
        if tier in migration.tiers
    )


async def test_relations_are_the_same_on_every_tier(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    await migrate(connection, STORE_CATALOGUE, tier)
    for table in WRITTEN.values():
        assert await same_columns(connection, table), table.name
    for pair in STORE_CATALOGUE.rollups:
        for kind in pair:
            assert [row[0] for row in await connection.fetch(TYPES, kind.name)] == [
                "bucket",
                *kind.series,
                *kind.statistics,
            ]


async def same_columns(connection: asyncpg.Connection, table: Table) -> bool:
    """Whether a table has the columns that we write, with their types."""
    found = {row[0]: row[1] for row in await connection.fetch(TYPES, table.name)}
    for column, kind in table.columns.items():
        wanted = await connection.fetchval(
            "SELECT format_type($1::text::regtype, NULL)", kind
        )
        if found.get(column) != wanted:
            return False
    return True


@pytest.mark.parametrize(
    "any_database",
    [pytest.param("database", id="apache"), COMMUNITY, FULL],
    indirect=True,
)
async def test_whatever_has_a_time_is_a_hypertable(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    await migrate(connection, STORE_CATALOGUE, tier)
    assert [row[0] for row in await connection.fetch(HYPERTABLES)] == sorted(
        table.name for table in STORE_CATALOGUE.tables.values() if table.time
    )


async def test_tree_of_entities(connection: asyncpg.Connection, tier: Tier) -> None:
    await migrate(connection, STORE_CATALOGUE, tier)
    # The paths of siblings can be the same.
    tree = (
        (1, None, "house", "house"),
        (2, 1, "stage-1", "house.stage_1"),
        (3, 1, "stage_1", "house.stage_1"),
        (4, 2, "lamp", "house.stage_1.lamp"),
    )
    for number, parent, slug, path in tree:
        await connection.execute(
            "INSERT INTO entities (id, parent_id, name, slug, path)"
            " VALUES ($1, $2, $3, $3, $4::text::ltree)",
            UUID(int=number),
            parent and UUID(int=parent),
            slug,
            path,
        )
    assert [tuple(row) for row in await connection.fetch(ANCESTORS, UUID(int=4))] == [
        ("house", 1),
        ("stage-1", 0),
    ]
    of_house = await connection.fetch(DESCENDANTS, UUID(int=1), 10)
    assert sorted(map(tuple, of_house)) == [("lamp", 2), ("stage-1", 1), ("stage_1", 1)]
    assert await connection.fetch(DESCENDANTS, UUID(int=3), 10) == []
    assert len(await connection.fetch(DESCENDANTS, UUID(int=1), 1)) == 2


def migrations(*texts: str) -> list[Migration]:
    """Return migrations with these statements."""
    return [
        Migration(filename=f"{number:04}_test.sql", sql=text)
        for number, text in enumerate(texts, 1)
    ]


async def test_interrupted_migration_is_not_there(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    """It is applied as a whole at the next start."""
    first, second = "CREATE TABLE one (a int);", "CREATE TABLE two (a int);"
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(
            connection,
            STORE_CATALOGUE,
            tier,
            migrations=migrations(first, f"{second} SELECT 1 / 0;"),
        )
    assert [row[0] for row in await connection.fetch(APPLIED)] == ["0001_test.sql"]
    assert await connection.fetchval("SELECT to_regclass('two')") is None

    await migrate(
        connection, STORE_CATALOGUE, tier, migrations=migrations(first, second)
    )
    assert len(await connection.fetch(APPLIED)) == 2
    assert await connection.fetchval("SELECT count(*) FROM two") == 0


async def test_migration_without_transaction_goes_on(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    head = "-- no transaction\nCREATE TABLE IF NOT EXISTS one (a int);\n\n"
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(
            connection,
            STORE_CATALOGUE,
            tier,
            migrations=migrations(f"{head}SELECT 1 / 0;\n"),
        )
    assert await connection.fetch(APPLIED) == []
    assert await connection.fetchval("SELECT count(*) FROM one") == 0

    await migrate(
        connection, STORE_CATALOGUE, tier, migrations=migrations(f"{head}VACUUM one;\n")
    )
    assert len(await connection.fetch(APPLIED)) == 1


async def test_newer_tables_are_left_alone(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    await migrate(connection, STORE_CATALOGUE, tier)
    await connection.execute(
        "INSERT INTO maestra_migrations VALUES ('9000_future.magic.sql', 9000)"
    )
    before = await connection.fetch(APPLIED)
    with pytest.raises(StoreSchemaTooNew, match="version 9000"):
        await migrate(connection, STORE_CATALOGUE, tier)
    assert await connection.fetch(APPLIED) == before


async def test_tables_of_others_are_left_alone(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    await connection.execute("CREATE TABLE telemetry_readings (theirs int)")
    with pytest.raises(
        StoreUnsuitable, match=r"telemetry_readings.*database of its own"
    ):
        await migrate(connection, STORE_CATALOGUE, tier)
    assert await connection.fetchval(OURS, list(WRITTEN)) == 1
    assert (
        await connection.fetchval("SELECT count(theirs) FROM telemetry_readings") == 0
    )


async def test_two_instances_at_once(database: StoreSettings) -> None:
    both = await connect(database), await connect(database)
    await asyncio.gather(*(migrate(one, STORE_CATALOGUE, Tier.APACHE) for one in both))
    assert await both[0].fetchval(OURS, list(WRITTEN)) == len(WRITTEN)
    for one in both:
        await one.close()


async def test_timescaledb_is_switched_on_later(bare: StoreSettings) -> None:
    """Rows stay, and so do rollups whose rows are gone."""
    connection = await connect(bare)
    await migrate(connection, STORE_CATALOGUE, Tier.PLAIN)
    rows = readings(floor(ago(30), DAY), count=29 * 72)
    await insert(connection, rows)
    await maintain(connection, STORE_CATALOGUE, Tier.PLAIN, Lifetimes(metrics=10 * DAY))
    kept = await connection.fetchval("SELECT count(*) FROM device_metrics")
    assert 0 < kept < len(rows)
    await connection.close()

    connection = await connect(bare)
    await connection.execute("CREATE EXTENSION timescaledb")
    await migrate(connection, STORE_CATALOGUE, Tier.APACHE)
    assert await connection.fetchval("SELECT count(*) FROM device_metrics") == kept
    assert len(await connection.fetch(HYPERTABLES)) == 14
    late = readings(ago(5), count=20)
    await insert_late(connection, late)
    await maintain(
        connection, STORE_CATALOGUE, Tier.APACHE, Lifetimes(metrics=10 * DAY)
    )
    assert await rollup(connection, HOUR) == expected(rows + late, HOUR)
    assert await rollup(connection, DAY) == expected(rows + late, DAY)

    with pytest.raises(StoreUnsuitable, match="timescaledb_apache"):
        await migrate(connection, STORE_CATALOGUE, Tier.PLAIN)
    await connection.close()


@pytest.mark.parametrize("any_database", [COMMUNITY, FULL], indirect=True)
@pytest.mark.parametrize("before", [Tier.PLAIN, Tier.APACHE])
async def test_database_becomes_community(
    connection: asyncpg.Connection, before: Tier
) -> None:
    """Continuous aggregates take over what our own rollups held."""
    await migrate(connection, STORE_CATALOGUE, before)
    rows = readings(floor(ago(30), DAY), count=29 * 72)
    await insert(connection, rows)
    await maintain(connection, STORE_CATALOGUE, before, Lifetimes(metrics=10 * DAY))
    kept = await connection.fetchval("SELECT count(*) FROM device_metrics")
    assert 0 < kept < len(rows)

    await migrate(connection, STORE_CATALOGUE, Tier.COMMUNITY)
    assert await connection.fetchval("SELECT count(*) FROM device_metrics") == kept
    late = readings(ago(5), count=20)
    await insert_late(connection, late)
    await apply_lifetimes(
        connection, STORE_CATALOGUE, Tier.COMMUNITY, Lifetimes(metrics=10 * DAY)
    )
    await maintain(
        connection, STORE_CATALOGUE, Tier.COMMUNITY, Lifetimes(metrics=10 * DAY)
    )
    assert await rollup(connection, HOUR) == expected(rows + late, HOUR)
    assert await rollup(connection, DAY) == expected(rows + late, DAY)

    with pytest.raises(StoreUnsuitable, match="timescaledb_community"):
        await migrate(connection, STORE_CATALOGUE, before)


async def test_events_of_before_are_recognised(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    """Their ids were kept as they are, and are digests now; a second event of such an id is still one of its own."""
    every = read_migrations(STORE_CATALOGUE)
    before = [each for each in every if each.version < 28]
    await migrate(connection, STORE_CATALOGUE, tier, migrations=before)
    names, moment = ("board-1", "größe", "x" * 255), ago(3)
    for name in names:
        await connection.execute(
            "INSERT INTO event_ids (event_id, ts_server) VALUES ($1, $2)", name, moment
        )
        await connection.execute(
            "INSERT INTO events (event_id, device_id, schema, event_type, value_num, ts_server)"
            " VALUES ($1, 'board', 1, 'temperature', 21.5, $2)",
            name,
            moment,
        )

    await migrate(connection, STORE_CATALOGUE, tier, migrations=every)

    def sent(name: str, value: float) -> Row:
        return (name, "board", 1, "temperature", value, None, None, None, ago(0), "{}")

    rows = [*(sent(name, 21.5) for name in names), sent("board-1", 3.0)]
    found = await claim(connection, EVENTS, rows)
    assert found.stored == 1
    (reused,) = found.reused
    assert isinstance(reused, TelemetryIdReused)
    assert reused.event_id == "board-1"
    assert await connection.fetchval("SELECT count(*) FROM events") == 4


async def test_telemetry_of_before_is_kept_and_readings_of_one_time_are_told_apart(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    """Also where it is compressed already."""
    every = read_migrations(STORE_CATALOGUE)
    before = [each for each in every if each.version < 25]
    await migrate(connection, STORE_CATALOGUE, tier, migrations=before)
    old = "INSERT INTO telemetry_readings (timestamp, channel, value) VALUES ('2026-01-01Z', 'C', $1)"
    await connection.execute(old, 1.0)
    if tier is Tier.COMMUNITY:
        await connection.fetch(
            "SELECT compress_chunk(c) FROM show_chunks('telemetry_readings') AS c"
        )

    await migrate(connection, STORE_CATALOGUE, tier, migrations=every)

    new = """
    INSERT INTO telemetry_readings (timestamp, channel, value, reading)
    VALUES ('2026-01-01Z', 'C', $1, $2) ON CONFLICT DO NOTHING
    """
    for value, reading in ((2.0, 1), (3.0, 2), (2.0, 1), (4.0, 3)):
        await connection.execute(new, value, UUID(int=reading))
    values = await connection.fetch(
        "SELECT value FROM telemetry_readings WHERE channel = 'C' ORDER BY value"
    )
    assert [row["value"] for row in values] == [1, 2, 3, 4]


@pytest.mark.parametrize("may_create", [True, False])
async def test_texts_have_an_index_where_the_server_lets_us(
    bare: StoreSettings, may_create: bool
) -> None:
    """Without it they are searched all the same."""
    connection = await connect(bare)
    role = f"clerk_{uuid4().hex[:8]}"
    await connection.execute(
        f"CREATE ROLE {role}; GRANT ALL ON SCHEMA public TO {role}"
    )
    if may_create:
        await connection.execute(f"GRANT CREATE ON DATABASE {bare.database} TO {role}")
    table = Table(name="notes", columns={"text": "text"}, searched=("text",))
    await connection.execute(f"SET ROLE {role}; CREATE TABLE notes (text text)")
    await connection.execute(dict(migrations_of(table))["topic_notes_search.sql"])
    indexes = await connection.fetch(
        "SELECT indexdef FROM pg_indexes WHERE tablename = 'notes'"
    )
    assert ["gin_trgm_ops" in row["indexdef"] for row in indexes] == [True] * may_create
    await connection.execute(
        f"RESET ROLE; DROP OWNED BY {role} CASCADE; DROP ROLE {role}"
    )
    await connection.close()
