"""The gateway between NATS clients and the domain (maestra.md §5)."""

from typing import Any, Final
from uuid import uuid4

import orjson

from ..bus import Latency, TrafficMeter, Unsubscribe, together
from ..domain import Domain
from ..domain.clock import utcnow, wire_time
from ..domain.errors import (
    BadReply,
    InvalidField,
    MaestraError,
    NotConnected,
    PublisherSilent,
)
from ..domain.events import Relayed
from ..domain.json_values import (
    InvalidJson,
    JsonObject,
    JsonValue,
    NestedTooDeep,
    loads,
)
from ..domain.source import Source
from ..domain.stream import Stream
from ..transport.access import Rejection, RejectionLog
from ..transport.commands import run_command
from ..transport.event_encoder import ENCODED_EVENTS, EventEncoder, Wires
from ..transport.subjects import is_subject, subjects_of_topics, token
from .client import Message
from .connection import NatsConnection

EVERYTHING: Final = "maestra.>"
"""What we hear. Ours do not come back, so that we are not taken for who answers our own requests."""
PREFIX: Final = "maestra."
"""Clients of other protocols reach the subjects below this, and no others of the server."""
DEFAULT_SOURCE: Final = "mqtt"
"""Of a state whose sender names none: so it is on NATS too (maestra.md §5.1)."""
MAX_PAYLOAD_BYTES: Final = 262_144
HANDSHAKE_TIMEOUT: Final = 5.0
"""Seconds that a publisher has to answer a request for its stream (maestra.md §5.3)."""
PROBE_TIMEOUT: Final = 1.0
"""Seconds after which somebody listens: that nobody does, the server says at once."""
DONE: Final = b'{"status":"ok"}'
UNREADABLE: Final = "\N{REPLACEMENT CHARACTER}"


