"""Units as clients write them."""

from collections.abc import Mapping
import re
from typing import Final

MAX_UNIT_LENGTH: Final = 50
# How clients write units -> the one way to write them, which is Home Assistant's.
UNIT_ALIASES: Final[Mapping[str, str]] = {
    "c": "°C",
    "celsius": "°C",
    "degc": "°C",
    "f": "°F",
    "fahrenheit": "°F",
    "percent": "%",
    "volt": "V",
    "volts": "V",
    "amp": "A",
    "amps": "A",
    "watt": "W",
    "watts": "W",
    "seconds": "s",
    "sec": "s",
    "ms": "ms",
    "hertz": "Hz",
    "hz": "Hz",
    "lux": "lx",
    "db": "dB",
    "dbm": "dBm",
    "bytes": "B",
    "kb": "kB",
    "mb": "MB",
}


_NAME_AND_UNIT: Final = re.compile(r"(.+) \[(.*)\]", re.DOTALL)


def name_with_unit(name: str, unit: str) -> str:
    """Return what values in another unit than those of a name are called."""
    return f"{name} [{unit}]"


def with_normal_unit(name: str) -> str:
    """Return a name with its unit, if it has one, written in the one way."""
    found = _NAME_AND_UNIT.fullmatch(name)
    if found is None:
        return name
    return name_with_unit(found[1], normal_unit(found[2]) or "")


def normal_unit(unit: object) -> str | None:
    """Return the one way to write a unit; None where there is none."""
    if not isinstance(unit, str) or not (text := unit.strip()):
        return None
    return UNIT_ALIASES.get(text.lower(), text)[:MAX_UNIT_LENGTH]
