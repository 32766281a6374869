"""Cue lists by OSC, with the addresses that QLab has: `/go`, `/cue/5/start`, `/panic`; below `/cues/<list>` for one of several."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from ..bus import Bus, Counters, Unsubscribe, cached_by_text, together
from ..domain.errors import MaestraError
from ..domain.events import OscReceived
from ..domain.names import slugify
from ..domain.source import Source
from ..transport.access import RejectionLog
from .cue_lists import CueLists
from .errors import UnknownCueList
from .player import CuePlayer

SOURCE: Final = "osc"

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
    """What an address asks for."""

    verb: _Verb
    list_slug: str | None = None
    number: str = ""


@cached_by_text(4_096)
def read_command(address: str) -> Command | None:
    """Return what an address asks for, None where it is not for us."""
    match address.split("/")[1:]:
        case ["cues", name, *rest] if rest:
            return _read(rest, slugify(name))
        case parts:
            return _read(parts, None)


def _read(parts: list[str], list_slug: str | None) -> Command | None:
    match parts:
        case [word] if word in VERBS:
            return Command(VERBS[word], list_slug)
        case ["cue", number, word] if word in CUE_VERBS:
            return Command(CUE_VERBS[word], list_slug, number)
    return None


class OscCues:
    """Lets OSC clients run cue lists; what they may not do is counted, and in the log."""

    def __init__(self, bus: Bus, lists: CueLists) -> None:
        """Hear nothing yet."""
        self.counters = Counters()
        self._bus = bus
        self._lists = lists
        self._rejections = RejectionLog("OSC cues", self.counters)

    def start(self) -> Unsubscribe:
        """Listen until the returned function is called."""
        return together(
            self._rejections.close, self._bus.subscribe(OscReceived, self._received)
        )

    def _received(self, event: OscReceived) -> None:
        # Asked for each of thousands of messages a second.
        if not self._lists or (command := read_command(event.address)) is None:
            return
        # A button tells of its release too, with 0 or false.
        if event.arguments and not event.arguments[0]:
            return
        try:
            for player in self._meant(command):
                command.verb.do(
                    player, command.number, Source(SOURCE, event.gateway, event.peer)
                )
        except MaestraError as error:
            self._rejections.note(event.peer, error.code, str(error), event.address)

    def _meant(self, command: Command) -> list[CuePlayer]:
        """Return the lists that are meant; raises UnknownCueList. What is for one list needs no name where there is one only."""
        found = [
            player
            for player in self._lists
            if command.list_slug in (None, slugify(player.cues.name))
        ]
        if not found or (len(found) > 1 and not command.verb.for_all):
            raise UnknownCueList(cue_list=command.list_slug or "")
        return found
