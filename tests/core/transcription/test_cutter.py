"""Utterances are cut out of what is heard."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.maestra.core.transcription.audio import RATE, WIDTH
from custom_components.maestra.core.transcription.cutter import (
    MAX_FLOOR,
    MIN_FLOOR,
    WINDOW_BYTES,
    Cutter,
    CutterSettings,
    Utterance,
)
from tests.kits.audio import pieces, room, voice

BEGAN = datetime(2026, 11, 30, 20, tzinfo=UTC)


def heard(cutter: Cutter, audio: bytes, size: int = 3_200) -> list[Utterance]:
    """Let a cutter hear audio in pieces, and end it."""
    found: list[Utterance] = []
    at, count = BEGAN, 0
    for piece in pieces(audio, size):
        count += len(piece)
        at = BEGAN + timedelta(seconds=count / WIDTH / RATE)
        found += cutter.feed(piece, at)
    if (last := cutter.flush(at)) is not None:
        found.append(last)
    return found


def begins(utterance: Utterance) -> float:
    """Return when an utterance began, in seconds."""
    return (utterance.started_at - BEGAN).total_seconds()


@pytest.mark.parametrize("size", [2, 100, 640, 3_200, 64_000])
def test_two_sentences_are_two_utterances_with_their_beginnings(size: int) -> None:
    audio = room(1) + voice(1.2) + room(1.5) + voice(0.8) + room(1)
    first, second = heard(Cutter("mic"), audio, size)
    assert first.source == "mic"
    # With what was before it, and what comes after.
    assert begins(first) == pytest.approx(0.7, abs=0.1)
    assert first.duration == pytest.approx(0.3 + 1.2 + 0.2, abs=0.15)
    assert begins(second) == pytest.approx(3.4, abs=0.1)
    assert second.duration == pytest.approx(0.3 + 0.8 + 0.2, abs=0.15)
    at = round(begins(first) / 0.02) * WINDOW_BYTES
    assert audio[at : at + len(first.audio)] == first.audio


def test_a_pause_within_a_sentence_does_not_end_it() -> None:
    audio = room(1) + voice(0.6) + room(0.5) + voice(0.6) + room(1)
    (only,) = heard(Cutter("mic"), audio)
    assert only.duration == pytest.approx(0.3 + 1.7 + 0.2, abs=0.15)


def test_nobody_speaks_in_a_quiet_room() -> None:
    cutter = Cutter("mic")
    assert not heard(cutter, room(10))
    assert not cutter.is_speaking


def test_a_click_is_no_utterance() -> None:
    assert not heard(Cutter("mic"), room(1) + voice(0.05) + room(1))


def test_a_short_sound_is_counted() -> None:
    cutter = Cutter("mic")
    assert not heard(cutter, room(1) + voice(0.2) + room(2))
    assert cutter.too_short == 1


def test_a_fan_is_soon_part_of_the_room() -> None:
    cutter = Cutter("mic")
    fan = room(60, noise=600)
    found = heard(cutter, room(2) + fan)
    assert len(found) <= 3
    # A voice in front of it is still heard.
    (spoken,) = heard(
        cutter,
        fan[: 5 * RATE * WIDTH] + voice(1, loudness=20_000) + fan[: 2 * RATE * WIDTH],
    )
    assert spoken.duration == pytest.approx(1.5, abs=0.3)


def test_who_does_not_stop_is_cut_at_the_quietest_place() -> None:
    audio = room(0.5) + voice(22) + voice(0.2, loudness=400) + voice(10) + room(1)
    first, second = heard(Cutter("mic"), audio)
    assert begins(first) + first.duration == pytest.approx(22.6, abs=0.2)
    assert begins(second) == pytest.approx(begins(first) + first.duration, abs=0.02)


def test_what_was_heard_is_forgotten() -> None:
    cutter = Cutter("mic")
    cutter.feed(room(1) + voice(1), BEGAN)
    assert cutter.held > 0
    cutter.clear()
    assert not cutter.is_speaking
    assert cutter.held == 0
    assert cutter.flush(BEGAN) is None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.booleans(), st.floats(0.02, 4), st.integers(0, 32_000)),
        max_size=12,
    ),
    st.integers(1, 20_000),
)
def test_whatever_is_heard_utterances_are_bounded_and_in_order(
    parts: list[tuple[bool, float, int]], size: int
) -> None:
    limits = CutterSettings(max_length=3)
    cutter = Cutter("mic", limits)
    audio = b"".join(
        voice(length, loudness=loud) if is_voice else room(length, noise=loud / 20)
        for is_voice, length, loud in parts
    )
    found = heard(cutter, audio, size)
    assert all(0 < each.duration <= limits.max_length + 0.1 for each in found)
    for before, after in pairwise(found):
        # What was before a word is never heard twice.
        assert before.ended_at <= after.started_at + timedelta(seconds=0.021)
    assert all(each.audio in audio for each in found)
    assert sum(len(each.audio) for each in found) <= len(audio)
    assert cutter.held <= (limits.max_length + 1) * RATE * WIDTH
    assert MIN_FLOOR <= cutter.floor <= MAX_FLOOR


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=40_000), st.integers(1, 5_000), st.integers(1, 5_000))
def test_the_size_of_pieces_makes_no_difference(
    data: bytes, one: int, other: int
) -> None:
    found = [
        [
            (each.audio, round(begins(each), 3))
            for each in heard(Cutter("x"), data, size)
        ]
        for size in (one, other)
    ]
    assert found[0] == found[1]
