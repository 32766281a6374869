"""A station of Rainwave that is looked at again and again."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Final, NoReturn

import aiohttp
from yarl import URL

from ..bus import Counters, Latency, Unsubscribe, call_each, enlist
from ..transport.errors import ConnectionFailed
from ..transport.http_client import NoAnswer, ask_for_json
from ..transport.reconnect import Backoff, ConnectionListener, Reconnector
from .stations import Playing, Station, read_playing

RAINWAVE: Final = "https://rainwave.cc/api4"
LOOK_INTERVAL: Final = 10.0  # seconds
REQUEST_TIMEOUT: Final = 10.0  # seconds
BACKOFF: Final = Backoff(first=timedelta(seconds=10), most=timedelta(minutes=5))


class RainwaveUnreachable(ConnectionFailed):
    """Nothing answers, or nothing that tells of a song."""

    code = "rainwave_unreachable"
    message = "Rainwave at {host}: {reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RainwaveSettings:
    """Where Rainwave is, which station, and whose account asks, where one does."""

    url: str
    station: Station
    user_id: str | None = None
    key: str | None = None


class RainwaveConnection:
    """One station, and what it plays."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        settings: RainwaveSettings,
        *,
        backoff: Backoff = BACKOFF,
        interval: float = LOOK_INTERVAL,
    ) -> None:
        """Look at nothing yet."""
        self.counters = Counters()
        """Counts of looks and songs."""
        self.latency = Latency()
        self.settings = settings
        self.playing: Playing | None = None
        self._http = http
        self._interval = interval
        self._reconnector = Reconnector("Rainwave", backoff)
        self._listeners: list[Callable[[Playing | None, Playing], None]] = []

    @property
    def connected(self) -> bool:
        """Whether it answers."""
        return self._reconnector.connected

    def on_connection(self, listener: ConnectionListener) -> Unsubscribe:
        """Tell `listener` whenever the connection, or the reason why there is none, changes."""
        return self._reconnector.on_connection(listener)

    def on_change(
        self, listener: Callable[[Playing | None, Playing], None]
    ) -> Unsubscribe:
        """Tell `listener` what was played before, None for the first, and what is now."""
        return enlist(self._listeners, listener)

    async def run(self) -> None:
        """Look, again and again, until cancelled."""
        await self._reconnector.run(self._serve)

    async def look(self) -> Playing:
        """Return what is played; raises RainwaveUnreachable."""
        settings = self.settings
        login = {"user_id": settings.user_id, "key": settings.key}
        try:
            status, answer = await ask_for_json(
                self._http,
                "GET",
                f"{settings.url}/info",
                timeout=REQUEST_TIMEOUT,
                params={
                    "sid": str(settings.station.number),
                    **{key: value for key, value in login.items() if value},
                },
            )
        except NoAnswer as error:
            raise self._error(error.reason) from None
        playing = read_playing(answer) if status == HTTPStatus.OK else None
        if playing is None:
            raise self._error(f"the answer tells of no song ({status})")
        return playing

    async def _serve(self) -> NoReturn:
        while True:
            now = await self.look()
            self.counters.add("looks")
            before, self.playing = self.playing, now
            self._reconnector.came_up()
            if now != before:
                self.counters.add("songs")
                call_each(self._listeners, before, now)
            await asyncio.sleep(self._interval)

    def _error(self, reason: str) -> RainwaveUnreachable:
        url = URL(self.settings.url)
        return RainwaveUnreachable(
            host=url.host or "", port=url.port or 0, reason=reason
        )
