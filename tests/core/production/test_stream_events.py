"""Events of a stream: what is checked before anything else is done with them."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.production.stream_events import (
    CATALOGUE,
    CRITICAL,
    read_event,
    source_of,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_known_event_keeps_its_own_fields() -> None:
    event = read_event(
        {
            "id": "8a1b",
            "type": "channel.cheer",
            "timestamp": "2026-11-20T13:00:00+02:00",
            "user_id": "42",
            "user_login": "ann_1",
            "user_name": "Ann",
            "bits": 100,
            "message": "Cheer100",
            "is_anonymous": False,
            "secret": "x",
        },
        NOW,
        "context-1",
    )
    assert event.to_wire() == {
        "id": "8a1b",
        "type": "channel.cheer",
        "timestamp": "2026-11-20T11:00:00.000000Z",
        "correlation_id": "context-1",
        "source": "twitch",
        "source_id": None,
        "raw_type": "channel.cheer",
        "user_id": "42",
        "user_login": "ann_1",
        "user_name": "Ann",
        "bits": 100,
        "message": "Cheer100",
        "is_anonymous": False,
    }
    assert event.person == "Ann"


def test_who_is_anonymous_stays_so() -> None:
    event = read_event(
        {"type": "channel.cheer", "user_name": "Ann", "is_anonymous": True}, NOW
    )
    assert event.person is None


def test_what_is_missing_is_made() -> None:
    first, second = (read_event({"type": "stream.online"}, NOW) for _ in range(2))
    assert first.id.startswith("evt_")
    assert len(first.id) == 28
    assert first.id != second.id
    assert first.correlation_id != second.correlation_id
    assert first.timestamp == NOW


def test_an_unknown_type_passes_as_raw() -> None:
    event = read_event({"type": "channel.new_thing", "level": 3}, NOW)
    assert event.data == {"raw_data": {"level": 3}}
    assert event.source == "twitch"


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("obs.scene_changed", "obs"),
        ("ironmon.init", "ironmon"),
        ("rainwave.update", "rainwave"),
        ("system.error", "system"),
        ("stream.show_changed", "stream"),
        ("stream.online", "twitch"),
        ("channel.follow", "twitch"),
        ("anything", "twitch"),
    ],
)
def test_the_prefix_tells_the_source(kind: str, source: str) -> None:
    assert source_of(kind) == source


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"type": 3},
        {"type": "Channel.Follow"},
        {"type": "channel..follow"},
        {"type": "a" * 101},
        {"type": "channel.follow", "user_id": "4x"},
        {"type": "channel.follow", "user_id": "4" * 51},
        {"type": "channel.follow", "user_login": "ann-1"},
        {"type": "channel.follow", "user_login": "a" * 26},
        {"type": "channel.follow", "followed_at": "yesterday"},
        {"type": "channel.follow", "timestamp": "yesterday"},
        {"type": "channel.follow", "timestamp": "0001-01-01T00:00:00+14:00"},
        {"type": "channel.follow", "user_name": "a\x03"},
        {"type": "channel.follow", "user_name": "\ud800"},
        {"type": "channel.follow", "user_name": "é" * 1_001},
        {"type": "channel.follow", "id": "a\nb"},
        {"type": "channel.follow", "id": "a" * 101},
        {"type": "channel.subscribe", "tier": "4000"},
        {"type": "channel.chat.message", "message": "a" * 501},
        {"type": "channel.chat.message", "badges": ["a"] * 101},
        {"type": "channel.chat.message", "emotes": ["a" * 101]},
        {"type": "channel.chat.message", "emotes": [{"text": "a" * 101}]},
        {"type": "new", **{f"k{number}": 0 for number in range(50)}},
        {
            "type": "new",
            "list": ["a" * 100] * 100,
            **{f"k{number}": "a" * 2_000 for number in range(47)},
        },
        {"type": "new", "value": float("nan")},
        {"type": "new", "value": 2**70},
    ],
    ids=lambda raw: str(raw)[:50],
)
def test_bad_events_are_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(InvalidField):
        read_event(raw, NOW)


def test_chat_may_be_longer_elsewhere() -> None:
    event = read_event({"type": "channel.cheer", "message": "a" * 501}, NOW)
    assert event.data["message"] == "a" * 501


def test_critical_types_are_known() -> None:
    assert read_event({"type": "stream.offline"}, NOW).is_critical
    assert not read_event({"type": "channel.chat.message"}, NOW).is_critical
    assert {"stream.online", "obs.stream_stopped"} <= CRITICAL & CATALOGUE.keys()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(
    st.sampled_from([*CATALOGUE, "new.thing"]),
    st.dictionaries(
        st.sampled_from(sorted({"id", "timestamp", *CATALOGUE["channel.chat.message"]}))
        | st.text(),
        VALUES,
    ),
)
def test_nothing_gets_through_or_breaks(kind: str, fields: dict[str, Any]) -> None:
    try:
        event = read_event({**fields, "type": kind}, NOW)
    except InvalidField:
        return
    assert read_event(event.to_wire(), NOW).type == kind
    assert event.timestamp.tzinfo is UTC
