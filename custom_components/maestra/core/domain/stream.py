"""Plain data of streams: the stream, its sessions and subscribers, stream types and protocols."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from .clock import wire_time
from .json_values import JsonObject

# Streams, sessions and subscribers end when they were silent for this many seconds (maestra.md §6).
STREAM_TTL: Final = 30.0
PROTOCOLS: Final = (
    "tcp",
    "udp",
    "ndi",
    "srt",
    "webrtc",
    "spout",
    "syphon",
    "shared_memory",
)
# The built-in types are as old as the software, not as the installation.
_EPOCH: Final = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


class StreamIdentity(NamedTuple):
    """What makes a stream: an app may offer several types under one name (maestra.md §6)."""

    publisher_id: str
    name: str
    stream_type: str


@dataclass(slots=True, kw_only=True, eq=False)
class Stream:
    """A peer-to-peer flow that a publisher offers (maestra.md §1.8).

    `gateway` is the connection it was last heard on. Sessions and subscribers are by id.
    """

    id: str
    name: str
    stream_type: str
    publisher_id: str
    protocol: str
    address: str
    port: int
    entity_id: str | None = None
    device_id: str | None = None
    config: JsonObject = field(default_factory=dict)
    metadata: JsonObject = field(default_factory=dict)
    multicast_group: str | None = None
    multicast_port: int | None = None
    advertised_at: datetime
    last_heartbeat: datetime
    gateway: str | None = None
    sessions: dict[str, StreamSession] = field(default_factory=dict)
    subscribers: dict[str, StreamSubscriber] = field(default_factory=dict)

    @property
    def identity(self) -> StreamIdentity:
        """What stays the same when its publisher starts again and advertises it anew."""
        return StreamIdentity(self.publisher_id, self.name, self.stream_type)

    @property
    def delivery_mode(self) -> str:
        """`multicast` for a stream that consumers join, `unicast` for one that they request."""
        return "unicast" if self.multicast_group is None else "multicast"

    def to_wire(self) -> JsonObject:
        """Return the protocol's StreamInfo."""
        return {
            "id": self.id,
            "name": self.name,
            "stream_type": self.stream_type,
            "publisher_id": self.publisher_id,
            "protocol": self.protocol,
            "address": self.address,
            "port": self.port,
            "entity_id": self.entity_id,
            "device_id": self.device_id,
            "config": self.config,
            "metadata": self.metadata,
            "advertised_at": wire_time(self.advertised_at),
            "last_heartbeat": wire_time(self.last_heartbeat),
            "active_sessions": len(self.sessions),
            "multicast_group": self.multicast_group,
            "multicast_port": self.multicast_port,
            "delivery_mode": self.delivery_mode,
            "active_subscribers": len(self.subscribers),
        }


@dataclass(slots=True, kw_only=True, eq=False)
class StreamSession:
    """One consumer of a unicast stream, with what its publisher agreed to.

    `bytes_transferred` is what a side of it last reported, 0 before.
    """

    id: str
    stream: Stream
    consumer_id: str
    consumer_address: str
    consumer_port: int | None = None
    publisher_address: str
    publisher_port: int
    protocol: str
    transport_config: JsonObject = field(default_factory=dict)
    started_at: datetime
    bytes_transferred: int = 0

    def to_wire(self) -> JsonObject:
        """Return the session as the lists of sessions have it (maestra.md §1.8, row 10)."""
        return {
            "session_id": self.id,
            "stream_id": self.stream.id,
            "stream_name": self.stream.name,
            "stream_type": self.stream.stream_type,
            "publisher_id": self.stream.publisher_id,
            "publisher_address": self.publisher_address,
            "consumer_id": self.consumer_id,
            "consumer_address": self.consumer_address,
            "protocol": self.protocol,
            "transport_config": self.transport_config,
            "started_at": wire_time(self.started_at),
            "status": "active",
        }

    def offer(self) -> JsonObject:
        """Return what the consumer needs to connect (maestra.md §1.8, row 9)."""
        return {
            "session_id": self.id,
            "stream_id": self.stream.id,
            "stream_name": self.stream.name,
            "stream_type": self.stream.stream_type,
            "protocol": self.protocol,
            "publisher_address": self.publisher_address,
            "publisher_port": self.publisher_port,
            "transport_config": self.transport_config,
        }


@dataclass(slots=True, kw_only=True, eq=False)
class StreamSubscriber:
    """One consumer of a multicast stream."""

    id: str
    stream: Stream
    consumer_id: str
    consumer_address: str
    joined_at: datetime
    metadata: JsonObject = field(default_factory=dict)

    def to_wire(self) -> JsonObject:
        """Return the subscriber as the lists of subscribers have it (maestra.md §1.8, m3)."""
        return {
            "subscriber_id": self.id,
            "stream_id": self.stream.id,
            "stream_name": self.stream.name,
            "stream_type": self.stream.stream_type,
            "consumer_id": self.consumer_id,
            "consumer_address": self.consumer_address,
            "joined_at": wire_time(self.joined_at),
            "metadata": self.metadata,
        }

    def joined(self) -> JsonObject:
        """Return what the consumer needs to listen (maestra.md §1.8, m1)."""
        return {
            "subscriber_id": self.id,
            "stream_id": self.stream.id,
            "stream_name": self.stream.name,
            "stream_type": self.stream.stream_type,
            "protocol": self.stream.protocol,
            "multicast_group": self.stream.multicast_group,
            "multicast_port": self.stream.multicast_port,
            "config": self.stream.config,
        }


@dataclass(slots=True, kw_only=True)
class StreamType:
    """What kind of data a stream carries."""

    id: str
    name: str
    display_name: str
    description: str | None = None
    icon: str | None = None
    default_config: JsonObject = field(default_factory=dict)
    metadata: JsonObject = field(default_factory=dict)
    built_in: bool = False
    created_at: datetime = _EPOCH
    updated_at: datetime = _EPOCH

    def to_wire(self) -> JsonObject:
        """Return the type in the protocol's form (maestra.md §1.8, row 2)."""
        return {
            "id": self.id,
            "name": self.name,
            "display_name": self.display_name,
            "description": self.description,
            "icon": self.icon,
            "default_config": self.default_config,
            "metadata": self.metadata,
            "created_at": wire_time(self.created_at),
            "updated_at": wire_time(self.updated_at),
        }


def _built_in(name: str, display_name: str, description: str, icon: str) -> StreamType:
    return StreamType(
        id=str(uuid5(NAMESPACE_URL, f"maestra:stream-type:{name}")),
        name=name,
        display_name=display_name,
        description=description,
        icon=icon,
        built_in=True,
    )


# Icons are names of Lucide's, as the reference's dashboard has them.
BUILT_IN_STREAM_TYPES: Final = (
    _built_in("ndi", "NDI", "Video and audio over NDI", "video"),
    _built_in("audio", "Audio", "Sound", "headphones"),
    _built_in("video", "Video", "Moving pictures", "film"),
    _built_in("texture", "Texture", "Images shared between programs", "image"),
    _built_in("sensor", "Sensor", "Measurements at a high rate", "activity"),
    _built_in("osc", "OSC", "Open Sound Control messages", "radio"),
    _built_in("midi", "MIDI", "MIDI messages", "music"),
    _built_in("data", "Data", "Any other data", "database"),
    _built_in("srt", "SRT", "Video over SRT", "shield"),
    _built_in("spout", "Spout", "Textures shared on one Windows computer", "monitor"),
    _built_in("syphon", "Syphon", "Textures shared on one Mac", "monitor"),
)
