"""Codes that people read from one screen and type at another."""

from typing import Final

# Without those that look like others.
CODE_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH: Final = 12
_GROUP: Final = 4


def grouped_code(letters: str) -> str:
    """Return a code as it is shown: in groups of four."""
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def code_of(secret: bytes) -> str:
    """Return a code, as it is shown, that is the same for the same secret of at least 16 bytes."""
    number, letters = int.from_bytes(secret), []
    for _ in range(CODE_LENGTH):
        number, at = divmod(number, len(CODE_LETTERS))
        letters.append(CODE_LETTERS[at])
    return grouped_code("".join(letters))


def code_letters(text: str) -> str:
    """Return the letters of a code that was typed: they may be small, and be grouped in any way."""
    return "".join(letter for letter in text.upper() if letter in CODE_LETTERS)
