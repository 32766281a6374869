"""Typed variables: ten types, their limits, declarations and guesses (maestra.md §1.7)."""

from contextlib import suppress
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.domain.entity_types import EntityTypes
from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.domain.json_values import JsonObject, JsonValue
from custom_components.maestra.core.domain.variables import (
    Direction,
    Variable,
    VariableType,
    infer_type,
    infer_variable,
)

from .strategies import texts, wild_values


def variable(kind: str, **config: Any) -> Variable:
    """An input of this type and configuration."""
    return Variable(
        name="level", type=VariableType(kind), direction=Direction.INPUT, config=config
    )


def declaration(**fields: Any) -> JsonObject:
    """A declaration as a client writes it."""
    return {"name": "level", "type": "number", "direction": "input"} | fields


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", ""),
        ("string", "text"),
        ("number", 0),
        ("number", -1.5),
        ("number", 2**64 - 1),
        ("boolean", True),
        ("boolean", False),
        ("array", []),
        ("array", [1, "a", None]),
        ("color", "#f80"),
        ("color", "rgba(255, 0, 0, 1)"),
        ("vector2", {"x": 1, "y": -2.5}),
        ("vector2", {"x": 1, "y": 2, "z": 3}),
        ("vector3", {"x": 1, "y": 2, "z": 3}),
        ("range", 0),
        ("range", 100),
        ("range", 33.3),
        ("enum", "anything"),
        ("enum", 5),
        ("object", {}),
        ("object", {"a": {"b": 1}}),
    ],
)
def test_a_value_of_its_type_fits(kind: str, value: JsonValue) -> None:
    assert variable(kind).check(value) is None


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("string", 5, "expected a string"),
        ("string", True, "expected a string"),
        ("number", "5", "expected a number"),
        ("number", True, "expected a number"),
        ("number", float("nan"), "expected a number"),
        ("number", float("inf"), "expected a number"),
        ("number", 10**400, "expected a number"),
        ("number", [], "expected a number"),
        ("boolean", 1, "expected true or false"),
        ("boolean", "true", "expected true or false"),
        ("array", {}, "expected an array"),
        ("array", "abc", "expected an array"),
        ("color", "red", "expected a colour such as #ff8800"),
        ("color", 0xFF8800, "expected a colour such as #ff8800"),
        ("color", [255, 136, 0], "expected a colour such as #ff8800"),
        ("vector2", [1, 2], "expected an object with x, y"),
        ("vector2", {"x": 1}, "y: expected a number"),
        ("vector2", {"x": "1", "y": 2}, "x: expected a number"),
        ("vector2", {"x": True, "y": 2}, "x: expected a number"),
        ("vector2", {"x": 10**400, "y": 2}, "x: expected a number"),
        ("vector3", {"x": 1, "y": 2}, "z: expected a number"),
        ("vector3", "1,2,3", "expected an object with x, y, z"),
        ("range", True, "expected a number"),
        ("range", -0.1, "must be between 0 and 100"),
        ("range", 100.1, "must be between 0 and 100"),
        ("range", "50", "expected a number"),
        ("object", [], "expected an object"),
        ("object", "{}", "expected an object"),
    ],
)
def test_a_value_of_another_type_does_not_fit(
    kind: str, value: JsonValue, reason: str
) -> None:
    assert variable(kind).check(value) == reason


