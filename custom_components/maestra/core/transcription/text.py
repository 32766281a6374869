"""Text of speech recognition: without what nobody has said, and compared as it is spoken."""

from collections.abc import Iterable
import re
from typing import Final
from unicodedata import category, normalize

MAX_TEXT_LENGTH: Final = 10_000
IGNORED: Final = ("Thank you.", "Thanks for watching!")
"""What recognition hears in silence."""
# [BLANK_AUDIO], (music), *coughs*: what is heard, but not said.
_REMARKS: Final = re.compile(r"\[[^\]]{0,80}\]|\([^)]{0,80}\)|\*[^*]{0,80}\*|[♩♪♫♬]")
_SPACE: Final = re.compile(r"\s+")
_NO_WORD: Final = re.compile(r"[\W_]+")
_APOSTROPHES: Final = re.compile(r"['’ʼ`]")


def plain_line(text: str) -> str:
    """Return text as one line of what can be printed, cut to what a transcript may have."""
    kept = "".join(
        " " if category(each)[0] in "CZ" and each not in "\u200c\u200d" else each
        for each in text[: 2 * MAX_TEXT_LENGTH]
    )
    return _SPACE.sub(" ", kept).strip()[:MAX_TEXT_LENGTH]


def clean_text(text: str, ignored: Iterable[str] = IGNORED) -> str:
    """Return what was said; empty where that is nothing, or nothing but one of what is `ignored`."""
    said = plain_line(_REMARKS.sub(" ", plain_line(text)))
    words = spoken_words(said)
    if not words or words in {spoken_words(each) for each in ignored}:
        return ""
    return said


def spoken_words(text: str) -> str:
    """Return words as they are compared: without case, punctuation and apostrophes, one space between them."""
    folded = normalize("NFKC", text).casefold()
    return _NO_WORD.sub(" ", _APOSTROPHES.sub("", folded)).strip()


def says(text: str, phrases: Iterable[str]) -> str | None:
    """Return the first of the phrases whose words stand in a text one after another, None where none does."""
    said = f" {spoken_words(text)} "
    for phrase in phrases:
        words = spoken_words(phrase)
        if words and f" {words} " in said:
            return phrase
    return None
