"""The registry of entity types: the built-in ones and custom ones."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

from ..bus import Bus
from .clock import utcnow
from .entity_type import BUILT_IN_TYPES, EntityType
from .errors import AlreadyExists, EntityTypeInUse, TooMany, UnknownEntityType
from .events import EntityTypeChanged, EntityTypeRemoved
from .fields import checked_object, checked_text, optional_name
from .json_values import JsonObject, JsonValue
from .names import checked_name, checked_type_name

MAX_ENTITY_TYPES: Final = 500
# What `update` may change, and how each new value is checked.
_EDITABLE: Final[Mapping[str, Callable[[Any], Any]]] = {
    "display_name": lambda value: checked_name(value, "display_name"),
    "description": checked_text,
    "icon": lambda value: optional_name(value, "icon", 50),
    "state_schema": lambda value: (
        None if value is None else checked_object(value, "state_schema")
    ),
    "default_state": lambda value: checked_object(value, "default_state"),
    "metadata": checked_object,
}


class EntityTypes:
    """All entity types, by name."""

    def __init__(self, bus: Bus | None = None) -> None:
        """Start with the built-in types; changes are published on `bus`."""
        self._bus = bus or Bus()
        # Copies: a type can be described anew, and entities hold on to it.
        self._types = {kind.name: replace(kind) for kind in BUILT_IN_TYPES}
        self._by_id = {kind.id: kind for kind in self._types.values()}

    def __iter__(self) -> Iterator[EntityType]:
        """Iterate over the types by name."""
        return iter(
            sorted(self._types.values(), key=lambda entity_type: entity_type.name)
        )

    def __getitem__(self, name: str) -> EntityType:
        """Return a type by name, or raise UnknownEntityType."""
        if (found := self._types.get(name)) is None:
            raise UnknownEntityType(entity_type=name)
        return found

    def get(self, name: str) -> EntityType | None:
        """Return a type by name, or None."""
        return self._types.get(name)

    def by_id(self, type_id: str) -> EntityType:
        """Return a type by id, or raise UnknownEntityType."""
        if (found := self._by_id.get(type_id)) is None:
            raise UnknownEntityType(entity_type=type_id)
        return found

    def create(
        self,
        name: str,
        *,
        display_name: str | None = None,
        description: str | None = None,
        icon: str | None = None,
        state_schema: JsonObject | None = None,
        default_state: JsonObject | None = None,
        metadata: JsonObject | None = None,
    ) -> EntityType:
        """Add a custom type; raises InvalidField, AlreadyExists, TooMany."""
        checked_type_name(name)
        if name in self._types:
            raise AlreadyExists(kind="Entity type", key=name)
        if len(self._types) >= MAX_ENTITY_TYPES:
            raise TooMany(kind="entity types", limit=MAX_ENTITY_TYPES)
        now = utcnow()
        described = {
            "display_name": display_name or name.replace("_", " ").capitalize(),
            "description": description,
            "icon": icon,
            "state_schema": state_schema,
            "default_state": default_state,
            "metadata": metadata,
        }
        entity_type = EntityType(
            id=str(uuid4()),
            name=name,
            created_at=now,
            updated_at=now,
            **{key: check(described[key]) for key, check in _EDITABLE.items()},
        )
        self._put(entity_type)
        self._bus.publish(EntityTypeChanged(entity_type))
        return entity_type

    def update(self, type_key: str, changes: Mapping[str, JsonValue]) -> EntityType:
        """Describe a type, named by id or name, anew; its name stays, and other keys are ignored.

        Entities that exist keep their state. Raises UnknownEntityType, InvalidField.
        """
        entity_type = self._by_id.get(type_key) or self[type_key]
        checked = {
            key: check(changes[key])
            for key, check in _EDITABLE.items()
            if key in changes
        }
        for key, value in checked.items():
            setattr(entity_type, key, value)
        entity_type.updated_at = utcnow()
        self._bus.publish(EntityTypeChanged(entity_type))
        return entity_type

    def restore(self, entity_type: EntityType) -> None:
        """Put back a type that was saved; a built-in one only as it was described."""
        known = self._types.get(entity_type.name)
        if known is None or not known.built_in:
            self._put(entity_type)
            return
        for key in (*_EDITABLE, "updated_at"):
            setattr(known, key, getattr(entity_type, key))

    def remove(self, name: str, *, in_use: bool) -> None:
        """Remove a custom type; raises UnknownEntityType, EntityTypeInUse."""
        entity_type = self[name]
        if entity_type.built_in or in_use:
            raise EntityTypeInUse(entity_type=name)
        del self._types[name], self._by_id[entity_type.id]
        self._bus.publish(EntityTypeRemoved(entity_type))

    def _put(self, entity_type: EntityType) -> None:
        self._types[entity_type.name] = self._by_id[entity_type.id] = entity_type
