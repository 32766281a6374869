"""Operations on entity types (maestra.md §1.4)."""

from typing import Final

import probatio

from ..domain.json_values import JsonObject
from .request import Api, Request
from .routing import Route
from .schemas import NAME, OBJECT, OPTIONAL_OBJECT, OPTIONAL_TEXT, Fields, body, text

TAG: Final = "entity types"

_DESCRIPTION: Final[Fields] = {
    probatio.Optional("description"): OPTIONAL_TEXT,
    probatio.Optional("icon"): probatio.Maybe(text(50)),
    probatio.Optional("state_schema"): OPTIONAL_OBJECT,
    probatio.Optional("default_state"): OBJECT,
    probatio.Optional("metadata"): OBJECT,
}
_CREATE: Final = body(
    {
        probatio.Required("name"): text(100, 1),
        probatio.Required("display_name"): NAME,
        **_DESCRIPTION,
    }
)
_UPDATE: Final = body({probatio.Optional("display_name"): NAME, **_DESCRIPTION})
ENTITY_TYPE: Final = probatio.Schema(
    {
        probatio.Required("id"): str,
        probatio.Required("name"): str,
        probatio.Required("display_name"): str,
        probatio.Required("description"): probatio.Maybe(str),
        probatio.Required("icon"): probatio.Maybe(str),
        probatio.Required("state_schema"): OPTIONAL_OBJECT,
        probatio.Required("default_state"): OBJECT,
        probatio.Required("metadata"): OBJECT,
        probatio.Required("created_at"): str,
        probatio.Required("updated_at"): str,
    }
)


def _list(api: Api, _request: Request) -> list[JsonObject]:
    return [kind.to_wire() for kind in api.domain.types]


def _create(api: Api, request: Request) -> JsonObject:
    return api.domain.types.create(**request.body).to_wire()


def _get(api: Api, request: Request) -> JsonObject:
    return api.domain.types.by_id(request.path["type_id"]).to_wire()


def _get_by_name(api: Api, request: Request) -> JsonObject:
    return api.domain.types[request.path["name"]].to_wire()


def _update(api: Api, request: Request) -> JsonObject:
    kind = api.domain.types.by_id(request.path["type_id"])
    return api.domain.types.update(kind.id, request.body).to_wire()


def _delete(api: Api, request: Request) -> JsonObject:
    domain = api.domain
    kind = domain.types.by_id(request.path["type_id"])
    in_use = any(entity.type is kind for entity in domain.entities)
    domain.types.remove(kind.name, in_use=in_use)
    return {"status": "deleted", "type_id": kind.id}


ENTITY_TYPE_ROUTES: Final[tuple[Route, ...]] = (
    Route(
        method="GET",
        path="/entities/types",
        handler=_list,
        summary="List entity types by name",
        tag=TAG,
        answer=probatio.Schema([ENTITY_TYPE]),
    ),
    Route(
        method="POST",
        path="/entities/types",
        handler=_create,
        summary="Create an entity type",
        tag=TAG,
        status=201,
        body=_CREATE,
        answer=ENTITY_TYPE,
        errors=(409,),
    ),
    Route(
        method="GET",
        path="/entities/types/{type_id}",
        handler=_get,
        summary="Get an entity type",
        tag=TAG,
        answer=ENTITY_TYPE,
        errors=(404,),
    ),
    Route(
        method="GET",
        path="/entities/types/by-name/{name}",
        handler=_get_by_name,
        summary="Get an entity type by its name",
        tag=TAG,
        answer=ENTITY_TYPE,
        errors=(404,),
    ),
    Route(
        method="PUT",
        path="/entities/types/{type_id}",
        handler=_update,
        summary="Change what is sent of an entity type; its name stays",
        tag=TAG,
        body=_UPDATE,
        answer=ENTITY_TYPE,
        errors=(404,),
    ),
    Route(
        method="DELETE",
        path="/entities/types/{type_id}",
        handler=_delete,
        summary="Delete an entity type that no entity has",
        tag=TAG,
        errors=(404, 409),
    ),
)
