"""Actions that change entities as one, over a time, and take it back."""

from collections.abc import Mapping
from typing import Final

import probatio

from homeassistant.core import ServiceCall
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType

from ...core.cues.changes import States
from ...core.cues.curves import Curve
from ...core.cues.fader import Fade
from ...core.domain.json_values import JsonObject
from ...core.domain.source import HOME_ASSISTANT
from ...hub.actions import (
    ENTITY_FIELDS,
    JSON_OBJECT,
    Action,
    targeted_entities,
    touched_values,
)
from ...hub.hub import Hub
from ...hub.permissions import Needs, Touched
from ...hub.targets import owner_of
from .manager import CuesManager

ATTR_CURVE: Final = "curve"
ATTR_DELAY: Final = "delay"
ATTR_PRIORITY: Final = "priority"
ATTR_STATE: Final = "state"
ATTR_STATES: Final = "states"
ATTR_TRANSITION: Final = "transition"
LONGEST: Final = 86_400
"""Seconds that a fade takes, and waits, at most."""

_SECONDS: Final = probatio.All(
    probatio.Coerce(float), probatio.Range(min=0, max=LONGEST)
)
_TRANSITION: Final[VolDictType] = {
    probatio.Optional(ATTR_TRANSITION, default=0): _SECONDS
}
_TIMED: Final[VolDictType] = {
    **_TRANSITION,
    probatio.Optional(ATTR_CURVE, default=Curve.LINEAR): probatio.Coerce(Curve),
    probatio.Optional(ATTR_DELAY, default=0): _SECONDS,
    probatio.Optional(ATTR_PRIORITY, default=0): probatio.All(
        probatio.Coerce(int), probatio.Range(min=-100, max=100)
    ),
}
_FADE: Final[VolDictType] = {
    **ENTITY_FIELDS,
    **_TIMED,
    probatio.Required(ATTR_STATE): JSON_OBJECT,
}
_APPLY: Final[VolDictType] = {
    **_TIMED,
    probatio.Required(ATTR_STATES): probatio.All(
        JSON_OBJECT, probatio.Length(min=1), {cv.string: JSON_OBJECT}
    ),
}


def _targeted(hub: Hub, call: ServiceCall) -> States:
    return {entity.id: call.data[ATTR_STATE] for entity in targeted_entities(hub, call)}


def _named(hub: Hub, call: ServiceCall) -> States:
    """Return the states by id; raises UnknownEntity. A device of Home Assistant's names what stands behind it."""
    entities = hub.domain.entities
    found: dict[str, JsonObject] = {}
    for name, state in call.data[ATTR_STATES].items():
        found.setdefault(entities[owner_of(hub.hass, name)].id, {}).update(state)
    return found


def _touched(hub: Hub, states: Mapping[str, JsonObject]) -> Touched:
    entities = hub.domain.entities
    return touched_values(
        hub, ((entities[key], state) for key, state in states.items())
    )


def _change(hub: Hub, call: ServiceCall, states: States) -> None:
    data = call.data
    hub.manager(CuesManager).do(
        Fade(
            states=states,
            source=HOME_ASSISTANT,
            over=data[ATTR_TRANSITION],
            delay=data[ATTR_DELAY],
            curve=data[ATTR_CURVE],
            priority=data[ATTR_PRIORITY],
        )
    )


def _is_for_all(call: ServiceCall) -> bool:
    return not any(call.data.values())


def _stop(hub: Hub, call: ServiceCall) -> None:
    ids = (
        None
        if _is_for_all(call)
        else [entity.id for entity in targeted_entities(hub, call)]
    )
    hub.manager(CuesManager).fader.stop(ids)


def _touched_by_stop(hub: Hub, call: ServiceCall) -> Touched:
    if _is_for_all(call):
        return None
    return touched_values(
        hub, ((entity, entity.variables) for entity in targeted_entities(hub, call))
    )


def _undo(hub: Hub, call: ServiceCall) -> None:
    hub.manager(CuesManager).undo(call.data[ATTR_TRANSITION])


def _touched_by_undo(hub: Hub, _call: ServiceCall) -> Touched:
    entities = hub.domain.entities
    if (last := hub.manager(CuesManager).last) is None:
        return None
    return _touched(
        hub, {key: state for key, state in last.states.items() if entities.get(key)}
    )


CUE_ACTIONS: Final = (
    Action(
        name="fade",
        handler=lambda hub, call: _change(hub, call, _targeted(hub, call)),
        fields=_FADE,
        needs=Needs.CONTROL,
        touches=lambda hub, call: _touched(hub, _targeted(hub, call)),
    ),
    Action(
        name="apply",
        handler=lambda hub, call: _change(hub, call, _named(hub, call)),
        fields=_APPLY,
        needs=Needs.CONTROL,
        touches=lambda hub, call: _touched(hub, _named(hub, call)),
    ),
    Action(
        name="stop_fades",
        handler=_stop,
        fields=ENTITY_FIELDS,
        needs=Needs.CONTROL,
        touches=_touched_by_stop,
    ),
    Action(
        name="undo",
        handler=_undo,
        fields=_TRANSITION,
        needs=Needs.CONTROL,
        touches=_touched_by_undo,
    ),
)
