"""Older history of other recorders comes in once, however often an import is interrupted."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from custom_components.maestra.core.store import imports
from custom_components.maestra.core.store.connection import Tier, connect
from custom_components.maestra.core.store.imports import (
    LTSS,
    SCRIBE,
    Extent,
    ImportSourceUnusable,
    Progress,
    Slice,
    TableSource,
    entity_patterns,
    forget_import,
    import_history,
    import_name,
    rows_slice,
)
from custom_components.maestra.core.store.schema.migrate import migrate
from custom_components.maestra.core.store.settings import StoreSettings
from scripts.catalogue import STORE_CATALOGUE
from tests.kits.database import Postgres

from .conftest import APACHE, COMMUNITY, FULL, PLAIN

pytestmark = pytest.mark.tables

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
END = datetime(2025, 1, 1, tzinfo=UTC)

LTSS_TABLE = """
CREATE TABLE ltss (
    id bigserial, time timestamptz NOT NULL, entity_id varchar(255), state varchar(255), attributes jsonb,
    PRIMARY KEY (id, time)
)
"""
LTSS_ROWS = """
INSERT INTO ltss (time, entity_id, state, attributes)
SELECT timestamptz '2024-01-01 00:00:00Z' + n / 2 * interval '1 minute',
    CASE n % 2 WHEN 0 THEN 'sensor.power' ELSE 'light.hall' END,
    CASE n % 2 WHEN 0 THEN (n / 4.0)::text WHEN 1 THEN CASE n % 4 WHEN 1 THEN 'on' ELSE 'off' END END,
    CASE n % 2 WHEN 0 THEN jsonb '{"friendly_name": "Power", "unit_of_measurement": "W"}' END
FROM generate_series(0, 999) AS n
"""
SCRIBE_TABLES = """
CREATE SCHEMA scribe;
CREATE TABLE scribe.entities (id serial PRIMARY KEY, entity_id text UNIQUE, name text);
CREATE TABLE scribe.states_raw (
    time timestamptz NOT NULL, metadata_id integer NOT NULL, state text, value double precision, attributes jsonb,
    PRIMARY KEY (metadata_id, time)
);
INSERT INTO scribe.entities (entity_id) VALUES ('sensor.power'), ('light.hall');
INSERT INTO scribe.states_raw VALUES
    ('2024-01-01 00:00Z', 1, NULL, 20.5, '{"friendly_name": "Power"}'),
    ('2024-01-01 00:01Z', 1, 'unavailable', NULL, '{}'),
    ('2024-01-01 00:02Z', 2, 'on', NULL, '{}');
