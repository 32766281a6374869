"""OSC packets, from bytes to messages with JSON values and back. No I/O, and nothing here raises on what comes in."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from math import isfinite
import re
import struct
from typing import Any, Final, NamedTuple, cast

import orjson
from pythonosc.parsing import osc_types

from ..bus import TrafficMeter
from ..domain.errors import InvalidField
from ..domain.json_values import JsonValue
from ..transport.commands import Malformed

_COLOR: Final = re.compile(r"#[0-9a-fA-F]{8}")
REFUSALS: Final = (
    osc_types.BuildError,
    OverflowError,
    TypeError,
    ValueError,
    struct.error,
)
MAX_DATAGRAM: Final = 65_507
"""Bytes that fit a UDP datagram."""
MAX_PACKET: Final = 1024 * 1024
"""Bytes over TCP."""
MAX_ADDRESS_LENGTH: Final = 512
MAX_BUNDLE_DEPTH: Final = 8
MAX_ARRAY_DEPTH: Final = 8
MAX_MESSAGES: Final = 1_000
MAX_ARGUMENTS: Final = 1_000
MAX_FLOAT: Final = 3.4028234663852886e38
"""The largest that four bytes hold."""
_BUNDLE: Final = b"#bundle\0"
MAX_HEAD: Final = 256
"""Bytes of an address with its type tags that is remembered."""
_NUMBERS: Final = frozenset("ifhd")
_RESERVED: Final = frozenset("#*,?[]{}")
"""What has a meaning in patterns and packets."""
_PLAIN: Final = re.compile(r"[!\"$-)+\-.0->@-Z\\^-z|~]+")


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


class OscMessage(NamedTuple):
    """One message. `at` is when it is meant to work, in seconds since 1970; 0 for at once.

    Arguments are JSON values: a blob is `{"blob": <base64>}`, a colour `"#rrggbbaa"`, a MIDI message
    a list of four bytes, a time tag seconds since 1970 (0 for at once), an impulse `true`, nil null.
    """

    address: str
    arguments: tuple[JsonValue, ...] = ()
    at: float = 0


def show(traffic: TrafficMeter, packet: bytes, *, is_incoming: bool) -> None:
    """Show what is in a packet to whoever watches."""
    if not traffic.is_watched:
        return
    for message in decode(packet):
        if isinstance(message, OscMessage):
            arguments = orjson.dumps(message.arguments)
            traffic.show(message.address, arguments, is_incoming=is_incoming)


def decode(packet: bytes, longest: int = MAX_DATAGRAM) -> list[OscMessage | Malformed]:
    """Read a packet: a message, or a bundle of messages and bundles in their order.

    What can't be read is a Malformed in its place, whose `client` is its address where that can be; the others are
    what they are.
    """
    if len(packet) > longest:
        return [Malformed(f"packet is longer than {longest} bytes")]
    found: list[OscMessage | Malformed] = []
    _read(packet, 0, 0, found)
    return found


def encode(address: str, values: Iterable[JsonValue] = ()) -> bytes:
    """Write a message; raises InvalidField.

    A whole number becomes `i`, or `h` where it needs more than 32 bits, another number `f`, or `d` where that is too small, text `s`, true and
    false `T` and `F`, null `N`, a list an array. `{"type": "d", "value": 0.5}` chooses the type; of those that
    JSON does not have, values look as in `OscMessage`.
    """
    if not is_address(address):
        raise InvalidField(
            field="address",
            reason="must begin with /, be printable, and have none of # * , ? [ ] { }",
        )
    tags, content = [","], bytearray()
    for value in values:
        _write(value, tags, content, 0)
    if sum(map(len, tags)) > MAX_ARGUMENTS + 1:
        raise InvalidField(field="values", reason=f"more than {MAX_ARGUMENTS}")
    return b"".join(
        (
            osc_types.write_string(address),
            osc_types.write_string("".join(tags)),
            content,
        )
    )


def is_address(text: object) -> bool:
    """Tell whether a message can be sent there."""
    return isinstance(text, str) and _is_readable(text) and _RESERVED.isdisjoint(text)


def is_plain_part(text: str) -> bool:
    """Tell whether a text can stand between two / of an address for every client: OSC 1.0 has ASCII without blanks."""
    return _PLAIN.fullmatch(text) is not None


def _is_readable(address: str) -> bool:
    # Programs name what people named: layers with blanks, parameters in any script.
    return (
        len(address) <= MAX_ADDRESS_LENGTH
        and address.startswith("/")
        and address.isprintable()
    )


def _read(
    packet: bytes, at: float, depth: int, found: list[OscMessage | Malformed]
) -> None:
    # Bundles are walked here: python-osc never ends on an element of negative size.
    if not packet.startswith(_BUNDLE):
        found.append(
            _message(packet, at)
            if len(found) < MAX_MESSAGES
            else Malformed(f"more than {MAX_MESSAGES} messages")
        )
        return
    try:
        _unpack(packet, at, depth, found)
    except (Unreadable, osc_types.ParseError) as error:
        found.append(Malformed(str(error)))


def _unpack(
    packet: bytes, at: float, depth: int, found: list[OscMessage | Malformed]
) -> None:
    """Read the elements of a bundle; raises Unreadable, ParseError where there are no more."""
    if depth >= MAX_BUNDLE_DEPTH:
        raise Unreadable(f"bundles deeper than {MAX_BUNDLE_DEPTH}")
    time, index = osc_types.get_date(packet[: len(_BUNDLE) + 8], len(_BUNDLE))
    # Nothing may work before the bundle that it is in (OSC 1.0): a wrong order is put right.
    at = max(at, time)
    while index < len(packet) and len(found) <= MAX_MESSAGES:
        size, index = osc_types.get_int(packet[: index + 4], index)
        if size <= 0 or size % 4 or index + size > len(packet):
            raise Unreadable("a bundle has an element of impossible size")
        _read(packet[index : index + size], at, depth + 1, found)
        index += size


def _numbers(packet: bytes, at: float) -> OscMessage | None:
    """Read a message of numbers alone, as faders and trackers send by the thousand; None for all else."""
    end = packet.find(b"\0,") + 1
    head = packet[: (packet.find(b"\0", end) | 3) + 1]
    if len(head) > MAX_HEAD or (known := _head(head)) is None:
        return None
    address, numbers = known
    if len(packet) < len(head) + numbers.size:
        return None
    arguments = numbers.unpack_from(packet, len(head))
    return OscMessage(address, arguments, at) if all(map(isfinite, arguments)) else None


@lru_cache(maxsize=4_096)
def _head(head: bytes) -> tuple[str, struct.Struct] | None:
    """Read an address with its type tags; None where they are not right, or are not of numbers alone."""
    try:
        view = memoryview(head)
        address, index = _address(view)
        tags, index = read_text(view, index)
    except Unreadable, UnicodeDecodeError:
        return None
    if index < len(head) or tags[:1] != "," or not _NUMBERS.issuperset(tags[1:]):
        return None
    # `struct` has the same letters, but for one.
    return address, struct.Struct(f">{tags[1:].replace('h', 'q')}")


def _message(packet: bytes, at: float) -> OscMessage | Malformed:
    if message := _numbers(packet, at):
        return message
    address = None
    try:
        view = memoryview(packet)
        address, index = _address(view)
        return OscMessage(address, _arguments(packet, view, index), at)
    except (Unreadable, osc_types.ParseError) as error:
        return Malformed(str(error), address)
    except UnicodeDecodeError:
        return Malformed("text is not UTF-8", address)


def _address(view: memoryview) -> tuple[str, int]:
    address, index = read_text(view, 0)
    if not _is_readable(address):
        raise Unreadable("address is not one of OSC")
    return address, index


def _arguments(packet: bytes, view: memoryview, index: int) -> tuple[JsonValue, ...]:
    """Read what follows the address; raises Unreadable, ParseError, UnicodeDecodeError."""
    if index == len(packet):
        return ()
    tags, index = read_text(view, index)
    if not tags.startswith(","):
        raise Unreadable("type tags are missing")
    if len(tags) > MAX_ARGUMENTS + 1:
        raise Unreadable(f"more than {MAX_ARGUMENTS} arguments")
    arguments: list[JsonValue] = []
    arrays = [arguments]
    for tag in tags[1:]:
        if reader := READERS.get(tag):
            value, index = reader(view, index)
            arrays[-1].append(value)
        elif tag == "[" and len(arrays) <= MAX_ARRAY_DEPTH:
            array: list[JsonValue] = []
            arrays[-1].append(array)
            arrays.append(array)
        elif tag == "]" and len(arrays) > 1:
            arrays.pop()
        else:
            raise Unreadable(f"type tag {tag!r} is not known here")
    if len(arrays) > 1:
        raise Unreadable("an array has no end")
    return tuple(arguments)


def _write(value: Any, tags: list[str], content: bytearray, depth: int) -> None:
    tag = ""
    match value:
        case bool() | None:
            tag = {True: "T", False: "F", None: "N"}[value]
        case int():
            tag = "i" if -(2**31) <= value < 2**31 else "h"
        case float():
            tag = "f" if abs(value) <= MAX_FLOAT else "d"
        case str():
            tag = "s"
        case list() | tuple() if depth < MAX_ARRAY_DEPTH:
            tags.append("[")
            for item in value:
                _write(item, tags, content, depth + 1)
            tags.append("]")
            return
        case {"type": str(tag), "value": value}:
            pass
        case {"type": str(tag)} if tag in "TFNI":
            value = None
        case {"blob": str(value)}:
            tag = "b"
    writer = WRITERS.get(tag)
    if writer is None:
        raise InvalidField(
            field="values", reason=f"{str(value)[:100]!r} has no OSC type"
        )
    try:
        content += writer(value)
    except REFUSALS as error:
        raise InvalidField(
            field="values", reason=f"{str(value)[:100]!r} does not fit type {tag}"
        ) from error
    tags.append(tag)


def split(messages: Iterable[OscMessage]) -> Iterator[tuple[float, list[OscMessage]]]:
    """Put messages that work at the same time together, each time once."""
    moments: dict[float, list[OscMessage]] = {}
    for message in messages:
        moments.setdefault(message.at, []).append(message)
    yield from moments.items()
