"""Operations on entities and their hierarchy (maestra.md §1.5)."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from operator import attrgetter
from typing import Any, Final
from uuid import uuid4

import probatio

from ..domain.entity import Entity
from ..domain.errors import UnknownEntity
from ..domain.hierarchy import ancestors, descendants, siblings, tree
from ..domain.json_values import JsonObject
from ..domain.names import MAX_SLUG_LENGTH, checked_slug
from ..domain.variables import Variable
from .entity_types import ENTITY_TYPE
from .request import Api, HttpError, Request
from .routing import Route
from .schemas import (
    BOOLEAN,
    ID,
    NAME,
    OBJECT,
    OPTIONAL_OBJECT,
    OPTIONAL_TEXT,
    Fields,
    body,
    integer,
    query,
    text,
)
from .variables import LISTS, declared

CHUNK: Final = 200
"""Entities that are written without letting others work: about two milliseconds."""
UNITY_AGENT: Final = "UnityPlayer"
HIERARCHY_TAG: Final = "hierarchy"
MAX_TREE_DEPTH: Final = 20
MAX_DESCENDANTS_DEPTH: Final = 100
TAG: Final = "entities"
MAX_LIST: Final = 1_000
VARIABLES: Final = "variables"


ENTITY: Final = probatio.Schema(
    {
        probatio.Required("id"): str,
        probatio.Required("name"): str,
        probatio.Required("slug"): str,
        probatio.Required("entity_type_id"): str,
        probatio.Required("parent_id"): probatio.Maybe(str),
        probatio.Required("path"): probatio.Maybe(str),
        probatio.Required("state"): OBJECT,
        probatio.Required("state_updated_at"): str,
        probatio.Required("status"): str,
        probatio.Required("description"): probatio.Maybe(str),
        probatio.Required("tags"): [str],
        probatio.Required("metadata"): OBJECT,
        probatio.Required("device_id"): probatio.Maybe(str),
        probatio.Required("created_at"): str,
        probatio.Required("updated_at"): str,
        # A text for Unity, whose parser takes nothing else.
        probatio.Required("entity_type"): probatio.Any(ENTITY_TYPE.schema, str),
        probatio.Required("children"): [OBJECT],
    }
)

ENTITIES: Final = probatio.Schema([ENTITY.schema])


def _entity_of(api: Api, request: Request) -> Entity:
    """Return the entity that the path names; raises UnknownEntity."""
    return api.domain.entities[request.path["entity_id"]]


def _to_wire(request: Request, entity: Entity) -> JsonObject:
    """Return an entity, without its children, as this client can read it (maestra.md §9.5)."""
    wire = entity.to_wire()
    if request.http.headers.get("User-Agent", "").startswith(UNITY_AGENT):
        wire["entity_type"] = entity.type.name
    return wire


async def _all_to_wire(
    request: Request, entities: Iterable[Entity]
) -> list[JsonObject]:
    """Return any number of entities, and let others work meanwhile."""
    found: list[JsonObject] = []
    rest = iter(entities)
    while chunk := list(islice(rest, CHUNK)):
        found += [_to_wire(request, entity) for entity in chunk]
        await asyncio.sleep(0)
    return found


_FIELDS: Final[Fields] = {
    probatio.Optional("parent_id"): probatio.Maybe(ID),
    probatio.Optional("description"): OPTIONAL_TEXT,
    probatio.Optional("tags"): probatio.Maybe([text(100, 1)]),
    probatio.Optional("metadata"): OPTIONAL_OBJECT,
    probatio.Optional("device_id"): probatio.Maybe(ID),
}

_CREATE: Final = body(
    {
        probatio.Required("name"): NAME,
        probatio.Required("entity_type_id"): ID,
        probatio.Optional("slug"): probatio.Maybe(text(255)),
        probatio.Optional("state"): OPTIONAL_OBJECT,
        **_FIELDS,
    }
)

_UPDATE: Final = body(
    {
        probatio.Optional("name"): NAME,
        probatio.Optional("status"): text(50, 1),
        **_FIELDS,
    }
)

_WITH_CHILDREN: Final = query(
    {probatio.Optional("include_children", default=False): BOOLEAN}
)

_LIST: Final = query(
    {
        probatio.Optional("entity_type"): text(255),
        # What Unity calls it (maestra.md §9.5).
        probatio.Optional("type"): text(255),
        probatio.Optional("parent_id"): ID,
        probatio.Optional("root_only", default=False): BOOLEAN,
        probatio.Optional("status"): text(255),
        probatio.Optional("tags"): probatio.All([str], probatio.Length(max=64)),
        probatio.Optional("search"): text(255),
        probatio.Optional("limit", default=100): integer(1, MAX_LIST),
        probatio.Optional("offset", default=0): integer(0, 1_000_000),
    }
)


def _list(api: Api, request: Request) -> list[JsonObject]:
    wanted = request.query
    found = sorted(_found(api, wanted), key=attrgetter("name", "slug"))
    start = wanted["offset"]
    return [
        _to_wire(request, entity) for entity in found[start : start + wanted["limit"]]
    ]


def _found(api: Api, wanted: Any) -> Iterator[Entity]:
    entities: Iterable[Entity] = api.domain.entities
    if parent_id := wanted.get("parent_id"):
        parent = api.domain.entities.get(parent_id)
        entities = parent.children.values() if parent else ()
    checks: list[Callable[[Entity], bool]] = []
    if wanted["root_only"]:
        checks.append(lambda entity: entity.parent is None)
    if kind := wanted.get("entity_type") or wanted.get("type"):
        checks.append(lambda entity: entity.type.name == kind)
    if status := wanted.get("status"):
        checks.append(lambda entity: entity.status == status)
    if tags := {*wanted.get("tags", ())}:
        checks.append(lambda entity: tags.issubset(entity.tags))
    if search := wanted.get("search", "").casefold():
        checks.append(
            lambda entity: any(
                search in (part or "").casefold()
                for part in (entity.name, entity.slug, entity.description)
            )
        )
    return (entity for entity in entities if all(check(entity) for check in checks))


def _create(api: Api, request: Request) -> JsonObject:
    sent, domain = dict(request.body), api.domain
    kind = domain.types.by_id(sent.pop("entity_type_id"))
    parent_id = sent.pop("parent_id", None)
    if parent_id and not domain.entities.get(parent_id):
        raise HttpError(404, "Parent entity not found", code=UnknownEntity.code)
    if slug := sent.get("slug"):
        sent["slug"] = _free_slug(api, checked_slug(slug))
    else:
        sent["slug"] = None
    sent["metadata"], variables = _without_variables(sent.get("metadata"))
    entity = domain.entities.create(
        **sent,
        entity_type=kind.name,
        parent=parent_id,
        variables=variables or (),
        source=api.source(request),
    )
    return _to_wire(request, entity)


def _free_slug(api: Api, slug: str) -> str:
    """Return a slug that nobody has: also a client's own gets a suffix (maestra.md §1.5)."""
    if not api.domain.entities.get(slug):
        return slug
    return f"{slug[: MAX_SLUG_LENGTH - 7]}-{uuid4().hex[:6]}"