"""
STATES = """
SELECT s.time, e.entity_id, s.state, s.value FROM ha_states s JOIN ha_entities e ON e.id = s.entity ORDER BY 1, 2
"""


@pytest.fixture(params=[PLAIN, APACHE])
def any_database(request: pytest.FixtureRequest) -> StoreSettings:
    """An empty database that takes several connections; tests with another one say so."""
    settings: StoreSettings = request.getfixturevalue(request.param)
    return settings


@pytest.fixture
async def store(connection: asyncpg.Connection, tier: Tier) -> asyncpg.Connection:
    """A connection to a database with our tables."""
    await migrate(connection, STORE_CATALOGUE, tier)
    return connection


@pytest.fixture
async def ltss(store: asyncpg.Connection) -> asyncpg.Connection:
    """The same with 500 states of each of two entities, recorded by LTSS."""
    await store.execute(LTSS_TABLE)
    await store.execute(LTSS_ROWS)
    return store


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> int:
    """Let a slice be a tenth of the rows."""
    monkeypatch.setattr(imports, "SLICE_ROWS", 100)
    return 100


async def run(
    connection: asyncpg.Connection,
    reader: asyncpg.Connection | None = None,
    *,
    kind: imports.TableKind = LTSS,
    schema: str = "public",
    entities: list[str] | None = None,
    fail_after: int = 1_000_000,
) -> Progress:
    """Import once; fails in the middle where that is wanted."""

    async def report(progress: Progress) -> None:
        assert progress.read < fail_after, "interrupted"

    source = TableSource(
        kind,
        reader or connection,
        end=END,
        patterns=entity_patterns(entities or []) or None,
    )
    await source.open(schema)
    name = import_name(source.name, entities=entities)
    try:
        return await import_history(connection, name, source, report)
    finally:
        await (reader or connection).execute("DROP VIEW maestra_import_source")


async def again(connection: asyncpg.Connection, **how: Any) -> Progress:
    """Import from the beginning."""
    await forget_import(connection, import_name(LTSS.name, entities=None))
    return await run(connection, **how)


async def count(connection: asyncpg.Connection) -> tuple[int, int]:
    """Return how many states there are, and how many that differ in entity and time."""
    (row,) = await connection.fetch(
        "SELECT count(*), count(DISTINCT (entity, time)) FROM ha_states"
    )
    return row[0], row[1]


async def test_states_of_ltss(ltss: asyncpg.Connection) -> None:
    progress = await run(ltss)
    assert (progress.read, progress.written) == (1000, 1000)
    assert progress.position == BEGIN + timedelta(minutes=499)
    found = await ltss.fetch(STATES)
    assert [tuple(row) for row in found[:4]] == [
        (BEGIN, "light.hall", "on", 1.0),
        (BEGIN, "sensor.power", "0.00000000000000000000", 0.0),
        (BEGIN + timedelta(minutes=1), "light.hall", "off", 0.0),
        (BEGIN + timedelta(minutes=1), "sensor.power", "0.50000000000000000000", 0.5),
    ]
    assert await count(ltss) == (1000, 1000)
    (described,) = await ltss.fetch(
        "SELECT name, unit FROM ha_entities WHERE entity_id = 'sensor.power'"
    )
    assert tuple(described) == ("Power", "W")


async def test_states_of_another_database(
    ltss: asyncpg.Connection,
    database: StoreSettings,
    postgres: Postgres,
    small_slices: int,
) -> None:
    other = StoreSettings(
        host=database.host,
        port=database.port,
        user=database.user,
        database=await postgres.create_database(),
    )
    writer = await connect(other)
    await migrate(writer, STORE_CATALOGUE, Tier.APACHE)
    progress = await run(writer, ltss)
    assert (progress.read, progress.written) == (1000, 1000)
    assert await writer.fetch(STATES) != []
    assert await count(writer) == (1000, 1000)
    assert await count(ltss) == (0, 0)
    writer.terminate()
    await postgres.drop_database(other.database)


async def test_states_of_scribe(store: asyncpg.Connection) -> None:
    await store.execute(SCRIBE_TABLES)
    assert (await run(store, kind=SCRIBE, schema="scribe")).written == 3
    assert [tuple(row)[1:] for row in await store.fetch(STATES)] == [
        ("sensor.power", "20.5", 20.5),
        ("sensor.power", "unavailable", None),
        ("light.hall", "on", 1.0),
    ]


async def test_an_interrupted_import_goes_on(
    ltss: asyncpg.Connection, small_slices: int
) -> None:
    with pytest.raises(AssertionError, match="interrupted"):
        await run(ltss, fail_after=3 * small_slices)
    assert await count(ltss) == (300, 300)
    progress = await run(ltss)
    # The slice begins at the time at which the last one has ended.
    assert progress.read == 702
    assert progress.written == 700
    assert await count(ltss) == (1000, 1000)


async def test_a_slice_is_whole_or_not_there(
    ltss: asyncpg.Connection, any_database: StoreSettings, small_slices: int
) -> None:
    """The connection breaks while a slice is being written."""
    with pytest.raises(AssertionError, match="interrupted"):
        await run(ltss, fail_after=small_slices)
    await ltss.execute(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END$$"
    )
    await ltss.execute(
        "CREATE TRIGGER fail BEFORE UPDATE ON maestra_imports"
        " FOR EACH ROW EXECUTE FUNCTION fail()"
    )
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await run(ltss)
    again = await connect(any_database)
    assert await count(again) == (100, 100)
    await again.execute("DROP TRIGGER fail ON maestra_imports")
    await run(again)
    assert await count(again) == (1000, 1000)
    again.terminate()


async def test_a_second_import_only_takes_what_is_new(ltss: asyncpg.Connection) -> None:
    await run(ltss)
    assert (await run(ltss)).written == 0
    await ltss.execute(
        "INSERT INTO ltss (time, entity_id, state) VALUES ('2024-06-01Z', 'light.hall', 'on')"
    )
    assert (await run(ltss)).written == 1
    assert await count(ltss) == (1001, 1001)


async def test_from_the_beginning_again(ltss: asyncpg.Connection) -> None:
    """As when the other recorder's history was restored."""
    await run(ltss)
    await ltss.execute(
        "INSERT INTO ltss (time, entity_id, state) VALUES ('2023-06-01Z', 'light.hall', 'on')"
    )
    assert (await run(ltss)).written == 0
    progress = await again(ltss)
    assert (progress.read, progress.written) == (1001, 1)


