"""What of Maestra is shown as which Home Assistant entity: the mapping table, as data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from homeassistant.const import Platform

from .const import (
    LISTENER_FLEET_API,
    LISTENER_OSC,
    LISTENER_WEBSOCKET,
    SUBENTRY_CERTIFICATE_AUTHORITY,
    SUBENTRY_ISS_TELEMETRY,
    SUBENTRY_MQTT_BROKER,
    SUBENTRY_NATS_SERVER,
    SUBENTRY_OSC_TARGET,
    SUBENTRY_TIMESCALE_STORE,
)
from .domain.device import Device, Metric
from .domain.entity import Entity
from .domain.variables import Direction, Variable, VariableType
from .sources.f2.templates import Datapoint


class Kind(StrEnum):
    """What an entity shows; a platform has one class for each kind it serves."""

    VARIABLE = "variable"
    SIZE = "size"
    LIGHT = "light"
    DEVICE = "device"
    METRIC = "metric"
    LINK = "link"
    HUB = "hub"
    STREAM = "stream"
    NODE = "node"
    READING = "reading"
    QS = "qs"
    F2_COMPONENT = "f2_component"
    F2_CONTROLLER = "f2_controller"
    ISS_CHANNEL = "iss_channel"
    ISS_POSITION = "iss_position"
    DETECTOR = "detector"


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """One Home Assistant entity to be shown.

    `key` is unique within its owner, and part of the unique id. `variables` are the
    values behind it, `axis` the component of a vector, `metric` the name of a metric,
    `name` what people call a part of an F2 controller, `datapoint` the value of its sensor,
    `channels` what of the ISS is behind it.
    Two presentations that are equal need no new entity.
    """

    platform: Platform
    kind: Kind
    key: str
    variables: tuple[Variable, ...] = ()
    axis: str | None = None
    metric: str | None = None
    name: str = ""
    datapoint: Datapoint | None = None
    channels: tuple[str, ...] = ()
    is_main: bool = False

    def fits(self, other: Presentation) -> bool:
        """Whether an entity that shows this can show the other one instead: same class, same name."""
        return self.kind is other.kind and self.is_main == other.is_main


@dataclass(frozen=True, slots=True)
class Shape:
    """How one type of variable is shown. `axes` makes one entity of each component."""

    platform: Platform
    kind: Kind = Kind.VARIABLE
    axes: tuple[str | None, ...] = (None,)


_TEXT: Final = Shape(Platform.TEXT)
_SENSOR: Final = Shape(Platform.SENSOR)
_SIZE: Final = Shape(Platform.SENSOR, Kind.SIZE)

SHAPES: Final[Mapping[tuple[VariableType, Direction], Shape]] = {
    (VariableType.NUMBER, Direction.INPUT): Shape(Platform.NUMBER),
    (VariableType.RANGE, Direction.INPUT): Shape(Platform.NUMBER),
    (VariableType.BOOLEAN, Direction.INPUT): Shape(Platform.SWITCH),
    (VariableType.STRING, Direction.INPUT): _TEXT,
    (VariableType.ENUM, Direction.INPUT): Shape(Platform.SELECT),
    (VariableType.COLOR, Direction.INPUT): Shape(Platform.LIGHT, Kind.LIGHT),
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

# A variable of this name is what the entity is about, and takes its name.
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


def present_entity(entity: Entity) -> Iterator[Presentation]:
    """Return what is shown of a Maestra entity."""
    light = light_variables(entity)
    if light:
        yield Presentation(
            platform=Platform.LIGHT,
            kind=Kind.LIGHT,
            key="light",
            variables=light,
            is_main=True,
        )
    for variable in entity.variables.values():
        if variable in light:
            continue
        shape = _shape(variable)
        for axis in shape.axes:
            yield Presentation(
                platform=shape.platform,
                kind=shape.kind,
                key=variable.name if axis is None else f"{variable.name}.{axis}",
                variables=(variable,),
                axis=axis,
                is_main=not light and variable.name == MAIN_NAME,
            )


def present_device(device: Device) -> Iterator[Presentation]:
    """Return what is shown of an approved Maestra device."""
    yield from DEVICE_PRESENTATIONS
    for metric in device.metrics.values():
        yield present_metric(metric)


def present_metric(metric: Metric) -> Presentation:
    """Return what is shown of a device's metric."""
    return Presentation(
        platform=Platform.SENSOR,
        kind=Kind.METRIC,
        key=f"metric.{metric.name}",
        metric=metric.name,
    )


