"""A connection to EventSub that comes back by itself: welcomed, subscribed, moved without a loss, and nothing told twice."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final, NoReturn, Protocol
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from ..bus import Counters, Latency, Unsubscribe, call_each, enlist, get_logger
from ..domain.json_values import JsonObject
from ..domain.names import cleaned_text
from ..transport.http_client import NoAnswer, ask_for_json
from ..transport.reconnect import Backoff, ConnectionListener, Reconnector
from .errors import TwitchDenied, TwitchError, TwitchRefused, TwitchUnreachable
from .protocol import (
    REFUSED_STATUSES,
    Malformed,
    Message,
    Notice,
    Reconnect,
    Revocation,
    Welcome,
    decode,
)
from .subscriptions import Subscription, notices_of, scopes_of

_LOGGER = get_logger(__name__)

CONNECT_TIMEOUT: Final = 10.0  # seconds
REQUEST_TIMEOUT: Final = 10.0  # seconds
CLOSE_TIMEOUT: Final = 2.0  # seconds
DRAIN_TIMEOUT: Final = 2.0
"""Seconds in which what was sent over the former connection still comes."""
KEEPALIVE: Final = 30
"""Seconds between two signs of life that we ask for."""
GRACE: Final = 5.0
"""Seconds that a sign of life may be late."""
MAX_MESSAGE_BYTES: Final = 256 * 2**10
MAX_KNOWN: Final = 4_096
"""Ids of notices that are remembered: Twitch may send each of them again."""
MAX_CATEGORIES: Final = 20
MAX_TEXT_LENGTH: Final = 300
BACKOFF: Final = Backoff(first=timedelta(seconds=2), most=timedelta(minutes=2))
_CLOSES: Final = {
    4000: "an error on the side of Twitch",
    4002: "no answer to a ping",
    4003: "no subscription in time",
    4004: "no move to the new address in time",
    4005: "a time-out in the network of Twitch",
    4006: "an error in the network of Twitch",
    4007: "the address to move to is wrong",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where Twitch is."""

    events: str = "wss://eventsub.wss.twitch.tv/ws"
    api: str = "https://api.twitch.tv/helix"
    authorize: str = "https://id.twitch.tv/oauth2/authorize"
    token: str = "https://id.twitch.tv/oauth2/token"


@dataclass(frozen=True, slots=True)
class Category:
    """What is streamed: a game, or a kind of talk."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Channel:
    """What a channel says of itself."""

    title: str
    category: Category
    language: str


@dataclass(frozen=True, slots=True)
class Account:
    """Who has linked the channel: the id of the user, the name to log in with, and the name to show."""

    id: str
    login: str
    name: str


class Tokens(Protocol):
    """Where the access token of an account comes from."""

    @property
    def client_id(self) -> str:
        """What Twitch knows us by."""

    async def token(self, *, is_refused: bool = False) -> str:
        """Return a token that is good, another one where the last `is_refused`; raises TwitchError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwitchSettings:
    """The topics to hear of, the scopes that the account allows, and where Twitch is."""

    topics: tuple[str, ...]
    scopes: frozenset[str]
    endpoints: Endpoints = Endpoints()


