"""Values as PostgreSQL takes them."""

import json
import math
import re
from typing import Any, Final

import orjson

# An escaped NUL: preceded by an even number of backslashes.
_NUL: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
MAX_BITS: Final = 4_096
_NUMBERS: Final = (int, float)
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


def json_text(value: Any) -> str:
    """Return a value as the text of a jsonb; NUL, which PostgreSQL has not, becomes U+FFFD, and NaN null."""
    try:
        text = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:
        # Numbers beyond 64 bits and lone surrogates.
        text = json.dumps(_finite(value), default=str, ensure_ascii=False)
        text = text.encode(errors="replace").decode()
    if "\\u0000" in text:
        text = _NUL.sub(rf"\1{_REPLACEMENT}", text)
    return text


def _finite(value: Any) -> Any:
    """Return a value with null for what is no number, or one that nobody reads: orjson does so, Python's own JSON writes NaN."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        return None
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value


def plain_text(value: str) -> str:
    """Return text without NUL and lone surrogates, which PostgreSQL has not."""
    if "\0" in value:
        value = value.replace("\0", _REPLACEMENT)
    if value.isascii():
        return value
    return value.encode(errors="replace").decode()


def optional_text(value: str | None) -> str | None:
    """Return text without NUL, or None."""
    return None if value is None else plain_text(value)


def as_number(value: Any) -> float | None:
    """Return a number or truth value as a finite float, None for everything else."""
    if not isinstance(value, _NUMBERS):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
