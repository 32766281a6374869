"""What happens on streams in the store: table and recorder."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Final

from ..bus import Unsubscribe
from ..domain import Domain
from ..domain.clock import wire_time
from ..domain.json_values import JsonObject, loads
from ..store.history import Reader
from ..store.json_text import json_text, optional_text, plain_text
from ..store.settings import Lifetime
from ..store.tables import Record, Table, Write
from ..store.topic import StoreTopic
from .events import StreamHappening
from .stream_events import FIGURES

STREAM_EVENTS: Final = Table(
    name="stream_events",
    columns={
        "timestamp": "timestamptz",
        "event_id": "text",
        "event_type": "text",
        "production": "text",
        "source": "text",
        "person": "text",
        "correlation_id": "text",
        "data": "jsonb",
    },
    time="timestamp",
    write=Write.ONCE,
    # Two productions may be told of the same.
    key=("production", "event_id", "timestamp"),
    lifetime=Lifetime.EVENTS,
    chunk=timedelta(days=7),
    segment_by=("event_type",),
)
_FIND: Final = """
SELECT timestamp, event_id, event_type, source, person, correlation_id, data
FROM stream_events
WHERE production = $1 AND ($2::text IS NULL OR event_type = $2)
ORDER BY timestamp DESC
LIMIT $3
"""
_COUNT: Final = """
SELECT event_type, count(*) AS events
FROM stream_events
WHERE production = $1 AND timestamp >= $2
GROUP BY event_type
ORDER BY events DESC
LIMIT 500
"""


class StreamEventRecorder:
    """Records every event once, but figures."""

    def __init__(self, domain: Domain, record: Record, _writer: str = "") -> None:
        """Listen to nothing yet; rows go to `record`."""
        self._bus = domain.bus
        self._record = record

    def start(self) -> Unsubscribe:
        """Record what happens until the returned function is called."""
        return self._bus.subscribe(StreamHappening, self._happened)

    def _happened(self, happening: StreamHappening) -> None:
        event = happening.event
        if event.type in FIGURES:
            return
        self._record(
            STREAM_EVENTS,
            (
                event.timestamp,
                plain_text(event.id),
                plain_text(event.type),
                plain_text(happening.production),
                plain_text(event.source),
                optional_text(event.person),
                plain_text(event.correlation_id),
                json_text(event.data),
            ),
        )


async def find_stream_events(
    connection: Reader, production: str, kind: str | None, limit: int
) -> list[JsonObject]:
    """Return what has happened on a production, of one type or of all, the newest first; raises the driver's errors."""
    rows = await connection.fetch(_FIND, production, kind, limit)
    return [
        {
            "id": row["event_id"],
            "timestamp": wire_time(row["timestamp"]),
            "event_type": row["event_type"],
            "source": row["source"],
            "user_name": row["person"],
            "correlation_id": row["correlation_id"],
            "data": loads(row["data"]),
        }
        for row in rows
    ]


async def count_stream_events(
    connection: Reader, production: str, since: datetime
) -> Counter[str]:
    """Return how often each type has happened since then; raises the driver's errors."""
    rows = await connection.fetch(_COUNT, production, since)
    return Counter({row["event_type"]: row["events"] for row in rows})


PRODUCTION_ROWS: Final = StoreTopic(
    tables=(STREAM_EVENTS,), recorder=StreamEventRecorder
)
