"""Sessions and subscribers of streams in the store: one row each, written when it begins, and in full when it ends."""

from datetime import datetime, timedelta
from typing import Any, Final

from ..bus import Unsubscribe, together
from ..domain import Domain
from ..domain.clock import utcnow, wire_time
from ..domain.events import (
    SessionEnded,
    SessionStarted,
    SubscriberJoined,
    SubscriberLeft,
)
from ..domain.stream import StreamSession, StreamSubscriber
from .connection import Connection
from .export import ExportKind, Type
from .json_text import json_text, optional_text, plain_text
from .settings import Lifetime
from .tables import Command, Record, Table, Write
from .topic import SHIPPED, StoreTopic

ACTIVE: Final = "active"
COMPLETED: Final = "completed"
EXPIRED: Final = "expired"
FAILED: Final = "error"
LEFT: Final = "left"
RESTART: Final = "restart"
"""The reason of what is over because its recorder stopped."""

_COMMANDS: Final = (
    # Found first, and then changed by their keys: looking for them, an UPDATE would unpack all that is compressed.
    Command(
        find="""
SELECT session_id, time, $2::timestamptz FROM stream_sessions
WHERE recorded_by = $1 AND time < $2 AND ended_at IS NULL
""",
        # When it really ended is not known: it was before the recorder began again.
        execute="""
UPDATE stream_sessions
SET status = 'expired', ended_at = $3, metadata = metadata || '{"reason": "restart"}'
WHERE session_id = $1 AND time = $2
""",
    ),
    Command(
        find="""
SELECT subscriber_id, time, $2::timestamptz FROM stream_subscribers
WHERE recorded_by = $1 AND time < $2 AND left_at IS NULL
""",
        execute="""
UPDATE stream_subscribers
SET status = 'expired', left_at = $3, metadata = metadata || '{"reason": "restart"}'
WHERE subscriber_id = $1 AND time = $2
""",
    ),
)
STREAMS_LEFT_OPEN: Final = Table(
    name="streams_left_open",
    columns={"recorded_by": "text", "before": "timestamptz"},
    write=Write.COMMAND,
    commands=_COMMANDS,
)
STREAM_SESSIONS: Final = Table(
    name="stream_sessions",
    columns={
        "time": "timestamptz",
        "session_id": "uuid",
        "stream_id": "uuid",
        "stream_name": "text",
        "stream_type": "text",
        "publisher_id": "text",
        "publisher_address": "text",
        "consumer_id": "text",
        "consumer_address": "text",
        "protocol": "text",
        "transport_config": "jsonb",
        "status": "text",
        "ended_at": "timestamptz",
        "duration_seconds": "float8",
        "bytes_transferred": "int8",
        "error_message": "text",
        "metadata": "jsonb",
        "recorded_by": "text",
    },
    time="time",
    write=Write.REPLACE,
    key=("session_id", "time"),
    lifetime=Lifetime.METRICS,
    chunk=timedelta(days=7),
    segment_by=("stream_name",),
)
STREAM_SUBSCRIBERS: Final = Table(
    name="stream_subscribers",
    columns={
        "time": "timestamptz",
        "subscriber_id": "uuid",
        "stream_id": "uuid",
        "stream_name": "text",
        "stream_type": "text",
        "publisher_id": "text",
        "consumer_id": "text",
        "consumer_address": "text",
        "multicast_group": "text",
        "multicast_port": "int4",
        "status": "text",
        "left_at": "timestamptz",
        "duration_seconds": "float8",
        "metadata": "jsonb",
        "recorded_by": "text",
    },
    time="time",
    write=Write.REPLACE,
    key=("subscriber_id", "time"),
    lifetime=Lifetime.METRICS,
    chunk=timedelta(days=7),
    segment_by=("stream_name",),
)


