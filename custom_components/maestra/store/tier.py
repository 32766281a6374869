"""What kind of server a database is on."""

from dataclasses import dataclass
import enum
from typing import Final

import asyncpg

OLDEST_POSTGRESQL: Final = 14


class Tier(enum.StrEnum):
    """What the database can do for us."""

    COMMUNITY = "timescaledb_community"
    """Hypertables, columnstore, continuous aggregates, policies."""
    APACHE = "timescaledb_apache"
    """Hypertables; retention and rollups are ours."""
    PLAIN = "postgresql"
    """Ordinary tables; retention and rollups are ours."""

    @property
    def has_hypertables(self) -> bool:
        """Whether tables are partitioned by time."""
        return self is not Tier.PLAIN


@dataclass(frozen=True, kw_only=True)
class ServerInfo:
    """A server as it was found at connect."""

    tier: Tier
    postgresql: str
    """Version, as 18.1."""
    timescaledb: str | None = None


_DETECT: Final = """
SELECT current_setting('server_version') AS postgresql,
       (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb') AS timescaledb,
       -- Set by the loader: switching the extension on without it would end the connection.
       EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')
           AND current_setting('timescaledb.max_background_workers', true) IS NOT NULL AS available,
       -- NULL where the library is not loaded; the server answers even in a database without the extension.
       current_setting('timescaledb.license', true) AS license
"""


async def detect(connection: asyncpg.Connection) -> ServerInfo:
    """Look at the server; switches TimescaleDB on where it is installed and we may."""
    (row,) = await connection.fetch(_DETECT)
    if row["timescaledb"] is None and row["available"]:
        try:
            await connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
        except asyncpg.PostgresError:
            # Not ours to switch on: then it is a plain PostgreSQL for us.
            pass
        else:
            (row,) = await connection.fetch(_DETECT)
    return ServerInfo(
        tier=_tier(row["timescaledb"], row["license"]),
        postgresql=row["postgresql"].split(" ")[0],
        timescaledb=row["timescaledb"],
    )


def _tier(timescaledb: str | None, license_: str | None) -> Tier:
    if timescaledb is None:
        return Tier.PLAIN
    return Tier.COMMUNITY if license_ == "timescale" else Tier.APACHE
