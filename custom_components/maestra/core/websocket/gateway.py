"""The gateway between WebSocket clients and the domain (maestra.md §4), and the snapshot that a client begins with."""

import asyncio
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any, Final

from aiohttp import WebSocketError, WSMessageTypeError, web

from ..bus import Counters, Latency, TrafficMeter, Unsubscribe, together
from ..domain import Domain
from ..domain.entity import Entity
from ..domain.errors import MaestraError
from ..domain.events import Relayed, StateChanged
from ..domain.rate import TokenBucket
from ..domain.source import SYSTEM, Source
from ..transport.access import AccessControl
from ..transport.commands import is_command, run_command
from ..transport.event_encoder import ENCODED_EVENTS, EventEncoder, Wires
from ..transport.http_listener import HttpListener
from ..transport.subjects import subjects_of_topics
from . import frames
from .admission import Admission, WebSocketSettings
from .audience import Audience, Notification, matching
from .client import PAUSE, Client, Outbox
from .frames import Malformed, Subscribe

PAUSE_EVERY: Final = 50  # entities
KEY: Final = "websocket"
YIELD_EVERY: Final = 64  # frames
# What is borne of a client beyond its rate before the connection is closed.
EXCESS_AT_ONCE: Final = 1_000
EXCESS_PER_SECOND: Final = 10


def snapshot(domain: Domain, wanted: Subscribe) -> Iterator[bytes]:
    """Yield a frame for each entity that the subscriptions match, as it is when the frame is asked for.

    It is a state change from nothing, in the form that the subscriptions ask for. `PAUSE`
    is yielded in between, and at the end a frame that says how many there were.
    """
    # Not the shared one: it holds the event that gateways tell at the moment.
    encoder = EventEncoder()
    count = 0
    for checked, entity in enumerate(_candidates(domain, wanted.patterns), 1):
        if domain.entities.get(entity.id) is entity:
            for frame in _frames(encoder, entity, wanted):
                count += 1
                yield frame
        if not checked % PAUSE_EVERY:
            yield PAUSE
    yield frames.snapshot_complete(wanted.patterns, count)


def _frames(
    encoder: EventEncoder, entity: Entity, wanted: Subscribe
) -> Iterator[bytes]:
    subscriptions = [
        subscription
        for subscription in wanted.subscriptions
        if subscription.filter is None or subscription.filter.admits_entity(entity)
    ]
    if not subscriptions:
        return
    now = StateChanged(
        entity,
        {},
        entity.state,
        tuple(entity.state),
        SYSTEM,
        entity.state_updated_at,
        [],
    )
    for encoded in encoder.encode(now):
        subjects = subjects_of_topics(encoded.topics)
        notification = Notification(subjects, encoded.payload, now)
        for subscription in subscriptions:
            if subject := matching(subscription.pattern, subjects):
                yield notification.frame(subject, subscription.form)
                break


def _candidates(domain: Domain, patterns: Iterable[str]) -> Iterable[Entity]:
    """Return the entities that patterns may mean: one each where all end in a slug, else all."""
    slugs = [_slug(pattern) for pattern in patterns]
    if None in slugs:
        return domain.entities
    found = (domain.entities.get(slug or "") for slug in dict.fromkeys(slugs))
    return [entity for entity in found if entity is not None]


def _slug(pattern: str) -> str | None:
    tokens = pattern.split(".")
    # maestra.entity.state.<type>.<slug>
    return tokens[4] if len(tokens) == 5 and tokens[4] not in ("*", ">") else None