DEVICE_PRESENTATIONS: Final = (
    Presentation(platform=Platform.BINARY_SENSOR, kind=Kind.DEVICE, key="connectivity"),
    Presentation(platform=Platform.SENSOR, kind=Kind.DEVICE, key="last_seen"),
    Presentation(platform=Platform.EVENT, kind=Kind.DEVICE, key="event"),
)
_TRAFFIC: Final = (
    "messages_in",
    "messages_out",
    "bytes_in",
    "bytes_out",
    "messages_refused",
    "messages_unsent",
    "latency",
)
_LINK_SENSORS: Final[Mapping[str, tuple[str, ...]]] = {
    LISTENER_FLEET_API: ("clients", *_TRAFFIC),
    LISTENER_WEBSOCKET: ("clients", *_TRAFFIC),
    LISTENER_OSC: ("clients", *_TRAFFIC),
    SUBENTRY_MQTT_BROKER: ("messages_accepted", *_TRAFFIC),
    SUBENTRY_NATS_SERVER: ("messages_accepted", *_TRAFFIC),
    SUBENTRY_ISS_TELEMETRY: (
        "signal",
        "messages_in",
        "bytes_in",
        "messages_accepted",
        "messages_refused",
        "latency",
    ),
    SUBENTRY_OSC_TARGET: _TRAFFIC,
    SUBENTRY_TIMESCALE_STORE: (
        "state",
        "tier",
        "rows_per_second",
        "queue_depth",
        "spool_size",
        "lag",
        "rows_written",
        "rows_dropped",
        "rows_rejected",
        "database_size",
    ),
}
# By the link's kind.
LINK_PRESENTATIONS: Final[Mapping[str, tuple[Presentation, ...]]] = {
    link_kind: (
        Presentation(
            platform=Platform.BINARY_SENSOR, kind=Kind.LINK, key="connectivity"
        ),
        *(
            Presentation(platform=Platform.SENSOR, kind=Kind.LINK, key=key)
            for key in keys
        ),
    )
    for link_kind, keys in _LINK_SENSORS.items()
} | {
    SUBENTRY_CERTIFICATE_AUTHORITY: (
        Presentation(platform=Platform.SWITCH, kind=Kind.LINK, key="enrolment"),
        *(
            Presentation(platform=Platform.SENSOR, kind=Kind.LINK, key=key)
            for key in (
                "authority_expiry",
                "broker_expiry",
                "certificates_valid",
                "certificates_revoked",
            )
        ),
    ),
}
STREAM_PRESENTATIONS: Final = (
    Presentation(platform=Platform.BINARY_SENSOR, kind=Kind.STREAM, key="active"),
    Presentation(platform=Platform.SENSOR, kind=Kind.STREAM, key="sessions"),
    Presentation(platform=Platform.EVENT, kind=Kind.STREAM, key="event"),
)
HUB_PRESENTATIONS: Final = (
    Presentation(platform=Platform.SENSOR, kind=Kind.HUB, key="entities"),
    Presentation(platform=Platform.SENSOR, kind=Kind.HUB, key="devices_online"),
    Presentation(platform=Platform.SENSOR, kind=Kind.HUB, key="devices_pending"),
)


def _shape(variable: Variable) -> Shape:
    if variable.type is VariableType.ENUM and not variable.options:
        return SHAPES[VariableType.STRING, variable.direction]
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
        ):
            return variable
    return None
