"""The bus tells typed events, in order, whatever a listener does."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from custom_components.maestra.core.bus import (
    Bus,
    Counters,
    call_each,
    enlist,
    together,
)


@dataclass
class Ping:
    """Something happened."""

    number: int = 0


@dataclass
class LoudPing(Ping):
    """A subclass is another type of event."""


@dataclass
class Pong:
    """An answer."""


def test_an_event_without_listeners_is_told_to_nobody() -> None:
    Bus().publish(Ping())


def test_listeners_hear_the_same_event_in_the_order_they_subscribed() -> None:
    bus, heard = Bus(), list[tuple[str, Ping]]()
    bus.subscribe(Ping, lambda event: heard.append(("first", event)))
    bus.subscribe(Ping, lambda event: heard.append(("second", event)))

    bus.publish(ping := Ping(1))

    assert heard == [("first", ping), ("second", ping)]
    assert heard[1][1] is ping


@pytest.mark.parametrize("event", [Pong(), LoudPing()], ids=["other", "subclass"])
def test_listeners_hear_their_exact_type_only(event: object) -> None:
    bus, heard = Bus(), list[Ping]()
    bus.subscribe(Ping, heard.append)

    bus.publish(event)

    assert heard == []


def test_after_unsubscribing_nothing_is_heard_and_others_still_hear() -> None:
    bus, left, stayed = Bus(), list[Ping](), list[Ping]()
    unsubscribe = bus.subscribe(Ping, left.append)
    bus.subscribe(Ping, stayed.append)

    unsubscribe()
    unsubscribe()
    bus.publish(Ping())

    assert left == []
    assert stayed == [Ping()]


def test_a_listener_may_leave_while_it_is_told() -> None:
    bus, heard = Bus(), list[str]()

    def once(_: Ping) -> None:
        heard.append("once")
        unsubscribe()

    unsubscribe = bus.subscribe(Ping, once)
    bus.subscribe(Ping, lambda _: heard.append("always"))

    bus.publish(Ping())
    bus.publish(Ping())

    assert heard == ["once", "always", "always"]


def test_who_subscribes_while_an_event_is_told_hears_the_next_one() -> None:
    bus, heard = Bus(), list[Ping]()

    def invite(_: Ping) -> None:
        bus.subscribe(Ping, heard.append)

    unsubscribe = bus.subscribe(Ping, invite)

    bus.publish(Ping(1))
    unsubscribe()
    bus.publish(Ping(2))

    assert heard == [Ping(2)]


def test_a_failing_listener_is_logged_and_the_others_go_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bus, heard = Bus(), list[Ping]()

    def fail(_: Ping) -> None:
        raise ValueError("broken listener")

    bus.subscribe(Ping, fail)
    bus.subscribe(Ping, heard.append)

    bus.publish(Ping())

    assert heard == [Ping()]
    assert "A listener failed on Ping" in caplog.text
    assert "broken listener" in caplog.text


def test_what_a_listener_publishes_is_told_after_the_event_it_heard() -> None:
    bus, heard = Bus(), list[object]()

    def answer(event: Ping) -> None:
        bus.publish(Pong())
        bus.publish(LoudPing(event.number))

    bus.subscribe(Ping, answer)
    bus.subscribe(Ping, heard.append)
    bus.subscribe(Pong, heard.append)
    bus.subscribe(LoudPing, heard.append)

    bus.publish(Ping(1))
    bus.publish(Ping(2))

    assert heard == [Ping(1), Pong(), LoudPing(1), Ping(2), Pong(), LoudPing(2)]


def test_the_bus_goes_on_after_a_listener_ended_the_program() -> None:
    bus, heard = Bus(), list[Ping]()

    def end(_: Pong) -> None:
        raise KeyboardInterrupt

    bus.subscribe(Pong, end)
    bus.subscribe(Ping, heard.append)

    with pytest.raises(KeyboardInterrupt):
        bus.publish(Pong())
    bus.publish(Ping())

    assert heard == [Ping()]


def test_counters_count_by_name() -> None:
    counters = Counters()
    counters.add("refused")
    counters.add("accepted", 3)
    counters.add("refused")

    assert counters["refused"] == 2
    assert counters["never"] == 0
    assert list(counters.as_dict().items()) == [("accepted", 3), ("refused", 2)]


def test_what_was_begun_together_ends_together() -> None:
    """The last that was begun is the first to end."""
    ended: list[str] = []
    end = together(lambda: ended.append("first"), lambda: ended.append("last"))
    end()
    assert ended == ["last", "first"]


def test_who_listens_can_be_asked() -> None:
    bus = Bus()
    assert not bus.has_listeners(int)

    def hear(_event: int) -> None:
        """Take note of nothing."""

    bus.subscribe(int, hear)
    assert bus.has_listeners(int)
    assert not bus.has_listeners(int, beside=hear)
    heard: list[int] = []
    forget = bus.subscribe(int, heard.append)
    assert bus.has_listeners(int, beside=hear)
    forget()
    assert not bus.has_listeners(int, beside=hear)


def test_each_is_called_though_one_raises_or_leaves() -> None:
    heard: list[object] = []
    listeners: list[Callable[[object], None]] = []

    def leaves(what: object) -> None:
        forget()
        raise ValueError(what)

    forget = enlist(listeners, leaves)
    enlist(listeners, heard.append)
    call_each(listeners, 1)
    call_each(listeners, 2)
    assert heard == [1, 2]
