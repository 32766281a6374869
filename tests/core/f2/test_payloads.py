"""Payloads of f2.md §2, and whatever else may come."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
import json
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.f2.grammar import F2Malformed, Kind, Topic
from custom_components.maestra.core.f2.payloads import (
    MAX_LITERAL,
    MAX_PAYLOAD_BYTES,
    Card,
    Frame,
    Notification,
    Power,
    States,
    bytes_literal,
    credential_text,
    device_time,
    feedback_payload,
    frame_bytes,
    read,
    siren_payload,
    strike_payload,
)
from tests.kits.f2 import MAC, SAMPLE

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
CLOCK = "2026-11-21 11:00:00.000000"
STRIKE = Topic("stat", MAC, "J1", Kind.STRIKE, 1)
DOORS = Topic("stat", MAC, "J1", Kind.DOOR_SENSOR, None)
BUTTONS = Topic("stat", MAC, "J1", Kind.EXIT_BUTTON, None)
READER = Topic("tele", MAC, "J1", Kind.READER, 1)
SIREN = Topic("stat", MAC, "J2", Kind.SIREN, 2)
MOTION = Topic("stat", MAC, "J2", Kind.MOTION_SENSOR, 5)
SENSOR = Topic("tele", MAC, "J3", Kind.SENSOR, 6)
ALL = [STRIKE, DOORS, BUTTONS, READER, SIREN, MOTION, SENSOR]


def reads(topic: Topic, body: Any) -> Notification:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read(topic, payload, BERLIN, NOW)


@pytest.mark.parametrize(
    ("topic", "fields", "states"),
    [
        (STRIKE, {"status": True}, {1: True}),
        (SIREN, {"status": False}, {2: False}),
        (MOTION, {"status": 1}, {5: True}),
        (DOORS, {"door-sensor-1": True, "door-sensor-2": False}, {1: True, 2: False}),
        (DOORS, {"door-sensor-2": True}, {2: True}),
        (BUTTONS, {"exit-button-1": False, "exit-button-2": True}, {1: False, 2: True}),
    ],
)
def test_states(topic: Topic, fields: dict[str, Any], states: dict[int, bool]) -> None:
    """Each component's state is read, with the controller's time."""
    assert reads(topic, {"timestamp": CLOCK, **fields}) == States(states, NOW)


@pytest.mark.parametrize(
    ("data", "credential", "is_echo"),
    [
        ("b'\"Hello World\"'", b'"Hello World"', False),
        (r"b'\x02\x02\x01\x00\x00\x00\x03\x03'", b"\x02\x02\x01\0\0\0\x03\x03", True),
        ("b'04A224B2C45E80'", b"04A224B2C45E80", False),
        ('b"it\'s"', b"it's", False),
        (r"b'\x02'", b"\x02", False),
    ],
)
def test_cards(data: str, credential: bytes, is_echo: bool) -> None:
    """Readers send the representation of Python bytes; frames of their own lights are nobody's card."""
    told = reads(READER, {"timestamp": CLOCK, "data": data})
    assert told == Card(credential, is_echo, NOW)
    assert repr(credential)[1:] not in repr(told)


def test_frames() -> None:
    """A sensor's frame is read as bytes, in whatever form the digits are."""
    raw = bytes.fromhex(SAMPLE)
    assert len(raw) == 18
    for data in (SAMPLE, SAMPLE.lower(), SAMPLE.replace(" ", "")):
        assert reads(SENSOR, {"timestamp": CLOCK, "data": data}) == Frame(
            raw, None, NOW
        )


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ({"value": 1.5}, 1.5),
        ({"voltage": "25.9 V"}, 25.9),
        ({"temperature": None}, None),
        (b"21", 21.0),
        (b'"about -3.5 degrees"', -3.5),
        (b"warm", None),
        (b"12 C", 12.0),
        (b"null", None),
        (b"true", None),
    ],
)
def test_numbers_in_place_of_frames(body: Any, number: float | None) -> None:
    """What is no frame may have a number in it (f2.md §6.4)."""
    assert reads(SENSOR, body) == Frame(b"", number, None)


@pytest.mark.parametrize(
    ("topic", "body", "reason"),
    [
        (STRIKE, b"", "not JSON"),
        (STRIKE, b"\xff", "not JSON"),
        (STRIKE, b"[1]", "not an object"),
        (STRIKE, {}, "status is neither"),
        (STRIKE, {"status": "true"}, "status is neither"),
        (STRIKE, {"status": 2}, "status is neither"),
        (STRIKE, {"status": 1.0}, "status is neither"),
        (DOORS, {"status": True}, "no door-sensor"),
        (DOORS, {"door-sensor-1": None}, "door-sensor-1 is neither"),
        (READER, {"data": 5}, "not a text"),
        (READER, {"data": "b''"}, "empty"),
        (READER, {"data": "Hello"}, "not a bytes literal"),
        (SENSOR, {"data": "01 0"}, "not hexadecimal"),
        (SENSOR, {"data": "0G"}, "not hexadecimal"),
        (SENSOR, {"data": "00" * 2000}, "longer than"),
        (SENSOR, b"1" * (MAX_PAYLOAD_BYTES + 1), "payload larger"),
    ],
)
def test_refuses_with_a_reason(topic: Topic, body: Any, reason: str) -> None:
    """What can't be read is refused, and it is said why."""
    with pytest.raises(F2Malformed, match=reason):
        reads(topic, body)


