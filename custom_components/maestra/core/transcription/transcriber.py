"""A transcription: the sources it hears, what waits for its words, its session, and what was said lately."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, Final
from uuid import uuid4

from ..bus import Bus, Counters, Latency
from ..domain.clock import utcnow
from ..domain.json_values import JsonObject
from ..domain.transcript import Transcribed, Transcript
from .audio import RATE, WIDTH, AudioFrame, Resampler, SinkStatus
from .cutter import Cutter, CutterSettings, Utterance
from .events import SessionEnded, SessionStarted, TranscriptionChanged
from .queue import UtteranceQueue
from .submission import session_name
from .text import IGNORED, clean_text

MAX_SOURCES: Final = 16
MAX_RECENT: Final = 1_000
RATE_WINDOW: Final = 60.0
"""Seconds over which utterances are counted."""
FLUSH_AFTER: Final = 2.0
"""Seconds without audio after which what was being said is over."""
FORGET_AFTER: Final = 120.0
MAX_CHUNK: Final = 10.0
"""Seconds of audio in one message: what is longer is no live audio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptionSettings:
    """What is heard, and what counts as said. Without `sources` all are heard."""

    sources: frozenset[str] = frozenset()
    ignored: tuple[str, ...] = IGNORED
    production: str | None = None
    """What shows it as captions."""
    cutter: CutterSettings = field(default_factory=CutterSettings)

    def hears(self, source_id: str, source_name: str) -> bool:
        """Whether a source is meant, by its id or name."""
        return not self.sources or not self.sources.isdisjoint((source_id, source_name))


@dataclass(slots=True, eq=False)
class _Source:
    resampler: Resampler
    cutter: Cutter
    heard_at: float


