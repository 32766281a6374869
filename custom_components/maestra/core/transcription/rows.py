"""Transcripts in the store: table, recorder and search."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
import re
from typing import Any, Final

from ..bus import Unsubscribe
from ..domain import Domain
from ..domain.fields import checked_object
from ..domain.json_values import loads
from ..domain.transcript import Transcribed, Transcript
from ..store.history import Reader
from ..store.json_text import json_text, optional_text, plain_text
from ..store.settings import Lifetime
from ..store.tables import Record, Table, Write
from ..store.text_search import MAX_WORDS, longest_of, patterns_of
from ..store.topic import StoreTopic

TRANSCRIPTIONS: Final = Table(
    name="transcriptions",
    columns={
        "timestamp": "timestamptz",
        "transcript_id": "text",
        "transcription": "text",
        "session": "text",
        "source": "text",
        "duration": "float8",
        "text": "text",
        "confidence": "float8",
        "correlation_id": "text",
        "metadata": "jsonb",
    },
    time="timestamp",
    write=Write.ONCE,
    key=("transcript_id", "timestamp"),
    lifetime=Lifetime.EVENTS,
    chunk=timedelta(days=7),
    segment_by=("session",),
    searched=("text",),
)
MAX_FOUND: Final = 1_000
_WORD: Final = re.compile(r"\w+(?:['’-]\w+)*")
# All words, in any order and within others: so the trigram index finds them.
_SEARCH: Final = """
SELECT timestamp, transcript_id, transcription, session, source, duration, text, confidence, correlation_id, metadata
FROM transcriptions
WHERE text ILIKE $7
    AND text ILIKE ALL ($1::text[])
    AND transcription = ANY ($2::text[])
    AND ($3::text IS NULL OR session = $3)
    AND ($4::timestamptz IS NULL OR timestamp >= $4)
    AND ($5::timestamptz IS NULL OR timestamp < $5)
ORDER BY timestamp DESC, transcript_id
LIMIT $6
"""


class TranscriptRecorder:
    """Records every transcript once."""

    def __init__(self, domain: Domain, record: Record, _writer: str = "") -> None:
        """Listen to nothing yet; rows go to `record`."""
        self._bus = domain.bus
        self._record = record

    def start(self) -> Unsubscribe:
        """Record what is said until the returned function is called."""
        return self._bus.subscribe(Transcribed, self._said)

    def _said(self, event: Transcribed) -> None:
        transcript = event.transcript
        self._record(
            TRANSCRIPTIONS,
            (
                transcript.timestamp,
                plain_text(transcript.id),
                plain_text(transcript.transcription),
                plain_text(transcript.session),
                optional_text(transcript.source or None),
                transcript.duration,
                plain_text(transcript.text),
                transcript.confidence,
                plain_text(transcript.correlation_id),
                json_text(transcript.metadata),
            ),
        )


def search_words(query: str) -> list[str]:
    """Return the words of a query, as they are looked for."""
    return _WORD.findall(query)[:MAX_WORDS]


async def search_transcripts(
    connection: Reader,
    query: str = "",
    *,
    transcriptions: Sequence[str],
    session: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    limit: int = MAX_FOUND,
) -> list[Transcript]:
    """Return transcripts that have all words of a query, the newest first; raises the driver's errors."""
    patterns = patterns_of(search_words(query))
    rows = await connection.fetch(
        _SEARCH,
        patterns,
        list(transcriptions),
        session,
        start,
        end,
        min(limit, MAX_FOUND),
        longest_of(patterns),
    )
    return [_transcript(row) for row in rows]


def find_in(
    known: Iterable[Transcript],
    query: str = "",
    *,
    transcriptions: Sequence[str],
    session: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    limit: int = MAX_FOUND,
) -> list[Transcript]:
    """Return the same of transcripts that are remembered."""
    words = [word.casefold() for word in search_words(query)]
    found = [
        transcript
        for transcript in known
        if transcript.transcription in transcriptions
        and (session is None or transcript.session == session)
        and (start is None or transcript.timestamp >= start)
        and (end is None or transcript.timestamp < end)
        and all(word in transcript.text.casefold() for word in words)
    ]
    found.sort(key=lambda transcript: transcript.timestamp, reverse=True)
    return found[: min(limit, MAX_FOUND)]


def _transcript(row: Any) -> Transcript:
    return Transcript(
        id=row["transcript_id"],
        timestamp=row["timestamp"],
        duration=row["duration"],
        text=row["text"],
        transcription=row["transcription"],
        source=row["source"] or "",
        session=row["session"],
        correlation_id=row["correlation_id"],
        confidence=row["confidence"],
        metadata=checked_object(loads(row["metadata"] or "{}")),
    )


TRANSCRIPTION_ROWS: Final = StoreTopic(
    tables=(TRANSCRIPTIONS,), recorder=TranscriptRecorder
)
