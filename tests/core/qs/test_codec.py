"""Reading QS messages: the vectors of qs.md §2 to §7, and whatever else may come."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
import json
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import orjson
import pytest

from custom_components.maestra.core.qs.codec import (
    MAX_BATCH,
    MAX_PAYLOAD_BYTES,
    Decoded,
    Reading,
    deadletter_payload,
    decode,
    device_time,
)
from custom_components.maestra.core.qs.dead_letters import DeadLetters
from tests.kits.qs import event

PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def read(body: Any, zone: tzinfo = PACIFIC) -> Decoded:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decode(payload, zone, NOW)


def one(body: Any) -> Reading:
    decoded = read(body)
    assert decoded.malformed == []
    (reading,) = decoded.readings
    return reading


def error(body: Any) -> str:
    decoded = read(body)
    assert decoded.readings == []
    (malformed,) = decoded.malformed
    return malformed.error


def test_the_sample_of_the_readme() -> None:
    found = one(
        {
            "schema": 1,
            "event_id": "esp32-01-1707523200000",
            "device_id": "esp32-01",
            "event_type": "temperature",
            "value": 23.5,
            "unit": "C",
            "ts_device": "2024-02-10T00:00:00Z",
            "meta": {"sensor": "dht22", "location": "living_room"},
        }
    ).event
    assert (found.value, found.unit, found.schema) == (23.5, "C", 1)
    assert found.ts_device == datetime(2024, 2, 10, tzinfo=UTC)
    assert found.ts_server == NOW
    assert found.meta == {"sensor": "dht22", "location": "living_room"}


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        (42, 42.0),
        (21.5, 21.5),
        (True, 1.0),
        (False, 0.0),
        (None, None),
        ("21.5", "21.5"),
        ("open", "open"),
        ([1, "a"], '[1,"a"]'),
        ({"a": None}, '{"a":null}'),
    ],
)
def test_values(value: object, taken: object) -> None:
    """Numbers are numbers, texts stay texts, and what is neither is JSON (qs.md §3)."""
    found = one(event("a", value=value)).event.value
    assert found == taken
    assert type(found) is type(taken)


@pytest.mark.parametrize(
    ("schema", "taken"), [(1, 1), ("1", 1), (1.9, 1), (True, 1), (7, 7)]
)
def test_schemas(schema: object, taken: int) -> None:
    """Any whole number, however it is written; the acknowledgement says it as it was sent."""
    reading = one(event("a", schema=schema))
    assert reading.event.schema == taken
    assert orjson.loads(reading.ack)["schema"] == schema


@pytest.mark.parametrize("schema", ["one", [], {}, 2**40, "1.9"])
def test_no_schema(schema: object) -> None:
    """What is no whole number is refused."""
    assert error(event("a", schema=schema)) == "schema: not a whole number"


@pytest.mark.parametrize("name", ["schema", "event_id", "device_id", "event_type"])
def test_required_fields(name: str) -> None:
    """Null is nothing."""
    complete = event("a")
    assert error(complete | {name: None}) == f"missing required field {name}"
    del complete[name]
    assert error(complete) == f"missing required field {name}"


def test_required_fields_are_missed_in_order() -> None:
    assert error({}) == "missing required field schema"
    assert error({"schema": 1}) == "missing required field event_id"


@pytest.mark.parametrize("meta", [None, {}, 0, "", False, []])
def test_no_meta(meta: object) -> None:
    assert one(event("a", meta=meta)).event.meta == {}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (1, "not an object"),
        ([None], "not an object"),
        (["x"], "not an object"),
        (event("a", unit=3), "unit: not a text"),
        (event("a", event_type=[]), "event_type: not a text"),
        (event(" "), "event_id: not a printable text"),
        (event("a\0"), "event_id: not a printable text"),
        (event("a" * 256), "event_id: longer than 255 characters"),
        (event("a", "b/c"), "device_id: not one level of a topic"),
        (event("a", "+"), "device_id: not one level of a topic"),
        (event("a", "b\n"), "device_id: not a printable text"),
        (event("a", meta="x" * 20_000), "meta: larger than 16384 bytes"),
        (event("a", value="x" * 70_000), "larger than 65536 bytes"),
        (
            [event("a")] * (MAX_BATCH + 1),
            f"more than {MAX_BATCH} events in one message",
        ),
        (
            b" " * (MAX_PAYLOAD_BYTES + 1),
            f"payload larger than {MAX_PAYLOAD_BYTES} bytes",
        ),
    ],
)
def test_what_is_refused(body: object, reason: str) -> None:
    assert error(body) == reason


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 400])
@pytest.mark.parametrize("name", ["value", "meta", "other"])
def test_no_number_does_not_stop_the_rest(number: str, name: str) -> None:
    """Python's devices send what is no JSON: only that element is refused."""
    good = json.dumps(event("a"))
    bad = good.replace("21.5", number).replace("value", name)
    decoded = read(f"[{good},{bad},{good}]".encode())
    assert [it.index for it in decoded.readings] == [0, 2]
    assert [it.index for it in decoded.malformed] == [1]


