"""Reconnecting: backoff, what is logged, and who is notified."""

import asyncio
from collections.abc import Awaitable, Callable
import contextlib
from dataclasses import dataclass
from datetime import timedelta
import logging
import random
from typing import Final, NoReturn

from ..bus import Unsubscribe
from ..domain.errors import MaestraError
from .errors import ConnectionFailed

_LOGGER = logging.getLogger(__name__)

STABLE: Final = 60.0
"""Seconds after which a connection counts as good, and the next attempts begin quickly again."""

type ConnectionListener = Callable[[bool, MaestraError | None], None]
"""Told `(True, None)` when up, `(False, why)` when down and `(False, None)` when closed on purpose."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait between attempts: doubling from `first` to `most`, minus up to half at random."""

    first: timedelta = timedelta(seconds=1)
    most: timedelta = timedelta(minutes=1)

    def delay(self, failures: int, *, lasting: bool = False) -> float:
        """Return the seconds to wait after so many failures before this one.

        A `lasting` failure ends only when somebody acts; asking often looks like an attack.
        """
        first, most = self.first.total_seconds(), self.most.total_seconds()
        delay = most if lasting else min(most, first * 2 ** min(failures, 32))
        return delay * random.uniform(0.5, 1.0)


class Reconnector:
    """Keeps one connection. It is logged once when it goes, and once when it comes back.

    `what` is how log lines call the other side.
    """

    def __init__(self, what: str, backoff: Backoff) -> None:
        """There is no connection yet."""
        self.connected = False
        self._what = what
        self._backoff = backoff
        self._down: ConnectionFailed | None = None
        self._listeners: list[ConnectionListener] = []

    def on_connection(self, listener: ConnectionListener) -> Unsubscribe:
        """Tell `listener` whenever the connection, or the reason why there is none, changes."""
        self._listeners.append(listener)

        def forget() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(listener)

        return forget

    async def run(
        self, connect_and_serve: Callable[[], Awaitable[NoReturn]]
    ) -> NoReturn:
        """Call `connect_and_serve`, which raises ConnectionFailed at the end of a connection, again and again until cancelled."""
        failures = 0
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await connect_and_serve()
            except ConnectionFailed as error:
                self.went_down(error)
                if loop.time() - began > STABLE:
                    failures = 0
                await asyncio.sleep(
                    self._backoff.delay(failures, lasting=error.lasting)
                )
                failures += 1

    def came_up(self) -> None:
        """The connection is there."""
        if self._down is not None:
            _LOGGER.info("Connected to %s again", self._what)
        self._down = None
        if not self.connected:
            self._notify(True, None)

    def went_down(self, error: ConnectionFailed) -> None:
        """There is no connection, for this reason."""
        known, self._down = self._down, error
        if known is not None and type(known) is type(error):
            return
        if known is None or error.lasting:
            _LOGGER.warning(
                "No connection to %s; trying again until there is one", error
            )
        self._notify(False, error)

    def closed(self) -> None:
        """The connection was ended on purpose."""
        self._down = None
        self._notify(False, None)

    def _notify(self, connected: bool, why: ConnectionFailed | None) -> None:
        self.connected = connected
        for listener in tuple(self._listeners):
            try:
                listener(connected, why)
            except Exception:
                _LOGGER.exception("A listener of %s failed", self._what)