@given(st.binary(max_size=200))
def test_bytes_literals(value: bytes) -> None:
    """Whatever bytes a reader has, their representation is read as them."""
    assert bytes_literal(repr(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "b'a'+b'b'",
        "b'a' b'b'",
        "b'a'*9",
        "'a'",
        "b'a",
        "b'a'\n",
        "b'\n'",
        "rb'a'",
        "b'\\d'",
        "b'\\x1'",
        "b'é'",
        "b'''a'''",
        "(" * 500 + "b''" + ")" * 500,
        f"b'{'a' * MAX_LITERAL}'",
        "",
    ],
)
def test_no_bytes_literals(text: str) -> None:
    """Nothing but one literal as `repr` writes it is read, and nothing is ever run."""
    with pytest.raises(F2Malformed):
        bytes_literal(text)


@given(st.text(max_size=100) | st.text(alphabet="b'\"\\x0af ()", max_size=60))
def test_literals_are_read_or_refused(text: str) -> None:
    """Whatever the text is, it is read or refused."""
    with suppress(F2Malformed):
        assert isinstance(bytes_literal(text), bytes)


@given(st.sampled_from(ALL), st.binary(max_size=300))
def test_payloads_are_read_or_refused(topic: Topic, payload: bytes) -> None:
    """Whatever bytes come, nothing else is raised."""
    with suppress(F2Malformed):
        reads(topic, payload)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
NAMES = st.sampled_from(
    ["timestamp", "status", "data", "value", "door-sensor-1", "exit-button-2"]
)


@given(st.sampled_from(ALL), st.dictionaries(NAMES, JSON, max_size=4))
def test_objects_are_read_or_refused(topic: Topic, body: dict[str, Any]) -> None:
    """Whatever JSON comes, nothing else is raised."""
    with suppress(F2Malformed):
        reads(topic, body)


@given(st.binary(max_size=300))
def test_frames_survive(raw: bytes) -> None:
    """Any frame is read as it was sent."""
    assert frame_bytes(raw.hex(" ").upper()) == raw


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-21 11:00:00.123456", NOW + timedelta(microseconds=123_456)),
        ("2026-11-21 11:00:00", NOW),
        ("2026-07-01 11:00:00", datetime(2026, 7, 1, 9, tzinfo=UTC)),
        ("2026-11-21T11:00:00+00:00", NOW + timedelta(hours=1)),
        ("yesterday", None),
        ("0001-01-01 00:00:00", None),
        ("", None),
        (None, None),
        (1_795_255_200, None),
    ],
)
def test_clocks(text: Any, moment: datetime | None) -> None:
    """A clock without a zone is in the controller's."""
    assert device_time(text, BERLIN, NOW) == moment


@pytest.mark.parametrize("hour", [0, 1])
def test_an_hour_that_comes_twice(hour: int) -> None:
    """It is the one that is closer to now."""
    now = datetime(2026, 10, 25, hour, 30, 1, tzinfo=UTC)
    assert device_time("2026-10-25 02:30:00", BERLIN, now) == now - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("credential", "text"),
    [
        (b"04A224B2\r\n", "04A224B2"),
        ("Zoë".encode(), "Zoë"),
        (b"\x01\xff", "01FF"),
        (b"a\0b", "610062"),
        (b"  ", "2020"),
    ],
)
def test_credentials_as_text(credential: bytes, text: str) -> None:
    """Text stays text, other bytes become digits."""
    assert credential_text(credential) == text


def test_commands() -> None:
    """What controllers are told."""
    assert json.loads(strike_payload(Power.TOGGLE, 5)) == {"power-flag": 2, "period": 5}
    assert json.loads(strike_payload(Power.ON, None)) == {"power-flag": 1, "period": 0}
    assert (siren_payload(True), siren_payload(False)) == (b"1", b"0")
    assert [feedback_payload(kind) for kind in (1, 2, 3)] == [b"1", b"2", b"3"]


@pytest.mark.parametrize("period", [0, 256, -1, 1.5, True, None])
def test_periods(period: Any) -> None:
    """A period has 1 to 255 seconds."""
    with pytest.raises(InvalidField, match="period"):
        strike_payload(Power.TOGGLE, period)


def test_no_other_feedback() -> None:
    """A reader can say three things."""
    with pytest.raises(InvalidField, match="kind"):
        feedback_payload(4)