@pytest.mark.parametrize(
    ("kind", "config", "fits", "refused", "reason"),
    [
        ("string", {"min_length": 2}, "ab", "a", "must have 2 to inf characters"),
        ("string", {"max_length": 3}, "abc", "abcd", "must have 0 to 3 characters"),
        ("number", {"min": 0}, 0, -1, "must be between 0 and inf"),
        ("number", {"max": 1.5}, 1.5, 1.6, "must be between -inf and 1.5"),
        ("number", {"min": 2, "max": 2}, 2, 3, "must be between 2 and 2"),
        ("range", {"min": -10, "max": 10}, -10, -11, "must be between -10 and 10"),
        ("range", {"max": 255}, 255, 256, "must be between 0 and 255"),
        (
            "vector2",
            {"min": 0, "max": 1},
            {"x": 0, "y": 1},
            {"x": 0, "y": 2},
            "y: must be",
        ),
        (
            "vector3",
            {"min": 0},
            {"x": 0, "y": 0, "z": 0},
            {"x": 0, "y": 0, "z": -1},
            "z: must be between 0 and inf",
        ),
        ("enum", {"options": ["off", "on"]}, "on", "dim", "must be one of off, on"),
        ("enum", {"options": ["off", "on"]}, "on", ["on"], "must be one of off, on"),
        ("enum", {"options": [1, 2]}, 1, 3, "must be one of 1, 2"),
        ("enum", {"options": [1, 2]}, "2", 10**400, "must be one of 1, 2"),
        (
            "enum",
            {"options": [{"value": "a", "label": "A"}]},
            "a",
            "A",
            "must be one of a",
        ),
    ],
)
def test_the_configuration_limits_values(
    kind: str, config: JsonObject, fits: JsonValue, refused: JsonValue, reason: str
) -> None:
    limited = variable(kind, **config)

    assert limited.check(fits) is None
    assert str(limited.check(refused)).startswith(reason)


@pytest.mark.parametrize(
    "config",
    [
        {"min": "0", "max": "1"},
        {"min": None, "max": []},
        {"min": True, "max": False},
        {"max": float("nan")},
        {"max": 10**400},
    ],
    ids=repr,
)
def test_bounds_that_are_no_numbers_bound_nothing(config: JsonObject) -> None:
    assert variable("number", **config).bounds == (float("-inf"), float("inf"))
    assert variable("range", **config).bounds == (0, 100)


@pytest.mark.parametrize(
    ("options", "offered"),
    [
        (["off", "on"], ("off", "on")),
        (["b", "a", "b"], ("b", "a")),
        ([{"value": "a", "label": "A"}, {"value": 2}], ("a", "2")),
        ([1, 1.5, True], ("1", "1.5", "true")),
        ([{"label": "no value"}, None, ["a"], 10**400, "a"], ("a",)),
        ("off", ()),
        (None, ()),
        ({"a": 1}, ()),
    ],
)
def test_options_are_read_as_plain_strings(
    options: Any, offered: tuple[str, ...]
) -> None:
    assert variable("enum", options=options).options == offered


@pytest.mark.parametrize(
    ("kind", "config", "step"),
    [
        ("number", {}, None),
        ("number", {"step": 0.5}, 0.5),
        ("number", {"step": 0}, None),
        ("number", {"step": -1}, None),
        ("number", {"step": "1"}, None),
        ("range", {}, 1),
        ("range", {"step": 0}, 1),
        ("range", {"step": 5}, 5),
    ],
)
def test_a_step_is_positive_or_none(
    kind: str, config: JsonObject, step: float | None
) -> None:
    assert variable(kind, **config).step == step


def test_a_warning_names_variable_types_and_reason() -> None:
    assert variable("number").warning("5", "expected a number") == {
        "variable_name": "level",
        "expected_type": "number",
        "actual_type": "str",
        "message": "expected a number",
        "severity": "warning",
    }


def test_the_warning_of_a_missing_value_says_missing() -> None:
    assert variable("color").missing == {
        "variable_name": "level",
        "expected_type": "color",
        "actual_type": "missing",
        "message": "required, but missing",
        "severity": "warning",
    }


