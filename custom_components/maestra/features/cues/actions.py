"""Actions that change entities as one, over a time, and take it back; and those on cue lists."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
import datetime as dt
from datetime import datetime, timedelta
from typing import Any, Final

import probatio

from homeassistant.const import ATTR_ENTITY_ID, CONF_NAME
from homeassistant.core import ServiceCall, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType

from ...core.cues.at import FURTHEST, At
from ...core.cues.changes import States
from ...core.cues.cue_list import Cue, CueList
from ...core.cues.curves import Curve
from ...core.cues.fader import Fade
from ...core.cues.player import CuePlayer
from ...core.cues.stage import is_outside, outside_of
from ...core.cues.versions import difference
from ...core.domain.clock import utcnow, wire_time
from ...core.domain.entity import Entity
from ...core.domain.errors import InvalidField
from ...core.domain.json_values import JsonObject
from ...core.domain.source import HOME_ASSISTANT
from ...core.domain.variables import Direction
from ...hub.actions import (
    ENTITY_FIELDS,
    JSON_OBJECT,
    Action,
    chosen,
    moment,
    only,
    refusal,
    targeted_entities,
    targeted_ids,
    touched_owners,
    touched_values,
)
from ...hub.hub import Hub
from ...hub.permissions import Needs, Touched
from ...hub.targets import NAMES, owner_of, wrong_target
from .manager import CuesManager

ATTR_AT: Final = "at"
ATTR_CORRELATION_ID: Final = "correlation_id"
ATTR_CUE: Final = "cue"
ATTR_CUE_LIST: Final = "cue_list"
ATTR_CUES: Final = "cues"
ATTR_CURVE: Final = "curve"
ATTR_ENTITIES: Final = "entities"
ATTR_DELAY: Final = "delay"
ATTR_MIN_INTERVAL: Final = "min_interval"
ATTR_NUMBER: Final = "number"
ATTR_PRIORITY: Final = "priority"
ATTR_SAFE: Final = "safe"
ATTR_STATE: Final = "state"
ATTR_STATES: Final = "states"
ATTR_TRANSITION: Final = "transition"
ATTR_VERSION: Final = "version"
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
    probatio.Optional(ATTR_AT): probatio.Any(dt.time, dt.datetime, cv.string),
    probatio.Optional(ATTR_CUE_LIST): cv.string,
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
        JSON_OBJECT, probatio.Length(min=1), {str: dict}
    ),
}


def _targeted(hub: Hub, call: ServiceCall) -> States:
    return {entity.id: call.data[ATTR_STATE] for entity in targeted_entities(hub, call)}


def _named(hub: Hub, call: ServiceCall) -> States:
    """Return the states by id; raises UnknownEntity. A device of Home Assistant's names what stands behind it."""
    entities = hub.domain.entities
    found: dict[str, JsonObject] = {}
    for name, state in call.data[ATTR_STATES].items():
        key = name if is_outside(name) else entities[owner_of(hub.hass, name)].id
        found.setdefault(key, {}).update(state)
    return found


def _touched(hub: Hub, states: Mapping[str, JsonObject]) -> Touched:
    entities = hub.domain.entities
    outside = outside_of(states)
    if outside == states.keys():
        return outside
    touched = touched_values(
        hub,
        ((entities[key], state) for key, state in states.items() if key not in outside),
    )
    return None if touched is None else [*touched, *outside]


def _change(hub: Hub, call: ServiceCall, states: States) -> JsonObject:
    data = call.data
    at = _due(hub, call)
    if at is not None:
        at += timedelta(seconds=data[ATTR_DELAY])
    fade = Fade(
        at=at,
        states=states,
        source=HOME_ASSISTANT,
        over=data[ATTR_TRANSITION],
        delay=data[ATTR_DELAY],
        curve=data[ATTR_CURVE],
        priority=data[ATTR_PRIORITY],
    )
    hub.manager(CuesManager).do(fade)
    return {ATTR_CORRELATION_ID: fade.correlation_id}


def _due(hub: Hub, call: ServiceCall) -> datetime | None:
    """Return when a change begins, None for at once: at a date and time, the next time of the clock, or a time of a show that goes.

    Raises InvalidField, UnknownCueList, ServiceValidationError.
    """
    wanted = call.data.get(ATTR_AT)
    if isinstance(wanted, dt.time):
        wanted = wanted.isoformat("seconds")
    if not wanted:
        return None
    lists, now = hub.manager(CuesManager).lists, utcnow()
    try:
        at = At.from_wire(wanted)
    except InvalidField:
        return _date(wanted, now)
    if at.show is None:
        return at.due(now, lists.zone(), None)
    name = call.data.get(ATTR_CUE_LIST)
    players = [lists[owner_of(hub.hass, name)]] if name else list(lists)
    if len(players) != 1:
        raise refusal("one_cue_list", count=str(len(players)))
    if (due := at.due(now, lists.zone(), players[0].show_began)) is None:
        raise refusal("show_not_begun", cue_list=players[0].cues.name)
    return due