class Transcriber:
    """One transcription. All but waiting for an utterance is synchronous.

    It hears only while it is on and allowed to; what it has heard, and not put in words yet, is forgotten when that ends.
    `clock` only goes forward, `wall` says when something was said, and `day` names the day's session.
    """

    def __init__(
        self,
        id_: str,
        settings: TranscriptionSettings,
        bus: Bus,
        *,
        clock: Callable[[], float] = monotonic,
        wall: Callable[[], datetime] = utcnow,
        day: Callable[[], str] | None = None,
    ) -> None:
        """Hear nothing yet."""
        self.id = id_
        self.settings = settings
        self.queue = UtteranceQueue()
        self.counters = Counters()
        """Counts of utterances, transcripts, ignored, failed, too_short, sources_refused, chunks_refused and dropped (from the queue)."""
        self.lag = Latency()
        """From the end of an utterance to its words."""
        self.recent: deque[Transcript] = deque(maxlen=MAX_RECENT)
        """What was said lately, the oldest first."""
        self.latest_lag: float | None = None
        self.is_on = True
        self.is_allowed = True
        """Whether what it depends on, as a stream, is live."""
        self._bus = bus
        self._clock = clock
        self._wall = wall
        self._day = day or (lambda: f"{wall():%Y_%m_%d}")
        self._session: str | None = None
        self._sources: dict[tuple[str, str], _Source] = {}
        self._said_at: deque[float] = deque(maxlen=MAX_RECENT)

    # How it is.

    @property
    def is_active(self) -> bool:
        """Whether it hears anything."""
        return self.is_on and self.is_allowed

    @property
    def session(self) -> str:
        """The session that is on: the one that was started, else that of the day."""
        return self._session or f"stream_{self._day()}"

    @property
    def latest(self) -> Transcript | None:
        """What was said last."""
        return self.recent[-1] if self.recent else None

    @property
    def per_minute(self) -> int:
        """How many utterances there were in the last minute."""
        since = self._clock() - RATE_WINDOW
        while self._said_at and self._said_at[0] <= since:
            self._said_at.popleft()
        return len(self._said_at)

    @property
    def dropped(self) -> int:
        """How much was never put in words: no room in the queue, no answer."""
        return self.queue.dropped + self.counters["failed"]

    @property
    def status(self) -> SinkStatus:
        """How it goes, for who sends audio."""
        held = sum(source.cutter.held for source in self._sources.values())
        return SinkStatus(
            is_receiving=self.is_active,
            is_transcribing=len(self.queue) > 0,
            buffer_size=held + self.queue.size,
            queue_size=len(self.queue),
            dropped=self.dropped,
        )

    # What it is told.

    def apply(self, settings: TranscriptionSettings) -> None:
        """Take over other settings."""
        self.settings = settings
        self._sources.clear()
        self._changed()

    def switch(self, is_on: bool) -> None:
        """Let it hear, or not."""
        self.is_on = is_on
        self._settle()

    def allow(self, is_allowed: bool) -> None:
        """Let it hear while it is on, or not even then."""
        if is_allowed != self.is_allowed:
            self.is_allowed = is_allowed
            self._settle()

    def start_session(self, name: str | None = None) -> str:
        """Begin a session, and end the one that was started before; returns its name. Raises InvalidField."""
        if name is None:
            name = f"session_{self._wall():%Y_%m_%d_%H%M%S}"
        name = session_name(name)
        self.end_session()
        self._session = name
        self._bus.publish(SessionStarted(self.id, name))
        self._changed()
        return name

    def end_session(self) -> str | None:
        """End the session that was started; returns its name, None where none was."""
        ended, self._session = self._session, None
        if ended is not None:
            self._bus.publish(SessionEnded(self.id, ended))
            self._changed()
        return ended

    # Audio.

    def take(self, frame: AudioFrame) -> None:
        """Hear a piece of audio, now."""
        if not self.is_active or not self.settings.hears(
            frame.source_id, frame.source_name
        ):
            return
        if frame.format.seconds(len(frame.data)) > MAX_CHUNK:
            self.counters.add("chunks_refused")
            return
        source = self._source(frame)
        if source is None:
            self.counters.add("sources_refused")
            return
        source.heard_at = self._clock()
        audio = source.resampler.convert(frame.data)
        self._queue(source, source.cutter.feed(audio, self._wall()))

    def ended(self, key: tuple[str, str]) -> None:
        """Know that a source (`AudioFrame.key`) is over: so is what was being said there."""
        if (source := self._sources.pop(key, None)) is not None:
            self._flush(source)

    def advance(self) -> None:
        """Do what time alone does."""
        now = self._clock()
        for key, source in list(self._sources.items()):
            silence = now - source.heard_at
            if silence >= FLUSH_AFTER:
                self._flush(source)
            if silence >= FORGET_AFTER:
                del self._sources[key]

    # Words.

    def said(
        self,
        utterance: Utterance,
        text: str,
        *,
        is_live: bool = True,
    ) -> Transcript | None:
        """Take what recognition has understood; returns the transcript, None where nothing was said.

        What is not live, as of a file, has no lag and is no caption.
        """
        said = clean_text(text, self.settings.ignored)
        if not said:
            self.counters.add("ignored")
            return None
        transcript = Transcript(
            id=str(uuid4()),
            timestamp=utterance.started_at,
            duration=round(utterance.duration, 3),
            text=said,
            transcription=self.id,
            source=utterance.source,
            session=self.session,
            correlation_id=uuid4().hex,
        )
        if is_live:
            behind = self._wall() - utterance.ended_at
            self.latest_lag = max(behind.total_seconds(), 0.0)
            self.lag.add(self.latest_lag)
        self.publish(transcript, is_live=is_live)
        return transcript

    def publish(self, transcript: Transcript, *, is_live: bool = True) -> None:
        """Tell what was said, whoever has put it in words."""
        self.counters.add("transcripts")
        self.recent.append(transcript)
        self._said_at.append(self._clock())
        self._bus.publish(Transcribed(transcript, self.settings.production, is_live))
        self._changed()

    def failed(self) -> None:
        """Know that recognition had no answer to an utterance."""
        self.counters.add("failed")
        self._changed()

    # What outlives a restart.

    def snapshot(self) -> JsonObject:
        """Return what does; what was said is for the store alone."""
        return {"is_on": self.is_on, "session": self._session}

    def restore(self, saved: object) -> None:
        """Take over a snapshot, before anything is heard."""
        if not isinstance(saved, Mapping):
            return
        self.is_on = saved.get("is_on") is not False
        session: Any = saved.get("session")
        if isinstance(session, str) and session:
            self._session = session

    # Inside.

    def _source(self, frame: AudioFrame) -> _Source | None:
        source = self._sources.get(frame.key)
        if source is None:
            if len(self._sources) >= MAX_SOURCES:
                return None
            cutter = Cutter(frame.source_id, self.settings.cutter)
            source = _Source(Resampler(frame.format), cutter, self._clock())
            self._sources[frame.key] = source
        elif source.resampler.format != frame.format:
            source.resampler = Resampler(frame.format)
        return source

    def _flush(self, source: _Source) -> None:
        if (utterance := source.cutter.flush(self._wall())) is not None:
            self._queue(source, [utterance])

    def _queue(self, source: _Source, utterances: Iterable[Utterance]) -> None:
        self.counters.add("too_short", source.cutter.too_short)
        source.cutter.too_short = 0
        for utterance in utterances:
            self.counters.add("utterances")
            self.queue.put(utterance)
            self._changed()

    def _settle(self) -> None:
        if not self.is_active:
            self._sources.clear()
            self.queue.clear()
        self._changed()

    def _changed(self) -> None:
        self._bus.publish(TranscriptionChanged(self.id))


def seconds_of(audio: bytes) -> float:
    """Return how long 16 kHz, mono, 16 bits are heard."""
    return len(audio) / WIDTH / RATE
