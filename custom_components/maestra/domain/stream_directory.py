"""All streams: how they are advertised, stay known, and end."""

from collections.abc import Callable, Iterator, Mapping
from time import monotonic
from typing import Any, Final
from uuid import uuid4

from ..bus import Bus
from .clock import utcnow
from .errors import TooMany, UnknownStream
from .events import (
    SessionEnded,
    StreamAdvertised,
    StreamEnded,
    StreamHeard,
    SubscriberLeft,
)
from .source import SYSTEM, Source
from .stream import STREAM_TTL, Stream, StreamSession, StreamSubscriber
from .stream_fields import advertised_fields
from .stream_types import StreamTypes

MAX_STREAMS: Final = 2_000

type Lasting = Stream | StreamSession | StreamSubscriber


class StreamDirectory:
    """The streams by id, and what keeps them, their sessions and their subscribers alive."""

    def __init__(self, bus: Bus, clock: Callable[[], float] = monotonic) -> None:
        """Start empty. `clock` returns seconds that never jump; silence is measured with it."""
        self.types = StreamTypes(bus)
        self._bus = bus
        self._clock = clock
        self._by_id: dict[str, Stream] = {}
        self._by_publisher: dict[tuple[str, str], Stream] = {}
        self._sessions: dict[str, StreamSession] = {}
        self._subscribers: dict[str, StreamSubscriber] = {}
        # In the order they were last heard, so that the next to expire is always the first.
        self._heard_at: dict[Lasting, float] = {}

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

    def advertise(self, data: Mapping[str, Any], *, source: Source = SYSTEM) -> Stream:
        """Add a stream, or renew the one that its publisher advertised under this name (maestra.md §1.8, row 5).

        A renewed stream keeps its id, sessions and subscribers. Raises InvalidField, TooMany.
        """
        fields = advertised_fields(data, self.types)
        now = utcnow()
        key = fields["publisher_id"], fields["name"]
        stream = self._by_publisher.get(key)
        is_new = stream is None
        if stream is None:
            if len(self) >= MAX_STREAMS:
                raise TooMany(kind="streams", limit=MAX_STREAMS)
            stream = Stream(
                id=str(uuid4()), advertised_at=now, last_heartbeat=now, **fields
            )
            self._by_id[stream.id] = self._by_publisher[key] = stream
        else:
            for field, value in fields.items():
                setattr(stream, field, value)
        self._hear_stream(stream, source)
        self._bus.publish(StreamAdvertised(stream, is_new, stream.last_heartbeat))
        return stream

    def heartbeat(self, stream_id: str, *, source: Source = SYSTEM) -> Stream:
        """Keep a stream alive; raises UnknownStream."""
        stream = self[stream_id]
        self._hear_stream(stream, source)
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
        return next((heard + STREAM_TTL for heard in self._heard_at.values()), None)

    def expire(self) -> None:
        """End what was silent for STREAM_TTL, with the reason `expired`."""
        now = self._clock()
        while (due := self.next_expiry) is not None and due <= now:
            match next(iter(self._heard_at)):
                case Stream() as stream:
                    self._end_stream(stream, "expired")
                case StreamSession() as session:
                    self._end_session(session, "expired")
                case StreamSubscriber() as subscriber:
                    self._end_subscriber(subscriber, "expired")

    def _hear(self, lasting: Lasting) -> None:
        self._heard_at.pop(lasting, None)
        self._heard_at[lasting] = self._clock()

    def _hear_stream(self, stream: Stream, source: Source) -> None:
        stream.last_heartbeat = utcnow()
        stream.gateway = source.gateway or stream.gateway
        self._hear(stream)

    def _end_stream(self, stream: Stream, reason: str) -> None:
        # Gone before anything is told: who hears of an ending session must not find its stream.
        del self._by_id[stream.id]
        del self._by_publisher[stream.publisher_id, stream.name]
        del self._heard_at[stream]
        for session in list(stream.sessions.values()):
            self._end_session(session, reason)
        for subscriber in list(stream.subscribers.values()):
            self._end_subscriber(subscriber, reason)
        self._bus.publish(StreamEnded(stream, reason, utcnow()))

    def _end_session(
        self, session: StreamSession, reason: str, error: str | None = None
    ) -> None:
        del self._sessions[session.id], session.stream.sessions[session.id]
        del self._heard_at[session]
        self._bus.publish(SessionEnded(session, reason, error, utcnow()))

    def _end_subscriber(self, subscriber: StreamSubscriber, reason: str) -> None:
        del self._subscribers[subscriber.id]
        del subscriber.stream.subscribers[subscriber.id]
        del self._heard_at[subscriber]
        self._bus.publish(SubscriberLeft(subscriber, reason, utcnow()))
