"""What clients of any wire may ask of cue lists, in the words that QLab has: `go`, `cue/5/start`, `panic`, and which lists are meant."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from ..bus import Unsubscribe
from ..domain import Domain
from ..domain.json_values import JsonValue
from ..domain.names import slugify
from ..domain.source import Source
from .cue_lists import CueLists
from .errors import UnknownCueList
from .player import CuePlayer

SUBJECT: Final = "cues"
"""The word after `maestra` in subjects and topics."""

type _Do = Callable[[CuePlayer, str, Source], object]


class _Verb(NamedTuple):
    """What a word does with a list; `for_all` of them where none is named."""

    do: _Do
    for_all: bool = False


VERBS: Final[Mapping[str, _Verb]] = {
    "go": _Verb(lambda player, _, source: player.go(source)),
    "back": _Verb(lambda player, _, source: player.back(source)),
    "pause": _Verb(lambda player, _, source: player.pause(), for_all=True),
    "resume": _Verb(lambda player, _, source: player.resume(), for_all=True),
    "stop": _Verb(lambda player, _, source: player.stop(), for_all=True),
    "panic": _Verb(lambda player, _, source: player.panic(source), for_all=True),
}
CUE_VERBS: Final[Mapping[str, _Verb]] = {
    "start": _Verb(lambda player, number, source: player.go_to(number, source)),
    "load": _Verb(lambda player, number, source: player.stand_by(number)),
}


class Command(NamedTuple):
    """What a client asks for; of all lists, or of the only one, where none is named."""

    verb: _Verb
    list_slug: str | None = None
    number: str = ""

    def run(self, lists: CueLists, source: Source) -> None:
        """Do it. What is for one list needs no name where there is one only. Raises UnknownCueList, and what the list refuses."""
        found = [
            player
            for player in lists
            if self.list_slug in (None, slugify(player.cues.name))
        ]
        if not found or (len(found) > 1 and not self.verb.for_all):
            raise UnknownCueList(cue_list=self.list_slug or "")
        for player in found:
            self.verb.do(player, self.number, source)


def read_words(words: Sequence[str], list_name: str | None = None) -> Command | None:
    """Return what words ask for, None where they ask nothing: `go`; `cue`, `5`, `start`."""
    list_slug = None if list_name is None else slugify(list_name)
    match words:
        case [word] if word in VERBS:
            return Command(VERBS[word], list_slug)
        case ["cue", number, word] if word in CUE_VERBS:
            return Command(CUE_VERBS[word], list_slug, number)
    return None


def is_release(value: JsonValue) -> bool:
    """Tell whether what came with a command says that a button was let go: 0 or false."""
    return value is False or (isinstance(value, int | float) and value == 0)


class CueCommands:
    """Lets clients of MQTT, NATS and the WebSocket run cue lists, below `maestra.cues`."""

    def __init__(self, domain: Domain, lists: CueLists) -> None:
        """Hear nothing yet."""
        self._domain = domain
        self._lists = lists

    def start(self) -> Unsubscribe:
        """Listen until the returned function is called."""
        return self._domain.commands.register(SUBJECT, self._run)

    def _run(self, words: Sequence[str], body: JsonValue, source: Source) -> bool:
        command = read_words(words) or read_words(words[1:], words[0])
        if command is not None and not is_release(body):
            command.run(self._lists, source)
        return command is not None
