"""Whose fault an error is: what one row holds, or what would stop all others too."""

import asyncpg
import pytest

from custom_components.maestra.core.store.errors import is_fault_of_row


@pytest.mark.parametrize(
    ("error", "is_fault"),
    [
        (asyncpg.InvalidTextRepresentationError(), True),
        (asyncpg.UntranslatableCharacterError(), True),
        (asyncpg.NotNullViolationError(), True),
        (asyncpg.CheckViolationError(), True),
        (asyncpg.ProgramLimitExceededError(), True),
        (asyncpg.RaiseError(), True),
        # A path of ltree that is none.
        (asyncpg.PostgresSyntaxError(), True),
        # In a compressed chunk.
        (asyncpg.FeatureNotSupportedError(), True),
        (asyncpg.ConfigurationLimitExceededError(), True),
        (asyncpg.DataError("no encoder for this"), True),
        (ValueError(), True),
        (TypeError(), True),
        (AttributeError(), True),
        (RecursionError(), True),
        (asyncpg.UndefinedTableError(), False),
        (asyncpg.UndefinedColumnError(), False),
        (asyncpg.InsufficientPrivilegeError(), False),
        (asyncpg.InvalidSQLStatementNameError(), False),
        (asyncpg.InvalidCachedStatementError(), False),
        (asyncpg.ReadOnlySQLTransactionError(), False),
        (asyncpg.DeadlockDetectedError(), False),
        (asyncpg.SerializationError(), False),
        (asyncpg.DiskFullError(), False),
        (asyncpg.TooManyConnectionsError(), False),
        (asyncpg.AdminShutdownError(), False),
        (asyncpg.LockNotAvailableError(), False),
        (asyncpg.InternalServerError(), False),
        (asyncpg.DataCorruptedError(), False),
        (asyncpg.ConnectionDoesNotExistError(), False),
        (asyncpg.InterfaceError("another operation is in progress"), False),
        (asyncpg.InternalClientError("not connected"), False),
        (TimeoutError(), False),
        (ConnectionResetError(), False),
        (OSError(), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_whose_fault_an_error_is(error: Exception, is_fault: bool) -> None:
    """Rows are set aside for what they hold, never for what a server lacks."""
    assert is_fault_of_row(error) is is_fault