def _date(wanted: Any, now: datetime) -> datetime:
    try:
        due = moment(wanted)
    except probatio.Invalid as error:
        raise InvalidField(
            field=ATTR_AT,
            reason='must be a date with its time, or text such as "20:15" or "+1:02:30"',
        ) from error
    if not now <= due <= now + FURTHEST:
        raise InvalidField(field=ATTR_AT, reason="must be within a year from now")
    return due


def _is_for_all(call: ServiceCall) -> bool:
    return not any(call.data.values())


def _stop(hub: Hub, call: ServiceCall) -> None:
    ids = (
        None
        if _is_for_all(call)
        else [entity.id for entity in targeted_entities(hub, call)]
    )
    hub.manager(CuesManager).lists.fader.stop(ids)


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
        hub,
        {
            key: state
            for key, state in last.states.items()
            if is_outside(key) or entities.get(key)
        },
    )


# Of cue lists.

_LISTS: Final[VolDictType] = {
    **cv.ENTITY_SERVICE_FIELDS,
    probatio.Optional(ATTR_CUE_LIST, default=list): NAMES,
}
_GO_TO: Final[VolDictType] = {**_LISTS, probatio.Required(ATTR_CUE): cv.string}
_RESTORE: Final[VolDictType] = {
    **_LISTS,
    probatio.Required(ATTR_VERSION): probatio.Coerce(int),
}
_SAVE: Final[VolDictType] = {
    probatio.Required(CONF_NAME): cv.string,
    probatio.Required(ATTR_CUES): probatio.All(probatio.EnsureList(), [JSON_OBJECT]),
    probatio.Optional(ATTR_MIN_INTERVAL, default=0): _SECONDS,
    probatio.Optional(ATTR_PRIORITY, default=0): probatio.Coerce(int),
    probatio.Optional(ATTR_SAFE, default=dict): JSON_OBJECT,
}
_CAPTURE: Final[VolDictType] = {
    **ENTITY_FIELDS,
    **_TRANSITION,
    probatio.Required(ATTR_CUE_LIST): cv.string,
    probatio.Optional(ATTR_ENTITIES, default=list): cv.entity_ids,
    probatio.Optional(ATTR_NUMBER): cv.string,
    probatio.Optional(CONF_NAME, default=""): cv.string,
}


def _meant(hub: Hub, call: ServiceCall) -> list[CuePlayer]:
    """Return the lists that a call targets or names; without either, all. Raises UnknownCueList, ServiceValidationError."""
    lists = hub.manager(CuesManager).lists
    return chosen(call, ATTR_CUE_LIST, lists.__getitem__, lists.get) or list(lists)


def _touched_lists(hub: Hub, call: ServiceCall) -> Touched:
    return touched_owners(hub, [each.id for each in _meant(hub, call)])


def _on_one(
    do: Callable[[CuePlayer, ServiceCall], object],
) -> Callable[[Hub, ServiceCall], None]:
    """Return a handler for one list: the only one needs no name."""

    def handle(hub: Hub, call: ServiceCall) -> None:
        do(only(_meant(hub, call), "one_cue_list"), call)

    return handle


def _on_each(do: Callable[[CuePlayer], object]) -> Callable[[Hub, ServiceCall], None]:
    """Return a handler for one or many lists."""

    def handle(hub: Hub, call: ServiceCall) -> None:
        for player in _meant(hub, call):
            do(player)

    return handle


def _save(hub: Hub, call: ServiceCall) -> JsonObject:
    player = hub.manager(CuesManager).lists.put(CueList.from_wire(dict(call.data)))
    return {ATTR_CUE_LIST: player.id}


def _get(hub: Hub, call: ServiceCall) -> JsonObject:
    return {player.cues.name: player.cues.to_wire() for player in _meant(hub, call)}


def _get_versions(hub: Hub, call: ServiceCall) -> JsonObject:
    """Return what lists were, the newest first, and what is different now."""
    lists = hub.manager(CuesManager).lists
    return {
        player.cues.name: {
            ATTR_VERSION: lists.version(player.id),
            "former": [
                {
                    ATTR_VERSION: former.number,
                    "replaced_at": wire_time(former.replaced_at),
                    "difference": difference(former.cues, player.cues),
                    "cue_list": former.cues.to_wire(),
                }
                for former in reversed(lists.former(player.id))
            ],
        }
        for player in _meant(hub, call)
    }


def _restore(hub: Hub, call: ServiceCall) -> JsonObject:
    lists = hub.manager(CuesManager).lists
    former = only(_meant(hub, call), "one_cue_list")
    player = lists.bring_back(former.id, call.data[ATTR_VERSION])
    return {ATTR_CUE_LIST: player.id, ATTR_VERSION: lists.version(player.id)}


