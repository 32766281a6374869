"""The feed as readings on the domain's bus."""

import time

import aiohttp

from ..bus import Counters, Latency, Unsubscribe
from ..domain import Domain
from ..domain.clock import utcnow
from ..transport.reconnect import Backoff
from .catalogue import TIME
from .connection import FeedConnection
from .events import ReadingTaken
from .merging import MergedItems
from .session import IssSettings
from .signal import SignalWatch


class IssSource:
    """Takes what the feed says. `key` is the gateway that it is known by."""

    def __init__(
        self,
        key: str,
        http: aiohttp.ClientSession,
        domain: Domain,
        settings: IssSettings,
        *,
        backoff: Backoff = Backoff(),
    ) -> None:
        """Build, but connect nothing."""
        self.key = key
        self.counters = Counters()
        self.latency = Latency()
        self.signal = SignalWatch(domain.bus, key, settings.silence)
        self.items = MergedItems(settings.channels, settings.feed)
        self.connection = FeedConnection(
            http,
            settings,
            self.counters,
            self.items.begin,
            self._updated,
            self.items.forget,
            backoff=backoff,
        )
        self._bus = domain.bus

    def start(self) -> Unsubscribe:
        """Let the signal be judged until the returned function is called; `connection` is run apart."""
        return self.signal.stop

    def latest(self, channel: str) -> ReadingTaken | None:
        """Return the latest reading of a channel, None before the first one."""
        return self.items.latest.get(channel)

    def _updated(self, number: int, values: str) -> None:
        begin = time.perf_counter()
        now = utcnow()
        reading = self.items.take(number, values, now)
        if reading is None:
            self.counters.add("without_news")
            return
        self.counters.add("accepted")
        self._bus.publish(reading)
        if reading.channel == TIME:
            self.signal.take(reading, now)
        self.latency.add(time.perf_counter() - begin)
