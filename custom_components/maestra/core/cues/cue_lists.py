"""The registry of cue lists, each with its player."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, tzinfo
from typing import Any, Final
from uuid import uuid4

from ..bus import Bus, get_logger
from ..domain.clock import utcnow
from ..domain.entities import Entities
from ..domain.errors import InvalidField, MaestraError, TooMany
from ..domain.json_values import JsonObject
from .cue_list import CueList
from .errors import UnknownCueList, UnknownCueListVersion
from .events import CueListChanged, CueListReplaced
from .fader import Fader
from .player import CuePlayer
from .stage import Outside
from .versions import KEPT_VERSIONS, Former

_LOGGER = get_logger(__name__)

MAX_LISTS: Final = 100
PREFIX: Final = "cues:"
"""What the ids of lists have before a UUID: it tells them from those of everything else."""


class CueLists:
    """The cue lists by id and name, and the fader that moves what they change. Belongs to the running event loop."""

    def __init__(
        self,
        bus: Bus,
        entities: Entities,
        outside: Outside | None = None,
        zone: Callable[[], tzinfo] = lambda: UTC,
    ) -> None:
        """Start empty. `zone` is where the clock of cues is."""
        self.zone = zone
        self.fader = Fader(bus, entities, outside)
        self._bus = bus
        self._players: dict[str, CuePlayer] = {}
        # Saved lists that can't be read: whoever wrote into the file may still mend it.
        self._unread: JsonObject = {}
        self._unread_former: JsonObject = {}
        # Lists as they are saved, made once for each version: it is done every second while one runs.
        self._written: dict[str, tuple[CueList, JsonObject]] = {}
        self._former: dict[str, list[Former]] = {}

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._players)

    def __iter__(self) -> Iterator[CuePlayer]:
        """Iterate over a copy."""
        return iter(list(self._players.values()))

    def __getitem__(self, key: str) -> CuePlayer:
        """Return a list by id or name, or raise UnknownCueList."""
        if (player := self.get(key)) is None:
            raise UnknownCueList(cue_list=key)
        return player

    def get(self, key: str) -> CuePlayer | None:
        """Return a list by id or name, or None."""
        if found := self._players.get(key):
            return found
        return next((each for each in self if each.cues.name == key), None)

    def put(self, cues: CueList) -> CuePlayer:
        """Add a list, or take another version of the one with this name, which keeps the former; raises TooMany."""
        if (player := self.get(cues.name)) is not None:
            if player.cues != cues:
                self._keep(player)
            player.replace(cues)
            return player
        if len(self) >= MAX_LISTS:
            raise TooMany(kind="cue lists", limit=MAX_LISTS)
        player = self._add(f"{PREFIX}{uuid4()}", cues)
        self._bus.publish(CueListChanged(player.id))
        return player

    def remove(self, key: str) -> None:
        """Remove a list; what it moves stays where it is. Raises UnknownCueList."""
        player = self[key]
        player.close()
        del self._players[player.id]
        self._written.pop(player.id, None)
        self._former.pop(player.id, None)
        self._bus.publish(CueListChanged(player.id, is_gone=True))

    def version(self, key: str) -> int:
        """Return the number of the version that a list is; raises UnknownCueList."""
        former = self.former(key)
        return former[-1].number + 1 if former else 1

    def former(self, key: str) -> list[Former]:
        """Return the versions that a list was, oldest first; raises UnknownCueList."""
        return list(self._former.get(self[key].id, ()))

    def bring_back(self, key: str, number: int) -> CuePlayer:
        """Make a version that a list was its next one; raises UnknownCueList, UnknownCueListVersion."""
        player = self[key]
        for former in self.former(key):
            if former.number == number:
                return self.put(former.cues)
        raise UnknownCueListVersion(cue_list=player.cues.name, version=number)

    def former_snapshot(self) -> JsonObject:
        """Return the versions that lists were."""
        return self._unread_former | {
            id_: [version.to_wire() for version in former]
            for id_, former in self._former.items()
        }

    def restore_former(self, saved: Mapping[str, Any]) -> None:
        """Bring back what `former_snapshot` gave, of lists that are there; a version that can't be read is left out."""
        for id_, versions in saved.items():
            if id_ in self._unread:
                self._unread_former[id_] = versions
            if id_ not in self._players or not isinstance(versions, list):
                continue
            for data in versions:
                try:
                    self._former.setdefault(id_, []).append(Former.from_wire(data))
                except MaestraError as error:
                    _LOGGER.error("A version of %s can't be read: %s", id_, error)

    def snapshot(self) -> JsonObject:
        """Return all of them, and where each stands."""
        return self._unread | {
            player.id: {"list": self._wire(player), "at": player.snapshot()}
            for player in self
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Bring back what `snapshot` gave, and go on. A list that can't be read is left out, and stays saved."""
        for id_, data in saved.items():
            try:
                cues = CueList.from_wire(_object(data, "list"))
            except MaestraError as error:
                _LOGGER.error("The saved cue list %s can't be read: %s", id_, error)
                self._unread[id_] = data
                continue
            player = self._add(id_, cues)
            try:
                player.restore(_object(data, "at"))
            except MaestraError as error:
                _LOGGER.error(
                    "Where cue list %s stood can't be read: %s", cues.name, error
                )

    def close(self) -> None:
        """End: what a list moves stays where it is, other fades are where they shall be."""
        for player in self:
            player.close()
        self.fader.close()

    def _keep(self, player: CuePlayer) -> None:
        kept = self._former.setdefault(player.id, [])
        number = self.version(player.id)
        kept.append(Former(number=number, replaced_at=utcnow(), cues=player.cues))
        del kept[:-KEPT_VERSIONS]
        self._bus.publish(CueListReplaced(player.id))

    def _wire(self, player: CuePlayer) -> JsonObject:
        cues, written = self._written.get(player.id, (None, {}))
        if cues is not player.cues:
            written = player.cues.to_wire()
            self._written[player.id] = player.cues, written
        return written

    def _add(self, id_: str, cues: CueList) -> CuePlayer:
        player = CuePlayer(id_, cues, self._bus, self.fader, self.zone)
        self._players[id_] = player
        return player


def _object(saved: Any, key: str) -> JsonObject:
    """Return what stands under a key of what was saved; raises InvalidField where neither is an object."""
    found = saved.get(key) if isinstance(saved, dict) else None
    if not isinstance(found, dict):
        raise InvalidField(field=key, reason="must be an object")
    return found
