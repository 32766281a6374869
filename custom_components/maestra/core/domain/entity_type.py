"""Plain data of entity types, and the built-in ones as a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from .clock import wire_time
from .json_values import JsonObject, JsonValue
from .variables import Direction, Variable, VariableType, infer_variable

_NO_VARIABLES: Final[Mapping[str, Variable]] = MappingProxyType({})
# The built-in types are as old as the software, not as the installation.
_EPOCH: Final = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


@dataclass(slots=True, kw_only=True)
class EntityType:
    """What kind of thing an entity is.

    `variables` says how well-known state keys look, `direction` how others do,
    as long as an entity declares no variables of its own. `is_light` lets brightness
    and power alone form a light; a colour always does. `is_place` makes it a room that
    what is below it is in.
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
    is_place: bool = False
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
    description: str,
    icon: str,
    display_name: str | None = None,
    direction: Direction = Direction.OUTPUT,
    is_light: bool = False,
    is_place: bool = False,
    **default_state: JsonValue,
) -> EntityType:
    return EntityType(
        id=str(uuid5(NAMESPACE_URL, f"maestra:entity-type:{name}")),
        name=name,
        display_name=display_name or name.capitalize(),
        description=description,
        icon=icon,
        default_state=default_state,
        variables={variable.name: variable for variable in variables},
        direction=direction,
        is_light=is_light,
        is_place=is_place,
        built_in=True,
    )


_ON = _known("on", VariableType.BOOLEAN, Direction.INPUT)
_BRIGHTNESS = _known("brightness", VariableType.RANGE, Direction.INPUT)
_COLOR = _known("color", VariableType.COLOR, Direction.INPUT)
_POWER = _known("power", VariableType.ENUM, Direction.INPUT, options=["off", "on"])
_ACTIVE = _known("active", VariableType.BOOLEAN, Direction.INPUT)
_PLAYING = _known("playing", VariableType.BOOLEAN, Direction.INPUT)

# Icons are names of Lucide's, as the reference's dashboard has them.
BUILT_IN_TYPES: Final = (
    _built_in(
        "space",
        description="A building, venue or site",
        icon="building",
        is_place=True,
    ),
    _built_in("room", description="A room or hall", icon="door-open", is_place=True),
    _built_in("zone", description="A part of a room, such as a stage", icon="grid-3x3"),
    _built_in(
        "installation", description="A work or experience as a whole", icon="sparkles"
    ),
    _built_in("group", description="Things that belong together", icon="layers"),
    _built_in(
        "device", _POWER, description="Hardware of any kind", icon="cpu", power="off"
    ),
    _built_in(
        "sensor", description="Measures or notices something", icon="scan", value=0
    ),
    _built_in(
        "actuator",
        _ACTIVE,
        description="Does something: a motor, a pump, a relay",
        icon="zap",
        direction=Direction.INPUT,
        active=False,
    ),
    _built_in(
        "controller",
        description="A program or desk that controls others",
        icon="sliders",
        direction=Direction.INPUT,
    ),
    _built_in(
        "media",
        _PLAYING,
        description="Plays or shows something",
        icon="monitor",
        direction=Direction.INPUT,
        playing=False,
    ),
    _built_in(
        "light",
        _ON,
        _BRIGHTNESS,
        _COLOR,
        description="A lamp or other fixture that gives light",
        icon="lightbulb",
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
        description="A projector or large display",
        icon="monitor",
        direction=Direction.INPUT,
        on=False,
        brightness=100,
        source="hdmi-1",
    ),
    _built_in(
        "dmx_controller",
        display_name="DMX controller",
        description="Plays the cues and sequences of a lighting rig",
        icon="zap",
        direction=Direction.INPUT,
    ),
)
