"""A store at work on a real database."""

import asyncio
from collections.abc import AsyncIterator, Callable
import contextlib
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self
from uuid import UUID

from custom_components.maestra.core.store.entity_tables import DEVICE_METRICS
from custom_components.maestra.core.store.settings import StoreSettings, WriteLimits
from custom_components.maestra.core.store.store import Store, StoreState
from scripts.catalogue import STORE_CATALOGUE

from .database import fetch
from .process import PATIENCE

DEVICE: Final = str(UUID(int=7))
QUICK: Final = WriteLimits(batch_age=0.02, retry_first=0.05, retry_most=0.2)
COUNTED: Final = """
SELECT count(*) AS rows, count(DISTINCT metric_value) AS numbers, coalesce(sum(metric_value), 0) AS total
FROM device_metrics
"""


class StoreKit:
    """A store, and the numbered rows that were recorded with it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.sent = 0
        self.load: asyncio.Task[None]

    @classmethod
    @asynccontextmanager
    async def running(
        cls,
        settings: StoreSettings,
        folder: Path,
        limits: WriteLimits = QUICK,
        **options: Any,
    ) -> AsyncIterator[Self]:
        """Run a store for as long as the block lasts; its rows wait in `folder`."""
        kit = cls(
            Store(
                settings,
                folder,
                catalogue=STORE_CATALOGUE,
                writer="tests",
                limits=limits,
                **options,
            )
        )
        task = asyncio.create_task(kit.store.run())
        try:
            yield kit
        finally:
            assert not task.done() or task.result()
            task.cancel()
            await asyncio.wait([task])

    def send(self, rows: int = 1) -> None:
        """Record metrics whose values count up from 1."""
        for _ in range(rows):
            self.sent += 1
            self.store.record(
                DEVICE_METRICS,
                (datetime.now(UTC), DEVICE, "count", float(self.sent), None, "{}"),
            )

    async def until(self, holds: Callable[[Store], bool]) -> None:
        """Wait until something is true of the store, looking at each change and now and then."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while not holds(self.store):
                    await asyncio.sleep(0.01)
                return
        store = self.store
        raise AssertionError(
            f"{store.state}, {store.error}, {store.counters.as_dict()}, {store.spool_rows} on disk"
        )

    async def is_(self, state: StoreState) -> None:
        """Wait for a state."""
        await self.until(lambda store: store.state is state)

    async def arrived(self) -> None:
        """Wait until all that was sent is in the database, and see that it is there once."""
        await self.is_(StoreState.RECORDING)
        await self.store.flush()
        assert await counted(self.store.settings) == all_of(self.sent)


async def counted(settings: StoreSettings) -> tuple[int, int, float]:
    """Return how many rows there are, how many different numbers, and their sum."""
    (row,) = await fetch(settings, COUNTED)
    return row["rows"], row["numbers"], row["total"]


def all_of(sent: int) -> tuple[int, int, float]:
    """Return what `counted` says when each of the numbers up to `sent` is there once."""
    return sent, sent, sent * (sent + 1) / 2
