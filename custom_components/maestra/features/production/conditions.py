"""The conditions on productions: whether they are live, and which show is on."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Final, override

import probatio

from homeassistant.helpers.condition import Condition

from ...const import TargetKind
from ...core.production.production import Production
from ...hub.conditions import MaestraCondition, schema
from ...hub.hub import Hub
from ...hub.targets import NAMES
from .manager import ProductionManager
from .triggers import CONF_PRODUCTION, CONF_SHOW, PRODUCTION_OPTIONS


class ProductionCondition(MaestraCondition):
    """A question about productions: those that are named or targeted, or all."""

    _schema = schema(PRODUCTION_OPTIONS)
    fits = TargetKind.PRODUCTION | TargetKind.HUB

    @override
    def _answers(self, hub: Hub, targeted: set[str]) -> Iterable[bool]:
        manager = hub.manager(ProductionManager)
        named = {*self._options[CONF_PRODUCTION]}
        is_everything = not (named or self._target) or hub.entry.entry_id in targeted
        return [
            self._holds(production)
            for production in manager
            if is_everything
            or production.id in targeted
            or {production.id, manager.name_of(production)} & named
        ]

    @abstractmethod
    def _holds(self, production: Production) -> bool:
        """Answer for one production."""


class IsLive(ProductionCondition):
    """Whether the stream is live, as far as its events tell."""

    @override
    def _holds(self, production: Production) -> bool:
        return production.is_live


class IsShow(ProductionCondition):
    """Whether one of these shows is on, by key or name."""

    _schema = schema({**PRODUCTION_OPTIONS, probatio.Required(CONF_SHOW): NAMES})

    @override
    def _holds(self, production: Production) -> bool:
        show = production.show
        return bool({show.key, show.name} & {*self._options[CONF_SHOW]})


PRODUCTION_CONDITIONS: Final[dict[str, type[Condition]]] = {
    "is_live": IsLive,
    "is_show": IsShow,
}
