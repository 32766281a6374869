"""What of Maestra entities and devices is shown as which Home Assistant entity: the mapping table, as data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, override

from homeassistant.const import Platform

from ...core.domain.device import Device, Metric
from ...core.domain.entity import Entity
from ...core.domain.firmware import FirmwareSource, firmware_source
from ...core.domain.variables import Direction, Variable, VariableType
from ...hub.labels import plain_words
from ...hub.presentation import Presentation
from ...hub.units import UNDECLARED, Declared

# The kinds of what is shown.
VARIABLE: Final = "variable"
SIZE: Final = "size"
LIGHT: Final = "light"
DEVICE: Final = "device"
METRIC: Final = "metric"
FIRMWARE: Final = "firmware"
HUB: Final = "hub"


@dataclass(frozen=True, slots=True, kw_only=True)
class VariablePresentation(Presentation):
    """Variables of a Maestra entity; `axis` is the component of a vector."""

    variables: tuple[Variable, ...]
    axis: str | None = None

    @property
    def declared(self) -> Declared:
        """What the declaration says of how it is shown."""
        return Declared.of(self.variables[0].config)

    @override
    def fits(self, other: Presentation) -> bool:
        """Whether an entity that shows this can show the other one; its class and category are registered once."""
        return (
            isinstance(other, VariablePresentation)
            and Presentation.fits(self, other)
            and self.declared == other.declared
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPresentation(Presentation):
    """A metric of a device, by its name."""

    metric: str
    declared: Declared = UNDECLARED

    @override
    def fits(self, other: Presentation) -> bool:
        """Whether an entity that shows this can show the other one; its class and category are registered once."""
        return self == other


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwarePresentation(Presentation):
    """The firmware of a device that says where it comes from."""

    source: FirmwareSource

    @override
    def fits(self, other: Presentation) -> bool:
        """Whether an entity that shows this can show the other one; its category is registered once."""
        return (
            isinstance(other, FirmwarePresentation)
            and Presentation.fits(self, other)
            and self.source.can_install == other.source.can_install
        )


@dataclass(frozen=True, slots=True)
class Shape:
    """How one type of variable is shown. `axes` makes one entity of each component."""

    platform: Platform
    kind: str = VARIABLE
    axes: tuple[str | None, ...] = (None,)


_TEXT: Final = Shape(Platform.TEXT)
_SENSOR: Final = Shape(Platform.SENSOR)
_SIZE: Final = Shape(Platform.SENSOR, SIZE)
_BUTTON: Final = Shape(Platform.BUTTON)

SHAPES: Final[Mapping[tuple[VariableType, Direction], Shape]] = {
    (VariableType.NUMBER, Direction.INPUT): Shape(Platform.NUMBER),
    (VariableType.RANGE, Direction.INPUT): Shape(Platform.NUMBER),
    (VariableType.BOOLEAN, Direction.INPUT): Shape(Platform.SWITCH),
    (VariableType.STRING, Direction.INPUT): _TEXT,
    (VariableType.ENUM, Direction.INPUT): Shape(Platform.SELECT),
    (VariableType.COLOR, Direction.INPUT): Shape(Platform.LIGHT, LIGHT),
    (VariableType.VECTOR2, Direction.INPUT): Shape(Platform.NUMBER, axes=("x", "y")),
    (VariableType.VECTOR3, Direction.INPUT): Shape(
        Platform.NUMBER, axes=("x", "y", "z")
    ),
    # Set through `maestra.set_state`; here one sees that there is something.
    (VariableType.ARRAY, Direction.INPUT): _SIZE,
    (VariableType.OBJECT, Direction.INPUT): _SIZE,
    (VariableType.NUMBER, Direction.OUTPUT): _SENSOR,
    (VariableType.RANGE, Direction.OUTPUT): _SENSOR,
    (VariableType.BOOLEAN, Direction.OUTPUT): Shape(Platform.BINARY_SENSOR),
    (VariableType.STRING, Direction.OUTPUT): _SENSOR,
    (VariableType.ENUM, Direction.OUTPUT): _SENSOR,
    (VariableType.COLOR, Direction.OUTPUT): _SENSOR,
    (VariableType.VECTOR2, Direction.OUTPUT): Shape(Platform.SENSOR, axes=("x", "y")),
    (VariableType.VECTOR3, Direction.OUTPUT): Shape(
        Platform.SENSOR, axes=("x", "y", "z")
    ),
    (VariableType.ARRAY, Direction.OUTPUT): _SIZE,
    (VariableType.OBJECT, Direction.OUTPUT): _SIZE,
}

# The variables that form a light, by what they are called and what type they have.
POWER_NAMES: Final = ("on", "power", "state", "enabled")
BRIGHTNESS_NAMES: Final = ("brightness", "dimmer", "intensity", "level")
COLOR_NAMES: Final = ("color", "colour", "rgb")
_NUMERIC: Final = (VariableType.NUMBER, VariableType.RANGE)

# What the entity is about, whatever it is called.
MAIN_NAME: Final = "value"


def light_variables(entity: Entity) -> tuple[Variable, ...]:
    """Return the variables that form the entity's light: power, brightness and colour where it has them.

    A colour always makes a light; brightness alone only where the entity type is one.
    """
    power = _input(entity, POWER_NAMES, VariableType.BOOLEAN)
    brightness = _input(entity, BRIGHTNESS_NAMES, *_NUMERIC)
    color = _input(entity, COLOR_NAMES, VariableType.COLOR)
    if color is None and (brightness is None or not entity.type.is_light):
        return ()
    return tuple(part for part in (power, brightness, color) if part is not None)


def present_entity(entity: Entity) -> Iterator[VariablePresentation]:
    """Return what is shown of a Maestra entity."""
    light = light_variables(entity)
    if light:
        yield VariablePresentation(
            platform=Platform.LIGHT,
            kind=LIGHT,
            key="light",
            shows=tuple(variable.name for variable in light),
            variables=light,
            is_main=True,
        )
    main = None if light else _main_variable(entity)
    for variable in entity.variables.values():
        if variable in light:
            continue
        shape = _shape(variable)
        for axis in shape.axes:
            yield VariablePresentation(
                platform=shape.platform,
                kind=shape.kind,
                key=variable.name if axis is None else f"{variable.name}.{axis}",
                shows=(variable.name,),
                variables=(variable,),
                axis=axis,
                is_main=variable.name == main and axis is None,
            )


def _main_variable(entity: Entity) -> str | None:
    """Return the variable that takes the entity's name: its value, or what it is called after itself."""
    if MAIN_NAME in entity.variables:
        return MAIN_NAME
    named = plain_words(entity.name)
    return next(
        (
            name
            for name in entity.variables
            if f"_{named}".endswith(f"_{plain_words(name)}")
        ),
        None,
    )


