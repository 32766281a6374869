"""Triggers on cue lists: a cue goes or fails, a list is at its end, a panic."""

from typing import Any, Final, override

import probatio

from homeassistant.helpers.trigger import Trigger
from homeassistant.helpers.typing import VolDictType

from ...const import TargetKind
from ...core.bus import Unsubscribe
from ...core.cues.cue_list import Cue
from ...core.cues.events import CueEnded, CueFailed, CueStarted, Panicked
from ...hub.hub import Hub
from ...hub.targets import NAMES
from ...hub.triggers import MaestraTrigger, Run, schema
from .manager import CuesManager

CONF_CUE: Final = "cue"
CONF_CUE_LIST: Final = "cue_list"

LIST_OPTIONS: Final[VolDictType] = {
    probatio.Optional(CONF_CUE_LIST, default=list): NAMES
}
CUE_OPTIONS: Final[VolDictType] = {
    **LIST_OPTIONS,
    probatio.Optional(CONF_CUE, default=list): NAMES,
}


class CueListTrigger(MaestraTrigger):
    """Something happened to a cue list."""

    _schema = schema(LIST_OPTIONS)
    fits = TargetKind.CUE_LIST | TargetKind.HUB

    def _variables(
        self, hub: Hub, list_id: str, cue: Cue | None = None
    ) -> dict[str, Any] | None:
        """Return what is told, None for a list or a cue that is not meant."""
        player = hub.manager(CuesManager).lists.get(list_id)
        if player is None:
            return None
        name, named = player.cues.name, self._options[CONF_CUE_LIST]
        if not self._is_meant(named, list_id, list_id, name):
            return None
        told = {"cue_list": name, "device_id": hub.devices.id_of(list_id)}
        if cue is None:
            return told
        wanted = self._options.get(CONF_CUE)
        if wanted and not {cue.number, cue.name, cue.title} & {*wanted}:
            return None
        return told | {"cue": cue.number, "cue_name": cue.name}


class CueStartedTrigger(CueListTrigger):
    """A cue went."""

    _schema = schema(CUE_OPTIONS)

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        def started(event: CueStarted) -> None:
            told = self._variables(hub, event.list_id, event.cue)
            if told is not None:
                run(
                    told | {"is_automatic": event.is_automatic},
                    f"cue {event.cue.title} of {told['cue_list']} went",
                )

        return hub.domain.bus.subscribe(CueStarted, started)


class CueEndedTrigger(CueListTrigger):
    """A cue is complete."""

    _schema = schema(CUE_OPTIONS)

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        def ended(event: CueEnded) -> None:
            told = self._variables(hub, event.list_id, event.cue)
            if told is not None:
                run(
                    told | {"is_last": event.is_last},
                    f"cue {event.cue.title} of {told['cue_list']} is complete",
                )

        return hub.domain.bus.subscribe(CueEnded, ended)


class CueListEndedTrigger(CueListTrigger):
    """The last cue of a list is complete."""

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        def ended(event: CueEnded) -> None:
            told = self._variables(hub, event.list_id)
            if told is not None and event.is_last:
                run(told, f"{told['cue_list']} is at its end")

        return hub.domain.bus.subscribe(CueEnded, ended)


class CueFailedTrigger(CueListTrigger):
    """A cue that had to go by itself was refused."""

    _schema = schema(CUE_OPTIONS)

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        def failed(event: CueFailed) -> None:
            told = self._variables(hub, event.list_id, event.cue)
            if told is not None:
                run(
                    told | {"reason": event.reason},
                    f"cue {event.cue.title} of {told['cue_list']} failed",
                )

        return hub.domain.bus.subscribe(CueFailed, failed)


class PanicTrigger(CueListTrigger):
    """A list was brought to its safe state."""

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        def panicked(event: Panicked) -> None:
            told = self._variables(hub, event.list_id)
            if told is not None:
                run(told, f"panic of {told['cue_list']}")

        return hub.domain.bus.subscribe(Panicked, panicked)


CUE_TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "cue_started": CueStartedTrigger,
    "cue_ended": CueEndedTrigger,
    "cue_list_ended": CueListEndedTrigger,
    "cue_failed": CueFailedTrigger,
    "panic": PanicTrigger,
}
