"""Records of a stream that other programs have put together: what is taken, and what is refused."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.production.submission import read_context

NOW = datetime(2026, 11, 20, 12, 10, tzinfo=UTC)
BODY: dict[str, Any] = {
    "started": "2026-11-20T12:00:00Z",
    "ended": "2026-11-20T12:02:00",
    "session": "stream_2026_11_20",
    # In microseconds, as some send it.
    "duration": 120_000_000,
    "transcript": "Hello there",
    "chat": {"message_count": 12, "velocity": 6.0, "participants": 4},
    "interactions": {"follow": 2},
    "emotes": {"total_count": 3, "unique_emotes": 1, "top_emotes": {"Kappa": 3}},
    "patterns": {"energy_level": 0.8, "content_focus": ["lasers"]},
    "sentiment": "positive",
    "topics": ["lasers"],
}


def test_a_record_of_another_program() -> None:
    record = read_context(BODY, "p", NOW)
    wire = record.to_wire()
    assert (record.production, record.duration) == ("p", 120)
    assert wire["chat"] == {
        "message_count": 12,
        "velocity": 6.0,
        "participants": 4,
        "trend": "stable",
    }
    assert wire["emotes"] == {
        "total_count": 3,
        "unique_emotes": 1,
        "top_emotes": {"Kappa": 3},
        "native_emotes": {},
    }
    assert wire["interactions"] == {"follow": 2}
    assert (wire["sentiment"], wire["source"]) == ("positive", "submitted")
    assert record.participants == 4


def test_what_is_made_of_it_is_bounded() -> None:
    told: dict[str, Any] = {
        "patterns": {
            "energy_level": 0.5,
            "content_focus": ["x" * 1_000] * 50,
            "odd": ["x" * 1_000] * 1_000,
        },
        "topics": ["y" * 1_000] * 50,
        "emotes": {"odd": "z" * 100_000},
    }
    wire = read_context({**BODY, **told}, "p", NOW).to_wire()
    assert len(str(wire)) < 5_000


def test_little_is_enough() -> None:
    least = {key: BODY[key] for key in ("started", "ended", "duration")}
    assert read_context(least, "p", NOW).transcript == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("started", None),
        ("started", "yesterday"),
        ("started", "0001-01-01T00:00:00+14:00"),
        ("ended", "2026-11-20T11:00:00Z"),
        ("ended", "2026-12-20T11:00:00Z"),
        ("duration", 0),
        ("duration", True),
        ("duration", "120"),
        ("transcript", "x" * 50_001),
        ("transcript", 5),
        ("session", "a\0b"),
        ("chat", []),
        ("chat", {"message_count": -1}),
        ("chat", {"velocity": "fast"}),
        ("interactions", {"follow": 1.0e300}),
        ("interactions", {"a\nb": 1}),
        ("emotes", {"top_emotes": []}),
        ("patterns", {"energy_level": 1.5}),
        ("sentiment", "ecstatic"),
        ("topics", [5]),
    ],
)
def test_what_makes_no_sense_is_refused(field: str, value: Any) -> None:
    with pytest.raises(InvalidField):
        read_context({**BODY, field: value}, "p", NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.sampled_from([*BODY]), JSON)
def test_whatever_it_is_nothing_else_is_raised(field: str, value: Any) -> None:
    try:
        record = read_context({**BODY, field: value}, "p", NOW)
    except InvalidField:
        return
    assert record.to_wire()
    assert record.ended > record.started
