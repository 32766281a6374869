"""What requests are checked with: the pieces that the routes' schemas are made of."""

from typing import Any, Final
from uuid import UUID

import probatio

MAX_BATCH: Final = 1_000
MAX_TEXT: Final = 2_000

type Fields = dict[Any, Any]


def body(fields: Fields) -> probatio.Schema:
    """Return the schema of a JSON object; what else it has is ignored (maestra.md §0)."""
    return probatio.Schema(fields, extra=probatio.REMOVE_EXTRA)


def optional_body(fields: Fields) -> probatio.Schema:
    """Return the schema of a JSON object that may be left out."""
    return probatio.Schema(probatio.Maybe(body(fields)))


def query(fields: Fields) -> probatio.Schema:
    """Return the schema of query parameters.

    Texts become what their check asks for: `int`, `float`, `bool`, or a list where the
    parameter may be repeated (`[str]`).
    """
    return probatio.Schema(fields, extra=probatio.REMOVE_EXTRA)


def text(longest: int = MAX_TEXT, shortest: int = 0) -> probatio.All[Any]:
    """Check a text by its length."""
    return probatio.All(str, probatio.Length(min=shortest or None, max=longest))


def integer(lowest: int, highest: int) -> probatio.All[Any]:
    """Check a whole number by its bounds; both are allowed."""
    return probatio.All(_no_boolean, int, probatio.Range(min=lowest, max=highest))


def canonical_uuid(value: str) -> str:
    """Write a UUID as everything here does: lower case, with hyphens; raises ValueError."""
    return str(UUID(value))


def _no_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise probatio.TypeInvalid("expected int", context={"expected": "int"})
    return value


NAME: Final = text(255, 1)
ID: Final = probatio.All(str, probatio.UUID(), canonical_uuid)
TIME: Final = probatio.AsDatetime()
OBJECT: Final = dict
OPTIONAL_TEXT: Final = probatio.Maybe(text())
OPTIONAL_OBJECT: Final = probatio.Maybe(dict)

# Far above what a page shows, far below what would hold up the event loop.
PAGE: Final[Fields] = {
    probatio.Optional("limit", default=100): integer(0, 10_000),
    probatio.Optional("offset", default=0): integer(0, 1_000_000),
}
