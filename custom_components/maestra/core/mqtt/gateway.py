"""The Maestra dialect between one MQTT connection and the domain."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import orjson

from ..bus import Counters, Latency, TrafficMeter, Unsubscribe, together
from ..domain import Domain
from ..domain.clock import utcnow, wire_time
from ..domain.descriptions import describe, followed
from ..domain.device import ONLINE, PENDING
from ..domain.entity import Entity
from ..domain.errors import InvalidField, MaestraError, UnknownCommand
from ..domain.events import Relayed, StateChanged
from ..domain.source import Source
from ..transport.access import Rejection, RejectionLog
from ..transport.commands import Malformed, StateCommand, note_applied
from ..transport.event_encoder import (
    ENCODED_EVENTS,
    EventEncoder,
    Wires,
    state_payload,
    topic_level,
)
from ..transport.mqtt_subjects import from_mqtt
from ..transport.transport import (
    Message,
    Subscription,
    Taken,
    Transport,
    handle_durably,
)
from .bridge import FILTER, is_ours, to_mqtt
from .codec import (
    DEFAULT_SOURCE,
    MAX_PAYLOAD_BYTES,
    SUBSCRIPTIONS,
    ClientMessage,
    Report,
    ReportKind,
    SubjectCommand,
    decode,
    is_known,
)

MAX_ECHOED_TOPIC: Final = 256


def subscriptions(*, bridges: bool) -> list[Subscription]:
    """Return what the dialect has to hear."""
    if bridges:
        return [Subscription(FILTER, 1, no_local=True)]
    return [Subscription(topic, 1) for topic in SUBSCRIPTIONS]


class MaestraGateway:
    """Takes clients' messages into the domain, and publishes what happens there to clients.

    `key` is the id of the connection: the gateway part of every Source that comes in here.
    """

    def __init__(
        self,
        key: str,
        transport: Transport,
        domain: Domain,
        encoder: EventEncoder,
        *,
        event_size_limit: int = 0,
        bridges: bool = False,
        hears: Sequence[str] | None = None,
    ) -> None:
        """Wire nothing yet.

        `bridges` hands all that is said below `maestra/` to the clients of the other protocols. With `hears` only these
        topics are taken in, and nothing is told but why something is refused: all else is another one's.

        `event_size_limit` (bytes, 0 for none) leaves `previous_state` empty in larger events:
        small clients drop what does not fit their buffer (maestra.md §2.3).
        """
        self.key = key
        self.counters = Counters()
        self.latency = Latency()
        self._traffic = TrafficMeter(self.counters, self.latency, domain.bus, key)
        self._encoder = encoder
        self._transport = transport
        self._domain = domain
        self._event_size_limit = event_size_limit
        self._bridges = bridges
        self._hears = hears
        self._default_source = Source(DEFAULT_SOURCE, key)
        self._rejections = RejectionLog("MQTT", self.counters)

    def start(self) -> Unsubscribe:
        """Listen to both sides until the returned function is called."""
        if self._hears is not None:
            wanted = [Subscription(topic, 1) for topic in self._hears]
            return together(
                self._rejections.close, self._transport.subscribe(wanted, self._take)
            )
        bus = self._domain.bus
        return together(
            self._rejections.close,
            *(bus.subscribe(kind, self._announce) for kind in ENCODED_EVENTS),
            bus.subscribe(Relayed, self._forward),
            self._transport.subscribe(
                subscriptions(bridges=self._bridges),
                self._take,
                former=(FILTER, *SUBSCRIPTIONS),
            ),
        )

    def _take(self, message: Message) -> Taken:
        """Take one message over; it is acknowledged once what it changed is durable."""
        return handle_durably(
            message, self.key, self._domain.journal, partial(self._handle, message)
        )

    def _handle(self, message: Message) -> None:
        """Bring one message into the domain, or reject and answer it."""
        with self._traffic.message(message.topic, message.payload) as stopwatch:
            if self._bridges:
                if is_ours(message.topic):
                    stopwatch.discard()
                    return
                if not message.retain:
                    self._relay(message)
                if not is_known(message.topic):
                    stopwatch.discard()
                    return
            self._run(message)

    def _run(self, message: Message) -> None:
        command = decode(message.topic, message.payload)
        match command:
            case StateCommand():
                self._rejecting(
                    message,
                    command.slug,
                    partial(command.run, self._domain, self.key),
                )
            case Report() if message.retain and command.kind in OCCURRENCES:
                # Kept by the broker since who knows when: it does not happen now.
                self.counters.add("stale")
            case Report():
                # Each element on its own: a bad one does not stop the rest.
                for item in command.items:
                    if not isinstance(item, dict):
                        reason = "an element is not a JSON object"
                        self._reject(message, command.name, "malformed", reason)
                        continue
                    client = command.name or _hardware_id(item)
                    self._rejecting(
                        message,
                        client,
                        partial(self._report, command.kind, client, item),
                    )
            case SubjectCommand() if message.retain:
                self.counters.add("stale")
            case SubjectCommand():
                self._rejecting(
                    message, command.client, partial(self._run_subject, command)
                )
            case ClientMessage():
                if not self._bridges and not message.retain:
                    self._relay(message)
            case Malformed():
                self._reject(message, command.client, "malformed", command.reason)

    def _run_subject(self, command: SubjectCommand) -> None:
        if not self._domain.commands.run(
            command.subject, command.body, self._default_source
        ):
            raise UnknownCommand(subject=command.subject)

    def _relay(self, message: Message) -> None:
        """Say inside what a client says to others."""
        if len(message.payload) > MAX_PAYLOAD_BYTES:
            reason = f"payload larger than {MAX_PAYLOAD_BYTES} bytes"
            self._reject(message, None, "malformed", reason)
            return
        bus = self._domain.bus
        if bus.has_listeners(Relayed, beside=self._forward):
            bus.publish(from_mqtt(message.topic, message.payload, self.key))

    def _forward(self, relayed: Relayed) -> None:
        """Say on MQTT what somebody inside has for its clients."""
        if relayed.source.gateway == self.key:
            return
        try:
            publish = to_mqtt(relayed)
        except InvalidField as error:
            self._rejections.note(None, error.code, str(error), relayed.subject)
            return
        if publish is not None:
            self._publish(publish.payload, publish.topic)

    def _report(self, kind: ReportKind, name: str, item: Mapping[str, Any]) -> None:
        if kind is ReportKind.DESCRIBE:
            self._describe(name, item)
        else:
            REPORTS[kind](self._domain, name, item, self._default_source)

    def _describe(self, hardware_id: str, item: Mapping[str, Any]) -> None:
        """Take what a device says of its entity, and tell it the state of that and of those that it follows.

        What it hears from now on are changes of them.
        """
        domain, level = self._domain, topic_level(hardware_id)
        others = followed(domain.entities, item.get("follows"))
        entity = describe(
            domain.devices,
            domain.entities,
            hardware_id,
            item,
            source=self._default_source,
        )
        name = domain.devices[hardware_id].name
        answer = answer_payload("entity_described", entity, device_name=name)
        self._publish(answer, f"maestra/device/described/{level}", qos=1)
        for other in others:
            answer = answer_payload("entity_followed", other)
            self._publish(answer, f"maestra/device/followed/{level}", qos=1)

    def _rejecting(
        self, message: Message, client: str, action: Callable[[], None]
    ) -> None:
        try:
            action()
        except MaestraError as error:
            self._reject(message, client, error.code, str(error))
        else:
            self.counters.add("accepted")

    def _reject(
        self, message: Message, client: str | None, code: str, detail: str
    ) -> None:
        rejection = self._rejections.note(client, code, detail, message.topic)
        if rejection.is_answered:
            topic = f"maestra/errors/{topic_level(rejection.client or 'unknown')}"
            self._publish(error_payload(rejection, message.topic), topic)

    def _announce(self, event: Any) -> None:
        for encoded in self._encoder.encode(event):
            if Wires.MQTT not in encoded.wires:
                continue
            payload = encoded.payload
            if 0 < self._event_size_limit < len(payload) and isinstance(
                event, StateChanged
            ):
                payload = state_payload(event, with_previous=False)
            self._publish(payload, *encoded.topics, qos=encoded.qos)

    def _publish(self, payload: bytes, *topics: str, qos: int = 0) -> None:
        # At most once: what can't be sent is counted and never sent late.
        sent = []
        for topic in topics:
            try:
                self._transport.publish(topic, payload, qos=qos)
            except MaestraError:
                self.counters.add("unsent")
            else:
                sent.append(topic)
        if sent:
            self._traffic.sent(sent, payload)


def error_payload(rejection: Rejection, topic: str) -> bytes:
    """Return the answer to a message that was refused (our extension)."""
    return orjson.dumps(
        {
            "type": "error",
            "code": rejection.code,
            "detail": rejection.detail,
            "topic": topic[:MAX_ECHOED_TOPIC],
            "timestamp": wire_time(utcnow()),
        }
    )


def answer_payload(kind: str, entity: Entity, **facts: str) -> bytes:
    """Return what a device is told of an entity that it has described, or follows (our extension).

    `device_name` is what the device is called here, whatever it calls itself.
    """
    return orjson.dumps(
        {
            "type": kind,
            **facts,
            "entity_id": entity.id,
            "entity_slug": entity.slug,
            "entity_type": entity.type.name,
            "state": entity.state,
            "timestamp": wire_time(utcnow()),
        }
    )


def _hardware_id(item: Mapping[str, Any]) -> str:
    hardware_id = item.get("hardware_id")
    return hardware_id if isinstance(hardware_id, str) else ""


def _heartbeat(
    domain: Domain, hardware_id: str, item: Mapping[str, Any], source: Source
) -> None:
    known = domain.devices.get(hardware_id)
    was_online = known is not None and known.is_online
    device = domain.devices.heartbeat(
        hardware_id,
        status=item.get("status") or ONLINE,
        metadata=item.get("metadata"),
        source=source,
    )
    if not was_online:
        domain.configurations.resend(device)


def _register(domain: Domain, _: str, item: Mapping[str, Any], source: Source) -> None:
    # A board registers at every boot: over MQTT that is no conflict.
    device = domain.devices.register(item, renew=True, source=source)
    domain.configurations.resend(device)


def _discover(domain: Domain, _: str, item: Mapping[str, Any], source: Source) -> None:
    device = domain.devices.discover(item, source=source)
    if device.status != PENDING:
        domain.configurations.resend(device)


def _advertised(
    domain: Domain, _: str, item: Mapping[str, Any], source: Source
) -> None:
    # We tell streams on this very topic, with an id and no protocol: small clients hear of them nowhere else.
    # It comes back where the broker can't keep it from us, and that may be after the stream has ended.
    if "id" not in item or "protocol" in item:
        domain.streams.advertise(item, source=source)


OCCURRENCES: Final = frozenset(ReportKind) - {
    ReportKind.REGISTER,
    ReportKind.DISCOVER,
    ReportKind.APPLIED,
    ReportKind.DESCRIBE,
}
"""What happens at a time, and is nothing that stays true."""

# How each report enters the domain.
REPORTS: Final[
    dict[ReportKind, Callable[[Domain, str, Mapping[str, Any], Source], object]]
] = {
    ReportKind.REGISTER: _register,
    ReportKind.DISCOVER: _discover,
    ReportKind.HEARTBEAT: _heartbeat,
    ReportKind.METRICS: lambda domain, hardware_id, item, source: (
        domain.devices.report_metric(hardware_id, item, source=source)
    ),
    ReportKind.EVENTS: lambda domain, hardware_id, item, source: (
        domain.devices.report_event(hardware_id, item, source=source)
    ),
    ReportKind.APPLIED: note_applied,
    ReportKind.STREAM_ADVERTISED: _advertised,
    ReportKind.STREAM_HEARTBEAT: lambda domain, stream_id, _, source: (
        domain.streams.heartbeat(stream_id, source=source)
    ),
    ReportKind.STREAM_WITHDRAWN: lambda domain, stream_id, _, source: (
        domain.streams.withdraw(stream_id, source=source)
    ),
}
