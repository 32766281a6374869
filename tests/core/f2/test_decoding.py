"""Values of frames: the vectors of f2.md §6."""

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.f2.decoding import crc16, crc_valid, decode
from custom_components.maestra.core.f2.templates import (
    ENVIRONMENTAL_SENSOR,
    POWER_MONITOR,
    Datapoint,
    Encoding,
    SensorTemplate,
)
from scripts.simulators.f2_controller import frame
from tests.kits.f2 import SAMPLE

RAW = bytes.fromhex(SAMPLE)


def datapoint(
    encoding: str, length: int, decimals: int = 0, offset: int = 0
) -> Datapoint:
    return Datapoint(
        id="x",
        label="X",
        offset=offset,
        length=length,
        encoding=Encoding(encoding),
        decimals=decimals,
    )


def decode_all(raw: bytes, template: SensorTemplate) -> dict[str, float | None]:
    return {each.id: decode(raw, each) for each in template.datapoints}


def test_every_datapoint_of_the_sample() -> None:
    """All datapoints are decoded, not only the first."""
    assert decode_all(RAW, ENVIRONMENTAL_SENSOR) == {
        "temperature": 123.42,
        "humidity": 128.56,
        "co2": 12337,
    }
    assert decode_all(RAW, POWER_MONITOR) == {"voltage": 25.9, "current": 3.122}


@pytest.mark.parametrize(
    ("raw", "encoding", "length", "decimals", "value"),
    [
        ("FF9C", "Int16", 2, 1, -10.0),
        ("7FFF", "Int16", 2, 0, 32767),
        ("8000", "Int16", 2, 0, -32768),
        ("80", "Int8", 1, 0, -128),
        ("7F", "Int8", 1, 0, 127),
        ("FF", "Uint8", 1, 0, 255),
        ("FFFF", "Uint16", 2, 0, 65535),
        # The length is not checked: 65536 goes only once.
        ("00018000", "Int16", 4, 0, 0x18000 - 0x10000),
        ("FFFFFFFF", "Int32", 4, 0, -1),
        ("FFFFFFFF", "Uint32", 4, 0, 4294967295),
        ("41BE0000", "Float32", 4, 0, 23.75),
        ("41BE0000", "Float32", 4, 1, 2.375),
        ("7FC00000", "Float32", 4, 0, None),
        ("7F800000", "Float32", 4, 2, None),
        ("010203", "Unsigned", 3, 0, 0x010203),
        ("01", "Int16", 2, 0, None),
        ("", "Uint8", 1, 0, None),
    ],
)
def test_encodings(
    raw: str, encoding: str, length: int, decimals: int, value: float | None
) -> None:
    """The highest byte comes first, and too few bytes are no value."""
    assert decode(bytes.fromhex(raw), datapoint(encoding, length, decimals)) == value


def test_too_short() -> None:
    """A frame of six bytes has nothing at byte six."""
    assert decode(bytes(6), datapoint("Int16", 2, offset=6)) is None
    assert decode(bytes(7), datapoint("Int16", 2, offset=6)) is None
    assert decode(bytes(8), datapoint("Int16", 2, offset=6)) == 0


@given(
    st.binary(max_size=40),
    st.sampled_from([*Encoding]),
    st.integers(0, 40),
    st.integers(0, 9),
)
def test_any_frame(raw: bytes, encoding: Encoding, offset: int, decimals: int) -> None:
    """A value comes out exactly where the bytes are there, and no frame raises."""
    length = {"Int8": 1, "Uint8": 1, "Int16": 2, "Uint16": 2}.get(encoding, 4)
    point = datapoint(encoding, length, decimals, offset)
    value = decode(raw, point)
    is_there = offset + length <= len(raw)
    assert (value is not None) <= is_there
    assert (value is None) <= (not is_there or encoding is Encoding.FLOAT32)
    crc_valid(raw)


def test_checksums_are_only_told() -> None:
    """The sample's is wrong, as the document says; a right one is known."""
    assert crc16(RAW[:15]).to_bytes(2, "little") == bytes.fromhex("AE1A")
    assert crc_valid(RAW) is False
    assert crc_valid(RAW[:15] + bytes.fromhex("AE1A")) is True
    # The documented frame has a byte too many.
    assert crc_valid(RAW[:15] + bytes.fromhex("AE1A01")) is True
    assert crc_valid(b"\x01\x03\x00\x01") is None
    assert crc_valid(frame()) is True
