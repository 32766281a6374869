"""The client's side of an MQTT 5 session against a model of a broker, over every loss of a connection."""

from collections import deque
from contextlib import suppress
from typing import Any, override

from hypothesis import assume, given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
import mqtt5
import pytest

from custom_components.maestra.core.mqtt.packets import (
    PacketType,
    ProtocolError,
    again,
    packet_end,
    publish_size,
)
from custom_components.maestra.core.mqtt.session_state import (
    MAX_INCOMING_PACKET,
    ConnectRefused,
    Limits,
    SessionState,
)
from custom_components.maestra.core.mqtt.versions import MQTT_3_1_1, MQTT_5, Version

CONNECT = mqtt5.ConnectPacket("client")
ACCEPTED = mqtt5.ConnAckPacket().write()
SMALL = Limits(messages=12, bytes=2_000, unacknowledged=5)


def packets(data: bytes, version: Version = MQTT_5) -> list[mqtt5.Packet]:
    """Read what a client has sent."""
    found, at = [], 0
    while at < len(data):
        end = packet_end(memoryview(data)[at:])
        assert end
        packet = memoryview(data)[at : at + end]
        is_published = packet[0] >> 4 == PacketType.PUBLISH
        found.append(
            version.published(packet) if is_published else mqtt5.read(packet)[0]
        )
        at += end
    return found


