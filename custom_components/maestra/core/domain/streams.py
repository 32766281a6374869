"""The registry of streams with their sessions and subscribers."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from time import monotonic
from typing import Any, Final
from uuid import uuid4

from ..bus import Bus
from .blocking import BLOCKED, Blocklist
from .clock import utcnow, wire_time
from .errors import (
    AlreadyExists,
    MulticastOnly,
    NoPublisher,
    NotMulticast,
    TooMany,
    UnknownSession,
    UnknownStream,
    UnknownSubscriber,
)
from .events import (
    DeviceRemoved,
    SessionEnded,
    SessionHeard,
    SessionStarted,
    StreamAdvertised,
    StreamEnded,
    StreamHeard,
    StreamRequested,
    StreamTypeAdded,
    SubscriberJoined,
    SubscriberLeft,
)
from .fields import checked_object, checked_text, optional_name
from .json_values import JsonObject
from .names import checked_name, checked_slug
from .newcomers import Newcomer, Newcomers
from .source import SYSTEM, Source
from .stream import (
    BUILT_IN_STREAM_TYPES,
    STREAM_TTL,
    Stream,
    StreamIdentity,
    StreamSession,
    StreamSubscriber,
    StreamType,
)
from .stream_fields import (
    MAX_BYTES_TRANSFERRED,
    advertised_fields,
    agreed_fields,
    checked_number,
    consumer_fields,
    requested_fields,
)

MAX_STREAM_TYPES: Final = 500
MAX_STREAMS: Final = 2_000
MAX_SESSIONS_PER_STREAM: Final = 500
MAX_SUBSCRIBERS_PER_STREAM: Final = 500
MAX_REQUESTS_PER_STREAM: Final = 100
# Of all streams together: every one of them is a row in the store.
MAX_SESSIONS: Final = 10_000
MAX_SUBSCRIBERS: Final = 10_000


class StreamTypes:
    """All stream types, by name."""

    def __init__(self, bus: Bus) -> None:
        """Start with the built-in types."""
        self._bus = bus
        self._types = {
            stream_type.name: stream_type for stream_type in BUILT_IN_STREAM_TYPES
        }

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._types)

    def __iter__(self) -> Iterator[StreamType]:
        """Iterate over the types by name."""
        return iter(
            sorted(self._types.values(), key=lambda stream_type: stream_type.name)
        )

    def get(self, name: str) -> StreamType | None:
        """Return a type by name, or None."""
        return self._types.get(name)

    def create(self, data: Mapping[str, Any]) -> StreamType:
        """Add a custom type: `name` (a slug), `display_name`, `description`, `icon`, `default_config`, `metadata`.

        Raises InvalidField, AlreadyExists, TooMany.
        """
        name = checked_slug(data.get("name", ""), "name")
        if name in self._types:
            raise AlreadyExists(kind="Stream type", key=name)
        if len(self._types) >= MAX_STREAM_TYPES:
            raise TooMany(kind="stream types", limit=MAX_STREAM_TYPES)
        now = utcnow()
        stream_type = StreamType(
            id=str(uuid4()),
            name=name,
            display_name=checked_name(data.get("display_name"), "display_name"),
            description=checked_text(data.get("description")),
            icon=optional_name(data.get("icon"), "icon", 50),
            default_config=checked_object(data.get("default_config"), "default_config"),
            metadata=checked_object(data.get("metadata")),
            created_at=now,
            updated_at=now,
        )
        self.restore(stream_type)
        self._bus.publish(StreamTypeAdded(stream_type))
        return stream_type

    def restore(self, stream_type: StreamType) -> None:
        """Put back a custom type that was saved."""
        self._types[stream_type.name] = stream_type


type Expiring = Stream | StreamSession | StreamSubscriber

type Handshake = Callable[[Stream, JsonObject], Awaitable[JsonObject | None]]
"""Asks a stream's publisher (maestra.md §5.3).

