"""Patterns over hierarchy paths, in the language of PostgreSQL's `lquery`."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
import re
from typing import Final

from .errors import InvalidField

MAX_PATTERN_LENGTH: Final = 1_000
# No path is this deep: a larger count in a pattern means the same.
_DEEPEST: Final = 40

_ANY: Final = re.compile(r"\*(?:\{([0-9]{0,4})(?:(,)([0-9]{0,4}))?\})?")
_LABEL: Final = re.compile(r"!?[A-Za-z0-9_-]+\*?(?:\|[A-Za-z0-9_-]+\*?)*")


@dataclass(frozen=True, slots=True)
class _Step:
    """One label of a path: which ones (None: any), and whether it may be absent or repeated."""

    label: re.Pattern[str] | None = None
    is_optional: bool = False
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A compiled lquery.

    It is walked label by label with the set of steps that are possible so far, as a
    regular expression over the whole path would need exponential time for `*.a.*.a.*`.
    """

    steps: tuple[_Step, ...]

    def matches(self, path: str) -> bool:
        """Tell whether a hierarchy path matches."""
        possible = self._with_skips([0])
        for label in path.split("."):
            possible = self._with_skips(self._after(possible, label))
        return len(self.steps) in possible

    def _after(self, possible: Iterable[int], label: str) -> Iterable[int]:
        for position in possible:
            if position == len(self.steps):
                continue
            step = self.steps[position]
            if step.label is None or step.label.fullmatch(label):
                yield position if step.repeats else position + 1

    def _with_skips(self, positions: Iterable[int]) -> set[int]:
        """Add the steps that are reached by leaving optional ones out."""
        reached: set[int] = set()
        for position in positions:
            while position not in reached:
                reached.add(position)
                if position < len(self.steps) and self.steps[position].is_optional:
                    position += 1
        return reached


@lru_cache(maxsize=256)
def compile_path_pattern(pattern: str) -> PathPattern:
    """Compile an lquery: `stage.*`, `*.light_*`, `hall.*{1,2}.left|right`, `!hidden`.

    A hyphen, as in slugs, stands for the underscore it becomes in a path.
    Raises InvalidField when it is not an lquery of labels, `*`, `{n,m}`, `|` and `!`.
    """
    if len(pattern) > MAX_PATTERN_LENGTH:
        raise InvalidField(
            field="path", reason=f"longer than {MAX_PATTERN_LENGTH} characters"
        )
    return PathPattern(
        tuple(step for item in pattern.split(".") for step in _steps(item))
    )


def path_matches(pattern: str, path: str) -> bool:
    """Tell whether a hierarchy path matches an lquery; raises InvalidField."""
    return compile_path_pattern(pattern).matches(path)


def _steps(item: str) -> list[_Step]:
    if found := _ANY.fullmatch(item):
        return _any_labels(item, *found.groups())
    if not _LABEL.fullmatch(item):
        raise _not_a_pattern(item)
    labels = item.lstrip("!").replace("-", "_").split("|")
    choice = "|".join(label.replace("*", r"\w*") for label in labels)
    return [
        _Step(re.compile(rf"(?!(?:{choice})\Z)\w+" if item.startswith("!") else choice))
    ]


def _any_labels(
    item: str, low: str | None, comma: str | None, high: str | None
) -> list[_Step]:
    """Read `*`, `*{n}`, `*{n,}`, `*{,m}` and `*{n,m}`."""
    if item.endswith("}") and not (low or comma):
        raise _not_a_pattern(item)
    fewest = min(int(low or 0), _DEEPEST)
    needed = [_Step()] * fewest
    if low and not comma:
        return needed
    if not high:
        return [*needed, _Step(is_optional=True, repeats=True)]
    if int(high) < int(low or 0):
        raise _not_a_pattern(item)
    return [*needed, *[_Step(is_optional=True)] * (min(int(high), _DEEPEST) - fewest)]


def _not_a_pattern(item: str) -> InvalidField:
    return InvalidField(field="path", reason=f"{item[:100]!r} is not a path pattern")
