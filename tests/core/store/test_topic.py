"""What topics bring to the store: a catalogue of them, and tables that are made of their descriptions."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.detectors.rows import DETECTED_EVENTS, DETECTOR_ROWS
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.experiences.rows import EXPERIENCE_ROWS
from custom_components.maestra.core.production.context_rows import CONTEXT_ROWS
from custom_components.maestra.core.production.rows import PRODUCTION_ROWS
from custom_components.maestra.core.store.batch import Batch, decode, encode
from custom_components.maestra.core.store.connection import Tier
from custom_components.maestra.core.store.export import ExportKind, Type
from custom_components.maestra.core.store.history import read_last
from custom_components.maestra.core.store.maintenance import apply_lifetimes, maintain
from custom_components.maestra.core.store.schema.generate import migrations_of
from custom_components.maestra.core.store.schema.migrate import (
    Migration,
    migrate,
    read_migrations,
)
from custom_components.maestra.core.store.series import Feed, SeriesKind
from custom_components.maestra.core.store.settings import Lifetime, Lifetimes
from custom_components.maestra.core.store.tables import (
    Claim,
    RollupColumns,
    Row,
    Table,
    Write,
)
from custom_components.maestra.core.store.topic import Catalogue, StoreTopic
from custom_components.maestra.core.store.writer import Writer
from custom_components.maestra.core.transcription.rows import TRANSCRIPTION_ROWS
from scripts.catalogue import STORE_CATALOGUE

from .samples import ago

TIDES = Table(
    name="tides",
    columns={"time": "timestamptz", "harbour": "text", "level": "float8"},
    time="time",
    write=Write.ONCE,
    key=("harbour", "time"),
    lifetime=Lifetime.METRICS,
    rollup=RollupColumns(series=("harbour",), value="level"),
)
SHIPS = Table(
    name="ships",
    columns={"ship": "text", "at": "timestamptz", "harbour": "text"},
    time="at",
    write=Write.CLAIM,
    key=("ship",),
    lifetime=Lifetime.EVENTS,
    chunk=timedelta(days=7),
    segment_by=("harbour",),
    claim=Claim(
        table="ship_ids",
        owner="harbour",
        content=("harbour",),
        reused=lambda harbour, ship: (harbour, ship),
    ),
)
PORTS = Table(
    name="ports",
    columns={"harbour": "text", "name": "text"},
    write=Write.REPLACE,
    key=("harbour",),
)
TIDE = SeriesKind(
    name="tide",
    fields=("harbour",),
    table=TIDES,
    keys={"harbour": "s.a"},
    value="level",
)
EXPORT = ExportKind(columns={"time": Type.TIME}, query="SELECT time FROM tides")
SEA = StoreTopic(
    tables=(TIDES, SHIPS, PORTS),
    exports={"tides": EXPORT},
    series=(TIDE,),
    feeds=(Feed(prefix="tide", kind=TIDE),),
)
CATALOGUE = Catalogue((*STORE_CATALOGUE.topics, SEA))

PARTITIONED = [table for table in STORE_CATALOGUE.tables.values() if table.time]
COLUMNS = """
SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute
WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
INDEXES = """
SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = $1::text::regclass
"""
VIEW = "SELECT pg_get_viewdef($1::text::regclass)"
AGGREGATE = """
SELECT view_definition, materialized_only
FROM timescaledb_information.continuous_aggregates WHERE view_name = $1
"""
PARTITIONS = """
SELECT column_name::text, time_interval FROM timescaledb_information.dimensions
WHERE hypertable_name = $1
"""
SEGMENTS = """
SELECT segmentby, orderby FROM timescaledb_information.hypertable_columnstore_settings
WHERE hypertable = $1::text::regclass
"""