Returns its reply as it came, None where no publisher listens; raises PublisherSilent, BadReply.
"""


class Streams:
    """The streams by id with their sessions and subscribers, and the only place that changes them."""

    def __init__(
        self,
        bus: Bus,
        newcomers: Newcomers,
        clock: Callable[[], float] = monotonic,
        *,
        blocked: Blocklist | None = None,
    ) -> None:
        """Start empty. `clock` returns seconds that never jump; silence is measured with it.

        Who is one of `blocked` neither publishes nor consumes.
        """
        self._blocked = Blocklist(bus) if blocked is None else blocked
        bus.subscribe(DeviceRemoved, self._device_removed)
        self.types = StreamTypes(bus)
        self.auto_accept = True
        """Accept a request with the advertised address where no publisher listens."""
        self.handshakes: list[Handshake] = []
        self._bus = bus
        self._newcomers = newcomers
        self._clock = clock
        self._by_id: dict[str, Stream] = {}
        self._by_identity: dict[StreamIdentity, Stream] = {}
        self._sessions: dict[str, StreamSession] = {}
        self._subscribers: dict[str, StreamSubscriber] = {}
        # In the order they were last heard, so that the next to expire is always the first.
        self._alive_at: dict[Expiring, float] = {}
        self._pending_requests: Counter[str] = Counter()

    def __len__(self) -> int:
        """Return how many streams there are."""
        return len(self._by_id)

    def __iter__(self) -> Iterator[Stream]:
        """Iterate over a copy: streams may come and go meanwhile."""
        return iter(list(self._by_id.values()))

    def __getitem__(self, stream_id: str) -> Stream:
        """Return a stream by id, or raise UnknownStream."""
        if (stream := self.get(stream_id)) is None:
            raise UnknownStream(stream=stream_id)
        return stream

    def get(self, stream_id: str) -> Stream | None:
        """Return a stream by id, or None."""
        return self._by_id.get(stream_id)

    def of_type(self, name: str) -> list[Stream]:
        """Return the streams of a type; none for a type that is not known."""
        return [stream for stream in self if stream.stream_type == name]

    # Streams.

    def advertise(self, data: Mapping[str, Any], *, source: Source = SYSTEM) -> Stream:
        """Add a stream, or renew the one of this type that its publisher advertised under this name (maestra.md §1.8, row 5).

        A renewed stream keeps its id, sessions and subscribers. Raises InvalidField, DeviceBlocked, TooMany.
        """
        fields = advertised_fields(data, self.types)
        self._blocked.refuse(fields["publisher_id"], fields["device_id"], source.name)
        now = utcnow()
        identity = StreamIdentity(
            fields["publisher_id"], fields["name"], fields["stream_type"]
        )
        stream = self._by_identity.get(identity)
        is_new = stream is None
        if stream is None:
            if len(self) >= MAX_STREAMS:
                raise TooMany(kind="streams", limit=MAX_STREAMS)
            self._newcomers.admit(Newcomer.STREAM, fields["name"], source)
            stream = Stream(
                id=str(uuid4()), advertised_at=now, last_heartbeat=now, **fields
            )
            self._by_id[stream.id] = self._by_identity[identity] = stream
        else:
            for field, value in fields.items():
                setattr(stream, field, value)
        self._renew_stream(stream, source)
        self._bus.publish(StreamAdvertised(stream, is_new, stream.last_heartbeat))
        return stream

    def heartbeat(self, stream_id: str, *, source: Source = SYSTEM) -> Stream:
        """Keep a stream alive; raises UnknownStream."""
        stream = self[stream_id]
        self._renew_stream(stream, source)
        self._bus.publish(StreamHeard(stream))
        return stream

    def withdraw(
        self, stream_id: str, *, reason: str = "withdrawn", source: Source = SYSTEM
    ) -> Stream:
        """End a stream with its sessions and subscribers; raises UnknownStream."""
        stream = self[stream_id]
        stream.gateway = source.gateway or stream.gateway
        self._end_stream(stream, reason)
        return stream

    @property
    def next_expiry(self) -> float | None:
        """When `expire` has something to do, in seconds of the clock; None when nothing is alive."""
        return next((heard + STREAM_TTL for heard in self._alive_at.values()), None)

    def expire(self) -> None:
        """End what was silent for STREAM_TTL, with the reason `expired`."""
        now = self._clock()
        while (due := self.next_expiry) is not None and due <= now:
            match next(iter(self._alive_at)):
                case Stream() as stream:
                    self._end_stream(stream, "expired")
                case StreamSession() as session:
                    self._end_session(session, "expired")
                case StreamSubscriber() as subscriber:
                    self._end_subscriber(subscriber, "expired")

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
        DeviceBlocked, TooMany, StreamRejected, PublisherSilent, BadReply, NoPublisher.
        """
        stream = self._requestable(stream_id)
        fields = requested_fields(data)
        self._blocked.refuse(fields["consumer_id"])
        if self._pending_requests[stream_id] >= MAX_REQUESTS_PER_STREAM:
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
        self._pending_requests[stream_id] += 1
        try:
            reply = await self._ask(stream, request)
        finally:
            self._pending_requests[stream_id] -= 1
            if not self._pending_requests[stream_id]:
                del self._pending_requests[stream_id]
        return self._start(self._requestable(stream_id), fields, reply)

    def session_heartbeat(
        self, session_id: str, bytes_transferred: int | None = None
    ) -> StreamSession:
        """Keep a session alive; raises UnknownSession, InvalidField."""
        session = self.session(session_id)
        _count(session, bytes_transferred)
        self._renew(session)
        self._bus.publish(SessionHeard(session))
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

        Raises UnknownStream, NotMulticast, InvalidField, DeviceBlocked, TooMany.
        """
        stream = self[stream_id]
        if stream.multicast_group is None:
            raise NotMulticast(stream=stream_id)
        fields = consumer_fields(data)
        self._blocked.refuse(fields["consumer_id"])
        subscriber = StreamSubscriber(
            id=str(uuid4()),
            stream=stream,
            joined_at=utcnow(),
            metadata=checked_object(data.get("metadata")),
            **fields,
        )
        _refuse_more(
            stream.subscribers, "subscribers of a stream", MAX_SUBSCRIBERS_PER_STREAM
        )
        _refuse_more(self._subscribers, "stream subscribers", MAX_SUBSCRIBERS)
        self._subscribers[subscriber.id] = subscriber
        stream.subscribers[subscriber.id] = subscriber
        self._renew(subscriber)
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
        self._renew(subscriber)
        return subscriber

    def _device_removed(self, event: DeviceRemoved) -> None:
        """End what a device that is blocked from now on publishes and consumes."""
        if event.reason != BLOCKED:
            return
        blocked = self._blocked
        for stream in self:
            if stream.publisher_id in blocked or (stream.device_id or "") in blocked:
                self._end_stream(stream, BLOCKED)
        for session in self.sessions:
            if session.consumer_id in blocked:
                self._end_session(session, BLOCKED)
        for subscriber in self.subscribers:
            if subscriber.consumer_id in blocked:
                self._end_subscriber(subscriber, BLOCKED)

    def _renew(self, expiring: Expiring) -> None:
        self._alive_at.pop(expiring, None)
        self._alive_at[expiring] = self._clock()

    def _renew_stream(self, stream: Stream, source: Source) -> None:
        stream.last_heartbeat = utcnow()
        stream.gateway = source.gateway or stream.gateway
        self._renew(stream)

    def _end_stream(self, stream: Stream, reason: str) -> None:
        # Gone before anything is told: who hears of an ending session must not find its stream.
        del self._by_id[stream.id]
        del self._by_identity[stream.identity]
        del self._alive_at[stream]
        for session in list(stream.sessions.values()):
            self._end_session(session, reason)
        for subscriber in list(stream.subscribers.values()):
            self._end_subscriber(subscriber, reason)
        self._bus.publish(StreamEnded(stream, reason, utcnow()))

    def _end_session(
        self, session: StreamSession, reason: str, error: str | None = None
    ) -> None:
        del self._sessions[session.id], session.stream.sessions[session.id]
        del self._alive_at[session]
        self._bus.publish(SessionEnded(session, reason, error, utcnow()))

    def _end_subscriber(self, subscriber: StreamSubscriber, reason: str) -> None:
        del self._subscribers[subscriber.id]
        del subscriber.stream.subscribers[subscriber.id]
        del self._alive_at[subscriber]
        self._bus.publish(SubscriberLeft(subscriber, reason, utcnow()))

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
        self._renew(session)
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
