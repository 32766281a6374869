"""Variables: what ESPHome's entities are in Maestra."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import esphome.codegen as cg
from esphome.components import (
    binary_sensor,
    button,
    event,
    light,
    number,
    select,
    sensor,
    switch,
    text_sensor,
)
import esphome.config_validation as cv
from esphome.const import (
    CONF_DEVICE_CLASS,
    CONF_DIRECTION,
    CONF_ID,
    CONF_MAX_VALUE,
    CONF_MIN_VALUE,
    CONF_STEP,
    CONF_UNIT_OF_MEASUREMENT,
)
from esphome.cpp_generator import MockObj, MockObjClass
from esphome.types import ConfigType

from .base import CONF_VARIABLE, Binding, maestra_ns

INPUT = "input"
OUTPUT = "output"
MAX_VARIABLE_NAME_LENGTH = 100

_NAMED = {
    cv.Optional(CONF_VARIABLE): cv.All(
        cv.string_strict, cv.Length(min=1, max=MAX_VARIABLE_NAME_LENGTH)
    )
}
_LOOKS = {
    cv.Optional(CONF_UNIT_OF_MEASUREMENT): cv.string_strict,
    cv.Optional(CONF_DEVICE_CLASS): cv.string_strict,
}
_BOUNDS = {
    cv.Optional(CONF_MIN_VALUE): cv.float_,
    cv.Optional(CONF_MAX_VALUE): cv.float_,
    cv.Optional(CONF_STEP): cv.positive_float,
}
_DIRECTED = {cv.Optional(CONF_DIRECTION, default=INPUT): cv.one_of(INPUT, OUTPUT)}


@dataclass(frozen=True)
class Kind:
    """What entities of one of ESPHome's platforms are in Maestra."""

    entity: MockObjClass
    binding: MockObjClass
    options: dict[cv.Optional, Callable[[Any], Any]]


def _kind(
    entity: MockObjClass, name: str, *options: dict[cv.Optional, Callable[[Any], Any]]
) -> Kind:
    binding = maestra_ns.class_(name, Binding)
    return Kind(
        entity, binding, {key: check for each in options for key, check in each.items()}
    )


KINDS = {
    "sensor": _kind(sensor.Sensor, "SensorBinding", _NAMED, _LOOKS, _BOUNDS),
    "binary_sensor": _kind(
        binary_sensor.BinarySensor, "BinarySensorBinding", _NAMED, _LOOKS
    ),
    "text_sensor": _kind(text_sensor.TextSensor, "TextSensorBinding", _NAMED, _LOOKS),
    "number": _kind(number.Number, "NumberBinding", _NAMED, _DIRECTED, _LOOKS, _BOUNDS),
    "switch": _kind(switch.Switch, "SwitchBinding", _NAMED, _DIRECTED, _LOOKS),
    "select": _kind(select.Select, "SelectBinding", _NAMED, _DIRECTED),
    "light": _kind(light.LightState, "LightBinding"),
    "button": _kind(button.Button, "ButtonBinding", _NAMED),
    "event": _kind(event.Event, "EventBinding", _NAMED),
}
"""The platforms by the key under which a variable names its entity."""

# Bindings that tell the hub what happens.
REPORTING = frozenset({"button", "event"})
LIGHT_VARIABLES = ("on", "brightness", "color", "effect")
# Options that are handed to a binding as they are.
SETTERS = {
    CONF_UNIT_OF_MEASUREMENT: "set_unit",
    CONF_DEVICE_CLASS: "set_device_class",
    CONF_MIN_VALUE: "set_min",
    CONF_MAX_VALUE: "set_max",
    CONF_STEP: "set_step",
}

_SCHEMAS = {
    name: cv.Schema(
        {
            cv.GenerateID(): cv.declare_id(kind.binding),
            cv.Required(name): cv.use_id(kind.entity),
            **kind.options,
        }
    )
    for name, kind in KINDS.items()
}


def platform_of(config: ConfigType) -> str:
    """Return the platform of the entity that a variable is."""
    return next(name for name in KINDS if name in config)


def _variable(value: Any) -> ConfigType:
    """Take a variable by the platform of the entity that it names."""
    if not isinstance(value, dict):
        raise cv.Invalid(f"A variable names its entity: one of {', '.join(KINDS)}")
    named = [name for name in KINDS if name in value]
    if len(named) != 1:
        raise cv.Invalid(f"A variable names one entity: one of {', '.join(KINDS)}")
    return _SCHEMAS[named[0]](value)


def _names(config: ConfigType) -> tuple[str, ...]:
    """Return what a variable is called in Maestra; a light is several."""
    platform = platform_of(config)
    if platform == "light":
        return LIGHT_VARIABLES
    return (config.get(CONF_VARIABLE) or config[platform].id,)


def _unique(variables: list[ConfigType]) -> list[ConfigType]:
    seen: set[str] = set()
    for variable in variables:
        for name in _names(variable):
            if name in seen:
                raise cv.Invalid(f"There are two variables '{name}'")
            seen.add(name)
    return variables


VARIABLES_SCHEMA = cv.All(cv.ensure_list(_variable), _unique)
"""Takes variables, each with the entity that it is."""


async def make_binding(config: ConfigType, hub: MockObj) -> MockObj:
    """Make what binds an entity to its variables."""
    platform = platform_of(config)
    arguments = [await cg.get_variable(config[platform])]
    if platform != "light":
        arguments.append(_names(config)[0])
    if CONF_DIRECTION in config:
        arguments.append(config[CONF_DIRECTION] == INPUT)
    binding = cg.new_Pvariable(config[CONF_ID], *arguments)
    if platform in REPORTING:
        cg.add(binding.set_parent(hub))
    for key, setter in SETTERS.items():
        if key in config:
            cg.add(getattr(binding, setter)(config[key]))
    return binding
