"""Acknowledgements of QS on a wire that others use too."""

from collections.abc import Callable
from typing import cast

from custom_components.maestra.core.bus import Counters
from custom_components.maestra.core.domain.errors import NotConnected, OutgoingFull
from custom_components.maestra.core.qs.outbox import AHEAD, ON_WIRE, Outbox, Publish
from custom_components.maestra.core.transport.reconnect import ConnectionListener
from custom_components.maestra.core.transport.transport import Transport

ROOM = 10 * AHEAD


class Wire:
    """A connection whose broker takes messages, in their order, when it is told to."""

    def __init__(self) -> None:
        self.accepted = 0
        self.unacknowledged = 0
        self.ours = 0
        self.connected = True
        self._drained: list[Callable[[], None]] = []
        self._told: list[ConnectionListener] = []

    def publish(self, topic: str, payload: bytes, *, qos: int) -> None:
        if not self.connected:
            raise NotConnected(gateway="wire")
        self.others(1)
        self.ours += 1

    def others(self, count: int) -> None:
        """Somebody publishes."""
        if self.unacknowledged + count > ROOM:
            raise OutgoingFull(gateway="wire")
        self.accepted += count
        self.unacknowledged += count

    def takes(self, count: int) -> None:
        self.unacknowledged -= count
        for listener in self._drained:
            listener()

    def comes_up(self) -> None:
        self.connected = True
        for listener in self._told:
            listener(True, None)

    def on_drained(self, listener: Callable[[], None]) -> Callable[[], None]:
        self._drained.append(listener)
        return lambda: self._drained.remove(listener)

    def on_connection(self, listener: ConnectionListener) -> Callable[[], None]:
        self._told.append(listener)
        return lambda: self._told.remove(listener)


class Sender:
    """An outbox on a wire, and of what it let the broker go."""

    def __init__(self) -> None:
        self.wire = Wire()
        self.counters = Counters()
        self.outbox = Outbox(cast("Transport", self.wire), self.counters)
        self.stop = self.outbox.start()
        self.released: list[int] = []

    def put(self, number: int, count: int = 1, *, is_kept: bool = True) -> None:
        self.outbox.put(
            [Publish("acks", b"")] * count,
            lambda: self.released.append(number),
            is_kept=is_kept,
        )


def test_others_that_fill_the_wire_for_good_hold_nothing_up() -> None:
    """What they send behind ours is nothing to ours; what is before it goes first."""
    sender = Sender()
    sender.wire.others(1_000)
    sender.put(1)
    for taken in range(0, 1_000, 100):
        assert sender.released == []
        sender.wire.others(100)
        sender.wire.takes(100)
        assert taken + 100 == sender.wire.accepted - sender.wire.unacknowledged
    assert sender.wire.unacknowledged == 1_001
    assert sender.released == [1]


def test_a_full_backlog_is_waited_for() -> None:
    sender = Sender()
    sender.wire.others(ROOM)
    sender.put(1, 3)
    assert sender.wire.ours == 0
    sender.wire.takes(2)
    assert sender.wire.ours == 2
    sender.wire.takes(ROOM - ON_WIRE + 1)
    assert (sender.wire.ours, sender.released) == (3, [1])


def test_no_more_of_ours_is_ahead_than_may_be() -> None:
    sender = Sender()
    for number in range(AHEAD + 50):
        sender.put(number)
    assert sender.wire.ours == AHEAD
    assert sender.released == list(range(ON_WIRE))
    sender.wire.takes(60)
    assert sender.wire.ours == AHEAD + 50
    sender.wire.takes(AHEAD - 10)
    assert sender.released == list(range(AHEAD + 50))


def test_what_the_broker_does_not_keep_waits_for_a_connection() -> None:
    sender = Sender()
    sender.wire.connected = False
    sender.put(1, is_kept=False)
    sender.put(2, is_kept=True)
    assert sender.released == []
    sender.wire.comes_up()
    assert sender.wire.ours == 2
    assert sender.counters["unsent"] == 0
    sender.wire.connected = False
    sender.put(3, is_kept=True)
    assert sender.counters["unsent"] == 1


def test_what_was_stopped_sends_nothing() -> None:
    sender = Sender()
    sender.wire.others(ROOM)
    sender.put(1)
    sender.stop()
    sender.wire.takes(ROOM)
    sender.wire.comes_up()
    assert (sender.wire.ours, sender.released) == (0, [])