class WebSocketGateway:
    """Serves WebSocket clients (maestra.md §4) between `start` and `stop`."""

    key: Final = KEY

    def __init__(
        self, domain: Domain, encoder: EventEncoder, settings: WebSocketSettings
    ) -> None:
        """Listen to nothing yet."""
        self.counters = Counters()
        self.latency = Latency()
        self._traffic = TrafficMeter(self.counters, self.latency, domain.bus, KEY)
        self._domain = domain
        self._encoder = encoder
        self._settings = settings
        self._access_control = AccessControl(
            "WebSocket", settings.access, self.counters
        )
        self._admission = Admission(self._access_control, settings)
        self._listener = HttpListener(
            settings.host,
            settings.port,
            self._access_control,
            ssl_context=settings.ssl_context,
            watches_answers=False,
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
        bus = self._domain.bus
        self._unsubscribe = together(
            *(bus.subscribe(kind, self._announce) for kind in ENCODED_EVENTS),
            bus.subscribe(Relayed, self._forward),
        )
        try:
            await self._listener.start(self._serve)
        except BaseException:
            self._unsubscribe_all()
            raise

    async def stop(self) -> None:
        """Say goodbye to all clients and close the port."""
        self._unsubscribe_all()
        for client in self._connections:
            client.close(1001, "Maestra stops")
        await self._listener.stop()
        self._access_control.rejections.close()

    def _unsubscribe_all(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Hold one connection from its handshake to its end."""
        socket = await self._admission.open(request)
        client = Client(
            next(self._numbers),
            request.remote or "",
            socket,
            request.transport,
            self.counters,
            Outbox(self._settings.outbox_frames, self._settings.outbox_bytes),
            self._settings.heartbeat,
        )
        self._connections.add(client)
        try:
            if self._unsubscribe is None:
                client.close(1001, "Maestra stops")
            elif await self._admission.admits(client, request, self._present):
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
                self._access_control.reject(
                    client.address, "too_slow", "reads too slowly"
                )
        return socket

    async def _listen(self, client: Client) -> None:
        excess = TokenBucket(EXCESS_AT_ONCE, EXCESS_PER_SECOND)
        for number in count(1):
            try:
                raw = await client.receive()
            except WSMessageTypeError:
                self._reject(client, Malformed("Frame is not text"))
                continue
            except WebSocketError as error:
                self._access_control.rejections.note(
                    client.address, "protocol_error", str(error), "frame"
                )
                return
            if raw is None or client.is_closing:
                return
            if self._access_control.within_rate(client.address):
                self._take(client, raw)
            elif excess.take():
                self._reject(client, Malformed("Too many messages", "rate_limited"))
            else:
                self._access_control.reject(
                    client.address, "flood", "too many messages"
                )
                client.close(1008, "Too many messages")
                return
            if not number % YIELD_EVERY:
                # Reading does not wait while frames are there: others have their turn.
                await asyncio.sleep(0)

    def _take(self, client: Client, raw: bytes) -> None:
        with self._traffic.incoming(len(raw)):
            match frames.decode(raw):
                case frames.Publish() as publish:
                    self._traffic.show(publish.subject, raw, is_incoming=True)
                    self._publish(client, publish)
                case frames.Subscribe() as wanted:
                    self._subscribe(client, wanted)
                case frames.Unsubscribe() as unwanted:
                    self._audience.unsubscribe(client, unwanted.patterns)
                    self._answer(client, frames.unsubscribed(unwanted.patterns))
                case frames.Ping():
                    self._answer(client, frames.pong())
                case Malformed() as malformed:
                    self._reject(client, malformed)
                case frames.Auth():
                    # Said to be sure, by a client that is in already.
                    pass

    def _publish(self, client: Client, publish: frames.Publish) -> None:
        subject, data = publish.subject, publish.data
        try:
            run_command(self._domain, subject, data, self._source)
        except MaestraError as error:
            self._reject(client, Malformed(str(error), error.code, subject))
            return
        # Commands, too: others are told who commands what.
        said = Relayed(subject, frames.envelope(data), self._source)
        self._domain.bus.publish(said)
        self.counters.add("accepted")
        self._answer(client, frames.ack(subject))

    def _subscribe(self, client: Client, wanted: frames.Subscribe) -> None:
        if not self._audience.subscribe(client, wanted.subscriptions):
            most = self._settings.max_subscriptions
            too_many = f"There can be at most {most} subscriptions"
            self._reject(client, Malformed(too_many, "too_many"))
            return
        self._answer(client, frames.subscribed(wanted.patterns))
        if not wanted.snapshot:
            return
        states = self._counted(snapshot(self._domain, wanted))
        if not client.send_snapshot(states):
            self._reject(
                client, Malformed("Too many snapshots are under way", "too_many")
            )

    def _reject(self, client: Client, malformed: Malformed) -> None:
        message, code, subject = malformed.message, malformed.code, malformed.subject
        rejection = self._access_control.rejections.note(
            client.address, code, message, subject or "frame"
        )
        # A client waits for the answer to what it says; only one that says too much gets fewer.
        if rejection.is_answered or code != "rate_limited":
            self._answer(client, frames.error(rejection.detail, code, subject))

    def _announce(self, event: Any) -> None:
        if not self._audience:
            return
        key = event.entity.id if isinstance(event, StateChanged) else None
        for encoded in self._encoder.encode(event):
            if Wires.SUBJECTS in encoded.wires:
                subjects = subjects_of_topics(encoded.topics)
                self._send(Notification(subjects, encoded.payload, event), key)

    def _forward(self, relayed: Relayed) -> None:
        if self._audience:
            subject = relayed.subject
            self._send(
                Notification((subject,), frames.relayed_message(relayed), relayed),
                # Of the commands for an entity, the latest counts, as of its states.
                subject if is_command(subject) else None,
            )

    def _send(self, notification: Notification, key: str | None) -> None:
        for frame, clients in self._audience.recipients(notification):
            for client in clients:
                client.send(frame, key)
            self._traffic.show(notification.subjects[0], frame, is_incoming=False)
            self._traffic.outgoing(len(clients) * len(frame), len(clients))

    def _counted(self, states: Iterator[bytes]) -> Iterator[bytes]:
        for frame in states:
            # A pause is an empty frame, which is not sent.
            self._traffic.outgoing(len(frame), bool(frame))
            yield frame

    def _answer(self, client: Client, frame: bytes) -> None:
        client.send(frame)
        self._traffic.outgoing(len(frame))
