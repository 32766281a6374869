"""Payloads of F2 controllers (f2.md §2): decoding what they send, encoding commands."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
import enum
import re
from typing import Any, Final

import orjson

from ..domain.clock import device_clock
from ..domain.errors import InvalidField
from ..domain.json_values import InvalidJson, loads
from .grammar import KINDS, F2Malformed, Kind, Topic

MAX_PAYLOAD_BYTES: Final = 8 * 1024
MAX_LITERAL: Final = 1_023
"""Characters of a reader's data (f2.md §2)."""
MAX_FRAME_TEXT: Final = 2_048
LONGEST_PERIOD: Final = 255
"""Seconds."""
STATUS_REQUEST: Final = b""

# What `repr` makes of bytes, and nothing else.
_LITERAL: Final = re.compile(
    r"""b(?:'(?:[^'\\\x00-\x1f\x7f-\U0010ffff]|\\(?:[\\'"nrt]|x[0-9a-fA-F]{2}))*'"""
    r"""|"(?:[^"\\\x00-\x1f\x7f-\U0010ffff]|\\(?:[\\'"nrt]|x[0-9a-fA-F]{2}))*")"""
)
_NUMBER: Final = re.compile(r"-?\d{1,300}(?:\.\d{0,300})?", re.ASCII)
_NUMBER_KEYS: Final = ("value", "voltage", "temperature", "current")
_ECHO_START: Final = 0x02
_ECHO_END: Final = 0x03


class Feedback(enum.IntEnum):
    """What a reader's lights and buzzer can say."""

    SUCCESS = 1
    FAIL_1 = 2
    FAIL_2 = 3


class Power(enum.IntEnum):
    """What a strike can be told."""

    OFF = 0
    ON = 1
    TOGGLE = 2
    """The other state for a period, and back."""


@dataclass(frozen=True, slots=True)
class States:
    """States by component number."""

    by_number: Mapping[int, bool]
    measured_at: datetime | None


@dataclass(frozen=True, slots=True)
class Card:
    """What a reader has read. `is_echo`: only what it was told to show, and nobody's credential."""

    credential: bytes = field(repr=False)
    is_echo: bool
    measured_at: datetime | None


@dataclass(frozen=True, slots=True)
class Frame:
    """What a sensor sent: the bytes of a Modbus reply, or else just a number (f2.md §6.4)."""

    raw: bytes
    number: float | None
    measured_at: datetime | None


type Notification = States | Card | Frame


