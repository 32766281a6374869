"""The QS dialect between one MQTT connection and the domain (qs.md)."""

from dataclasses import dataclass, field
from functools import partial
from typing import Final

from ..bus import Counters, Latency, TrafficMeter, Unsubscribe, get_logger
from ..domain import Domain
from ..domain.clock import utcnow
from ..domain.errors import DeviceBlocked, MaestraError
from ..domain.newcomers import Newcomer
from ..domain.source import Source
from ..transport.access import RejectionLog
from ..transport.transport import Message, Subscription, Taken, Transport, receipt_of
from .codec import (
    Decoded,
    Malformed,
    Mark,
    Reading,
    deadletter_payload,
    decode,
    refused,
    topic_device,
)
from .events import DeadLettered, TelemetryIdReused, TelemetryReceived
from .outbox import Outbox, Publish
from .registry import DEADLETTER_TOPIC, EVENTS_FILTER, Mismatch, QsRegistry
from .window import Seen

_LOGGER = get_logger(__name__)

MAX_WARNED: Final = 1_000
"""Devices whose mismatch is logged, each once."""


@dataclass(slots=True)
class _Delivery:
    """One message on its way: what it holds, and the marks of what is made durable with it."""

    topic: str
    decoded: Decoded
    is_retained: bool = False
    is_handled: bool = False
    marks: list[Mark] = field(default_factory=list)


