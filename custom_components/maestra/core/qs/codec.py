"""QS messages: events in, acknowledgements and dead letters out (qs.md §2 to §7). Nothing here raises."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from hashlib import blake2b
import json
import math
from typing import Any, Final, NamedTuple

import orjson

from ..domain.clock import device_clock
from ..domain.json_values import NestedTooDeep, check_nesting
from ..domain.names import is_name, valid_text
from .events import DeadLetter, TelemetryEvent


def device_time(value: Any, zone: tzinfo) -> datetime | None:
    """Read the time that a device gives, in UTC; None for what is none: no event is refused for its time.

    An explicit offset is kept, anything else is in `zone`. Of an hour that comes twice, it is the first.
    """
    if not isinstance(value, str):
        return None
    try:
        moment = device_clock(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        return moment.astimezone(UTC)
    except ValueError, OverflowError:
        return None


MAX_PAYLOAD_BYTES: Final = 256 * 1024
MAX_BATCH: Final = 1_000
MAX_EVENT_BYTES: Final = 64 * 1024
MAX_META_BYTES: Final = 16 * 1024
MAX_LENGTHS: Final = {
    "event_id": 255,
    "device_id": 128,
    "event_type": 128,
    "unit": 64,
}
MAX_SENT_BACK: Final = 2_000
"""Characters of a payload in a dead letter (qs.md §6)."""
INT4: Final = range(-(2**31), 2**31)
_REQUIRED: Final = ("schema", "event_id", "device_id", "event_type")
_OF_TOPICS: Final = frozenset("/+#")
KEY_BYTES: Final = 16
CONTENT_BYTES: Final = 8


class Mark(NamedTuple):
    """What an event is recognised by: a digest of its id, and one of all that it says."""

    key: bytes
    content: bytes


@dataclass(slots=True)
class Reading:
    """An event that can be taken, its place in the message, its text, and what tells its device that it is stored."""

    event: TelemetryEvent
    mark: Mark
    ack: bytes
    index: int
    payload: bytes

    @property
    def ack_topic(self) -> str:
        """Where its device listens."""
        return f"qs/v1/{self.event.device_id}/acks"


@dataclass(frozen=True, slots=True)
class Malformed:
    """An element that can't be taken: its place in the message, why, and its text. `code` is what it is counted as."""

    index: int
    device_id: str | None
    error: str
    payload: str
    code: str = "malformed"


@dataclass(slots=True)
class Decoded:
    """The elements of one message."""

    total: int = 0
    readings: list[Reading] = field(default_factory=list)
    malformed: list[Malformed] = field(default_factory=list)


class _Refused(Exception):
    """Why an element can't be taken."""


class _NotFinite(float):
    """NaN or infinity: Python's JSON has them, JSON has not."""


def topic_device(topic: str) -> str:
    """Return the device that an events topic names."""
    return topic.removeprefix("qs/v1/").removesuffix("/events")


def decode(payload: bytes, zone: tzinfo, now: datetime) -> Decoded:
    """Read one message, each element for itself: one that is bad does not keep the others."""
    text = payload.decode(errors="replace")
    if len(payload) > MAX_PAYLOAD_BYTES:
        reason = f"payload larger than {MAX_PAYLOAD_BYTES} bytes"
        return Decoded(1, [], [Malformed(0, None, reason, text)])
    try:
        body = _parse(text)
    except (ValueError, RecursionError) as error:
        reason = f"not JSON: {error}"
        return Decoded(1, [], [Malformed(0, None, reason, text)])
    elements = body if isinstance(body, list) else [body]
    if len(elements) > MAX_BATCH:
        reason = f"more than {MAX_BATCH} events in one message"
        return Decoded(1, [], [Malformed(0, None, reason, text)])
    decoded = Decoded(len(elements))
    for index, element in enumerate(elements):
        try:
            decoded.readings.append(_reading(element, index, zone, now))
        except _Refused as refused:
            device_id = element.get("device_id") if isinstance(element, dict) else None
            decoded.malformed.append(
                Malformed(
                    index,
                    valid_text(device_id) if isinstance(device_id, str) else None,
                    str(refused),
                    text if element is body else _text(element),
                )
            )
    return decoded


def event_of(element: Any, zone: tzinfo, now: datetime) -> TelemetryEvent | None:
    """Return the event that one element of a message is, None where it can't be taken."""
    try:
        return _reading(element, 0, zone, now).event
    except _Refused:
        return None


def refused(reading: Reading, error: str, code: str = "malformed") -> Malformed:
    """Return a readable element as one that is not taken."""
    text = reading.payload.decode()
    return Malformed(reading.index, reading.event.device_id, error, text, code)


