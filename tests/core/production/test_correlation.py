"""What followed what, how fast, and whether it gets more."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.production.correlation import (
    Mark,
    Trend,
    responses,
    top,
    trend,
    velocity,
    within,
)

BEGIN = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(second: float) -> datetime:
    return BEGIN + timedelta(seconds=second)


def marks(*seconds: float) -> list[Mark]:
    return [Mark(at(second), str(second)) for second in seconds]


def times(*seconds: float) -> list[datetime]:
    return [at(second) for second in seconds]


def test_ten_seconds_after_an_utterance() -> None:
    cues = marks(0, 100, 200)
    chat = marks(-1, 0, 0.001, 9.999, 10, 10.001, 105, 150)
    found = responses(cues, chat)
    assert [
        (response.cue.text, [mark.text for mark in response.followed])
        for response in found
    ] == [("0", ["0.001", "9.999", "10"]), ("100", ["105"])]


def test_the_window_of_a_context() -> None:
    assert [mark.text for mark in within(marks(0, 1, 60, 121), at(121))] == [
        "60",
        "121",
    ]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ([], 0),
        ([5], 0),
        ([0, 5.9], 0),
        ([0, 6], 20),
        ([0, 10, 20, 30], 8),
        ([0, 30, 60], 3),
    ],
)
def test_velocity(seconds: list[float], expected: float) -> None:
    assert velocity(times(*seconds)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ([], Trend.STABLE),
        ([90], Trend.RISING),
        ([10], Trend.FALLING),
        ([10, 50, 90], Trend.STABLE),
        ([0, 1, 2, 3, 4, 80, 81, 82, 83, 84, 120], Trend.STABLE),
        ([0, 1, 2, 3, 4, 80, 81, 82, 83, 84, 119, 120], Trend.RISING),
        ([0, 1, 2, 3, 4, 80, 81, 82], Trend.FALLING),
        ([-50, -40, 50], Trend.STABLE),
    ],
)
def test_trend(seconds: list[float], expected: Trend) -> None:
    assert trend(times(*seconds), at(120)) is expected


def test_top() -> None:
    words = ["a", "b", "b", *map(str, range(20))]
    assert list(top(words).items())[:2] == [("b", 2), ("a", 1)]
    assert len(top(words)) == 10


@given(st.lists(st.integers(0, 60)), st.lists(st.integers(0, 60)))
def test_responses_are_those_of_the_definition(
    said: list[int], chatted: list[int]
) -> None:
    cues, chat = marks(*sorted(said)), marks(*sorted(chatted))
    expected = [
        [mark for mark in chat if 0 < (mark.time - cue.time).total_seconds() <= 10]
        for cue in cues
    ]
    found = responses(cues, chat)
    assert [list(response.followed) for response in found] == [
        each for each in expected if each
    ]
