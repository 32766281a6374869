"""Entities as this API shows them (maestra.md §1.5, §9.5)."""

import asyncio
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Final

import probatio

from ...domain.entity import Entity
from ...domain.json_types import JsonObject
from .entity_types import ENTITY_TYPE
from .request import Request
from .schemas import OBJECT

if TYPE_CHECKING:
    from .api import FleetApi

PIECE: Final = 200
"""Entities that are written without letting others work: about two milliseconds."""
UNITY: Final = "UnityPlayer"

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


def named(api: FleetApi, request: Request) -> Entity:
    """Return the entity that the path names; raises UnknownEntity."""
    return api.domain.entities[request.path["entity_id"]]


def shown(request: Request, entity: Entity) -> JsonObject:
    """Return an entity, without its children, as this client can read it (maestra.md §9.5)."""
    wire = entity.to_wire()
    if request.http.headers.get("User-Agent", "").startswith(UNITY):
        wire["entity_type"] = entity.type.name
    return wire


async def all_shown(request: Request, entities: Iterable[Entity]) -> list[JsonObject]:
    """Return any number of entities, and let others work meanwhile."""
    found: list[JsonObject] = []
    rest = iter(entities)
    while piece := list(islice(rest, PIECE)):
        found += [shown(request, entity) for entity in piece]
        await asyncio.sleep(0)
    return found
