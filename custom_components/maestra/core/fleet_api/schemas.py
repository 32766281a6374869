"""Schemas: the pieces that checks of requests are made of, and the objects that answers are made of."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson
import probatio

from ..domain.fields import read_number, read_whole
from .request import HttpError

MAX_DETAILS: Final = 32
MAX_INPUT_SIZE: Final = 2_048  # bytes of JSON
URL: Final = "https://errors.pydantic.dev/2.5/v/"

type Facts = Mapping[str, Any]
type Detail = dict[str, Any]
"""One thing that is wrong with a request."""

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
FRACTION: Final = "got a number with a fractional part"
_MAPPING: Final = (
    "model_attributes_type",
    "Input should be a valid dictionary or object to extract fields from",
    None,
)
MAX_BATCH: Final = 1_000
MAX_SECONDS: Final = 20_000_000_000
"""Of a Unix time, as the reference has it: what is more are milliseconds."""
MAX_TEXT: Final = 2_000
OBJECT: Final = dict
OPTIONAL_OBJECT: Final = probatio.Maybe(dict)
_UUID: Final = probatio.All(str, probatio.UUID())
_TIME: Final = probatio.All(str, probatio.Datetime())
_NULLABLE_TEXT: Final = probatio.Maybe(str)


def details(error: probatio.Invalid, value: Any, where: str) -> list[Detail]:
    """Return what is wrong with `value`; `where` is `body`, `query` or `path`."""
    found = error.errors if isinstance(error, probatio.MultipleInvalid) else [error]
    return [_detail(one, value, where) for one in found[:MAX_DETAILS]]


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
    log_text = "; ".join(
        f"{'.'.join(str(part) for part in entry['loc'])}: {entry['msg']}"
        for entry in wrong
    )
    return HttpError(422, list(wrong), code="invalid_request", log_text=log_text)


def _detail(error: probatio.Invalid, value: Any, where: str) -> Detail:
    path = [part if isinstance(part, int) else str(part) for part in error.path]
    missing = isinstance(error, probatio.RequiredFieldInvalid)
    given = _at(value, path[:-1] if missing else path)
    if missing:
        kind, message, context = "missing", "Field required", None
    else:
        kind, message, context = _kind(error, given)
    return detail(kind, message, (where, *path), given, context)


def _kind(error: probatio.Invalid, given: Any) -> tuple[str, str, Facts | None]:
    facts = error.placeholders
    describe = _KINDS.get(error.translation_key or "")
    if describe is not None:
        return describe(facts, given)
    if isinstance(error, probatio.TypeInvalid | probatio.CoerceInvalid) and (
        expected := facts.get("expected") or error.context.get("expected")
    ):
        for name in str(expected).split(" or "):
            if name in _TYPES:
                kind, message = _TYPES[name]
                if isinstance(given, str) and (unread := _UNREAD.get(kind)):
                    return f"{kind}_parsing", f"{message}, {unread}", None
                if kind == "int" and isinstance(given, float):
                    return f"{kind}_from_float", f"{message}, {FRACTION}", None
                return f"{kind}_type", message, None
    return "value_error", f"Value error, {error.error_message}", {"error": {}}


def _too_short(facts: Facts, given: Any) -> tuple[str, str, Facts]:
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


def _too_long(facts: Facts, given: Any) -> tuple[str, str, Facts]:
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


def _one_of(facts: Facts, _given: Any) -> tuple[str, str, Facts]:
    *others, last = [repr(value) for value in facts["values"]]
    expected = f"{', '.join(others)} or {last}" if others else last
    return "enum", f"Input should be {expected}", {"expected": expected}


def _plural(count: int) -> str:
    return "" if count == 1 else "s"


# By probatio's own key of the message; what is not here is a `value_error`.
_KINDS: Final[Mapping[str, Callable[[Facts, Any], tuple[str, str, Facts | None]]]] = {
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


type Fields = dict[Any, Any]


def body(fields: Fields) -> probatio.Schema:
    """Return the schema of a JSON object; what else it has is ignored (maestra.md §0)."""
    return probatio.Schema(fields, extra=probatio.REMOVE_EXTRA)


def optional_body(fields: Fields) -> probatio.Schema:
    """Return the schema of a JSON object that may be left out."""
    return probatio.Schema(probatio.Maybe(body(fields)))


def query(fields: Fields) -> probatio.Schema:
    """Return the schema of query parameters.

    A parameter is a text, which its check reads (`integer`, `NUMBER`, `BOOLEAN`), or a list of them where it may
    be repeated (`[str]`).
    """
    return probatio.Schema(fields, extra=probatio.REMOVE_EXTRA)


def text(longest: int = MAX_TEXT, shortest: int = 0) -> probatio.All[Any]:
    """Check a text by its length."""
    return probatio.All(str, probatio.Length(min=shortest or None, max=longest))


def integer(lowest: int, highest: int) -> probatio.All[Any]:
    """Check a whole number by its bounds; both are allowed. `5960.0` and `"5960"` are whole numbers too."""
    return probatio.All(
        _no_boolean, read_whole, int, probatio.Range(min=lowest, max=highest)
    )


def read_boolean(value: Any) -> Any:
    """Return a truth value that is written as text or as a number as one, anything else unchanged."""
    word = value.lower() if isinstance(value, str) else value
    return _BOOLEANS.get(word, value) if isinstance(word, str | int | float) else value


def canonical_uuid(value: str) -> str:
    """Write a UUID as everything here does: lower case, with hyphens; raises ValueError."""
    return str(UUID(value))


def _no_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise probatio.TypeInvalid("expected int", context={"expected": "int"})
    return value


_BOOLEANS: Final[Mapping[Any, bool]] = {
    **dict.fromkeys(("true", "1", "on", "yes", "t", "y", 1), True),
    **dict.fromkeys(("false", "0", "off", "no", "f", "n", 0), False),
}
BOOLEAN: Final = probatio.All(read_boolean, bool)


def read_time(value: Any) -> Any:
    """Return a Unix time, in seconds or milliseconds, as ISO 8601 writes it, anything else unchanged."""
    number = read_number(value)
    if isinstance(number, bool) or not isinstance(number, int | float):
        return value
    try:
        seconds = number / 1000 if abs(number) > MAX_SECONDS else number
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except ArithmeticError, ValueError, OSError:
        return value


TIME: Final = probatio.All(read_time, probatio.AsDatetime())
"""A time, as ISO 8601 or Unix time."""
NUMBER: Final = probatio.All(read_number, float)
"""A number, `"21.5"` too."""
NAME: Final = text(255, 1)
ID: Final = probatio.All(str, probatio.UUID(), canonical_uuid)
OPTIONAL_TEXT: Final = probatio.Maybe(text())

# Far above what a page shows, far below what would hold up the event loop.
PAGE: Final[Fields] = {
    probatio.Optional("limit", default=100): integer(0, 10_000),
    probatio.Optional("offset", default=0): integer(0, 1_000_000),
}


def shape(**fields: Any) -> probatio.Schema:
    """Return the schema of an object that always has these keys."""
    return probatio.Schema(
        {probatio.Required(name): check for name, check in fields.items()}
    )


def many(item: probatio.Schema) -> probatio.Schema:
    """Return the schema of a list."""
    return probatio.Schema([item])


DEVICE: Final = shape(
    id=_UUID,
    name=str,
    device_type=str,
    hardware_id=str,
    firmware_version=_NULLABLE_TEXT,
    ip_address=_NULLABLE_TEXT,
    location=probatio.Maybe(dict),
    metadata=dict,
    status=str,
    last_seen=probatio.Maybe(_TIME),
    created_at=_TIME,
    updated_at=_TIME,
)
# Only who asks first is told the code.
DISCOVERED: Final = DEVICE.extend({probatio.Optional("claim_code"): str})
BLOCKED_DEVICE: Final = shape(
    id=_UUID, hardware_id=str, reason=_NULLABLE_TEXT, blocked_at=_TIME
)
PROVISION: Final = shape(
    device_id=_UUID,
    provision_status=probatio.In(["pending", "approved", "provisioned"]),
    api_url=str,
    nats_url=_NULLABLE_TEXT,
    mqtt_broker=_NULLABLE_TEXT,
    mqtt_port=probatio.Maybe(int),
    ws_url=_NULLABLE_TEXT,
    entity_id=probatio.Maybe(_UUID),
    env_vars=dict,
)
CONFIGURATION: Final = shape(
    device_id=_UUID,
    version=int,
    configuration=dict,
    applied_at=probatio.Maybe(_TIME),
    created_at=_TIME,
    created_by=_NULLABLE_TEXT,
    error=_NULLABLE_TEXT,
)
DEVICE_ID: Final = shape(status=str, device_id=_UUID)
STATUS: Final = shape(status=str, hardware_id=str)
HEALTH: Final = shape(status=str, service=str, timestamp=str)
SERVICE_STATUS: Final = shape(
    service=str,
    version=str,
    devices=shape(total=int, online=int, offline=int),
    entities=shape(total=int),
    message_bus=shape(connected=bool),
    timestamp=str,
)
METRIC_TAKEN: Final = shape(status=str, metric=str)
EVENT_TAKEN: Final = shape(status=str, event_type=str)
BATCH_TAKEN: Final = shape(status=str, count=int)
