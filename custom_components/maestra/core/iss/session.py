"""One TLCP session over one or more WebSockets (iss.md §9): its settings, and what can end it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

import aiohttp
from yarl import URL

from ..bus import Counters
from ..transport.errors import ConnectionFailed
from .merging import FIELDS
from .tlcp import (
    CHATTER,
    NOTIFICATIONS,
    SUBPROTOCOL,
    SUBSCRIPTION,
    Malformed,
    SessionOpened,
    bind_session,
    create_session,
    destroy,
    read_number,
    read_opened,
    read_refusal,
    read_update,
    subscribe,
)

PUBLIC_FEED: Final = "https://push.lightstreamer.com"
ADAPTER_SET: Final = "ISSLIVE"
SILENCE: Final = 30.0
"""Seconds without the station's clock after which the signal counts as lost."""

OPEN_TIMEOUT: Final = 10.0
CLOSE_TIMEOUT: Final = 1.0
KEEPALIVE: Final = 5_000
"""Milliseconds between two lines that we ask for."""
ASK_AGAIN: Final = 60.0
"""Seconds between two questions for items of which something that can't be read has come."""
SLACK: Final = 3.0
"""Seconds that a line may be late before the connection counts as dead."""
POSTPONED: Final = 0.25
"""Seconds of a flood after which it is noted that the connection lives: at each frame that would cost more than what it says."""
MOST_KEEPALIVE: Final = 60_000
MAX_FRAME: Final = 1 << 20
"""Bytes. The snapshot of all channels has a tenth of it."""
TURN: Final = 0.01
"""Seconds of a flood after which others get their turn of the loop."""
REFUSALS: Final = frozenset({"CONERR", "END", "ERROR", "REQERR"})


@dataclass(frozen=True, kw_only=True)
class IssSettings:
    """The server, and the channels to ask for, each once. `silence` is in seconds."""

    url: str = PUBLIC_FEED
    channels: tuple[str, ...]
    adapter_set: str = ADAPTER_SET
    silence: float = SILENCE
    feed: str = ""
    """What tells its readings from those of others that bring the same channels."""

    @property
    def socket(self) -> URL:
        """Where the server takes sessions."""
        url = URL(self.url)
        secure = url.scheme in {"https", "wss"}
        return url.with_scheme("wss" if secure else "ws").with_path("/lightstreamer")


class FeedError(ConnectionFailed):
    """There is no session. Facts: host, port, and a reason for people."""

    code = "feed_error"
    message = "telemetry feed {host}:{port}: {reason}"


class FeedUnreachable(FeedError):
    """No such host, nothing or something else listens, no answer in time, or the connection was lost."""

    code = "feed_unreachable"


class FeedRefused(FeedError):
    """The server turned us down, or has ended the session."""

    code = "feed_refused"


type OnUpdate = Callable[[int, str], None]
"""Takes an item's number, from 1, and its values; raises Malformed."""
type OnForget = Callable[[Iterable[int]], None]
"""Is told the numbers of items that are asked for again: what comes next of them is how they are."""


