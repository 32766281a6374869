"""Values on the way between two others: numbers, colours, vectors, and what is made of them."""

from collections.abc import Callable
from math import ceil, inf, isfinite, log10
from typing import Final

from ..domain.color import alpha_of, format_color, parse_color
from ..domain.json_values import INT64, JsonValue
from ..domain.variables import Variable, VariableType, is_number
from .oklch import mix

type Path = Callable[[float], JsonValue]
"""Returns the value so far on the way, from 0 to 1."""

RESOLUTION: Final = 1_000
"""Steps between the bounds of a number: finer ones nobody sees, and each is told to everybody."""
MAX_PARTS: Final = 1_000
"""Values in an object or a list that move: all of them are new in each step."""
# What floats are accurate to, whatever a variable's step.
_PRECISION: Final = 9  # digits
_VECTORS: Final = frozenset({VariableType.VECTOR2, VariableType.VECTOR3})
_NUMERIC: Final = _VECTORS | {VariableType.NUMBER, VariableType.RANGE}
_STYLES: Final = ("rgba", "rgb", "hsl")


def path(
    start: JsonValue, end: JsonValue, variable: Variable | None = None
) -> Path | None:
    """Return the way between two values, as the variable allows; None where there is nothing in between.

    It does not reach the end: whoever is there writes the value that was asked for. What has more than `MAX_PARTS` jumps.
    """
    return None if _parts(end) > MAX_PARTS else _path(start, end, variable)


def _parts(value: JsonValue) -> int:
    if isinstance(value, dict):
        return sum(map(_parts, value.values()))
    return sum(map(_parts, value)) if isinstance(value, list) else 1


def _path(start: JsonValue, end: JsonValue, variable: Variable | None) -> Path | None:
    if is_number(start) and is_number(end):
        # Between the options of an enum there is nothing, numbers as they may be.
        if variable and variable.type not in _NUMERIC:
            return None
        return _number_path(start, end, variable)
    if isinstance(start, str) and isinstance(end, str):
        return _color_path(start, end, variable)
    axes = variable if variable and variable.type in _VECTORS else None
    if isinstance(start, dict) and isinstance(end, dict):
        parts = {key: _part(start.get(key), value, axes) for key, value in end.items()}
        return lambda share: {key: part(share) for key, part in parts.items()}
    if isinstance(start, list) and isinstance(end, list) and len(start) == len(end):
        items = [_part(*pair, axes) for pair in zip(start, end, strict=True)]
        return lambda share: [item(share) for item in items]
    return None


def _part(start: JsonValue, end: JsonValue, variable: Variable | None) -> Path:
    return _path(start, end, variable) or (lambda share: end)


def _number_path(start: float, end: float, variable: Variable | None) -> Path:
    low, high = variable.bounds if variable else (start, end)
    span = high - low
    if not isfinite(span):
        span = end - start
    step = variable.config.get("step") if variable else None
    base = low if isfinite(low) else 0
    is_whole = isinstance(step, int) and float(base).is_integer()
    lowest, highest = (
        min(high, max(low, limit)) if variable else limit
        for limit in sorted((start, end))
    )
    finest = abs(span) / RESOLUTION
    # Without digits it is a whole number; what has no end has no fractions, and what is next to nothing keeps all.
    digits = max(0, ceil(-log10(finest))) if 0 < finest < inf else 0
    is_rounded = finest > 0 or not span

    def value(share: float) -> JsonValue:
        number = _between(start, end, share)
        if is_number(step) and step > 0:
            snapped = _snapped(number, base, step)
            number = _whole(snapped) if is_whole else round(snapped, _PRECISION)
        elif is_rounded:
            number = round(number, digits) if digits else _whole(number)
        return min(highest, max(lowest, number))

    return value


def _between(start: float, end: float, share: float) -> float:
    way = end - start
    if isfinite(way):
        return start + way * share
    # Halves of what is finite are as far apart as a float can say.
    return 2 * (start / 2 + (end / 2 - start / 2) * share)


def _snapped(number: float, base: float, step: float) -> float:
    """Return the nearest number on the grid of a step; the number itself where the grid is beyond what a float can say."""
    steps = (number - base) / step
    snapped = base + float(round(steps)) * step if isfinite(steps) else steps
    return snapped if isfinite(snapped) else number


def _whole(number: float) -> float:
    """Return a number rounded to a whole one, as an integer where JSON has one of that size."""
    whole = round(number)
    return whole if whole in INT64 else number


def _color_path(start: str, end: str, variable: Variable | None) -> Path | None:
    if variable and variable.type is not VariableType.COLOR:
        return None
    source, target = parse_color(start), parse_color(end)
    if source is None or target is None:
        return None
    written = next(filter(end.startswith, _STYLES), "hex")
    style = str((variable and variable.config.get("format")) or written)
    opaque, clear = alpha_of(start), alpha_of(end)
    return lambda share: format_color(
        mix(source, target, share), style, opaque + (clear - opaque) * share
    )
