"""What an undeclared value looks like."""

from .color import parse_color
from .json_types import JsonValue
from .names import MAX_VARIABLE_NAME_LENGTH, is_name
from .variables import CHECKS, Direction, Variable, VariableType

_VECTORS = (VariableType.VECTOR2, VariableType.VECTOR3)


def infer_variable(
    name: str, value: JsonValue, direction: Direction
) -> Variable | None:
    """Return the variable that a bare value looks like; None for null or an unusable name."""
    if (kind := infer_type(value)) is None or not is_name(
        name, MAX_VARIABLE_NAME_LENGTH
    ):
        return None
    return Variable(name=name, type=kind, direction=direction, inferred=True)


def infer_type(value: JsonValue) -> VariableType | None:
    """Return the type that a bare value looks like; None for null."""
    match value:
        case None:
            return None
        case bool():
            return VariableType.BOOLEAN
        case int() | float():
            return VariableType.NUMBER
        case str():
            is_color = value.startswith("#") and parse_color(value)
            return VariableType.COLOR if is_color else VariableType.STRING
        case list():
            return VariableType.ARRAY
    for kind, axes in zip(_VECTORS, (2, 3), strict=True):
        if len(value) == axes and CHECKS[kind]({})(value) is None:
            return kind
    return VariableType.OBJECT