def deadletter_payload(letter: DeadLetter) -> bytes:
    """Return a dead letter as it is published: the four keys that there always were, and where it stood."""
    payload = letter.payload[:MAX_SENT_BACK].encode(errors="replace").decode()
    return orjson.dumps(
        {
            "error": letter.error,
            "topic": letter.topic,
            "payload": payload,
            "trace": f"element {letter.index} of {letter.total}: {letter.error}",
            "index": letter.index,
            "stored": letter.stored,
        }
    )


def _parse(text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        # One NaN, lone surrogate or endless number must not take the whole batch along.
        return json.loads(text, parse_constant=_NotFinite, parse_float=_finite)


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _NotFinite(number)


def _reading(element: Any, index: int, zone: tzinfo, now: datetime) -> Reading:
    if not isinstance(element, dict):
        raise _Refused("not an object")
    for name in _REQUIRED:
        if element.get(name) is None:
            raise _Refused(f"missing required field {name}")
    try:
        content = orjson.dumps(element, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        raise _Refused(
            "NaN, infinity, a number beyond 64 bits, or text that is not Unicode"
        ) from None
    if len(content) > MAX_EVENT_BYTES:
        raise _Refused(f"larger than {MAX_EVENT_BYTES} bytes")
    try:
        check_nesting(element, content)
    except NestedTooDeep as error:
        raise _Refused(str(error)) from None
    event_id, device_id = _name(element, "event_id"), _device_id(element)
    event = TelemetryEvent(
        event_id=event_id,
        device_id=device_id,
        schema=_schema(element["schema"]),
        event_type=_name(element, "event_type"),
        value=_value(element.get("value")),
        unit=_unit(element.get("unit")),
        ts_device=device_time_of(element, zone),
        ts_server=now,
        meta=_meta(element.get("meta"), len(content)),
    )
    key = blake2b(event_id.encode(), digest_size=KEY_BYTES).digest()
    digest = blake2b(content, digest_size=CONTENT_BYTES).digest()
    ack = {
        "schema": element["schema"],
        "event_id": event_id,
        "device_id": device_id,
        "status": "stored",
    }
    return Reading(event, Mark(key, digest), orjson.dumps(ack), index, content)


def device_time_of(element: Mapping[str, Any], zone: tzinfo) -> datetime | None:
    """Return when the device says that it was; older firmware calls it `timestamp`."""
    return device_time(element.get("ts_device") or element.get("timestamp"), zone)


def _schema(value: Any) -> int:
    if type(value) is int and value in INT4:
        return value
    if isinstance(value, str | int | float):
        try:
            schema = int(value)
        except ValueError, OverflowError:
            pass
        else:
            if schema in INT4:
                return schema
    raise _Refused("schema: not a whole number")


def _name(element: Mapping[str, Any], name: str) -> str:
    value = element[name]
    if isinstance(value, str):
        text = value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        text = str(value)
    else:
        raise _Refused(f"{name}: not a text")
    longest = MAX_LENGTHS[name]
    if len(text) > longest:
        raise _Refused(f"{name}: longer than {longest} characters")
    if not is_name(text, longest):
        raise _Refused(f"{name}: not a printable text")
    return text


def _device_id(element: Mapping[str, Any]) -> str:
    device_id = _name(element, "device_id")
    # It becomes a level of the topic that the acknowledgement goes to.
    if not (device_id.isprintable() and _OF_TOPICS.isdisjoint(device_id)):
        raise _Refused("device_id: not one level of a topic")
    return device_id


def _value(value: Any) -> float | str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise _Refused("value: not a finite number")
        return number
    return orjson.dumps(value).decode()


def _unit(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise _Refused("unit: not a text")
    if value is not None and len(value) > MAX_LENGTHS["unit"]:
        raise _Refused(f"unit: longer than {MAX_LENGTHS['unit']} characters")
    if value and value.strip() and not is_name(value):
        raise _Refused("unit: not a printable text")
    return value


def _meta(value: Any, event_bytes: int) -> Any:
    if not value:
        return {}
    # It is part of the event.
    if event_bytes > MAX_META_BYTES and len(orjson.dumps(value)) > MAX_META_BYTES:
        raise _Refused(f"meta: larger than {MAX_META_BYTES} bytes")
    return value


def _text(element: Any) -> str:
    try:
        return orjson.dumps(element).decode()
    except TypeError:
        pass
    try:
        return json.dumps(element)
    except TypeError, ValueError, RecursionError:
        return "unreadable"