class StreamRecorder:
    """Records who used which stream, and for how long."""

    def __init__(self, domain: Domain, record: Record, writer: str = "") -> None:
        """Listen to nothing yet; rows go to `record`. `writer` tells its rows from those of others in the database."""
        self._streams = domain.streams
        self._bus = domain.bus
        self._record = record
        self._writer = plain_text(writer)

    def start(self) -> Unsubscribe:
        """Close what an earlier run left open, and record what happens until the returned function is called."""
        unsubscribes = (
            self._bus.subscribe(SessionStarted, self._session_started),
            self._bus.subscribe(SessionEnded, self._session_ended),
            self._bus.subscribe(SubscriberJoined, self._subscriber_joined),
            self._bus.subscribe(SubscriberLeft, self._subscriber_left),
        )
        self._record(STREAMS_LEFT_OPEN, (self._writer, utcnow()))
        for session in self._streams.sessions:
            self._record_session(session, ACTIVE)
        for subscriber in self._streams.subscribers:
            self._record_subscriber(subscriber, ACTIVE)
        return together(self._close, *unsubscribes)

    def _close(self) -> None:
        # Nothing of this outlives the run; where it goes on after all, `start` opens it again.
        now = utcnow()
        for session in self._streams.sessions:
            self._record_session(session, EXPIRED, RESTART, now)
        for subscriber in self._streams.subscribers:
            self._record_subscriber(subscriber, EXPIRED, RESTART, now)

    def _session_started(self, event: SessionStarted) -> None:
        self._record_session(event.session, ACTIVE)

    def _session_ended(self, event: SessionEnded) -> None:
        if event.error is not None:
            status = FAILED
        else:
            status = EXPIRED if event.reason == EXPIRED else COMPLETED
        self._record_session(
            event.session, status, event.reason, event.timestamp, event.error
        )

    def _subscriber_joined(self, event: SubscriberJoined) -> None:
        self._record_subscriber(event.subscriber, ACTIVE)

    def _subscriber_left(self, event: SubscriberLeft) -> None:
        status = EXPIRED if event.reason == EXPIRED else LEFT
        self._record_subscriber(event.subscriber, status, event.reason, event.timestamp)

    def _record_session(
        self,
        session: StreamSession,
        status: str,
        reason: str | None = None,
        ended_at: datetime | None = None,
        error: str | None = None,
    ) -> None:
        stream = session.stream
        self._record(
            STREAM_SESSIONS,
            (
                session.started_at,
                session.id,
                stream.id,
                plain_text(stream.name),
                plain_text(stream.stream_type),
                plain_text(stream.publisher_id),
                plain_text(session.publisher_address),
                plain_text(session.consumer_id),
                plain_text(session.consumer_address),
                plain_text(session.protocol),
                json_text(session.transport_config),
                status,
                ended_at,
                _duration(session.started_at, ended_at),
                session.bytes_transferred,
                optional_text(error),
                json_text({} if reason is None else {"reason": reason}),
                self._writer,
            ),
        )

    def _record_subscriber(
        self,
        subscriber: StreamSubscriber,
        status: str,
        reason: str | None = None,
        left_at: datetime | None = None,
    ) -> None:
        stream = subscriber.stream
        metadata = subscriber.metadata
        self._record(
            STREAM_SUBSCRIBERS,
            (
                subscriber.joined_at,
                subscriber.id,
                stream.id,
                plain_text(stream.name),
                plain_text(stream.stream_type),
                plain_text(stream.publisher_id),
                plain_text(subscriber.consumer_id),
                plain_text(subscriber.consumer_address),
                optional_text(stream.multicast_group),
                stream.multicast_port,
                status,
                left_at,
                _duration(subscriber.joined_at, left_at),
                json_text(
                    metadata if reason is None else metadata | {"reason": reason}
                ),
                self._writer,
            ),
        )


def _duration(start: datetime, end: datetime | None) -> float | None:
    # The wall clock may be set back meanwhile.
    return None if end is None else max(0.0, (end - start).total_seconds())


_HISTORY: Final = """
SELECT time, session_id::text, stream_id::text, stream_name, stream_type, publisher_id, consumer_id, protocol,
    status, duration_seconds, bytes_transferred, error_message
FROM stream_sessions
WHERE ($1::uuid IS NULL OR stream_id = $1)
    AND ($2::text IS NULL OR publisher_id = $2)
    AND ($3::text IS NULL OR consumer_id = $3)
ORDER BY time DESC, session_id
LIMIT $4
"""


async def session_history(
    connection: Connection,
    *,
    stream_id: str | None = None,
    publisher_id: str | None = None,
    consumer_id: str | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Return sessions, those that began last first, in the form of maestra.md §1.8, row 11.

    `status` is active, completed, expired or error; `duration_seconds` is null while a session is active,
    and where nobody saw its end. `stream_id` is a UUID. Raises the driver's errors.
    """
    rows = await connection.fetch(_HISTORY, stream_id, publisher_id, consumer_id, limit)
    return [{**row, "time": wire_time(row["time"])} for row in rows]


SESSION_EXPORT: Final = ExportKind(
    columns={
        "time": Type.TIME,
        "session_id": Type.TEXT,
        "stream_id": Type.TEXT,
        "stream": Type.TEXT,
        "stream_type": Type.TEXT,
        "publisher": Type.TEXT,
        "consumer": Type.TEXT,
        "protocol": Type.TEXT,
        "status": Type.TEXT,
        "ended_at": Type.TIME,
        "duration_seconds": Type.NUMBER,
        "bytes": Type.INTEGER,
        "error": Type.TEXT,
        "metadata": Type.TEXT,
    },
    query="""
SELECT time, session_id::text AS session_id, stream_id::text AS stream_id, stream_name AS stream, stream_type,
    publisher_id AS publisher, consumer_id AS consumer, protocol, status, ended_at, duration_seconds,
    bytes_transferred AS bytes, error_message AS error, metadata::text AS metadata
FROM stream_sessions
WHERE time >= $1 AND time < $2 AND ($3::text[] IS NULL OR coalesce(stream_name, stream_id::text) ~ ANY ($3))
ORDER BY time
""",
)
STREAM_ROWS: Final = StoreTopic(
    tables=(STREAMS_LEFT_OPEN, STREAM_SESSIONS, STREAM_SUBSCRIBERS),
    recorder=StreamRecorder,
    exports={"stream_sessions": SESSION_EXPORT},
    migrations=SHIPPED,
)