async def test_an_interrupted_new_beginning_goes_on(
    ltss: asyncpg.Connection, small_slices: int
) -> None:
    await run(ltss)
    await ltss.execute("TRUNCATE ha_states")
    with pytest.raises(AssertionError, match="interrupted"):
        await again(ltss, fail_after=3 * small_slices)
    assert (await run(ltss)).written == 700
    assert await count(ltss) == (1000, 1000)


async def test_what_was_recorded_live_stays(ltss: asyncpg.Connection) -> None:
    await ltss.execute("INSERT INTO ha_entities (entity_id) VALUES ('light.hall')")
    await ltss.execute(
        "INSERT INTO ha_states (time, entity, state) SELECT $1, id, 'live' FROM ha_entities",
        BEGIN,
    )
    assert (await run(ltss)).written == 999
    assert await count(ltss) == (1000, 1000)
    assert (await ltss.fetch(STATES))[0]["state"] == "live"


@pytest.mark.parametrize("any_database", [COMMUNITY, FULL], indirect=True)
async def test_states_among_compressed_ones(ltss: asyncpg.Connection) -> None:
    await run(ltss)
    compressed = await ltss.fetch(
        "SELECT compress_chunk(chunk) FROM show_chunks('ha_states') AS chunk"
    )
    assert len(compressed) == 1
    await ltss.execute(
        "INSERT INTO ltss (time, entity_id, state) VALUES ('2024-01-01 00:30:30Z', 'light.hall', 'on')"
    )
    progress = await again(ltss)
    assert (progress.read, progress.written) == (1001, 1)
    assert await count(ltss) == (1001, 1001)


async def test_some_entities(ltss: asyncpg.Connection) -> None:
    assert (await run(ltss, entities=["light.*"])).written == 500
    assert (await run(ltss, entities=["light.hal", "sensor.powe?"])).written == 500
    assert await count(ltss) == (1000, 1000)


async def test_rollups_are_told(ltss: asyncpg.Connection) -> None:
    await run(ltss)
    await run(ltss)
    (late,) = await ltss.fetch('SELECT source, start, "end" FROM maestra_late')
    assert tuple(late) == ("ha_states", BEGIN, BEGIN + timedelta(minutes=499))


async def test_what_is_between_rows_years_apart_is_not_rolled_up_again(
    ltss: asyncpg.Connection,
) -> None:
    await ltss.execute("INSERT INTO ltss VALUES (1, '0001-01-01Z', 'light.hall', 'on')")
    await run(ltss)
    late = await ltss.fetch('SELECT start, "end" FROM maestra_late ORDER BY start')
    assert [tuple(row) for row in late] == [
        (datetime(1, 1, 1, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)),
        (BEGIN, BEGIN + timedelta(minutes=499)),
    ]


async def test_rows_that_fill_gaps(store: asyncpg.Connection) -> None:
    """Rows with a range are left out where a state of that range is known."""

    async def ignore(_progress: Progress) -> None:
        pass

    class Source:
        name = "statistics"

        async def count(self, start: datetime | None) -> Extent:
            return Extent(total=3)

        async def slices(self, start: datetime | None) -> AsyncGenerator[Slice]:
            hours = [BEGIN + timedelta(hours=hour) for hour in range(3)]
            yield rows_slice(
                hours[-1],
                [
                    (
                        hour,
                        "sensor.power",
                        "1.5",
                        1.5,
                        None,
                        hour,
                        hour + timedelta(minutes=59),
                    )
                    for hour in hours
                ],
            )

    await store.execute("INSERT INTO ha_entities (entity_id) VALUES ('sensor.power')")
    await store.execute(
        "INSERT INTO ha_states (time, entity, state) SELECT $1, id, '7' FROM ha_entities",
        BEGIN + timedelta(hours=1, minutes=30),
    )
    for written in (2, 0):
        progress = await import_history(store, "x", Source(), ignore)
        await forget_import(store, "x")
        assert progress.written == written


@pytest.mark.parametrize("kind", [LTSS, SCRIBE])
async def test_a_source_that_is_not_there(
    store: asyncpg.Connection, kind: imports.TableKind
) -> None:
    source = TableSource(kind, store, end=END)
    with pytest.raises(ImportSourceUnusable, match="does not exist"):
        await source.open("public")


def test_names_of_imports() -> None:
    assert import_name("ltss", entities=["a"]) == import_name("ltss", entities=["a"])
    assert import_name("ltss", entities=["a"]) != import_name("ltss", entities=["b"])
    assert import_name("ltss").startswith("ltss:")


def test_patterns_have_no_other_wildcards() -> None:
    assert entity_patterns(["sensor.a*", "sensor.b?"]) == [
        r"^sensor\.a.*$",
        r"^sensor\.b.$",
    ]
    assert entity_patterns(["a|b"]) == [r"^a\|b$"]
