"""Values inside a state by dotted path."""

from collections.abc import Iterable

from .json_types import JsonObject, JsonValue


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


def contains(state: JsonValue, wanted: JsonValue) -> bool:
    """Whether `wanted` is part of `state`: objects key by key, everything else equal; null equals absent."""
    if isinstance(wanted, dict) and isinstance(state, dict):
        return all(contains(state.get(key), value) for key, value in wanted.items())
    # A number is never a truth value, though Python has 1 == True.
    return state == wanted and isinstance(state, bool) is isinstance(wanted, bool)
