"""Operations on the states of entities (maestra.md §1.6)."""

from typing import Any, Final

import probatio

from ..domain.clock import wire_time
from ..domain.entity import Entity
from ..domain.errors import InvalidField, MaestraError
from ..domain.json_values import JsonObject, values_at
from ..transport.commands import Malformed, read_state
from .request import Api, Request
from .routing import Route
from .schemas import OBJECT, body, query, text

TAG: Final = "entity state"
MAX_BULK: Final = 20_000
MAX_PATHS: Final = 1_000

_SOURCE: Final = probatio.Maybe(text(255))
_STATE: Final = body(
    {probatio.Required("state"): OBJECT, probatio.Optional("source"): _SOURCE}
)
_PATHS: Final = query(
    {probatio.Optional("paths"): probatio.All([str], probatio.Length(max=MAX_PATHS))}
)
_SLUGS: Final = probatio.Schema(probatio.All([str], probatio.Length(max=MAX_BULK)))
_PATCHES: Final = probatio.Schema(
    probatio.All({str: OBJECT}, probatio.Length(max=MAX_BULK))
)
STATE: Final = probatio.Schema(
    {
        probatio.Required("entity_id"): str,
        probatio.Required("entity_slug"): str,
        probatio.Required("slug"): str,
        probatio.Required("state"): OBJECT,
        probatio.Required("state_updated_at"): str,
    }
)


def _answer(entity: Entity, state: JsonObject | None = None) -> JsonObject:
    return {
        "entity_id": entity.id,
        "entity_slug": entity.slug,
        # Unity and Unreal read this one (maestra.md §9.5).
        "slug": entity.slug,
        "state": entity.state if state is None else state,
        "state_updated_at": wire_time(entity.state_updated_at),
    }


def _get(api: Api, request: Request) -> JsonObject:
    entity = api.domain.entities[request.path["entity_id"]]
    if paths := request.query.get("paths"):
        return _answer(entity, values_at(entity.state, paths))
    return _answer(entity)


def _update(api: Api, request: Request) -> JsonObject:
    return _write(api, request, request.path["entity_id"], request.body)


def _set(api: Api, request: Request) -> JsonObject:
    return _write(api, request, request.path["entity_id"], request.body, replace=True)


def _write(
    api: Api, request: Request, key: str, sent: Any, *, replace: bool = False
) -> JsonObject:
    entities = api.domain.entities
    change = entities.set if replace else entities.update
    change(key, sent["state"], source=api.source(request, sent.get("source")))
    return _answer(entities[key])


def _update_by_slug(api: Api, request: Request) -> JsonObject:
    """Take what the Node-RED sample sends: an envelope, or the bare state."""
    slug = request.path["slug"]
    entity = api.domain.entities[slug]
    command = read_state(slug, request.body, replace=False, default_source="")
    if isinstance(command, Malformed):
        raise InvalidField(field="state", reason=command.reason)
    sent = {"state": command.state, "source": command.source or None}
    return _write(api, request, entity.slug, sent)


def _bulk_get(api: Api, request: Request) -> JsonObject:
    found = ((slug, api.domain.entities.get(slug)) for slug in request.body)
    return {slug: entity.state for slug, entity in found if entity}


def _bulk_update(api: Api, request: Request) -> JsonObject:
    source = api.source(request, request.query.get("source"))
    entities = api.domain.entities
    results: JsonObject = {}
    for slug, patch in request.body.items():
        if (entity := entities.get(slug)) is None:
            results[slug] = {"status": "not_found"}
            continue
        try:
            entities.update(slug, patch, source=source)
        except MaestraError as error:
            # The others are written: what became of each stands in the answer.
            results[slug] = {"status": "error", "detail": str(error)}
        else:
            results[slug] = {"status": "updated", "state": entity.state}
    return {"results": results}


STATE_ROUTES: Final[tuple[Route, ...]] = (
    Route(
        method="GET",
        path="/entities/{entity_id}/state",
        handler=_get,
        summary="Get an entity's state, whole or the values at dotted paths",
        tag=TAG,
        query=_PATHS,
        answer=STATE,
        errors=(404,),
    ),
    Route(
        method="PATCH",
        path="/entities/{entity_id}/state",
        handler=_update,
        summary="Deep-merge into an entity's state",
        tag=TAG,
        body=_STATE,
        answer=STATE,
        errors=(404,),
    ),
    Route(
        method="PUT",
        path="/entities/{entity_id}/state",
        handler=_set,
        summary="Replace an entity's state",
        tag=TAG,
        body=_STATE,
        answer=STATE,
        errors=(404,),
    ),
    Route(
        method="POST",
        path="/entities/by-slug/{slug}/state/update",
        handler=_update_by_slug,
        summary="Deep-merge into the state of the entity with a slug; an envelope or the bare state",
        tag=TAG,
        body=probatio.Schema(OBJECT),
        answer=STATE,
        errors=(404,),
    ),
    Route(
        method="POST",
        path="/entities/state/bulk-get",
        handler=_bulk_get,
        summary="Get the states of several entities by slug",
        tag=TAG,
        body=_SLUGS,
    ),
    Route(
        method="POST",
        path="/entities/state/bulk-update",
        handler=_bulk_update,
        summary="Deep-merge into the states of several entities by slug",
        tag=TAG,
        query=query({probatio.Optional("source"): text(255)}),
        body=_PATCHES,
    ),
)
