"""Commands of topics that the domain does not know, by the first words of the subject on which clients of any wire give them."""

from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import unquote

from ..bus import Unsubscribe
from .json_values import JsonValue
from .source import Source

type Run = Callable[[Sequence[str], JsonValue, Source], bool]
"""Does what the rest of a subject says, unescaped, with what was said on it; False where that is no command. May raise MaestraError."""

PREFIX: Final = "maestra."


class SubjectCommands:
    """What runs commands, by the word after `maestra`."""

    def __init__(self) -> None:
        """Know none."""
        self._runs: dict[str, Run] = {}

    def register(self, word: str, run: Run) -> Unsubscribe:
        """Let a topic have all subjects below `maestra.<word>` until the returned function is called."""
        self._runs[word] = run

        def unregister() -> None:
            self._runs.pop(word, None)

        return unregister

    def run(self, subject: str, body: JsonValue, source: Source) -> bool:
        """Do what a subject commands; False where it commands nothing. Raises what is refused."""
        word, _, rest = subject.removeprefix(PREFIX).partition(".")
        if (run := self._runs.get(word)) is None or not rest:
            return False
        return run([unquote(token) for token in rest.split(".")], body, source)
