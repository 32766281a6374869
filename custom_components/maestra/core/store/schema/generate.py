"""Migrations that are made of the descriptions of tables: of tables and rollups that no SQL file makes."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from ..claims import DIGEST, quoted
from ..held import rollup_pairs
from ..rollups import Rollup
from ..tables import Table, Write

_DENSE: Final = timedelta(days=1)
"""Partitions no longer than this have many rows: a block range index is enough, and nearly free to write."""


def migrations_of(table: Table) -> Iterator[tuple[str, str]]:
    """Yield filenames and SQL that make a table, its hypertable, its rollups and its columnstore.

    As in the numbered migrations each part is for some tiers, and a database that rises to a higher tier
    gets what that brings.
    """
    for part, statements in _parts(table):
        if sql := "\n".join(f"{one.strip()};" for one in statements):
            yield f"topic_{table.name}{part}.sql", sql


def rollup_migrations_of(table: Table) -> Iterator[tuple[str, str]]:
    """Yield those of the rollups alone, for a table that is there without them."""
    parts = ("rollups", "aggregates")
    for filename, sql in migrations_of(table):
        if filename.startswith(tuple(f"topic_{table.name}_{part}" for part in parts)):
            yield filename, sql


def held_migrations_of(table: Table) -> Iterator[tuple[str, str]]:
    """Yield that of the values over time, for a table whose other rollups are there."""
    for filename, sql in migrations_of(table):
        if filename.startswith(f"topic_{table.name}_held"):
            yield filename, sql


def _parts(table: Table) -> Iterator[tuple[str, Iterator[str]]]:
    yield "", _create(table)
    if table.time:
        yield ".plain", _plain(table)
        yield ".hypertables", _hypertable(table)
        yield "_rollups", _note_rollups(table)
        yield "_rollups.own_rollups", _own_rollups(table)
        yield "_columnstore.community", _columnstore(table)
        yield "_aggregates.community", _aggregates(table)
        yield "_held", _held(table)
    yield "_search", _search(table)


def _create(table: Table) -> Iterator[str]:
    needed = {table.time, table.expires, *table.key, *table.segments}
    if table.rollup:
        needed.update(table.rollup.series)
    lines = [
        f'"{name}" {kind}{" NOT NULL" if name in needed else ""}'
        for name, kind in table.columns.items()
    ]
    if table.write in (Write.ONCE, Write.REPLACE):
        lines.append(f"PRIMARY KEY ({quoted(table.key)})")
    yield f"CREATE TABLE {table.name} ({', '.join(lines)})"
    if table.claim:
        time, claims = table.time, table.claim.table
        yield f"""CREATE TABLE {claims} (
            {DIGEST} uuid PRIMARY KEY, "{time}" timestamptz NOT NULL
        )"""
        yield f'CREATE INDEX {claims}_{time}_idx ON {claims} ("{time}")'
    if table.time and table.segments and set(table.key[:-1]) != set(table.segments):
        yield (
            f"CREATE INDEX {table.name}_series_idx"
            f' ON {table.name} ({quoted(table.segments)}, "{table.time}" DESC)'
        )
    if column := table.expires or (None if _is_dense(table) else table.time):
        yield f'CREATE INDEX {_time_index(table)} ON {table.name} ("{column}" DESC)'


def _search(table: Table) -> Iterator[str]:
    """Yield what finds parts of texts quickly, as far as the server has pg_trgm, and lets us create it."""
    if table.searched:
        name = "_".join((table.name, *table.searched, "idx"))
        # Who searches writes the same.
        text = " || chr(10) || ".join(f'"{column}"' for column in table.searched)
        if len(table.searched) > 1:
            text = f"({text})"
        index = f"CREATE INDEX {name} ON {table.name} USING gin ({text} gin_trgm_ops)"
        yield f"""DO $$
        BEGIN
            CREATE EXTENSION IF NOT EXISTS pg_trgm;
            EXECUTE '{index}';
        EXCEPTION WHEN feature_not_supported OR insufficient_privilege OR undefined_file OR undefined_object THEN
            RAISE NOTICE 'Texts of {table.name} are searched without an index: %', SQLERRM;
        END
        $$"""


def _plain(table: Table) -> Iterator[str]:
    """Yield what lets retention and rollups find rows where there are no chunks."""
    if _is_dense(table):
        yield f'CREATE INDEX {_time_index(table)} ON {table.name} ("{table.time}")'


def _hypertable(table: Table) -> Iterator[str]:
    if _is_dense(table):
        yield f"DROP INDEX IF EXISTS {_time_index(table)}"
    yield (
        f"SELECT create_hypertable('{table.name}', by_range('{table.time}', INTERVAL '{table.chunk.days} days'),"
        " create_default_indexes => false, migrate_data => true)"
    )
    if _is_dense(table):
        yield (
            f"CREATE INDEX {_time_index(table)} ON {table.name}"
            f' USING brin ("{table.time}") WITH (autosummarize = on)'
        )


def _note_rollups(table: Table) -> Iterator[str]:
    for rollup in _rollups(table):
        yield _note(rollup)


def _own_rollups(table: Table) -> Iterator[str]:
    for rollup in _rollups(table):
        yield from _own_table(rollup)
        if view := rollup.view(None):
            yield view


def _held(table: Table) -> Iterator[str]:
    for rollup in _rollups(table, are_aggregates=False):
        yield _note(rollup)
        yield from _own_table(rollup)


def _note(rollup: Rollup) -> str:
    return f"INSERT INTO maestra_rollups (name) VALUES ('{rollup.name}')"  # noqa: S608


def _own_table(rollup: Rollup) -> Iterator[str]:
    own = rollup.own_table
    columns = (
        "bucket timestamptz NOT NULL",
        *(
            f"{name} {rollup.table.columns.get(name, 'text')} NOT NULL"
            for name in rollup.series
        ),
        *(f"{name} {kind}" for name, kind in rollup.column_types.items()),
        f"PRIMARY KEY ({quoted((*rollup.series, 'bucket'))})",
    )
    yield f"CREATE TABLE {own} ({', '.join(columns)})"
    yield f"CREATE INDEX {own}_bucket_idx ON {own} (bucket)"


def _columnstore(table: Table) -> Iterator[str]:
    segments = (
        f"timescaledb.segmentby = '{', '.join(table.segments)}',"
        if table.segments
        else ""
    )
    # When a chunk turns into columns is the policies' matter: see maintenance.py.
    yield f"""ALTER TABLE {table.name} SET (
        timescaledb.enable_columnstore, {segments} timescaledb.orderby = '{table.time}'
    )"""


def _aggregates(table: Table) -> Iterator[str]:
    """Yield what puts continuous aggregates in the place of our own rollups.

    Rows from before what is left of the raw data can't be computed again: they move. Everything else is
    computed from the raw data by the next pass of the maintenance.
    """
    rollups = _rollups(table)
    for rollup in reversed(rollups):
        yield f"DROP VIEW IF EXISTS {rollup.name}"
    for rollup in rollups:
        yield rollup.aggregate
        yield f"CREATE INDEX {rollup.name}_series_idx ON {rollup.name} ({quoted((*rollup.series, 'bucket'))})"
    for rollup in rollups:
        columns = quoted(("bucket", *rollup.series, *rollup.statistics))
        own = rollup.own_table
        yield f"""DO $$
        DECLARE
            target regclass;
        BEGIN
            IF to_regclass('{own}') IS NOT NULL THEN
                SELECT format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name)::regclass
                INTO STRICT target
                FROM timescaledb_information.continuous_aggregates
                WHERE view_schema = current_schema() AND view_name = '{rollup.name}';
                EXECUTE format(
                    'INSERT INTO %s ({columns}) SELECT {columns} FROM {own}'
                    ' WHERE bucket < (SELECT since FROM maestra_kept WHERE source = %L)', target, '{table.name}'
                );
                EXECUTE 'DROP TABLE {own}';
            END IF;
        END
        $$"""  # noqa: S608
    if rollups:
        yield f"""
        INSERT INTO maestra_late (source, start, "end")
        SELECT '{table.name}', min("{table.time}"), max("{table.time}") FROM {table.name} HAVING count(*) > 0
        """  # noqa: S608


def _rollups(table: Table, *, are_aggregates: bool = True) -> tuple[Rollup, ...]:
    return tuple(
        rollup
        for pair in rollup_pairs((table,))
        for rollup in pair
        if rollup.is_aggregate is are_aggregates
    )


def _is_dense(table: Table) -> bool:
    return table.time is not None and table.chunk <= _DENSE


def _time_index(table: Table) -> str:
    return f"{table.name}_{table.time or table.expires}_idx"
