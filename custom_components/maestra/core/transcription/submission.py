"""Transcripts that others have made: validation of `submit_transcription` (stream-production.md §7)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from ..domain.clock import device_clock
from ..domain.errors import InvalidField
from ..domain.fields import checked_object
from ..domain.names import checked_name
from ..domain.transcript import Transcript
from ..domain.variables import is_number
from .audio import MAX_SOURCE_LENGTH
from .text import MAX_TEXT_LENGTH, plain_line

MAX_DURATION: Final = 3_600.0
"""Seconds of one transcript."""
MAX_METADATA_KEYS: Final = 64
MAX_SESSION_LENGTH: Final = 100


def read_submission(
    data: Mapping[str, Any], transcription: str, session: str, correlation_id: str
) -> Transcript:
    """Return what somebody else has transcribed; raises InvalidField. `session` is the one that is on."""
    text = data.get("text")
    if not isinstance(text, str) or len(text) > MAX_TEXT_LENGTH:
        raise InvalidField(
            field="text", reason=f"must be text of 1 to {MAX_TEXT_LENGTH} characters"
        )
    if not (said := plain_line(text)):
        raise InvalidField(field="text", reason="must not be empty")
    return Transcript(
        id=str(uuid4()),
        timestamp=_moment(data.get("timestamp")),
        duration=_number(data.get("duration"), "duration", 0, MAX_DURATION),
        text=said,
        transcription=transcription,
        source=_name(data.get("source_id"), "source_id", MAX_SOURCE_LENGTH) or "",
        session=_name(
            data.get("stream_session_id"), "stream_session_id", MAX_SESSION_LENGTH
        )
        or session,
        correlation_id=correlation_id,
        confidence=_confidence(data.get("confidence")),
        metadata=checked_object(data.get("metadata"), "metadata", MAX_METADATA_KEYS),
    )


def session_name(value: Any) -> str:
    """Return the name of a session; raises InvalidField."""
    return checked_name(value, "session", MAX_SESSION_LENGTH)


def _name(value: Any, field: str, longest: int) -> str | None:
    return None if value is None or value == "" else checked_name(value, field, longest)


def _moment(value: Any) -> datetime:
    try:
        moment = device_clock(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if not isinstance(moment, datetime):
        raise InvalidField(field="timestamp", reason="must be a time in ISO 8601")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        moment = moment.astimezone(UTC)
        # What is said has an end too.
        _ = moment + timedelta(seconds=MAX_DURATION)
    except OverflowError:
        raise InvalidField(field="timestamp", reason="is out of range") from None
    return moment


def _number(value: Any, field: str, low: float, high: float) -> float:
    if not is_number(value):
        raise InvalidField(field=field, reason="must be a number")
    if not low < value <= high:
        raise InvalidField(
            field=field, reason=f"must be more than {low:g}, and {high:g} at most"
        )
    return float(value)


def _confidence(value: Any) -> float | None:
    if value is None:
        return None
    if not is_number(value) or not 0 <= value <= 1:
        raise InvalidField(field="confidence", reason="must be from 0 to 1")
    return float(value)
