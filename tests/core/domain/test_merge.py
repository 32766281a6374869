"""Deep merge, difference and limits of states (maestra.md §0)."""

from contextlib import nullcontext
from copy import deepcopy
from typing import Any, cast

from hypothesis import given, strategies as st
import orjson
import pytest

from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.domain.json_values import (
    MAX_DEPTH,
    MAX_KEYS,
    MAX_NESTING,
    JsonObject,
    JsonValue,
    NestedTooDeep,
    changed_keys,
    check_size,
    contains,
    deep_merge,
    is_same,
    loads,
)

from .strategies import objects, values

TRICKY: list[Any] = [
    *(True, 1, 1.0, False, 0, 0.0, -0.0, None, [], {}),
    *([True], [1], [0, False], {"a": 1}, {"a": True}, {"a": [{"b": 0}]}),
    {"a": [{"b": False}]},
]


def nested(levels: int, innermost: JsonValue = 1) -> Any:
    """Objects in objects: `levels` of them."""
    value = innermost
    for _ in range(levels):
        value = {"deeper": value}
    return value


def wide(keys: int) -> JsonObject:
    """An object of that many keys."""
    return {str(number): number for number in range(keys)}


@pytest.mark.parametrize(
    ("base", "patch", "merged"),
    [
        ({}, {}, {}),
        ({"a": 1}, {}, {"a": 1}),
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}}, {"a": {"x": 1, "y": 3}}),
        (
            {"a": {"b": {"c": 1}}},
            {"a": {"b": {"d": 2}}},
            {"a": {"b": {"c": 1, "d": 2}}},
        ),
        ({"a": {"x": 1}}, {"a": 5}, {"a": 5}),
        ({"a": 5}, {"a": {"x": 1}}, {"a": {"x": 1}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": [{"x": 1}]}, {"a": [{"y": 2}]}, {"a": [{"y": 2}]}),
        ({"a": 1}, {"a": None}, {"a": None}),
        ({"a": {"x": 1}}, {"a": {"x": None}}, {"a": {"x": None}}),
        ({"a": {"x": 1}}, {"a": {}}, {"a": {"x": 1}}),
    ],
    ids=str,
)
def test_objects_merge_and_everything_else_replaces(
    base: JsonObject, patch: JsonObject, merged: JsonObject
) -> None:
    assert deep_merge(base, patch) == merged


@pytest.mark.parametrize(
    ("previous", "current", "changed"),
    [
        ({}, {}, ()),
        ({"a": 1}, {"a": 1}, ()),
        ({"a": 1}, {"a": 2}, ("a",)),
        ({}, {"a": 1}, ("a",)),
        ({"a": 1}, {}, ("a",)),
        ({}, {"a": None}, ()),
        ({"a": None}, {}, ()),
        ({"a": 1}, {"a": None}, ("a",)),
        ({"a": {"x": 1, "y": 1}}, {"a": {"x": 1, "y": 2}}, ("a",)),
        ({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 0, "d": 4}, ("b", "c", "d")),
        ({"a": True}, {"a": 1}, ("a",)),
        ({"a": False}, {"a": 0.0}, ("a",)),
        ({"a": 1}, {"a": 1.0}, ()),
        ({"a": {"b": [0, {"c": 1}]}}, {"a": {"b": [0, {"c": True}]}}, ("a",)),
        ({"a": [[True]]}, {"a": [[True]]}, ()),
    ],
    ids=str,
)
def test_changed_keys_are_the_top_level_keys_whose_value_differs(
    previous: JsonObject, current: JsonObject, changed: tuple[str, ...]
) -> None:
    assert changed_keys(previous, current) == changed


def canonical(value: Any) -> Any:
    """A value whose equality in Python is that of JSON: truth values are marked."""
    if isinstance(value, bool):
        return ("truth", value)
    if isinstance(value, list):
        return ["list", *map(canonical, value)]
    if isinstance(value, dict):
        return {key: canonical(each) for key, each in value.items()}
    return value