def test_a_lone_surrogate_does_not_stop_the_rest() -> None:
    good = json.dumps(event("a"))
    decoded = read(
        f"[{good},{good.replace('temperature', chr(92) + 'ud800')}]".encode()
    )
    assert [it.index for it in decoded.readings] == [0]
    assert [it.index for it in decoded.malformed] == [1]


def test_bytes_that_are_no_text_are_replaced() -> None:
    payload = json.dumps(event("a", value="x")).encode().replace(b'"x"', b'"\xff"')
    assert one(payload).event.value == "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("payload", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"nope"])
def test_no_json(payload: bytes) -> None:
    assert error(payload).startswith("not JSON")


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("2024-02-10T00:00:00Z", PACIFIC, "2024-02-10T00:00"),
        ("2024-02-10T00:00:00", PACIFIC, "2024-02-10T08:00"),
        ("2024-07-10T00:00:00", PACIFIC, "2024-07-10T07:00"),
        ("2024-02-10T00:00:00+02:00", PACIFIC, "2024-02-09T22:00"),
        ("2024-02-10", PACIFIC, "2024-02-10T08:00"),
        ("2024-11-03T01:30", PACIFIC, "2024-11-03T08:30"),
        (" 2024-02-10T00:00:00Z ", PACIFIC, "2024-02-10T00:00"),
        ("2024-07-10T00:00:00", ZoneInfo("Etc/GMT+8"), "2024-07-10T08:00"),
        ("2024-07-10T00:00:00", timezone(timedelta(hours=-8)), "2024-07-10T08:00"),
        ("2024-07-10T00:00:00", UTC, "2024-07-10T00:00"),
    ],
)
def test_times(text: str, zone: tzinfo, moment: str) -> None:
    """The cases of qs.md §4."""
    assert device_time(text, zone) == datetime.fromisoformat(f"{moment}+00:00")


@pytest.mark.parametrize(
    "value",
    [
        *("", "  ", 1707523200, "garbage", None, []),
        *("0001-01-01T00:00:00+14:00", "9999-13"),
        # Counts since 1970, as text: Python reads the first as a day of 1763.
        *("1763012312345", " 1763012312345 ", "1763012312", "17630123.5"),
        *("1763012312345+00:00", "2024-02-10112:30"),
    ],
)
def test_no_times(value: object) -> None:
    """They never cost the event."""
    assert one(event("a", ts_device=value)).event.ts_device is None


def test_older_firmware_says_timestamp() -> None:
    moment = datetime(2024, 2, 10, tzinfo=UTC)
    assert one(event("a", timestamp="2024-02-10T00:00:00Z")).event.ts_device == moment
    both = event("a", ts_device="2024-02-10T00:00:00Z", timestamp="2025-01-01")
    assert one(both).event.ts_device == moment
    empty = event("a", ts_device="", timestamp="2024-02-10T00:00:00Z")
    assert one(empty).event.ts_device == moment


def test_the_acknowledgement() -> None:
    reading = one(event("b-001", "esp32-02"))
    assert reading.ack_topic == "qs/v1/esp32-02/acks"
    assert orjson.loads(reading.ack) == {
        "schema": 1,
        "event_id": "b-001",
        "device_id": "esp32-02",
        "status": "stored",
    }


def test_marks_tell_ids_and_contents() -> None:
    """The order of keys does not matter."""
    first, again = one(event("a")), one(dict(reversed(event("a").items())))
    assert first.mark == again.mark
    other = one(event("a", value=3))
    assert first.mark.key == other.mark.key
    assert first.mark.content != other.mark.content
    assert first.mark.key != one(event("b")).mark.key


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
EVENTS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("schema", "event_id", "device_id", "event_type", "value", "unit", "ts_device", "meta", "timestamp"), JSON),
)  # fmt: skip


@given(JSON | st.lists(EVENTS | st.just(event("a")), max_size=8))
def test_whatever_json_comes(body: object) -> None:
    """Every element is either taken or refused, in its place, and can be told of."""
    decoded = decode(json.dumps(body).encode(), PACIFIC, NOW)
    places = [it.index for it in decoded.readings] + [
        it.index for it in decoded.malformed
    ]
    assert sorted(places) == list(range(decoded.total))
    dead_letters = DeadLetters()
    for malformed in decoded.malformed:
        letter = dead_letters.add(
            malformed, gateway="g", topic="t", timestamp=NOW, total=1, stored=0
        )
        orjson.loads(deadletter_payload(letter))
    for reading in decoded.readings:
        assert orjson.loads(reading.ack)["event_id"] == reading.event.event_id
    restored = DeadLetters()
    for letter in reversed(list(dead_letters)):
        restored.restore(orjson.loads(orjson.dumps(letter)))
    assert list(restored) == list(dead_letters)


@given(st.binary(max_size=200))
def test_whatever_bytes_come(payload: bytes) -> None:
    decoded = decode(payload, PACIFIC, NOW)
    assert len(decoded.readings) + len(decoded.malformed) == decoded.total
