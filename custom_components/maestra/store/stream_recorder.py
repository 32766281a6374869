"""Sessions and subscribers of streams as rows: one each, written when it begins, and in full when it ends."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from ..bus import Unsubscribe, together
from ..domain import Domain
from ..domain.clock import utcnow
from ..domain.events import (
    SessionEnded,
    SessionStarted,
    SubscriberJoined,
    SubscriberLeft,
)
from ..domain.stream import StreamSession, StreamSubscriber
from .json_text import json_text, optional_text, plain_text
from .tables import STREAM_SESSIONS, STREAM_SUBSCRIBERS, STREAMS_LEFT_OPEN, Row, Table

type Record = Callable[[Table, Row], None]

ACTIVE: Final = "active"
COMPLETED: Final = "completed"
EXPIRED: Final = "expired"
FAILED: Final = "error"
LEFT: Final = "left"
RESTART: Final = "restart"
"""The reason of what is over because its recorder stopped."""


class StreamRecorder:
    """Records who used which stream, and for how long."""

    def __init__(self, domain: Domain, record: Record, writer: str) -> None:
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
