"""What keeps a database in shape, now and then."""

import asyncio
from contextlib import suppress
import logging
from typing import Final

from .errors import StoreNotConnected
from .maintenance import apply_lifetimes, maintain
from .readers import Readers
from .settings import Lifetimes
from .tier import Tier

_LOGGER = logging.getLogger(__name__)

INTERVAL: Final = 300.0
TIMEOUT: Final = 1800.0
_DATABASE_SIZE: Final = "SELECT pg_database_size(current_database())"


class Upkeep:
    """Retention, compression and rollups; every few minutes, and when there is a reason."""

    def __init__(self, readers: Readers, lifetimes: Lifetimes) -> None:
        """Do nothing yet."""
        self.database_size: int | None = None
        """Bytes."""
        self.tier: Tier | None = None
        """That of the database; None while there is none to work on."""
        self._readers = readers
        self._lifetimes = lifetimes
        self._due = asyncio.Event()

    @property
    def lifetimes(self) -> Lifetimes:
        """How long data is kept; takes effect soon after it is set."""
        return self._lifetimes

    @lifetimes.setter
    def lifetimes(self, lifetimes: Lifetimes) -> None:
        if lifetimes != self._lifetimes:
            self._lifetimes = lifetimes
            self._due.set()

    def begin(self, tier: Tier) -> None:
        """Look at a database that has just been reached."""
        self.tier = tier
        self._due.set()

    async def run(self, resumed: asyncio.Event, ending: asyncio.Event) -> None:
        """Work while `resumed` is set, until cancelled, or, where the driver hides that, `ending` is set."""
        while not ending.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(INTERVAL):
                    await self._due.wait()
            self._due.clear()
            await resumed.wait()
            await self._work()

    async def _work(self) -> None:
        if (tier := self.tier) is None:
            return
        try:
            async with self._readers.working(TIMEOUT) as connection:
                await apply_lifetimes(connection, tier, self._lifetimes)
                await maintain(connection, tier, self._lifetimes)
                self.database_size = await connection.fetchval(_DATABASE_SIZE)
        except StoreNotConnected:
            pass
        except Exception as error:  # noqa: BLE001  the next time may do better
            _LOGGER.warning(
                "The database could not be kept in shape, trying again later: %s", error
            )
