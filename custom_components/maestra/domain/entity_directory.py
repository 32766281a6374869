"""All entities: how they come, change their description and place, and go."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from uuid import uuid4

from ..bus import Bus
from .clock import utcnow
from .entity import Entity
from .entity_types import EntityTypes
from .errors import AlreadyExists, InvalidHierarchy, TooMany, UnknownEntity
from .events import EntityCreated, EntityDeleted, EntityUpdated
from .fields import (
    EDITABLE_FIELDS,
    checked_object,
    checked_tags,
    checked_text,
    optional_name,
)
from .hierarchy import ancestors, descendants
from .json_types import JsonObject, JsonValue
from .merge import MAX_KEYS, deep_merge
from .names import checked_name, checked_slug, slugify
from .rules import EntityRules
from .source import SYSTEM, Source
from .states import MAX_VARIABLES, check_values, default_state, infer_variables
from .variables import Variable

MAX_ENTITIES: Final = 20_000
MAX_LEVELS: Final = 32


class EntityDirectory:
    """The entities by slug and id."""

    def __init__(self, bus: Bus, types: EntityTypes, rules: EntityRules) -> None:
        """Start empty."""
        self.rules = rules
        self._bus = bus
        self._types = types
        self._by_slug: dict[str, Entity] = {}
        self._by_id: dict[str, Entity] = {}

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._by_slug)

    def __iter__(self) -> Iterator[Entity]:
        """Iterate over a copy: entities may come and go meanwhile."""
        return iter(list(self._by_slug.values()))

    def __getitem__(self, key: str) -> Entity:
        """Return an entity by slug or id, or raise UnknownEntity."""
        if (entity := self.get(key)) is None:
            raise UnknownEntity(entity=key)
        return entity

    def get(self, key: str) -> Entity | None:
        """Return an entity by slug or id, or None."""
        return self._by_slug.get(key) or self._by_id.get(key)

    def roots(self) -> list[Entity]:
        """Return the entities without a parent."""
        return [entity for entity in self if entity.parent is None]

    def create(
        self,
        *,
        name: str,
        entity_type: str,
        slug: str | None = None,
        parent: str | None = None,
        state: JsonObject | None = None,
        variables: Iterable[Variable] = (),
        description: str | None = None,
        tags: Iterable[str] = (),
        metadata: JsonObject | None = None,
        device_id: str | None = None,
        with_defaults: bool = True,
        source: Source = SYSTEM,
        strict: bool | None = None,
    ) -> Entity:
        """Add an entity.

        Its state is the type's default state and the variables' defaults, overlaid
        by `state`. Without a slug one is made of the name, with a suffix when taken.
        `strict` refuses values that do not fit their variable (default: as the rules say).
        Raises InvalidField, InvalidValue, AlreadyExists, UnknownEntityType, UnknownEntity
        (the parent), TooMany.
        """
        if len(self) >= MAX_ENTITIES:
            raise TooMany(kind="entities", limit=MAX_ENTITIES)
        kind = self._types[checked_name(entity_type, "entity_type")]
        above = self[str(parent)] if parent else None
        declared = {variable.name: variable for variable in variables}
        if len(declared) > MAX_VARIABLES:
            raise TooMany(kind="variables of an entity", limit=MAX_VARIABLES)
        defaults = default_state(kind, declared) if with_defaults else {}
        now = utcnow()
        entity = Entity(
            id=str(uuid4()),
            name=checked_name(name),
            slug=self._free_slug(name) if slug is None else checked_slug(slug),
            type=kind,
            parent=above,
            # Overlaid key by key, not merged: a client's object replaces the default one (maestra.md §1.5).
            state=deep_merge({}, defaults | checked_object(state, "state", MAX_KEYS)),
            state_updated_at=now,
            description=checked_text(description),
            tags=checked_tags(tags),
            metadata=checked_object(metadata),
            device_id=optional_name(device_id, "device_id"),
            variables=declared,
            infers=not declared,
            gateway=source.gateway,
            created_at=now,
            updated_at=now,
        )
        # A slug may look like an id: it must not hide the entity that has it.
        if self.get(entity.slug):
            raise AlreadyExists(kind="Entity", key=entity.slug)
        if len(ancestors(entity)) >= MAX_LEVELS:
            raise TooMany(kind="levels of the hierarchy", limit=MAX_LEVELS)
        strict = self.rules.strict if strict is None else strict
        check_values(entity, entity.state.items(), strict=strict)
        if entity.infers:
            entity.variables = infer_variables(entity, entity.state, entity.state)
        self.restore(entity)
        self._bus.publish(EntityCreated(entity, source, now))
        return entity

    def restore(self, entity: Entity) -> None:
        """Put an entity into its place without telling anybody: it is not new to the world."""
        entity.path = entity.compute_path()
        self._by_slug[entity.slug] = self._by_id[entity.id] = entity
        if entity.parent:
            entity.parent.children[entity.slug] = entity

    def edit(
        self, key: str, changes: Mapping[str, JsonValue], *, source: Source = SYSTEM
    ) -> Entity:
        """Change name, parent_id, description, tags, metadata, status or device_id.

        `parent_id` is an id or slug; null makes a root (maestra.md §1.5, PUT). Other
        keys are ignored. Descendants whose path changes are told of too. Raises
        UnknownEntity, InvalidField, InvalidHierarchy, TooMany.
        """
        entity = self[key]
        checked = {
            field: check(changes[field])
            for field, check in EDITABLE_FIELDS.items()
            if field in changes
        }
        moved: list[Entity] = []
        if "parent_id" in changes:
            parent = self[str(changes["parent_id"])] if changes["parent_id"] else None
            moved = self._move(entity, parent)
        for field, value in checked.items():
            setattr(entity, field, value)
        told = {
            field: list(value) if field == "tags" else value
            for field, value in checked.items()
        }
        if moved:
            told |= {
                "parent_id": entity.parent.id if entity.parent else None,
                "path": entity.path,
            }
        if told:
            self._updated(entity, told, source)
        for below in moved[1:]:
            self._updated(below, {"path": below.path}, source)
        return entity

    def delete(
        self, key: str, *, cascade: bool = False, source: Source = SYSTEM
    ) -> list[Entity]:
        """Remove an entity and, with `cascade`, all below it; without, its children become roots.

        Returns what was removed, children first.
        """
        entity = self[key]
        doomed = [entity, *(descendants(entity) if cascade else ())][::-1]
        for gone in doomed:
            for child in list(gone.children.values()):
                for moved in self._move(child, None):
                    parent_id = moved.parent.id if moved.parent else None
                    self._updated(
                        moved, {"parent_id": parent_id, "path": moved.path}, source
                    )
            if gone.parent:
                del gone.parent.children[gone.slug]
            del self._by_slug[gone.slug], self._by_id[gone.id]
            self._bus.publish(EntityDeleted(gone, source, utcnow()))
        return doomed

    def _move(self, entity: Entity, parent: Entity | None) -> list[Entity]:
        """Hang an entity below another; returns it and all below when their paths changed."""
        if parent is entity.parent:
            return []
        above = [*ancestors(parent), parent] if parent else []
        if entity in above:
            raise InvalidHierarchy(
                entity=entity.slug, parent=parent.slug if parent else ""
            )
        moved = [entity, *descendants(entity)]
        levels = (
            max(below.path.count(".") for below in moved) - entity.path.count(".") + 1
        )
        if len(above) + levels > MAX_LEVELS:
            raise TooMany(kind="levels of the hierarchy", limit=MAX_LEVELS)
        if entity.parent:
            del entity.parent.children[entity.slug]
        entity.parent = parent
        if parent:
            parent.children[entity.slug] = entity
        for below in moved:
            below.path = below.compute_path()
        return moved

    def _updated(self, entity: Entity, changes: JsonObject, source: Source) -> None:
        entity.updated_at = utcnow()
        self._bus.publish(EntityUpdated(entity, changes, source, entity.updated_at))

    def _free_slug(self, name: str) -> str:
        base = slugify(name) or "entity"
        return base if base not in self._by_slug else f"{base[:90]}-{uuid4().hex[:6]}"
