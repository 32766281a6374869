"""Who gets the messages of a topic."""

from hypothesis import given, strategies as st
from paho.mqtt.client import topic_matches_sub
import pytest

from custom_components.maestra.core.transport import routes as module
from custom_components.maestra.core.transport.routes import Routes, topic_matches
from custom_components.maestra.core.transport.transport import (
    Message,
    Subscription,
    Taken,
)


def take(message: Message) -> Taken:
    return Taken.NOW


def take_too(message: Message) -> Taken:
    return Taken.NOW


LEVELS = st.sampled_from(["", "a", "b", "$x"])


@given(
    st.lists(LEVELS | st.just("+"), min_size=1, max_size=4).map("/".join),
    st.sampled_from(["", "/#"]),
    st.lists(LEVELS, min_size=1, max_size=4).map("/".join).filter(bool),
)
def test_filters_cover_what_they_cover_for_others(
    start: str, end: str, topic: str
) -> None:
    topic_filter = (start + end) or "#"
    assert topic_matches(topic_filter, topic) == topic_matches_sub(topic_filter, topic)


def test_a_filter_is_subscribed_once_with_the_highest_qos() -> None:
    routes = Routes()
    routes.add([Subscription("a/#", 0), Subscription("b", 0)], take)
    routes.add([Subscription("b", 1), Subscription("$share/g/c/#", 1)], take_too)
    assert [(each.filter, each.qos) for each in routes.wanted().values()] == [
        ("a/#", 0),
        ("b", 1),
        ("$share/g/c/#", 1),
    ]


def test_each_dialect_gets_its_topics() -> None:
    routes = Routes()
    routes.add([Subscription("a/#"), Subscription("a/b")], take)
    remove = routes.add([Subscription("a/b"), Subscription("$share/g/c/#")], take_too)
    assert routes.find("a/b") == (take, take_too)
    assert routes.find("a/x") == (take,)
    assert routes.find("c/x") == (take_too,)
    assert routes.find("d") == ()
    remove()
    remove()
    assert routes.find("a/b") == (take,)


def test_many_topics_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CACHED_TOPICS", 10)
    routes = Routes()
    routes.add([Subscription("#")], take)
    assert {routes.find(str(n)) for n in range(100)} == {(take,)}
    assert len(routes._cache) <= 10
