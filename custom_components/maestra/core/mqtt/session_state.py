"""The client's side of an MQTT 5 session, without I/O: packet ids, windows, and what is sent again."""

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
    answered,
    id_of_unreadable,
    packet_end,
    puback,
    publish_packet,
    read,
    reason_of,
    topic_of,
)
from .reasons import FAILURE, OLD_VERSION, PACKET_TOO_LARGE

_PACKET_IDS: Final = 65_535
MAX_INCOMING_PACKET: Final = 8 * 1024 * 1024
"""Bytes; the broker does not send us larger ones."""
_QOS: Final = 0x06
"""Bits of a PUBLISH's first byte (MQTT 5 §3.3.1)."""
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
        on_output: Callable[[], None] = lambda: None,
        on_refused: Callable[[str, int], None] = lambda _topic, _reason: None,
        on_undecodable: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin without a connection.

        `on_refused` is told topic and reason of a message that the broker does not take. `on_undecodable` is told of
        one that can't be read, which is acknowledged: else it would come again.
        """
        self.is_open = False
        """Whether the broker has accepted us on this connection."""
        self.server = mqtt5.ConnAckPacket()
        """What the broker can do, and whether it had our session."""
        self.end_reason: int | None = None
        """With what the broker ended the connection; None when it has not."""
        self.window = limits.unacknowledged
        """How many messages of QoS 1 the broker lets us have on the wire, or fewer where we want fewer."""
        self._deliver = deliver
        self._limits = limits
        self._on_output = on_output
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
        # What came at QoS 1 and is not yet told to the broker to be taken, and how many of the output tell it.
        self._owed = 0
        self._acknowledging = 0

    @property
    def unacknowledged(self) -> int:
        """How many messages at QoS 1 the broker has not taken yet."""
        return len(self._in_flight) + len(self._waiting)

    @property
    def max_packet(self) -> int:
        """Bytes of the largest packet that the broker takes."""
        return self.server.max_packet_size or MAX_PACKET

    def begin(self, connect: mqtt5.ConnectPacket) -> None:
        """Begin on a new connection."""
        self.end()
        self.end_reason = None
        self._send(connect.write())

    def end(self) -> None:
        """The connection is gone, and with it what was to be sent at QoS 0, and all questions."""
        self.is_open = False
        self._output.clear()
        self._unsent = self._owed = self._acknowledging = 0
        self._questions.clear()
        self._unseen = deque(self._in_flight)

    def take_output(self) -> list[bytes]:
        """Return what is to be sent, in this order."""
        output, self._output = self._output, []
        self._owed -= self._acknowledging
        self._unsent = self._acknowledging = 0
        return output

    def feed(self, data: memoryview) -> int:
        """Take the whole packets that data begins with; returns how many bytes they are.

        Raises ProtocolError, and ConnectRefused when the broker does not accept us.
        """
        at = 0
        while size := packet_end(data[at:]):
            if size > MAX_INCOMING_PACKET:
                raise ProtocolError(f"a packet of {size} bytes, more than we take")
            if at + size > len(data):
                break
            self._take(data[at : at + size])
            at += size
        return at

    def publish(self, topic: str, payload: bytes, qos: int, retain: bool) -> bool:
        """Send one message; False when the backlog is full. Raises ValueError for what is no topic."""
        size = len(topic) + len(payload)
        if self._kept + self._unsent + size > self._limits.bytes:
            return False
        if not qos or not self.server.max_qos:
            self._send(publish_packet(topic, payload, 0, retain))
            self._unsent += size
            return True
        if self.unacknowledged >= self._limits.messages:
            return False
        if self._has_room:
            self._send_kept(topic, payload, retain)
        else:
            # Looked at now, so that whoever sends it hears of it.
            publish_packet(topic, b"", 0, False)
            self._waiting.append((topic, payload, retain))
            self._kept += size
        return True

    def drop(self, packet_id: int) -> str:
        """Give up a message that is in flight; returns its topic."""
        packet = self._in_flight.pop(packet_id)
        self._kept -= len(packet)
        return topic_of(packet)

    @property
    def first_in_line(self) -> int | None:
        """The packet id of the message that is sent again first."""
        return next(iter(self._in_flight), None)

    def acknowledge(self, packet_id: int) -> None:
        """Acknowledge a message of QoS 1 that was delivered on this connection."""
        if self.is_open:
            self._acknowledging += 1
            self._send(puback(packet_id))

    def ping(self) -> None:
        """Ask for a sign of life."""
        self._send(PINGREQ)

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
        self._send(mqtt5.SubscribePacket(packet_id, asked).write())

    def unsubscribe(self, filters: Iterable[str], on_answer: OnAnswer) -> None:
        """Ask for no more of them; as `subscribe`."""
        packet_id = self._ask(on_answer)
        self._send(mqtt5.UnsubscribePacket(packet_id, list(filters)).write())

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
            packet_id, reasons = answered(packet)
            if on_answer := self._questions.pop(packet_id, None):
                on_answer(reasons)
        elif kind == PacketType.CONNACK and not self.is_open:
            self._connected(packet)
        elif kind == PacketType.DISCONNECT:
            self.end_reason = reason_of(packet)
        else:
            raise ProtocolError(f"a packet of type {kind} that nobody asked for")

    def _connected(self, packet: memoryview) -> None:
        if reason := reason_of(packet):
            raise ConnectRefused(0x84 if reason == OLD_VERSION else reason)
        server = read(packet)
        assert isinstance(server, mqtt5.ConnAckPacket)
        self.server = server
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
            published = read(packet)
        except ProtocolError:
            packet_id = id_of_unreadable(packet)
            self._on_undecodable()
            if packet_id:
                self.acknowledge(packet_id)
            return
        assert isinstance(published, mqtt5.PublishPacket)
        if published.qos == mqtt5.QoS.EXACTLY_ONCE:
            raise ProtocolError("a message of QoS 2, and 1 was asked for at most")
        if not published.topic:
            raise ProtocolError("a topic alias, and none was offered")
        self._deliver(published)

    def _acknowledged(self, packet_id: int, reason: int) -> None:
        if (packet := self._in_flight.pop(packet_id, None)) is None:
            return
        self._kept -= len(packet)
        if reason >= FAILURE:
            self._on_refused(topic_of(packet), reason)
        self._fill()

    # What leaves.

    @property
    def _has_room(self) -> bool:
        return self.is_open and not self._waiting and len(self._in_flight) < self.window

    def _fill(self) -> None:
        """Send what the window has room for: first what was sent before, in its order (MQTT 5 §4.6)."""
        while self._unseen and len(self._in_flight) - len(self._unseen) < self.window:
            packet_id = self._unseen.popleft()
            packet = self._in_flight.get(packet_id)
            # A broker may acknowledge what this connection has not sent.
            if packet is None:
                continue
            if len(packet) > self.max_packet:
                # It may take less than it did when we sent it first.
                self._on_refused(self.drop(packet_id), PACKET_TOO_LARGE)
            else:
                self._send(again(packet) if self.server.session_present else packet)
        while self._waiting and len(self._in_flight) < self.window:
            topic, payload, retain = self._waiting.popleft()
            self._kept -= len(topic) + len(payload)
            self._send_kept(topic, payload, retain)

    def _send_kept(self, topic: str, payload: bytes, retain: bool) -> None:
        packet_id = self._new_id()
        packet = publish_packet(topic, payload, 1, retain, packet_id)
        if len(packet) > self.max_packet:
            self._on_refused(topic, PACKET_TOO_LARGE)
            return
        self._in_flight[packet_id] = packet
        self._kept += len(packet)
        self._send(packet)

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
