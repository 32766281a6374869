"""The conditions on cue lists: whether one runs, and which cue went last."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Final, override

import probatio

from homeassistant.helpers.condition import Condition

from ...const import TargetKind
from ...core.cues.player import CuePlayer
from ...hub.conditions import MaestraCondition, schema
from ...hub.hub import Hub
from ...hub.targets import NAMES
from .manager import CuesManager
from .triggers import CONF_CUE, CONF_CUE_LIST, LIST_OPTIONS


class CueListCondition(MaestraCondition):
    """A question about cue lists: those that are named or targeted, or all."""

    _schema = schema(LIST_OPTIONS)
    fits = TargetKind.CUE_LIST | TargetKind.HUB

    @override
    def _answers(self, hub: Hub, targeted: set[str]) -> Iterable[bool]:
        lists = hub.manager(CuesManager).lists
        named = {lists[name].id for name in self._options[CONF_CUE_LIST]}
        is_everything = not (named or self._target) or hub.entry.entry_id in targeted
        return [
            self._holds(player)
            for player in lists
            if is_everything or player.id in named | targeted
        ]

    @abstractmethod
    def _holds(self, player: CuePlayer) -> bool:
        """Answer for one list."""


class IsCueListRunning(CueListCondition):
    """Whether a cue is on its way, or the next goes by itself."""

    @override
    def _holds(self, player: CuePlayer) -> bool:
        return player.is_running


class IsCue(CueListCondition):
    """Whether one of these cues went last."""

    _schema = schema({**LIST_OPTIONS, probatio.Required(CONF_CUE): NAMES})

    @override
    def _holds(self, player: CuePlayer) -> bool:
        cue = player.current
        return cue is not None and bool(
            {cue.number, cue.name, cue.title} & {*self._options[CONF_CUE]}
        )


CUE_CONDITIONS: Final[dict[str, type[Condition]]] = {
    "is_cue_list_running": IsCueListRunning,
    "is_cue": IsCue,
}