class Broker(RuleBasedStateMachine):
    """A broker that does all that it may, on a network that may end at any byte.

    What it has seen of a message is told by its payload, a number.
    """

    version = MQTT_5

    def __init__(self) -> None:
        super().__init__()
        self.delivered: list[bytes] = []
        self.drained = 0
        self.state = SessionState(
            self._deliver, limits=SMALL, version=self.version, on_drained=self._drain
        )
        self.is_connected = False
        self.inbox = bytearray()
        self.outbox = bytearray()
        self.receive_max = 5
        self.number = 0
        # What the client was told is taken, what has arrived, and what of it is not acknowledged, by packet id.
        self.accepted: list[int] = []
        self.arrived: list[int] = []
        self.unacknowledged: dict[int, int] = {}
        self.seen_here: list[int] = []
        self.seen_here_ids: set[int] = set()
        # What the broker has sent, by packet id.
        self.next_id = 0
        self.pending: dict[int, bytes] = {}
        self.unanswered: deque[int] = deque()

    def _drain(self) -> None:
        self.drained += 1

    def _deliver(self, packet: mqtt5.PublishPacket) -> None:
        self.delivered.append(packet.payload)
        if packet.packet_id:
            self.unanswered.append(packet.packet_id)

    def _move(self) -> None:
        self.inbox += b"".join(self.state.take_output())

    def _read(self) -> None:
        """Read the whole packets that have arrived."""
        while (end := packet_end(memoryview(bytes(self.inbox)))) and end <= len(
            self.inbox
        ):
            (packet,) = packets(bytes(self.inbox[:end]), self.version)
            del self.inbox[:end]
            match packet:
                case mqtt5.PublishPacket(packet_id=None):
                    self.arrived.append(int(packet.payload))
                case mqtt5.PublishPacket():
                    assert packet.packet_id is not None
                    assert packet.packet_id not in self.seen_here_ids
                    number = int(packet.payload)
                    if (known := self.unacknowledged.get(packet.packet_id)) is not None:
                        assert packet.duplicate
                        assert known == number
                    self.seen_here_ids.add(packet.packet_id)
                    self.unacknowledged[packet.packet_id] = number
                    self.arrived.append(number)
                    assert self.seen_here == sorted(self.seen_here)
                    assert not self.seen_here or number > self.seen_here[-1]
                    self.seen_here.append(number)
                    assert len(self.seen_here_ids) <= self.receive_max
                case mqtt5.PubAckPacket():
                    self.pending.pop(packet.packet_id, None)
                case _:
                    raise AssertionError(packet)

    @rule(present=st.booleans(), receive_max=st.integers(1, 6))
    @precondition(lambda self: not self.is_connected)
    def connect(self, present: bool, receive_max: int) -> None:
        """Let it in; `present`: the session is still there."""
        self.inbox.clear()
        self.outbox.clear()
        self.unanswered.clear()
        self.seen_here, self.seen_here_ids = [], set()
        self.state.begin(CONNECT)
        assert self.state.take_output() == [self.version.connect(CONNECT)]
        if not present:
            self.unacknowledged.clear()
            self.pending.clear()
        self.outbox += self._accepted(present, receive_max)
        for packet_id, payload in self.pending.items():
            self._send(payload, packet_id, duplicate=True)
        self.is_connected = True

    def _accepted(self, present: bool, receive_max: int) -> bytes:
        self.receive_max = receive_max
        answer = mqtt5.ConnAckPacket(session_present=present, receive_max=receive_max)
        return answer.write()

    def _send(self, payload: bytes, packet_id: int, *, duplicate: bool) -> None:
        packet = self.version.publish("in", payload, 1, False, packet_id)
        self.outbox += again(packet) if duplicate else packet

    @rule(size=st.integers(1, 200))
    @precondition(lambda self: self.outbox)
    def hear(self, size: int) -> None:
        """Bring some bytes to the client."""
        heard = bytes(self.outbox[:size])
        taken = self.state.feed(memoryview(heard))
        del self.outbox[:taken]

    @rule(qos=st.integers(0, 1), length=st.integers(1, 300))
    @precondition(lambda self: self.state.is_open)
    def publish(self, qos: int, length: int) -> None:
        """Say something."""
        self.number += 1
        text = str(self.number).zfill(length).encode()
        if self.state.publish("out", text, qos, False) and qos:
            self.accepted.append(self.number)

    @rule(cut=st.integers(0, 400))
    @precondition(lambda self: self.is_connected)
    def lose(self, cut: int) -> None:
        """End the connection when some bytes have arrived."""
        self.state.take_output() if cut == 0 else self._move()
        del self.inbox[cut:]
        self._read()
        self.state.end()
        self.outbox.clear()
        self.is_connected = False

    @rule()
    @precondition(lambda self: self.is_connected)
    def arrive(self) -> None:
        """Let everything arrive."""
        self._move()
        self._read()

    @rule(
        data=st.data(), twice=st.booleans(), reason=st.sampled_from([0, 0, 0x97, 0x95])
    )
    @precondition(lambda self: self.is_connected and self.seen_here_ids)
    def acknowledge(self, data: st.DataObject, twice: bool, reason: int) -> None:
        """Acknowledge any message, perhaps twice, perhaps with a failure."""
        packet_id = data.draw(st.sampled_from(sorted(self.seen_here_ids)))
        self.seen_here_ids.remove(packet_id)
        del self.unacknowledged[packet_id]
        self.outbox += self._taken(packet_id, reason) * (1 + twice)
        if twice:
            # The second is of nothing, if the client has not used the id again by then.
            self.hear(10_000)

    def _taken(self, packet_id: int, reason: int) -> bytes:
        return bytes((0x40, 3, *packet_id.to_bytes(2), reason))

    @rule(payload=st.binary(max_size=20))
    @precondition(lambda self: self.is_connected and len(self.pending) < 20)
    def deliver(self, payload: bytes) -> None:
        """Send the client a message."""
        self.next_id = self.next_id % 50 + 1
        if self.next_id not in self.pending:
            self.pending[self.next_id] = payload
            self._send(payload, self.next_id, duplicate=False)

    @rule(data=st.data())
    @precondition(lambda self: self.unanswered and self.state.is_open)
    def answer(self, data: st.DataObject) -> None:
        """Acknowledge one of its messages, in whatever order."""
        at = data.draw(st.integers(0, len(self.unanswered) - 1))
        packet_id = self.unanswered[at]
        del self.unanswered[at]
        self.state.acknowledge(packet_id)

    @invariant()
    def is_bounded(self) -> None:
        assert self.state.unacknowledged <= SMALL.messages

    def teardown(self) -> None:
        """Whatever happened: over a quiet connection all arrives, and nothing is left."""
        if self.is_connected:
            self.lose(10_000)
        self.connect(True, 3)
        for _ in range(40):
            self.hear_all()
            self.arrive()
            for packet_id in list(self.seen_here_ids):
                self.seen_here_ids.remove(packet_id)
                self.outbox += bytes((0x40, 2, *packet_id.to_bytes(2)))
            while self.unanswered:
                self.state.acknowledge(self.unanswered.popleft())
        assert self.state.unacknowledged == 0
        assert self.drained or not self.accepted
        assert not self.pending
        assert set(self.accepted) <= set(self.arrived)
        assert self.state.publish("out", b"x" * 1_900, 0, False)

    def hear_all(self) -> None:
        if self.outbox:
            self.hear(100_000)


