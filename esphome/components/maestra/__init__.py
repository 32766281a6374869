"""A board as a device of Maestra: what it drives is an entity there, and ESPHome's entities are its variables."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from esphome import automation
import esphome.codegen as cg
from esphome.components import (
    binary_sensor,
    light,
    mqtt,
    number,
    select,
    sensor,
    switch,
    text_sensor,
)
import esphome.config_validation as cv
from esphome.const import (
    CONF_DATA,
    CONF_DEVICE_CLASS,
    CONF_DIRECTION,
    CONF_EVENT_TYPE,
    CONF_HEARTBEAT,
    CONF_ID,
    CONF_MAX_VALUE,
    CONF_MESSAGE,
    CONF_MIN_VALUE,
    CONF_MQTT_ID,
    CONF_NAME,
    CONF_STEP,
    CONF_UNIT_OF_MEASUREMENT,
    CONF_UPDATE_INTERVAL,
    CONF_VARIABLES,
)
from esphome.core import ID
from esphome.cpp_generator import MockObj, MockObjClass
from esphome.types import ConfigType

CODEOWNERS = ["@maestra-home"]
DEPENDENCIES = ["network"]

CONF_APPROVAL = "approval"
CONF_DEVICE_TYPE = "device_type"
CONF_ENTITY_TYPE = "entity_type"
CONF_HARDWARE_ID = "hardware_id"
CONF_ON_APPROVED = "on_approved"
CONF_ON_COMMAND = "on_command"
CONF_SEVERITY = "severity"
CONF_SLUG = "slug"
CONF_VARIABLE = "variable"

INPUT = "input"
OUTPUT = "output"
MAX_VARIABLE_NAME_LENGTH = 100
SEVERITIES = ("debug", "info", "warning", "error", "critical")

maestra_ns = cg.esphome_ns.namespace("maestra")
Maestra = maestra_ns.class_("Maestra", cg.Component)
SendEventAction = maestra_ns.class_("SendEventAction", automation.Action)
Binding = maestra_ns.class_("Binding")


def _slug(value: Any) -> str:
    """Take what Maestra takes as a slug."""
    slug = cv.string_strict(value)
    if not 1 <= len(slug) <= 100 or slug.strip(
        "abcdefghijklmnopqrstuvwxyz0123456789-_"
    ):
        raise cv.Invalid("A slug is 1 to 100 of a-z, 0-9, - and _")
    return slug


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
}
"""The platforms by the key under which a variable names its entity."""

LIGHT_VARIABLES = ("on", "brightness", "color")
# Options that are handed to a binding as they are.
SETTERS = {
    CONF_UNIT_OF_MEASUREMENT: "set_unit",
    CONF_DEVICE_CLASS: "set_device_class",
    CONF_MIN_VALUE: "set_min",
    CONF_MAX_VALUE: "set_max",
    CONF_STEP: "set_step",
}

AUTOMATIONS = (
    automation.CallbackAutomation(CONF_ON_APPROVED, "add_on_approved_callback"),
    automation.CallbackAutomation(
        CONF_ON_COMMAND,
        "add_on_command_callback",
        [(cg.std_string, "event_type"), (cg.std_string, "data")],
    ),
)

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


def _platform(config: ConfigType) -> str:
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
    platform = _platform(config)
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


CONFIG_SCHEMA = cv.Schema(
    {
        cv.GenerateID(): cv.declare_id(Maestra),
        cv.GenerateID(CONF_MQTT_ID): cv.use_id(mqtt.MQTTClientComponent),
        cv.Optional(CONF_HARDWARE_ID): cv.All(
            cv.string_strict, cv.Length(min=1, max=100)
        ),
        cv.Optional(CONF_NAME): cv.All(cv.string_strict, cv.Length(min=1, max=255)),
        cv.Optional(CONF_DEVICE_TYPE, default="esphome"): cv.string_strict,
        cv.Optional(CONF_SLUG): _slug,
        cv.Optional(CONF_ENTITY_TYPE): _slug,
        cv.Optional(CONF_APPROVAL, default=True): cv.boolean,
        cv.Optional(CONF_HEARTBEAT, default="60s"): cv.All(
            cv.positive_time_period_milliseconds,
            cv.Range(min=cv.TimePeriod(seconds=1)),
        ),
        cv.Optional(
            CONF_UPDATE_INTERVAL, default="50ms"
        ): cv.positive_time_period_milliseconds,
        cv.Optional(CONF_VARIABLES, default=[]): cv.All(
            cv.ensure_list(_variable), _unique
        ),
        cv.Optional(CONF_ON_APPROVED): automation.validate_automation(),
        cv.Optional(CONF_ON_COMMAND): automation.validate_automation(),
    }
).extend(cv.COMPONENT_SCHEMA)


async def to_code(config: ConfigType) -> None:
    """Make the hub, and what binds it to each entity."""
    hub = cg.new_Pvariable(config[CONF_ID])
    await cg.register_component(hub, config)
    cg.add(hub.set_link(await cg.get_variable(config[CONF_MQTT_ID])))
    for key in (CONF_HARDWARE_ID, CONF_NAME, CONF_SLUG, CONF_DEVICE_TYPE):
        if key in config:
            cg.add(getattr(hub, f"set_{key}")(config[key]))
    variables = config[CONF_VARIABLES]
    only_light = len(variables) == 1 and _platform(variables[0]) == "light"
    entity_type = config.get(CONF_ENTITY_TYPE, "light" if only_light else "device")
    cg.add(hub.set_entity_type(entity_type))
    cg.add(hub.set_needs_approval(config[CONF_APPROVAL]))
    cg.add(hub.set_heartbeat_interval(config[CONF_HEARTBEAT]))
    for variable in variables:
        cg.add(hub.add_binding(await _binding(variable)))
    await automation.build_callback_automations(hub, config, AUTOMATIONS)


async def _binding(config: ConfigType) -> MockObj:
    platform = _platform(config)
    arguments = [await cg.get_variable(config[platform])]
    if platform != "light":
        arguments.append(_names(config)[0])
    if CONF_DIRECTION in config:
        arguments.append(config[CONF_DIRECTION] == INPUT)
    binding = cg.new_Pvariable(config[CONF_ID], *arguments)
    for key, setter in SETTERS.items():
        if key in config:
            cg.add(getattr(binding, setter)(config[key]))
    return binding


@automation.register_action(
    "maestra.send_event",
    SendEventAction,
    cv.Schema(
        {
            cv.GenerateID(): cv.use_id(Maestra),
            cv.Required(CONF_EVENT_TYPE): cv.templatable(cv.string_strict),
            cv.Optional(CONF_SEVERITY, default="info"): cv.templatable(
                cv.one_of(*SEVERITIES, lower=True)
            ),
            cv.Optional(CONF_MESSAGE, default=""): cv.templatable(cv.string_strict),
            cv.Optional(CONF_DATA, default=""): cv.templatable(cv.string_strict),
        }
    ),
    synchronous=True,
)
async def send_event_to_code(
    config: ConfigType, action_id: ID, template_arg: Any, args: Any
) -> MockObj:
    """Make the action; `data` is JSON."""
    action = cg.new_Pvariable(action_id, template_arg)
    await cg.register_parented(action, config[CONF_ID])
    for key in (CONF_EVENT_TYPE, CONF_SEVERITY, CONF_MESSAGE, CONF_DATA):
        value = await cg.templatable(config[key], args, cg.std_string)
        cg.add(getattr(action, f"set_{key}")(value))
    return action
