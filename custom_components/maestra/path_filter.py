"""Filters by place in the hierarchy, for what is asked thousands of times a second."""

from typing import Any, Final

import probatio

from homeassistant.helpers import config_validation as cv

from .domain.errors import MaestraError
from .domain.paths import compile_path_pattern

MAX_KNOWN_PATHS: Final = 20_000


def path_pattern(value: Any) -> str:
    """Return an lquery unchanged, or raise Invalid."""
    pattern = cv.string(value)
    try:
        compile_path_pattern(pattern)
    except MaestraError as error:
        raise probatio.Invalid(str(error)) from error
    return pattern


class PathFilter:
    """The paths that match an lquery. Paths change seldom: each is matched once."""

    def __init__(self, pattern: str) -> None:
        """Compile the pattern; raises InvalidField."""
        self._matches = compile_path_pattern(pattern).matches
        self._known: dict[str, bool] = {}

    def __contains__(self, path: str) -> bool:
        """Whether the path matches."""
        found = self._known.get(path)
        if found is None:
            if len(self._known) >= MAX_KNOWN_PATHS:
                self._known.clear()
            found = self._known[path] = self._matches(path)
        return found
