"""Values on the way between two others: numbers, colours, vectors, and what is made of them."""

from collections.abc import Callable
from math import ceil, isfinite, log10
from typing import Final

from ..domain.color import format_color, parse_color
from ..domain.json_values import JsonValue
from ..domain.variables import Variable, VariableType, is_number
from .oklch import mix

type Path = Callable[[float], JsonValue]
"""Returns the value so far on the way, from 0 to 1."""

RESOLUTION: Final = 1_000
"""Steps between the bounds of a number: finer ones nobody sees, and each is told to everybody."""
# What floats are accurate to, whatever a variable's step.
_PRECISION: Final = 9  # digits
_VECTORS: Final = frozenset({VariableType.VECTOR2, VariableType.VECTOR3})
_STYLES: Final = ("rgba", "rgb", "hsl")


def path(
    start: JsonValue, end: JsonValue, variable: Variable | None = None
) -> Path | None:
    """Return the way between two values, as the variable allows; None where there is nothing in between.

    It does not reach the end: whoever is there writes the value that was asked for.
    """
    if is_number(start) and is_number(end):
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
    return path(start, end, variable) or (lambda share: end)


def _number_path(start: float, end: float, variable: Variable | None) -> Path:
    low, high = variable.bounds if variable else (start, end)
    span = high - low
    if not isfinite(span):
        span = end - start
    step = variable.config.get("step") if variable else None
    is_whole = isinstance(step, int)
    base = low if isfinite(low) else 0
    lowest, highest = (
        min(high, max(low, limit)) if variable else limit
        for limit in sorted((start, end))
    )
    digits = max(0, ceil(-log10(abs(span) / RESOLUTION))) if span else 0

    def value(share: float) -> JsonValue:
        number = start + (end - start) * share
        if is_number(step) and step > 0:
            number = base + round((number - base) / step) * step
            number = round(number, None if is_whole else _PRECISION)
        else:
            # Without digits it is a whole number.
            number = round(number, digits or None)
        return min(highest, max(lowest, number))

    return value


def _color_path(start: str, end: str, variable: Variable | None) -> Path | None:
    if variable and variable.type is not VariableType.COLOR:
        return None
    source, target = parse_color(start), parse_color(end)
    if source is None or target is None:
        return None
    written = next(filter(end.startswith, _STYLES), "hex")
    style = variable.config.get("format") if variable else None
    return lambda share: format_color(mix(source, target, share), str(style or written))
