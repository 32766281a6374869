"""Values of a wire with fewer types than JSON, for every type of variable, in and out."""

from typing import Any

from hypothesis import given
import pytest

from custom_components.maestra.core.domain.coercion import coerce
from custom_components.maestra.core.domain.json_values import JsonValue, is_same
from custom_components.maestra.core.domain.variables import (
    Direction,
    Variable,
    VariableType,
)

from .strategies import wild_values

CONFIGS: dict[VariableType, dict[str, Any]] = {
    VariableType.RANGE: {"min": 0, "max": 255},
    VariableType.ENUM: {"options": ["off", "on", "2", "auto"]},
}
KINDS: list[JsonValue] = [
    True,
    False,
    1,
    0,
    2,
    1.0,
    0.25,
    "on",
    "2.5",
    "#ff8800ff",
    '{"x": 1, "y": 2}',
    "[1, 2]",
    [1, 2],
    [1.0, 0.5, 0.0],
    [255, 128, 0, 9],
    {"x": 1, "y": 2},
    {"blob": "AAE="},
]
"""What the types of OSC make: T F i f s r b, arrays, several arguments, structures as JSON."""
SAME = object()

TABLE: dict[VariableType, list[Any]] = {
    VariableType.STRING: [
        *("true", "false", "1", "0", "2", "1", "0.25", SAME, SAME, SAME, SAME, SAME),
        *(SAME, SAME, SAME, SAME, SAME),
    ],
    VariableType.NUMBER: [
        *(1, 0, SAME, SAME, SAME, SAME, SAME, SAME, 2.5, SAME, SAME, SAME),
        *(SAME, SAME, SAME, SAME, SAME),
    ],
    VariableType.RANGE: [
        *(1, 0, SAME, SAME, SAME, SAME, SAME, SAME, 2.5, SAME, SAME, SAME),
        *(SAME, SAME, SAME, SAME, SAME),
    ],
    VariableType.BOOLEAN: [
        *(SAME, SAME, True, False, True, True, True, True, SAME, SAME, SAME, SAME),
        *(SAME, SAME, SAME, SAME, SAME),
    ],
    VariableType.ARRAY: [
        *([True], [False], [1], [0], [2], [1.0], [0.25], ["on"], ["2.5"]),
        *(["#ff8800ff"], ['{"x": 1, "y": 2}'], [1, 2], SAME, SAME, SAME),
        *([{"x": 1, "y": 2}], [{"blob": "AAE="}]),
    ],
    VariableType.COLOR: [
        *(SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME),
        *(SAME, "#ff8000", "#ff8000", SAME, SAME),
    ],
    VariableType.VECTOR2: [
        *(SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME),
        *({"x": 1, "y": 2}, {"x": 1, "y": 2}, {"x": 1, "y": 2}),
        *(SAME, SAME, SAME, SAME),
    ],
    VariableType.VECTOR3: [
        *(SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME),
        *({"x": 1, "y": 2}, SAME, SAME, {"x": 1.0, "y": 0.5, "z": 0.0}),
        *(SAME, SAME, SAME),
    ],
    VariableType.ENUM: [
        *("on", "off", "on", "off", SAME, "on", SAME, SAME, SAME, SAME, SAME, SAME),
        *(SAME, SAME, SAME, SAME, SAME),
    ],
    VariableType.OBJECT: [
        *(SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME),
        *({"x": 1, "y": 2}, SAME, SAME, SAME, SAME, SAME, SAME),
    ],
}


def variable(kind: VariableType) -> Variable:
    """A declared variable of that type."""
    return Variable(
        name="v",
        type=kind,
        direction=Direction.INPUT,
        config=CONFIGS.get(kind, {}),
    )


def test_the_table_has_every_type() -> None:
    assert TABLE.keys() == set(VariableType)


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        (kind, value, value if wanted is SAME else wanted)
        for kind, row in TABLE.items()
        for value, wanted in zip(KINDS, row, strict=True)
    ],
    ids=str,
)
def test_every_pair_of_types(
    kind: VariableType, value: JsonValue, wanted: JsonValue
) -> None:
    found = coerce(variable(kind), value)

    assert is_same(found, wanted), found
    assert coerce(variable(kind), None) is None


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (VariableType.NUMBER, "1e999"),
        (VariableType.NUMBER, "nan"),
        (VariableType.NUMBER, "1_000"),
        (VariableType.NUMBER, "9" * 5_000),
        (VariableType.NUMBER, "١"),
        (VariableType.ARRAY, "[1,"),
        (VariableType.OBJECT, "{"),
    ],
)
def test_what_is_none_of_that_type_is_no_error(kind: VariableType, text: str) -> None:
    assert coerce(variable(kind), text) in (text, [text])


@given(wild_values)
def test_it_is_settled_at_once_and_never_breaks_what_fits(value: Any) -> None:
    for kind in VariableType:
        described = variable(kind)
        once = coerce(described, value)
        assert is_same(coerce(described, once), once)
        if value is not None and described.check(value) is None:
            assert once is value