def read(topic: Topic, payload: bytes, zone: tzinfo, now: datetime) -> Notification:
    """Read what a component says; `zone` is that of the controller's clock. Raises F2Malformed with the reason."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise F2Malformed(f"payload larger than {MAX_PAYLOAD_BYTES} bytes")
    body: Any
    try:
        body = loads(payload)
    except InvalidJson:
        if topic.kind is not Kind.SENSOR:
            raise F2Malformed("payload is not JSON") from None
        body = payload.decode(errors="replace")
    if not isinstance(body, dict):
        if topic.kind is Kind.SENSOR:
            return Frame(b"", _number(body), None)
        raise F2Malformed("payload is not an object")
    measured_at = device_time(body.get("timestamp"), zone, now)
    return _READERS[topic.kind](topic, body, measured_at)


def device_time(value: Any, zone: tzinfo, now: datetime) -> datetime | None:
    """Read the time on a controller's clock, in UTC; None for what is none: nothing is refused for its time.

    An offset is kept, though none is known to be sent; of an hour that comes twice it is the one closer to `now`.
    """
    if not isinstance(value, str):
        return None
    try:
        moment = device_clock(value)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
        # Comparing within one zone would leave the fold out.
        both = (
            moment.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)
        )
        return min(both, key=lambda each: abs(each - now))
    except ValueError, OverflowError:
        return None


def bytes_literal(text: str) -> bytes:
    """Read the `repr` of a Python bytes object; raises F2Malformed."""
    if len(text) > MAX_LITERAL:
        raise F2Malformed(f"data longer than {MAX_LITERAL} characters")
    if not _LITERAL.fullmatch(text):
        raise F2Malformed("data is not a bytes literal")
    value: bytes = ast.literal_eval(text)
    return value


def credential_text(credential: bytes) -> str:
    """Return a credential as people write it: text, or hexadecimal digits where the bytes are none."""
    try:
        text = credential.decode().strip()
    except UnicodeDecodeError:
        text = ""
    return text if text and text.isprintable() else credential.hex().upper()


def frame_bytes(text: str) -> bytes:
    """Read hexadecimal digits with blanks between; raises F2Malformed."""
    if len(text) > MAX_FRAME_TEXT:
        raise F2Malformed(f"data longer than {MAX_FRAME_TEXT} characters")
    try:
        return bytes.fromhex(text.replace(" ", ""))
    except ValueError:
        raise F2Malformed("data is not hexadecimal") from None


def strike_payload(power: Power, period: int | None) -> bytes:
    """Return what a strike is told; `period` is 1 to 255 seconds. Raises InvalidField."""
    if period is not None and not (
        type(period) is int and 1 <= period <= LONGEST_PERIOD
    ):
        raise InvalidField(
            field="period", reason=f"must be a whole number from 1 to {LONGEST_PERIOD}"
        )
    if power is Power.TOGGLE and period is None:
        raise InvalidField(field="period", reason="is needed to switch for a while")
    return orjson.dumps({"power-flag": power.value, "period": period or 0})


def siren_payload(on: bool) -> bytes:
    """Return what a siren is told."""
    return b"1" if on else b"0"


def feedback_payload(kind: int) -> bytes:
    """Return what a reader is told to show; raises InvalidField."""
    try:
        return b"%d" % Feedback(kind)
    except ValueError:
        raise InvalidField(field="kind", reason="must be 1, 2 or 3") from None


def _states(
    topic: Topic, body: Mapping[str, Any], measured_at: datetime | None
) -> States:
    if topic.number is not None:
        return States({topic.number: _flag(body, "status")}, measured_at)
    found = {
        number: _flag(body, name)
        for number in range(1, KINDS[topic.kind].count + 1)
        if (name := f"{topic.kind}-{number}") in body
    }
    if not found:
        raise F2Malformed(f"no {topic.kind} in it")
    return States(found, measured_at)


def _flag(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name)
    # Other firmware may write them as numbers; JSON's true is not 1 here.
    if value not in (True, False) or isinstance(value, float):
        raise F2Malformed(f"{name} is neither true nor false")
    return bool(value)


def _card(_: Topic, body: Mapping[str, Any], measured_at: datetime | None) -> Card:
    data = body.get("data")
    if not isinstance(data, str):
        raise F2Malformed("data is not a text")
    credential = bytes_literal(data)
    if not credential:
        raise F2Malformed("data is empty")
    is_echo = (
        len(credential) > 1
        and credential[0] == _ECHO_START
        and credential[-1] == _ECHO_END
    )
    return Card(credential, is_echo, measured_at)


def _frame(_: Topic, body: Mapping[str, Any], measured_at: datetime | None) -> Frame:
    data = body.get("data")
    if isinstance(data, str):
        return Frame(frame_bytes(data), None, measured_at)
    named = next((body[key] for key in _NUMBER_KEYS if key in body), None)
    return Frame(b"", _number(named), measured_at)


def _number(value: Any) -> float | None:
    if isinstance(value, str) and (found := _NUMBER.search(value)):
        return float(found[0])
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return None


_READERS: Final[
    dict[Kind, Callable[[Topic, Mapping[str, Any], datetime | None], Notification]]
] = {
    Kind.STRIKE: _states,
    Kind.DOOR_SENSOR: _states,
    Kind.EXIT_BUTTON: _states,
    Kind.SIREN: _states,
    Kind.MOTION_SENSOR: _states,
    Kind.READER: _card,
    Kind.SENSOR: _frame,
}