@given(values | st.sampled_from(TRICKY), values | st.sampled_from(TRICKY))
def test_two_values_are_the_same_where_their_types_are_too(
    left: Any, right: Any
) -> None:
    assert is_same(left, right) is (canonical(left) == canonical(right))
    assert is_same(left, deepcopy(left))
    assert contains({"a": left}, {"a": right}) or not is_same(left, right)


@given(objects, objects)
def test_merging_changes_no_argument(base: JsonObject, patch: JsonObject) -> None:
    before = deepcopy((base, patch))

    deep_merge(base, patch)

    assert (base, patch) == before


@given(objects)
def test_the_empty_object_is_neutral(state: JsonObject) -> None:
    assert deep_merge({}, state) == deep_merge(state, {}) == state


@given(objects, objects)
def test_merging_the_same_patch_again_changes_nothing(
    base: JsonObject, patch: JsonObject
) -> None:
    once = deep_merge(base, patch)

    assert deep_merge(once, patch) == once
    assert changed_keys(once, deep_merge(once, patch)) == ()


@given(objects, objects, values)
def test_merges_in_turn_are_the_merge_of_their_patches(
    first: JsonObject, second: JsonObject, value: Any
) -> None:
    """Associativity, as far as it goes: where a scalar between two objects parts them it can't."""
    base: JsonObject = {"kept": value}

    in_turn = deep_merge(deep_merge(base, {"a": first}), {"a": second})

    assert in_turn == deep_merge(base, {"a": deep_merge(first, second)})


@given(objects, objects)
def test_every_key_of_the_patch_wins(base: JsonObject, patch: JsonObject) -> None:
    merged = deep_merge(base, patch)

    assert merged.keys() == base.keys() | patch.keys()
    assert set(changed_keys(base, merged)) <= patch.keys()


@pytest.mark.parametrize(
    ("base", "patch"),
    [
        ({}, nested(MAX_DEPTH + 1)),
        ({}, {"list": [nested(MAX_DEPTH - 1)]}),
        (nested(MAX_DEPTH), nested(MAX_DEPTH + 1)),
        (nested(MAX_DEPTH - 1, {}), nested(MAX_DEPTH + 1)),
        ({}, nested(900)),
    ],
    ids=["object", "list", "merge", "merge into the innermost", "very deep"],
)
def test_a_state_is_at_most_16_levels_deep(base: JsonObject, patch: JsonObject) -> None:
    with pytest.raises(InvalidField, match="deeper than 16 levels"):
        deep_merge(base, patch)


def test_16_levels_are_fine() -> None:
    assert deep_merge(nested(MAX_DEPTH), nested(MAX_DEPTH, 2)) == nested(MAX_DEPTH, 2)
    check_size(nested(MAX_DEPTH))


def test_a_level_is_not_wider_than_the_limit() -> None:
    full = wide(MAX_KEYS)

    assert deep_merge(full, {"0": "changed"})["0"] == "changed"
    with pytest.raises(InvalidField, match="more than 16384 keys"):
        deep_merge(full, {"one more": 1})
    with pytest.raises(InvalidField, match="more than 16384 keys"):
        deep_merge({}, {"below": wide(MAX_KEYS + 1)})
    with pytest.raises(InvalidField, match="more than 16384 keys"):
        deep_merge({"below": full}, {"below": {"one more": 1}})


@pytest.mark.parametrize("value", [None, 1, "text", True, [], {}])
def test_small_values_have_no_size(value: JsonValue) -> None:
    check_size(value)


@pytest.mark.parametrize("opened", [b"[", b'{"a":'], ids=["lists", "objects"])
@pytest.mark.parametrize(
    ("depth", "is_read"), [(MAX_NESTING, True), (MAX_NESTING + 1, False)]
)
def test_json_is_read_as_deep_as_it_can_be_passed_on(
    opened: bytes, depth: int, is_read: bool
) -> None:
    closed = b"]" if opened == b"[" else b"}"
    inner = b"1" if opened != b"[" else b""
    raw = opened * depth + inner + closed * depth
    with nullcontext() if is_read else pytest.raises(NestedTooDeep):
        assert orjson.dumps([[[[[[[[loads(raw)]]]]]]]])
    wide = b"[" + b"[]," * 500 + b"{}]"
    assert len(cast(list[object], loads(wide))) == 501
