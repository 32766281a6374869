"""The cue lists for cards: their cues, which is on and which is next, and how far it is."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import probatio

from homeassistant.auth.models import User
from homeassistant.helpers import config_validation as cv

from ...core.bus import Unsubscribe
from ...core.cues.cue_list import Cue
from ...core.cues.events import CueListChanged
from ...core.cues.player import CuePlayer
from ...core.domain.clock import optional_wire_time
from ...core.domain.json_values import JsonObject
from ...hub.hub import Hub
from ...hub.live import Live, live_command
from ...hub.permissions import Needs, Touched, entity_ids, may
from ...hub.targets import owner_of
from .actions import ATTR_CUE_LIST
from .manager import CuesManager


class LiveCueLists:
    """The cue lists by id; or one, under the name by which it is asked for: its own, its id, or that of its Home Assistant device."""

    def __init__(self, hub: Hub, user: User, msg: dict[str, Any]) -> None:
        """Look for it later: it may not be there yet."""
        self._hub = hub
        self._user = user
        self._lists = hub.manager(CuesManager).lists
        self._name: str | None = msg.get(ATTR_CUE_LIST)
        self._shown: CuePlayer | None = None

    def __iter__(self) -> Iterator[str]:
        """Iterate over the ids, or its name."""
        if self._name is not None:
            return iter((self._name,))
        return (player.id for player in self._lists)

    def show(self, key: str) -> JsonObject | None:
        """Return a list with its cues and where it stands, None for who may not read it.

        `elapsed` is how many seconds its cue is on its way, without pauses; None where none is.
        """
        player = self._shown = _named(self._hub, key)
        if player is None or not self._may(Needs.READ, player):
            return None
        return {
            "id": player.id,
            "device_id": self._hub.devices.id_of(player.id),
            "name": player.cues.name,
            "cues": [_cue(cue) for cue in player.cues.cues],
            "current": player.current.number if player.current else None,
            "next": player.next.number if player.next else None,
            "is_running": player.is_running,
            "is_paused": player.is_paused,
            "started_at": optional_wire_time(player.started_at),
            "ends_at": optional_wire_time(player.ends_at),
            "elapsed": player.elapsed,
            "due_at": optional_wire_time(player.due_at),
            "can_control": self._may(Needs.CONTROL, player),
        }

    def follow(self, changed: Callable[[str], None]) -> Unsubscribe:
        """Call `changed` with each list that is another, or stands elsewhere."""

        def list_changed(event: CueListChanged) -> None:
            if (name := self._name) is None:
                changed(event.list_id)
            elif self._shown is None or self._shown.id == event.list_id:
                changed(name)

        return self._hub.domain.bus.subscribe(CueListChanged, list_changed)

    def _may(self, needs: Needs, player: CuePlayer) -> bool:
        return may(self._user, needs, lambda: _touched(self._hub, player))


def _cue(cue: Cue) -> JsonObject:
    return {
        "number": cue.number,
        "name": cue.name,
        "pre_wait": cue.pre_wait,
        "transition": cue.transition,
        "post_wait": cue.post_wait,
        "continue_mode": cue.continue_mode,
        "at": cue.at.text if cue.at else None,
        "notes": cue.notes,
    }


def _named(hub: Hub, name: str) -> CuePlayer | None:
    return hub.manager(CuesManager).lists.get(owner_of(hub.hass, name))


def _touched(hub: Hub, player: CuePlayer) -> Touched:
    return entity_ids(hub.presenter, [hub.presenter.of(player.id)])


def _touched_by_name(hub: Hub, msg: dict[str, Any]) -> Touched:
    name = msg.get(ATTR_CUE_LIST)
    player = None if name is None else _named(hub, name)
    return _touched(hub, player) if player else None


CUE_COMMANDS: Final = (
    live_command(
        Live(
            command="cue_lists",
            fields={probatio.Optional(ATTR_CUE_LIST): cv.string},
            needs=Needs.READ,
            touches=_touched_by_name,
            view=LiveCueLists,
        )
    ),
)
"""WebSocket commands."""
