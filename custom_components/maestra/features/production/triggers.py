"""Triggers on productions: what is shown, what takes over, which show is on, what happens on the stream."""

from typing import Any, Final, override

import probatio

from homeassistant.helpers.trigger import Trigger
from homeassistant.helpers.typing import VolDictType

from ...const import TargetKind
from ...core.bus import Unsubscribe
from ...core.production.events import (
    AlertShown,
    ShowChanged,
    StreamHappening,
    TakeoverEnded,
    TakeoverStarted,
)
from ...core.production.production import Production
from ...hub.hub import Hub
from ...hub.targets import NAMES
from ...hub.triggers import MaestraTrigger, Run, schema
from .manager import ProductionManager

CONF_PRODUCTION: Final = "production"
CONF_SHOW: Final = "show"
CONF_TYPE: Final = "type"

PRODUCTION_OPTIONS: Final[VolDictType] = {
    probatio.Optional(CONF_PRODUCTION, default=list): NAMES
}
_TYPE_OPTIONS: Final[VolDictType] = {
    **PRODUCTION_OPTIONS,
    probatio.Optional(CONF_TYPE, default=list): NAMES,
}
_SHOW_OPTIONS: Final[VolDictType] = {
    **PRODUCTION_OPTIONS,
    probatio.Optional(CONF_SHOW, default=list): NAMES,
}


class ProductionTrigger(MaestraTrigger):
    """Something happened in a production."""

    _schema = schema(PRODUCTION_OPTIONS)
    fits = TargetKind.PRODUCTION | TargetKind.HUB

    def _variables(self, hub: Hub, id_: str) -> dict[str, Any] | None:
        """Return what is told of a production, None for one that is not meant."""
        manager = hub.manager(ProductionManager)
        if (production := manager.get(id_)) is None:
            return None
        named, name = self._options[CONF_PRODUCTION], manager.name_of(production)
        if not self._is_meant(named, id_, id_, name):
            return None
        return _told(hub, production, name)

    def _allows(self, option: str, *values: str) -> bool:
        allowed = self._options[option]
        return not allowed or any(value in allowed for value in values)


def _told(hub: Hub, production: Production, name: str) -> dict[str, Any]:
    return {
        "production": name,
        "device_id": hub.devices.id_of(production.id),
        "show": production.show.name,
    }


class AlertShownTrigger(ProductionTrigger):
    """An alert, or other content of the queue, is shown for the first time."""

    _schema = schema(_TYPE_OPTIONS)

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        def shown(event: AlertShown) -> None:
            item = event.item
            variables = self._variables(hub, event.production)
            if variables is None or not self._allows(CONF_TYPE, item.type):
                return
            run(
                variables | {"item": item.to_wire(), "type": item.type},
                f"{item.type} shown by {variables['production']}",
            )

        return hub.domain.bus.subscribe(AlertShown, shown)


class TakeoverStartedTrigger(ProductionTrigger):
    """Something is shown in place of all else."""

    _schema = schema(_TYPE_OPTIONS)

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        def started(event: TakeoverStarted) -> None:
            kind = str(event.item.data["takeover"])
            variables = self._variables(hub, event.production)
            if variables is None or not self._allows(CONF_TYPE, kind):
                return
            run(
                variables
                | {"type": kind, "message": event.item.data["message"]}
                | {"item": event.item.to_wire()},
                f"takeover of {variables['production']}",
            )

        return hub.domain.bus.subscribe(TakeoverStarted, started)


class TakeoverEndedTrigger(ProductionTrigger):
    """What was shown in place of all else is gone."""

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        def ended(event: TakeoverEnded) -> None:
            if (variables := self._variables(hub, event.production)) is None:
                return
            run(
                variables
                | {"type": event.item.data["takeover"], "reason": event.reason},
                f"takeover of {variables['production']} {event.reason}",
            )

        return hub.domain.bus.subscribe(TakeoverEnded, ended)


class ShowChangedTrigger(ProductionTrigger):
    """Another show is on."""

    _schema = schema(_SHOW_OPTIONS)

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        def changed(event: ShowChanged) -> None:
            variables = self._variables(hub, event.production)
            if variables is None:
                return
            name = variables["show"]
            if self._allows(CONF_SHOW, event.show, name):
                run(
                    variables | {"previous_show": event.previous},
                    f"show {name} of {variables['production']}",
                )

        return hub.domain.bus.subscribe(ShowChanged, changed)


class StreamEventTrigger(ProductionTrigger):
    """Something has happened on the stream."""

    _schema = schema(_TYPE_OPTIONS)

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        def happened(event: StreamHappening) -> None:
            kind = event.event.type
            variables = self._variables(hub, event.production)
            if variables is None or not self._allows(CONF_TYPE, kind):
                return
            run(
                variables
                | {"type": kind, "person": event.event.person}
                | {"event": event.event.to_wire()},
                f"{kind} of {variables['production']}",
            )

        return hub.domain.bus.subscribe(StreamHappening, happened)


PRODUCTION_TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "alert_shown": AlertShownTrigger,
    "takeover_started": TakeoverStartedTrigger,
    "takeover_ended": TakeoverEndedTrigger,
    "show_changed": ShowChangedTrigger,
    "stream_event": StreamEventTrigger,
}
