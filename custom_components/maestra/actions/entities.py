"""Actions that create, change and delete entities."""

from contextlib import ExitStack
from functools import partial
from typing import Any, Final

import probatio

from homeassistant.const import CONF_NAME
from homeassistant.core import ServiceCall, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType

from ..domain.domain import Domain
from ..domain.json_types import JsonObject
from ..domain.source import HOME_ASSISTANT
from ..domain.variables import Variable
from ..runtime import MaestraRuntime
from ..targets import NAMES
from .action import (
    ATTR_DEVICE,
    ATTR_SLUG,
    CLEARABLE,
    ENTITY_FIELDS,
    JSON_OBJECT,
    Action,
    targeted_entities,
)
from .states import ATTR_STATE

ATTR_CASCADE: Final = "cascade"
ATTR_DESCRIPTION: Final = "description"
ATTR_ENTITY_TYPE: Final = "entity_type"
ATTR_METADATA: Final = "metadata"
ATTR_PARENT: Final = "parent"
ATTR_STATUS: Final = "status"
ATTR_TAGS: Final = "tags"
ATTR_VARIABLES: Final = "variables"

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


def _create(runtime: MaestraRuntime, call: ServiceCall) -> JsonObject:
    """Create an entity, and its type when there is none of that name."""
    domain, data = runtime.domain, call.data
    kind = data[ATTR_ENTITY_TYPE]
    variables = [declared_variable(item) for item in data[ATTR_VARIABLES]]
    device_id = _device_id(domain, data.get(ATTR_DEVICE))
    with ExitStack() as undo:
        if domain.types.get(kind) is None:
            domain.types.create(kind)
            undo.callback(partial(domain.types.remove, kind, in_use=False))
        entity = domain.entities.create(
            name=data[CONF_NAME],
            entity_type=kind,
            slug=data.get(ATTR_SLUG),
            parent=data.get(ATTR_PARENT),
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


def _update(runtime: MaestraRuntime, call: ServiceCall) -> None:
    domain, data = runtime.domain, call.data
    changes = {field: data[field] for field in _PLAIN_CHANGES if field in data}
    if ATTR_PARENT in data:
        changes["parent_id"] = data[ATTR_PARENT] or None
    if ATTR_DEVICE in data:
        changes["device_id"] = _device_id(domain, data[ATTR_DEVICE])
    for entity in targeted_entities(runtime, call):
        domain.entities.edit(entity.slug, changes, source=HOME_ASSISTANT)


def _delete(runtime: MaestraRuntime, call: ServiceCall) -> None:
    entities = runtime.domain.entities
    for entity in targeted_entities(runtime, call):
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


def _device_id(domain: Domain, key: Any) -> str | None:
    return domain.devices[key].id if key else None


ENTITY_ACTIONS: Final = (
    Action(
        name="create_entity",
        handler=_create,
        fields=_CREATE,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(name="update_entity", handler=_update, fields=_UPDATE),
    Action(name="delete_entity", handler=_delete, fields=_DELETE),
)
