"""The client's side of an MQTT session, without I/O: packet ids, windows, and what is sent again."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import mqtt5

from .packets import (
    MAX_PACKET,
    PINGREQ,
    PacketType,
    ProtocolError,
    acknowledged,
    again,
    id_of_unreadable,
    packet_end,
    puback,
    publish_size,
    reason_of,
    topic_of,
)
from .reasons import FAILURE, PACKET_TOO_LARGE, RETAIN_NOT_SUPPORTED
from .versions import MQTT_5, Version

_PACKET_IDS: Final = 65_535
MAX_INCOMING_PACKET: Final = 8 * 1024 * 1024
"""Bytes; the broker does not send us larger ones."""
HOLDS_AT: Final = 1 / 3
"""How full the backlog is when acknowledgements wait: there is room for three events of each message that may still come."""
_QOS: Final = 0x06
"""Bits of a PUBLISH's first byte (MQTT 5 §3.3.1)."""
_RETAIN: Final = 0x01
_MOST_IN_FLIGHT: Final = 32_767
"""Of the packet ids there are always some left for subscriptions."""

type OnAnswer = Callable[[bytes], None]
"""Gets a reason for each filter, in the order in which they were asked for."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What may wait to be sent: messages at QoS 1, and bytes of all."""

    messages: int = 10_000
    bytes: int = 8 * 1024 * 1024
    unacknowledged: int = 2_000
    """How many QoS 1 messages may be on the wire at once (the broker may want fewer)."""


class PacketTooLarge(Exception):
    """A packet has more bytes (`size`) than the broker takes, or we keep."""

    def __init__(self, size: int) -> None:
        """Keep the size."""
        super().__init__(size)
        self.size = size


class ConnectRefused(Exception):
    """The broker does not accept us. `reason` is its code."""

    def __init__(self, reason: int) -> None:
        """Keep the code."""
        super().__init__(reason)
        self.reason = reason


