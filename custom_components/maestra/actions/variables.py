"""Actions that declare the variables of entities."""

from typing import Final

import probatio

from homeassistant.const import CONF_DEFAULT, CONF_NAME, CONF_TYPE
from homeassistant.core import ServiceCall
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType

from ..domain.errors import UnknownVariable
from ..domain.source import HOME_ASSISTANT
from ..domain.variables import Direction, VariableType
from ..runtime import MaestraRuntime
from .action import ENTITY_FIELDS, JSON_OBJECT, Action, json_value, targeted_entities
from .entities import ATTR_DESCRIPTION, declared_variable

ATTR_CONFIG: Final = "config"
ATTR_DIRECTION: Final = "direction"
ATTR_REQUIRED: Final = "required"

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


def _define(runtime: MaestraRuntime, call: ServiceCall) -> None:
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
    for entity in targeted_entities(runtime, call):
        runtime.domain.entities.define_variable(
            entity.slug, variable, source=HOME_ASSISTANT
        )


def _remove(runtime: MaestraRuntime, call: ServiceCall) -> None:
    name, found = call.data[CONF_NAME], targeted_entities(runtime, call)
    for entity in found:
        if name not in entity.variables:
            raise UnknownVariable(entity=entity.slug, variable=name)
    for entity in found:
        runtime.domain.entities.remove_variable(
            entity.slug, name, source=HOME_ASSISTANT
        )


VARIABLE_ACTIONS: Final = (
    Action(name="define_variable", handler=_define, fields=_DEFINE),
    Action(name="remove_variable", handler=_remove, fields=_REMOVE),
)
