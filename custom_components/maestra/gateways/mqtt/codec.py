"""The Maestra dialect of MQTT, inbound: topics and payloads to commands. No I/O (maestra.md §2.1)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote

import orjson

from ...domain.json_types import JsonObject

MAX_PAYLOAD_BYTES: Final = 262_144
MAX_BATCH: Final = 1_000
MAX_SOURCE_LENGTH: Final = 100
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
)


class DeviceReportKind(Enum):
    """What a device tells."""

    REGISTER = auto()
    DISCOVER = auto()
    HEARTBEAT = auto()
    METRICS = auto()
    EVENTS = auto()
    APPLIED = auto()


@dataclass(slots=True, eq=False)
class StateCommand:
    """Merge or replace an entity's state. `source` is what the client says of itself."""

    slug: str
    state: JsonObject
    source: str
    replace: bool


@dataclass(slots=True, eq=False)
class DeviceReport:
    """One message of a device; `hardware_id` is None where it stands in the object itself."""

    kind: DeviceReportKind
    hardware_id: str | None
    items: list[JsonObject]


@dataclass(slots=True, eq=False)
class Malformed:
    """A message that can't be read, with a short reason. `client` is the slug or hardware id it names, if any."""

    reason: str
    client: str | None = None


type Command = StateCommand | DeviceReport
type _Reader = Callable[[str, Any], Command | Malformed]


def decode(topic: str, payload: bytes) -> Command | Malformed:
    """Read one MQTT message. Never raises: what can't be read is a Malformed with a short reason."""
    if (route := _route(topic)) is None:
        return Malformed("unknown topic")
    reader, name = route
    if len(payload) > MAX_PAYLOAD_BYTES:
        return Malformed(f"payload larger than {MAX_PAYLOAD_BYTES} bytes", name)
    try:
        body = orjson.loads(payload) if payload else {}
    except orjson.JSONDecodeError:
        return Malformed("payload is not JSON", name)
    return reader(name, body)


def _state(name: str, body: Any, *, replace: bool) -> Command | Malformed:
    if not isinstance(body, dict):
        return Malformed("payload is not a JSON object", name)
    state, source = body.get("state"), DEFAULT_SOURCE
    # `{"state": 5, "m": 3}` is a bare object that happens to have a key `state`.
    if not isinstance(state, dict):
        return StateCommand(name, body, source, replace)
    named = body.get("source")
    if isinstance(named, str) and 0 < len(named) <= MAX_SOURCE_LENGTH:
        source = named
    return StateCommand(name, state, source, replace)


def _update(name: str, body: Any) -> Command | Malformed:
    return _state(name, body, replace=False)


def _set(name: str, body: Any) -> Command | Malformed:
    return _state(name, body, replace=True)


def _object(kind: DeviceReportKind) -> _Reader:
    def read(name: str, body: Any) -> Command | Malformed:
        if not isinstance(body, dict):
            return Malformed("payload is not a JSON object", name or None)
        return DeviceReport(kind, name or None, [body])

    return read


def _batch(kind: DeviceReportKind) -> _Reader:
    def read(name: str, body: Any) -> Command | Malformed:
        items = body if isinstance(body, list) else [body]
        if len(items) > MAX_BATCH:
            return Malformed(f"more than {MAX_BATCH} items", name)
        if not all(isinstance(item, dict) for item in items):
            return Malformed("payload is not a JSON object or an array of them", name)
        return DeviceReport(kind, name, items)

    return read


# Topic levels below `maestra/`, without the name at the end -> how the payload is read.
_NAMED: Final[Mapping[str, _Reader]] = {
    "entity/state/update": _update,
    "entity/state/set": _set,
    "device/heartbeat": _object(DeviceReportKind.HEARTBEAT),
    "device/metrics": _batch(DeviceReportKind.METRICS),
    "device/events": _batch(DeviceReportKind.EVENTS),
    "device/applied": _object(DeviceReportKind.APPLIED),
}
_UNNAMED: Final[Mapping[str, _Reader]] = {
    "device/register": _object(DeviceReportKind.REGISTER),
    "device/discover": _object(DeviceReportKind.DISCOVER),
}


@lru_cache(maxsize=4096)
def _route(topic: str) -> tuple[_Reader, str] | None:
    """Return how a topic's payload is read and the slug or hardware id in it. Levels after the name are ignored."""
    levels = topic.split("/")
    if levels[0] != "maestra":
        return None
    if reader := _UNNAMED.get("/".join(levels[1:])):
        return reader, ""
    for depth in (3, 4):
        reader = _NAMED.get("/".join(levels[1:depth]))
        if reader and len(levels) > depth and levels[depth]:
            return reader, unquote(levels[depth])
    return None
