"""Clients on WebSockets and the domain."""

import asyncio
from collections.abc import Iterator
from functools import lru_cache
from itertools import count
from time import perf_counter
from typing import Any, Final

from aiohttp import WebSocketError, WSMessageTypeError, web

from ...bus import Counters, Latency, Unsubscribe, together
from ...domain import Domain
from ...domain.errors import MaestraError
from ...domain.events import Relayed, StateChanged
from ...domain.rate import TokenBucket
from ...domain.source import Source
from ..access import Gate
from ..announcements import ANNOUNCED, Announcer, Wires
from ..commands import run_command
from ..http_listener import HttpListener
from ..subjects import subject_of_topic
from . import frames
from .audience import Audience, Told
from .client import Client
from .door import Door
from .frames import Malformed
from .settings import WebSocketSettings
from .snapshot import snapshot

KEY: Final = "websocket"
YIELD_EVERY: Final = 64  # frames
# What is borne of a client beyond its rate before the connection is closed.
EXCESS_AT_ONCE: Final = 1_000
EXCESS_PER_SECOND: Final = 10


class WebSocketGateway:
    """Serves WebSocket clients (maestra.md §4) between `start` and `stop`."""

    key: Final = KEY

    def __init__(
        self, domain: Domain, announcer: Announcer, settings: WebSocketSettings
    ) -> None:
        """Listen to nothing yet."""
        self.counters = Counters()
        self.latency = Latency()
        self._domain = domain
        self._announcer = announcer
        self._settings = settings
        self._gate = Gate("WebSocket", settings.access, self.counters)
        self._door = Door(self._gate, settings)
        self._listener = HttpListener(
            settings.host, settings.port, ssl_context=settings.ssl_context
        )
        self._source = Source(frames.SOURCE, KEY)
        self._audience = Audience(settings.max_subscriptions)
        self._connections: set[Client] = set()
        self._numbers = count(1)
        self._unsubscribe: Unsubscribe | None = None

    @property
    def port(self) -> int:
        """The port that is listened on; 0 while there is none."""
        return self._listener.port

    @property
    def clients(self) -> int:
        """How many clients are connected and let in."""
        return len(self._audience)

    @property
    def _present(self) -> int:
        """How many connections there are, without those that are being turned away."""
        return sum(not client.is_closing for client in self._connections)

    async def start(self) -> None:
        """Listen; raises ListenFailed."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._serve)
        bus = self._domain.bus
        self._unsubscribe = together(
            *(bus.subscribe(kind, self._tell) for kind in ANNOUNCED),
            bus.subscribe(Relayed, self._pass_on),
        )
        try:
            await self._listener.start(app)
        except BaseException:
            self._leave_bus()
            raise

    async def stop(self) -> None:
        """Say goodbye to all clients and close the port."""
        self._leave_bus()
        for client in self._connections:
            client.close(1001, "Maestra stops")
        await self._listener.stop()

    def _leave_bus(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        """Hold one connection from its handshake to its end."""
        socket = await self._door.open(request)
        client = Client(
            next(self._numbers),
            request.remote or "",
            socket,
            request.transport,
            self._settings,
            self.counters,
        )
        self._connections.add(client)
        try:
            if self._unsubscribe is None:
                client.close(1001, "Maestra stops")
            elif await self._door.lets_in(client, request, self._present):
                self._audience.add(client)
                self._answer(client, frames.welcome(client.number))
                await self._listen(client)
        finally:
            self._audience.remove(client)
            try:
                await client.finish()
            finally:
                self._connections.discard(client)
            if client.is_slow:
                self.counters.add("dropped")
                self._gate.turn_away(client.address, "too_slow", "reads too slowly")
        return socket

    async def _listen(self, client: Client) -> None:
        excess = TokenBucket(EXCESS_AT_ONCE, EXCESS_PER_SECOND)
        for heard in count(1):
            try:
                raw = await client.receive()
            except WSMessageTypeError:
                self._refuse(client, Malformed("Frame is not text"))
                continue
            except WebSocketError as error:
                self._gate.refusals.note(
                    client.address, "protocol_error", str(error), "frame"
                )
                return
            if raw is None or client.is_closing:
                return
            if self._gate.within_rate(client.address):
                self._take(client, raw)
            elif excess.take():
                self._refuse(client, Malformed("Too many messages", "rate_limited"))
            else:
                self._gate.turn_away(client.address, "flood", "too many messages")
                client.close(1008, "Too many messages")
                return
            if not heard % YIELD_EVERY:
                # Reading does not wait while frames are there: others have their turn.
                await asyncio.sleep(0)

    def _take(self, client: Client, raw: bytes) -> None:
        began = perf_counter()
        self.counters.add("messages_in")
        self.counters.add("bytes_in", len(raw))
        match frames.decode(raw):
            case frames.Publish() as publish:
                self._publish(client, publish)
            case frames.Subscribe() as wanted:
                self._subscribe(client, wanted)
            case frames.Unsubscribe() as unwanted:
                self._audience.unsubscribe(client, unwanted.patterns)
                self._answer(client, frames.unsubscribed(unwanted.patterns))
            case frames.Ping():
                self._answer(client, frames.pong())
            case Malformed() as malformed:
                self._refuse(client, malformed)
            case frames.Auth():
                # Said to be sure, by a client that is in already.
                pass
        self.latency.add(perf_counter() - began)

    def _publish(self, client: Client, publish: frames.Publish) -> None:
        subject, data = publish.subject, publish.data
        try:
            if not run_command(self._domain, subject, data, self._source):
                said = Relayed(subject, frames.envelope(data), self._source)
                self._domain.bus.publish(said)
        except MaestraError as error:
            self._refuse(client, Malformed(str(error), error.code, subject))
            return
        self.counters.add("accepted")
        self._answer(client, frames.ack(subject))

    def _subscribe(self, client: Client, wanted: frames.Subscribe) -> None:
        if not self._audience.subscribe(client, wanted.subscriptions):
            most = self._settings.max_subscriptions
            too_many = f"There can be at most {most} subscriptions"
            self._refuse(client, Malformed(too_many, "too_many"))
            return
        self._answer(client, frames.subscribed(wanted.patterns))
        if wanted.snapshot and not client.send_snapshot(snapshot(self._domain, wanted)):
            self._refuse(
                client, Malformed("Too many snapshots are under way", "too_many")
            )

    def _refuse(self, client: Client, malformed: Malformed) -> None:
        message, code, subject = malformed.message, malformed.code, malformed.subject
        refusal = self._gate.refusals.note(
            client.address, code, message, subject or "frame"
        )
        # A client waits for the answer to what it says; only one that says too much gets fewer.
        if refusal.is_answered or code != "rate_limited":
            self._answer(client, frames.error(refusal.detail, code, subject))

    def _tell(self, event: Any) -> None:
        if not self._audience:
            return
        key = event.entity.id if isinstance(event, StateChanged) else None
        for announcement in self._announcer.announce(event):
            if Wires.SUBJECTS in announcement.wires:
                subjects = _subjects(announcement.topics)
                self._send(Told(subjects, announcement.payload, event), key)

    def _pass_on(self, relayed: Relayed) -> None:
        if self._audience:
            self._send(Told((relayed.subject,), frames.said(relayed), relayed), None)

    def _send(self, told: Told, key: str | None) -> None:
        for frame, clients in self._audience.hearers(told):
            for client in clients:
                client.send(frame, key)
            self.counters.add("messages_out", len(clients))
            self.counters.add("bytes_out", len(clients) * len(frame))

    def _counted(self, sent: Iterator[bytes]) -> Iterator[bytes]:
        for frame in sent:
            self.counters.add("messages_out", bool(frame))
            self.counters.add("bytes_out", len(frame))
            yield frame

    def _answer(self, client: Client, frame: bytes) -> None:
        client.send(frame)
        self.counters.add("messages_out")
        self.counters.add("bytes_out", len(frame))


@lru_cache(maxsize=8_192)
def _subjects(topics: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(subject_of_topic(topic) for topic in topics)
