"""The streams for cards: who publishes each, who receives it, and when it was last heard."""

from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any, Final

from homeassistant.auth.models import User

from ...core.bus import Unsubscribe, together
from ...core.domain.clock import wire_time
from ...core.domain.events import (
    SessionEnded,
    SessionHeard,
    SessionStarted,
    StreamAdvertised,
    StreamEnded,
    StreamHeard,
    SubscriberJoined,
    SubscriberLeft,
)
from ...core.domain.json_values import JsonObject
from ...core.domain.stream import StreamSession, StreamSubscriber
from ...core.fleet_api.preview import has_preview
from ...hub.hub import Hub
from ...hub.live import Live, live_command
from ...hub.permissions import Needs, may
from .manager import stream_key

INTERVAL: Final = 0.25
"""Seconds between two pushes: of thousands, hundreds give a sign of life each second."""
MAX_CONSUMERS: Final = 50
"""Of a stream, that a card is told of; further ones are counted."""

type StreamOccurrence = StreamAdvertised | StreamEnded | StreamHeard
type SessionOccurrence = SessionStarted | SessionHeard | SessionEnded
type SubscriberOccurrence = SubscriberJoined | SubscriberLeft


class LiveStreams:
    """The streams by id."""

    def __init__(self, hub: Hub, user: User, _msg: dict[str, Any]) -> None:
        """Know what the user may do."""
        self._hub = hub
        # Streams are nobody's: to request or stop one, all entities count.
        self._can_control = may(user, Needs.CONTROL)
        self._can_preview = user.is_admin

    def __iter__(self) -> Iterator[str]:
        """Iterate over the ids."""
        return (stream.id for stream in self._hub.domain.streams)

    def show(self, key: str) -> JsonObject | None:
        """Return a stream with its consumers, the oldest first, and what the user may do with it."""
        hub, stream = self._hub, self._hub.domain.streams.get(key)
        if stream is None:
            return None
        kind = hub.domain.streams.types.get(stream.stream_type)
        consumers = chain[StreamSession | StreamSubscriber](
            stream.sessions.values(), stream.subscribers.values()
        )
        return {
            "id": stream.id,
            "device_id": hub.devices.id_of(stream_key(stream)),
            "name": stream.name,
            "type": stream.stream_type,
            "type_name": kind.display_name if kind else stream.stream_type,
            "publisher": stream.publisher_id,
            "protocol": stream.protocol,
            "address": stream.address,
            "port": stream.port,
            "multicast_group": stream.multicast_group,
            "multicast_port": stream.multicast_port,
            "advertised_at": wire_time(stream.advertised_at),
            "heard_at": wire_time(stream.last_heartbeat),
            "can_control": self._can_control,
            "can_preview": self._can_preview and has_preview(stream),
            "consumer_count": len(stream.sessions) + len(stream.subscribers),
            "consumers": [
                _consumer(consumer) for consumer in islice(consumers, MAX_CONSUMERS)
            ],
        }

    def follow(self, changed: Callable[[str], None]) -> Unsubscribe:
        """Call `changed` with each stream that was heard, is another, or has other consumers."""
        bus = self._hub.domain.bus

        def stream_changed(event: StreamOccurrence) -> None:
            changed(event.stream.id)

        def session_changed(event: SessionOccurrence) -> None:
            changed(event.session.stream.id)

        def subscriber_changed(event: SubscriberOccurrence) -> None:
            changed(event.subscriber.stream.id)

        return together(
            bus.subscribe(StreamAdvertised, stream_changed),
            bus.subscribe(StreamHeard, stream_changed),
            bus.subscribe(StreamEnded, stream_changed),
            bus.subscribe(SessionStarted, session_changed),
            bus.subscribe(SessionHeard, session_changed),
            bus.subscribe(SessionEnded, session_changed),
            bus.subscribe(SubscriberJoined, subscriber_changed),
            bus.subscribe(SubscriberLeft, subscriber_changed),
        )


def _consumer(consumer: StreamSession | StreamSubscriber) -> JsonObject:
    """Return who receives; `bytes` is None for who listens to a multicast group, and tells nobody."""
    if isinstance(consumer, StreamSession):
        since, transferred = consumer.started_at, consumer.bytes_transferred
    else:
        since, transferred = consumer.joined_at, None
    return {
        "id": consumer.id,
        "name": consumer.consumer_id,
        "address": consumer.consumer_address,
        "since": wire_time(since),
        "bytes": transferred,
    }


STREAM_COMMANDS: Final = (
    live_command(
        Live(
            command="streams",
            needs=Needs.READ,
            view=LiveStreams,
            interval=INTERVAL,
        )
    ),
)
"""WebSocket commands."""