def _delete(hub: Hub, call: ServiceCall) -> None:
    lists = hub.manager(CuesManager).lists
    found = _meant(hub, call)
    if not (call.data[ATTR_CUE_LIST] or targeted_ids(call, lists.get)):
        raise refusal("one_cue_list", count=str(len(found)))
    for player in found:
        lists.remove(player.id)


def _capture(hub: Hub, call: ServiceCall) -> JsonObject:
    """Keep what entities are now as a cue, in place of the one of this number, else at the end; a list that is not there is made."""
    data, lists = call.data, hub.manager(CuesManager).lists
    others = data[ATTR_ENTITIES]
    outside = hub.manager(CuesManager).captured(others)
    for entity_id in others:
        if entity_id not in outside:
            raise wrong_target(hub.hass, ATTR_ENTITY_ID, entity_id)
    entities = targeted_entities(hub, call, is_needed=not outside)
    states = {**captured(entities), **outside}
    name = data[ATTR_CUE_LIST]
    player = lists.get(name)
    cues = player.cues if player else CueList(name=name, safe={})
    cue = Cue.from_wire(
        {
            ATTR_STATES: states,
            CONF_NAME: data[CONF_NAME],
            ATTR_TRANSITION: data[ATTR_TRANSITION],
            ATTR_NUMBER: data.get(ATTR_NUMBER) or next_number(cues),
        }
    )
    before = cues.index(cue.number)
    others = list(cues.cues)
    if before is None:
        others.append(cue)
    else:
        others[before] = cue
    changed = replace(cues, cues=tuple(others))
    # Checked as a file is: there may be too many by now.
    lists.put(CueList.from_wire(changed.to_wire()))
    return {ATTR_CUE: cue.to_wire()}


def captured(entities: Iterable[Entity]) -> dict[str, JsonObject]:
    """Return what others set of entities, as it is now, by slug."""
    return {entity.slug: state for entity in entities if (state := _settings(entity))}


def _settings(entity: Entity) -> JsonObject:
    """Return what others set of an entity, as it is now."""
    return {
        name: value
        for name, variable in entity.variables.items()
        if variable.direction is Direction.INPUT
        and (value := entity.state.get(name)) is not None
    }


def next_number(cues: CueList) -> str:
    """Return the number of a cue at the end of a list."""
    wholes = [int(cue.number) for cue in cues.cues if cue.number.isdecimal()]
    return str(max(wholes, default=0) + 1)


FADE_ACTIONS: Final = (
    Action(
        name="fade",
        handler=lambda hub, call: _change(hub, call, _targeted(hub, call)),
        fields=_FADE,
        needs=Needs.CONTROL,
        touches=lambda hub, call: _touched(hub, _targeted(hub, call)),
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="apply",
        handler=lambda hub, call: _change(hub, call, _named(hub, call)),
        fields=_APPLY,
        needs=Needs.CONTROL,
        touches=lambda hub, call: _touched(hub, _named(hub, call)),
        response=SupportsResponse.OPTIONAL,
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

CUE_ACTIONS: Final = (
    *FADE_ACTIONS,
    *(
        Action(
            name=name,
            handler=handler,
            fields=fields,
            needs=Needs.CONTROL,
            touches=_touched_lists,
        )
        for name, handler, fields in (
            ("go", _on_one(lambda player, call: player.go(HOME_ASSISTANT)), _LISTS),
            ("back", _on_one(lambda player, call: player.back(HOME_ASSISTANT)), _LISTS),
            ("go_to_cue", _on_one(lambda player, call: player.go_to(call.data[ATTR_CUE], HOME_ASSISTANT)), _GO_TO),
            ("stand_by_cue", _on_one(lambda player, call: player.stand_by(call.data[ATTR_CUE])), _GO_TO),
            ("pause_cues", _on_each(CuePlayer.pause), _LISTS),
            ("resume_cues", _on_each(CuePlayer.resume), _LISTS),
            ("stop_cues", _on_each(CuePlayer.stop), _LISTS),
            ("panic", _on_each(lambda player: player.panic(HOME_ASSISTANT)), _LISTS),
        )
    ),
    Action(
        name="save_cue_list",
        handler=_save,
        fields=_SAVE,
        needs=Needs.ADMIN,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="capture_cue",
        handler=_capture,
        fields=_CAPTURE,
        needs=Needs.ADMIN,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="get_cue_lists",
        handler=_get,
        fields=_LISTS,
        needs=Needs.READ,
        touches=_touched_lists,
        response=SupportsResponse.ONLY,
    ),
    Action(
        name="get_cue_list_versions",
        handler=_get_versions,
        fields=_LISTS,
        needs=Needs.READ,
        touches=_touched_lists,
        response=SupportsResponse.ONLY,
    ),
    Action(
        name="restore_cue_list",
        handler=_restore,
        fields=_RESTORE,
        needs=Needs.ADMIN,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="delete_cue_list",
        handler=_delete,
        fields=_LISTS,
        needs=Needs.ADMIN,
    ),
)  # fmt: skip
