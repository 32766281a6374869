"""Values of a wire that has fewer types than JSON, read as the type that their variable has.

OSC clients often know numbers and text only: a button sends `1.0`, a colour three fractions.
"""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Final

from .color import format_color
from .json_values import INT64, InvalidJson, JsonValue, loads
from .variables import Variable, VariableType, is_number

_TRUE: Final = ("1", "on", "true", "yes")
_FALSE: Final = ("0", "off", "false", "no")
_WORDS: Final = dict.fromkeys(_TRUE, True) | dict.fromkeys(_FALSE, False)


def coerce(variable: Variable, value: JsonValue) -> JsonValue:
    """Return `value` as the variable's type; unchanged where it fits already, is null, or says nothing of that type."""
    if value is None or variable.check(value) is None:
        return value
    return _COERCIONS[variable.type](variable, value)


def _text(_: Variable, value: JsonValue) -> JsonValue:
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_number(value):
        return _digits(value)
    return value


def _digits(number: float) -> str:
    """Write a number; a whole one without a point, since such a wire may have no other."""
    whole = int(number)
    return str(whole if whole == number and whole in INT64 else number)


def _number(_: Variable, value: JsonValue) -> JsonValue:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and value.isascii() and "_" not in value:
        try:
            number = float(value)
        except ValueError:
            return value
        if number.is_integer() and (whole := _whole(value)) is not None:
            return whole
        return number if isfinite(number) else value
    return value


def _whole(text: str) -> int | None:
    try:
        number = int(text)
    except ValueError:
        return None
    return number if number in INT64 else None


def _boolean(_: Variable, value: JsonValue) -> JsonValue:
    if is_number(value):
        return value != 0
    if isinstance(value, str):
        return _WORDS.get(value.strip().lower(), value)
    return value


def _array(_: Variable, value: JsonValue) -> JsonValue:
    parsed = _parsed(value)
    if isinstance(parsed, list):
        return parsed
    # A list of one can't be told from its item.
    return [value]


def _object(_: Variable, value: JsonValue) -> JsonValue:
    parsed = _parsed(value)
    return parsed if isinstance(parsed, dict) else value


def _vector(axes: str) -> Callable[[Variable, JsonValue], JsonValue]:
    def read(variable: Variable, value: JsonValue) -> JsonValue:
        parsed = _parsed(value)
        if isinstance(parsed, list) and len(parsed) == len(axes):
            numbers = [_number(variable, item) for item in parsed]
            if all(map(is_number, numbers)):
                return dict(zip(axes, numbers, strict=True))
        return parsed if isinstance(parsed, dict) else value

    return read


def _color(variable: Variable, value: JsonValue) -> JsonValue:
    """Read red, green and blue, and perhaps alpha: 0 to 1 where any is a fraction or they are all floats, else 0 to 255."""
    if not isinstance(value, list) or len(value) not in (3, 4):
        return value
    parts = [part for part in value[:3] if is_number(part) and 0 <= part <= 255]
    if len(parts) < 3:
        return value
    is_fraction = max(parts) <= 1 and any(isinstance(part, float) for part in parts)
    scale = 255 if is_fraction else 1
    red, green, blue = (round(part * scale) for part in parts)
    style = variable.config.get("format")
    return format_color((red, green, blue), style if isinstance(style, str) else "hex")


def _option(variable: Variable, value: JsonValue) -> JsonValue:
    """Read a number or a truth value as the option that is written like it, or that means it."""
    words: tuple[str, ...] = ()
    if isinstance(value, bool):
        words = _TRUE if value else _FALSE
    elif is_number(value):
        words = (_digits(value), *(_TRUE if value == 1 else ()))
        words += _FALSE if value == 0 else ()
    return next((word for word in words if word in variable.options), value)


def _parsed(value: JsonValue) -> JsonValue:
    """Return what a text says as JSON: so structures go out to such a wire."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return loads(value)
        except InvalidJson:
            return value
    return value


_COERCIONS: Final[Mapping[VariableType, Callable[[Variable, JsonValue], JsonValue]]] = {
    VariableType.STRING: _text,
    VariableType.NUMBER: _number,
    VariableType.BOOLEAN: _boolean,
    VariableType.ARRAY: _array,
    VariableType.COLOR: _color,
    VariableType.VECTOR2: _vector("xy"),
    VariableType.VECTOR3: _vector("xyz"),
    VariableType.RANGE: _number,
    VariableType.ENUM: _option,
    VariableType.OBJECT: _object,
}
