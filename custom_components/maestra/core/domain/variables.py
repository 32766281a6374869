"""Typed variables of an entity: what they accept, and what an undeclared value looks like (maestra.md §1.7)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf, isfinite
from typing import Any, Final, Self, TypeIs

from .color import parse_color
from .errors import InvalidField
from .fields import checked_choice, checked_object
from .json_values import INT64, JsonObject, JsonValue, check_size, is_same
from .names import MAX_VARIABLE_NAME_LENGTH, checked_name, is_name

RANGE_MIN: Final = 0.0
RANGE_MAX: Final = 100.0
RANGE_STEP: Final = 1.0
MAX_DESCRIPTION_LENGTH: Final = 500


class VariableType(StrEnum):
    """The ten types."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    ARRAY = "array"
    COLOR = "color"
    VECTOR2 = "vector2"
    VECTOR3 = "vector3"
    RANGE = "range"
    ENUM = "enum"
    OBJECT = "object"


class Direction(StrEnum):
    """Whether others set the variable (input) or the thing itself reports it (output)."""

    INPUT = "input"
    OUTPUT = "output"


# A check returns why a value is refused, or None.
type Check = Callable[[JsonValue], str | None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Variable:
    """One named, typed value of an entity.

    `inferred` marks a variable that nobody declared: it was read off the state,
    and gives way to a declaration of the same name.
    """

    name: str
    type: VariableType
    direction: Direction
    description: str = ""
    default: JsonValue = None
    required: bool = False
    config: JsonObject = field(default_factory=dict)
    inferred: bool = False
    check: Check = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Compile the check once: it runs on every update."""
        object.__setattr__(self, "check", CHECKS[self.type](self.config))

    def __eq__(self, other: object) -> bool:
        """Whether both declare the same; options 1 and true are two."""
        return (
            isinstance(other, Variable)
            and self.inferred is other.inferred
            and is_same(self.to_wire(), other.to_wire())
        )

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read a declaration; raises InvalidField with the field that is wrong."""
        if not isinstance(data, dict):
            raise InvalidField(field="variable", reason="must be an object")
        check_size(data.get("defaultValue"), field="defaultValue")
        description = data.get("description") or ""
        if not isinstance(description, str):
            raise InvalidField(field="description", reason="must be text")
        variable = cls(
            name=checked_name(data.get("name"), "name", MAX_VARIABLE_NAME_LENGTH),
            type=checked_choice(VariableType, data, "type"),
            direction=checked_choice(Direction, data, "direction"),
            description=description[:MAX_DESCRIPTION_LENGTH],
            default=data.get("defaultValue"),
            required=bool(data.get("required", False)),
            config=checked_object(data.get("config") or {}, "config"),
        )
        if reason := variable.contradiction:
            raise InvalidField(field="config", reason=reason)
        if variable.default is not None and (
            reason := variable.check(variable.default)
        ):
            raise InvalidField(field="defaultValue", reason=reason)
        return variable

    def to_wire(self) -> JsonObject:
        """Return the declaration with the protocol's keys."""
        return {
            "name": self.name,
            "type": self.type.value,
            "direction": self.direction.value,
            "description": self.description or None,
            "defaultValue": self.default,
            "required": self.required,
            "config": self.config,
        }

    def warning(self, value: JsonValue, reason: str) -> JsonObject:
        """Return a validation warning in the protocol's form."""
        return {
            "variable_name": self.name,
            "expected_type": self.type.value,
            "actual_type": type(value).__name__,
            "message": reason,
            "severity": "warning",
        }

    @property
    def missing(self) -> JsonObject:
        """The warning that a required variable has no value."""
        return self.warning(None, "required, but missing") | {"actual_type": "missing"}

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest number allowed; infinite where nothing is said."""
        return _bounds(self.config, self.type is VariableType.RANGE)

    @property
    def step(self) -> float | None:
        """The smallest difference between two numbers; None where nothing sensible is said."""
        step = _limit(self.config, "step", 0)
        if step > 0:
            return step
        return RANGE_STEP if self.type is VariableType.RANGE else None

    @property
    def contradiction(self) -> str | None:
        """Why no value at all can fit, or None."""
        low, high = self.bounds
        if low > high:
            return f"min {low:g} is above max {high:g}"
        shortest, longest = _lengths(self.config)
        if shortest > longest:
            return f"min_length {shortest:g} is above max_length {longest:g}"
        return None

    @property
    def options(self) -> tuple[str, ...]:
        """The values an enum offers, in order."""
        return tuple(_options(self.config))


def as_text(value: object) -> str:
    """Return a value as people and JSON write it: `true`, not `True`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_number(value: object) -> TypeIs[int | float]:
    """Tell whether a value is a finite number that JSON can be written with; a boolean is none."""
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool) and value in INT64


