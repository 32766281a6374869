"""The registry of entities with their states and variables.

Every method is synchronous, so that nothing can come between reading a state
and writing it: concurrent updates of distinct keys lose none.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from ..bus import Bus
from .blocking import Blocklist
from .clock import utcnow
from .entity import Entity
from .entity_types import EntityTypes
from .errors import (
    AlreadyExists,
    InvalidHierarchy,
    TooMany,
    UnknownEntity,
    UnknownVariable,
)
from .events import (
    EntityCreated,
    EntityDeleted,
    EntityMoved,
    EntityUpdated,
    StateChanged,
)
from .fields import (
    EDITABLE_FIELDS,
    checked_object,
    checked_tags,
    checked_text,
    optional_name,
)
from .hierarchy import ancestors, descendants
from .json_values import (
    MAX_KEYS,
    JsonObject,
    JsonValue,
    changed_keys,
    check_size,
    deep_merge,
    is_same,
)
from .names import checked_name, checked_slug, slugify
from .newcomers import Newcomer, Newcomers
from .source import SYSTEM, Source
from .states import (
    MAX_VARIABLES,
    check_values,
    default_state,
    infer_variables,
    missing_required,
    variables_as,
)
from .variables import Variable


@dataclass(slots=True, kw_only=True)
class EntityRules:
    """What the user decides.

    `strict` refuses a value that does not fit its variable, else it is accepted with
    a warning as the protocol documents. `create_unknown` makes an entity of a state
    that comes for an unknown slug.
    """

    strict: bool = False
    create_unknown: bool = True


MAX_ENTITIES: Final = 20_000
MAX_LEVELS: Final = 32


class Entities:
    """The entities by slug and id, and the only place that changes them, their states and their variables."""

    def __init__(
        self,
        bus: Bus,
        types: EntityTypes,
        rules: EntityRules,
        newcomers: Newcomers,
        *,
        blocked: Blocklist | None = None,
    ) -> None:
        """Start empty. What comes in under the name of one of `blocked` is refused."""
        self._blocked = Blocklist(bus) if blocked is None else blocked
        self.rules = rules
        self._bus = bus
        self._types = types
        self._by_slug: dict[str, Entity] = {}
        self._by_id: dict[str, Entity] = {}
        self._newcomers = newcomers
        # Entities with values that no variable was made of, because too many came at once.
        self._short: set[str] = set()

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

    # The entities themselves.

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
            changed_by=source,
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
        self._newcomers.admit(Newcomer.ENTITY, entity.slug, source)
        self._newcomers.admit(Newcomer.VARIABLE, entity.slug, source, len(declared))
        if entity.infers:
            entity.variables = self._inferred(entity, entity.state, source)
        self.restore(entity)
        self._bus.publish(EntityCreated(entity, source, now))
        return entity

    def restore(self, entity: Entity) -> None:
        """Put back an entity that was saved, without an event: it is not new to the world."""
        entity.path = entity.compute_path()
        self._by_slug[entity.slug] = self._by_id[entity.id] = entity
        if entity.parent:
            entity.parent.children[entity.slug] = entity

    def edit(
        self, key: str, changes: Mapping[str, JsonValue], *, source: Source = SYSTEM
    ) -> Entity:
        """Change name, parent_id, description, tags, metadata, status or device_id.

        `parent_id` is an id or slug; null makes a root (maestra.md §1.5, PUT). Other
        keys are ignored. Descendants whose path changes are published too. Raises
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
        published = {
            field: list(value) if field == "tags" else value
            for field, value in checked.items()
        }
        if moved:
            published |= {
                "parent_id": entity.parent.id if entity.parent else None,
                "path": entity.path,
            }
        if published:
            self._updated(entity, published, source)
        for below in moved[1:]:
            self._updated(below, {"path": below.path}, source)
        return entity

    def retype(self, key: str, entity_type: str, *, source: Source = SYSTEM) -> Entity:
        """Make an entity another kind of thing: its id, its state and what is declared of it stay.

        What was read off its state is read anew. Raises UnknownEntity, UnknownEntityType.
        """
        entity, kind = self[key], self._types[entity_type]
        if kind is not entity.type:
            entity.variables = variables_as(entity, kind)
            entity.type = kind
            changes: JsonObject = {"entity_type_id": kind.id, "entity_type": kind.name}
            self._updated(entity, changes, source)
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
            self._short.discard(gone.id)
            self._bus.publish(EntityDeleted(gone, source, utcnow()))
        return doomed

    # Their states.

    def update(
        self,
        key: str,
        patch: JsonObject,
        *,
        source: Source = SYSTEM,
        strict: bool | None = None,
        correlation_id: str | None = None,
    ) -> StateChanged | None:
        """Deep-merge `patch` into an entity's state.

        Returns the change, or None when nothing differs. `strict` refuses values that
        do not fit their variable (default: as the rules say). What is changed together with
        others has their `correlation_id`. Raises UnknownEntity,
        InvalidField, DeviceBlocked, and InvalidValue when strict.
        """
        entity = self[key]
        self._refuse_blocked(entity.slug, source)
        state, warnings = self._merged(entity, patch, strict)
        previous = entity.state
        keys = tuple(
            name for name in patch if not is_same(previous.get(name), state.get(name))
        )
        return self._commit(entity, state, keys, warnings, source, correlation_id)

    def set(
        self,
        key: str,
        state: JsonObject,
        *,
        source: Source = SYSTEM,
        strict: bool | None = None,
    ) -> StateChanged | None:
        """Replace an entity's whole state; otherwise as `update`."""
        entity = self[key]
        self._refuse_blocked(entity.slug, source)
        state, warnings = self._replaced(entity, state, strict)
        return self._commit(
            entity, state, changed_keys(entity.state, state), warnings, source
        )

    def check(self, key: str, state: JsonObject, *, replace: bool = False) -> None:
        """Raise what a strict `update` with this state would raise, or `set` with `replace`; change nothing."""
        (self._replaced if replace else self._merged)(self[key], state, True)

    def report(
        self, slug: str, state: JsonObject, *, replace: bool = False, source: Source
    ) -> StateChanged | None:
        """Take a state that a client sends: merge it, or `replace` the whole.

        An unknown entity is created when the rules say so, as a `device` with inferred
        variables. Raises as `update` and `create`.
        """
        if self.get(slug):
            return (self.set if replace else self.update)(slug, state, source=source)
        self._refuse_blocked(slug, source)
        if not self.rules.create_unknown:
            raise UnknownEntity(entity=slug)
        # Nothing is made of a message that is refused after all.
        checked_slug(slug)
        check_size(state)
        name = slug.replace("-", " ").replace("_", " ").strip().title() or slug
        # Created empty, so that the first values are a change too: it is the state event that clients wait for.
        self.create(
            name=name,
            entity_type="device",
            slug=slug,
            with_defaults=False,
            source=source,
        )
        return self.update(slug, state, source=source)

    def _refuse_blocked(self, slug: str, source: Source) -> None:
        """Refuse what comes in for a blocked device, or from one, as far as it says so itself."""
        if self._blocked and source.gateway is not None:
            self._blocked.refuse(slug, source.name)

    # Their variables.

    def define_variable(
        self,
        key: str,
        variable: Variable,
        *,
        replace: bool = True,
        source: Source = SYSTEM,
    ) -> Variable:
        """Declare a variable; its default fills a missing value.

        An inferred one of the same name gives way; a declared one only with
        `replace`. Raises UnknownEntity, AlreadyExists, TooMany.
        """
        entity = self[key]
        known = entity.variables.get(variable.name)
        if known and not known.inferred and not replace:
            raise AlreadyExists(kind="Variable", key=variable.name)
        if not known and len(entity.variables) >= MAX_VARIABLES:
            raise TooMany(kind="variables of an entity", limit=MAX_VARIABLES)
        self._set_variables(
            entity,
            {**entity.variables, variable.name: variable},
            source,
            infers=entity.infers,
        )
        return variable

    def set_variables(
        self, key: str, variables: Iterable[Variable], *, source: Source = SYSTEM
    ) -> Entity:
        """Replace all variables by declared ones; nothing is inferred any more (maestra.md §1.7, PUT)."""
        entity = self[key]
        declared = {variable.name: variable for variable in variables}
        if len(declared) > MAX_VARIABLES:
            raise TooMany(kind="variables of an entity", limit=MAX_VARIABLES)
        self._set_variables(entity, declared, source, infers=False)
        return entity

    def remove_variable(self, key: str, name: str, *, source: Source = SYSTEM) -> None:
        """Remove a variable, not its value; raises UnknownEntity, UnknownVariable."""
        entity = self[key]
        if name not in entity.variables:
            raise UnknownVariable(entity=entity.slug, variable=name)
        left = {
            other: kept for other, kept in entity.variables.items() if other != name
        }
        # Else the value that is still there would bring the variable back.
        self._set_variables(entity, left, source, infers=False)

    def _free_slug(self, name: str) -> str:
        base = slugify(name) or "entity"
        return base if base not in self._by_slug else f"{base[:90]}-{uuid4().hex[:6]}"

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

    def _merged(
        self, entity: Entity, patch: JsonObject, strict: bool | None
    ) -> tuple[JsonObject, list[JsonObject]]:
        """Return the state overlaid by `patch`, and its warnings."""
        state = deep_merge(entity.state, patch)
        strict = self.rules.strict if strict is None else strict
        # A merge can complete or break an object: what counts is the merged value, not the patch.
        return state, check_values(
            entity, [(name, state[name]) for name in patch], strict=strict
        )

    def _replaced(
        self, entity: Entity, state: JsonObject, strict: bool | None
    ) -> tuple[JsonObject, list[JsonObject]]:
        """Return a copy of the new state, and its warnings."""
        state = deep_merge({}, state)
        strict = self.rules.strict if strict is None else strict
        values = [*state.items(), *missing_required(entity, state)]
        return state, check_values(entity, dict(values).items(), strict=strict)

    def _commit(
        self,
        entity: Entity,
        state: JsonObject,
        keys: tuple[str, ...],
        warnings: list[JsonObject],
        source: Source,
        correlation_id: str | None = None,
    ) -> StateChanged | None:
        previous, entity.state = entity.state, state
        now = entity.state_updated_at = utcnow()
        if source.gateway is not None and source.gateway != entity.gateway:
            entity.gateway = source.gateway
            self._bus.publish(EntityMoved(entity))
        if not keys:
            return None
        entity.changed_by = source
        if entity.infers and (inferred := self._inferred(entity, keys, source)):
            entity.variables = entity.variables | inferred
            # Nothing that a client said changed, so there is nothing to tell on the wire.
            self._updated(entity, {}, source)
        change = StateChanged(
            entity, previous, state, keys, source, now, warnings, correlation_id
        )
        self._bus.publish(change)
        return change

    def _inferred(
        self, entity: Entity, keys: Iterable[str], source: Source
    ) -> dict[str, Variable]:
        """Return the variables that these keys bring or change, of the new ones as many as may come now."""
        is_short = entity.id in self._short
        found = infer_variables(
            entity, entity.state if is_short else keys, entity.state
        )
        new = [name for name in found if name not in entity.variables]
        admitted = self._newcomers.admitted(
            Newcomer.VARIABLE, entity.slug, source, len(new)
        )
        for name in new[admitted:]:
            del found[name]
        if admitted < len(new):
            self._short.add(entity.id)
        elif is_short:
            self._short.discard(entity.id)
        return found

    def _set_variables(
        self,
        entity: Entity,
        variables: dict[str, Variable],
        source: Source,
        *,
        infers: bool,
    ) -> None:
        new = sum(name not in entity.variables for name in variables)
        self._newcomers.admit(Newcomer.VARIABLE, entity.slug, source, new)
        entity.variables, entity.infers = variables, infers
        self._updated(entity, {"variables": entity.variables_to_wire()}, source)
        defaults: JsonObject = {
            name: variable.default
            for name, variable in variables.items()
            if variable.default is not None and entity.state.get(name) is None
        }
        if defaults:
            self.update(entity.slug, defaults, source=source)