class TestDeclaration:
    """`Variable.from_wire` and `to_wire`."""

    def test_a_declaration_is_read_and_written_with_the_keys_of_the_protocol(
        self,
    ) -> None:
        wire = {
            "name": "mode",
            "type": "enum",
            "direction": "output",
            "description": "What it does",
            "defaultValue": "idle",
            "required": True,
            "config": {"options": ["idle", "busy"]},
        }

        declared = Variable.from_wire(wire)

        assert declared.to_wire() == wire
        assert declared.type is VariableType.ENUM
        assert declared.direction is Direction.OUTPUT
        assert declared.default == "idle"
        assert declared.required
        assert not declared.inferred

    def test_what_is_not_said_has_a_default(self) -> None:
        assert Variable.from_wire(declaration()).to_wire() == declaration(
            description=None, defaultValue=None, required=False, config={}
        )

    @pytest.mark.parametrize(
        "absent", ["description", "config", "defaultValue", "required"]
    )
    def test_null_is_the_same_as_not_said(self, absent: str) -> None:
        assert Variable.from_wire(declaration(**{absent: None})) == Variable.from_wire(
            declaration()
        )

    def test_a_client_can_not_declare_a_guess(self) -> None:
        assert not Variable.from_wire(declaration(inferred=True)).inferred

    def test_a_long_description_is_cut(self) -> None:
        assert (
            len(Variable.from_wire(declaration(description="a" * 900)).description)
            == 500
        )

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"name": None}, "name"),
            ({"name": ""}, "name"),
            ({"name": 5}, "name"),
            ({"name": ["a"]}, "name"),
            ({"name": "a" * 101}, "name"),
            ({"name": "a\nb"}, "name"),
            ({"type": "int"}, "type"),
            ({"type": None}, "type"),
            ({"type": ["number"]}, "type"),
            ({"type": 10**400}, "type"),
            ({"direction": "both"}, "direction"),
            ({"direction": {"a": 1}}, "direction"),
            ({"description": ["a"]}, "description"),
            ({"description": 10**400}, "description"),
            ({"config": ["min"]}, "config"),
            ({"config": "min"}, "config"),
            ({"config": {str(number): 1 for number in range(513)}}, "config"),
            ({"config": {"min": 2, "max": 1}}, "config"),
            ({"config": {"min": 101}, "type": "range"}, "config"),
            ({"config": {"min": 2, "max": 1}, "type": "vector2"}, "config"),
            (
                {"config": {"min_length": 2, "max_length": 1}, "type": "string"},
                "config",
            ),
            ({"defaultValue": "5"}, "defaultValue"),
            ({"defaultValue": float("nan")}, "defaultValue"),
            ({"defaultValue": 11, "config": {"max": 10}}, "defaultValue"),
            (
                {"defaultValue": "x", "type": "enum", "config": {"options": ["a"]}},
                "defaultValue",
            ),
        ],
        ids=lambda fields: str(fields)[:40],
    )
    def test_a_wrong_field_is_named(self, fields: JsonObject, field: str) -> None:
        with pytest.raises(InvalidField) as refused:
            Variable.from_wire(declaration(**fields))

        assert refused.value.facts["field"] == field

    @pytest.mark.parametrize("data", [None, [], "number", 5, True])
    def test_what_is_no_object_is_no_declaration(self, data: Any) -> None:
        with pytest.raises(InvalidField):
            Variable.from_wire(data)

    def test_a_default_is_no_deeper_than_a_state(self) -> None:
        deep: Any = {}
        for _ in range(20):
            deep = {"a": deep}

        with pytest.raises(InvalidField, match="deeper"):
            Variable.from_wire(declaration(type="object", defaultValue=deep))

    @given(wild_values)
    def test_any_json_is_a_declaration_or_an_invalid_field(self, data: Any) -> None:
        with suppress(InvalidField):
            Variable.from_wire(data)

    @given(
        st.fixed_dictionaries(
            {
                "name": texts | wild_values,
                "type": st.sampled_from(VariableType),
                "direction": st.sampled_from(Direction),
            },
            optional={
                "description": wild_values,
                "defaultValue": wild_values,
                "required": wild_values,
                "config": wild_values
                | st.dictionaries(
                    st.sampled_from(
                        ["min", "max", "step", "min_length", "max_length", "options"]
                    ),
                    wild_values,
                ),
            },
        ),
        wild_values,
    )
    def test_no_declaration_and_no_value_make_it_fail(
        self, data: JsonObject, value: Any
    ) -> None:
        with suppress(InvalidField):
            declared = Variable.from_wire(data)
            reason = declared.check(value)
            assert (
                reason is None or declared.warning(value, reason)["message"] == reason
            )
            assert Variable.from_wire(declared.to_wire()) == declared
            low, high = declared.bounds
            assert low <= high
            assert (declared.step or 1) > 0
            assert all(
                variable("enum", **declared.config).check(o) is None
                for o in declared.options
            )


