"""What was said as text: cleaned, compared, submitted, and as captions."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.domain.transcript import Transcript
from custom_components.maestra.core.transcription.captions import web_vtt
from custom_components.maestra.core.transcription.rows import find_in
from custom_components.maestra.core.transcription.submission import read_submission
from custom_components.maestra.core.transcription.text import (
    MAX_TEXT_LENGTH,
    clean_text,
    plain_line,
    says,
)

NOW = datetime(2026, 11, 30, 20, tzinfo=UTC)
SUBMISSION = {"timestamp": "2026-11-30T20:00:00Z", "duration": 2.5, "text": "Hello."}


def transcript(
    text: str, after: float = 0, duration: float = 2, **kwargs: Any
) -> Transcript:
    """Return what was said so many seconds after the beginning."""
    return Transcript(
        id=f"{after}",
        timestamp=NOW + timedelta(seconds=after),
        duration=duration,
        text=text,
        **{
            "transcription": "t",
            "source": "mic",
            "session": "s",
            "correlation_id": "c",
            **kwargs,
        },
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (" Hello,  there.\n", "Hello, there."),
        ("[BLANK_AUDIO]", ""),
        ("[BLANK_AUDIO] Go! (applause)", "Go!"),
        ("♪ *laughs* ♪", ""),
        ("Thank you.", ""),
        ("THANK YOU", ""),
        ("Thank you, Ann.", "Thank you, Ann."),
        ("...", ""),
        ("a\0b\ud800c\x1bd", "a b c d"),
        ("", ""),
    ],
)
def test_what_nobody_has_said_is_left_out(text: str, said: str) -> None:
    assert clean_text(text) == said


@given(st.text(st.characters(codec=None)))
def test_any_text_is_one_printable_bounded_line(text: str) -> None:
    for found in (plain_line(text), clean_text(text)):
        assert len(found) <= MAX_TEXT_LENGTH
        found.encode()
        assert len(found.splitlines()) <= 1


@pytest.mark.parametrize(
    ("text", "phrases", "found"),
    [
        ("Okay, let's GO live!", ["lets go live"], "lets go live"),
        ("Straße frei", ["STRASSE"], "STRASSE"),
        ("We are alive.", ["live"], None),
        ("go, live", ["end", "go live"], "go live"),
        ("anything", [], None),
        ("anything", ["", "?"], None),
    ],
)
def test_phrases_are_compared_as_they_are_spoken(
    text: str, phrases: list[str], found: str | None
) -> None:
    assert says(text, phrases) == found


def test_a_submission() -> None:
    found = read_submission(
        SUBMISSION | {"source_id": "mic", "confidence": 0.9, "metadata": {"a": 1}},
        "t",
        "day",
        "context",
    )
    assert found.to_wire() == {
        "id": found.id,
        "correlation_id": "context",
        "timestamp": "2026-11-30T20:00:00.000000Z",
        "duration": 2.5,
        "text": "Hello.",
        "source_id": "mic",
        "stream_session_id": "day",
        "confidence": 0.9,
    }
    assert found.ended_at == NOW + timedelta(seconds=2.5)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timestamp", None),
        ("timestamp", "yesterday"),
        ("timestamp", "20261130200000000"),
        ("timestamp", "0001-01-01T00:00:00+14:00"),
        ("timestamp", "9999-12-31T23:59:59Z"),
        ("duration", 0),
        ("duration", -1),
        ("duration", 3_601),
        ("duration", True),
        ("duration", float("nan")),
        ("duration", 10**400),
        ("text", ""),
        ("text", " \n"),
        ("text", "x" * 10_001),
        ("text", None),
        ("source_id", "x" * 201),
        ("source_id", 1),
        ("stream_session_id", "x" * 101),
        ("confidence", 1.1),
        ("confidence", "high"),
        ("metadata", []),
        ("metadata", {str(number): 1 for number in range(65)}),
    ],
)
def test_a_submission_that_does_not_fit_is_refused(field: str, value: Any) -> None:
    with pytest.raises(InvalidField) as error:
        read_submission(SUBMISSION | {field: value}, "t", "day", "context")
    assert error.value.facts["field"] == field


def test_captions() -> None:
    long = "The quick brown fox jumps over the lazy dog and then it runs away over the hills and far into the night."
    text = web_vtt(
        [transcript(long, 3_661.25, 6), transcript("<b>R&D</b> --> go", 0, 1.5)]
    )
    assert text == (
        "WEBVTT\n"
        "\n00:00:00.000 --> 00:00:01.500\n&lt;b&gt;R&amp;D&lt;/b&gt; --&gt; go\n"
        "\n01:01:01.250 --> 01:01:05.910\n"
        "The quick brown fox jumps over the lazy\ndog and then it runs away over the hills\n"
        "\n01:01:05.910 --> 01:01:07.250\nand far into the night.\n"
    )


def test_no_captions_are_a_file_too() -> None:
    assert web_vtt([]) == "WEBVTT\n"
    assert web_vtt([transcript("before")], NOW + timedelta(seconds=1)) == "WEBVTT\n"


@given(
    st.lists(
        st.tuples(
            st.text(max_size=300).map(plain_line), st.floats(0, 1e5), st.floats(0.1, 60)
        )
    )
)
def test_any_captions_are_well_formed(said: list[tuple[str, float, float]]) -> None:
    text = web_vtt(transcript(*each) for each in said)
    head, *cues = text.split("\n\n")
    assert head.strip() == "WEBVTT"
    for cue in filter(str.strip, cues):
        times, *lines = cue.rstrip("\n").split("\n")
        begin, end = times.split(" --> ")
        assert begin < end
        assert not any("-->" in line or "<" in line for line in lines)


def test_what_is_remembered_is_searched_as_the_store_is() -> None:
    known = [
        transcript("The lights go down.", 0),
        transcript("Lights up, don't wait!", 5, session="other"),
        transcript("Nothing.", 9, transcription="u"),
    ]

    def found(query: str, **kwargs: Any) -> list[float]:
        wanted = {"transcriptions": ["t"], **kwargs}
        return [
            (each.timestamp - NOW).total_seconds()
            for each in find_in(known, query, **wanted)
        ]

    assert found("LIGHT") == [5, 0]
    assert found("down lights") == [0]
    assert found("don't") == [5]
    assert found("light", limit=1) == [5]
    assert found("", transcriptions=["t", "u"]) == [9, 5, 0]
    assert found("", session="other") == [5]
    assert found("", start=NOW + timedelta(seconds=1)) == [5]
    assert found("", end=NOW + timedelta(seconds=1)) == [0]
    assert found("%") == [5, 0]