def _without_variables(
    metadata: Any,
) -> tuple[JsonObject, list[Variable] | None]:
    """Return metadata without the variables that stand there in the protocol, and these, None where it has none."""
    left = dict(metadata or {})
    lists = left.pop(VARIABLES, None)
    if not isinstance(lists, dict):
        return left, None
    return left, declared({name: lists.get(name) for name in LISTS})


async def _get(api: Api, request: Request) -> JsonObject:
    return await _with_children(request, _entity_of(api, request))


async def _get_by_slug(api: Api, request: Request) -> JsonObject:
    slug = request.path["slug"]
    entity = api.domain.entities.get(slug)
    if entity is None or entity.slug != slug:
        raise UnknownEntity(entity=slug)
    return await _with_children(request, entity)


def _update(api: Api, request: Request) -> JsonObject:
    entity, changes = _entity_of(api, request), dict(request.body)
    entities, source = api.domain.entities, api.source(request)
    parent_id = changes.get("parent_id")
    if parent_id and not entities.get(parent_id):
        raise HttpError(404, "Parent entity not found", code=UnknownEntity.code)
    variables = None
    if "metadata" in changes:
        changes["metadata"], variables = _without_variables(changes["metadata"])
    entities.edit(entity.id, changes, source=source)
    if variables is not None and variables != _declared(entity):
        entities.set_variables(entity.id, variables, source=source)
    return _to_wire(request, entity)


def _declared(entity: Entity) -> list[Variable]:
    """Return the declared variables in the order in which clients get, and send back, them."""
    return declared(entity.variables_to_wire())


def _delete(api: Api, request: Request) -> JsonObject:
    entity, cascade = _entity_of(api, request), request.query["cascade"]
    api.domain.entities.delete(entity.id, cascade=cascade, source=api.source(request))
    return {"status": "deleted", "entity_id": entity.id, "cascade": cascade}


