"""All entities with their states and variables.

Every method is synchronous, so that nothing can come between reading a state
and writing it: concurrent updates of distinct keys lose none.
"""

from collections.abc import Iterable
from typing import Final

from ..bus import Bus
from .clock import utcnow
from .entity import Entity
from .entity_directory import EntityDirectory
from .entity_types import EntityTypes
from .errors import AlreadyExists, TooMany, UnknownEntity, UnknownVariable
from .events import EntityMoved, StateChanged, UnknownEntityRefused
from .json_types import JsonObject
from .merge import changed_keys, check_size, deep_merge
from .names import checked_slug
from .rate import TokenBucket
from .rules import EntityRules
from .source import SYSTEM, Source
from .states import MAX_VARIABLES, check_values, infer_variables, missing_required
from .variables import Variable

# A whole show may come up at once; a client that invents names without end is stopped.
NEWCOMERS_AT_ONCE: Final = 500
NEWCOMERS_PER_MINUTE: Final = 60


class Entities(EntityDirectory):
    """The entities, and the only place that changes their states and variables."""

    def __init__(self, bus: Bus, types: EntityTypes, rules: EntityRules) -> None:
        """Start empty."""
        super().__init__(bus, types, rules)
        self._newcomers = TokenBucket(NEWCOMERS_AT_ONCE, NEWCOMERS_PER_MINUTE / 60)

    def update(
        self,
        key: str,
        patch: JsonObject,
        *,
        source: Source = SYSTEM,
        strict: bool | None = None,
    ) -> StateChanged | None:
        """Deep-merge `patch` into an entity's state.

        Returns the change, or None when nothing differs. `strict` refuses values that
        do not fit their variable (default: as the rules say). Raises UnknownEntity,
        InvalidField, and InvalidValue when strict.
        """
        entity = self[key]
        state, warnings = self._merged(entity, patch, strict)
        previous = entity.state
        keys = tuple(name for name in patch if previous.get(name) != state.get(name))
        return self._commit(entity, state, keys, warnings, source)

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
        if not self.rules.create_unknown:
            self._bus.publish(UnknownEntityRefused(slug, source, is_flood=False))
            raise UnknownEntity(entity=slug)
        # Nothing is made of a message that is refused after all.
        checked_slug(slug)
        check_size(state)
        if not self._newcomers.take():
            self._bus.publish(UnknownEntityRefused(slug, source, is_flood=True))
            raise TooMany(kind="new entities a minute", limit=NEWCOMERS_PER_MINUTE)
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
            entity, {**entity.variables, variable.name: variable}, source
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
        entity.infers = False
        self._set_variables(entity, declared, source)
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
        entity.infers = False
        self._set_variables(entity, left, source)

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

    def _set_variables(
        self, entity: Entity, variables: dict[str, Variable], source: Source
    ) -> None:
        entity.variables = variables
        self._updated(entity, {"variables": entity.variables_to_wire()}, source)
        defaults: JsonObject = {
            name: variable.default
            for name, variable in variables.items()
            if variable.default is not None and entity.state.get(name) is None
        }
        if defaults:
            self.update(entity.slug, defaults, source=source)

    def _commit(
        self,
        entity: Entity,
        state: JsonObject,
        keys: tuple[str, ...],
        warnings: list[JsonObject],
        source: Source,
    ) -> StateChanged | None:
        previous, entity.state = entity.state, state
        now = entity.state_updated_at = utcnow()
        if source.gateway is not None and source.gateway != entity.gateway:
            entity.gateway = source.gateway
            self._bus.publish(EntityMoved(entity))
        if not keys:
            return None
        if entity.infers and (inferred := infer_variables(entity, keys, state)):
            entity.variables = entity.variables | inferred
            # Nothing that a client said changed, so there is nothing to tell on the wire.
            self._updated(entity, {}, source)
        change = StateChanged(entity, previous, state, keys, source, now, warnings)
        self._bus.publish(change)
        return change
