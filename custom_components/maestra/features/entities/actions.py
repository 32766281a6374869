"""Actions on entities: their states, their variables, creating, changing and deleting them."""

from contextlib import ExitStack
from functools import partial
from typing import Final

import probatio

from homeassistant.const import CONF_DEFAULT, CONF_NAME, CONF_TYPE
from homeassistant.core import ServiceCall, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType

from ...core.domain.clock import wire_time
from ...core.domain.errors import UnknownVariable
from ...core.domain.json_values import JsonObject, values_at
from ...core.domain.source import HOME_ASSISTANT
from ...core.domain.variables import Direction, Variable, VariableType
from ...hub.actions import (
    ATTR_DEVICE,
    ATTR_SLUG,
    CLEARABLE,
    ENTITY_FIELDS,
    JSON_OBJECT,
    Action,
    json_value,
    targeted_entities,
    touched_values,
)
from ...hub.hub import Hub
from ...hub.permissions import Needs, Touched
from ...hub.targets import NAMES, owner_of

ATTR_CASCADE: Final = "cascade"
ATTR_CONFIG: Final = "config"
ATTR_DESCRIPTION: Final = "description"
ATTR_DIRECTION: Final = "direction"
ATTR_ENTITY_TYPE: Final = "entity_type"
ATTR_METADATA: Final = "metadata"
ATTR_MODE: Final = "mode"
ATTR_PARENT: Final = "parent"
ATTR_PATHS: Final = "paths"
ATTR_REQUIRED: Final = "required"
ATTR_STATE: Final = "state"
ATTR_STATUS: Final = "status"
ATTR_TAGS: Final = "tags"
ATTR_VARIABLES: Final = "variables"
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


def _touched_by_state(hub: Hub, call: ServiceCall) -> Touched:
    state: JsonObject = call.data[ATTR_STATE]
    is_replaced = call.data[ATTR_MODE] == MODE_REPLACE
    return touched_values(
        hub,
        (
            (entity, entity.state | state if is_replaced else state)
            for entity in targeted_entities(hub, call)
        ),
    )


def _touched_by_paths(hub: Hub, call: ServiceCall) -> Touched:
    keys = [path.partition(".")[0] for path in call.data[ATTR_PATHS]]
    return touched_values(
        hub,
        ((entity, keys or entity.state) for entity in targeted_entities(hub, call)),
    )


def _set_state(hub: Hub, call: ServiceCall) -> None:
    """Write the state of several entities: of all, or, when a value is refused, of none."""
    found = targeted_entities(hub, call)
    entities, state = hub.domain.entities, call.data[ATTR_STATE]
    replace = call.data[ATTR_MODE] == MODE_REPLACE
    for entity in found:
        entities.check(entity.slug, state, replace=replace)
    write = entities.set if replace else entities.update
    for entity in found:
        write(entity.slug, state, source=HOME_ASSISTANT, strict=True)


def _get_state(hub: Hub, call: ServiceCall) -> JsonObject:
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
        for entity in targeted_entities(hub, call)
    }


_CREATE: Final[VolDictType] = {
    probatio.Required(CONF_NAME): cv.string,
    probatio.Required(ATTR_ENTITY_TYPE): cv.string,
    probatio.Optional(ATTR_SLUG): cv.string,
    probatio.Optional(ATTR_PARENT): CLEARABLE,
    probatio.Optional(ATTR_STATE): JSON_OBJECT,
    probatio.Optional(ATTR_VARIABLES, default=list): probatio.All(
        probatio.EnsureList(), [JSON_OBJECT]
    ),
    probatio.Optional(ATTR_DESCRIPTION): CLEARABLE,
    probatio.Optional(ATTR_TAGS, default=list): NAMES,
    probatio.Optional(ATTR_METADATA): JSON_OBJECT,
    probatio.Optional(ATTR_DEVICE): CLEARABLE,
}
_UPDATE: Final[VolDictType] = {
    **ENTITY_FIELDS,
    probatio.Optional(CONF_NAME): cv.string,
    probatio.Optional(ATTR_ENTITY_TYPE): cv.string,
    probatio.Optional(ATTR_PARENT): CLEARABLE,
    probatio.Optional(ATTR_DESCRIPTION): CLEARABLE,
    probatio.Optional(ATTR_TAGS): NAMES,
    probatio.Optional(ATTR_METADATA): JSON_OBJECT,
    probatio.Optional(ATTR_STATUS): cv.string,
    probatio.Optional(ATTR_DEVICE): CLEARABLE,
}
_DELETE: Final[VolDictType] = {
    **ENTITY_FIELDS,
    probatio.Optional(ATTR_CASCADE, default=False): cv.boolean,
}

# What is passed on as it is.
_PLAIN_CHANGES: Final = (
    CONF_NAME,
    ATTR_DESCRIPTION,
    ATTR_TAGS,
    ATTR_METADATA,
    ATTR_STATUS,
)