class TwitchApi:
    """What is asked of Twitch over HTTP."""

    def __init__(
        self, http: aiohttp.ClientSession, endpoints: Endpoints, tokens: Tokens
    ) -> None:
        """Ask nothing yet."""
        self._http = http
        self._url = endpoints.api
        self._tokens = tokens

    async def account(self) -> Account:
        """Return whose the token is; raises TwitchError."""
        status, answer = await self._ask("GET", "/users")
        users = answer.get("data")
        user = users[0] if isinstance(users, list) and users else None
        if status != HTTPStatus.OK or not isinstance(user, dict):
            raise self._error(TwitchUnreachable, f"no account ({status})")
        id_, login = user.get("id"), user.get("login")
        if (
            not isinstance(id_, str)
            or not id_.isdecimal()
            or not isinstance(login, str)
        ):
            raise self._error(TwitchUnreachable, "what answers there is not Twitch")
        return Account(id_, login, str(user.get("display_name") or login))

    async def subscribe(
        self, subscription: Subscription, user: str, session: str
    ) -> str | None:
        """Ask for a kind of notice; returns why it is not to be had, None where it is. Raises TwitchError."""
        status, answer = await self._ask(
            "POST",
            "/eventsub/subscriptions",
            {
                "type": subscription.type,
                "version": subscription.version,
                "condition": dict.fromkeys(subscription.condition, user),
                "transport": {"method": "websocket", "session_id": session},
            },
        )
        if status in (HTTPStatus.ACCEPTED, HTTPStatus.CONFLICT):
            # A conflict is one that there is already.
            return None
        if (
            status == HTTPStatus.TOO_MANY_REQUESTS
            or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        ):
            raise self._error(TwitchUnreachable, f"busy ({status})")
        return _refusal(status, answer)

    async def channel(self, user: str) -> Channel:
        """Return what a channel says of itself; raises TwitchError."""
        query = urlencode({"broadcaster_id": user})
        status, answer = await self._ask("GET", f"/channels?{query}")
        found = self._first(status, answer)
        return Channel(
            title=_text(found, "title"),
            category=Category(_text(found, "game_id"), _text(found, "game_name")),
            language=_text(found, "broadcaster_language"),
        )

    async def change_channel(
        self, user: str, *, title: str | None, category: str | None
    ) -> None:
        """Change the title of a channel, or the id of its category, or both; raises TwitchError."""
        wanted: JsonObject = {
            key: value
            for key, value in (("title", title), ("game_id", category))
            if value is not None
        }
        query = urlencode({"broadcaster_id": user})
        status, answer = await self._ask("PATCH", f"/channels?{query}", wanted)
        if status not in (HTTPStatus.OK, HTTPStatus.NO_CONTENT):
            raise TwitchDenied(reason=_refusal(status, answer))

    async def categories(self, words: str) -> list[Category]:
        """Return the categories whose names have these words; raises TwitchError."""
        query = urlencode({"query": words, "first": MAX_CATEGORIES})
        status, answer = await self._ask("GET", f"/search/categories?{query}")
        found = answer.get("data")
        if status != HTTPStatus.OK or not isinstance(found, list):
            raise TwitchDenied(reason=_refusal(status, answer))
        return [
            Category(_text(each, "id"), _text(each, "name"))
            for each in found[:MAX_CATEGORIES]
            if isinstance(each, dict)
        ]

    def _first(self, status: int, answer: JsonObject) -> JsonObject:
        found = answer.get("data")
        first = found[0] if isinstance(found, list) and found else None
        if status != HTTPStatus.OK or not isinstance(first, dict):
            raise TwitchDenied(reason=_refusal(status, answer))
        return first

    async def _ask(
        self, method: str, path: str, body: JsonObject | None = None
    ) -> tuple[int, JsonObject]:
        """Ask, once more with another token where the first is refused; raises TwitchError."""
        for is_refused in (False, True):
            token = await self._tokens.token(is_refused=is_refused)
            status, answer = await self._ask_with(token, method, path, body)
            if status != HTTPStatus.UNAUTHORIZED:
                return status, answer
        raise self._error(TwitchRefused, "the account is not linked any more")

    async def _ask_with(
        self, token: str, method: str, path: str, body: JsonObject | None
    ) -> tuple[int, JsonObject]:
        headers = {
            "Authorization": f"Bearer {token}",
            "Client-Id": self._tokens.client_id,
        }
        try:
            status, answer = await ask_for_json(
                self._http,
                method,
                f"{self._url}{path}",
                timeout=REQUEST_TIMEOUT,
                json=body,
                headers=headers,
            )
        except NoAnswer as error:
            raise self._error(
                TwitchUnreachable,
                "what answers there is not Twitch"
                if error.is_foreign
                else error.reason,
            ) from None
        return status, answer if isinstance(answer, dict) else {}

    def _error(self, kind: type[TwitchError], reason: str) -> TwitchError:
        return _error(self._url, kind, reason)


