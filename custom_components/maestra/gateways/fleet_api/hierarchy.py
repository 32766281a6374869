"""Operations on the hierarchy of entities (maestra.md §1.5)."""

from operator import attrgetter
from typing import TYPE_CHECKING, Final

import probatio

from ...domain.hierarchy import ancestors, descendants, siblings, tree
from ...domain.json_types import JsonObject
from .entity_view import ENTITIES, all_shown, named, shown
from .request import Request
from .route import Route
from .schemas import ID, integer, query, text

if TYPE_CHECKING:
    from .api import FleetApi

TAG: Final = "hierarchy"
MAX_TREE_DEPTH: Final = 20
MAX_DESCENDANTS_DEPTH: Final = 100

_TREE: Final = query(
    {
        probatio.Optional("root_id"): ID,
        probatio.Optional("entity_type"): text(255),
        probatio.Optional("max_depth", default=5): integer(1, MAX_TREE_DEPTH),
    }
)


def _ancestors(api: FleetApi, request: Request) -> list[JsonObject]:
    return [shown(request, above) for above in ancestors(named(api, request))]


async def _descendants(api: FleetApi, request: Request) -> list[JsonObject]:
    below = descendants(named(api, request), request.query["max_depth"])
    return await all_shown(request, sorted(below, key=attrgetter("path")))


async def _siblings(api: FleetApi, request: Request) -> list[JsonObject]:
    around = siblings(named(api, request), api.domain.entities)
    return await all_shown(request, sorted(around, key=attrgetter("name", "slug")))


def _tree(api: FleetApi, request: Request) -> list[JsonObject]:
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
        tag=TAG,
        query=_TREE,
        errors=(404,),
    ),
    Route(
        method="GET",
        path="/entities/{entity_id}/ancestors",
        handler=_ancestors,
        summary="List what is above an entity, root first",
        tag=TAG,
        answer=ENTITIES,
        errors=(404,),
    ),
    Route(
        method="GET",
        path="/entities/{entity_id}/descendants",
        handler=_descendants,
        summary="List what is below an entity, by path",
        tag=TAG,
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
        tag=TAG,
        answer=ENTITIES,
        errors=(404,),
    ),
)
