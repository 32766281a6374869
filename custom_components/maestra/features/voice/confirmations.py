"""What a language model wants to do and its user has to confirm: once, for exactly that, and not in the turn in which it was asked."""

from collections import OrderedDict
from dataclasses import dataclass
from secrets import token_hex
from time import monotonic
from typing import Any, Final

MAX_OPEN: Final = 100
LIFETIME: Final = 120.0
"""Seconds within which a user has to answer."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Where in which conversation something is asked: `number` grows with each thing that the user says."""

    conversation: str
    number: float


@dataclass(frozen=True, slots=True)
class _Open:
    turn: Turn
    what: Any
    asked: float


class Confirmations:
    """What waits to be confirmed, by the code that the model was given for it."""

    def __init__(self) -> None:
        """Wait for nothing."""
        self._open: OrderedDict[str, _Open] = OrderedDict()

    def ask(self, turn: Turn, what: Any) -> str:
        """Return the code with which this may be confirmed; the oldest go where there are too many."""
        code = token_hex(4)
        self._open[code] = _Open(turn, what, monotonic())
        while len(self._open) > MAX_OPEN:
            self._open.popitem(last=False)
        return code

    def take(self, code: str | None, turn: Turn, what: Any) -> bool:
        """Tell whether the user has confirmed this: the same thing in the same conversation, and has spoken since."""
        found = self._open.get(code or "")
        if (
            found is None
            or found.what != what
            or found.turn.conversation != turn.conversation
            or found.turn.number >= turn.number
            or monotonic() - found.asked > LIFETIME
        ):
            return False
        del self._open[code or ""]
        return True
