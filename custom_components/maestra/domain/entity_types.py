"""Entity types: the built-in ones as a table, and custom ones."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid4, uuid5

from ..bus import Bus
from .clock import utcnow, wire_time
from .errors import AlreadyExists, EntityTypeInUse, TooMany, UnknownEntityType
from .events import EntityTypeChanged, EntityTypeRemoved
from .fields import checked_object, checked_text, optional_name
from .inference import infer_variable
from .json_types import JsonObject, JsonValue
from .names import checked_name, checked_type_name
from .variables import Direction, Variable, VariableType

MAX_ENTITY_TYPES: Final = 500
_NO_VARIABLES: Final[Mapping[str, Variable]] = MappingProxyType({})
# The built-in types are as old as the software, not as the installation.
_EPOCH: Final = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


@dataclass(slots=True, kw_only=True)
class EntityType:
    """What kind of thing an entity is.

    `variables` says how well-known state keys look, `direction` how others do,
    as long as an entity declares no variables of its own. `is_light` lets brightness
    and power alone form a light; a colour always does.
    """

    id: str
    name: str
    display_name: str
    description: str | None = None
    icon: str | None = None
    state_schema: JsonObject | None = None
    default_state: JsonObject = field(default_factory=dict)
    metadata: JsonObject = field(default_factory=dict)
    variables: Mapping[str, Variable] = _NO_VARIABLES
    direction: Direction = Direction.OUTPUT
    is_light: bool = False
    built_in: bool = False
    created_at: datetime = _EPOCH
    updated_at: datetime = _EPOCH

    @property
    def is_original(self) -> bool:
        """Whether it is as the software has it, so that there is nothing to save."""
        return self.built_in and self.updated_at == _EPOCH

    def variable_for(self, key: str, value: JsonValue) -> Variable | None:
        """Return the variable that an undeclared state key stands for, None when it can't be told."""
        known = self.variables.get(key)
        # A `power` in watts is no switch, whatever the type says of that name.
        if known and (value is None or not known.check(value)):
            return known
        return infer_variable(key, value, self.direction)

    def to_wire(self) -> JsonObject:
        """Return the type in the protocol's form (maestra.md §1.4)."""
        return {
            "id": self.id,
            "name": self.name,
            "display_name": self.display_name,
            "description": self.description,
            "icon": self.icon,
            "state_schema": self.state_schema,
            "default_state": self.default_state,
            "metadata": self.metadata,
            "created_at": wire_time(self.created_at),
            "updated_at": wire_time(self.updated_at),
        }


def _known(
    name: str, kind: VariableType, direction: Direction, **config: JsonValue
) -> Variable:
    return Variable(
        name=name, type=kind, direction=direction, config=config, inferred=True
    )


def _built_in(
    name: str,
    *variables: Variable,
    direction: Direction = Direction.OUTPUT,
    is_light: bool = False,
    **default_state: JsonValue,
) -> EntityType:
    return EntityType(
        id=str(uuid5(NAMESPACE_URL, f"maestra:entity-type:{name}")),
        name=name,
        display_name=name.replace("_", " ").capitalize(),
        default_state=default_state,
        variables={variable.name: variable for variable in variables},
        direction=direction,
        is_light=is_light,
        built_in=True,
    )


_ON = _known("on", VariableType.BOOLEAN, Direction.INPUT)
_BRIGHTNESS = _known("brightness", VariableType.RANGE, Direction.INPUT)
_COLOR = _known("color", VariableType.COLOR, Direction.INPUT)
_POWER = _known("power", VariableType.ENUM, Direction.INPUT, options=["off", "on"])
_ACTIVE = _known("active", VariableType.BOOLEAN, Direction.INPUT)
_PLAYING = _known("playing", VariableType.BOOLEAN, Direction.INPUT)

BUILT_IN_TYPES: Final = (
    _built_in("space"),
    _built_in("room"),
    _built_in("zone"),
    _built_in("installation"),
    _built_in("group"),
    _built_in("device", _POWER, power="off"),
    _built_in("sensor", value=0),
    _built_in("actuator", _ACTIVE, direction=Direction.INPUT, active=False),
    _built_in("controller", direction=Direction.INPUT),
    _built_in("media", _PLAYING, direction=Direction.INPUT, playing=False),
    _built_in(
        "light",
        _ON,
        _BRIGHTNESS,
        _COLOR,
        direction=Direction.INPUT,
        is_light=True,
        on=False,
        brightness=0,
        color="#ffffff",
    ),
    _built_in(
        "projector",
        _ON,
        _BRIGHTNESS,
        direction=Direction.INPUT,
        on=False,
        brightness=100,
        source="hdmi-1",
    ),
    _built_in("dmx_controller", direction=Direction.INPUT),
)


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
        """Start with the built-in types; `bus` is told of what changes."""
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
        told = {
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
            **{key: check(told[key]) for key, check in _EDITABLE.items()},
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
