"""The listener for audio (stream-production.md §7): the OBS plugin sends to `/`, who listens to what is said comes to `/events`."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import count
from ssl import SSLContext
from typing import Final

from aiohttp import WSCloseCode, WSMsgType, hdrs, web
import orjson

from ..bus import Counters, Latency, TrafficMeter, Unsubscribe
from ..domain import Domain
from ..domain.clock import utcnow, wire_time
from ..domain.json_values import JsonObject
from ..domain.rate import TokenBucket
from ..domain.transcript import Transcribed
from ..transport.access import Access, AccessControl
from ..transport.http_listener import HttpListener, access_refusal
from ..transport.sockets import close_all, close_socket, push_until_gone
from . import frames
from .audio import AudioFrame, AudioSink
from .frames import Control, Malformed

KEY: Final = "audio"
EVENTS_PATH: Final = "/events"
DEFAULT_PORT: Final = 8889
DEFAULT_HEALTH_PORT: Final = 8890
PING_INTERVAL: Final = 20.0  # seconds
SEND_TIMEOUT: Final = 10.0  # seconds
MAX_EVENTS: Final = 200
"""Events that wait for a listener; what comes on top of them is dropped."""
MAX_SOURCES: Final = 16
"""Of one connection."""
# What is borne of messages that can't be read, or are too many, before the connection is closed.
EXCESS_AT_ONCE: Final = 200
EXCESS_PER_SECOND: Final = 5
_MICROSECONDS: Final = 1_000_000
_EPOCH: Final = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioSettings:
    """One listener. Port 0 is any free one; `health_port` is where some ask for health alone, None for nowhere."""

    host: str
    port: int = DEFAULT_PORT
    health_port: int | None = None
    access: Access
    ssl_context: SSLContext | None = None


class _Listener:
    """Who listens to what happens: told in order and within bounds."""

    def __init__(self, socket: web.WebSocketResponse, counters: Counters) -> None:
        self._socket = socket
        self._counters = counters
        self._events: asyncio.Queue[str] = asyncio.Queue(MAX_EVENTS)

    def tell(self, text: str) -> None:
        try:
            self._events.put_nowait(text)
        except asyncio.QueueFull:
            self._counters.add("events_dropped")

    async def serve(self) -> None:
        """Tell until there is nobody any more."""
        await push_until_gone(self._socket, self._send(), "maestra audio listener")

    async def _send(self) -> None:
        try:
            while True:
                try:
                    async with asyncio.timeout(PING_INTERVAL):
                        text = await self._events.get()
                except TimeoutError:
                    async with asyncio.timeout(SEND_TIMEOUT):
                        await self._socket.ping()
                    continue
                async with asyncio.timeout(SEND_TIMEOUT):
                    await self._socket.send_str(text)
        except ConnectionError, TimeoutError:
            # Who takes nothing is gone.
            return


class AudioGateway:
    """Hears sources of audio between `start` and `stop`, and tells listeners what they and recognition say."""

    def __init__(
        self, domain: Domain, sink: AudioSink, settings: AudioSettings
    ) -> None:
        """Listen to nothing yet."""
        self.counters = Counters()
        """Beside those of traffic: sources, listeners, malformed, refused, events_dropped."""
        self.latency = Latency()
        self._traffic = TrafficMeter(self.counters, self.latency, domain.bus, KEY)
        self._domain = domain
        self._sink = sink
        self._settings = settings
        self._access_control = AccessControl(
            "Audio listener", settings.access, self.counters
        )
        self._listener = HttpListener(
            settings.host,
            settings.port,
            self._access_control,
            ssl_context=settings.ssl_context,
            watches_answers=False,
        )
        self._health = None
        if settings.health_port is not None:
            self._health = HttpListener(
                settings.host,
                settings.health_port,
                self._access_control,
                ssl_context=settings.ssl_context,
            )
        self._sockets: set[web.WebSocketResponse] = set()
        self._listeners: set[_Listener] = set()
        self._numbers = count(1)
        self._reports: Mapping[str, Callable[[], JsonObject]] = {
            "/health": lambda: {"status": "ok", "timestamp": wire_time(utcnow())},
            "/status": lambda: frames.status(sink.status()),
        }
        self._unsubscribe: Unsubscribe | None = None

    @property
    def port(self) -> int:
        """The port that is listened on; 0 while there is none."""
        return self._listener.port

    @property
    def health_port(self) -> int:
        """The port on which health is told alone; 0 while there is none."""
        return self._health.port if self._health else 0

    @property
    def clients(self) -> int:
        """How many are connected: sources and listeners."""
        return len(self._sockets)

    async def start(self) -> None:
        """Listen; raises ListenFailed."""
        self._unsubscribe = self._domain.bus.subscribe(Transcribed, self._said)
        try:
            await self._listener.start(self._serve)
            if self._health is not None:
                await self._health.start(self._serve_health)
        except BaseException:
            self._stop_listening()
            await self._listener.stop()
            raise

    async def stop(self) -> None:
        """Say goodbye to all clients and close the port."""
        self._stop_listening()
        await close_all(self._sockets, "maestra audio goodbye")
        if self._health is not None:
            await self._health.stop()
        await self._listener.stop()
        self._access_control.rejections.close()

    def _stop_listening(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    async def _serve_health(self, request: web.BaseRequest) -> web.StreamResponse:
        """Tell what the listener itself tells, too, on the port where managers of processes look for it."""
        refused = access_refusal(request, self._access_control, 0)
        if refused is not None:
            return refused
        report = self._reports.get(request.rel_url.raw_path.rstrip("/"))
        if report is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        return web.json_response(report())

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Hold one connection from its handshake to its end."""
        refused = access_refusal(request, self._access_control, self.clients)
        if refused is not None:
            return refused
        path = request.rel_url.raw_path.rstrip("/")
        if (report := self._reports.get(path)) is not None:
            return web.json_response(report())
        socket = web.WebSocketResponse(
            timeout=1.0, compress=False, max_msg_size=frames.MAX_AUDIO + 1
        )
        if not socket.can_prepare(request):
            raise web.HTTPUpgradeRequired(headers={hdrs.UPGRADE: "websocket"})
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            if path == EVENTS_PATH:
                await self._serve_listener(socket)
            else:
                await self._serve_source(socket, request.remote or "")
        except ConnectionError:
            # It went while it was told something.
            pass
        finally:
            self._sockets.discard(socket)
        return socket

    async def _serve_listener(self, socket: web.WebSocketResponse) -> None:
        self.counters.add("listeners")
        listener = _Listener(socket, self.counters)
        self._listeners.add(listener)
        try:
            await listener.serve()
        finally:
            self._listeners.discard(listener)

    async def _serve_source(self, socket: web.WebSocketResponse, address: str) -> None:
        """Hear a source until it goes: then what it was saying is over."""
        self.counters.add("sources")
        status = orjson.dumps(frames.status(self._sink.status())).decode()
        await socket.send_str(status)
        self._traffic.outgoing(len(status))
        heard: set[tuple[str, str]] = set()
        way = f"{KEY}:{next(self._numbers)}"
        excess = TokenBucket(EXCESS_AT_ONCE, EXCESS_PER_SECOND)
        try:
            for number in count(1):
                message = await self._receive(socket)
                if message is None:
                    return
                problem = self._take(message, address, way, heard)
                if problem is not None:
                    self._access_control.rejections.note(
                        address, "malformed", problem.reason, "audio"
                    )
                    self.counters.add("malformed")
                    if not excess.take():
                        await close_socket(socket, WSCloseCode.POLICY_VIOLATION)
                        return
                if not number % 16:
                    # Reading does not wait while messages are there: others have their turn.
                    await asyncio.sleep(0)
        finally:
            for key in heard:
                self._sink.ended(key)

    async def _receive(self, socket: web.WebSocketResponse) -> str | bytes | None:
        """Return the next message, None at the end of the connection or of a source that is silent."""
        is_asked = False
        while True:
            try:
                async with asyncio.timeout(PING_INTERVAL):
                    message = await socket.receive()
            except TimeoutError:
                if is_asked or socket.closed:
                    await close_socket(socket)
                    return None
                # A muted source may say nothing; one that does not answer is gone.
                await socket.ping()
                is_asked = True
                continue
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                data: str | bytes = message.data
                return data
            return None

    def _take(
        self,
        message: str | bytes,
        address: str,
        way: str,
        heard: set[tuple[str, str]],
    ) -> Malformed | None:
        if not self._access_control.within_rate(address):
            return Malformed("too many messages")
        with self._traffic.incoming(len(message)):
            match (
                frames.decode_binary(message)
                if isinstance(message, bytes)
                else frames.decode_text(message)
            ):
                case Malformed() as malformed:
                    return malformed
                case Control("stop"):
                    for key in heard:
                        self._sink.ended(key)
                case Control():
                    pass
                case AudioFrame() as read:
                    frame = replace(read, way=way)
                    if len(heard) >= MAX_SOURCES and frame.key not in heard:
                        return Malformed("too many sources")
                    heard.add(frame.key)
                    self._sink.take(frame)
                    if self._listeners:
                        self._tell(frames.chunk(frame))
        return None

    def _said(self, event: Transcribed) -> None:
        transcript = event.transcript
        since = transcript.timestamp - _EPOCH
        self._tell(
            frames.transcription(
                round(since.total_seconds() * _MICROSECONDS),
                transcript.duration,
                transcript.text,
            )
        )

    def _tell(self, event: JsonObject) -> None:
        if not self._listeners:
            return
        text = orjson.dumps(event).decode()
        for listener in self._listeners:
            listener.tell(text)
        self._traffic.outgoing(len(text) * len(self._listeners), len(self._listeners))
