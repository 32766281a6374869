"""What happens on streams in the store: table and recorder."""

from datetime import timedelta
from typing import Final

from ..bus import Unsubscribe
from ..domain import Domain
from ..store.json_text import json_text, optional_text, plain_text
from ..store.settings import Lifetime
from ..store.tables import Record, Table, Write
from ..store.topic import StoreTopic
from .events import StreamHappening

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


class StreamEventRecorder:
    """Records every event once."""

    def __init__(self, domain: Domain, record: Record, _writer: str = "") -> None:
        """Listen to nothing yet; rows go to `record`."""
        self._bus = domain.bus
        self._record = record

    def start(self) -> Unsubscribe:
        """Record what happens until the returned function is called."""
        return self._bus.subscribe(StreamHappening, self._happened)

    def _happened(self, happening: StreamHappening) -> None:
        event = happening.event
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


PRODUCTION_ROWS: Final = StoreTopic(
    tables=(STREAM_EVENTS,), recorder=StreamEventRecorder
)
