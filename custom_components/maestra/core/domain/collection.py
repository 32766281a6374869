"""How much of the entities' history is kept (maestra.md §1.9)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import uuid4

from ..bus import Bus
from .clock import utcnow, wire_time
from .entity import Entity
from .errors import TooMany, UnknownCollectionRule
from .events import CollectionChanged
from .fields import checked_choice, checked_object
from .json_values import JsonObject
from .names import checked_name

MAX_RULES: Final = 500


class Verbosity(StrEnum):
    """What a change of state leaves in the history."""

    MINIMAL = "minimal"
    """Nothing."""
    STANDARD = "standard"
    """The new state."""
    VERBOSE = "verbose"
    """The new state and the one before it."""


class Scope(StrEnum):
    """What a rule is for, the widest first; a narrower one goes before it."""

    GLOBAL = "global"
    ENTITY_TYPE = "entity_type"
    DEVICE = "device"


@dataclass(slots=True, kw_only=True, eq=False)
class CollectionRule:
    """How much is kept of everything, of a type (`scope_id` is its name or id) or of a device (its id)."""

    id: str
    scope: Scope
    scope_id: str | None
    verbosity: Verbosity
    config: JsonObject = field(default_factory=dict)
    created_at: datetime
    updated_at: datetime

    def to_wire(self) -> JsonObject:
        """Return the rule in the protocol's form."""
        return {
            "id": self.id,
            "scope_type": self.scope.value,
            "scope_id": self.scope_id,
            "verbosity": self.verbosity.value,
            "config": self.config,
            "created_at": wire_time(self.created_at),
            "updated_at": wire_time(self.updated_at),
        }


class Collection:
    """The rules, one for each scope."""

    def __init__(self, bus: Bus) -> None:
        """Keep everything."""
        self._bus = bus
        self._rules: dict[tuple[Scope, str | None], CollectionRule] = {}

    def __iter__(self) -> Iterator[CollectionRule]:
        """Iterate over the rules, those of the widest scope first."""
        order = list(Scope)
        return iter(
            sorted(
                self._rules.values(),
                key=lambda rule: (order.index(rule.scope), rule.scope_id or ""),
            )
        )

    def verbosity(self, entity: Entity) -> Verbosity:
        """Return what is kept of an entity's changes. It is asked for every one of them."""
        rules = self._rules
        if not rules:
            return Verbosity.VERBOSE
        rule = (
            rules.get((Scope.DEVICE, entity.device_id))
            or rules.get((Scope.ENTITY_TYPE, entity.type.name))
            or rules.get((Scope.ENTITY_TYPE, entity.type.id))
            or rules.get((Scope.GLOBAL, None))
        )
        return rule.verbosity if rule else Verbosity.VERBOSE

    def put(self, data: Mapping[str, Any]) -> CollectionRule:
        """Set the rule of a scope from `{scope_type, scope_id, verbosity, config}`; raises InvalidField, TooMany."""
        scope = checked_choice(Scope, data, "scope_type")
        verbosity = checked_choice(Verbosity, data, "verbosity")
        scope_id = None
        if scope is not Scope.GLOBAL:
            scope_id = checked_name(data.get("scope_id"), "scope_id")
        config = checked_object(data.get("config"), "config")
        now, key = utcnow(), (scope, scope_id)
        if (rule := self._rules.get(key)) is None:
            if len(self._rules) >= MAX_RULES:
                raise TooMany(kind="collection rules", limit=MAX_RULES)
            rule = self._rules[key] = CollectionRule(
                id=str(uuid4()),
                scope=scope,
                scope_id=scope_id,
                verbosity=verbosity,
                created_at=now,
                updated_at=now,
            )
        rule.verbosity, rule.config, rule.updated_at = verbosity, config, now
        self._bus.publish(CollectionChanged())
        return rule

    def remove(self, rule_id: str) -> None:
        """Forget a rule; raises UnknownCollectionRule."""
        for key, rule in self._rules.items():
            if rule.id == rule_id:
                del self._rules[key]
                self._bus.publish(CollectionChanged())
                return
        raise UnknownCollectionRule(rule=rule_id)

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Put back a rule that was saved as `to_wire` writes it."""
        scope, scope_id = Scope(saved["scope_type"]), saved["scope_id"]
        self._rules[scope, scope_id] = CollectionRule(
            id=saved["id"],
            scope=scope,
            scope_id=scope_id,
            verbosity=Verbosity(saved["verbosity"]),
            config=saved["config"],
            created_at=datetime.fromisoformat(saved["created_at"]),
            updated_at=datetime.fromisoformat(saved["updated_at"]),
        )
