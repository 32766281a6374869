"""A Lightstreamer feed of ISS telemetry with every fault, a source that reads it, and the vendor's own client."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
import json
import sys
from typing import Any, Self

import aiohttp

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.clock import utcnow
from custom_components.maestra.core.iss.events import ReadingTaken, SignalChanged
from custom_components.maestra.core.iss.session import IssSettings
from custom_components.maestra.core.iss.source import IssSource
from custom_components.maestra.core.iss.times import hours_of
from custom_components.maestra.core.transport.reconnect import Backoff
from scripts.simulators.tlcp_server import TlcpServer

from .process import PATIENCE

TANK = "NODE3000005"
CLOCK = "TIME_000001"
QUICK = Backoff(timedelta(milliseconds=10), timedelta(milliseconds=50))


def station_time(moment: datetime | None = None) -> str:
    """Return a time, or now, as the feed has it."""
    return f"{hours_of(moment or utcnow()):.9f}"


class Feed(TlcpServer):
    """The server, and what a test waits for."""

    def __init__(self, *, keepalive: int = 5_000) -> None:
        super().__init__(keepalive=keepalive)
        self._news = asyncio.Event()
        self.on_change = self._news.set

    async def asked_for(self, name: str, times: int = 1) -> dict[str, str]:
        """Wait for the n-th request of a name; returns its parameters."""
        async with asyncio.timeout(PATIENCE):
            while len(found := self.asked(name)) < times:
                self._news.clear()
                await self._news.wait()
        return found[times - 1]

    async def followed(self, item: str) -> None:
        """Wait until somebody who is connected has asked for an item: what came before is told as its latest value alone."""
        async with asyncio.timeout(PATIENCE):
            while not any(
                session.socket and item in subscription.items
                for session in self.sessions.values()
                for subscription in session.subscriptions.values()
            ):
                self._news.clear()
                await self._news.wait()

    async def left(self) -> None:
        """Wait until nobody is connected."""
        async with asyncio.timeout(PATIENCE):
            while any(session.socket for session in self.sessions.values()):
                self._news.clear()
                await self._news.wait()

    def tick(self, status_class: str = "24", age: float = 0.0) -> None:
        """Let the station's clock tell the time, or what it was `age` seconds ago."""
        moment = utcnow() - timedelta(seconds=age)
        self.put(
            CLOCK,
            TimeStamp=station_time(moment),
            Value=str(int(moment.timestamp() * 1000) % 31_622_400_000),
            Status_Class=status_class,
        )

    def measure(self, channel: str, value: str, **fields: str | None) -> None:
        """Let a channel have a new value, now."""
        self.put(
            channel,
            TimeStamp=station_time(),
            Value=value,
            **{"Status_Class": "24", **fields},
        )


class IssKit:
    """A source, and what it told."""

    def __init__(self, feed: Feed, source: IssSource, domain: Domain) -> None:
        self.feed = feed
        self.source = source
        self.domain = domain
        self.readings: list[ReadingTaken] = []
        self._last: dict[tuple[str, object], ReadingTaken] = {}
        self.signals: list[SignalChanged] = []
        self.connections: list[bool] = []
        self._news = asyncio.Event()
        domain.bus.subscribe(ReadingTaken, self._note)
        self._keep(domain.bus, ReadingTaken, self.readings)
        self._keep(domain.bus, SignalChanged, self.signals)
        source.connection.on_connection(self._connection)

    def _note(self, reading: ReadingTaken) -> None:
        self._last[reading.channel, reading.value] = reading

    def _keep[E](self, bus: Bus, kind: type[E], kept: list[E]) -> None:
        def keep(event: E) -> None:
            kept.append(event)
            self._news.set()

        bus.subscribe(kind, keep)

    def _connection(self, connected: bool, _reason: object) -> None:
        self.connections.append(connected)
        self._news.set()

    async def until[T](self, find: Callable[[], T]) -> T:
        """Wait until `find` returns something true, looking again at all news."""
        async with asyncio.timeout(PATIENCE):
            while not (found := find()):
                self._news.clear()
                await self._news.wait()
        return found

    async def connected(self) -> None:
        """Wait for the connection."""
        await self.until(lambda: self.source.connection.connected)

    async def reads(self, channel: str, value: float) -> ReadingTaken:
        """Wait for a value."""
        await self.until(lambda: (channel, value) in self._last)
        return self._last[channel, value]

    async def signal_is(self, status: str) -> None:
        """Wait for what is known of the signal."""
        await self.until(lambda: self.source.signal.status == status)


class Oracle:
    """The vendor's own client, in a process of its own (oracle.py)."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    @asynccontextmanager
    async def reading(
        cls, url: str, items: list[str], fields: list[str]
    ) -> AsyncGenerator[Self]:
        """Let it subscribe for as long as the block lasts."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.kits.oracle", url),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin
        process.stdin.write(json.dumps([items, fields]).encode() + b"\n")
        try:
            yield cls(process)
        finally:
            process.kill()
            await process.communicate()

    async def reads(self) -> tuple[str, list[str | None]]:
        """Wait for an update: the item, and all its values."""
        assert self._process.stdout
        async with asyncio.timeout(PATIENCE):
            item, values = json.loads(await self._process.stdout.readline())
        return item, values


@asynccontextmanager
async def iss_on_feed(feed: Feed, **settings: Any) -> AsyncGenerator[IssKit]:
    """Run a source on a feed."""
    wanted = {"url": feed.url, "channels": (TANK, CLOCK)} | settings
    domain = Domain(Bus())
    async with aiohttp.ClientSession() as http:
        source = IssSource("feed", http, domain, IssSettings(**wanted), backoff=QUICK)
        kit = IssKit(feed, source, domain)
        stop = source.start()
        task = asyncio.create_task(source.connection.run())
        try:
            yield kit
        finally:
            stop()
            task.cancel()
            await asyncio.wait([task])
