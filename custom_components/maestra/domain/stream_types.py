"""Stream types and protocols: the built-in ones as a table, and custom types."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid4, uuid5

from ..bus import Bus
from .clock import utcnow, wire_time
from .errors import AlreadyExists, TooMany
from .events import StreamTypeAdded
from .fields import checked_object, checked_text, optional_name
from .json_types import JsonObject
from .names import checked_name, checked_slug

MAX_STREAM_TYPES: Final = 500
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


def _built_in(name: str, display_name: str, description: str) -> StreamType:
    return StreamType(
        id=str(uuid5(NAMESPACE_URL, f"maestra:stream-type:{name}")),
        name=name,
        display_name=display_name,
        description=description,
        built_in=True,
    )


BUILT_IN_STREAM_TYPES: Final = (
    _built_in("ndi", "NDI", "Video and audio over NDI"),
    _built_in("audio", "Audio", "Sound"),
    _built_in("video", "Video", "Moving pictures"),
    _built_in("texture", "Texture", "Images shared between programs"),
    _built_in("sensor", "Sensor", "Measurements at a high rate"),
    _built_in("osc", "OSC", "Open Sound Control messages"),
    _built_in("midi", "MIDI", "MIDI messages"),
    _built_in("data", "Data", "Any other data"),
    _built_in("srt", "SRT", "Video over SRT"),
    _built_in("spout", "Spout", "Textures shared on one Windows computer"),
    _built_in("syphon", "Syphon", "Textures shared on one Mac"),
)


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