class OldBroker(Broker):
    """One that speaks MQTT 3.1.1: it says neither how many messages it takes at once nor why it takes one not."""

    version = MQTT_3_1_1

    @override
    def _accepted(self, present: bool, receive_max: int) -> bytes:
        self.receive_max = SMALL.unacknowledged
        return bytes((0x20, 2, present, 0))

    @override
    def _taken(self, packet_id: int, reason: int) -> bytes:
        return bytes((0x40, 2, *packet_id.to_bytes(2)))


class ChangingBroker(Broker):
    """One that is replaced by an older or a newer one whenever the connection is lost."""

    @override
    def _accepted(self, present: bool, receive_max: int) -> bytes:
        if self.version is MQTT_5:
            return super()._accepted(present, receive_max)
        self.receive_max = SMALL.unacknowledged
        return bytes((0x20, 2, present, 0))

    @override
    def _taken(self, packet_id: int, reason: int) -> bytes:
        return bytes((0x40, 2, *packet_id.to_bytes(2)))

    @rule()
    @precondition(lambda self: not self.is_connected)
    def change(self) -> None:
        """Replace it."""
        self.version = MQTT_3_1_1 if self.version is MQTT_5 else MQTT_5
        self.state.speak(self.version)


TestBroker = Broker.TestCase
TestOldBroker = OldBroker.TestCase
TestChangingBroker = ChangingBroker.TestCase
MANY = settings(max_examples=80, stateful_step_count=50, deadline=None)
TestBroker.settings = TestOldBroker.settings = TestChangingBroker.settings = MANY


def opened(
    version: Version = MQTT_5, **options: Any
) -> tuple[SessionState, list[mqtt5.PublishPacket]]:
    """Return a session that a broker has accepted, and what it delivers."""
    delivered: list[mqtt5.PublishPacket] = []
    state = SessionState(delivered.append, version=version, **options)
    state.begin(CONNECT)
    state.take_output()
    accepted = ACCEPTED if version is MQTT_5 else b"\x20\x02\x00\x00"
    assert state.feed(memoryview(accepted)) == len(accepted)
    return state, delivered


