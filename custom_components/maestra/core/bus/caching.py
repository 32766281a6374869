"""A cache for what is looked up by text that came from the network."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Final, cast

LONGEST: Final = 512
"""Characters of a text that is kept: topics and addresses may have 64 KiB each, and a cache has thousands."""


class _TooLong(Exception):
    """A text is too long to be kept."""


def cached_by_text[F: Callable[..., Any]](maxsize: int) -> Callable[[F], F]:
    """Keep what a function of texts returned for the last `maxsize` of them, but not for long ones."""

    def decorate(function: F) -> F:
        @lru_cache(maxsize)
        def known(*texts: str) -> Any:
            # Only what is new is looked at: what raises is not kept.
            if any(len(text) > LONGEST for text in texts):
                raise _TooLong
            return function(*texts)

        @wraps(function)
        def look_up(*texts: str) -> Any:
            try:
                return known(*texts)
            except _TooLong:
                return function(*texts)

        return cast("F", look_up)

    return decorate
