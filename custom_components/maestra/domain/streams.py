"""All streams with their sessions and subscribers: how consumers come to streams, and leave them."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import Any, Final
from uuid import uuid4

from ..bus import Bus
from .clock import utcnow, wire_time
from .errors import (
    MulticastOnly,
    NoPublisher,
    NotMulticast,
    TooMany,
    UnknownSession,
    UnknownSubscriber,
)
from .events import SessionStarted, StreamRequested, SubscriberJoined
from .fields import checked_object, checked_text
from .json_types import JsonObject
from .source import SYSTEM, Source
from .stream import Stream, StreamSession, StreamSubscriber
from .stream_directory import StreamDirectory
from .stream_fields import (
    MAX_BYTES_TRANSFERRED,
    agreed_fields,
    checked_number,
    consumer_fields,
    requested_fields,
)

MAX_SESSIONS_PER_STREAM: Final = 500
MAX_SUBSCRIBERS_PER_STREAM: Final = 500
MAX_REQUESTS_PER_STREAM: Final = 100
# Of all streams together: every one of them is a row in the store.
MAX_SESSIONS: Final = 10_000
MAX_SUBSCRIBERS: Final = 10_000

type Handshake = Callable[[Stream, JsonObject], Awaitable[JsonObject | None]]
"""Asks a stream's publisher (maestra.md §5.3).

