"""What a preview shows of one datagram (maestra.md §1.8). Never raises: what can't be read is shown as bytes."""

from array import array
from collections.abc import Callable, Mapping
from math import log10, sqrt
import struct
import sys
from typing import Any, Final

import orjson

from ...domain.json_types import JsonObject

MAX_HEX: Final = 256  # bytes that are shown
MAX_VALUES: Final = 1_024
"""Of a spectrum: as many as a chart has room for."""
FULL_SCALE: Final = 32_768
SILENCE: Final = -96.0  # dB, what 16 bits can tell apart
# Little endian: magic "SDRF", sequence, centre, rate, reserved, count; then as many f32.
_SDRF: Final = struct.Struct("<IIdddI")
_MAGIC: Final = 0x53445246

type Decode = Callable[[bytes], JsonObject]


def spectrum(data: bytes) -> JsonObject:
    """Read the frame of a software-defined radio; of a wide one the highest value of each group."""
    if len(data) < _SDRF.size:
        return json(data)
    magic, sequence, centre, rate, _, count = _SDRF.unpack_from(data)
    if magic != _MAGIC or len(data) < _SDRF.size + 4 * count:
        return json(data)
    values = array("f", data[_SDRF.size : _SDRF.size + 4 * count])
    if sys.byteorder == "big":
        values.byteswap()
    group = -(-count // MAX_VALUES) or 1
    shown = [max(values[at : at + group]) for at in range(0, count, group)]
    return {
        "format": "sdrf",
        "sequence": sequence,
        "center_frequency": centre,
        "sample_rate": rate,
        "bins": count,
        "values": list(shown),
    }


def json(data: bytes) -> JsonObject:
    """Read JSON."""
    try:
        found: Any = orjson.loads(data)
    except orjson.JSONDecodeError:
        return raw(data)
    return {"format": "json", "data": found}


def audio(data: bytes) -> JsonObject:
    """Measure how loud samples (signed, 16 bits, little endian) are, in dB of full scale."""
    samples = array("h", data[: len(data) // 2 * 2])
    if not samples:
        return raw(data)
    if sys.byteorder == "big":
        samples.byteswap()
    mean = sum(sample * sample for sample in samples) / len(samples)
    return {
        "format": "audio",
        "samples": len(samples),
        "rms_db": _decibels(sqrt(mean)),
        "peak_db": _decibels(max(map(abs, samples))),
    }


def raw(data: bytes) -> JsonObject:
    """Show the first bytes."""
    return {"format": "hex", "size": len(data), "hex": data[:MAX_HEX].hex(" ")}


def _decibels(level: float) -> float:
    return max(SILENCE, round(20 * log10(level / FULL_SCALE), 2)) if level else SILENCE


DECODERS: Final[Mapping[str, Decode]] = {
    "sensor": spectrum,
    "data": json,
    "osc": json,
    "midi": json,
    "audio": audio,
}
"""By stream type; of other types only the way to them is shown."""
