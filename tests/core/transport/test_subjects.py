"""Subjects, patterns, and the way between subjects and topics."""

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.transport.subjects import (
    is_pattern,
    is_subject,
    subject_matches,
    subject_of_topic,
    token,
    topic_of_subject,
)


@pytest.mark.parametrize("text", ["a", "maestra.entity.state", "a.b-c_d.E", "a.$x"])
def test_subjects(text: str) -> None:
    assert is_subject(text)
    assert is_pattern(text)


@pytest.mark.parametrize(
    "text",
    ["", ".", "a.", ".a", "a..b", "a b", "a\tb", "a\r\nPUB b", "a.*", "a.>", "x" * 600],
)
def test_what_is_no_subject(text: str) -> None:
    assert not is_subject(text)


@pytest.mark.parametrize("text", [None, 5, ["a"], "a.>.b", ">.a", "a.b*", "a..>", ""])
def test_what_is_no_pattern(text: object) -> None:
    assert not is_pattern(text)


@pytest.mark.parametrize(
    ("pattern", "subject", "matches"),
    [
        ("a.b", "a.b", True),
        ("a.b", "a.c", False),
        ("a.*", "a.b", True),
        ("a.*", "a.b.c", False),
        ("a.*", "a", False),
        ("*.b", "a.b", True),
        ("a.>", "a.b", True),
        ("a.>", "a.b.c", True),
        ("a.>", "a", False),
        (">", "a", True),
        ("a.*.>", "a.b.c", True),
        ("a.*.>", "a.b", False),
    ],
)
def test_wildcards(pattern: str, subject: str, matches: bool) -> None:
    assert subject_matches(pattern, subject) is matches


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_whatever_a_level_is_it_is_one_token(text: str) -> None:
    assert is_subject(token(text))
    assert "." not in token(text)


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/")),
        min_size=1,
        max_size=5,
    )
)
def test_a_topic_survives_the_way_there_and_back(levels: list[str]) -> None:
    topic = "/".join(levels)

    assert topic_of_subject(subject_of_topic(topic)) == topic


def test_plain_names_stay_as_they_are() -> None:
    assert subject_of_topic("maestra/stream/1-a/subscribe") == (
        "maestra.stream.1-a.subscribe"
    )
    assert subject_of_topic("maestra/device/command/10.0.0.7") == (
        "maestra.device.command.10%2E0%2E0%2E7"
    )