def _limit(config: JsonObject, key: str, default: float) -> float:
    value = config.get(key)
    return value if is_number(value) else default


def _bounds(config: JsonObject, is_range: bool = False) -> tuple[float, float]:
    low, high = (RANGE_MIN, RANGE_MAX) if is_range else (-inf, inf)
    return _limit(config, "min", low), _limit(config, "max", high)


def _lengths(config: JsonObject) -> tuple[float, float]:
    return _limit(config, "min_length", 0), _limit(config, "max_length", inf)


def _options(config: JsonObject) -> list[str]:
    """Read `options` as plain strings or as `{value, label}` objects: clients write both."""
    options = config.get("options")
    if not isinstance(options, list):
        return []
    values = (
        option.get("value") if isinstance(option, dict) else option
        for option in options
    )
    return list(dict.fromkeys(as_text(value) for value in values if _is_option(value)))


def _is_option(value: JsonValue) -> bool:
    return isinstance(value, str | bool) or is_number(value)


def _of(kind: type | tuple[type, ...], expected: str) -> Callable[[JsonObject], Check]:
    def build(config: JsonObject) -> Check:
        return lambda value: None if isinstance(value, kind) else f"expected {expected}"

    return build


def _numeric(config: JsonObject, *, is_range: bool) -> Check:
    low, high = _bounds(config, is_range)

    def check(value: JsonValue) -> str | None:
        if not is_number(value):
            return "expected a number"
        return None if low <= value <= high else f"must be between {low:g} and {high:g}"

    return check


def _string(config: JsonObject) -> Check:
    shortest, longest = _lengths(config)

    def check(value: JsonValue) -> str | None:
        if not isinstance(value, str):
            return "expected a string"
        if shortest <= len(value) <= longest:
            return None
        return f"must have {shortest:g} to {longest:g} characters"

    return check


def _color(config: JsonObject) -> Check:
    def check(value: JsonValue) -> str | None:
        known = isinstance(value, str) and parse_color(value)
        return None if known else "expected a colour such as #ff8800"

    return check


def _enum(config: JsonObject) -> Check:
    options = _options(config)

    def check(value: JsonValue) -> str | None:
        if not options or (_is_option(value) and as_text(value) in options):
            return None
        return f"must be one of {', '.join(options)}"

    return check


def _vector(axes: str) -> Callable[[JsonObject], Check]:
    def build(config: JsonObject) -> Check:
        low, high = _bounds(config)

        def check(value: JsonValue) -> str | None:
            if not isinstance(value, dict):
                return f"expected an object with {', '.join(axes)}"
            for axis in axes:
                number = value.get(axis)
                if not is_number(number):
                    return f"{axis}: expected a number"
                if not low <= number <= high:
                    return f"{axis}: must be between {low:g} and {high:g}"
            return None

        return check

    return build


CHECKS: Final[Mapping[VariableType, Callable[[JsonObject], Check]]] = {
    VariableType.STRING: _string,
    VariableType.NUMBER: lambda config: _numeric(config, is_range=False),
    VariableType.BOOLEAN: _of(bool, "true or false"),
    VariableType.ARRAY: _of(list, "an array"),
    VariableType.COLOR: _color,
    VariableType.VECTOR2: _vector("xy"),
    VariableType.VECTOR3: _vector("xyz"),
    VariableType.RANGE: lambda config: _numeric(config, is_range=True),
    VariableType.ENUM: _enum,
    VariableType.OBJECT: _of(dict, "an object"),
}


_VECTORS: Final = (VariableType.VECTOR2, VariableType.VECTOR3)


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
