"""Checks of the fields that clients and users set on entities and devices."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
import re
from typing import Any, Final

from .clock import parse_time
from .errors import InvalidField
from .json_values import JsonObject, check_size
from .names import MAX_NAME_LENGTH, checked_name

MAX_TAGS: Final = 64
MAX_DESCRIPTION_LENGTH: Final = 2_000
# A device's metadata grows key by key: far fewer than a state may have.
MAX_FIELD_KEYS: Final = 512
MAX_DIGITS: Final = 64
"""Of a number that is written as text."""
_WHOLE: Final = re.compile(r"\s*([+-]?[0-9]+)(\.0*)?\s*", re.ASCII)
_NUMBER: Final = re.compile(
    r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?\s*", re.ASCII | re.IGNORECASE
)


def checked_text(value: Any, field: str = "description") -> str | None:
    """Return a longer text unchanged, None for null, or raise InvalidField."""
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > MAX_DESCRIPTION_LENGTH:
        raise InvalidField(
            field=field,
            reason=f"must be text of at most {MAX_DESCRIPTION_LENGTH} characters",
        )
    return value


def optional_name(value: Any, field: str, longest: int = MAX_NAME_LENGTH) -> str | None:
    """Return a name, None for null and what else is empty, or raise InvalidField."""
    return checked_name(value, field, longest) if value else None


def checked_names(value: Any, field: str, most: int) -> tuple[str, ...]:
    """Return names, none for null, or raise InvalidField."""
    if not isinstance(value, list | tuple | None) or len(value or ()) > most:
        raise InvalidField(
            field=field, reason=f"must be a list of at most {most} names"
        )
    return tuple(checked_name(name, field) for name in value or ())


def refuse_outside(names: Iterable[str], field: str) -> None:
    """Raise InvalidField where a client names something outside of Maestra that nobody has chosen there.

    Clients have no user: what of Home Assistant they may reach is for its users to choose.
    """
    for name in names:
        raise InvalidField(
            field=field, reason=f"{name} can be chosen in Home Assistant only"
        )


def saved_moment(saved: Mapping[str, Any], key: str) -> datetime:
    """Return a time that was saved with its zone; raises InvalidField."""
    try:
        moment = parse_time(saved[key])
    except (LookupError, TypeError, ValueError) as error:
        raise InvalidField(field=key, reason=str(error)) from None
    if moment.tzinfo is None:
        raise InvalidField(field=key, reason="has no time zone")
    return moment


def read_whole(value: Any) -> Any:
    """Return a whole number that is written as text or with a point as one, anything else unchanged."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if (
        isinstance(value, str)
        and len(value) <= MAX_DIGITS
        and (found := _WHOLE.fullmatch(value))
    ):
        return int(found[1])
    return value


def read_number(value: Any) -> Any:
    """Return a number that is written as text as one, anything else unchanged."""
    if isinstance(value, str) and len(value) <= MAX_DIGITS and _NUMBER.fullmatch(value):
        return float(value)
    return value


def checked_object(
    value: Any, field: str = "metadata", most_keys: int = MAX_FIELD_KEYS
) -> JsonObject:
    """Return an object of bounded size, empty for null, or raise InvalidField."""
    if not isinstance(value, dict | None):
        raise InvalidField(field=field, reason="must be an object")
    if value and len(value) > most_keys:
        raise InvalidField(field=field, reason=f"more than {most_keys} keys")
    check_size(value, field=field)
    return value or {}


def checked_tags(value: Any) -> tuple[str, ...]:
    """Return tags without repetition, or raise InvalidField."""
    if not isinstance(value, list | tuple | set | None) or len(value or ()) > MAX_TAGS:
        raise InvalidField(
            field="tags", reason=f"must be a list of at most {MAX_TAGS} words"
        )
    return tuple(dict.fromkeys(checked_name(tag, "tags", 100) for tag in value or ()))


def checked_choice[E: StrEnum](kind: type[E], data: Mapping[str, Any], key: str) -> E:
    """Return what stands under a key as one of these words, or raise InvalidField."""
    try:
        return kind(str(data.get(key)))
    except ValueError:
        allowed = ", ".join(kind)
        raise InvalidField(field=key, reason=f"must be one of {allowed}") from None


# What `edit` may change, and how each new value is checked.
EDITABLE_FIELDS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "name": checked_name,
    "description": checked_text,
    "tags": checked_tags,
    "metadata": checked_object,
    "status": lambda value: checked_name(value, "status", 50),
    "device_id": lambda value: optional_name(value, "device_id"),
}