@pytest.mark.parametrize("cut", range(1, len(ACCEPTED)))
def test_a_packet_may_come_in_pieces(cut: int) -> None:
    state = SessionState(lambda _: None)
    state.begin(CONNECT)
    assert state.feed(memoryview(ACCEPTED)[:cut]) == 0
    assert not state.is_open
    assert state.feed(memoryview(ACCEPTED)) == len(ACCEPTED)
    assert state.is_open


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"\x20\x03\x00\x87\x00", 0x87),
        # What MQTT 5 does not have, and how brokers of MQTT 3 say that they know no other.
        (b"\x20\x03\x00\xf0\x00", 0xF0),
        (b"\x20\x02\x00\x01", 0x84),
    ],
)
def test_a_refusal_has_a_reason(answer: bytes, reason: int) -> None:
    state = SessionState(lambda _: None)
    state.begin(CONNECT)
    with pytest.raises(ConnectRefused) as refused:
        state.feed(memoryview(answer))
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(b"\x32\x06\x00\x01\xff\x00\x07\x00", id="topic"),
        pytest.param(
            b"\x32\x0c\x00\x01t\x00\x07\x06\x26\x00\x01\xff\x00\x00", id="property"
        ),
        pytest.param(
            b"\x32\x09\x00\x01t\x00\x07\x03\x77\x00\x00", id="unknown property"
        ),
    ],
)
def test_what_is_no_text_is_counted_and_acknowledged(packet: bytes) -> None:
    count = 0

    def undecodable() -> None:
        nonlocal count
        count += 1

    state, delivered = opened(on_undecodable=undecodable)
    good = MQTT_5.publish("t", b"good", 0, False)
    state.feed(memoryview(packet + good))
    assert count == 1
    assert b"".join(state.take_output()) == b"\x40\x02\x00\x07"
    assert [each.payload for each in delivered] == [b"good"]


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\xff\xff\xff\xff\xff\xff",
        b"\x40\x01\x00",
        b"\x32\x01\x00",
        b"\x32\x03\x00\x05t",
        # A topic alias, and a packet of a byte more than we take, of which only the length is there.
        b"\x32\x08\x00\x00\x00\x01\x03\x23\x00\x01",
        b"\x30\xfc\xff\xff\x03",
        b"\x34\x06\x00\x01t\x00\x07\x00",
        b"\x20\x03\x00\x00\x00",
        b"\x90\x02\x00\x01",
        b"\x60\x02\x00\x01",
        b"\x10\x00",
        b"\xf0\x00",
    ],
)
def test_nonsense_is_an_error_of_the_protocol(nonsense: bytes) -> None:
    state, _ = opened()
    with pytest.raises(ProtocolError):
        state.feed(memoryview(nonsense))


@given(
    version=st.sampled_from([MQTT_5, MQTT_3_1_1]),
    kind=st.integers(0, 255),
    content=st.binary(max_size=60),
)
def test_any_packet_is_taken_or_refused(
    version: Version, kind: int, content: bytes
) -> None:
    """Nothing but what the session says it raises, whatever a broker sends."""
    state, _ = opened(version)
    with suppress(ProtocolError):
        state.feed(memoryview(bytes((kind, len(content))) + content))


@given(st.sampled_from([MQTT_5, MQTT_3_1_1]), st.binary(max_size=60))
def test_any_bytes_are_taken_or_refused(version: Version, data: bytes) -> None:
    state, _ = opened(version)
    with suppress(ProtocolError):
        assert state.feed(memoryview(data)) <= len(data)


@pytest.mark.parametrize("topic", ["", "a/#", "a/+", "a\0b", "\ud800", "x" * 70_000])
@pytest.mark.parametrize("qos", [0, 1])
@pytest.mark.parametrize("version", [MQTT_5, MQTT_3_1_1])
def test_what_is_no_topic_is_refused(version: Version, topic: str, qos: int) -> None:
    state, _ = opened(version, limits=Limits(unacknowledged=1))
    assert state.publish("t", b"fills the window", 1, False)
    with pytest.raises(ValueError):
        state.publish(topic, b"", qos, False)
    assert state.unacknowledged == 1


def test_a_refused_message_is_told_with_its_topic() -> None:
    told: list[tuple[str, int]] = []
    state, _ = opened(on_refused=lambda topic, reason: told.append((topic, reason)))
    for number in range(3):
        state.publish(f"t/{number}", b"", 1, False)
    state.feed(memoryview(b"\x40\x03\x00\x02\x95"))
    assert told == [("t/1", 0x95)]
    assert state.unacknowledged == 2


