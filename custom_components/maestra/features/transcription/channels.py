"""Transcripts for clients of Phoenix channels and REST (stream-production.md §3, §7)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from ...core.bus import Unsubscribe, together
from ...core.domain.clock import utc_clock, utcnow, wire_time
from ...core.domain.errors import InvalidField
from ...core.domain.json_values import JsonObject, JsonValue
from ...core.domain.transcript import Transcribed, Transcript
from ...core.phoenix.channels import (
    MAX_HOURS,
    MAX_LIMIT,
    Channel,
    PhoenixParts,
    Push,
    Query,
    Report,
    positive,
)
from ...core.phoenix.errors import NotAvailable
from ...core.store.store import Store
from ...core.transcription.events import SessionEnded, SessionStarted
from ...core.transcription.rows import MAX_FOUND, find_in, search_transcripts
from ...core.transcription.submission import read_submission
from ...hub.hub import Hub
from .manager import Transcription, TranscriptionManager

LIVE: Final = "transcription:live"
SESSION: Final = "transcription:session:"
MAX_MINUTES: Final = 24 * 60
RECENT_MINUTES: Final = 5


async def async_find(
    hub: Hub, meant: Sequence[Transcription], query: str = "", **wanted: Any
) -> list[Transcript]:
    """Return what was said: of the database, or, where there is none, of what is remembered. Raises StoreError."""
    wanted = {"transcriptions": [each.id for each in meant], **wanted}
    if (store := hub.service(Store)) is None:
        known = [one for each in meant for one in each.transcriber.recent]
        return find_in(known, query, **wanted)
    # What was said just now is on its way there.
    await store.flush()
    async with store.reading() as connection:
        return await search_transcripts(connection, query, **wanted)


def transcription_parts(hub: Hub) -> PhoenixParts:
    """Return what clients find: of all transcriptions together, and what they submit goes to the first."""
    bus = hub.domain.bus

    async def find(query: str = "", **wanted: Any) -> list[JsonValue]:
        meant = list(hub.manager(TranscriptionManager))
        if not meant:
            raise NotAvailable(what="transcription")
        found = await async_find(hub, meant, query, **wanted)
        return [transcript.to_wire() for transcript in found]

    def joined(topic: str, push: Push) -> Unsubscribe:
        session = topic.removeprefix(SESSION) if topic != LIVE else None

        def said(event: Transcribed) -> None:
            if session in (None, event.transcript.session):
                push("new_transcription", event.transcript.to_wire())
                if session is None:
                    push("transcription_stats", _statistics(hub))

        def started(event: SessionStarted) -> None:
            if session in (None, event.session):
                push("session_started", {"session_id": event.session})

        def ended(event: SessionEnded) -> None:
            if session in (None, event.session):
                push("session_ended", {"session_id": event.session})

        push(
            "connection_established",
            {"connected": True, "timestamp": wire_time(utcnow())},
        )
        return together(
            bus.subscribe(Transcribed, said),
            bus.subscribe(SessionStarted, started),
            bus.subscribe(SessionEnded, ended),
        )

    async def recent(_topic: str, payload: JsonObject) -> JsonValue:
        minutes = positive(
            "minutes", payload.get("minutes", RECENT_MINUTES), MAX_MINUTES
        )
        since = utcnow() - timedelta(minutes=minutes)
        return {"transcriptions": await find(start=since)}

    async def of_session(topic: str, payload: JsonObject) -> JsonValue:
        limit = int(positive("limit", payload.get("limit", 100), MAX_LIMIT))
        session = topic.removeprefix(SESSION) if topic != LIVE else None
        return {"transcriptions": await find(session=session, limit=limit)}

    def submit(_topic: str, payload: JsonObject) -> JsonValue:
        first = next(iter(hub.manager(TranscriptionManager)), None)
        if first is None:
            raise NotAvailable(what="transcription")
        transcriber = first.transcriber
        transcript = read_submission(
            payload, transcriber.id, transcriber.session, uuid4().hex
        )
        transcriber.publish(transcript)
        return {"transcription_id": transcript.id}

    def ping(_topic: str, _payload: JsonObject) -> JsonValue:
        return {"pong": True, "timestamp": wire_time(utcnow())}

    # REST.

    async def listed(query: Query) -> JsonValue:
        return await find(limit=query.limit())

    async def searched(query: Query) -> JsonValue:
        if (text := query.text("q")) is None:
            raise InvalidField(field="q", reason="must not be empty")
        return await find(text, limit=query.limit())

    async def in_time_range(query: Query) -> JsonValue:
        return await find(
            start=_moment(query, "start"),
            end=_moment(query, "end"),
            limit=query.limit(),
        )

    async def lately(query: Query) -> JsonValue:
        minutes = query.number("minutes", RECENT_MINUTES, MAX_MINUTES)
        since = utcnow() - timedelta(minutes=minutes)
        return await find(start=since, limit=query.limit())

    async def in_session(query: Query) -> JsonValue:
        return await find(session=query.text("value"), limit=query.limit())

    async def stats(query: Query) -> JsonValue:
        return await figures(query.number("hours", 24, MAX_HOURS))

    async def telemetry() -> JsonValue:
        # Without one there are no figures.
        return await figures(24) if [*hub.manager(TranscriptionManager)] else None

    async def figures(hours: float) -> JsonObject:
        since = utcnow() - timedelta(hours=hours)
        found: list[Any] = await find(start=since, limit=MAX_FOUND)
        seconds = sum(each["duration"] for each in found)
        known = [each["confidence"] for each in found if each["confidence"] is not None]
        return {
            "hours": hours,
            "total": len(found),
            "is_complete": len(found) < MAX_FOUND,
            "total_duration": round(seconds, 3),
            "average_duration": round(seconds / len(found), 3) if found else None,
            "average_confidence": sum(known) / len(known) if known else None,
            "total_text_length": sum(len(each["text"]) for each in found),
        }

    prefix = "/api/transcriptions"
    return PhoenixParts(
        telemetry={"transcription": telemetry},
        channels=(
            Channel(
                fits=lambda topic: (
                    topic == LIVE or (topic.startswith(SESSION) and topic != SESSION)
                ),
                commands={
                    "ping": ping,
                    "get_recent": recent,
                    "get_session_transcriptions": of_session,
                    "submit_transcription": submit,
                },
                bare=frozenset({"submit_transcription"}),
                joined=joined,
            ),
        ),
        reports=(
            Report(path=prefix, handler=listed),
            Report(path=f"{prefix}/search", handler=searched),
            Report(path=f"{prefix}/time-range", handler=in_time_range),
            Report(path=f"{prefix}/recent", handler=lately),
            Report(path=f"{prefix}/session/{{value}}", handler=in_session),
            Report(path=f"{prefix}/stats", handler=stats),
        ),
    )


def _statistics(hub: Hub) -> JsonObject:
    status = hub.manager(TranscriptionManager).status()
    return {
        "transcribing": status.is_transcribing,
        "receiving": status.is_receiving,
        "queue_size": status.queue_size,
        "dropped": status.dropped,
    }


def _moment(query: Query, name: str) -> datetime | None:
    if (text := query.text(name)) is None:
        return None
    try:
        return utc_clock(text)
    except ValueError:
        raise InvalidField(field=name, reason="must be a time in ISO 8601") from None
