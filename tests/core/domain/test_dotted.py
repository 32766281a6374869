"""Values inside a state by dotted path."""

import pytest

from custom_components.maestra.core.domain.json_values import (
    JsonValue,
    contains,
    value_at,
    values_at,
)

STATE: dict[str, JsonValue] = {
    "a": {"b": {"c": 1}, "n": None},
    "list": [{"x": 1}],
    "flag": False,
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b.c", 1),
        ("a.b", {"c": 1}),
        ("flag", False),
        ("a.b.c.d", None),
        ("a.x", None),
        ("list.0", None),
        ("", None),
    ],
)
def test_a_path_leads_to_a_value(path: str, value: JsonValue) -> None:
    assert value_at(STATE, path) == value


def test_paths_make_a_flat_map_without_what_is_missing_or_null() -> None:
    assert values_at(STATE, ["a.b.c", "flag", "a.n", "missing"]) == {
        "a.b.c": 1,
        "flag": False,
    }


@pytest.mark.parametrize(
    ("wanted", "is_part"),
    [
        ({}, True),
        ({"a": {"b": {"c": 1}}}, True),
        ({"a": {"b": {"c": 2}}}, False),
        ({"flag": False}, True),
        ({"flag": 0}, False),
        ({"a": {"b": {"c": True}}}, False),
        ({"missing": None}, True),
        ({"a": {"n": None}}, True),
        ({"list": [{"x": 1}]}, True),
        ({"list": []}, False),
        ({"flag": {"a": 1}}, False),
    ],
)
def test_a_state_contains_its_parts(wanted: JsonValue, is_part: bool) -> None:
    assert contains(STATE, wanted) is is_part