class NatsGateway:
    """Takes clients' messages into the domain, tells them what happens there, and passes on what others say.

    `key` is the id of the connection: the gateway part of every Source that comes in here.
    """

    def __init__(
        self,
        key: str,
        connection: NatsConnection,
        domain: Domain,
        encoder: EventEncoder,
    ) -> None:
        """Wire nothing yet."""
        self.key = key
        self.counters = connection.counters
        self.latency = Latency()
        self._traffic = TrafficMeter(self.counters, self.latency, domain.bus, key)
        self._connection = connection
        self._domain = domain
        self._encoder = encoder
        self._rejections = RejectionLog("NATS", self.counters)
        self._commander = Source(DEFAULT_SOURCE, key)
        self._speaker = Source("nats", key)

    def start(self) -> Unsubscribe:
        """Listen to both sides until the returned function is called."""
        bus, handshakes = self._domain.bus, self._domain.streams.handshakes
        handshakes.append(self._ask_publisher)
        return together(
            self._rejections.close,
            lambda: handshakes.remove(self._ask_publisher),
            *(bus.subscribe(kind, self._announce) for kind in ENCODED_EVENTS),
            bus.subscribe(Relayed, self._forward),
            self._connection.listen(EVERYTHING, self._take),
        )

    def _take(self, message: Message) -> None:
        """Bring one message into the domain, or reject and answer it."""
        with self._traffic.message(message.subject, message.payload):
            try:
                self._handle(message)
            except MaestraError as error:
                self._reject(message, error.code, str(error))

    def _handle(self, message: Message) -> None:
        subject, payload = message.subject, message.payload
        if not is_subject(subject) or UNREADABLE in subject:
            raise InvalidField(field="subject", reason="is not a subject")
        if len(payload) > MAX_PAYLOAD_BYTES:
            reason = f"larger than {MAX_PAYLOAD_BYTES} bytes"
            raise InvalidField(field="payload", reason=reason)
        body, raw = _read(payload)
        if run_command(self._domain, subject, body, self._commander):
            self.counters.add("accepted")
            if message.reply:
                self._publish(DONE, message.reply)
        # Commands, too: others are told who commands what.
        bus = self._domain.bus
        if bus.has_listeners(Relayed, beside=self._forward):
            bus.publish(Relayed(subject, body, self._speaker, raw))

    def _reject(self, message: Message, code: str, detail: str) -> None:
        # On NATS nobody says who they are; what is meant stands last in the subject.
        client = message.subject.rpartition(".")[2]
        rejection = self._rejections.note(client, code, detail, message.subject)
        if not rejection.is_answered:
            return
        self._publish(
            error_payload(rejection, message.subject),
            f"{PREFIX}errors.{token(rejection.client or 'unknown')}",
        )
        if message.reply:
            self._publish(
                orjson.dumps({"error": rejection.code, "detail": rejection.detail}),
                message.reply,
            )

    def _announce(self, event: Any) -> None:
        for encoded in self._encoder.encode(event):
            if Wires.SUBJECTS in encoded.wires:
                self._publish(encoded.payload, *subjects_of_topics(encoded.topics))

    def _forward(self, relayed: Relayed) -> None:
        """Say on NATS what clients of other protocols say."""
        if relayed.source.gateway == self.key:
            return
        if not relayed.subject.startswith(PREFIX):
            self._rejections.note(
                relayed.source.name,
                InvalidField.code,
                f"subjects must begin with {PREFIX}",
                relayed.subject,
            )
            return
        payload = relayed.raw
        if payload is None:
            payload = orjson.dumps(relayed.data)
        self._publish(payload, relayed.subject)

    def _publish(self, payload: bytes, *subjects: str) -> None:
        # At most once: what can't be sent is counted and never sent late.
        try:
            self._connection.publish_on(subjects, payload)
        except MaestraError:
            self.counters.add("unsent", len(subjects))
        else:
            self._traffic.sent(subjects, payload)

    async def _ask_publisher(
        self, stream: Stream, request: JsonObject
    ) -> JsonObject | None:
        """Ask a stream's publisher; returns its reply, None where it does not listen on NATS.

        Raises PublisherSilent, BadReply.
        """
        try:
            reply = await self._connection.request(
                f"{PREFIX}stream.request.{stream.id}",
                orjson.dumps(request),
                HANDSHAKE_TIMEOUT,
            )
        except NotConnected:
            return None
        except TimeoutError:
            if await self._has_wildcard_listener():
                return None
            raise PublisherSilent(stream=stream.id) from None
        if reply is None:
            return None
        try:
            body = loads(reply)
        except InvalidJson:
            body = None
        if not isinstance(body, dict):
            raise BadReply(stream=stream.id, reason="it is not a JSON object")
        return body

    async def _has_wildcard_listener(self) -> bool:
        """Whether somebody listens to all requests, whatever stream they are for.

        Whoever listens to everything counts as one who could answer: then silence tells nothing of the publisher.
        """
        nobody = f"{PREFIX}stream.request.{uuid4()}"
        try:
            answer = await self._connection.request(nobody, b"{}", PROBE_TIMEOUT)
        except MaestraError:
            return False
        except TimeoutError:
            return True
        return answer is not None


def _read(payload: bytes) -> tuple[JsonValue, bytes | None]:
    """Read a payload: its JSON value, or null and the raw bytes where it is none; nothing is null.

    Raises InvalidField for JSON that is nested too deep to be passed on.
    """
    if not payload:
        return None, None
    try:
        return loads(payload), None
    except NestedTooDeep as error:
        raise InvalidField(field="payload", reason=str(error)) from None
    except InvalidJson:
        return None, payload


def error_payload(rejection: Rejection, subject: str) -> bytes:
    """Return what everybody is told of a message that was refused (our extension)."""
    return orjson.dumps(
        {
            "type": "error",
            "code": rejection.code,
            "detail": rejection.detail,
            "subject": subject[:512],
            "timestamp": wire_time(utcnow()),
        }
    )
