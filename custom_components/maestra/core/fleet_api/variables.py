"""Operations on the variables of entities (maestra.md §1.7)."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import probatio

from ..domain.entity import Entity
from ..domain.errors import AlreadyExists, UnknownVariable
from ..domain.json_values import JsonObject
from ..domain.variables import MAX_DESCRIPTION_LENGTH, Direction, Variable, VariableType
from .request import Api, Request
from .routing import Route
from .schemas import BOOLEAN, OBJECT, OPTIONAL_OBJECT, Fields, body, text

TAG: Final = "entity variables"
LISTS: Final = tuple(f"{direction}s" for direction in Direction)

_TYPE: Final = probatio.In([kind.value for kind in VariableType])
_DIRECTION: Final = probatio.In([direction.value for direction in Direction])
_DETAILS: Final[Fields] = {
    probatio.Optional("description"): probatio.Maybe(text(MAX_DESCRIPTION_LENGTH)),
    probatio.Optional("defaultValue"): object,
    probatio.Optional("required"): BOOLEAN,
    probatio.Optional("config"): OPTIONAL_OBJECT,
}
_VARIABLE: Final[Fields] = {
    probatio.Required("name"): text(100, 1),
    probatio.Required("type"): _TYPE,
    probatio.Required("direction"): _DIRECTION,
    **_DETAILS,
}
_CHANGES: Final = body(
    {
        probatio.Optional("type"): probatio.Maybe(_TYPE),
        probatio.Optional("direction"): probatio.Maybe(_DIRECTION),
        **_DETAILS,
        probatio.Optional("required"): probatio.Maybe(BOOLEAN),
    }
)
_REPLACE: Final = body({probatio.Optional(name): [_VARIABLE] for name in LISTS})
VARIABLE: Final = probatio.Schema(
    {
        probatio.Required("name"): str,
        probatio.Required("type"): _TYPE,
        probatio.Required("direction"): _DIRECTION,
        probatio.Required("description"): probatio.Maybe(str),
        probatio.Required("defaultValue"): object,
        probatio.Required("required"): bool,
        probatio.Required("config"): OBJECT,
    }
)
_LISTED: Final = probatio.Schema(
    {
        probatio.Required("entity_id"): str,
        probatio.Required("entity_slug"): str,
        probatio.Required("variables"): {
            probatio.Required(name): [VARIABLE.schema] for name in LISTS
        },
    }
)


def declared(lists: Mapping[str, Any]) -> list[Variable]:
    """Read `{inputs, outputs}`; raises InvalidField, and AlreadyExists for a name that is there twice."""
    return _distinct(
        Variable.from_wire(item) for name in LISTS for item in lists.get(name) or ()
    )


def _distinct(variables: Iterable[Variable]) -> list[Variable]:
    found: dict[str, Variable] = {}
    for variable in variables:
        if variable.name in found:
            raise AlreadyExists(kind="Variable", key=variable.name)
        found[variable.name] = variable
    return list(found.values())


def _answer(entity: Entity) -> JsonObject:
    return {
        "entity_id": entity.id,
        "entity_slug": entity.slug,
        "variables": entity.variables_to_wire(),
    }


def _list(api: Api, request: Request) -> JsonObject:
    return _answer(_entity(api, request))


def _replace(api: Api, request: Request) -> JsonObject:
    entity = _entity(api, request)
    variables = declared(request.body)
    api.domain.entities.set_variables(entity.id, variables, source=api.source(request))
    return _answer(entity)


def _create(api: Api, request: Request) -> JsonObject:
    variable = Variable.from_wire(request.body)
    return _define(api, request, _entity(api, request), variable, replace=False)


def _update(api: Api, request: Request) -> JsonObject:
    entity = _entity(api, request)
    known = _declared(entity, request.path["name"])
    # The reference's clients send null for what is to stay.
    changes = {key: value for key, value in request.body.items() if value is not None}
    variable = Variable.from_wire(known.to_wire() | changes)
    return _define(api, request, entity, variable, replace=True)


def _define(
    api: Api,
    request: Request,
    entity: Entity,
    variable: Variable,
    *,
    replace: bool,
) -> JsonObject:
    return api.domain.entities.define_variable(
        entity.id, variable, replace=replace, source=api.source(request)
    ).to_wire()


def _delete(api: Api, request: Request) -> JsonObject:
    entity = _entity(api, request)
    name = _declared(entity, request.path["name"]).name
    api.domain.entities.remove_variable(entity.id, name, source=api.source(request))
    return {"status": "deleted", "variable_name": name}


def _validate(api: Api, request: Request) -> JsonObject:
    return _entity(api, request).validate()


def _entity(api: Api, request: Request) -> Entity:
    return api.domain.entities[request.path["entity_id"]]


def _declared(entity: Entity, name: str) -> Variable:
    """Return a variable that somebody declared: what was read off the state is none to clients."""
    known = entity.variables.get(name)
    if known is None or known.inferred:
        raise UnknownVariable(entity=entity.slug, variable=name)
    return known


VARIABLE_ROUTES: Final[tuple[Route, ...]] = (
    Route(
        method="GET",
        path="/entities/{entity_id}/variables",
        handler=_list,
        summary="List an entity's declared variables",
        tag=TAG,
        answer=_LISTED,
        errors=(404,),
    ),
    Route(
        method="PUT",
        path="/entities/{entity_id}/variables",
        handler=_replace,
        summary="Replace an entity's variables",
        tag=TAG,
        body=_REPLACE,
        answer=_LISTED,
        errors=(400, 404, 409),
    ),
    Route(
        method="POST",
        path="/entities/{entity_id}/variables",
        handler=_create,
        summary="Declare a variable",
        tag=TAG,
        status=201,
        body=body(_VARIABLE),
        answer=VARIABLE,
        errors=(400, 404, 409),
    ),
    Route(
        method="PUT",
        path="/entities/{entity_id}/variables/{name}",
        handler=_update,
        summary="Change what is sent of a variable; its name stays",
        tag=TAG,
        body=_CHANGES,
        answer=VARIABLE,
        errors=(404,),
    ),
    Route(
        method="DELETE",
        path="/entities/{entity_id}/variables/{name}",
        handler=_delete,
        summary="Remove a variable, not its value",
        tag=TAG,
        errors=(404,),
    ),
    Route(
        method="POST",
        path="/entities/{entity_id}/variables/validate",
        handler=_validate,
        summary="Hold an entity's state against its variables",
        tag=TAG,
        errors=(404,),
    ),
)