class SessionState:
    """What a broker and we know of each other; it outlives the connection.

    Bytes that arrive go into `feed`; whoever moves bytes is told by `on_output` that there is something to
    be sent, and takes it by `take_output`. Messages are given to `deliver` as they are read, and are
    acknowledged by `acknowledge` only. Topic aliases and enhanced authentication (MQTT 5 §3.1.2.11.5, §4.12)
    are not offered, so that a broker uses neither.
    """

    def __init__(
        self,
        deliver: Callable[[mqtt5.PublishPacket], None],
        *,
        limits: Limits = Limits(),
        version: Version = MQTT_5,
        on_output: Callable[[], None] = lambda: None,
        on_drained: Callable[[], None] = lambda: None,
        on_refused: Callable[[str, int], None] = lambda _topic, _reason: None,
        on_undecodable: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin without a connection.

        `on_drained` is told when there may be more room for messages than before: the broker has taken some, or they are
        out of our hands. `on_refused` is told topic and reason of a message that the broker does not take. `on_undecodable` is told of
        one that can't be read, which is acknowledged: else it would come again.
        """
        self.is_open = False
        """Whether the broker has accepted us on this connection."""
        self.version = version
        """What is spoken."""
        self.server = mqtt5.ConnAckPacket()
        """What the broker can do, and whether it had our session."""
        self.end_reason: int | None = None
        """With what the broker ended the connection; None when it has not."""
        self.window = limits.unacknowledged
        """How many messages of QoS 1 the broker lets us have on the wire, or fewer where we want fewer."""
        self.max_packet = limits.bytes
        """Bytes of the largest packet that the broker takes, and we keep."""
        self._deliver = deliver
        self._limits = limits
        self._on_output = on_output
        self._on_drained = on_drained
        self._on_refused = on_refused
        self._on_undecodable = on_undecodable
        self._output: list[bytes] = []
        self._last_id = 0
        self._questions: dict[int, OnAnswer] = {}
        # Of QoS 1: by packet id in the order in which they were sent first; those of them that this connection
        # has not seen yet; and what has no packet id yet.
        self._in_flight: dict[int, bytes] = {}
        self._unseen: deque[int] = deque()
        self._waiting: deque[tuple[str, bytes, bool]] = deque()
        # Bytes of these, and of what waits for the socket at QoS 0.
        self._kept = 0
        self._unsent = 0
        self._is_drained = False
        self._most_qos = 1
        # What came at QoS 1 and is not yet told to the broker to be taken, and how many of the output tell it.
        self._owed = 0
        self._acknowledging = 0
        # What is to be acknowledged once less of ours waits, by packet id.
        self._held: deque[int] = deque()

    @property
    def unacknowledged(self) -> int:
        """How many messages at QoS 1 the broker has not taken yet."""
        return len(self._in_flight) + len(self._waiting)

    def begin(self, connect: mqtt5.ConnectPacket) -> None:
        """Begin on a new connection."""
        self.end()
        self.end_reason = None
        self._send(self.version.connect(connect))

    def speak(self, version: Version) -> None:
        """Speak another version from the next connection on."""
        for packet_id, packet in self._in_flight.items():
            sent = self.version.published(memoryview(packet))
            translated = version.publish(
                sent.topic, sent.payload, 1, sent.retain, packet_id
            )
            self._in_flight[packet_id] = translated
            self._kept += len(translated) - len(packet)
        self.version = version

    def end(self) -> None:
        """The connection is gone, and with it what was to be sent at QoS 0, and all questions."""
        self.is_open = False
        self._output.clear()
        self._unsent = self._owed = self._acknowledging = 0
        self._questions.clear()
        self._held.clear()
        self._unseen = deque(self._in_flight)

    def take_output(self) -> list[bytes]:
        """Return what is to be sent, in this order."""
        output, self._output = self._output, []
        unsent, self._unsent = self._unsent, 0
        self._owed -= self._acknowledging
        self._acknowledging = 0
        if unsent:
            self._on_drained()
        return output

    def feed(self, data: memoryview) -> int:
        """Take the whole packets that data begins with; returns how many bytes they are.

        Raises ProtocolError, and ConnectRefused when the broker does not accept us.
        """
        at, come = 0, len(data)
        while end := packet_end(data, at):
            if end - at > MAX_INCOMING_PACKET:
                raise ProtocolError(f"a packet of {end - at} bytes, more than we take")
            if end > come:
                break
            self._take(data[at:end])
            at = end
        # Once for all that came together.
        if self._is_drained:
            self._is_drained = False
            self._fill()
            self._release()
            self._on_drained()
        return at

    def publish(self, topic: str, payload: bytes, qos: int, retain: bool) -> bool:
        """Send one message, or refuse it for the broker; False when the backlog is full.

        Raises ValueError for what is no topic, PacketTooLarge.
        """
        if retain and not self.server.retain_available:
            self._on_refused(topic, RETAIN_NOT_SUPPORTED)
            return True
        size = len(topic) + len(payload)
        if self._kept + self._unsent + size > self._limits.bytes:
            # What never fits need not be tried again.
            self._check_size(publish_size(topic, payload, qos))
            return False
        if not qos or not self._most_qos:
            self._check_size(publish_size(topic, payload, 0))
            self._send_unkept(topic, payload, retain)
            return True
        in_flight = len(self._in_flight)
        if in_flight + len(self._waiting) >= self._limits.messages:
            return False
        if self.is_open and not self._waiting and in_flight < self.window:
            packet_id = self._new_id()
            packet = self.version.publish(topic, payload, 1, retain, packet_id)
            self._check_size(len(packet))
            self._send_kept(packet_id, packet)
        else:
            # Looked at now, so that whoever sends it hears of it.
            self._check_size(publish_size(topic, payload, qos))
            self._waiting.append((topic, payload, retain))
            self._kept += size
        return True

    def _check_size(self, size: int) -> None:
        if size > self.max_packet:
            raise PacketTooLarge(size)

    def drop(self, packet_id: int) -> str:
        """Give up a message that is in flight; returns its topic."""
        packet = self._in_flight.pop(packet_id)
        self._kept -= len(packet)
        self._is_drained = True
        return topic_of(packet)

    @property
    def first_in_line(self) -> int | None:
        """The packet id of the message that is sent again first."""
        return next(iter(self._in_flight), None)

    def acknowledge(self, packet_id: int) -> None:
        """Acknowledge a message of QoS 1 that was delivered on this connection: now, or once less of ours waits.

        A message makes others, such as events. Who is not acknowledged sends no more, so that none of these is left out.
        """
        if self.is_open:
            self._held.append(packet_id)
            self._release()

    def _release(self) -> None:
        limits = self._limits
        while (
            self._held
            and self.unacknowledged <= limits.messages * HOLDS_AT
            and self._kept <= limits.bytes * HOLDS_AT
        ):
            self._acknowledging += 1
            self._send(puback(self._held.popleft()))

    def ping(self) -> None:
        """Ask for a sign of life, before all that waits for the socket: the answer is waited for."""
        self._output.insert(0, PINGREQ)
        self._on_output()

    def subscribe(
        self, filters: Iterable[mqtt5.TopicFilter], on_answer: OnAnswer
    ) -> None:
        """Ask for messages; nothing is answered when the connection is lost before."""
        asked = list(filters)

        def answer(reasons: bytes) -> None:
            # What is left out would count as granted.
            if len(reasons) != len(asked):
                raise ProtocolError(
                    f"a SUBACK of {len(reasons)} reasons for {len(asked)} filters"
                )
            on_answer(reasons)

        packet_id = self._ask(answer)
        self._send(self.version.subscribe(packet_id, asked))

    def unsubscribe(self, filters: Iterable[str], on_answer: OnAnswer) -> None:
        """Ask for no more of them; as `subscribe`."""
        packet_id = self._ask(on_answer)
        self._send(self.version.unsubscribe(packet_id, list(filters)))

    def _ask(self, on_answer: OnAnswer) -> int:
        packet_id = self._new_id()
        self._questions[packet_id] = on_answer
        return packet_id

    # What arrives.

    def _take(self, packet: memoryview) -> None:
        kind = packet[0] >> 4
        if kind == PacketType.PUBLISH and self.is_open:
            self._published(packet)
        # PUBREC is none for QoS 1, and can mean nothing else.
        elif kind in (PacketType.PUBACK, PacketType.PUBREC) and self.is_open:
            self._acknowledged(*acknowledged(packet))
        elif kind == PacketType.PINGRESP and self.is_open:
            pass
        elif kind in (PacketType.SUBACK, PacketType.UNSUBACK) and self.is_open:
            packet_id, reasons = self.version.answered(packet)
            if on_answer := self._questions.pop(packet_id, None):
                on_answer(reasons)
        elif kind == PacketType.CONNACK and not self.is_open:
            self._connected(packet)
        elif kind == PacketType.DISCONNECT and self.version.has_properties:
            self.end_reason = reason_of(packet)
        else:
            raise ProtocolError(f"a packet of type {kind} that nobody asked for")

    def _connected(self, packet: memoryview) -> None:
        server = self.version.connack(packet)
        if isinstance(server, int):
            raise ConnectRefused(server)
        self.server = server
        self.max_packet = min(server.max_packet_size or MAX_PACKET, self._limits.bytes)
        # As a QoS of the codec, 0 would be as true as any.
        self._most_qos = int(server.max_qos)
        self.is_open = True
        # More than it allows would end the connection (MQTT 5 §4.9).
        self.window = min(
            self._limits.unacknowledged, server.receive_max, _MOST_IN_FLIGHT
        )
        self._fill()

    def _published(self, packet: memoryview) -> None:
        if packet[0] & _QOS:
            self._owed += 1
            # It does not listen to our acknowledgements, which would wait without end.
            if self._owed > _PACKET_IDS:
                raise ProtocolError("more messages than there are packet ids")
        try:
            published = self.version.published(packet)
        except ProtocolError:
            packet_id = id_of_unreadable(packet)
            self._on_undecodable()
            if packet_id:
                self.acknowledge(packet_id)
            return
        if published.qos == mqtt5.QoS.EXACTLY_ONCE:
            raise ProtocolError("a message of QoS 2, and 1 was asked for at most")
        if not published.topic:
            raise ProtocolError("a topic alias, and none was offered")
        self._deliver(published)

    def _acknowledged(self, packet_id: int, reason: int) -> None:
        if (packet := self._in_flight.pop(packet_id, None)) is None:
            return
        self._kept -= len(packet)
        self._is_drained = True
        if reason >= FAILURE:
            self._on_refused(topic_of(packet), reason)

    # What leaves.

    def _fill(self) -> None:
        """Send what the window has room for: first what was sent before, in its order (MQTT 5 §4.6)."""
        while self._unseen and len(self._in_flight) - len(self._unseen) < self.window:
            packet_id = self._unseen.popleft()
            packet = self._in_flight.get(packet_id)
            # A broker may acknowledge what this connection has not sent.
            if packet is None:
                continue
            self._send_again(packet_id, packet)
        while self._waiting and len(self._in_flight) < self.window:
            topic, payload, retain = self._waiting.popleft()
            self._kept -= len(topic) + len(payload)
            self._send_waiting(topic, payload, retain)

    def _send_again(self, packet_id: int, packet: bytes) -> None:
        # It may take less than it did when we sent it first.
        if reason := self._unsendable(len(packet), bool(packet[0] & _RETAIN)):
            self._on_refused(self.drop(packet_id), reason)
        elif not self._most_qos:
            self.drop(packet_id)
            sent = self.version.published(memoryview(packet))
            self._send_unkept(sent.topic, sent.payload, sent.retain)
        else:
            self._send(again(packet) if self.server.session_present else packet)

    def _send_waiting(self, topic: str, payload: bytes, retain: bool) -> None:
        packet_id = self._new_id()
        packet = self.version.publish(topic, payload, 1, retain, packet_id)
        if reason := self._unsendable(len(packet), retain):
            self._on_refused(topic, reason)
        elif not self._most_qos:
            self._send_unkept(topic, payload, retain)
        else:
            self._send_kept(packet_id, packet)

    def _send_kept(self, packet_id: int, packet: bytes) -> None:
        self._in_flight[packet_id] = packet
        self._kept += len(packet)
        self._send(packet)

    def _send_unkept(self, topic: str, payload: bytes, retain: bool) -> None:
        self._send(self.version.publish(topic, payload, 0, retain))
        self._unsent += len(topic) + len(payload)

    def _unsendable(self, size: int, retain: bool) -> int:
        """Return the reason why the broker would end the connection over a message; 0 when it would not."""
        if size > self.max_packet:
            return PACKET_TOO_LARGE
        if retain and not self.server.retain_available:
            return RETAIN_NOT_SUPPORTED
        return 0

    def _new_id(self) -> int:
        packet_id = self._last_id
        while True:
            packet_id = packet_id % _PACKET_IDS + 1
            if packet_id not in self._in_flight and packet_id not in self._questions:
                self._last_id = packet_id
                return packet_id

    def _send(self, packet: bytes) -> None:
        self._output.append(packet)
        if len(self._output) == 1:
            self._on_output()
