"""Brings the tables of a database up to what this version writes and reads."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import re
from typing import Final

import asyncpg

from ...bus import get_logger
from ..connection import Tier
from ..errors import StorePermissionMissing, StoreSchemaTooNew, StoreUnsuitable
from ..topic import Catalogue
from .generate import held_migrations_of, migrations_of, rollup_migrations_of

VARIANTS: Final[Mapping[str, frozenset[Tier]]] = {
    "": frozenset(Tier),
    "plain": frozenset({Tier.PLAIN}),
    "own_rollups": frozenset({Tier.PLAIN, Tier.APACHE}),
    "hypertables": frozenset({Tier.APACHE, Tier.COMMUNITY}),
    "community": frozenset({Tier.COMMUNITY}),
}
"""On which tiers a migration of a variant is applied."""
NO_TRANSACTION: Final = "-- no transaction"
_RISING: Final = (Tier.PLAIN, Tier.APACHE, Tier.COMMUNITY)
_NAME: Final = re.compile(r"(?:(\d{4})|topic)_\w+?(?:\.(\w+))?\.sql")
_END_OF_STATEMENT: Final = re.compile(r"(?<=;)\n\s*\n")
_LOCK: Final = 0x6D61_6573_7472_6101
"""Held while tables are changed: another Home Assistant may be at the same."""
_LOGGER = get_logger(__name__)

_CREATE: Final = """
CREATE TABLE IF NOT EXISTS maestra_migrations (
    filename text PRIMARY KEY,
    version integer NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""
_APPLIED: Final = "SELECT filename, version FROM maestra_migrations ORDER BY filename"
_EXISTS: Final = "SELECT to_regclass('maestra_migrations') IS NOT NULL"
# Retention, compression and changes of a table are for its owner, whatever else is granted.
_FOREIGN: Final = """
SELECT c.relname, pg_get_userbyid(c.relowner) AS owner FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY ($1)
    AND NOT pg_has_role(c.relowner, 'USAGE')
ORDER BY c.relname
"""
_RECORD: Final = "INSERT INTO maestra_migrations (filename, version) VALUES ($1, $2)"


@dataclass(frozen=True, kw_only=True)
class Migration:
    """One file `NNNN_name[.variant].sql`, or, of a topic with tables of its own, `topic_name[.variant].sql`.

    It is applied as a whole or not at all. One that begins with `-- no transaction` is
    applied statement by statement (a blank line ends each), and from its start again after
    an interruption: its statements must bear that.
    """

    filename: str
    sql: str

    @property
    def version(self) -> int:
        """The number in its name; 0 without one, as then other versions of Maestra need not know it."""
        return int(_parsed(self.filename)[1] or 0)

    @property
    def tiers(self) -> frozenset[Tier]:
        """Where it belongs."""
        return _tiers(self.filename)

    @property
    def statements(self) -> list[str] | None:
        """What to apply one by one, or None for all in one transaction."""
        if not self.sql.startswith(NO_TRANSACTION):
            return None
        body = self.sql.removeprefix(NO_TRANSACTION)
        return [
            part for text in _END_OF_STATEMENT.split(body) if (part := text.strip())
        ]


def read_migrations(catalogue: Catalogue) -> tuple[Migration, ...]:
    """Return all migrations, in their order: those in files, and those made of tables' descriptions; reads files."""
    shipped = [
        Migration(filename=file.name, sql=file.read_text("utf-8"))
        for folder in catalogue.migrations
        for file in sorted(folder.glob("*.sql"))
    ]
    generated = [
        Migration(filename=filename, sql=sql)
        for table in catalogue.made_here
        for filename, sql in migrations_of(table)
    ]
    made = {table.name for table in catalogue.made_here}
    written = "".join(migration.sql for migration in shipped)
    rollups = [
        Migration(filename=filename, sql=sql)
        for hourly, _ in catalogue.rollups
        if hourly.source not in made and hourly.name not in written
        for filename, sql in (
            rollup_migrations_of if hourly.is_aggregate else held_migrations_of
        )(catalogue.tables[hourly.source])
    ]
    return (*shipped, *generated, *rollups)


async def migrate(
    connection: asyncpg.Connection,
    catalogue: Catalogue,
    tier: Tier,
    *,
    migrations: Sequence[Migration] | None = None,
    address: str = "this server",
) -> None:
    """Apply what is missing, each migration once; after a change of the tier also what that brings.

    Waits for another instance that is at it; the caller bounds the time. Raises
    StoreSchemaTooNew, StoreUnsuitable (the tables need a higher tier, or others have taken
    our names), and the driver's errors; what is applied by then stays, and the next run goes
    on from there.
    """
    if migrations is None:
        migrations = await asyncio.to_thread(read_migrations, catalogue)
    await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
    try:
        await connection.execute(_CREATE)
        applied = {
            row["filename"]: row["version"] for row in await connection.fetch(_APPLIED)
        }
        _check(applied, migrations, tier, address)
        for migration in migrations:
            if tier in migration.tiers and migration.filename not in applied:
                await _apply(connection, migration, address)
    finally:
        if not connection.is_closed():
            await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)