def test_the_largest_packet_is_taken() -> None:
    state, delivered = opened()
    payload = bytes(MAX_INCOMING_PACKET - publish_size("t", b"", 0) - 3)
    packet = MQTT_5.publish("t", payload, 0, False)
    assert len(packet) == MAX_INCOMING_PACKET
    assert state.feed(memoryview(packet)) == len(packet)
    assert len(delivered) == 1


@pytest.mark.parametrize("reasons", [b"", b"\x01", b"\x01\x01\x01"])
def test_every_filter_has_its_answer(reasons: bytes) -> None:
    """One that is left out is not heard, and would count as granted."""
    state, _ = opened()
    answers: list[bytes] = []
    state.subscribe(map(mqtt5.TopicFilter, ("a", "b")), answers.append)
    with pytest.raises(ProtocolError):
        state.feed(memoryview(b"\x90" + bytes((3 + len(reasons), 0, 1, 0)) + reasons))
    assert answers == []


@pytest.mark.parametrize("is_readable", [True, False])
def test_a_broker_that_does_not_listen_to_acknowledgements_is_left(
    is_readable: bool,
) -> None:
    state, delivered = opened()
    form = b"\x32\x06\x00\x01" + (b"t" if is_readable else b"\xff")
    for number in range(65_535):
        packet_id = number + 1
        state.feed(memoryview(form + packet_id.to_bytes(2) + b"\x00"))
        if is_readable:
            state.acknowledge(packet_id)
    with pytest.raises(ProtocolError):
        state.feed(memoryview(form + b"\x00\x01\x00"))
    assert len(state.take_output()) == 65_535
    state.feed(memoryview(form + b"\x00\x01\x00"))
    assert len(delivered) == 65_536 * is_readable


def test_what_a_broker_takes_no_more_is_told_when_it_comes_back() -> None:
    """Sent all the same, it would end the connection."""
    told: list[tuple[str, int]] = []
    state, _ = opened(
        limits=Limits(unacknowledged=2),
        on_refused=lambda topic, reason: told.append((topic, reason)),
    )
    for number in range(5):
        payload = b"x" * 50 * (number % 2)
        assert state.publish(f"t/{number}", payload, 1, False)
    state.begin(CONNECT)
    state.take_output()
    answer = mqtt5.ConnAckPacket(session_present=True, max_packet_size=50).write()
    state.feed(memoryview(answer))
    sent = packets(b"".join(state.take_output()))
    assert [each.topic for each in sent if isinstance(each, mqtt5.PublishPacket)] == [
        "t/0",
        "t/2",
    ]
    assert told == [("t/1", 0x95)]
    state.feed(memoryview(b"\x40\x02\x00\x01\x40\x02\x00\x03"))
    assert told == [("t/1", 0x95), ("t/3", 0x95)]
    assert state.unacknowledged == 1


def test_what_came_at_qos_1_goes_at_0_to_a_broker_that_knows_no_other() -> None:
    """It would end the connection over anything else; one that keeps nothing is told of no retained message."""
    told: list[tuple[str, int]] = []
    state, _ = opened(
        limits=Limits(unacknowledged=2),
        on_refused=lambda topic, reason: told.append((topic, reason)),
    )
    for number in range(4):
        assert state.publish(f"t/{number}", b"", 1, bool(number % 2))
    state.begin(CONNECT)
    state.take_output()
    answer = mqtt5.ConnAckPacket(
        session_present=True, max_qos=mqtt5.QoS.AT_MOST_ONCE, retain_available=False
    )
    state.feed(memoryview(answer.write()))
    assert told == [("t/1", 0x9A), ("t/3", 0x9A)]
    assert state.unacknowledged == 0
    assert state.publish("t/4", b"", 1, False)
    sent = packets(b"".join(state.take_output()))
    assert [
        (each.topic, each.qos, each.duplicate)
        for each in sent
        if isinstance(each, mqtt5.PublishPacket)
    ] == [(f"t/{number}", mqtt5.QoS.AT_MOST_ONCE, False) for number in (0, 2, 4)]


