"""OSC packets, from bytes to messages with JSON values and back. No I/O, and nothing here raises on what comes in."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
import re
from typing import Any, Final

from pythonosc.parsing import osc_types

from ...domain.errors import InvalidField
from ...domain.json_types import JsonValue
from ..state_command import Malformed
from .arguments import READERS, REFUSALS, WRITERS, Unreadable, read_text

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
_ADDRESS: Final = re.compile(r"/[!-~]*")
_LITERAL: Final = re.compile(r"/[!\"$-)+\-.->@-Z\\^-z|~]*")


@dataclass(frozen=True, slots=True)
class OscMessage:
    """One message. `at` is when it is meant to work, in seconds since 1970; 0 for at once.

    Arguments are JSON values: a blob is `{"blob": <base64>}`, a colour `"#rrggbbaa"`, a MIDI message
    a list of four bytes, a time tag seconds since 1970 (0 for at once), an impulse `true`, nil null.
    """

    address: str
    arguments: tuple[JsonValue, ...] = ()
    at: float = 0


def decode(packet: bytes, longest: int = MAX_DATAGRAM) -> list[OscMessage] | Malformed:
    """Read a packet: a message, or a bundle of messages and bundles in their order."""
    if len(packet) > longest:
        return Malformed(f"packet is longer than {longest} bytes")
    found: list[OscMessage] = []
    try:
        _read(packet, 0, 0, found)
    except (Unreadable, osc_types.ParseError) as error:
        return Malformed(str(error))
    except UnicodeDecodeError:
        return Malformed("text is not UTF-8")
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
            reason="must begin with / and have no blanks and none of # * , ? [ ] { }",
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
    return (
        isinstance(text, str)
        and len(text) <= MAX_ADDRESS_LENGTH
        and _LITERAL.fullmatch(text) is not None
    )


def _read(packet: bytes, at: float, depth: int, found: list[OscMessage]) -> None:
    # Bundles are walked here: python-osc never ends on an element of negative size.
    if not packet.startswith(_BUNDLE):
        if len(found) >= MAX_MESSAGES:
            raise Unreadable(f"more than {MAX_MESSAGES} messages")
        found.append(_message(packet, at))
        return
    if depth >= MAX_BUNDLE_DEPTH:
        raise Unreadable(f"bundles deeper than {MAX_BUNDLE_DEPTH}")
    time, index = osc_types.get_date(packet[: len(_BUNDLE) + 8], len(_BUNDLE))
    # Nothing may work before the bundle that it is in (OSC 1.0): a wrong order is put right.
    at = max(at, time)
    while index < len(packet):
        size, index = osc_types.get_int(packet[: index + 4], index)
        if size <= 0 or size % 4 or index + size > len(packet):
            raise Unreadable("a bundle has an element of impossible size")
        _read(packet[index : index + size], at, depth + 1, found)
        index += size


def _message(packet: bytes, at: float) -> OscMessage:
    view = memoryview(packet)
    address, index = read_text(view, 0)
    if len(address) > MAX_ADDRESS_LENGTH or not _ADDRESS.fullmatch(address):
        raise Unreadable("address is not one of OSC")
    if index == len(packet):
        return OscMessage(address, (), at)
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
    return OscMessage(address, tuple(arguments), at)


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
