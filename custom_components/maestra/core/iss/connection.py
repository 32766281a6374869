"""A connection to the feed that comes back by itself."""

import asyncio
from collections.abc import Callable
from typing import Final, NoReturn

import aiohttp

from ..bus import Counters, Unsubscribe
from ..transport.reconnect import Backoff, ConnectionListener, Reconnector
from .session import FeedSession, FeedUnreachable, IssSettings, OnForget, OnUpdate

LEAST_BETWEEN_BINDS: Final = 0.05
"""Seconds: a server that wants to be bound again and again must not keep us busy."""


class FeedConnection:
    """Keeps one session: bound again when the server asks, recovered once when it breaks, else made anew."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        settings: IssSettings,
        counters: Counters,
        on_session: Callable[[], None],
        on_update: OnUpdate,
        on_forget: OnForget,
        *,
        backoff: Backoff = Backoff(),
    ) -> None:
        """Connect nothing yet. `on_session` is called when a new session begins, the others are as FeedSession's."""
        self._http = http
        self._settings = settings
        self._counters = counters
        self._on_session = on_session
        self._on_update = on_update
        self._on_forget = on_forget
        self._reconnector = Reconnector(
            f"telemetry feed {settings.socket.host}", backoff
        )
        self._was_connected = False

    @property
    def connected(self) -> bool:
        """Whether a session stands; short gaps in it do not count."""
        return self._reconnector.connected

    def on_connection(self, listener: ConnectionListener) -> Unsubscribe:
        """Tell `listener` whenever the connection, or the reason why there is none, changes."""
        return self._reconnector.on_connection(listener)

    async def run(self) -> None:
        """Connect, and reconnect, until cancelled; then disconnect and leave nothing behind."""
        await self._reconnector.run(self._keep_session)

    async def _keep_session(self) -> NoReturn:
        """Serve one session until it can't be kept; raises FeedError then."""
        session = FeedSession(
            self._http,
            self._settings,
            self._counters,
            self._on_update,
            self._on_forget,
        )
        self._on_session()
        is_recovery = False
        while True:
            try:
                await session.stream(is_recovery=is_recovery, on_up=self._came_up)
            except FeedUnreachable:
                # A second loss in a row: the session is gone.
                if is_recovery or not session.is_recoverable:
                    raise
                self._counters.add("recoveries")
                is_recovery = True
            else:
                self._counters.add("rebinds")
                is_recovery = False
                await asyncio.sleep(LEAST_BETWEEN_BINDS)

    def _came_up(self) -> None:
        if self.connected:
            return
        if self._was_connected:
            self._counters.add("reconnects")
        self._was_connected = True
        self._reconnector.came_up()


async def prove(http: aiohttp.ClientSession, settings: IssSettings) -> None:
    """Open a session with a subscription, and end it; raises FeedError by kind."""
    is_up = asyncio.Event()
    session = FeedSession(http, settings, Counters(), lambda _number, _values: None)
    stream = asyncio.ensure_future(session.stream(is_recovery=False, on_up=is_up.set))
    waiter = asyncio.ensure_future(is_up.wait())
    try:
        await asyncio.wait((stream, waiter), return_when=asyncio.FIRST_COMPLETED)
        if stream.done() and not is_up.is_set():
            await stream
    finally:
        for task in (stream, waiter):
            task.cancel()
        await asyncio.gather(stream, waiter, return_exceptions=True)
