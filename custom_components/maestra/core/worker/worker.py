"""What devices of a cluster say, from streams into the database, and their acknowledgements back: nothing waits on this machine's disk."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Final, Protocol

from ..bus import Bus, Counters, Unsubscribe, get_logger, together
from ..domain import Domain
from ..f2.decoding import F2Settings
from ..f2.source import F2Source
from ..nats.connection import NatsConnection
from ..nats.jetstream import JetStreamTransport
from ..nats.partition import StreamSettings
from ..qs.registry import QsRegistry
from ..qs.source import QsSource
from ..qs.window import Window
from ..store.settings import WriteLimits
from ..store.store import Store
from ..transport.reconnect import Backoff
from .catalogue import CATALOGUE
from .dialects import F2Setup
from .feed import IssFeed
from .known_devices import KnownDevices
from .live import LiveValues
from .reports import ReportGateway
from .settings import WorkerSettings

_LOGGER = get_logger(__name__)

LIMITS: Final = WriteLimits(batch_messages=1_000, retry_first=1.0, retry_most=15.0)
"""A stream gives many messages at once, and nothing is lost by trying again soon."""
BACKOFF: Final = Backoff(timedelta(seconds=0.5), timedelta(seconds=5))
"""There is another server to go to."""
DRAIN_TIMEOUT: Final = 20.0
"""Seconds in which what was taken is stored and acknowledged, once this process shall end."""
DRAIN_CHECK: Final = 0.05


class Source(Protocol):
    """What takes the messages of a dialect."""

    counters: Counters

    def start(self) -> Unsubscribe:
        """Listen until the returned function is called."""


class Worker:
    """Puts the parts together, as Home Assistant's side does with its own."""

    def __init__(self, settings: WorkerSettings) -> None:
        """Connect nothing yet."""
        dialects = settings.dialects
        self.domain = Domain(Bus())
        self.registry = QsRegistry(self.domain.bus, Window(None), dialects.qs)
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
        self.connection = NatsConnection(settings.nats, backoff=BACKOFF)
        self.live = LiveValues(self.domain, self.connection)
        self.streams: list[JetStreamTransport] = []
        """One for each stream that is read."""
        self.devices = KnownDevices(self.domain, self.store)
        stream = self._stream(dialects.qs_stream)
        self.sources: dict[str, Source] = {
            "qs": QsSource(_key(stream), stream, self.domain, self.registry)
        }
        """What takes messages, by dialect."""
        if dialects.f2 is not None:
            stream = self._stream(dialects.f2_stream)
            self.sources["f2"] = self._f2(stream, dialects.f2, dialects.controllers)
        if dialects.reports_stream is not None:
            stream = self._stream(dialects.reports_stream)
            self.sources["reports"] = ReportGateway(
                _key(stream), stream, self.domain, self.devices
            )
        self.feed = (
            None
            if dialects.iss is None
            else IssFeed(self.domain, dialects.iss, lambda: self.streams[0].is_first)
        )

    @property
    def faults(self) -> Iterator[str]:
        """Yield why nothing can be taken at the moment."""
        if not self.store.is_connected:
            yield f"database: {self.store.error or 'connecting'}"
        for stream in self.streams:
            if not stream.connected:
                yield f"stream: {stream.error or 'connecting'}"

    @property
    def held(self) -> int:
        """How many messages are not acknowledged yet."""
        return sum(stream.held for stream in self.streams)

    async def run(self) -> None:
        """Take, store and acknowledge until cancelled; then do so with what was taken, and leave."""
        await self.registry.open()
        stop = together(
            *(source.start() for source in self.sources.values()),
            CATALOGUE.recorder(self.domain, self.store.record).start(),
            self.live.start(),
        )
        work = [
            self.store.run(),
            self.connection.run(),
            self.devices.run(),
            self.live.run(),
            *(stream.run() for stream in self.streams),
            *(() if self.feed is None else (self.feed.run(),)),
        ]
        tasks = [asyncio.create_task(each) for each in work]
        try:
            # None of them ends by itself, unless there is a mistake in it.
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._drain()
            stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.registry.close()

    def _stream(self, settings: StreamSettings) -> JetStreamTransport:
        """Return what reads a stream: one for all dialects that are in it."""
        for stream in self.streams:
            if stream.settings == settings:
                return stream
        stream = JetStreamTransport(self.connection, settings)
        self.streams.append(stream)
        return stream

    def _f2(
        self,
        stream: JetStreamTransport,
        settings: F2Settings,
        controllers: tuple[F2Setup, ...],
    ) -> F2Source:
        source = F2Source(
            _key(stream), stream, self.domain, settings, measures_only=True
        )
        for controller in controllers:
            source.set_wiring(
                controller.mac, controller.wiring, controller.name, controller.zone
            )
        return source

    async def _drain(self) -> None:
        for stream in self.streams:
            stream.stop_pulling()
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_TIMEOUT):
                while self.held > self.devices.waiting and self.store.is_connected:
                    await asyncio.sleep(DRAIN_CHECK)
        if held := self.held:
            _LOGGER.warning(
                "%s messages are left to others: they are not stored yet", held
            )


def _key(stream: JetStreamTransport) -> str:
    # The same at every worker: by this a message is known that comes to another one.
    return f"jetstream {stream.settings.stream}"
