"""Connections for questions, lent for as long as one is asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from .connection import connect_options, deadline
from .errors import DRIVER_ERRORS, StoreNotConnected, StoreTimeout, may_pass
from .settings import StoreSettings

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
        async with (
            self._lent(timeout) as connection,
            connection.transaction(readonly=True),
        ):
            await connection.execute(_READ_LIMITS, str(int(timeout * 1000)))
            yield connection

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
        except DRIVER_ERRORS as error:
            if may_pass(error):
                raise StoreNotConnected from error
            raise
