"""Values from the frames of RS-485 sensors (f2.md §6)."""

from collections.abc import Callable, Mapping
import math
import struct
from typing import Final

from .templates import Datapoint, Encoding, SensorTemplate

_CRC_BYTES: Final = 2
_HEADER_BYTES: Final = 3


def _signed(limit: int) -> Callable[[bytes], float]:
    # Subtracted once, whatever the length is: so the reference has it (f2.md §6.5).
    def read(part: bytes) -> float:
        value = int.from_bytes(part)
        return value - 2 * limit if value >= limit else value

    return read


def _float32(part: bytes) -> float:
    value: float = struct.unpack(">f", part)[0]
    return value


_READERS: Final[Mapping[Encoding, Callable[[bytes], float]]] = {
    Encoding.INT16: _signed(0x8000),
    Encoding.UINT16: int.from_bytes,
    Encoding.INT8: _signed(0x80),
    Encoding.UINT8: int.from_bytes,
    Encoding.INT32: _signed(0x8000_0000),
    Encoding.UINT32: int.from_bytes,
    Encoding.FLOAT32: _float32,
    Encoding.UNSIGNED: int.from_bytes,
}


def decode(frame: bytes, datapoint: Datapoint) -> float | None:
    """Return the value of a datapoint; None where the frame is too short, or has no finite number there."""
    part = frame[datapoint.offset : datapoint.offset + datapoint.length]
    if len(part) < datapoint.length:
        return None
    value = _READERS[datapoint.encoding](part)
    if datapoint.decimals > 0:
        return value / 10**datapoint.decimals if math.isfinite(value) else None
    return float(value) if math.isfinite(value) else None


def decode_all(frame: bytes, template: SensorTemplate) -> dict[str, float | None]:
    """Return the values of all datapoints of a template by their ids."""
    return {datapoint.id: decode(frame, datapoint) for datapoint in template.datapoints}


def crc16(data: bytes) -> int:
    """Return Modbus' checksum."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def crc_valid(frame: bytes) -> bool | None:
    """Tell whether the checksum is right, for people to look at; None for what is too short to have one.

    It stands behind the bytes that the frame counts, or at its end where these are not all there.
    """
    if len(frame) < _HEADER_BYTES + _CRC_BYTES:
        return None
    end = min(_HEADER_BYTES + frame[2], len(frame) - _CRC_BYTES)
    # The lower byte comes first, unlike those of the values.
    return crc16(frame[:end]) == int.from_bytes(frame[end : end + _CRC_BYTES], "little")
