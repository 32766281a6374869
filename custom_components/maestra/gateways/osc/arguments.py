"""OSC arguments: each type from its bytes to a JSON value, and back."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from math import isfinite
import re
import struct
from typing import Any, Final, cast

from pythonosc.parsing import osc_types

from ...domain.json_types import JsonValue

_COLOR: Final = re.compile(r"#[0-9a-fA-F]{8}")


class Unreadable(Exception):
    """These bytes are no OSC."""


# What reads a value at an index, and returns where the next one begins. Views, as python-osc copies the rest
# of the packet for every value.
type Reader = Callable[[memoryview, int], tuple[JsonValue, int]]


def read_text(view: memoryview, index: int) -> tuple[str, int]:
    """Read text up to its end; raises Unreadable, UnicodeDecodeError."""
    packet: Any = view.obj
    end = packet.find(b"\0", index)
    after = (end | 3) + 1
    if end < 0 or after > len(packet):
        raise Unreadable("text has no end")
    return packet[index:end].decode(), after


# They take whatever can be sliced.
_get_int = cast(Callable[[memoryview, int], tuple[int, int]], osc_types.get_int)
_get_rgba = cast(Callable[[memoryview, int], tuple[int, int]], osc_types.get_rgba)
_get_midi = cast(
    Callable[[memoryview, int], tuple[tuple[int, ...], int]], osc_types.get_midi
)


def _number(get: Callable[..., tuple[float, int]]) -> Reader:
    def read(view: memoryview, index: int) -> tuple[JsonValue, int]:
        number, index = get(view, index)
        if not isfinite(number):
            raise Unreadable("a number is not finite")
        return number, index

    return read


def _blob(view: memoryview, index: int) -> tuple[JsonValue, int]:
    size, _ = _get_int(view, index)
    if size < 0:
        raise Unreadable("a blob has a negative size")
    blob, index = osc_types.get_blob(view, index)  # type: ignore[arg-type]
    return {"blob": b64encode(blob).decode()}, index


def _character(view: memoryview, index: int) -> tuple[JsonValue, int]:
    code, index = _get_int(view, index)
    if not 0 < code < 0x80:
        raise Unreadable("a character is not ASCII")
    return chr(code), index


def _color(view: memoryview, index: int) -> tuple[JsonValue, int]:
    rgba, index = _get_rgba(view, index)
    return f"#{rgba:08x}", index


def _midi(view: memoryview, index: int) -> tuple[JsonValue, int]:
    message, index = _get_midi(view, index)
    return list(message), index


def _constant(value: JsonValue) -> Reader:
    return lambda _, index: (value, index)


READERS: Final[dict[str, Reader]] = {
    "i": _get_int,
    "f": _number(osc_types.get_float),
    "s": read_text,
    "b": _blob,
    "h": cast(Reader, osc_types.get_int64),
    "d": _number(osc_types.get_double),
    "t": cast(Reader, osc_types.get_date),
    "S": read_text,
    "c": _character,
    "r": _color,
    "m": _midi,
    "T": _constant(True),
    "F": _constant(False),
    "N": _constant(None),
    "I": _constant(True),
}


def _finite(write: Callable[[float], bytes]) -> Callable[[Any], bytes]:
    def write_finite(value: Any) -> bytes:
        if not isfinite(value):
            raise ValueError
        return write(value)

    return write_finite


def _write_text(value: Any) -> bytes:
    if "\0" in value:
        raise ValueError
    return osc_types.write_string(value)


def _write_blob(value: Any) -> bytes:
    text: Any = value.get("blob") if isinstance(value, dict) else value
    blob = b64decode(text, validate=True)
    # python-osc refuses an empty blob, which OSC has.
    return osc_types.write_blob(blob) if blob else osc_types.write_int(0)


def _write_color(value: Any) -> bytes:
    if not _COLOR.fullmatch(value):
        raise ValueError
    return bytes.fromhex(value[1:])


def _write_character(value: Any) -> bytes:
    if not 0 < ord(value) < 0x80:
        raise ValueError
    return osc_types.write_int(ord(value))


def _write_midi(value: Any) -> bytes:
    if not isinstance(value, list) or len(value) != 4:
        raise ValueError
    return bytes(value)


# What writes a value of a type; raises what REFUSALS has.
WRITERS: Final[dict[str, Callable[[Any], bytes]]] = {
    "i": cast(Callable[[Any], bytes], osc_types.write_int),
    "f": _finite(osc_types.write_float),
    "s": _write_text,
    "b": _write_blob,
    "h": cast(Callable[[Any], bytes], osc_types.write_int64),
    "d": _finite(osc_types.write_double),
    "t": osc_types.write_date,
    "S": _write_text,
    "c": _write_character,
    "r": _write_color,
    "m": _write_midi,
} | dict.fromkeys("TFNI", lambda _: b"")
REFUSALS: Final = (
    osc_types.BuildError,
    OverflowError,
    TypeError,
    ValueError,
    struct.error,
)