class TwitchConnection:
    """Keeps one connection to EventSub, and tells each notice once."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        settings: TwitchSettings,
        tokens: Tokens,
        *,
        backoff: Backoff = BACKOFF,
        keepalive: int = KEEPALIVE,
        grace: float = GRACE,
    ) -> None:
        """Connect nothing yet."""
        self.counters = Counters()
        """Counts of messages_in, malformed, events, duplicate_events, refused_subscriptions, revoked and moved."""
        self.latency = Latency()
        self.account: Account | None = None
        self.subscribed: dict[Subscription, str | None] = {}
        """What was asked for, with the reason where it is not to be had."""
        self._http = http
        self._url = settings.endpoints.events
        self.api = TwitchApi(http, settings.endpoints, tokens)
        self.settings = settings
        self._keepalive = keepalive
        self._grace = grace
        self._reconnector = Reconnector("Twitch", backoff)
        self._known: dict[str, None] = {}
        self._listeners: list[Callable[[Notice], None]] = []

    @property
    def connected(self) -> bool:
        """Whether we are subscribed."""
        return self._reconnector.connected

    def on_connection(self, listener: ConnectionListener) -> Unsubscribe:
        """Tell `listener` whenever the connection, or the reason why there is none, changes."""
        return self._reconnector.on_connection(listener)

    def on_notice(self, listener: Callable[[Notice], None]) -> Unsubscribe:
        """Tell `listener` whatever happens on the channel, in order."""
        return enlist(self._listeners, listener)

    async def run(self) -> None:
        """Connect, and reconnect, until cancelled; then disconnect and leave nothing behind."""
        await self._reconnector.run(self._serve)

    async def _serve(self) -> NoReturn:
        self.account = account = await self.api.account()
        if missing := {*scopes_of(self.settings.topics)} - self.settings.scopes:
            raise self._error(
                TwitchRefused, f"the link does not allow {', '.join(sorted(missing))}"
            )
        url = str(
            URL(self._url).update_query(keepalive_timeout_seconds=self._keepalive)
        )
        socket, welcome = await self._open(url)
        work = asyncio.ensure_future(self._subscribe(account, welcome.session))
        reading = asyncio.ensure_future(self._read_on(socket, welcome.keepalive))
        await _first_failure(work, reading)
        raise self._error(TwitchUnreachable, "the connection was lost")

    async def _subscribe(self, account: Account, session: str) -> None:
        self.subscribed = {}
        for subscription in notices_of(self.settings.topics):
            refusal = await self.api.subscribe(subscription, account.id, session)
            self.subscribed[subscription] = refusal
            if refusal is not None:
                # As rewards of a channel that may have none: the others come all the same.
                self.counters.add("refused_subscriptions")
                _LOGGER.debug("Twitch does not tell %s: %s", subscription.type, refusal)
        if all(self.subscribed.values()):
            raise self._error(TwitchRefused, "no kind of notice is allowed")
        self._reconnector.came_up()

    async def _read_on(
        self, socket: aiohttp.ClientWebSocketResponse, keepalive: int
    ) -> NoReturn:
        """Read, and move to the next connection whenever Twitch wants us to."""
        try:
            while True:
                url = await self._read(socket, keepalive)
                socket, keepalive = await self._move(socket, url)
                self.counters.add("moved")
        finally:
            await socket.close()

    async def _move(
        self, former: aiohttp.ClientWebSocketResponse, url: str
    ) -> tuple[aiohttp.ClientWebSocketResponse, int]:
        """Open the connection to move to; what comes over the former one meanwhile is told, and that is closed."""
        reading = asyncio.ensure_future(self._drain(former))
        try:
            socket, welcome = await self._open(url)
            try:
                # Twitch closes the former one by itself, or has nothing more to say there.
                await asyncio.wait([reading], timeout=DRAIN_TIMEOUT)
                if reading.done():
                    reading.result()
            except BaseException:
                await socket.close()
                raise
        finally:
            reading.cancel()
            await asyncio.wait([reading])
            await former.close()
        return socket, welcome.keepalive

    async def _drain(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        with suppress(TwitchUnreachable):
            while True:
                self._take(await self._next(socket))

    async def _read(
        self, socket: aiohttp.ClientWebSocketResponse, keepalive: int
    ) -> str:
        """Read until we are to move, and return where to; raises TwitchError."""
        while True:
            try:
                async with asyncio.timeout(keepalive + self._grace):
                    message = await self._next(socket)
            except TimeoutError:
                raise self._error(
                    TwitchUnreachable, "no sign of life in time"
                ) from None
            if isinstance(message, Reconnect):
                if is_elsewhere(message.url, self._url):
                    raise self._error(TwitchUnreachable, "sent to another host")
                return message.url
            self._take(message)

    def _take(self, message: Message) -> None:
        match message:
            case Notice():
                if message.id in self._known:
                    self.counters.add("duplicate_events")
                    return
                self._known[message.id] = None
                if len(self._known) > MAX_KNOWN:
                    del self._known[next(iter(self._known))]
                self.counters.add("events")
                call_each(self._listeners, message)
            case Revocation():
                self.counters.add("revoked")
                self._revoked(message)
            case _:
                pass

    def _revoked(self, message: Revocation) -> None:
        """Know that a kind of notice comes no more, and tell it once."""
        lost = [
            subscription
            for subscription, refusal in self.subscribed.items()
            if subscription.type == message.type and refusal is None
        ]
        if lost:
            _LOGGER.warning(
                "Twitch does not tell %s any more: %s", message.type, message.status
            )
        self.subscribed |= dict.fromkeys(lost, message.status)
        if message.status in REFUSED_STATUSES:
            raise self._error(TwitchRefused, "the account is not linked any more")
        if self.connected and all(self.subscribed.values()):
            # They are asked for anew: a connection without any tells nothing for ever.
            raise self._error(TwitchUnreachable, "no kind of notice is left")

    async def _next(self, socket: aiohttp.ClientWebSocketResponse) -> Message:
        """Return the next message that can be read; raises TwitchError at the end."""
        while True:
            received = await socket.receive()
            if received.type is not aiohttp.WSMsgType.TEXT:
                code = socket.close_code or 0
                raise self._error(
                    TwitchUnreachable, _CLOSES.get(code, "the connection was lost")
                )
            self.counters.add("messages_in")
            message = decode(received.data)
            if not isinstance(message, Malformed):
                return message
            self.counters.add("malformed")
            _LOGGER.debug("A message of Twitch %s", message.reason)

    async def _open(self, url: str) -> tuple[aiohttp.ClientWebSocketResponse, Welcome]:
        """Connect, and wait for the welcome; raises TwitchError."""
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                socket = await self._http.ws_connect(
                    url,
                    max_msg_size=MAX_MESSAGE_BYTES,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_TIMEOUT),
                )
        except aiohttp.WSServerHandshakeError:
            raise self._error(
                TwitchUnreachable, "what answers there is not Twitch"
            ) from None
        except TimeoutError:
            raise self._error(TwitchUnreachable, "no answer in time") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise self._error(TwitchUnreachable, _reason(error)) from None
        try:
            return socket, await self._welcome(socket)
        except BaseException:
            await socket.close()
            raise

    async def _welcome(self, socket: aiohttp.ClientWebSocketResponse) -> Welcome:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                while not isinstance(message := await self._next(socket), Welcome):
                    # What follows a move may overtake its welcome.
                    self._take(message)
        except TimeoutError:
            raise self._error(TwitchUnreachable, "no welcome in time") from None
        return message

    def _error(self, kind: type[TwitchError], reason: str) -> TwitchError:
        return _error(self._url, kind, reason)


async def _first_failure(*tasks: asyncio.Future[Any]) -> None:
    """Wait until one of several tasks fails, and end the others; raises what the first that failed did."""
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    errors = [task.exception() for task in tasks if not task.cancelled()]
    for error in filter(None, errors):
        raise error


def _refusal(status: int, answer: JsonObject) -> str:
    return str(answer.get("message") or status)[:200]


def _text(found: JsonObject, key: str) -> str:
    """Return a text of an answer, cleaned and bounded."""
    return cleaned_text(found.get(key), MAX_TEXT_LENGTH)


def _error(url: str, kind: type[TwitchError], reason: str) -> TwitchError:
    address = URL(url)
    return kind(host=address.host or "", port=address.port or 0, reason=reason)


def is_elsewhere(url: str, known: str) -> bool:
    """Whether an address that we are sent to is of another host than the known one, or less protected. Twitch names hosts below its own."""
    try:
        found, home = URL(url), URL(known)
    except ValueError:
        return True
    host = found.host or ""
    is_of_home = host == home.host or host.endswith(f".{home.host}")
    return found.scheme != home.scheme or not is_of_home


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