def test_a_sign_of_life_is_asked_for_before_what_waits() -> None:
    state, _ = opened()
    for _ in range(3):
        state.publish("t", b"", 0, False)
    state.ping()
    assert [type(each) for each in packets(b"".join(state.take_output()))] == [
        mqtt5.PingReqPacket,
        *[mqtt5.PublishPacket] * 3,
    ]


def test_room_is_told_of_when_messages_were_taken_or_have_left() -> None:
    told: list[None] = []
    state, _ = opened(on_drained=lambda: told.append(None))
    for _ in range(3):
        state.publish("t", b"", 1, False)
    state.take_output()
    assert told == []
    state.feed(memoryview(b"\x40\x02\x00\x01\x40\x02\x00\x02"))
    assert len(told) == 1
    state.publish("t", b"", 0, False)
    state.take_output()
    assert len(told) == 2


@pytest.mark.parametrize("topic", ["t", "t/\u00e9", "\u6e29\u5ea6"])
@pytest.mark.parametrize("qos", [0, 1])
@pytest.mark.parametrize("length", [0, 110, 125, 16_370, 16_385, 2_097_160])
def test_the_size_of_a_message_is_known(topic: str, qos: int, length: int) -> None:
    packet = MQTT_5.publish(topic, bytes(length), qos, False, qos or None)
    assert publish_size(topic, bytes(length), qos) == len(packet)


@given(
    topic=st.text(max_size=600),
    payload=st.binary(max_size=200) | st.integers(0, 20_000).map(bytes),
    packet_id=st.none() | st.integers(1, 65_535),
    retain=st.booleans(),
)
def test_a_message_is_written_as_the_codec_has_it(
    topic: str, payload: bytes, packet_id: int | None, retain: bool
) -> None:
    qos = 0 if packet_id is None else 1
    try:
        packet = MQTT_5.publish(topic, payload, qos, retain, packet_id)
    except ValueError:
        # NUL it takes, and no broker does (MQTT 5 §1.5.4).
        assume("\0" not in topic)
        with pytest.raises(ValueError, match="."):
            mqtt5.PublishPacket(topic, payload).write()
        return
    expected = mqtt5.PublishPacket(
        topic, payload, qos=mqtt5.QoS(qos), retain=retain, packet_id=packet_id
    )
    assert packet == expected.write()


def test_who_makes_us_say_much_is_acknowledged_once_it_is_said() -> None:
    limits = Limits(messages=9)
    state = SessionState(lambda _: None, limits=limits)
    state.begin(CONNECT)
    state.feed(memoryview(ACCEPTED))
    for number in range(4):
        assert state.publish("t", bytes((number,)), 1, False)
    state.take_output()
    state.acknowledge(7)
    state.acknowledge(8)
    assert state.take_output() == []
    state.feed(memoryview(b"\x40\x02\x00\x01"))
    acknowledged = packets(b"".join(state.take_output()))
    assert acknowledged == [mqtt5.PubAckPacket(7), mqtt5.PubAckPacket(8)]


def test_what_is_not_acknowledged_goes_with_the_connection() -> None:
    state = SessionState(lambda _: None, limits=Limits(messages=3))
    state.begin(CONNECT)
    state.feed(memoryview(ACCEPTED))
    for _ in range(2):
        assert state.publish("t", b"", 1, False)
    state.acknowledge(7)
    state.begin(CONNECT)
    state.take_output()
    state.feed(memoryview(ACCEPTED + b"\x40\x02\x00\x01\x40\x02\x00\x02"))
    sent = packets(b"".join(state.take_output()))
    assert all(isinstance(each, mqtt5.PublishPacket) for each in sent)
