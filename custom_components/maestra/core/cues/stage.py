"""Everything that fades and cues move: entities of Maestra, and what is outside of it."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ..domain.entities import Entities
from ..domain.errors import UnknownEntity
from ..domain.json_values import JsonObject
from ..domain.source import SYSTEM, Source
from ..domain.variables import Variable


class Movable(Protocol):
    """Something with a state whose attributes move."""

    @property
    def id(self) -> str:
        """What names it."""

    @property
    def slug(self) -> str:
        """What people and files name it."""

    @property
    def state(self) -> JsonObject:
        """What it is now."""

    @property
    def variables(self) -> Mapping[str, Variable]:
        """What its attributes may be."""


class Outside(Protocol):
    """Things beyond Maestra, by names with a dot, which no entity of Maestra has."""

    def get(self, key: str) -> Movable | None:
        """Return one as it is now, None where it is not there or nothing of it can be moved."""

    def check(self, key: str, patch: JsonObject) -> None:
        """Raise UnknownEntity, UnknownVariable or InvalidValue where this can't be applied."""

    def update(self, key: str, patch: JsonObject) -> None:
        """Apply it, as soon as may be; raises as `check` does."""

    def on_takeover(self, taken: Callable[[str, str], None]) -> None:
        """Call `taken` with whose attribute somebody else has changed."""

    def on_arrival(self, arrived: Callable[[str], None]) -> None:
        """Call `arrived` with what is there from now on."""


class Stage:
    """Finds, checks and changes both."""

    def __init__(self, entities: Entities, outside: Outside | None = None) -> None:
        """Join the two; there may be nothing outside."""
        self._entities = entities
        self._outside = outside

    def get(self, key: str) -> Movable | None:
        """Return what has this slug, id or name, None where nothing has."""
        if is_outside(key):
            return self._outside.get(key) if self._outside else None
        return self._entities.get(key)

    def check(self, key: str, patch: JsonObject) -> None:
        """Raise what a strict `update` would raise; change nothing."""
        if not is_outside(key):
            self._entities.check(key, patch)
        elif self._outside is None:
            raise UnknownEntity(entity=key)
        else:
            self._outside.check(key, patch)

    def update(
        self,
        key: str,
        patch: JsonObject,
        *,
        source: Source = SYSTEM,
        correlation_id: str | None = None,
    ) -> object:
        """Merge `patch` into a state; raises as `check` does, and DeviceBlocked."""
        if not is_outside(key):
            return self._entities.update(
                key, patch, source=source, correlation_id=correlation_id
            )
        if self._outside is None:
            raise UnknownEntity(entity=key)
        self._outside.update(key, patch)
        return None

    def on_takeover(self, taken: Callable[[str, str], None]) -> None:
        """Call `taken` with whose attribute outside somebody else has changed."""
        if self._outside is not None:
            self._outside.on_takeover(taken)

    def on_arrival(self, arrived: Callable[[str], None]) -> None:
        """Call `arrived` with what is there outside from now on."""
        if self._outside is not None:
            self._outside.on_arrival(arrived)


def is_outside(key: str) -> bool:
    """Tell whether a name is of something beyond Maestra: slugs and ids have no dot."""
    return "." in key


def outside_of(*states: Mapping[str, Any]) -> set[str]:
    """Return the names in states that are of things beyond Maestra."""
    return {key for each in states for key in each if is_outside(key)}
