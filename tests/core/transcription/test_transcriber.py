"""A transcription hears while it may, keeps what it must, and forgets the rest."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.domain.transcript import Transcribed
from custom_components.maestra.core.transcription.cutter import Utterance
from custom_components.maestra.core.transcription.events import (
    SessionEnded,
    SessionStarted,
)
from custom_components.maestra.core.transcription.queue import UtteranceQueue
from custom_components.maestra.core.transcription.transcriber import (
    FLUSH_AFTER,
    FORGET_AFTER,
    MAX_SOURCES,
    Transcriber,
    TranscriptionSettings,
)
from tests.kits.audio import frame, pieces, room, voice

NOW = datetime(2026, 11, 30, 20, tzinfo=UTC)


class Stage:
    """A transcriber on a clock of its own, and what it has told."""

    def __init__(self, **settings: Any) -> None:
        self.now = 1_000.0
        self.told: list[Any] = []
        bus = Bus()
        for kind in (Transcribed, SessionStarted, SessionEnded):
            bus.subscribe(kind, self.told.append)
        self.transcriber = Transcriber(
            "t",
            TranscriptionSettings(**settings),
            bus,
            clock=lambda: self.now,
            wall=lambda: NOW + timedelta(seconds=self.now - 1_000),
        )

    def hear(self, audio: bytes, source: str = "mic", **form: int) -> None:
        """Hear audio as quickly as it is spoken."""
        for piece in pieces(audio):
            self.now += len(piece) / 32_000
            self.transcriber.take(frame(piece, source, **form))


def utterance(number: int = 0, seconds: float = 1) -> Utterance:
    """Return an utterance of its own source."""
    return Utterance(
        source=str(number),
        audio=bytes(round(32_000 * seconds)),
        started_at=NOW + timedelta(seconds=number),
    )


async def test_what_is_said_becomes_a_transcript() -> None:
    stage = Stage(production="stage")
    stage.hear(room(1) + voice(1) + room(1))
    spoken = await stage.transcriber.queue.get()
    stage.now += 2
    found = stage.transcriber.said(spoken, " Hello. [MUSIC]")
    assert found
    assert (found.text, found.source, found.session) == (
        "Hello.",
        "mic",
        "stream_2026_11_30",
    )
    assert found.timestamp == NOW + timedelta(seconds=0.7)
    assert stage.told == [Transcribed(found, "stage")]
    assert stage.transcriber.latest is found
    assert stage.transcriber.per_minute == 1
    assert stage.transcriber.latest_lag == pytest.approx(2.8, abs=0.1)
    stage.now += 60
    assert stage.transcriber.per_minute == 0


async def test_nothing_said_is_counted_and_told_nobody() -> None:
    stage = Stage()
    assert stage.transcriber.said(utterance(), "[BLANK_AUDIO]") is None
    assert stage.transcriber.counters["ignored"] == 1
    assert stage.told == []


async def test_only_the_sources_that_are_meant_are_heard() -> None:
    stage = Stage(sources=frozenset({"mic", "Desk"}))
    spoken = room(0.5) + voice(1) + room(1)
    stage.hear(spoken, "music")
    assert not stage.transcriber.queue
    stage.hear(spoken, "mic")
    assert len(stage.transcriber.queue) == 1


@pytest.mark.parametrize("how", ["switch", "allow"])
async def test_it_stops_at_once_and_forgets(how: str) -> None:
    stage = Stage()
    stage.hear(room(0.5) + voice(1) + room(1) + voice(1))
    assert len(stage.transcriber.queue) == 1
    getattr(stage.transcriber, how)(False)
    assert not stage.transcriber.is_active
    assert stage.transcriber.status.buffer_size == 0
    stage.hear(voice(1) + room(1))
    stage.transcriber.ended(("", "mic"))
    assert not stage.transcriber.queue
    getattr(stage.transcriber, how)(True)
    stage.hear(room(1))
    assert not stage.transcriber.queue


async def test_an_end_of_the_source_ends_the_sentence() -> None:
    stage = Stage()
    stage.hear(room(0.5) + voice(1))
    stage.transcriber.ended(("", "mic"))
    assert len(stage.transcriber.queue) == 1


async def test_a_source_that_stalls_has_finished_its_sentence() -> None:
    stage = Stage()
    stage.hear(room(0.5) + voice(1))
    stage.transcriber.advance()
    assert not stage.transcriber.queue
    stage.now += FLUSH_AFTER
    stage.transcriber.advance()
    assert len(stage.transcriber.queue) == 1
    stage.now += FORGET_AFTER
    stage.transcriber.advance()
    assert stage.transcriber.status.buffer_size == stage.transcriber.queue.size


async def test_sources_and_pieces_are_bounded() -> None:
    stage = Stage()
    for number in range(MAX_SOURCES + 2):
        stage.hear(room(0.1), str(number))
    assert stage.transcriber.counters["sources_refused"] == 2
    stage.transcriber.take(frame(bytes(32_000 * 11)))
    assert stage.transcriber.counters["chunks_refused"] == 1


async def test_a_source_may_change_its_format() -> None:
    stage = Stage()
    stage.hear(room(0.5) + voice(1))
    stage.transcriber.take(frame(bytes(4 * 48_000), sample_rate=48_000, channels=2))
    assert len(stage.transcriber.queue) == 1


async def test_sessions() -> None:
    transcriber = (stage := Stage()).transcriber
    assert transcriber.end_session() is None
    assert transcriber.start_session("Premiere") == "Premiere"
    assert transcriber.session == "Premiere"
    other = transcriber.start_session()
    assert other == "session_2026_11_30_200000"
    assert transcriber.end_session() == other
    assert transcriber.session == "stream_2026_11_30"
    assert stage.told == [
        SessionStarted("t", "Premiere"),
        SessionEnded("t", "Premiere"),
        SessionStarted("t", other),
        SessionEnded("t", other),
    ]
    for wrong in ("", "x" * 101, "a\0"):
        with pytest.raises(InvalidField):
            transcriber.start_session(wrong)


@pytest.mark.parametrize("saved", [None, [], {}, {"is_on": None, "session": 3}])
async def test_a_broken_snapshot_is_none(saved: Any) -> None:
    transcriber = Stage().transcriber
    transcriber.restore(saved)
    assert transcriber.snapshot() == {"is_on": True, "session": None}


async def test_a_snapshot_is_taken_over() -> None:
    first, second = Stage().transcriber, Stage().transcriber
    first.switch(False)
    first.start_session("Premiere")
    second.restore(first.snapshot())
    assert (second.is_on, second.session) == (False, "Premiere")


async def test_the_oldest_is_dropped_where_there_is_no_room() -> None:
    queue = UtteranceQueue(most=3, most_seconds=100)
    for number in range(5):
        queue.put(utterance(number))
    assert (len(queue), queue.dropped) == (3, 2)
    assert [(await queue.get()).source for _ in range(3)] == ["2", "3", "4"]


async def test_room_is_counted_in_seconds_too() -> None:
    queue = UtteranceQueue(most=10, most_seconds=5)
    queue.put(utterance(0, 4))
    queue.put(utterance(1, 9))
    assert (len(queue), queue.dropped) == (1, 1)
    assert (await queue.get()).source == "1"
    waiting = asyncio.ensure_future(queue.get())
    await asyncio.sleep(0)
    queue.put(utterance(2))
    assert (await waiting).source == "2"
