"""Validation errors in the shape that the reference's clients know: pydantic 2.5's (maestra.md §0)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson
import probatio

from .request import HttpError

MAX_DETAILS: Final = 32
MAX_INPUT_SIZE: Final = 2_048  # bytes of JSON
URL: Final = "https://errors.pydantic.dev/2.5/v/"

type Facts = Mapping[str, Any]
type Detail = dict[str, Any]
"""One thing that is wrong with a request."""


def details(
    error: probatio.Invalid, value: Any, where: str, *, is_text: bool = False
) -> list[Detail]:
    """Return what is wrong with `value`; `where` is `body`, `query` or `path`, `is_text` where it was read from text."""
    found = error.errors if isinstance(error, probatio.MultipleInvalid) else [error]
    return [_detail(one, value, where, is_text) for one in found[:MAX_DETAILS]]


def detail(
    kind: str,
    message: str,
    loc: Sequence[str | int],
    value: Any,
    context: Facts | None = None,
    *,
    url: bool = True,
) -> Detail:
    """Return one entry of a validation error."""
    entry: Detail = {
        "type": kind,
        "loc": list(loc),
        "msg": message,
        "input": _shown(value),
    }
    if context is not None:
        entry["ctx"] = dict(context)
    if url:
        entry["url"] = f"{URL}{kind}"
    return entry


def invalid_request(wrong: Sequence[Detail]) -> HttpError:
    """Return the refusal of a request with these details; the log gets them without what was sent."""
    told = "; ".join(
        f"{'.'.join(str(part) for part in entry['loc'])}: {entry['msg']}"
        for entry in wrong
    )
    return HttpError(422, list(wrong), code="invalid_request", told=told)


def _detail(error: probatio.Invalid, value: Any, where: str, is_text: bool) -> Detail:
    path = [part if isinstance(part, int) else str(part) for part in error.path]
    missing = isinstance(error, probatio.RequiredFieldInvalid)
    given = _at(value, path[:-1] if missing else path)
    if missing:
        kind, message, context = "missing", "Field required", None
    else:
        kind, message, context = _kind(error, given, is_text and isinstance(given, str))
    return detail(kind, message, (where, *path), given, context)


def _kind(
    error: probatio.Invalid, given: Any, is_text: bool
) -> tuple[str, str, Facts | None]:
    facts = error.placeholders
    describe = _KINDS.get(error.translation_key or "")
    if describe is not None and (found := describe(facts, given, is_text)):
        return found
    if isinstance(error, probatio.TypeInvalid | probatio.CoerceInvalid) and (
        expected := facts.get("expected") or error.context.get("expected")
    ):
        for name in str(expected).split(" or "):
            if name in _TYPES:
                kind, message = _TYPES[name]
                if is_text and (unread := _UNREAD.get(kind)):
                    return f"{kind}_parsing", f"{message}, {unread}", None
                return f"{kind}_type", message, None
    return "value_error", f"Value error, {error.error_message}", {"error": {}}


_TYPES: Final[Mapping[str, tuple[str, str]]] = {
    "str": ("string", "Input should be a valid string"),
    "int": ("int", "Input should be a valid integer"),
    "float": ("float", "Input should be a valid number"),
    "bool": ("bool", "Input should be a valid boolean"),
    "dict": ("dict", "Input should be a valid dictionary"),
    "list": ("list", "Input should be a valid list"),
}
# Where a text should have been one.
_UNREAD: Final[Mapping[str, str]] = {
    "int": "unable to parse string as an integer",
    "float": "unable to parse string as a number",
    "bool": "unable to interpret input",
}


def _too_short(facts: Facts, given: Any, _: bool) -> tuple[str, str, Facts]:
    least = facts["min"]
    if isinstance(given, str):
        return (
            "string_too_short",
            f"String should have at least {least} character{_plural(least)}",
            {"min_length": least},
        )
    return (
        "too_short",
        f"List should have at least {least} item{_plural(least)} after validation, not {len(given)}",
        {"field_type": "List", "min_length": least, "actual_length": len(given)},
    )


def _too_long(facts: Facts, given: Any, _: bool) -> tuple[str, str, Facts]:
    most = facts["max"]
    if isinstance(given, str):
        return (
            "string_too_long",
            f"String should have at most {most} character{_plural(most)}",
            {"max_length": most},
        )
    return (
        "too_long",
        f"List should have at most {most} item{_plural(most)} after validation, not {len(given)}",
        {"field_type": "List", "max_length": most, "actual_length": len(given)},
    )


def _one_of(facts: Facts, _given: Any, _: bool) -> tuple[str, str, Facts]:
    *others, last = [repr(value) for value in facts["values"]]
    expected = f"{', '.join(others)} or {last}" if others else last
    return "enum", f"Input should be {expected}", {"expected": expected}


def _plural(count: int) -> str:
    return "" if count == 1 else "s"


_MAPPING: Final = (
    "model_attributes_type",
    "Input should be a valid dictionary or object to extract fields from",
    None,
)
# By probatio's own key of the message; what is not here is a `value_error`.
_KINDS: Final[
    Mapping[str, Callable[[Facts, Any, bool], tuple[str, str, Facts | None] | None]]
] = {
    "expected_mapping": lambda *_: _MAPPING,
    "expected_sequence": lambda *_: ("list_type", "Input should be a valid list", None),
    "expected_uuid": lambda *_: (
        "uuid_parsing",
        "Input should be a valid UUID",
        {"error": "not a UUID"},
    ),
    "length_min": _too_short,
    "length_max": _too_long,
    "range_min": lambda facts, *_: (
        "greater_than_equal",
        f"Input should be greater than or equal to {facts['min']}",
        {"ge": facts["min"]},
    ),
    "range_max": lambda facts, *_: (
        "less_than_equal",
        f"Input should be less than or equal to {facts['max']}",
        {"le": facts["max"]},
    ),
    "value_one_of": _one_of,
    "does_not_match_pattern": lambda *_: (
        "string_pattern_mismatch",
        "String should match the expected pattern",
        None,
    ),
}


def _at(value: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        try:
            value = value[part]
        except KeyError, IndexError, TypeError:
            return None
    return value


def _shown(value: Any) -> Any:
    """Give back what was sent, unless it is so much that answering would multiply it."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return value[:MAX_INPUT_SIZE]
    try:
        return value if len(orjson.dumps(value)) <= MAX_INPUT_SIZE else None
    except TypeError:
        return None
