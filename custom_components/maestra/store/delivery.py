"""Batches on their way to the database."""

import asyncio
from collections.abc import Sequence
from typing import Final

import asyncpg

from .batch import Batch
from .connection import deadline
from .pipeline import Pipeline
from .writer import Writer

WRITE_TIMEOUT: Final = 60.0
"""Seconds for one batch."""
IDLE_CHECK: Final = 30.0
"""Seconds without rows after which a connection is looked at."""


class Delivery:
    """Commits batches on several connections at a time: while the server works on one, we write the next.

    Batches whose order matters fly alone. What waits on disk goes first, one after the other.
    """

    def __init__(self, pipeline: Pipeline, writer: Writer) -> None:
        """Deliver nothing yet."""
        self._pipeline = pipeline
        self._writer = writer
        self._order = asyncio.Lock()
        self._landing = asyncio.Event()

    async def run(self, connections: Sequence[asyncpg.Connection]) -> None:
        """Commit batches, the oldest first, until a connection fails with the error of the driver."""
        for connection in connections:
            connection.add_termination_listener(lambda _: self._pipeline.inbox.poke())
        self._pipeline.is_delivering = True
        lanes = [
            asyncio.create_task(self._lane(connection, replays=index == 0))
            for index, connection in enumerate(connections)
        ]
        try:
            done, _ = await asyncio.wait(lanes, return_when=asyncio.FIRST_COMPLETED)
            for lane in done:
                lane.result()
        finally:
            self._pipeline.is_delivering = False
            # Cancelled in the middle of a statement the driver would wait for the server.
            for connection in connections:
                connection.terminate()
            for lane in lanes:
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)

    async def _lane(self, connection: asyncpg.Connection, *, replays: bool) -> None:
        pipeline = self._pipeline
        while True:
            await pipeline.resumed.wait()
            if not pipeline.nothing_spooled.is_set():
                if replays:
                    await self._replay(connection)
                else:
                    await pipeline.nothing_spooled.wait()
                continue
            await self._due(connection)
            async with self._order:
                if (batch := pipeline.take()) is None:
                    continue
                if batch.is_ordered:
                    await self._fly_alone(connection, batch)
                    continue
            await self._fly(connection, batch)

    async def _due(self, connection: asyncpg.Connection) -> None:
        """Wait for rows, or for a reason to look elsewhere."""
        pipeline = self._pipeline
        try:
            async with asyncio.timeout(IDLE_CHECK):
                await pipeline.inbox.due(
                    unless=lambda: (
                        pipeline.has_held
                        or not pipeline.nothing_spooled.is_set()
                        or connection.is_closed()
                    )
                )
        except TimeoutError:
            with deadline(connection, WRITE_TIMEOUT):
                await connection.execute("SELECT 1")
        if connection.is_closed():
            raise asyncpg.ConnectionDoesNotExistError("the connection was lost")

    async def _replay(self, connection: asyncpg.Connection) -> None:
        if batch := await self._pipeline.first_spooled():
            with deadline(connection, WRITE_TIMEOUT):
                written = await self._writer.write(connection, batch, is_replay=True)
            await self._pipeline.spooled_landed(written)

    async def _fly_alone(self, connection: asyncpg.Connection, batch: Batch) -> None:
        try:
            while self._pipeline.flights > 1:
                self._landing.clear()
                await self._landing.wait()
        except asyncio.CancelledError:
            self._pipeline.crashed(batch)
            raise
        await self._fly(connection, batch)

    async def _fly(self, connection: asyncpg.Connection, batch: Batch) -> None:
        try:
            with deadline(connection, WRITE_TIMEOUT):
                written = await self._writer.write(connection, batch)
        except BaseException:
            self._pipeline.crashed(batch)
            raise
        self._pipeline.landed(batch, written)
        self._landing.set()
