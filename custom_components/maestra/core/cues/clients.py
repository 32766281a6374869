"""Cue lists as clients of the Fleet API run and keep them: JSON in and JSON out."""

from collections.abc import Sequence
from typing import Any

from ..domain.clock import optional_wire_time
from ..domain.errors import InvalidField
from ..domain.fields import refuse_outside
from ..domain.json_values import JsonObject
from ..domain.source import Source
from .commands import read_words
from .cue_list import CueList
from .cue_lists import CueLists
from .player import CuePlayer
from .stage import outside_of


class CueClients:
    """What clients may ask of cue lists, each by its name or id. Raises what `CueLists` and players raise."""

    def __init__(self, lists: CueLists) -> None:
        """Run these."""
        self._lists = lists

    def all(self) -> list[JsonObject]:
        """Return all of them, by name."""
        found = sorted(self._lists, key=lambda it: it.cues.name)
        return [_described(player) for player in found]

    def get(self, key: str) -> JsonObject:
        """Return one, and where it stands."""
        return _described(self._lists[key])

    def put(self, fields: Any) -> JsonObject:
        """Add a list, or take another version of the one of this name; what that does not activate or fade by now, no client can have activated or faded."""
        cues = CueList.from_wire(fields)
        known = self._lists.get(cues.name)
        for named, field in ((_activated, "activates"), (_faded, "states")):
            chosen = named(known.cues) if known else set()
            refuse_outside(sorted(named(cues) - chosen), field)
        return _described(self._lists.put(cues))

    def remove(self, key: str) -> None:
        """Remove one; what it moves stays where it is."""
        self._lists.remove(key)

    def run(self, key: str, words: Sequence[str], source: Source) -> JsonObject:
        """Do what words ask of one: `go`; `cue`, `5`, `start`. Returns where it stands then."""
        player = self._lists[key]
        if (command := read_words(words)) is None:
            raise InvalidField(field="command", reason=f"{'/'.join(words)} is none")
        command.verb.do(player, command.number, source)
        return _described(player)


def _activated(cues: CueList) -> set[str]:
    return {name for cue in cues.cues for name in cue.activates}


def _faded(cues: CueList) -> set[str]:
    return outside_of(cues.safe, *(cue.states for cue in cues.cues))


def _described(player: CuePlayer) -> JsonObject:
    return {
        "id": player.id,
        **player.cues.to_wire(),
        "current": player.current.number if player.current else None,
        "next": player.next.number if player.next else None,
        "is_running": player.is_running,
        "is_paused": player.is_paused,
        "started_at": optional_wire_time(player.started_at),
        "ends_at": optional_wire_time(player.ends_at),
        "due_at": optional_wire_time(player.due_at),
    }