async def rehearse(
    connection: asyncpg.Connection,
    catalogue: Catalogue,
    tier: Tier,
    *,
    address: str = "this server",
) -> None:
    """See whether `migrate` would succeed, and leave the database as it is.

    Raises StoreSchemaTooNew, StoreUnsuitable, StorePermissionMissing, and the driver's errors.
    """
    migrations = await asyncio.to_thread(read_migrations, catalogue)
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        if await connection.fetchval(_EXISTS):
            names = ["maestra_migrations", *catalogue.tables]
            for table in await connection.fetch(_FOREIGN, names):
                raise StorePermissionMissing(
                    address=address,
                    reason=f"the table {table['relname']} belongs to {table['owner']}",
                )
            rows = await connection.fetch(_APPLIED)
            applied = {row["filename"]: row["version"] for row in rows}
            _check(applied, migrations, tier, address)
            return
        # Changes of tables that are in use would hold up who uses them: only new ones are tried.
        await connection.execute(_CREATE)
        for migration in migrations:
            if tier in migration.tiers and migration.statements is None:
                await _apply(connection, migration, address)
    finally:
        if not connection.is_closed():
            await transaction.rollback()


def _check(
    applied: Mapping[str, int],
    migrations: Sequence[Migration],
    tier: Tier,
    address: str,
) -> None:
    newest = max((migration.version for migration in migrations), default=0)
    if (found := max(applied.values(), default=0)) > newest:
        raise StoreSchemaTooNew(
            address=address,
            reason=f"they are at version {found}, this Maestra knows {newest}",
        )
    needed = max(
        (min(map(_RISING.index, _tiers(filename))) for filename in applied), default=0
    )
    if needed > _RISING.index(tier):
        raise StoreUnsuitable(
            address=address,
            reason=f"they were made for {_RISING[needed]}, and the server is {tier} now",
        )


async def _apply(
    connection: asyncpg.Connection, migration: Migration, address: str
) -> None:
    _LOGGER.debug("Applying %s", migration.filename)
    try:
        if (statements := migration.statements) is not None:
            for statement in statements:
                await connection.execute(statement)
            await connection.execute(_RECORD, migration.filename, migration.version)
            return
        async with connection.transaction():
            await connection.execute(migration.sql)
            await connection.execute(_RECORD, migration.filename, migration.version)
    except (
        asyncpg.DuplicateTableError,
        asyncpg.DuplicateObjectError,
        asyncpg.DuplicateFunctionError,
    ) as error:
        raise StoreUnsuitable(
            address=address,
            reason=f"{error.args[0]}, and it is not ours; Maestra needs a database of its own",
        ) from error


def _tiers(filename: str) -> frozenset[Tier]:
    return VARIANTS[_parsed(filename)[2] or ""]


def _parsed(filename: str) -> re.Match[str]:
    match = _NAME.fullmatch(filename)
    assert match, filename
    return match