Returns its reply as it came, None where no publisher listens; raises PublisherSilent, BadReply.
"""


class Streams(StreamDirectory):
    """The streams, and the only place that changes them."""

    def __init__(self, bus: Bus, clock: Callable[[], float] = monotonic) -> None:
        """Start empty."""
        super().__init__(bus, clock)
        self.auto_accept = True
        """Accept a request with the advertised address where no publisher listens."""
        self.handshakes: list[Handshake] = []
        self._under_way: Counter[str] = Counter()

    # Sessions: consumers of unicast streams.

    @property
    def sessions(self) -> list[StreamSession]:
        """The sessions of all streams, oldest first."""
        return list(self._sessions.values())

    def session(self, session_id: str) -> StreamSession:
        """Return a session by id, or raise UnknownSession."""
        if (session := self._sessions.get(session_id)) is None:
            raise UnknownSession(session=session_id)
        return session

    async def request(
        self, stream_id: str, data: Mapping[str, Any], *, source: Source = SYSTEM
    ) -> StreamSession:
        """Ask a stream's publisher to serve a consumer, and start a session (maestra.md §1.8, row 9).

        Raises UnknownStream (also when the stream ends meanwhile), MulticastOnly, InvalidField,
        TooMany, StreamRejected, PublisherSilent, BadReply, NoPublisher.
        """
        stream = self._requestable(stream_id)
        fields = requested_fields(data)
        if self._under_way[stream_id] >= MAX_REQUESTS_PER_STREAM:
            raise TooMany(
                kind="requests under way for a stream", limit=MAX_REQUESTS_PER_STREAM
            )
        now = utcnow()
        self._bus.publish(StreamRequested(stream, fields["consumer_id"], now))
        request: JsonObject = {
            "stream_id": stream.id,
            **fields,
            "timestamp": wire_time(now),
        }
        self._under_way[stream_id] += 1
        try:
            reply = await self._ask(stream, request)
        finally:
            self._under_way[stream_id] -= 1
            if not self._under_way[stream_id]:
                del self._under_way[stream_id]
        return self._start(self._requestable(stream_id), fields, reply)

    def session_heartbeat(
        self, session_id: str, bytes_transferred: int | None = None
    ) -> StreamSession:
        """Keep a session alive; raises UnknownSession, InvalidField."""
        session = self.session(session_id)
        _count(session, bytes_transferred)
        self._hear(session)
        return session

    def stop_session(
        self,
        session_id: str,
        *,
        reason: str = "stopped",
        bytes_transferred: int | None = None,
        error: str | None = None,
    ) -> StreamSession:
        """End a session; `error` says what went wrong with it. Raises UnknownSession, InvalidField."""
        session = self.session(session_id)
        error = checked_text(error, "error")
        _count(session, bytes_transferred)
        self._end_session(session, reason, error)
        return session

    # Subscribers: consumers of multicast streams.

    @property
    def subscribers(self) -> list[StreamSubscriber]:
        """The subscribers of all streams, oldest first."""
        return list(self._subscribers.values())

    def subscriber(self, subscriber_id: str) -> StreamSubscriber:
        """Return a subscriber by id, or raise UnknownSubscriber."""
        if (subscriber := self._subscribers.get(subscriber_id)) is None:
            raise UnknownSubscriber(subscriber=subscriber_id)
        return subscriber

    def join(
        self, stream_id: str, data: Mapping[str, Any], *, source: Source = SYSTEM
    ) -> StreamSubscriber:
        """Take note of a consumer of a multicast stream (maestra.md §1.8, m1).

        Raises UnknownStream, NotMulticast, InvalidField, TooMany.
        """
        stream = self[stream_id]
        if stream.multicast_group is None:
            raise NotMulticast(stream=stream_id)
        subscriber = StreamSubscriber(
            id=str(uuid4()),
            stream=stream,
            joined_at=utcnow(),
            metadata=checked_object(data.get("metadata")),
            **consumer_fields(data),
        )
        _refuse_more(
            stream.subscribers, "subscribers of a stream", MAX_SUBSCRIBERS_PER_STREAM
        )
        _refuse_more(self._subscribers, "stream subscribers", MAX_SUBSCRIBERS)
        self._subscribers[subscriber.id] = subscriber
        stream.subscribers[subscriber.id] = subscriber
        self._hear(subscriber)
        self._bus.publish(SubscriberJoined(subscriber, subscriber.joined_at))
        return subscriber

    def leave(self, stream_id: str, subscriber_id: str) -> StreamSubscriber:
        """Let a subscriber of a stream go; raises UnknownSubscriber."""
        subscriber = self.subscriber(subscriber_id)
        if subscriber.stream.id != stream_id:
            raise UnknownSubscriber(subscriber=subscriber_id)
        self._end_subscriber(subscriber, "left")
        return subscriber

    def subscriber_heartbeat(self, subscriber_id: str) -> StreamSubscriber:
        """Keep a subscriber alive; raises UnknownSubscriber."""
        subscriber = self.subscriber(subscriber_id)
        self._hear(subscriber)
        return subscriber

    def _requestable(self, stream_id: str) -> Stream:
        stream = self[stream_id]
        if stream.multicast_group is not None:
            raise MulticastOnly(stream=stream_id)
        _refuse_more(stream.sessions, "sessions of a stream", MAX_SESSIONS_PER_STREAM)
        _refuse_more(self._sessions, "stream sessions", MAX_SESSIONS)
        return stream

    async def _ask(self, stream: Stream, request: JsonObject) -> JsonObject | None:
        for handshake in list(self.handshakes):
            if (reply := await handshake(stream, request)) is not None:
                return reply
        if not self.auto_accept:
            raise NoPublisher(stream=stream.id)
        return None

    def _start(
        self, stream: Stream, fields: Mapping[str, Any], reply: JsonObject | None
    ) -> StreamSession:
        session = StreamSession(
            id=str(uuid4()),
            stream=stream,
            consumer_id=fields["consumer_id"],
            consumer_address=fields["consumer_address"],
            consumer_port=fields["consumer_port"],
            started_at=utcnow(),
            **agreed_fields(stream, reply),
        )
        self._sessions[session.id] = stream.sessions[session.id] = session
        self._hear(session)
        self._bus.publish(SessionStarted(session, session.started_at))
        return session


def _count(session: StreamSession, bytes_transferred: int | None) -> None:
    if bytes_transferred is not None:
        session.bytes_transferred = checked_number(
            bytes_transferred, "bytes_transferred", MAX_BYTES_TRANSFERRED
        )


def _refuse_more(known: Mapping[str, object], kind: str, limit: int) -> None:
    if len(known) >= limit:
        raise TooMany(kind=kind, limit=limit)