async def test_names_must_differ() -> None:
    for topic, what in (
        (StoreTopic(tables=(TIDES,)), "table tides"),
        (StoreTopic(exports={"tides": EXPORT}), "export tides"),
        (StoreTopic(feeds=SEA.feeds), "feed tide"),
        (StoreTopic(series=SEA.series), "series kind tide"),
    ):
        with pytest.raises(ValueError, match=what):
            Catalogue((SEA, topic))
    with pytest.raises(ValueError, match="series tide"):
        Catalogue((StoreTopic(series=SEA.series),))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"key": ("port",)}, "no column port"),
        ({"write": Write.CLAIM}, "claimed"),
        ({"time": None}, "no time"),
    ],
)
async def test_a_table_must_agree_with_itself(
    changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        replace(TIDES, **changes)


async def test_catalogue_is_in_the_order_of_its_topics() -> None:
    assert tuple(CATALOGUE.tables.values())[-3:] == (TIDES, SHIPS, PORTS)
    assert [pair[0].name for pair in CATALOGUE.rollups][-1] == "tides_hourly"
    assert CATALOGUE.exports["tides"] is EXPORT
    assert CATALOGUE.read_series({"harbour": "Husum"}).kind is TIDE
    described = [
        *EXPERIENCE_ROWS.tables,
        *CONTEXT_ROWS.tables,
        *PRODUCTION_ROWS.tables,
        *TRANSCRIPTION_ROWS.tables,
    ]
    made = tuple(table for table in described if table.is_stored)
    assert CATALOGUE.made_here == (*made, *SEA.tables)
    assert STORE_CATALOGUE.made_here == made


async def test_recorders_of_all_topics_begin_and_end_together() -> None:
    domain = Domain(Bus())
    running: list[str] = []

    class TideRecorder:
        def __init__(self, _domain: Domain, _record: object, writer: str) -> None:
            self._writer = writer

        def start(self) -> Any:
            running.append(self._writer)
            return running.clear

    topic = StoreTopic(recorder=TideRecorder)
    stop = (
        Catalogue((topic, topic))
        .recorder(domain, lambda _table, _row: None, "quay")
        .start()
    )
    assert running == ["quay", "quay"]
    stop()
    assert running == []


async def test_a_new_topic_needs_no_sql(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    """Its tables are written, rolled up, read and aged as the others."""
    await migrate(connection, STORE_CATALOGUE, tier)
    for _ in range(2):
        await migrate(connection, CATALOGUE, tier)
    applied = await connection.fetch("SELECT filename FROM maestra_migrations")
    assert "topic_tides.sql" in {row[0] for row in applied}

    writer = Writer("tests", CATALOGUE.tables.values())
    await writer.begin(connection)
    first = ago(3)
    rows: dict[Table, list[Row]] = {
        TIDES: [(first, "Husum", 1.0), (first + timedelta(seconds=1), "Husum", 3.0)],
        SHIPS: [("a", first, "Husum")],
        PORTS: [("Husum", "Husum")],
    }
    for number in range(2):
        batch = Batch(run=UUID(int=1), number=number, rows=rows)
        sent = decode(encode(batch), CATALOGUE.tables)
        written = await writer.write(connection, sent)
    assert (written.rows, written.repeated) == (1, 3)

    moored = Batch(run=UUID(int=2), number=0, rows={SHIPS: [("a", first, "Kiel")]})
    written = await writer.write(connection, moored)
    assert written.reused == [("Kiel", "a")]

    await apply_lifetimes(connection, CATALOGUE, tier, Lifetimes())
    await maintain(connection, CATALOGUE, tier, Lifetimes())
    (row,) = await connection.fetch("SELECT harbour, avg_value FROM tides_hourly")
    assert tuple(row) == ("Husum", 2.0)
    (last,) = await read_last(connection, [CATALOGUE.read_series({"harbour": "Husum"})])
    assert last.value == 3.0

    short = Lifetimes(metrics=timedelta(days=1), events=timedelta(days=1))
    await apply_lifetimes(connection, CATALOGUE, tier, short)
    await maintain(connection, CATALOGUE, tier, short)
    assert await connection.fetchval("SELECT count(*) FROM ship_ids") == 0


async def test_a_new_rollup_of_a_shipped_table_needs_no_sql(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    """What is stored already is in it, too."""
    await migrate(connection, STORE_CATALOGUE, tier)
    await connection.execute(
        "INSERT INTO detected_events VALUES ($1, 'rise', 'tank', 0.5, '{}')", ago(3)
    )
    rollup = RollupColumns(series=("channel",), value="confidence")
    counted = replace(DETECTED_EVENTS, rollup=rollup)
    catalogue = Catalogue(
        replace(topic, tables=(counted,)) if topic is DETECTOR_ROWS else topic
        for topic in STORE_CATALOGUE.topics
    )
    for _ in range(2):
        await migrate(connection, catalogue, tier)
    await apply_lifetimes(connection, catalogue, tier, Lifetimes())
    await maintain(connection, catalogue, tier, Lifetimes())
    (row,) = await connection.fetch(
        "SELECT channel, avg_value FROM detected_events_daily"
    )
    assert tuple(row) == ("tank", 0.5)


def test_rows_that_were_spooled_before_a_column_came() -> None:
    """What has no value there has none."""
    then = Batch(run=UUID(int=1), number=0, rows={TIDES: [(ago(3), "Husum")]})
    (row,) = decode(encode(then), CATALOGUE.tables).rows[TIDES]
    assert row[1:] == ("Husum", None)


async def test_a_database_with_a_topic_rises(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    """What a higher tier brings is made when the server has it."""
    await migrate(connection, CATALOGUE, Tier.PLAIN)
    await connection.execute("INSERT INTO tides VALUES ($1, 'Husum', 1)", ago(3))
    await maintain(connection, CATALOGUE, Tier.PLAIN, Lifetimes())
    await migrate(connection, CATALOGUE, tier)
    await maintain(connection, CATALOGUE, tier, Lifetimes())
    assert await connection.fetchval("SELECT sum(sample_count) FROM tides_daily") == 1
    # One without the topic leaves its tables alone.
    await migrate(connection, STORE_CATALOGUE, tier)
    assert await connection.fetchval("SELECT count(*) FROM tides") == 1


async def test_made_and_shipped_tables_are_the_same(
    connection: asyncpg.Connection, tier: Tier
) -> None:
    """What is generated of the shipped tables' descriptions is what the migrations make."""
    await migrate(connection, STORE_CATALOGUE, tier)
    shipped = await described(connection, tier)
    assert all(shipped.values())
    for table in reversed(PARTITIONED):
        await connection.execute(f"DROP TABLE {table.name} CASCADE")
        for level in ("hourly", "daily"):
            for kind in ("rollup", "held"):
                await connection.execute(
                    f"DROP TABLE IF EXISTS {table.name}_{level}_{kind} CASCADE"
                )
        if table.claim:
            await connection.execute(f"DROP TABLE {table.claim.table}")
    await connection.execute(
        "DELETE FROM maestra_rollups;"
        "DELETE FROM maestra_migrations WHERE filename LIKE 'topic_%'"
    )
    generated = [
        *(one for one in read_migrations(STORE_CATALOGUE) if one.version),
        *(
            Migration(filename=filename, sql=sql)
            for table in PARTITIONED
            for filename, sql in migrations_of(table)
        ),
    ]
    await migrate(connection, STORE_CATALOGUE, tier, migrations=generated)
    assert await described(connection, tier) == shipped


async def described(connection: asyncpg.Connection, tier: Tier) -> dict[str, Any]:
    """Return how the database describes what belongs to the partitioned tables."""
    found: dict[str, Any] = {}

    async def add(name: str, query: str, *arguments: str) -> None:
        rows = await connection.fetch(query, *arguments)
        found[name] = sorted(map(repr, map(tuple, rows)))

    await add("rollups", "SELECT * FROM maestra_rollups")
    for table in PARTITIONED:
        name = table.name
        rows = await connection.fetch(COLUMNS, name)
        wanted = set(table.columns)
        found[name] = sorted((row[0], row[1]) for row in rows if row[0] in wanted)
        if tier.has_hypertables:
            await add(f"{name} partitions", PARTITIONS, name)
        if tier is Tier.COMMUNITY:
            await add(f"{name} segments", SEGMENTS, name)
    for pair in STORE_CATALOGUE.rollups:
        for rollup in pair:
            await add(f"{rollup.name} columns", COLUMNS, rollup.name)
            if not rollup.is_aggregate:
                await add(f"{rollup.name} indexes", INDEXES, rollup.name)
                continue
            if tier is Tier.COMMUNITY:
                await add(f"{rollup.name} definition", AGGREGATE, rollup.name)
                continue
            await add(f"{rollup.name} definition", VIEW, rollup.name)
            await add(f"{rollup.name} own columns", COLUMNS, rollup.own_table)
            await add(f"{rollup.name} own indexes", INDEXES, rollup.own_table)
    return found
