"""What goes wrong with a database, by what a person can do about it."""

import ssl
from typing import Final

import asyncpg

from ..domain.errors import MaestraError
from .settings import StoreSettings


class StoreError(MaestraError):
    """The database can't be used."""

    code = "store_failed"
    message = "The database at {address} failed: {reason}"
    is_failure = True
    reason: str
    lasting = False
    """Whether it goes on until somebody changes something."""


class StoreUnreachable(StoreError):
    """Nobody answers, or the server is starting or stopping."""

    code = "store_unreachable"
    message = "The database at {address} can't be reached: {reason}"


class StoreLoginRefused(StoreError):
    """User or password is wrong, or the server does not let this host in."""

    code = "store_login_refused"
    message = "The database at {address} refuses the login: {reason}"
    lasting = True


class StoreDatabaseMissing(StoreError):
    """The server has no database of this name."""

    code = "store_database_missing"
    message = "The server at {address} has no such database: {reason}"
    lasting = True


class StoreTlsFailed(StoreError):
    """No encrypted connection, or not to whom it should be."""

    code = "store_tls_failed"
    message = "No secure connection to the database at {address}: {reason}"
    lasting = True


class StorePermissionMissing(StoreError):
    """The user may not create what is needed."""

    code = "store_permission_missing"
    message = "The user may not work in the database at {address}: {reason}"
    lasting = True


class StoreReadOnly(StoreError):
    """Nothing can be written there."""

    code = "store_read_only"
    message = "The database at {address} is read-only: {reason}"
    lasting = True


class StorePooled(StoreError):
    """A pooler such as PgBouncer is in between, and does not keep a session for each of its clients."""

    code = "store_pooled"
    message = "There is a connection pooler at {address}: {reason}"
    lasting = True


class StoreTooOld(StoreError):
    """The server's PostgreSQL is older than what we write for."""

    code = "store_too_old"
    message = "The server at {address} is too old: {reason}"
    lasting = True


class StoreSchemaTooNew(StoreError):
    """A newer Maestra has changed the tables; an older one would spoil them."""

    code = "store_schema_too_new"
    message = "The tables at {address} belong to a newer Maestra: {reason}"
    lasting = True


class StoreUnsuitable(StoreError):
    """Others have taken the names of our tables, or they need a server that can do more than this one."""

    code = "store_unsuitable"
    message = "The database at {address} can't hold the tables: {reason}"
    lasting = True


class StoreWriterTaken(StoreError):
    """Another instance writes under our name, and would be taken for us."""

    code = "store_writer_taken"
    message = "The database at {address} is in use: {reason}"


class StoreNotConnected(MaestraError):
    """There is no database to read from at the moment."""

    code = "store_not_connected"
    message = "The database is not connected"
    is_failure = True


class StoreTimeout(MaestraError):
    """A question took longer than it may."""

    code = "store_timeout"
    message = "The database did not answer within {seconds} seconds"
    is_failure = True


DRIVER_ERRORS: Final = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    # What a connection says that was cut off between two statements.
    asyncpg.InternalClientError,
)
"""What the driver raises when the server, or the network, does not do as it should."""

_KINDS: Final[tuple[tuple[type[Exception], type[StoreError]], ...]] = (
    (asyncpg.InvalidAuthorizationSpecificationError, StoreLoginRefused),
    (asyncpg.InvalidCatalogNameError, StoreDatabaseMissing),
    (asyncpg.InsufficientPrivilegeError, StorePermissionMissing),
    (ssl.SSLError, StoreTlsFailed),
)


def store_error(error: Exception, settings: StoreSettings) -> StoreError:
    """Return the kind of error that an exception of the driver, or of the network, stands for."""
    if isinstance(error, StoreError):
        return error
    reason = _reason(error)
    kind = next((ours for theirs, ours in _KINDS if isinstance(error, theirs)), None)
    # What asyncpg says of a server without TLS.
    if isinstance(error, ConnectionError) and "SSL upgrade" in reason:
        kind = StoreTlsFailed
    if kind is None:
        kind = StoreUnreachable if may_pass(error) else StoreError
    found = kind(address=settings.address, reason=reason)
    found.__cause__ = error
    return found


def may_pass(error: Exception) -> bool:
    """Whether the same may well succeed later: the server or the network is away, full or busy, and the data is not at fault."""
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "")[:2] in _PASSING_CLASSES
    if isinstance(error, asyncpg.InterfaceError):
        # asyncpg's word for a value that it can't encode is a ValueError too.
        return not isinstance(error, ValueError)
    return isinstance(error, OSError | EOFError | asyncpg.InternalClientError)


def is_fault_of_row(error: Exception) -> bool:
    """Whether what a row holds can be the reason; else other rows, or the same one later, would fare no better."""
    if isinstance(error, asyncpg.PostgresError):
        # What the driver has prepared may be out of date: the next connection prepares it anew.
        is_stale = isinstance(error, asyncpg.InvalidCachedStatementError)
        return (error.sqlstate or "").startswith(_STATES_OF_ROWS) and not is_stale
    return not may_pass(error)


# Connection exception, transaction rollback (deadlock), insufficient resources (disk full),
# operator intervention (shutdown, cancelled), system error, object not in prerequisite state (lock).
_PASSING_CLASSES: Final = frozenset({"08", "25", "40", "53", "55", "57", "58"})

# What is not supported (in a compressed chunk), too many, no such value, against a rule, too large, what a trigger says;
# a path that is none, or has too long a part; more to unpack in a compressed chunk than is allowed.
_STATES_OF_ROWS: Final = (
    *("0A", "21", "22", "23", "44", "54", "P0"),
    *("42601", "42602", "42622", "53400"),
)


def _reason(error: Exception) -> str:
    # Of a server's error only the message: its detail can hold values of rows.
    if isinstance(error, asyncpg.PostgresError):
        return str(error.args[0]) if error.args else type(error).__name__
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__
