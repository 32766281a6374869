"""QS events from a stream into the database, and the devices' acknowledgements back: nothing waits on this machine's disk."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from ..bus import Bus, get_logger
from ..domain import Domain
from ..nats.connection import NatsConnection
from ..nats.jetstream import JetStreamTransport
from ..qs.registry import QsRegistry
from ..qs.rows import QS_ROWS
from ..qs.source import QsSource
from ..qs.window import Window
from ..store.settings import WriteLimits
from ..store.store import Store
from ..store.topic import Catalogue
from .settings import WorkerSettings

_LOGGER = get_logger(__name__)

CATALOGUE: Final = Catalogue((QS_ROWS,))
LIMITS: Final = WriteLimits(batch_messages=1_000, retry_first=1.0, retry_most=15.0)
"""A stream gives many messages at once, and nothing is lost by trying again soon."""
DRAIN_TIMEOUT: Final = 20.0
"""Seconds in which what was taken is stored and acknowledged, once this process shall end."""
DRAIN_CHECK: Final = 0.05


class Worker:
    """Puts the parts together, as Home Assistant's side does with its own."""

    def __init__(self, settings: WorkerSettings) -> None:
        """Connect nothing yet."""
        self.domain = Domain(Bus())
        self.registry = QsRegistry(self.domain.bus, Window(None), settings.qs)
        # Another one says how long data is kept: Home Assistant's side.
        self.store = Store(
            settings.database,
            None,
            catalogue=CATALOGUE,
            writer=settings.name,
            limits=LIMITS,
            lifetimes=None,
        )
        self.domain.store_journal = self.store.journal
        self.connection = NatsConnection(settings.nats)
        self.stream = JetStreamTransport(self.connection, settings.stream)
        # The same at every worker: by this a message is known that comes to another one.
        self.source = QsSource(
            f"jetstream {settings.stream.stream}",
            self.stream,
            self.domain,
            self.registry,
        )
        self._settings = settings

    @property
    def faults(self) -> Iterator[str]:
        """Yield why nothing can be taken at the moment."""
        if not self.store.is_connected:
            yield f"database: {self.store.error or 'connecting'}"
        if not self.stream.connected:
            yield f"stream: {self.stream.error or 'connecting'}"

    async def run(self) -> None:
        """Take, store and acknowledge until cancelled; then do so with what was taken, and leave."""
        await self.registry.open()
        stop_recording = CATALOGUE.recorder(self.domain, self.store.record).start()
        stop_source = self.source.start()
        tasks = [
            asyncio.create_task(work)
            for work in (self.store.run(), self.stream.run(), self.connection.run())
        ]
        try:
            # None of them ends by itself, unless there is a mistake in it.
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._drain()
            stop_source()
            stop_recording()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.registry.close()

    async def _drain(self) -> None:
        self.stream.stop_pulling()
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_TIMEOUT):
                while self.stream.held and self.store.is_connected:
                    await asyncio.sleep(DRAIN_CHECK)
        if held := self.stream.held:
            _LOGGER.warning(
                "%s messages are left to others: they are not stored yet", held
            )
