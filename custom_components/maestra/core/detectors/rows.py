"""What detectors find, in the store: table, recorder, export, and which events are known."""

from datetime import datetime, timedelta
from typing import Final

from ..bus import Unsubscribe
from ..domain import Domain
from ..store.export import ExportKind, Type
from ..store.json_text import json_text, plain_text
from ..store.settings import Lifetime
from ..store.store import Store
from ..store.tables import Record, Table, Write
from ..store.topic import SHIPPED, StoreTopic
from .detector import EventDetected

DETECTED_EVENTS: Final = Table(
    name="detected_events",
    columns={
        "detected_at": "timestamptz",
        "event_type": "text",
        "channel": "text",
        "confidence": "float8",
        "metadata": "jsonb",
    },
    time="detected_at",
    write=Write.ONCE,
    key=("event_type", "channel", "detected_at"),
    lifetime=Lifetime.EVENTS,
    chunk=timedelta(days=7),
    segment_by=("channel",),
)
_KNOWN: Final = """
SELECT event_type, detected_at
FROM detected_events
WHERE channel = $1 AND detected_at >= $2 AND detected_at < $3"""


class DetectionRecorder:
    """Records every event that is found. Which of them were found before, the database knows best."""

    def __init__(self, domain: Domain, record: Record, _writer: str = "") -> None:
        """Listen to nothing yet; rows go to `record`."""
        self._bus = domain.bus
        self._record = record

    def start(self) -> Unsubscribe:
        """Record what is found until the returned function is called."""
        return self._bus.subscribe(EventDetected, self._detected)

    def _detected(self, event: EventDetected) -> None:
        detection = event.detection
        self._record(
            DETECTED_EVENTS,
            (
                detection.detected_at,
                plain_text(event.stored_type),
                plain_text(detection.channel),
                detection.confidence,
                json_text(detection.metadata),
            ),
        )


async def known_events(
    store: Store, channel: str, start: datetime, end: datetime
) -> set[tuple[str, datetime]]:
    """Return type and time of the events that are stored already; raises StoreNotConnected, StoreTimeout."""
    async with store.reading() as connection:
        rows = await connection.fetch(_KNOWN, channel, start, end)
    return {(row["event_type"], row["detected_at"]) for row in rows}


DETECTION_EXPORT: Final = ExportKind(
    columns={
        "time": Type.TIME,
        "event_type": Type.TEXT,
        "channel": Type.TEXT,
        "confidence": Type.NUMBER,
        "metadata": Type.TEXT,
    },
    query="""
SELECT detected_at AS time, event_type, channel, confidence, metadata::text AS metadata
FROM detected_events
WHERE detected_at >= $1 AND detected_at < $2 AND ($3::text[] IS NULL OR channel ~ ANY ($3))
ORDER BY detected_at
""",
)
DETECTION_HAPPENING: Final = """
SELECT extract(epoch FROM detected_at)::float8 AS time, event_type AS title, NULL AS detail, 'info' AS severity,
    channel AS of
FROM detected_events WHERE detected_at >= $1 AND detected_at < $2 ORDER BY detected_at DESC LIMIT $3
"""
DETECTOR_ROWS: Final = StoreTopic(
    tables=(DETECTED_EVENTS,),
    recorder=DetectionRecorder,
    exports={"detected_events": DETECTION_EXPORT},
    happenings={"detection": DETECTION_HAPPENING},
    migrations=SHIPPED,
)