@pytest.mark.parametrize("kind", VariableType)
def test_a_number_too_long_to_be_written_is_refused_like_others(
    kind: VariableType,
) -> None:
    assert variable(kind.value, options=["a"]).check(10**5000)
    assert variable(kind.value, options=[10**5000], min=10**5000).options == ()
    with pytest.raises(InvalidField):
        Variable.from_wire(declaration(type=10**5000))


@given(st.sampled_from(VariableType), st.dictionaries(texts, wild_values), wild_values)
def test_a_check_answers_to_any_value(
    kind: VariableType, config: JsonObject, value: Any
) -> None:
    assert isinstance(variable(kind.value, **config).check(value), str | None)


class TestGuess:
    """What an undeclared value looks like."""

    @pytest.mark.parametrize(
        ("value", "kind"),
        [
            (None, None),
            (True, "boolean"),
            (0, "number"),
            (1.5, "number"),
            ("text", "string"),
            ("", "string"),
            ("#ff8800", "color"),
            ("#1", "string"),
            ("rgb(1, 2, 3)", "string"),
            ([], "array"),
            ({"x": 1, "y": 2}, "vector2"),
            ({"x": 1, "y": 2, "z": 3}, "vector3"),
            ({"x": 1, "y": 2, "w": 3}, "object"),
            ({"x": 1, "y": "2"}, "object"),
            ({"x": 1, "y": 2, "z": 3, "w": 4}, "object"),
            ({}, "object"),
        ],
    )
    def test_a_value_looks_like_its_type(
        self, value: JsonValue, kind: str | None
    ) -> None:
        assert infer_type(value) == kind

    def test_a_guess_is_marked_as_one(self) -> None:
        guess = infer_variable("level", 5, Direction.OUTPUT)

        assert guess is not None
        assert guess.inferred
        assert guess.direction is Direction.OUTPUT

    @pytest.mark.parametrize("name", ["", " ", "a\nb", "\ud800", "a" * 101])
    def test_a_key_that_is_no_name_makes_no_variable(self, name: str) -> None:
        assert infer_variable(name, 5, Direction.OUTPUT) is None

    @given(texts, wild_values)
    def test_whatever_is_guessed_can_be_declared(self, name: str, value: Any) -> None:
        guess = infer_variable(name, value, Direction.INPUT)

        assert guess is None or Variable.from_wire(guess.to_wire()).type is guess.type


class TestEntityTypeKnowsKeys:
    """Well-known state keys of the built-in types."""

    @pytest.mark.parametrize(
        ("entity_type", "key", "value", "kind", "direction"),
        [
            ("light", "on", True, "boolean", "input"),
            ("light", "brightness", 50, "range", "input"),
            ("light", "brightness", None, "range", "input"),
            ("light", "color", "#ffffff", "color", "input"),
            ("light", "other", 5, "number", "input"),
            ("device", "power", "off", "enum", "input"),
            ("device", "power", 1500.5, "number", "output"),
            ("device", "temperature", 21, "number", "output"),
            ("sensor", "value", 0, "number", "output"),
            ("actuator", "active", False, "boolean", "input"),
            ("media", "playing", False, "boolean", "input"),
            ("controller", "fader", 0.5, "number", "input"),
            ("projector", "source", "hdmi-1", "string", "input"),
        ],
    )
    def test_a_key_means_what_its_type_says_if_the_value_fits(
        self, entity_type: str, key: str, value: JsonValue, kind: str, direction: str
    ) -> None:
        guess = EntityTypes()[entity_type].variable_for(key, value)

        assert guess is not None
        assert (guess.type, guess.direction) == (kind, direction)
        assert guess.inferred

    def test_null_tells_nothing_of_an_unknown_key(self) -> None:
        assert EntityTypes()["device"].variable_for("temperature", None) is None
