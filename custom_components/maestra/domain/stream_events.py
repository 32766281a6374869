"""What happened to streams, as told on the bus; part of `events`."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .stream import Stream, StreamSession, StreamSubscriber
    from .stream_types import StreamType


@dataclass(slots=True, eq=False)
class StreamAdvertised:
    """A stream is new, or was advertised again by its publisher."""

    stream: Stream
    is_new: bool
    timestamp: datetime


@dataclass(slots=True, eq=False)
class StreamHeard:
    """A stream's heartbeat: `last_heartbeat` moved."""

    stream: Stream


@dataclass(slots=True, eq=False)
class StreamRequested:
    """A consumer asks for a stream; its publisher is asked next."""

    stream: Stream
    consumer_id: str
    timestamp: datetime


@dataclass(slots=True, eq=False)
class StreamEnded:
    """A stream is gone, after its sessions and subscribers; `reason` is withdrawn or expired, or what the caller said."""

    stream: Stream
    reason: str
    timestamp: datetime


@dataclass(slots=True, eq=False)
class SessionStarted:
    """A consumer and a publisher agreed."""

    session: StreamSession
    timestamp: datetime


@dataclass(slots=True, eq=False)
class SessionEnded:
    """A session is over; `reason` is stopped or expired, or why its stream ended. `error` is what went wrong with it."""

    session: StreamSession
    reason: str
    error: str | None
    timestamp: datetime


@dataclass(slots=True, eq=False)
class SubscriberJoined:
    """A consumer listens to a multicast stream."""

    subscriber: StreamSubscriber
    timestamp: datetime


@dataclass(slots=True, eq=False)
class SubscriberLeft:
    """A subscriber is gone; `reason` is left or expired, or why its stream ended."""

    subscriber: StreamSubscriber
    reason: str
    timestamp: datetime


@dataclass(slots=True, eq=False)
class StreamTypeAdded:
    """A custom stream type is new."""

    stream_type: StreamType
