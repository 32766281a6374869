"""A cache for what is looked up by text that came from the network."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Final, cast

LONGEST: Final = 512
"""Characters of a text that is kept: topics and addresses may have 64 KiB each, and a cache has thousands."""


def cached_by_text[F: Callable[..., Any]](maxsize: int) -> Callable[[F], F]:
    """Keep what a function of texts returned for the last `maxsize` of them, but not for long ones."""

    def decorate(function: F) -> F:
        known = lru_cache(maxsize)(function)

        @wraps(function)
        def look_up(*texts: str) -> Any:
            for text in texts:
                if len(text) > LONGEST:
                    return function(*texts)
            return known(*texts)

        return cast("F", look_up)

    return decorate