def present_device(device: Device) -> Iterator[Presentation]:
    """Return what is shown of an approved Maestra device."""
    yield from DEVICE_PRESENTATIONS
    for metric in device.metrics.values():
        yield present_metric(device, metric)
    if source := firmware_source(device):
        yield FirmwarePresentation(
            platform=Platform.UPDATE, kind=FIRMWARE, key="firmware", source=source
        )


def present_metric(device: Device, metric: Metric) -> MetricPresentation:
    """Return what is shown of a device's metric."""
    return MetricPresentation(
        platform=Platform.SENSOR,
        kind=METRIC,
        key=f"metric.{metric.name}",
        metric=metric.name,
        declared=Declared.of(device.look(metric.name)),
    )


DEVICE_PRESENTATIONS: Final = (
    Presentation(platform=Platform.BINARY_SENSOR, kind=DEVICE, key="connectivity"),
    Presentation(platform=Platform.SENSOR, kind=DEVICE, key="last_seen"),
    Presentation(platform=Platform.EVENT, kind=DEVICE, key="event"),
)
HUB_PRESENTATIONS: Final = (
    Presentation(platform=Platform.SENSOR, kind=HUB, key="entities"),
    Presentation(platform=Platform.SENSOR, kind=HUB, key="devices_online"),
    Presentation(platform=Platform.SENSOR, kind=HUB, key="devices_pending"),
)


def is_momentary(variable: Variable) -> bool:
    """Tell whether an input is true for a moment only, as the button of a doorbell is: `{"momentary": true}`."""
    return (
        variable.type is VariableType.BOOLEAN
        and variable.direction is Direction.INPUT
        and variable.config.get("momentary") is True
    )


def _shape(variable: Variable) -> Shape:
    if variable.type is VariableType.ENUM and not variable.options:
        return SHAPES[VariableType.STRING, variable.direction]
    if is_momentary(variable):
        return _BUTTON
    return SHAPES[variable.type, variable.direction]


def _input(
    entity: Entity, names: tuple[str, ...], *types: VariableType
) -> Variable | None:
    """Return the first input of one of these names and types."""
    for name in names:
        variable = entity.variables.get(name)
        if (
            variable
            and variable.direction is Direction.INPUT
            and variable.type in types
            and not is_momentary(variable)
        ):
            return variable
    return None