class FeedSession:
    """What the server knows of us, and how much of it we have heard."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        settings: IssSettings,
        counters: Counters,
        on_update: OnUpdate,
        on_forget: OnForget = lambda _: None,
    ) -> None:
        """Connect nothing yet; updates go to `on_update`."""
        self.opened: SessionOpened | None = None
        self._http = http
        self._settings = settings
        self._counters = counters
        self._on_update = on_update
        self._on_forget = on_forget
        # By subscription, the items in its order; by item, the subscription that it is heard on.
        self._items: dict[int, tuple[int, ...]] = {}
        self._heard_on: dict[int, int] = {}
        self._lost: set[int] = set()
        self._ask_again_at = 0.0
        self._heard = 0
        self._skip = 0
        self._is_recovering = False
        self._is_subscribed = False

    @property
    def is_recoverable(self) -> bool:
        """Whether a lost connection need not be the end."""
        return self.opened is not None and self._is_subscribed

    async def stream(self, *, is_recovery: bool, on_up: Callable[[], None]) -> None:
        """Open or bind the session, and pass on what it says; returns when the server wants it to be bound again.

        `is_recovery` asks for what was said since the connection broke. `on_up` is called once the
        subscription stands. Raises FeedUnreachable and FeedRefused.
        """
        self._is_recovering = is_recovery
        try:
            async with self._socket() as socket:
                await self._converse(socket, on_up)
        except TimeoutError:
            raise self._unreachable("no answer in time") from None
        except aiohttp.WSServerHandshakeError as error:
            raise self._unreachable(f"no TLCP server: {error.status}") from None
        except (aiohttp.ClientError, OSError) as error:
            raise self._unreachable(str(error) or type(error).__name__) from None

    @asynccontextmanager
    async def _socket(self) -> AsyncGenerator[aiohttp.ClientWebSocketResponse]:
        async with asyncio.timeout(OPEN_TIMEOUT):
            socket = await self._http.ws_connect(
                self._settings.socket,
                protocols=(SUBPROTOCOL,),
                max_msg_size=MAX_FRAME,
                timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_TIMEOUT),
            )
        try:
            if socket.protocol != SUBPROTOCOL:
                raise self._unreachable("no TLCP server")
            yield socket
        except asyncio.CancelledError:
            # Said, not awaited: the server need not keep the session for us.
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                async with asyncio.timeout(CLOSE_TIMEOUT):
                    await socket.send_str(destroy())
            raise
        finally:
            await socket.close()

    async def _converse(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        on_up: Callable[[], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(OPEN_TIMEOUT) as patience:
            await socket.send_str("wsok")
            await socket.send_str(self._opening())
            is_new, is_up = self.opened is None, False
            turn, postpone_at = loop.time() + TURN, 0.0
            while True:
                message = await socket.receive()
                if message.type is not aiohttp.WSMsgType.TEXT:
                    raise self._unreachable("the connection was lost")
                self._counters.add("bytes_in", len(message.data))
                for line in message.data.split("\r\n"):
                    if not line:
                        continue
                    if self._take(line):
                        return
                    if is_new and self.opened is not None:
                        is_new = False
                        channels = self._settings.channels
                        await socket.send_str(self._ask(range(1, len(channels) + 1)))
                if not self._is_subscribed:
                    continue
                now = loop.time()
                if self._lost and now >= self._ask_again_at:
                    self._ask_again_at = now + ASK_AGAIN
                    lost, self._lost = sorted(self._lost), set()
                    self._counters.add("asked_again", len(lost))
                    self._on_forget(lost)
                    await socket.send_str(self._ask(lost))
                if not is_up:
                    is_up = True
                    on_up()
                if now >= postpone_at:
                    postpone_at = now + POSTPONED
                    patience.reschedule(postpone_at + self._patience)
                if now > turn:
                    await asyncio.sleep(0)
                    turn = loop.time() + TURN

    @property
    def _patience(self) -> float:
        assert self.opened
        return min(self.opened.keepalive, MOST_KEEPALIVE) / 1_000 + SLACK

    def _opening(self) -> str:
        if self.opened is None:
            return create_session(self._settings.adapter_set, KEEPALIVE)
        recover_from = self._heard if self._is_recovering else None
        return bind_session(self.opened.session_id, KEEPALIVE, recover_from)

    def _ask(self, items: Iterable[int]) -> str:
        """Return the request for these items, and hear them on no other subscription from now on."""
        number = len(self._items) + SUBSCRIPTION
        self._items[number] = tuple(items)
        self._heard_on |= dict.fromkeys(items, number)
        channels = [self._settings.channels[item - 1] for item in self._items[number]]
        return subscribe(channels, FIELDS, number)

    def _take(self, line: str) -> bool:
        """Take one line; returns whether the session is to be bound again."""
        kind = line.partition(",")[0]
        try:
            if kind in NOTIFICATIONS:
                self._notified(kind, line)
            elif kind == "LOOP":
                return True
            elif kind == "CONOK":
                self.opened = read_opened(line)
            elif kind == "PROG" and self._is_recovering:
                self._recovered(read_number(line, 1))
            elif kind in REFUSALS:
                self._refused(line)
            elif kind not in CHATTER:
                self._malformed("unknown")
        except Malformed as malformed:
            self._malformed(str(malformed))
        return False

    def _malformed(self, what: str) -> None:
        self._counters.add("refused")
        self._counters.add(f"malformed_{what}")

    def _notified(self, kind: str, line: str) -> None:
        self._heard += 1
        if self._skip:
            self._skip -= 1
        elif kind == "U":
            self._counters.add("messages_in")
            self._updated(line)
        elif kind == "SUBOK":
            self._is_subscribed = True
        elif kind == "OV":
            self._counters.add("lost_updates", read_number(line, 3))

    def _updated(self, line: str) -> None:
        try:
            subscription, place, values = read_update(line)
        except Malformed:
            # It may be of any item, and what has changed of that is missing from now on.
            self._lost |= self._heard_on.keys()
            raise
        items = self._items.get(subscription, ())
        if not 0 < place <= len(items):
            raise Malformed("item")
        item = items[place - 1]
        if self._heard_on[item] != subscription:
            return
        try:
            self._on_update(item, values)
        except Malformed:
            self._lost.add(item)
            raise

    def _recovered(self, position: int) -> None:
        """Go on where the server does: it may tell again what was heard before."""
        if position > self._heard:
            raise self._unreachable("some of what was lost is gone")
        self._skip, self._heard = self._heard - position, position

    def _refused(self, line: str) -> None:
        if line.startswith("REQERR") and self._is_subscribed:
            # The feed goes on without what was asked for again.
            self._malformed("request")
            return
        raise self._failure(FeedRefused, str(read_refusal(line)))

    def _unreachable(self, reason: str) -> FeedUnreachable:
        return self._failure(FeedUnreachable, reason)

    def _failure[E: FeedError](self, kind: type[E], reason: str) -> E:
        socket = self._settings.socket
        return kind(host=socket.host or "", port=socket.port or 0, reason=reason)