class QsSource:
    """Takes devices' events in, and tells each device once its events are durable.

    An event is durable when the journal says so, of its rows and of what is known of its device; without a
    store it has to be in the window on disk too. Only then is its message acknowledged to the broker. `key` is
    the id of the connection.
    """

    def __init__(
        self, key: str, transport: Transport, domain: Domain, registry: QsRegistry
    ) -> None:
        """Wire nothing yet."""
        self.key = key
        self.counters = Counters()
        self.latency = Latency()
        self._traffic = TrafficMeter(self.counters, self.latency, domain.bus, key)
        self._transport = transport
        self._domain = domain
        self._registry = registry
        self._rejections = RejectionLog("QS", self.counters)
        self._outbox = Outbox(transport, self.counters)
        self._source = Source(None, key)
        self._warned: set[str] = set()
        self._filter = ""
        self._unsubscribe: Unsubscribe | None = None
        self._stop_outbox: Unsubscribe = _nothing

    def start(self) -> Unsubscribe:
        """Listen until the returned function is called."""
        self._registry.sources[self.key] = self
        self._stop_outbox = self._outbox.start()
        self.subscribe()
        return self._stop

    def subscribe(self) -> None:
        """Listen where the settings say."""
        wanted = self._registry.settings.filter
        if wanted == self._filter:
            return
        if self._unsubscribe is not None:
            self._unsubscribe()
        self._filter = wanted
        self._unsubscribe = self._transport.subscribe(
            [Subscription(wanted, 1)], self._take, former=(EVENTS_FILTER,)
        )

    def replay(self, topic: str, payload: str) -> str | None:
        """Take one element as if it came in now; returns why it can't be taken, None when it was."""
        delivery = self._read(topic, payload.encode(errors="replace"))
        if delivery.decoded.malformed:
            return delivery.decoded.malformed[0].error
        self._process(delivery, None)
        return None

    def _stop(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._filter = ""
        self._stop_outbox()
        self._rejections.close()
        self._registry.sources.pop(self.key, None)

    def _take(self, message: Message) -> Taken:
        with self._traffic.message(message.topic, message.payload):
            delivery = self._read(message.topic, message.payload)
            delivery.is_retained = message.retain
            self._process(delivery, message)
        return Taken.LATER

    def _read(self, topic: str, payload: bytes) -> _Delivery:
        settings = self._registry.settings
        decoded = decode(payload, settings.zone, utcnow())
        delivery = _Delivery(topic, decoded)
        if self._domain.devices.blocked:
            self._refuse_blocked(decoded, topic_device(topic))
        if settings.mismatch is not Mismatch.ACCEPT:
            device_id = topic_device(topic)
            strangers = [
                reading
                for reading in decoded.readings
                if reading.event.device_id != device_id
            ]
            if strangers:
                self._handle_mismatch(strangers, delivery, device_id)
        return delivery

    def _refuse_blocked(self, decoded: Decoded, topic_id: str) -> None:
        """Take no event that a blocked device is named in."""
        taken = []
        for reading in decoded.readings:
            try:
                self._domain.devices.blocked.refuse(reading.event.device_id, topic_id)
            except DeviceBlocked as error:
                decoded.malformed.append(refused(reading, str(error), error.code))
            else:
                taken.append(reading)
        decoded.readings = taken

    def _handle_mismatch(
        self, strangers: list[Reading], delivery: _Delivery, device_id: str
    ) -> None:
        """Treat events that name another device than their topic as the settings say."""
        self.counters.add("mismatched", len(strangers))
        decoded = delivery.decoded
        if self._registry.settings.mismatch is Mismatch.REFUSE:
            error = "device_id: not the device of the topic"
            decoded.malformed += [refused(reading, error) for reading in strangers]
            decoded.readings = [
                reading
                for reading in decoded.readings
                if reading.event.device_id == device_id
            ]
            return
        if device_id not in self._warned and len(self._warned) < MAX_WARNED:
            self._warned.add(device_id)
            _LOGGER.warning(
                "On %r came an event of device %r, and was taken; devices can only be trusted "
                "where the broker lets each publish on its own topic",
                delivery.topic[:255],
                strangers[0].event.device_id,
            )

    def _process(self, delivery: _Delivery, message: Message | None) -> None:
        """Bring a message into the domain, and have it acknowledged when that is durable."""
        handle = partial(self._handle, delivery)
        # Of the thousands of events that wait to be durable, this is all that is kept here.
        marks = delivery.marks
        acks = [
            Publish(reading.ack_topic, reading.ack)
            for reading in delivery.decoded.readings
        ]
        settle = partial(self._settle, acks, marks, message)
        is_later = False
        if (journal := self._domain.journal) is None:
            handle()
        elif message is not None and message.packet_id:
            is_later = journal.take(receipt_of(message, self.key), handle, settle)
        else:
            is_later = journal.when_durable(handle, settle)
        if not is_later:
            if not delivery.is_handled:
                # The journal knows it from an earlier run, of which the window may have less.
                seen = [
                    self._registry.window.check(it.mark)
                    for it in delivery.decoded.readings
                ]
                marks += [mark for found, mark in seen if found is not Seen.KNOWN]
            settle()

    def _handle(self, delivery: _Delivery) -> None:
        delivery.is_handled = True
        decoded, window, nodes = (
            delivery.decoded,
            self._registry.window,
            self._registry.nodes,
        )
        publish, is_retained = self._domain.bus.publish, delivery.is_retained
        if is_retained:
            # Kept by the broker since who knows when: stored once, like any other, but nothing happens now.
            self.counters.add("stale", decoded.total)
        duplicates = 0
        for reading in decoded.readings:
            event = reading.event
            seen, mark = window.check(reading.mark)
            node = (
                None if is_retained else nodes.of(event.device_id, self._admits_device)
            )
            if seen is Seen.KNOWN or seen is Seen.WAITING:
                duplicates += 1
                if node:
                    node.duplicates += 1
            elif node:
                node.hear(event, self._admits_metric)
            if seen is Seen.KNOWN:
                continue
            delivery.marks.append(mark)
            if seen is Seen.REUSED:
                self.counters.add("ids_reused")
                publish(TelemetryIdReused(event.device_id, event.event_id))
            is_repeated = is_retained or seen is Seen.WAITING
            publish(TelemetryReceived(event, self.key, is_repeated))
        if duplicates:
            self.counters.add("duplicates", duplicates)
        if not is_retained:
            self.counters.add("accepted", len(decoded.readings) - duplicates)
            for malformed in decoded.malformed:
                self._add_dead_letter(malformed, delivery)

    # Whether something may be shown that was not there; it is stored and acknowledged in any case.

    def _admits_device(self, device_id: str) -> int:
        return self._domain.newcomers.admitted(Newcomer.DEVICE, device_id, self._source)

    def _admits_metric(self, device_id: str) -> int:
        return self._domain.newcomers.admitted(Newcomer.METRIC, device_id, self._source)

    def _settle(
        self, acks: list[Publish], marks: list[Mark], message: Message | None
    ) -> None:
        """Have the window know a message that is durable but for that, and then tell devices and broker."""
        window = self._registry.window
        tell = partial(self._tell, acks, message)
        if marks and self._domain.store_journal is None:
            window.keep(marks, tell)
            return
        window.note(marks)
        tell()

    def _tell(self, acks: list[Publish], message: Message | None) -> None:
        """Tell devices and broker that a message is durable."""
        self._outbox.put(
            acks,
            _nothing if message is None else message.ack,
            is_kept=message is not None and bool(message.packet_id),
        )

    def _add_dead_letter(self, malformed: Malformed, delivery: _Delivery) -> None:
        """Tell operators of what can't be taken, and keep it for them."""
        letters = self._registry.dead_letters
        replaced = letters.make_room()
        letter = letters.add(
            malformed,
            gateway=self.key,
            topic=delivery.topic,
            timestamp=utcnow(),
            total=delivery.decoded.total,
            stored=len(delivery.decoded.readings),
        )
        device_id = topic_device(delivery.topic)
        if node := self._registry.nodes.get(device_id):
            node.dead_letters += 1
        self._rejections.note(device_id, malformed.code, letter.error, delivery.topic)
        self.counters.add("dead_letters")
        try:
            self._transport.publish(DEADLETTER_TOPIC, deadletter_payload(letter), qos=1)
        except MaestraError:
            self.counters.add("unsent")
        else:
            self.counters.add("messages_out")
        self._domain.bus.publish(DeadLettered(letter, replaced))


def _nothing() -> None:
    """Nobody waits for what is replayed."""
