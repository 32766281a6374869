"""The Maestra dialect between one MQTT connection and the domain."""

from collections.abc import Callable, Mapping
from functools import partial
from time import perf_counter
from typing import Any, Final

import orjson

from ...bus import Counters, Latency, Unsubscribe, together
from ...domain import Domain
from ...domain.clock import utcnow, wire_time
from ...domain.device import ONLINE
from ...domain.errors import InvalidField, MaestraError
from ...domain.events import Relayed, StateChanged
from ...domain.source import Source
from ..announcements import ANNOUNCED, Announcer, Wires, state_payload, topic_level
from ..refusals import Refusal, Refusals
from ..state_command import Malformed, StateCommand
from .bridge import FILTER, from_mqtt, is_ours, to_mqtt
from .codec import (
    DEFAULT_SOURCE,
    MAX_PAYLOAD_BYTES,
    SUBSCRIPTIONS,
    Report,
    ReportKind,
    Spoken,
    decode,
    is_known,
)
from .transport import Message, Subscription, Taken, Transport, receipt_of

MAX_TOLD_TOPIC: Final = 256


class MaestraGateway:
    """Takes clients' messages into the domain, and tells clients what happens there.

    `key` is the id of the connection: the gateway part of every Source that comes in here.
    """

    def __init__(
        self,
        key: str,
        transport: Transport,
        domain: Domain,
        announcer: Announcer,
        *,
        event_size_limit: int = 0,
        bridges: bool = False,
    ) -> None:
        """Wire nothing yet.

        `bridges` hands all that is said below `maestra/` to the clients of the other protocols.

        `event_size_limit` (bytes, 0 for none) leaves `previous_state` empty in larger events:
        small clients drop what does not fit their buffer (maestra.md §2.3).
        """
        self.key = key
        self.counters = Counters()
        self.latency = Latency()
        self._announcer = announcer
        self._transport = transport
        self._domain = domain
        self._event_size_limit = event_size_limit
        self._bridges = bridges
        self._default_source = Source(DEFAULT_SOURCE, key)
        self._refusals = Refusals("MQTT", self.counters)

    def start(self) -> Unsubscribe:
        """Listen to both sides until the returned function is called."""
        bus = self._domain.bus
        return together(
            *(bus.subscribe(kind, self._tell) for kind in ANNOUNCED),
            bus.subscribe(Relayed, self._pass_on),
            self._transport.subscribe(
                [Subscription(FILTER, 1, no_local=True)]
                if self._bridges
                else [Subscription(topic, 1) for topic in SUBSCRIPTIONS],
                self._take,
                former=(FILTER, *SUBSCRIPTIONS),
            ),
        )

    def _take(self, message: Message) -> Taken:
        """Take one message over; it is acknowledged once what it changed is durable."""
        journal = self._domain.journal
        if journal is None or not message.packet_id:
            self._handle(message)
            return Taken.NOW
        is_later = journal.take(
            receipt_of(message, self.key), partial(self._handle, message), message.ack
        )
        return Taken.LATER if is_later else Taken.NOW

    def _handle(self, message: Message) -> None:
        """Bring one message into the domain, or refuse and answer it."""
        began = perf_counter()
        self.counters.add("messages_in")
        self.counters.add("bytes_in", len(message.payload))
        if self._bridges:
            if is_ours(message.topic):
                return
            self._relay(message)
            if not is_known(message.topic):
                return
        command = decode(message.topic, message.payload)
        match command:
            case StateCommand():
                self._refusing(
                    message,
                    command.slug,
                    partial(command.run, self._domain, self.key),
                )
            case Report():
                # Each element on its own: a bad one does not stop the rest.
                for item in command.items:
                    client = command.name or _named(item)
                    self._refusing(
                        message,
                        client,
                        partial(self._report, command.kind, client, item),
                    )
            case Spoken():
                if not self._bridges:
                    self._relay(message)
            case Malformed():
                self._refuse(message, command.client, "malformed", command.reason)
        self.latency.add(perf_counter() - began)

    def _relay(self, message: Message) -> None:
        """Say inside what a client says to others."""
        if len(message.payload) > MAX_PAYLOAD_BYTES:
            reason = f"payload larger than {MAX_PAYLOAD_BYTES} bytes"
            self._refuse(message, None, "malformed", reason)
            return
        bus = self._domain.bus
        if bus.has_listeners(Relayed, beside=self._pass_on):
            bus.publish(from_mqtt(message.topic, message.payload, self.key))

    def _pass_on(self, relayed: Relayed) -> None:
        """Say on MQTT what somebody inside has for its clients."""
        if relayed.source.gateway == self.key:
            return
        try:
            publish = to_mqtt(relayed)
        except InvalidField as error:
            self._refusals.note(None, error.code, str(error), relayed.subject)
            return
        if publish is not None:
            self._publish(publish.topic, publish.payload, 0)

    def _report(self, kind: ReportKind, name: str, item: Mapping[str, Any]) -> None:
        REPORTS[kind](self._domain, name, item, self._default_source)

    def _refusing(
        self, message: Message, client: str, action: Callable[[], None]
    ) -> None:
        try:
            action()
        except MaestraError as error:
            self._refuse(message, client, error.code, str(error))
        else:
            self.counters.add("accepted")

    def _refuse(
        self, message: Message, client: str | None, code: str, detail: str
    ) -> None:
        refusal = self._refusals.note(client, code, detail, message.topic)
        if refusal.is_answered:
            topic = f"maestra/errors/{topic_level(refusal.client or 'unknown')}"
            self._publish(topic, error_payload(refusal, message.topic), 0)

    def _tell(self, event: Any) -> None:
        for announcement in self._announcer.announce(event):
            if Wires.MQTT not in announcement.wires:
                continue
            payload = announcement.payload
            if 0 < self._event_size_limit < len(payload) and isinstance(
                event, StateChanged
            ):
                payload = state_payload(event, with_previous=False)
            for topic in announcement.topics:
                self._publish(topic, payload, announcement.qos)

    def _publish(self, topic: str, payload: bytes, qos: int) -> None:
        # The protocol is at most once: what can't be sent, for whatever reason, is counted and never sent late.
        try:
            self._transport.publish(topic, payload, qos=qos)
        except MaestraError:
            self.counters.add("unsent")
        else:
            self.counters.add("messages_out")
            self.counters.add("bytes_out", len(payload))


