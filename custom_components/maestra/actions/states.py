"""Actions on the states of entities."""

from typing import Final

import probatio

from homeassistant.core import ServiceCall, SupportsResponse
from homeassistant.helpers.typing import VolDictType

from ..domain.clock import wire_time
from ..domain.dotted import values_at
from ..domain.json_types import JsonObject
from ..domain.source import HOME_ASSISTANT
from ..runtime import MaestraRuntime
from ..targets import NAMES
from .action import ENTITY_FIELDS, JSON_OBJECT, Action, targeted_entities

ATTR_MODE: Final = "mode"
ATTR_PATHS: Final = "paths"
ATTR_STATE: Final = "state"
MODE_MERGE: Final = "merge"
MODE_REPLACE: Final = "replace"

_SET_STATE: Final[VolDictType] = {
    **ENTITY_FIELDS,
    probatio.Required(ATTR_STATE): JSON_OBJECT,
    probatio.Optional(ATTR_MODE, default=MODE_MERGE): probatio.In(
        [MODE_MERGE, MODE_REPLACE]
    ),
}
_GET_STATE: Final[VolDictType] = {
    **ENTITY_FIELDS,
    probatio.Optional(ATTR_PATHS, default=list): NAMES,
}


def _set_state(runtime: MaestraRuntime, call: ServiceCall) -> None:
    """Write the state of several entities: of all, or, when a value is refused, of none."""
    found = targeted_entities(runtime, call)
    entities, state = runtime.domain.entities, call.data[ATTR_STATE]
    replace = call.data[ATTR_MODE] == MODE_REPLACE
    for entity in found:
        entities.check(entity.slug, state, replace=replace)
    write = entities.set if replace else entities.update
    for entity in found:
        write(entity.slug, state, source=HOME_ASSISTANT, strict=True)


def _get_state(runtime: MaestraRuntime, call: ServiceCall) -> JsonObject:
    """Return the states by slug, in the protocol's form (maestra.md §1.6)."""
    paths = call.data[ATTR_PATHS]
    return {
        entity.slug: {
            "entity_id": entity.id,
            "entity_slug": entity.slug,
            "entity_type": entity.type.name,
            "path": entity.path,
            "state": values_at(entity.state, paths) if paths else entity.state,
            "state_updated_at": wire_time(entity.state_updated_at),
        }
        for entity in targeted_entities(runtime, call)
    }


STATE_ACTIONS: Final = (
    Action(name="set_state", handler=_set_state, fields=_SET_STATE),
    Action(
        name="get_state",
        handler=_get_state,
        fields=_GET_STATE,
        response=SupportsResponse.ONLY,
    ),
)
