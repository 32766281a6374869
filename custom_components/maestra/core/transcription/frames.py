"""The wire of the OBS audio plugin (stream-production.md §7): binary and JSON audio in, status and events out."""

from dataclasses import dataclass
from struct import Struct
from typing import Any, Final

from ..domain.errors import InvalidField
from ..domain.json_values import InvalidJson, JsonObject, loads
from .audio import MAX_SOURCE_LENGTH, AudioFrame, SinkStatus, checked_format
from .text import plain_line

HEADER: Final = Struct("<QIIIII")
"""timestamp_ns, sample_rate, channels, bit_depth, source_id_len, source_name_len."""
MAX_AUDIO: Final = 8 * 1024 * 1024
"""Bytes of one message: more than a second of the best audio there is."""
_MAX_TIMESTAMP: Final = 2**63


@dataclass(frozen=True, slots=True)
class Malformed:
    """What can't be read, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Control:
    """`start`, `stop` or `heartbeat`."""

    type: str


CONTROLS: Final = frozenset({"start", "stop", "heartbeat"})


def decode_binary(message: bytes) -> AudioFrame | Malformed:
    """Read a binary message. Never raises."""
    if len(message) < HEADER.size:
        return Malformed("shorter than its header")
    if len(message) > MAX_AUDIO:
        return Malformed("longer than audio may be")
    timestamp, rate, channels, depth, id_size, name_size = HEADER.unpack_from(message)
    if id_size > MAX_SOURCE_LENGTH or name_size > MAX_SOURCE_LENGTH:
        return Malformed("the name of the source is too long")
    begin = HEADER.size + id_size + name_size
    if begin > len(message):
        return Malformed("shorter than its names")
    names = message[HEADER.size : begin]
    return _frame(
        timestamp // 1000,
        (rate, channels, depth),
        names[:id_size].decode(errors="replace"),
        names[id_size:].decode(errors="replace"),
        message[begin:],
    )


def decode_text(message: str | bytes) -> AudioFrame | Control | Malformed:
    """Read a JSON message. Never raises."""
    try:
        said = loads(message)
    except InvalidJson:
        return Malformed("no JSON")
    if not isinstance(said, dict):
        return Malformed("no object")
    kind = said.get("type")
    if isinstance(kind, str) and kind in CONTROLS:
        return Control(kind)
    if kind != "audio_data":
        return Malformed("of an unknown type")
    return _audio(said)


def _audio(said: dict[str, Any]) -> AudioFrame | Malformed:
    described, data, timestamp = (
        said.get(key) for key in ("format", "data", "timestamp")
    )
    if not isinstance(described, dict) or not isinstance(data, str):
        return Malformed("without format or data")
    if type(timestamp) is not int or not 0 <= timestamp < _MAX_TIMESTAMP:
        return Malformed("timestamp: must be microseconds")
    names = [said.get(key) or "" for key in ("sourceId", "sourceName")]
    if not all(isinstance(name, str) for name in names):
        return Malformed("the name of the source is no text")
    try:
        audio = bytes.fromhex(data)
    except ValueError:
        return Malformed("data: must be hexadecimal")
    keys = ("sampleRate", "channels", "bitDepth")
    return _frame(
        timestamp, tuple(described.get(key) for key in keys), names[0], names[1], audio
    )


def _frame(
    timestamp: int, described: tuple[Any, ...], id_: str, name: str, data: bytes
) -> AudioFrame | Malformed:
    try:
        format_ = checked_format(*described)
    except InvalidField as error:
        return Malformed(str(error))
    if len(id_) > MAX_SOURCE_LENGTH or len(name) > MAX_SOURCE_LENGTH:
        return Malformed("the name of the source is too long")
    return AudioFrame(
        timestamp=timestamp,
        format=format_,
        source_id=plain_line(id_),
        source_name=plain_line(name),
        data=data,
    )


def encode_binary(frame: AudioFrame) -> bytes:
    """Write what `decode_binary` reads."""
    id_, name = frame.source_id.encode(), frame.source_name.encode()
    form = frame.format
    header = HEADER.pack(
        frame.timestamp * 1000,
        form.sample_rate,
        form.channels,
        form.bit_depth,
        len(id_),
        len(name),
    )
    return header + id_ + name + frame.data


def status(status_: SinkStatus) -> JsonObject:
    """Return what a source of audio is told when it has connected."""
    return {
        "type": "status",
        "connected": True,
        "receiving": status_.is_receiving,
        "bufferSize": status_.buffer_size,
        "transcribing": status_.is_transcribing,
        "droppedEvents": status_.dropped,
        "queueSize": status_.queue_size,
    }


def chunk(frame: AudioFrame) -> JsonObject:
    """Return what listeners are told of a piece of audio."""
    return {
        "type": "audio:chunk",
        "timestamp": frame.timestamp,
        "source_id": frame.source_id,
        "source_name": frame.source_name,
        "size": len(frame.data),
    }


def transcription(timestamp: int, duration: float, text: str) -> JsonObject:
    """Return what listeners are told of what was said; `timestamp` is in microseconds since 1970."""
    return {
        "type": "audio:transcription",
        "timestamp": timestamp,
        "duration": duration,
        "text": text,
    }