async def _with_children(request: Request, entity: Entity) -> JsonObject:
    wire = _to_wire(request, entity)
    if request.query["include_children"]:
        children = sorted(entity.children.values(), key=attrgetter("name", "slug"))
        wire["children"] = [*await _all_to_wire(request, children)]
    return wire


ENTITY_ROUTES: Final[tuple[Route, ...]] = (
    Route(
        method="GET",
        path="/entities",
        handler=_list,
        summary="List entities by name",
        tag=TAG,
        query=_LIST,
        answer=ENTITIES,
    ),
    Route(
        method="POST",
        path="/entities",
        handler=_create,
        summary="Create an entity",
        tag=TAG,
        status=201,
        body=_CREATE,
        answer=ENTITY,
        errors=(404, 409),
    ),
    Route(
        method="GET",
        path="/entities/{entity_id}",
        handler=_get,
        summary="Get an entity",
        tag=TAG,
        query=_WITH_CHILDREN,
        answer=ENTITY,
        errors=(404,),
    ),
    Route(
        method="GET",
        path="/entities/by-slug/{slug}",
        handler=_get_by_slug,
        summary="Get an entity by its slug",
        tag=TAG,
        query=_WITH_CHILDREN,
        answer=ENTITY,
        errors=(404,),
    ),
    Route(
        method="PUT",
        path="/entities/{entity_id}",
        handler=_update,
        summary="Change what is sent of an entity; null clears",
        tag=TAG,
        body=_UPDATE,
        answer=ENTITY,
        errors=(400, 404, 409),
    ),
    Route(
        method="DELETE",
        path="/entities/{entity_id}",
        handler=_delete,
        summary="Delete an entity; its children become roots, or are deleted too",
        tag=TAG,
        query=query({probatio.Optional("cascade", default=False): BOOLEAN}),
        errors=(404,),
    ),
)


# The hierarchy.

_TREE: Final = query(
    {
        probatio.Optional("root_id"): ID,
        probatio.Optional("entity_type"): text(255),
        probatio.Optional("max_depth", default=5): integer(1, MAX_TREE_DEPTH),
    }
)


def _ancestors(api: Api, request: Request) -> list[JsonObject]:
    return [_to_wire(request, above) for above in ancestors(_entity_of(api, request))]


async def _descendants(api: Api, request: Request) -> list[JsonObject]:
    below = descendants(_entity_of(api, request), request.query["max_depth"])
    return await _all_to_wire(request, sorted(below, key=attrgetter("path")))


async def _siblings(api: Api, request: Request) -> list[JsonObject]:
    around = siblings(_entity_of(api, request), api.domain.entities)
    return await _all_to_wire(request, sorted(around, key=attrgetter("name", "slug")))


def _tree(api: Api, request: Request) -> list[JsonObject]:
    wanted, entities = request.query, api.domain.entities
    roots = entities.roots()
    if root_id := wanted.get("root_id"):
        roots = [entities[root_id]]
    if kind := wanted.get("entity_type"):
        roots = [root for root in roots if root.type.name == kind]
    return tree(sorted(roots, key=attrgetter("name", "slug")), wanted["max_depth"])


HIERARCHY_ROUTES: Final[tuple[Route, ...]] = (
    Route(
        method="GET",
        path="/entities/tree",
        handler=_tree,
        summary="Get the hierarchy as nested nodes",
        tag=HIERARCHY_TAG,
        query=_TREE,
        errors=(404,),
    ),
    Route(
        method="GET",
        path="/entities/{entity_id}/ancestors",
        handler=_ancestors,
        summary="List what is above an entity, root first",
        tag=HIERARCHY_TAG,
        answer=ENTITIES,
        errors=(404,),
    ),
    Route(
        method="GET",
        path="/entities/{entity_id}/descendants",
        handler=_descendants,
        summary="List what is below an entity, by path",
        tag=HIERARCHY_TAG,
        query=query(
            {
                probatio.Optional("max_depth", default=10): integer(
                    1, MAX_DESCENDANTS_DEPTH
                )
            }
        ),
        answer=ENTITIES,
        errors=(404,),
    ),
    Route(
        method="GET",
        path="/entities/{entity_id}/siblings",
        handler=_siblings,
        summary="List the other entities with the same parent",
        tag=HIERARCHY_TAG,
        answer=ENTITIES,
        errors=(404,),
    ),
)