def _create(hub: Hub, call: ServiceCall) -> JsonObject:
    """Create an entity, and its type when there is none of that name."""
    domain, data = hub.domain, call.data
    kind = data[ATTR_ENTITY_TYPE]
    variables = [declared_variable(item) for item in data[ATTR_VARIABLES]]
    device_id = _device_id(hub, data.get(ATTR_DEVICE))
    with ExitStack() as undo:
        if domain.types.get(kind) is None:
            domain.types.create(kind)
            undo.callback(partial(domain.types.remove, kind, in_use=False))
        entity = domain.entities.create(
            name=data[CONF_NAME],
            entity_type=kind,
            slug=data.get(ATTR_SLUG),
            parent=_named(hub, data.get(ATTR_PARENT)),
            state=data.get(ATTR_STATE),
            variables=variables,
            description=data.get(ATTR_DESCRIPTION),
            tags=data[ATTR_TAGS],
            metadata=data.get(ATTR_METADATA),
            device_id=device_id,
            source=HOME_ASSISTANT,
            strict=True,
        )
        undo.pop_all()
    return {"entity_id": entity.id, "entity_slug": entity.slug, "path": entity.path}


def _update(hub: Hub, call: ServiceCall) -> None:
    domain, data = hub.domain, call.data
    changes = {field: data[field] for field in _PLAIN_CHANGES if field in data}
    if ATTR_PARENT in data:
        changes["parent_id"] = _named(hub, data[ATTR_PARENT])
    if ATTR_DEVICE in data:
        changes["device_id"] = _device_id(hub, data[ATTR_DEVICE])
    found = targeted_entities(hub, call)
    if kind := data.get(ATTR_ENTITY_TYPE):
        # Refused for all, or for none.
        _ = domain.types[kind]
    for entity in found:
        domain.entities.edit(entity.slug, changes, source=HOME_ASSISTANT)
        if kind:
            domain.entities.retype(entity.slug, kind, source=HOME_ASSISTANT)


def _delete(hub: Hub, call: ServiceCall) -> None:
    entities = hub.domain.entities
    for entity in targeted_entities(hub, call):
        # One that is targeted too may be gone with its parent by now.
        if entities.get(entity.slug) is entity:
            entities.delete(
                entity.slug, cascade=call.data[ATTR_CASCADE], source=HOME_ASSISTANT
            )


def declared_variable(data: JsonObject) -> Variable:
    """Read a declaration in the protocol's form (maestra.md §1.7); raises InvalidField."""
    return Variable.from_wire(
        {key: value for key, value in data.items() if key != "inferred"}
    )


def _named(hub: Hub, name: str | None) -> str | None:
    """Return what an optional field names, in Maestra's words or by its Home Assistant device."""
    return owner_of(hub.hass, name) if name else None


def _device_id(hub: Hub, name: str | None) -> str | None:
    key = _named(hub, name)
    return hub.domain.devices[key].id if key else None


_DEFINE: Final[VolDictType] = {
    **ENTITY_FIELDS,
    probatio.Required(CONF_NAME): cv.string,
    probatio.Required(CONF_TYPE): probatio.In([kind.value for kind in VariableType]),
    probatio.Required(ATTR_DIRECTION): probatio.In([way.value for way in Direction]),
    probatio.Optional(ATTR_DESCRIPTION): cv.string,
    probatio.Optional(CONF_DEFAULT): json_value,
    probatio.Optional(ATTR_REQUIRED, default=False): cv.boolean,
    probatio.Optional(ATTR_CONFIG): JSON_OBJECT,
}
_REMOVE: Final[VolDictType] = {**ENTITY_FIELDS, probatio.Required(CONF_NAME): cv.string}


def _define(hub: Hub, call: ServiceCall) -> None:
    data = call.data
    variable = declared_variable(
        {
            "name": data[CONF_NAME],
            "type": data[CONF_TYPE],
            "direction": data[ATTR_DIRECTION],
            "description": data.get(ATTR_DESCRIPTION),
            "defaultValue": data.get(CONF_DEFAULT),
            "required": data[ATTR_REQUIRED],
            "config": data.get(ATTR_CONFIG),
        }
    )
    for entity in targeted_entities(hub, call):
        hub.domain.entities.define_variable(
            entity.slug, variable, source=HOME_ASSISTANT
        )


def _remove(hub: Hub, call: ServiceCall) -> None:
    name, found = call.data[CONF_NAME], targeted_entities(hub, call)
    for entity in found:
        if name not in entity.variables:
            raise UnknownVariable(entity=entity.slug, variable=name)
    for entity in found:
        hub.domain.entities.remove_variable(entity.slug, name, source=HOME_ASSISTANT)


ENTITY_ACTIONS: Final = (
    Action(
        name="set_state",
        handler=_set_state,
        fields=_SET_STATE,
        needs=Needs.CONTROL,
        touches=_touched_by_state,
    ),
    Action(
        name="get_state",
        handler=_get_state,
        fields=_GET_STATE,
        needs=Needs.READ,
        touches=_touched_by_paths,
        response=SupportsResponse.ONLY,
    ),
    Action(
        name="create_entity",
        handler=_create,
        fields=_CREATE,
        needs=Needs.ADMIN,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="update_entity",
        handler=_update,
        fields=_UPDATE,
        needs=Needs.ADMIN,
    ),
    Action(
        name="delete_entity",
        handler=_delete,
        fields=_DELETE,
        needs=Needs.ADMIN,
    ),
    Action(
        name="define_variable",
        handler=_define,
        fields=_DEFINE,
        needs=Needs.ADMIN,
    ),
    Action(
        name="remove_variable",
        handler=_remove,
        fields=_REMOVE,
        needs=Needs.ADMIN,
    ),
)
