"""Plain data of one Maestra entity."""

from dataclasses import dataclass, field
from datetime import datetime

from .clock import wire_time
from .entity_type import EntityType
from .json_values import JsonObject
from .names import path_label
from .source import Source
from .variables import Direction, Variable


@dataclass(slots=True, kw_only=True, eq=False)
class Entity:
    """A thing with a state, typed variables and a place in the hierarchy (maestra.md §1.5).

    `state` and `variables` are replaced, never changed in place: events, saves
    and gateways hold on to them. `infers` lets undeclared state keys become
    variables. `gateway` is the connection it was last heard on, `changed_by` who changed
    the state last, None where that was before the last start.
    """

    id: str
    name: str
    slug: str
    type: EntityType
    parent: Entity | None = None
    children: dict[str, Entity] = field(default_factory=dict)
    path: str = ""
    state: JsonObject = field(default_factory=dict)
    state_updated_at: datetime
    changed_by: Source | None = None
    status: str = "active"
    description: str | None = None
    tags: tuple[str, ...] = ()
    metadata: JsonObject = field(default_factory=dict)
    device_id: str | None = None
    variables: dict[str, Variable] = field(default_factory=dict)
    infers: bool = True
    gateway: str | None = None
    created_at: datetime
    updated_at: datetime

    def compute_path(self) -> str:
        """Return the ltree path: the ancestors' labels and the entity's own."""
        label = path_label(self.slug)
        return f"{self.parent.path}.{label}" if self.parent else label

    def variables_to_wire(self) -> JsonObject:
        """Return the declared variables as `{inputs, outputs}` (maestra.md §1.7)."""
        declared = [
            variable for variable in self.variables.values() if not variable.inferred
        ]
        return {
            f"{direction.value}s": [
                variable.to_wire()
                for variable in declared
                if variable.direction is direction
            ]
            for direction in Direction
        }

    def to_wire(self, *, include_children: bool = False) -> JsonObject:
        """Return the entity in the protocol's form (maestra.md §1.5)."""
        metadata = self.metadata
        if any(not variable.inferred for variable in self.variables.values()):
            metadata = {**metadata, "variables": self.variables_to_wire()}
        children = self.children.values() if include_children else ()
        return {
            "id": self.id,
            "name": self.name,
            "slug": self.slug,
            "entity_type_id": self.type.id,
            "parent_id": self.parent.id if self.parent else None,
            "path": self.path,
            "state": self.state,
            "state_updated_at": wire_time(self.state_updated_at),
            "status": self.status,
            "description": self.description,
            "tags": list(self.tags),
            "metadata": metadata,
            "device_id": self.device_id,
            "created_at": wire_time(self.created_at),
            "updated_at": wire_time(self.updated_at),
            "entity_type": self.type.to_wire(),
            "children": [child.to_wire() for child in children],
        }

    def validate(self) -> JsonObject:
        """Hold the stored state against the variables (maestra.md §1.7, `validate`)."""
        declared = {
            name: variable
            for name, variable in self.variables.items()
            if not variable.inferred
        }
        missing = [
            name
            for name, variable in declared.items()
            if variable.required and self.state.get(name) is None
        ]
        warnings = [declared[name].missing for name in missing]
        warnings += [
            declared[name].warning(value, reason)
            for name, value in self.state.items()
            if name in declared
            and value is not None
            and (reason := declared[name].check(value))
        ]
        return {
            "entity_id": self.id,
            "valid": not warnings,
            "warnings": list(warnings),
            "missing_required": list(missing),
            "undefined_keys": [key for key in self.state if key not in declared],
        }
