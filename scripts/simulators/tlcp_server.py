"""A server that speaks TLCP 2.5.0 over WebSocket: as much as clients of the ISS feed use, and every fault they may meet."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
import itertools
import re
from typing import Final, Self, cast
from urllib.parse import parse_qs

from aiohttp import WSMsgType, web

SUBPROTOCOL: Final = "TLCP-2.5.0.lightstreamer.com"
LOOPBACK: Final = "127.0.0.1"
MAX_HISTORY: Final = 20_000
# What can't stand in a value as it is, anywhere or at its beginning.
_UNSAFE: Final = re.compile(r"[%|\r\n]|^[#$^]")

type Outgoing = asyncio.Queue[str]
"""What waits to be said on one connection, in order."""
type Request = tuple[str, dict[str, str]]


def encoded(value: str | None) -> str:
    """Return a value as it stands in an update."""
    if value is None:
        return "#"
    if not value:
        return "$"
    return _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", value)


def delta(before: list[str | None] | None, now: list[str | None]) -> str:
    """Return the values of an update; runs of unchanged ones are counted."""
    if before is None:
        return "|".join(map(encoded, now))
    tokens: list[str] = []
    for is_same, group in itertools.groupby(
        zip(before, now, strict=True), lambda pair: pair[0] == pair[1]
    ):
        values = [value for _, value in group]
        if not is_same:
            tokens += map(encoded, values)
        else:
            tokens.append(f"^{len(values)}" if len(values) > 1 else "")
    return "|".join(tokens)


@dataclass(slots=True, eq=False)
class Subscription:
    """One subscription: its items and fields, and what was told of each item."""

    number: str
    items: list[str]
    fields: list[str]
    told: list[list[str | None] | None]


@dataclass(slots=True, eq=False)
class Session:
    """What a client has asked for, and what it was told."""

    id: str
    socket: Outgoing | None = None
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    count: int = 0
    history: deque[str] = field(default_factory=lambda: deque(maxlen=MAX_HISTORY))


class TlcpServer:
    """The server, its items, and the faults that a test wants of it."""

    def __init__(self, *, keepalive: int = 5_000) -> None:
        """Serve nothing yet. `keepalive` is in milliseconds."""
        self.keepalive = keepalive
        self.rejection: tuple[int, str] | None = None
        """What every request for a new session is turned down with."""
        self.is_mute = False
        """Whether connections are taken, but nothing is said any more."""
        self.opening: list[str] = []
        """Lines that are said before anything else of a session."""
        self.port = 0
        self.requests: list[Request] = []
        self.sessions: dict[str, Session] = {}
        self.on_change: Callable[[], None] = lambda: None
        self._items: dict[str, dict[str, str | None]] = {}
        self._transports: set[asyncio.Transport] = set()
        self._numbers = itertools.count(1)
        self._runner: web.AppRunner | None = None
        self._probing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{LOOPBACK}:{self.port}"

    async def start(self, port: int | None = None) -> None:
        """Listen, on the port that it had before, or on any free one."""
        app = web.Application()
        app.router.add_get("/lightstreamer", self._connected)
        app.router.add_post("/lightstreamer/{name}.txt", self._asked_by_http)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, LOOPBACK, self.port if port is None else port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._probing = asyncio.create_task(self._probe())

    async def stop(self) -> None:
        """Hang up, forget all sessions and listen no more."""
        if self._probing is not None:
            self._probing.cancel()
        self.cut()
        self.sessions.clear()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # What the feed has.

    def put(self, item: str, **fields: str | None) -> None:
        """Change some fields of an item, and tell all who have asked for it. `_` stands for a dot in a name."""
        known = self._items.setdefault(item, {})
        known |= {name.replace("_", "."): value for name, value in fields.items()}
        for session in self.sessions.values():
            for one in session.subscriptions.values():
                if item in one.items:
                    self._tell(session, one, one.items.index(item))

    def put_many(self, changes: Iterable[tuple[str, dict[str, str | None]]]) -> None:
        """Change many items; each connection is told in one frame."""
        changed: dict[str, None] = {}
        for item, fields in changes:
            self._items.setdefault(item, {}).update(fields)
            changed[item] = None
        for session in self.sessions.values():
            if session.socket is None:
                continue
            lines = [
                self._update(session, one, at)
                for one in session.subscriptions.values()
                for at, item in enumerate(one.items)
                if item in changed
            ]
            self._send(session.socket, "\r\n".join(lines))

    # What goes wrong.

    def loop(self) -> None:
        """Ask every client to bind its session again."""
        self.say("LOOP,0")
        for session in self.sessions.values():
            session.socket = None

    def end(self, code: int, words: str) -> None:
        """End every session."""
        self.say(f"END,{code},{words}")
        self.sessions.clear()

    def cut(self) -> None:
        """Break every connection without a word; the sessions stay."""
        for transport in list(self._transports):
            transport.abort()

    def forget(self) -> None:
        """Forget every session: none can be bound or recovered."""
        self.sessions.clear()

    def say(self, *lines: str) -> None:
        """Say something to every client, whatever it is."""
        for session in self.sessions.values():
            self._send(session.socket, "\r\n".join(lines))

    def asked(self, name: str) -> list[dict[str, str]]:
        """Return the parameters of all requests of a name."""
        return [parameters for kind, parameters in self.requests if kind == name]

    # The protocol.

    async def _connected(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=(SUBPROTOCOL,))
        await socket.prepare(request)
        transport = cast("asyncio.Transport", request.transport)
        self._transports.add(transport)
        outgoing: Outgoing = asyncio.Queue()
        writing = asyncio.create_task(self._write(socket, outgoing))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._asked(outgoing, message.data)
        finally:
            writing.cancel()
            self._transports.discard(transport)
            for session in self.sessions.values():
                if session.socket is outgoing:
                    session.socket = None
            self.on_change()
        return socket

    async def _write(self, socket: web.WebSocketResponse, outgoing: Outgoing) -> None:
        with suppress(ConnectionError):
            while True:
                await socket.send_str(await outgoing.get())

    async def _asked_by_http(self, request: web.Request) -> web.Response:
        """The vendor's library recovers over HTTP; it is told to begin anew."""
        self._note(request.match_info["name"], await request.text())
        return web.Response(text="CONERR,20,Session not found\r\n")

    def _note(self, name: str, text: str) -> dict[str, str]:
        parameters = {key: values[-1] for key, values in parse_qs(text).items()}
        self.requests.append((name, parameters))
        return parameters

    def _asked(self, socket: Outgoing, text: str) -> None:
        name, _, body = text.partition("\r\n")
        parameters = self._note(name, body)
        handlers = {
            "wsok": self._greet,
            "create_session": self._create,
            "bind_session": self._bind,
            "control": self._control,
            "heartbeat": lambda *_: None,
        }
        if handler := handlers.get(name):
            handler(socket, parameters)
        else:
            self._send(socket, "ERROR,68,Internal error: cannot be parsed")
        self.on_change()

    def _greet(self, socket: Outgoing, _: dict[str, str]) -> None:
        self._send(socket, "WSOK")

    def _create(self, socket: Outgoing, _: dict[str, str]) -> None:
        if self.rejection is not None:
            code, words = self.rejection
            self._send(socket, f"CONERR,{code},{words}")
            return
        session = Session(f"S{next(self._numbers)}", socket)
        self.sessions[session.id] = session
        self._open(session, 0)

    def _bind(self, socket: Outgoing, wanted: dict[str, str]) -> None:
        session = self.sessions.get(wanted.get("LS_session", ""))
        if session is None:
            self._send(socket, "CONERR,20,Session not found")
            return
        session.socket = socket
        missed = (
            session.count - int(wanted["LS_recovery_from"])
            if "LS_recovery_from" in wanted
            else 0
        )
        # The last of what was heard is told again: that is allowed, and clients must cope.
        again = min(missed + 1 if missed else 0, len(session.history))
        self._open(session, session.count - again)
        if again:
            self._send(socket, "\r\n".join(list(session.history)[-again:]))
        for one in session.subscriptions.values():
            for at, item in enumerate(one.items):
                if item in self._items and one.told[at] != self._values(one, at):
                    self._tell(session, one, at)

    def _open(self, session: Session, progress: int) -> None:
        lines = (
            f"CONOK,{session.id},50000,{self.keepalive},*",
            "SERVNAME,Lightstreamer HTTP Server",
            f"CLIENTIP,{LOOPBACK}",
            "NOOP,sending preamble",
            "CONS,unlimited",
            f"PROG,{progress}",
            *self.opening,
        )
        self._send(session.socket, "\r\n".join(lines))

    def _control(self, socket: Outgoing, wanted: dict[str, str]) -> None:
        session = next(
            (found for found in self.sessions.values() if found.socket is socket), None
        )
        if session is None:
            self._send(socket, f"REQERR,{wanted.get('LS_reqId', 0)},20,No session")
        elif wanted["LS_op"] == "destroy":
            del self.sessions[session.id]
        elif wanted["LS_op"] == "delete":
            session.subscriptions.pop(wanted["LS_subId"], None)
            self._data(session, f"UNSUB,{wanted['LS_subId']}")
        else:
            self._subscribe(session, wanted)

    def _subscribe(self, session: Session, wanted: dict[str, str]) -> None:
        number, items = wanted["LS_subId"], wanted["LS_group"].split(" ")
        one = session.subscriptions[number] = Subscription(
            number, items, wanted["LS_schema"].split(" "), [None] * len(items)
        )
        if wanted.get("LS_ack") != "false":
            self._send(session.socket, f"REQOK,{wanted['LS_reqId']}")
        self._data(session, f"SUBOK,{number},{len(items)},{len(one.fields)}")
        self._data(session, f"CONF,{number},unlimited,filtered")
        for at, item in enumerate(items):
            if item in self._items:
                self._tell(session, one, at)

    def _values(self, one: Subscription, at: int) -> list[str | None]:
        known = self._items.get(one.items[at], {})
        return [known.get(name) for name in one.fields]

    def _tell(self, session: Session, one: Subscription, at: int) -> None:
        if session.socket is not None:
            self._send(session.socket, self._update(session, one, at))

    def _update(self, session: Session, one: Subscription, at: int) -> str:
        values = self._values(one, at)
        line = f"U,{one.number},{at + 1},{delta(one.told[at], values)}"
        one.told[at] = values
        self._count(session, line)
        return line

    def _data(self, session: Session, line: str) -> None:
        self._count(session, line)
        self._send(session.socket, line)

    def _count(self, session: Session, line: str) -> None:
        session.count += 1
        session.history.append(line)

    def _send(self, socket: Outgoing | None, lines: str) -> None:
        if socket is not None and lines and not self.is_mute:
            socket.put_nowait(f"{lines}\r\n")

    async def _probe(self) -> None:
        while True:
            await asyncio.sleep(self.keepalive / 1_000)
            self.say("PROBE")