def error_payload(refusal: Refusal, topic: str) -> bytes:
    """Return the answer to a message that was refused (our extension)."""
    return orjson.dumps(
        {
            "type": "error",
            "code": refusal.code,
            "detail": refusal.detail,
            "topic": topic[:MAX_TOLD_TOPIC],
            "timestamp": wire_time(utcnow()),
        }
    )


def _named(item: Mapping[str, Any]) -> str:
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


def _applied(
    domain: Domain, hardware_id: str, item: Mapping[str, Any], source: Source
) -> None:
    device = domain.devices[hardware_id]
    version = item.get("version")
    if not isinstance(version, int):
        raise InvalidField(field="version", reason="must be a whole number")
    domain.configurations.applied(device, version)


def _advertised(
    domain: Domain, _: str, item: Mapping[str, Any], source: Source
) -> None:
    # We tell streams on this very topic, with an id and no protocol: small clients hear of them nowhere else.
    # It comes back where the broker can't keep it from us, and that may be after the stream has ended.
    if "id" not in item or "protocol" in item:
        domain.streams.advertise(item, source=source)


# How each report enters the domain.
REPORTS: Final[
    dict[ReportKind, Callable[[Domain, str, Mapping[str, Any], Source], object]]
] = {
    ReportKind.REGISTER: _register,
    ReportKind.DISCOVER: lambda domain, _, item, source: domain.devices.discover(
        item, source=source
    ),
    ReportKind.HEARTBEAT: _heartbeat,
    ReportKind.METRICS: lambda domain, hardware_id, item, source: (
        domain.devices.report_metric(hardware_id, item, source=source)
    ),
    ReportKind.EVENTS: lambda domain, hardware_id, item, source: (
        domain.devices.report_event(hardware_id, item, source=source)
    ),
    ReportKind.APPLIED: _applied,
    ReportKind.STREAM_ADVERTISED: _advertised,
    ReportKind.STREAM_HEARTBEAT: lambda domain, stream_id, _, source: (
        domain.streams.heartbeat(stream_id, source=source)
    ),
    ReportKind.STREAM_WITHDRAWN: lambda domain, stream_id, _, source: (
        domain.streams.withdraw(stream_id, source=source)
    ),
}
