"""What somebody has said, as text: the record, and the event on the bus."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .clock import wire_time
from .json_values import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """One utterance as text. `timestamp` is when it began, `duration` in seconds, `confidence` from 0 to 1 where it is known."""

    id: str
    timestamp: datetime
    duration: float
    text: str
    transcription: str
    """The id of what has transcribed it."""
    source: str
    """What the audio came from, empty where it is not known."""
    session: str
    correlation_id: str
    confidence: float | None = None
    metadata: JsonObject = field(default_factory=dict)

    @property
    def ended_at(self) -> datetime:
        """When its last word was over."""
        return self.timestamp + timedelta(seconds=self.duration)

    def to_wire(self) -> JsonObject:
        """Return it as clients see it (stream-production.md §7)."""
        return {
            "id": self.id,
            "correlation_id": self.correlation_id,
            "timestamp": wire_time(self.timestamp),
            "duration": self.duration,
            "text": self.text,
            "source_id": self.source,
            "stream_session_id": self.session,
            "confidence": self.confidence,
        }


@dataclass(frozen=True, slots=True)
class Transcribed:
    """Somebody has said something. `production` is what shows it as a caption, None for nothing.

    What is not live, as of a recording, was said at another time: it is no caption, and belongs to nothing that happens now.
    """

    transcript: Transcript
    production: str | None = None
    is_live: bool = True
