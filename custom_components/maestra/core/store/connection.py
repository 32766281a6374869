"""Connections to the database, a pool of them for questions, and what the server can do (its tier)."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
import enum
import gc
from hashlib import blake2b
import ssl
from typing import Any, Final, override

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from ..domain.errors import InvalidField
from .errors import (
    DRIVER_ERRORS,
    StoreNotConnected,
    StorePermissionMissing,
    StorePooled,
    StoreReadOnly,
    StoreTimeout,
    StoreTooOld,
    StoreUnsuitable,
    StoreWriterTaken,
    may_pass,
    store_error,
)
from .settings import StoreSettings, TlsMode

OLDEST_POSTGRESQL: Final = 14
ENCODING: Final = "UTF8"
_DETECT: Final = """
SELECT current_setting('server_version') AS postgresql,
       (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb') AS timescaledb,
       -- Set by the loader: switching the extension on without it would end the connection.
       EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')
           AND current_setting('timescaledb.max_background_workers', true) IS NOT NULL AS available,
       -- NULL where the library is not loaded; the server answers even in a database without the extension.
       current_setting('timescaledb.license', true) AS license
"""
CONNECT_TIMEOUT: Final = 10.0
"""Seconds for the network, TLS and the login together."""
READERS: Final = 4
"""Questions that are answered at the same time."""
READ_TIMEOUT: Final = 30.0
CLOSE_TIMEOUT: Final = 2.0
GRACE: Final = 5.0
"""Seconds that a server has for saying that a statement took too long."""
# A plan that is made for any range takes twice as long as one for the range that is asked for.
_READ_LIMITS: Final = """
SELECT set_config('statement_timeout', $1, true),
       set_config('plan_cache_mode', 'force_custom_plan', true),
       set_config('jit', 'off', true)
"""
FENCE_PATIENCE: Final = timedelta(seconds=10)
"""How long a connection of ours that is lost may take to end at the server."""
# The server learns of a network that is gone in a minute, not in hours.
_FENCE: Final = """
SELECT set_config('tcp_keepalives_idle', '20', false), set_config('tcp_keepalives_interval', '10', false),
       set_config('tcp_keepalives_count', '4', false), set_config('tcp_user_timeout', '60000', false),
       set_config('lock_timeout', $1, true)
"""
TRANSACTION_PATIENCE: Final = timedelta(seconds=15)
"""How long a process that stands still may keep others from what it has locked in a transaction."""
_SET_PATIENCE: Final = (
    "SELECT set_config('idle_in_transaction_session_timeout', $1, false)"
)
CONTENDED: Final = "maestra_writer_contended"
"""The channel on which one that waits for a writer's name tells the one that has it."""
_TELL_HOLDER: Final = f"SELECT pg_notify('{CONTENDED}', $1)"
_LOCK_WRITER: Final = "SELECT pg_advisory_lock($1)"
_MAY_CREATE: Final = "SELECT has_schema_privilege(current_schema(), 'CREATE')"
# Of a standby as well.
_READ_ONLY: Final = "SELECT current_setting('transaction_read_only') = 'on'"
_BACKEND: Final = "SELECT pg_backend_pid()"


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


class GuardedConnection(asyncpg.Connection):
    """A connection that leaves no future behind when a COPY can't begin.

    The driver's `copy_in` makes the future for the answer before it looks whether the server is still there. Where that
    has just given up the connection nobody waits for the future, and its error is logged as never retrieved. Only the
    protocol knows it, in an attribute of an extension class.
    """

    @override
    async def copy_records_to_table(self, *arguments: Any, **options: Any) -> str:
        try:
            status: str = await super().copy_records_to_table(*arguments, **options)
        except asyncpg.InternalClientError:
            for future in gc.get_referents(getattr(self, "_protocol", None)):
                if isinstance(future, asyncio.Future):
                    future.add_done_callback(_retrieve)
            raise
        return status


def _retrieve(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()


type Connection = asyncpg.Connection | PoolConnectionProxy
"""One of its own, or one that a pool has lent."""


async def connect_options(settings: StoreSettings) -> dict[str, Any]:
    """Return the arguments of asyncpg's connections and pools; raises StoreTlsFailed for a CA that can't be read."""
    try:
        # Reading the system's authorities takes milliseconds.
        context = await asyncio.to_thread(_tls_context, settings)
    except (ssl.SSLError, ValueError) as error:
        raise store_error(ssl.SSLError(str(error)), settings) from None
    return {
        "host": settings.host,
        "port": settings.port,
        "database": settings.database,
        "user": settings.user,
        # Never None: asyncpg would look into the environment and into files.
        "password": settings.password or "",
        "ssl": context or False,
        "timeout": CONNECT_TIMEOUT,
        "connection_class": GuardedConnection,
        # There are few, and always the same.
        "max_cached_statement_lifetime": 0,
        "server_settings": {"application_name": "maestra", "timezone": "UTC"},
    }


async def connect(settings: StoreSettings) -> asyncpg.Connection:
    """Open a connection; raises StoreError by kind."""
    options = await connect_options(settings)
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT):
            return await asyncpg.connect(**options)
    except (*DRIVER_ERRORS, ValueError) as error:
        # A host that can be none is a ValueError.
        raise store_error(error, settings) from error


async def connect_writer(settings: StoreSettings) -> asyncpg.Connection:
    """Open a connection whose transactions the server ends where we stand still in one; raises StoreError by kind."""
    connection = await connect(settings)
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT):
            await connection.execute(
                _SET_PATIENCE, str(TRANSACTION_PATIENCE // timedelta(milliseconds=1))
            )
    except BaseException:
        connection.terminate()
        raise
    return connection


async def inspect(
    connection: asyncpg.Connection, settings: StoreSettings
) -> ServerInfo:
    """Return what the server is; raises StoreTooOld, StoreUnsuitable, StorePooled, StoreReadOnly, StorePermissionMissing."""
    version = connection.get_server_version()
    if version.major < OLDEST_POSTGRESQL:
        raise StoreTooOld(
            address=settings.address,
            reason=f"PostgreSQL {version.major}, needed is {OLDEST_POSTGRESQL} or later",
        )
    await _check_session(connection, settings)
    if await connection.fetchval(_READ_ONLY):
        raise StoreReadOnly(
            address=settings.address,
            reason="it takes no changes (a standby, or default_transaction_read_only is on)",
        )
    if (encoding := await connection.fetchval("SHOW server_encoding")) != ENCODING:
        raise StoreUnsuitable(
            address=settings.address,
            reason=f"its encoding is {encoding}, which has not all characters; needed is {ENCODING}",
        )
    if not await connection.fetchval(_MAY_CREATE):
        raise StorePermissionMissing(
            address=settings.address, reason="it may not create tables"
        )
    return await detect(connection)


async def _check_session(
    connection: asyncpg.Connection, settings: StoreSettings
) -> None:
    """Raise StorePooled where a pooler gives our session to others between two transactions.

    What we hold for longer would be theirs: advisory locks, temporary tables, prepared statements.
    """
    backend = await _backend(connection)
    # A pooler tells clients of its own what to cancel them by.
    if backend == connection.get_server_pid():
        return
    other = await connect(settings)
    try:
        if await _backend(other) != backend == await _backend(connection):
            return
    finally:
        other.terminate()
    raise StorePooled(
        address=settings.address,
        reason="it lends one session to several clients in turn, transaction by transaction",
    )


async def _backend(connection: asyncpg.Connection) -> int:
    # In a transaction a statement is prepared and executed by the same server process.
    async with connection.transaction():
        pid: int = await connection.fetchval(_BACKEND)
    return pid


async def fence(
    connection: asyncpg.Connection, settings: StoreSettings, writer: str
) -> None:
    """Be the only one that writes under a name, for as long as the connection lasts.

    Raises StoreWriterTaken, which the one that has the name is told of, on the channel CONTENDED.
    """
    digest = blake2b(writer.encode(), digest_size=8, person=b"maestra").digest()
    key = int.from_bytes(digest, signed=True)
    try:
        async with connection.transaction():
            await connection.execute(
                _FENCE, str(FENCE_PATIENCE // timedelta(milliseconds=1))
            )
            await connection.execute(_LOCK_WRITER, key)
    except asyncpg.LockNotAvailableError:
        await connection.execute(_TELL_HOLDER, writer)
        raise StoreWriterTaken(
            address=settings.address,
            reason="another one writes there under the name of this Home Assistant: a copy of it, or a connection that the server has not given up yet",
        ) from None


@contextmanager
def deadline(connection: Connection, seconds: float) -> Iterator[None]:
    """End the connection when the block takes longer: what runs on it fails then.

    A timeout would wait for the server to roll back, and a server that hangs never does.
    """
    timer = asyncio.get_running_loop().call_later(seconds, connection.terminate)
    try:
        yield
    finally:
        timer.cancel()


class Readers:
    """A small pool that is there while the database is."""

    def __init__(self, settings: StoreSettings) -> None:
        """Connect nothing yet."""
        self._settings = settings
        self._pool: asyncpg.Pool | None = None

    @property
    def is_open(self) -> bool:
        """Whether questions can be asked."""
        return self._pool is not None

    async def open(self) -> None:
        """Lend from now on; connections are made when they are needed."""
        self._pool = await asyncpg.create_pool(
            **await connect_options(self._settings), min_size=0, max_size=READERS
        )

    async def close(self) -> None:
        """Take everything back; at once where somebody does not let go."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        # On a timeout the pool ends its connections itself; those of a lost server have ended.
        with suppress(*DRIVER_ERRORS):
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await pool.close()

    @asynccontextmanager
    async def reading(
        self, timeout: float = READ_TIMEOUT
    ) -> AsyncIterator[PoolConnectionProxy]:
        """Lend a connection in a read-only transaction in which no statement takes longer than `timeout`.

        Raises StoreNotConnected, StoreTimeout.
        """
        async with self._lent(timeout) as connection:
            transaction = connection.transaction(readonly=True)
            await transaction.start()
            try:
                await connection.execute(_READ_LIMITS, str(int(timeout * 1000)))
                yield connection
            except asyncio.CancelledError:
                # To roll back, the driver would wait for the server.
                connection.terminate()
                raise
            except BaseException:
                await transaction.rollback()
                raise
            await transaction.commit()

    @asynccontextmanager
    async def working(self, timeout: float) -> AsyncIterator[PoolConnectionProxy]:
        """Lend a connection that may write; raises StoreNotConnected, StoreTimeout."""
        async with self._lent(timeout) as connection:
            yield connection

    @asynccontextmanager
    async def _lent(self, timeout: float) -> AsyncIterator[PoolConnectionProxy]:
        if (pool := self._pool) is None:
            raise StoreNotConnected
        try:
            async with pool.acquire(timeout=timeout) as connection:
                with deadline(connection, timeout + GRACE):
                    yield connection
        except TimeoutError, asyncpg.QueryCanceledError:
            raise StoreTimeout(seconds=timeout) from None
        except asyncpg.CharacterNotInRepertoireError:
            raise InvalidField(
                field="text", reason="has a character that is nowhere stored"
            ) from None
        except DRIVER_ERRORS as error:
            if may_pass(error):
                raise StoreNotConnected from error
            raise


def _tls_context(settings: StoreSettings) -> ssl.SSLContext | None:
    if settings.tls is TlsMode.OFF:
        return None
    context = ssl.create_default_context(cadata=settings.ca or None)
    if settings.ca:
        # Certificates of home-made authorities often lack what RFC 5280 demands.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if settings.tls is TlsMode.REQUIRE:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
