"""The Maestra dialect of MQTT, inbound: topics and payloads to commands. No I/O (maestra.md §2.1)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import Any, Final
from urllib.parse import unquote

from ..bus import cached_by_text
from ..domain.json_values import InvalidJson, JsonValue, loads
from ..transport.commands import Malformed, StateCommand, read_state
from ..transport.subjects import subject_of_topic

MAX_PAYLOAD_BYTES: Final = 262_144
MAX_BATCH: Final = 1_000
DEFAULT_SOURCE: Final = "mqtt"

# What a client may say. The device topics are our extension (docs/mqtt.md).
SUBSCRIPTIONS: Final = (
    "maestra/entity/state/update/#",
    "maestra/entity/state/set/#",
    "maestra/device/register",
    "maestra/device/discover",
    "maestra/device/heartbeat/+",
    "maestra/device/metrics/+",
    "maestra/device/events/+",
    "maestra/device/applied/+",
    "maestra/device/describe/+",
    "maestra/stream/advertise",
    "maestra/stream/heartbeat/+",
    "maestra/stream/withdraw/+",
    "maestra/stream/+/subscribe",
    "maestra/stream/+/unsubscribe",
    "maestra/cues/#",
)


class ReportKind(Enum):
    """What a device or a publisher of streams tells."""

    REGISTER = auto()
    DISCOVER = auto()
    HEARTBEAT = auto()
    METRICS = auto()
    EVENTS = auto()
    APPLIED = auto()
    DESCRIBE = auto()
    STREAM_ADVERTISED = auto()
    STREAM_HEARTBEAT = auto()
    STREAM_WITHDRAWN = auto()


@dataclass(slots=True, eq=False)
class Report:
    """One message of a device or publisher; `name` (hardware id, stream id) is None where it stands in the object itself.

    Of several `items` some may be no objects.
    """

    kind: ReportKind
    name: str | None
    items: Sequence[JsonValue]


@dataclass(slots=True, eq=False)
class ClientMessage:
    """A message from client to client, which we only pass on."""


@dataclass(slots=True, eq=False)
class SubjectCommand:
    """A command of a topic of its own, such as cue lists; `client` is what stands first in it."""

    subject: str
    client: str
    body: JsonValue


type Command = StateCommand | Report | ClientMessage | SubjectCommand
type _Reader = Callable[[str, Any], Command | Malformed]


def decode(topic: str, payload: bytes) -> Command | Malformed:
    """Read one MQTT message. Never raises: what can't be read is a Malformed with a short reason."""
    if (route := _route(topic)) is None:
        return Malformed("unknown topic")
    reader, name = route
    if len(payload) > MAX_PAYLOAD_BYTES:
        return Malformed(f"payload larger than {MAX_PAYLOAD_BYTES} bytes", name)
    try:
        body = loads(payload) if payload else {}
    except InvalidJson as error:
        return Malformed(f"payload {error}", name)
    return reader(name, body)


def is_known(topic: str) -> bool:
    """Whether a topic is one of those that `decode` reads."""
    return _route(topic) is not None


def _state(*, replace: bool) -> _Reader:
    return partial(read_state, replace=replace, default_source=DEFAULT_SOURCE)


def _client_message(_name: str, _body: Any) -> Command:
    return ClientMessage()


def _command(subject: str, body: Any) -> Command:
    return SubjectCommand(subject, unquote(subject.split(".")[2]), body)


def _object(kind: ReportKind) -> _Reader:
    def read(name: str, body: Any) -> Command | Malformed:
        if not isinstance(body, dict):
            return Malformed("payload is not a JSON object", name or None)
        return Report(kind, name or None, [body])

    return read


def _batch(kind: ReportKind) -> _Reader:
    def read(name: str, body: Any) -> Command | Malformed:
        items = body if isinstance(body, list) else [body]
        if len(items) > MAX_BATCH:
            return Malformed(f"more than {MAX_BATCH} items", name)
        if items and not any(isinstance(item, dict) for item in items):
            return Malformed("payload is not a JSON object or an array of them", name)
        return Report(kind, name, items)

    return read


# Topic levels below `maestra/`, without the name at the end -> how the payload is read.
_NAMED: Final[Mapping[str, _Reader]] = {
    "entity/state/update": _state(replace=False),
    "entity/state/set": _state(replace=True),
    "device/heartbeat": _object(ReportKind.HEARTBEAT),
    "device/metrics": _batch(ReportKind.METRICS),
    "device/events": _batch(ReportKind.EVENTS),
    "device/applied": _object(ReportKind.APPLIED),
    "device/describe": _object(ReportKind.DESCRIBE),
    "stream/heartbeat": _object(ReportKind.STREAM_HEARTBEAT),
    "stream/withdraw": _object(ReportKind.STREAM_WITHDRAWN),
}
_UNNAMED: Final[Mapping[str, _Reader]] = {
    "device/register": _object(ReportKind.REGISTER),
    "device/discover": _object(ReportKind.DISCOVER),
    "stream/advertise": _object(ReportKind.STREAM_ADVERTISED),
}
_COMMANDS: Final = frozenset({"cues"})
"""Topic levels below which are commands only."""
_BETWEEN_CLIENTS: Final = frozenset({"subscribe", "unsubscribe"})


@cached_by_text(4_096)
def _route(topic: str) -> tuple[_Reader, str] | None:
    """Return how a topic's payload is read and the slug, hardware or stream id in it. Levels after the name are ignored."""
    levels = topic.split("/")
    if levels[0] != "maestra" or len(levels) < 3:
        return None
    if reader := _UNNAMED.get("/".join(levels[1:])):
        return reader, ""
    for depth in (3, 4):
        reader = _NAMED.get("/".join(levels[1:depth]))
        if reader and len(levels) > depth and levels[depth]:
            return reader, unquote(levels[depth])
    if levels[1] in _COMMANDS and levels[2]:
        return _command, subject_of_topic(topic)
    if levels[1] == "stream" and len(levels) == 4 and levels[3] in _BETWEEN_CLIENTS:
        return _client_message, levels[2]
    return None
