"""The client's side of an MQTT 5 session against a model of a broker, over every loss of a connection."""

from collections import deque
from contextlib import suppress
from typing import Any

from hypothesis import given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
import mqtt5
import pytest

from custom_components.maestra.core.mqtt.packets import (
    ProtocolError,
    packet_end,
    publish_packet,
    publish_size,
)
from custom_components.maestra.core.mqtt.session_state import (
    MAX_INCOMING_PACKET,
    ConnectRefused,
    Limits,
    SessionState,
)

CONNECT = mqtt5.ConnectPacket("client")
ACCEPTED = mqtt5.ConnAckPacket().write()
SMALL = Limits(messages=12, bytes=2_000, unacknowledged=5)


def packets(data: bytes) -> list[mqtt5.Packet]:
    """Read what a client has sent."""
    found, at = [], 0
    while at < len(data):
        packet, size = mqtt5.read(memoryview(data)[at:])
        found.append(packet)
        at += size
    return found


class Broker(RuleBasedStateMachine):
    """A broker that does all that it may, on a network that may end at any byte.

    What it has seen of a message is told by its payload, a number.
    """

    def __init__(self) -> None:
        super().__init__()
        self.delivered: list[bytes] = []
        self.state = SessionState(self._deliver, limits=SMALL)
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
            (packet,) = packets(bytes(self.inbox[:end]))
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
        (connect,) = packets(b"".join(self.state.take_output()))
        assert isinstance(connect, mqtt5.ConnectPacket)
        if not present:
            self.unacknowledged.clear()
            self.pending.clear()
        self.receive_max = receive_max
        answer = mqtt5.ConnAckPacket(session_present=present, receive_max=receive_max)
        self.outbox += answer.write()
        for packet_id, payload in self.pending.items():
            self._send(payload, packet_id, duplicate=True)
        self.is_connected = True

    def _send(self, payload: bytes, packet_id: int, *, duplicate: bool) -> None:
        qos = mqtt5.QoS.AT_LEAST_ONCE
        self.outbox += mqtt5.PublishPacket(
            "in", payload, qos=qos, packet_id=packet_id, duplicate=duplicate
        ).write()

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
        packet = bytes((0x40, 3, *packet_id.to_bytes(2), reason))
        self.outbox += packet * (1 + twice)
        if twice:
            # The second is of nothing, if the client has not used the id again by then.
            self.hear(10_000)

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
        assert not self.pending
        assert set(self.accepted) <= set(self.arrived)
        assert self.state.publish("out", b"x" * 1_900, 0, False)

    def hear_all(self) -> None:
        if self.outbox:
            self.hear(100_000)


TestBroker = Broker.TestCase
TestBroker.settings = settings(max_examples=80, stateful_step_count=50, deadline=None)


def opened(**options: Any) -> tuple[SessionState, list[mqtt5.PublishPacket]]:
    """Return a session that a broker has accepted, and what it delivers."""
    delivered: list[mqtt5.PublishPacket] = []
    state = SessionState(delivered.append, **options)
    state.begin(CONNECT)
    state.take_output()
    assert state.feed(memoryview(ACCEPTED)) == len(ACCEPTED)
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
    good = publish_packet("t", b"good", 0, False)
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


@given(kind=st.integers(0, 255), content=st.binary(max_size=60))
def test_any_packet_is_taken_or_refused(kind: int, content: bytes) -> None:
    """Nothing but what the session says it raises, whatever a broker sends."""
    state, _ = opened()
    with suppress(ProtocolError):
        state.feed(memoryview(bytes((kind, len(content))) + content))


@given(st.binary(max_size=60))
def test_any_bytes_are_taken_or_refused(data: bytes) -> None:
    state, _ = opened()
    with suppress(ProtocolError):
        assert state.feed(memoryview(data)) <= len(data)


@pytest.mark.parametrize("topic", ["", "a/#", "a/+", "a\0b", "\ud800", "x" * 70_000])
@pytest.mark.parametrize("qos", [0, 1])
def test_what_is_no_topic_is_refused(topic: str, qos: int) -> None:
    state, _ = opened(limits=Limits(unacknowledged=1))
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
    packet = publish_packet("t", payload, 0, False)
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


@pytest.mark.parametrize("topic", ["t", "t/\u00e9", "\u6e29\u5ea6"])
@pytest.mark.parametrize("qos", [0, 1])
@pytest.mark.parametrize("length", [0, 110, 125, 16_370, 16_385, 2_097_160])
def test_the_size_of_a_message_is_known(topic: str, qos: int, length: int) -> None:
    packet = publish_packet(topic, bytes(length), qos, False, qos or None)
    assert publish_size(topic, bytes(length), qos) == len(packet)
