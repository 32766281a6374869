"""Words that people look for, as patterns of SQL."""

from collections.abc import Iterable
from typing import Final

MAX_WORDS: Final = 20
"""Of one question."""
_LITERAL: Final = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})


def patterns_of(words: Iterable[str]) -> list[str]:
    """Return what `ILIKE ALL` finds these words by, each anywhere in a text."""
    return [f"%{word.translate(_LITERAL)}%" for word in words]


def longest_of(patterns: Iterable[str]) -> str:
    """Return the pattern that says most: no index finds `ILIKE ALL`, but one of them alone. Of none, one that fits all texts."""
    return max(patterns, key=len, default="%")
