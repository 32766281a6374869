"""Reconnecting: backoff, what is logged, and who is notified."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
import random
from typing import Final

from ..bus import Unsubscribe, call_each, enlist, get_logger
from ..domain.errors import MaestraError
from .errors import ConnectionFailed, UnexpectedFailure

_LOGGER = get_logger(__name__)

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


async def keep_serving(
    what: str,
    serve: Callable[[], Awaitable[None]],
    failed: Callable[[ConnectionFailed], None],
    backoff: Backoff,
) -> None:
    """Call `serve` again and again until it returns, or this task is cancelled.

    Each time that it fails, `failed` is told why before the next attempt: what nobody foresaw is an UnexpectedFailure of
    `what`. So is a cancellation that nobody asked for, as a library's task can leak.
    """
    failures = 0
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            await serve()
        except (Exception, asyncio.CancelledError) as error:
            if is_cancelled():
                raise
            failure = (
                error
                if isinstance(error, ConnectionFailed)
                else UnexpectedFailure(what, error)
            )
        else:
            return
        try:
            failed(failure)
        except Exception:
            _LOGGER.exception("The end of the connection to %s can't be told", what)
        if loop.time() - began > STABLE:
            failures = 0
        await asyncio.sleep(backoff.delay(failures, lasting=failure.lasting))
        failures += 1


def is_cancelled() -> bool:
    """Whether somebody wants the running task to end."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def log_unexpected(failure: UnexpectedFailure) -> None:
    """Log an error that nobody foresaw, with its traceback."""
    _LOGGER.error(
        "The connection to %s; trying again until it works",
        failure,
        exc_info=failure.__cause__,
    )


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
        return enlist(self._listeners, listener)

    async def run(self, connect_and_serve: Callable[[], Awaitable[None]]) -> None:
        """Call `connect_and_serve`, which raises at the end of a connection, again and again until cancelled."""
        try:
            await keep_serving(
                self._what, connect_and_serve, self.went_down, self._backoff
            )
        finally:
            self._closed()

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
        if isinstance(error, UnexpectedFailure):
            log_unexpected(error)
        elif known is None or error.lasting:
            _LOGGER.warning(
                "No connection to %s; trying again until there is one", error
            )
        self._notify(False, error)

    def _closed(self) -> None:
        """The connection was ended on purpose."""
        self._down = None
        self._notify(False, None)

    def _notify(self, connected: bool, why: ConnectionFailed | None) -> None:
        self.connected = connected
        call_each(self._listeners, connected, why)
