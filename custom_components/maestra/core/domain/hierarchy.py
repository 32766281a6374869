"""Ancestors, descendants, siblings and trees of the entities' hierarchy."""

from collections.abc import Iterable, Iterator

from .entity import Entity
from .json_values import JsonObject
from .paths import compile_path_pattern

MAX_TREE_DEPTH = 20


def ancestors(entity: Entity) -> list[Entity]:
    """Return the ancestors, root first, direct parent last."""
    chain: list[Entity] = []
    above = entity.parent
    while above is not None:
        chain.append(above)
        above = above.parent
    return chain[::-1]


def descendants(entity: Entity, max_depth: int | None = None) -> Iterator[Entity]:
    """Iterate over everything below an entity, each parent before its children."""
    if max_depth == 0:
        return
    for child in list(entity.children.values()):
        yield child
        yield from descendants(child, None if max_depth is None else max_depth - 1)


def parents_first(entities: Iterable[Entity]) -> list[Entity]:
    """Return entities so that each comes after its parent."""
    return sorted(entities, key=lambda entity: entity.path.count("."))


def siblings(entity: Entity, entities: Iterable[Entity]) -> list[Entity]:
    """Return the other entities with the same parent; for a root, the other roots."""
    around = entity.parent.children.values() if entity.parent else entities
    return [
        other
        for other in around
        if other.parent is entity.parent and other is not entity
    ]


def matching(pattern: str, entities: Iterable[Entity]) -> list[Entity]:
    """Return the entities whose path matches an lquery; raises InvalidField."""
    compiled = compile_path_pattern(pattern)
    return [entity for entity in entities if compiled.matches(entity.path)]


def tree(roots: Iterable[Entity], max_depth: int = MAX_TREE_DEPTH) -> list[JsonObject]:
    """Return nested nodes in the protocol's form (maestra.md §1.5, `tree`)."""
    return [
        {
            "id": entity.id,
            "name": entity.name,
            "slug": entity.slug,
            "entity_type_id": entity.type.id,
            "entity_type_name": entity.type.name,
            "status": entity.status,
            "state": entity.state,
            "children": [*tree(entity.children.values(), max_depth - 1)]
            if max_depth > 1
            else [],
        }
        for entity in roots
    ]
