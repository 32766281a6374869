"""Contexts of streams in the store: table, recorder and search."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from ..bus import Unsubscribe
from ..domain import Domain
from ..domain.clock import wire_time
from ..domain.json_values import JsonObject, loads
from ..store.history import Reader
from ..store.json_text import json_text, plain_text
from ..store.settings import Lifetime
from ..store.tables import Record, Table, Write
from ..store.text_search import MAX_WORDS, longest_of, patterns_of
from ..store.topic import StoreTopic
from .events import ContextRecorded

MAX_FOUND: Final = 200
CONTEXTS: Final = Table(
    name="contexts",
    columns={
        "ended": "timestamptz",
        "started": "timestamptz",
        "context_id": "text",
        "production": "text",
        "duration": "float8",
        "transcript": "text",
        "summary": "text",
        "sentiment": "text",
        "topics": "text[]",
        "chat": "jsonb",
        "interactions": "jsonb",
        "emotes": "jsonb",
        "correlation": "jsonb",
        "analysis": "jsonb",
    },
    time="ended",
    write=Write.ONCE,
    key=("context_id", "ended"),
    lifetime=Lifetime.EVENTS,
    chunk=timedelta(days=7),
    segment_by=("production",),
    searched=("transcript", "summary"),
)
# All words, each anywhere in what was said, in the summary or in the topics: as the index has it.
_SEARCH: Final = """
SELECT ended, started, context_id, duration, transcript, chat, interactions, emotes, correlation, analysis
FROM contexts
WHERE ("transcript" || chr(10) || "summary") ILIKE $6
    AND ("transcript" || chr(10) || "summary") ILIKE ALL ($1::text[])
    AND production = ANY ($2::text[])
    AND ($3::timestamptz IS NULL OR ended > $3)
    AND ($4::timestamptz IS NULL OR started < $4)
ORDER BY ended DESC, context_id
LIMIT $5
"""


class ContextRecorder:
    """Records every context once."""

    def __init__(self, domain: Domain, record: Record, _writer: str = "") -> None:
        """Listen to nothing yet; rows go to `record`."""
        self._bus = domain.bus
        self._record = record

    def start(self) -> Unsubscribe:
        """Record contexts until the returned function is called."""
        return self._bus.subscribe(ContextRecorded, self._recorded)

    def _recorded(self, event: ContextRecorded) -> None:
        record = event.record
        analysis = record.analysis
        self._record(
            CONTEXTS,
            (
                record.ended,
                record.started,
                plain_text(record.id),
                plain_text(record.production),
                record.duration,
                plain_text(record.transcript),
                # With the topics: all that is looked for is in it, or was said.
                plain_text("\n".join((analysis.context, *analysis.topics))),
                plain_text(analysis.sentiment),
                [plain_text(topic) for topic in analysis.topics],
                json_text(record.chat_to_wire()),
                json_text({**record.interactions}),
                json_text(record.emotes_to_wire()),
                json_text([*record.responses_to_wire()]),
                json_text(analysis.to_wire()),
            ),
        )


async def search_contexts(
    connection: Reader,
    query: str = "",
    *,
    productions: Sequence[str],
    start: datetime | None = None,
    end: datetime | None = None,
    limit: int = MAX_FOUND,
) -> list[JsonObject]:
    """Return contexts that have all words of a query, the newest first; raises the driver's errors."""
    patterns = patterns_of(_words(query))
    rows = await connection.fetch(
        _SEARCH,
        patterns,
        list(productions),
        start,
        end,
        min(limit, MAX_FOUND),
        longest_of(patterns),
    )
    return [_context(row) for row in rows]


def find_contexts(
    known: Iterable[Mapping[str, Any]],
    query: str = "",
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    limit: int = MAX_FOUND,
) -> list[JsonObject]:
    """Return the same of contexts that are remembered, as they are on the wire."""
    words = [word.casefold() for word in _words(query)]
    found = [
        {**context}
        for context in known
        if (start is None or context["ended"] > wire_time(start))
        and (end is None or context["started"] < wire_time(end))
        and all(word in _searched(context) for word in words)
    ]
    found.sort(key=lambda context: context["ended"], reverse=True)
    return found[: min(limit, MAX_FOUND)]


def _words(query: str) -> list[str]:
    return query.split()[:MAX_WORDS]


def _searched(context: Mapping[str, Any]) -> str:
    texts = (context["transcript"], context["context"], *context["topics"])
    return "\n".join(texts).casefold()


def _context(row: Any) -> JsonObject:
    parts = ("chat", "interactions", "emotes", "correlation")
    analysis = loads(row["analysis"])
    return {
        "id": row["context_id"],
        "started": wire_time(row["started"]),
        "ended": wire_time(row["ended"]),
        "duration": row["duration"],
        "transcript": row["transcript"],
        **{part: loads(row[part]) for part in parts},
        **(analysis if isinstance(analysis, dict) else {}),
    }


CONTEXT_ROWS: Final = StoreTopic(tables=(CONTEXTS,), recorder=ContextRecorder)
