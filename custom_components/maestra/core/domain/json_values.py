"""JSON values: reading them, their types, deep merge and difference of states. Arguments are not changed: events share states."""

from collections.abc import Iterable
from math import isfinite
from types import NoneType
from typing import Any, Final

import orjson

from .errors import InvalidField

type JsonValue = (
    str | int | float | bool | list[JsonValue] | dict[str, JsonValue] | None
)
type JsonObject = dict[str, JsonValue]

INT64: Final = range(-(2**63), 2**64)
"""Whole numbers that JSON can be written with: signed and unsigned ones of 64 bits."""
MAX_DEPTH = 16
# A copy of this many keys takes 100 us: the price of an update.
MAX_KEYS = 16_384
_HARMLESS: Final = frozenset((str, bool, NoneType))
_NESTED: Final = (dict, list)
# Deeper JSON can be read than written again, and whoever passes it on puts envelopes around it.
MAX_NESTING: Final = 128


class InvalidJson(ValueError):
    """What is no JSON that can be taken; the text says why, as the end of a sentence.

    `words` are the reader's own, `position` is where it stopped, in characters.
    """

    def __init__(self, reason: str, words: str = "", position: int = 0) -> None:
        """Keep what is wrong, and where."""
        super().__init__(reason)
        self.words = words or reason
        self.position = position


class NestedTooDeep(InvalidJson):
    """JSON that is nested too deep to be passed on."""

    def __init__(self) -> None:
        """Have one reason."""
        super().__init__("is nested too deep")


def loads(raw: bytes | str) -> JsonValue:
    """Read JSON that comes from outside: all text in it is Unicode, all numbers are finite, and it can be written again.

    Raises InvalidJson.
    """
    try:
        value: JsonValue = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        words = error.msg.partition(": line")[0]
        raise InvalidJson("is not JSON", words, error.pos) from None
    check_nesting(value, raw)
    return value


def check_nesting(value: JsonValue, raw: bytes | str) -> None:
    """Raise NestedTooDeep for a value that can't be passed on; `raw` is its JSON."""
    # Where so few are opened, none can be that deep.
    opened = (
        raw.count("[") + raw.count("{")
        if isinstance(raw, str)
        else raw.count(b"[") + raw.count(b"{")
    )
    if opened > MAX_NESTING and _is_deeper(value):
        raise NestedTooDeep


def _is_deeper(value: JsonValue) -> bool:
    # What is read from JSON is no subclass, and asking for the type itself is what makes it quick.
    level: list[Any] = [value] if type(value) is dict or type(value) is list else []
    for _ in range(MAX_NESTING):
        level = [
            child
            for parent in level
            for child in (parent.values() if type(parent) is dict else parent)
            if type(child) is dict or type(child) is list
        ]
        if not level:
            return False
    return True


def check_writable(value: object, field: str) -> None:
    """Raise InvalidField where a value that Home Assistant gives can't be written as JSON: text that is no Unicode, numbers beyond 64 bits."""
    try:
        orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
    except TypeError as error:
        raise InvalidField(field=field, reason=str(error)) from None


def value_at(state: JsonObject, path: str) -> JsonValue:
    """Return the value at `a.b.c`, None where there is none."""
    value: JsonValue = state
    for key in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def values_at(state: JsonObject, paths: Iterable[str]) -> JsonObject:
    """Return a flat map by dotted path; what is missing or null is left out (maestra.md §1.6)."""
    found = {path: value_at(state, path) for path in paths}
    return {path: value for path, value in found.items() if value is not None}


def is_same(left: JsonValue, right: JsonValue) -> bool:
    """Whether two values are the same in JSON: a number is never a truth value, at any depth, though Python has 1 == True.

    1 and 1.0 are one number.
    """
    if left is right:
        return True
    # Only what is equal in Python can still differ.
    if left != right:
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        for key, value in left.items():
            if value is not (other := right[key]) and not is_same(value, other):
                return False
        return True
    if isinstance(left, list) and isinstance(right, list):
        for value, other in zip(left, right, strict=True):
            if value is not other and not is_same(value, other):
                return False
        return True
    return isinstance(left, bool) is isinstance(right, bool)


def contains(state: JsonValue, wanted: JsonValue) -> bool:
    """Whether `wanted` is part of `state`: objects key by key, everything else the same; null equals absent."""
    if isinstance(wanted, dict) and isinstance(state, dict):
        return all(contains(state.get(key), value) for key, value in wanted.items())
    return is_same(state, wanted)


def deep_merge(
    base: JsonObject, patch: JsonObject, depth: int = MAX_DEPTH
) -> JsonObject:
    """Return `base` overlaid by `patch`: objects merge, everything else replaces (maestra.md §0).

    Raises InvalidField when the result is deeper than 16 levels or wider than 16 384 keys, or when a number is none.
    """
    merged = {**base, **patch}
    for key, value in patch.items():
        kind = type(value)
        if kind in _HARMLESS or (kind is float and isfinite(value)):  # type: ignore[arg-type]
            continue
        if isinstance(value, dict) and isinstance(existing := base.get(key), dict):
            _check_depth(depth)
            merged[key] = deep_merge(existing, value, depth - 1)
        else:
            check_size(value, depth - 1)
    _check_width(len(merged))
    return merged


def changed_keys(previous: JsonObject, current: JsonObject) -> tuple[str, ...]:
    """Return the top-level keys whose value differs; an absent key equals null (maestra.md §0)."""
    return tuple(
        key
        for key in {**previous, **current}
        if not is_same(previous.get(key), current.get(key))
    )


def check_size(value: JsonValue, depth: int = MAX_DEPTH, field: str = "state") -> None:
    """Raise InvalidField when a value is deeper or wider than a state may be, or has a number that JSON has not."""
    if not isinstance(value, _NESTED):
        _check_number(value, field)
        return
    _check_depth(depth, field)
    if isinstance(value, dict):
        _check_width(len(value), field)
    # Each of thousands of numbers is looked at: no call for what is plainly one.
    for item in value.values() if isinstance(value, dict) else value:
        kind = type(item)
        if kind in _HARMLESS or (kind is float and isfinite(item)):  # type: ignore[arg-type]
            continue
        check_size(item, depth - 1, field)


def _check_number(number: JsonValue, field: str = "state") -> None:
    # Python has more: its own JSON reads NaN, forms and templates make it, and its whole numbers have no end.
    if isinstance(number, float):
        is_one = isfinite(number)
    else:
        is_one = not isinstance(number, int) or number in INT64
    if not is_one:
        raise InvalidField(
            field=field, reason="a number is not finite, or has more than 64 bits"
        )


def _check_depth(left: int, field: str = "state") -> None:
    if left <= 0:
        raise InvalidField(field=field, reason=f"deeper than {MAX_DEPTH} levels")


def _check_width(keys: int, field: str = "state") -> None:
    if keys > MAX_KEYS:
        raise InvalidField(field=field, reason=f"more than {MAX_KEYS} keys")
