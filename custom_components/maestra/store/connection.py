"""Connections to the database."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
import ssl
from typing import Any, Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from .errors import DRIVER_ERRORS, StorePermissionMissing, StoreTooOld, store_error
from .settings import StoreSettings, TlsMode
from .tier import OLDEST_POSTGRESQL, ServerInfo, detect

CONNECT_TIMEOUT: Final = 10.0
"""Seconds for the network, TLS and the login together."""
PROVE_TIMEOUT: Final = 15.0

type Terminable = asyncpg.Connection | PoolConnectionProxy

_MAY_CREATE: Final = "SELECT has_schema_privilege(current_schema(), 'CREATE')"


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


async def prove(settings: StoreSettings) -> ServerInfo:
    """Connect once and see whether we can work there; raises StoreError by kind."""
    connection = await connect(settings)
    try:
        async with asyncio.timeout(PROVE_TIMEOUT):
            return await look(connection, settings)
    except DRIVER_ERRORS as error:
        raise store_error(error, settings) from error
    finally:
        connection.terminate()


async def look(connection: asyncpg.Connection, settings: StoreSettings) -> ServerInfo:
    """Return what the server is; raises StoreTooOld, StorePermissionMissing."""
    version = connection.get_server_version()
    if version.major < OLDEST_POSTGRESQL:
        raise StoreTooOld(
            address=settings.address,
            reason=f"PostgreSQL {version.major}, needed is {OLDEST_POSTGRESQL} or later",
        )
    if not await connection.fetchval(_MAY_CREATE):
        raise StorePermissionMissing(
            address=settings.address, reason="it may not create tables"
        )
    return await detect(connection)


@contextmanager
def deadline(connection: Terminable, seconds: float) -> Iterator[None]:
    """End the connection when the block takes longer: what runs on it fails then.

    A timeout would wait for the server to roll back, and a server that hangs never does.
    """
    timer = asyncio.get_running_loop().call_later(seconds, connection.terminate)
    try:
        yield
    finally:
        timer.cancel()


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
