"""Change sets: the states of many entities, changed as one, and taken back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import uuid4

from ..domain.errors import MaestraError
from ..domain.json_values import JsonObject, JsonValue
from .stage import Stage

type States = Mapping[str, JsonObject]
"""What is to be changed of entities, by slug or id, and of things outside, by name: values by key, objects merge."""


@dataclass(slots=True, kw_only=True, eq=False)
class ChangeSet:
    """A change of several entities. `before` has, by their ids, what there was in place of what was changed."""

    before: dict[str, JsonObject] = field(default_factory=dict)

    def keep(self, entity_id: str, patch: JsonObject, state: JsonObject) -> None:
        """Keep what a patch takes the place of; the first time counts."""
        kept = self.before.setdefault(entity_id, {})
        for key, value in reverse(patch, state).items():
            kept.setdefault(key, value)


def new_correlation_id() -> str:
    """Return what tells the changes of one set from all others."""
    return str(uuid4())


def check(stage: Stage, states: States) -> None:
    """Raise UnknownEntity, InvalidField or InvalidValue for the first that can't be applied."""
    for key, patch in states.items():
        stage.check(key, patch)


def applicable(stage: Stage, states: States) -> dict[str, JsonObject]:
    """Return what of these states can be applied: values of entities that are there, and take them."""
    return {
        key: {
            name: value
            for name, value in patch.items()
            if _is_applicable(stage, key, {name: value})
        }
        for key, patch in states.items()
        if stage.get(key)
    }


def _is_applicable(stage: Stage, key: str, patch: JsonObject) -> bool:
    try:
        stage.check(key, patch)
    except MaestraError:
        return False
    return True


def reverse(patch: JsonObject, state: JsonObject) -> JsonObject:
    """Return the patch that brings back what `patch` changes in `state`; null for what was not there."""
    return {key: _reverse(value, state.get(key)) for key, value in patch.items()}


def _reverse(value: JsonValue, before: JsonValue) -> JsonValue:
    if isinstance(value, dict) and isinstance(before, dict):
        return reverse(value, before)
    return before
