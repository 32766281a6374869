"""Records of a stream that other programs have put together: what `POST /api/contexts` takes (stream-production.md §8)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, Final, override

from ..domain.clock import utc_clock
from ..domain.errors import InvalidField
from ..domain.fields import checked_object
from ..domain.json_values import JsonObject
from ..domain.names import checked_name, valid_text
from ..domain.variables import is_number
from .analysis import MAX_ITEM_LENGTH, submitted_analysis
from .context import MAX_TRANSCRIPT, ContextRecord
from .correlation import Trend

MAX_SPAN: Final = timedelta(days=7)
MAX_COUNT: Final = 10**9
MAX_KEYS: Final = 64
MAX_SESSION_LENGTH: Final = 100
_COUNTS: Final = ("total_count", "unique_emotes")
_EMOTES: Final = ("top_emotes", "native_emotes")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedContext(ContextRecord):
    """A record of another program: of its chat and emotes only figures are known."""

    message_count: int
    people: int
    emotes: JsonObject

    @property
    @override
    def participants(self) -> int:
        return self.people

    @override
    def chat_to_wire(self) -> JsonObject:
        return {
            "message_count": self.message_count,
            "velocity": round(self.velocity, 2),
            "participants": self.people,
            "trend": self.trend,
        }

    @override
    def emotes_to_wire(self) -> JsonObject:
        return self.emotes


def read_context(body: JsonObject, production: str, now: datetime) -> SubmittedContext:
    """Return what somebody else has put together about a stream; raises InvalidField.

    A record lasts from `started` to `ended`: `duration` must be there, but some programs mean other units by it. Its `session`
    is checked, and not kept.
    """
    started, ended = _moment(body, "started"), _moment(body, "ended")
    if not timedelta() < ended - started <= MAX_SPAN:
        raise InvalidField(
            field="ended", reason="must be after started, a week at most"
        )
    if ended - now > timedelta(days=1):
        raise InvalidField(field="ended", reason="must not be in the future")
    if not _number(body, "duration", None) > 0:
        raise InvalidField(field="duration", reason="must be more than 0")
    if (session := body.get("session")) not in (None, ""):
        checked_name(session, "session", MAX_SESSION_LENGTH)
    chat = checked_object(body.get("chat"), "chat", MAX_KEYS)
    return SubmittedContext(
        id=token_hex(8),
        production=production,
        started=started,
        ended=ended,
        transcript=_transcript(body),
        chat=(),
        message_count=_count(chat, "message_count"),
        people=_count(chat, "participants"),
        velocity=_number(chat, "velocity", 0.0),
        trend=Trend.STABLE,
        interactions=_counts(body, "interactions"),
        native_emotes={},
        emotes=_emotes(body),
        responses=(),
        analysis=submitted_analysis(body),
    )


def _moment(body: JsonObject, key: str) -> datetime:
    value = body.get(key)
    try:
        if isinstance(value, str):
            return utc_clock(value)
    except ValueError, OverflowError:
        pass
    raise InvalidField(field=key, reason="must be a time in ISO 8601")


def _transcript(body: JsonObject) -> str:
    text = body.get("transcript", "")
    if not isinstance(text, str) or len(text) > MAX_TRANSCRIPT:
        raise InvalidField(
            field="transcript",
            reason=f"must be text of at most {MAX_TRANSCRIPT} characters",
        )
    return valid_text(text).replace("\0", "")


def _number(values: Mapping[str, Any], key: str, usual: float | None) -> float:
    value = values.get(key, usual)
    if not is_number(value) or not 0 <= value <= MAX_COUNT:
        raise InvalidField(field=key, reason=f"must be a number from 0 to {MAX_COUNT}")
    return float(value)


def _count(values: Mapping[str, Any], key: str) -> int:
    return int(_number(values, key, 0))


def _counts(values: Mapping[str, Any], key: str) -> dict[str, int]:
    found = checked_object(values.get(key), key, MAX_KEYS)
    return {
        checked_name(name, key, MAX_ITEM_LENGTH): _count(found, name) for name in found
    }


def _emotes(body: JsonObject) -> JsonObject:
    found = checked_object(body.get("emotes"), "emotes", MAX_KEYS)
    return {
        **{key: _count(found, key) for key in _COUNTS},
        **{key: {**_counts(found, key)} for key in _EMOTES},
    }
