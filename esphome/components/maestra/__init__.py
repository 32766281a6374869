"""A board as a device of Maestra: what it drives is an entity there, and ESPHome's entities are its variables."""

from collections.abc import Callable
from dataclasses import dataclass
import json
from typing import Any

from esphome import automation
import esphome.codegen as cg
from esphome.components import (
    binary_sensor,
    button,
    event,
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
    CONF_ADDRESS,
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
    CONF_ON_STATE,
    CONF_PORT,
    CONF_PROTOCOL,
    CONF_SENSOR,
    CONF_STATE,
    CONF_STEP,
    CONF_TYPE,
    CONF_UNIT_OF_MEASUREMENT,
    CONF_UPDATE_INTERVAL,
    CONF_VALUE,
    CONF_VARIABLES,
)
from esphome.core import ID
from esphome.cpp_generator import MockObj, MockObjClass
from esphome.types import ConfigType

CODEOWNERS = ["@maestra-home"]
DEPENDENCIES = ["network"]

CONF_ADVERTISE = "advertise"
CONF_APPROVAL = "approval"
CONF_BOARD_METRICS = "board_metrics"
CONF_CONFIG = "config"
CONF_CONFIGURATION_ID = "configuration_id"
CONF_CONFIGURATION_SIZE = "configuration_size"
CONF_DEVICE_TYPE = "device_type"
CONF_ENTITY_TYPE = "entity_type"
CONF_HARDWARE_ID = "hardware_id"
CONF_LISTENER_ID = "listener_id"
CONF_MANIFEST = "manifest"
CONF_METRIC = "metric"
CONF_METRICS = "metrics"
CONF_MULTICAST_GROUP = "multicast_group"
CONF_MULTICAST_PORT = "multicast_port"
CONF_ON_ACK = "on_ack"
CONF_ON_APPROVED = "on_approved"
CONF_ON_COMMAND = "on_command"
CONF_ON_CONFIGURATION = "on_configuration"
CONF_ON_INSTALL = "on_install"
CONF_ON_SUBSCRIBE = "on_subscribe"
CONF_ON_UNSUBSCRIBE = "on_unsubscribe"
CONF_SEVERITY = "severity"
CONF_SLUG = "slug"
CONF_STREAMS = "streams"
CONF_TAGS = "tags"
CONF_UPDATE = "update"
CONF_VARIABLE = "variable"

INPUT = "input"
OUTPUT = "output"
MAX_VARIABLE_NAME_LENGTH = 100
MAX_METRIC_NAME_LENGTH = 100
MAX_UNIT_LENGTH = 50
MAX_CONFIGURATION_BYTES = 4096
PROTOCOLS = ("tcp", "udp", "ndi", "srt", "webrtc", "spout", "syphon", "shared_memory")
SEVERITIES = ("debug", "info", "warning", "error", "critical")

maestra_ns = cg.esphome_ns.namespace("maestra")
Maestra = maestra_ns.class_("Maestra", cg.Component)
SendEventAction = maestra_ns.class_("SendEventAction", automation.Action)
MetricAction = maestra_ns.class_("MetricAction", automation.Action)
SetStateAction = maestra_ns.class_("SetStateAction", automation.Action)
AdvertiseStreamAction = maestra_ns.class_("AdvertiseStreamAction", automation.Action)
WithdrawStreamAction = maestra_ns.class_("WithdrawStreamAction", automation.Action)
Binding = maestra_ns.class_("Binding")
Configuration = maestra_ns.class_("Configuration")
StateListener = maestra_ns.class_("StateListener")
Stream = maestra_ns.class_("Stream")


def _slug(value: Any) -> str:
    """Take what Maestra takes as a slug."""
    slug = cv.string_strict(value)
    if not 1 <= len(slug) <= 100 or slug.strip(
        "abcdefghijklmnopqrstuvwxyz0123456789-_"
    ):
        raise cv.Invalid("A slug is 1 to 100 of a-z, 0-9, - and _")
    return slug


def _json_object(value: Any) -> Any:
    """Take an object in YAML, or what is one in JSON, as JSON; a lambda returns JSON."""
    if not isinstance(value, dict):
        value = cv.templatable(cv.string_strict)(value)
        if cg.is_template(value):
            return value
    try:
        read = json.loads(value) if isinstance(value, str) else value
        if isinstance(read, dict):
            return json.dumps(read)
    except (TypeError, ValueError) as error:
        raise cv.Invalid(f"This is no JSON: {error}") from error
    raise cv.Invalid("This is to be an object")


def _web_address(value: Any) -> str:
    """Take an address that Home Assistant can fetch."""
    address: str = cv.url(value)
    if not address.startswith(("http://", "https://")):
        raise cv.Invalid("This is to begin with http:// or https://")
    return address


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
    automation.CallbackAutomation(
        CONF_ON_APPROVED, "add_on_approved_callback", [(cg.std_string, "name")]
    ),
    automation.CallbackAutomation(
        CONF_ON_ACK, "add_on_ack_callback", [(cg.std_string, "variable")]
    ),
    automation.CallbackAutomation(
        CONF_ON_COMMAND,
        "add_on_command_callback",
        [(cg.std_string, "event_type"), (cg.std_string, "data")],
    ),
)

STATE_ARGS = [(cg.std_string, "x"), (cg.std_string, "state")]
CONFIGURATION_ARGS = [(cg.uint32, "version"), (cg.std_string, "configuration")]
INSTALL_AUTOMATIONS = (
    automation.CallbackAutomation(
        CONF_ON_INSTALL,
        "add_on_install_callback",
        [
            (cg.std_string, "version"),
            (cg.std_string, "url"),
            (cg.std_string, "md5"),
        ],
    ),
)
STREAM_ARGS = [(cg.std_string, "address"), (cg.uint16, "port")]
STREAM_AUTOMATIONS = (
    automation.CallbackAutomation(
        CONF_ON_SUBSCRIBE, "add_on_subscribe_callback", STREAM_ARGS
    ),
    automation.CallbackAutomation(
        CONF_ON_UNSUBSCRIBE, "add_on_unsubscribe_callback", STREAM_ARGS
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


_METRIC = cv.Schema(
    {
        cv.Required(CONF_SENSOR): cv.use_id(sensor.Sensor),
        cv.Optional(CONF_METRIC): cv.All(
            cv.string_strict, cv.Length(min=1, max=MAX_METRIC_NAME_LENGTH)
        ),
        cv.Optional(CONF_UNIT_OF_MEASUREMENT, default=""): cv.All(
            cv.string_strict, cv.Length(max=MAX_UNIT_LENGTH)
        ),
    }
)
_STREAM = cv.Schema(
    {
        cv.GenerateID(): cv.declare_id(Stream),
        cv.Required(CONF_NAME): cv.All(cv.string_strict, cv.Length(min=1, max=255)),
        cv.Required(CONF_TYPE): _slug,
        cv.Optional(CONF_PROTOCOL, default="udp"): cv.one_of(*PROTOCOLS, lower=True),
        cv.Optional(CONF_ADDRESS): cv.string_strict,
        cv.Required(CONF_PORT): cv.port,
        cv.Inclusive(CONF_MULTICAST_GROUP, "multicast"): cv.ipv4address_multi_broadcast,
        cv.Inclusive(CONF_MULTICAST_PORT, "multicast"): cv.port,
        cv.Optional(CONF_CONFIG): _json_object,
        cv.Optional(CONF_ADVERTISE, default=True): cv.boolean,
        cv.Optional(CONF_ON_SUBSCRIBE): automation.validate_automation(),
        cv.Optional(CONF_ON_UNSUBSCRIBE): automation.validate_automation(),
    }
)
_UPDATE = cv.Schema(
    {
        cv.Required(CONF_MANIFEST): _web_address,
        cv.Optional(CONF_ON_INSTALL): automation.validate_automation(),
    }
)

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
        cv.Optional(CONF_METRICS, default=[]): cv.ensure_list(_METRIC),
        cv.Optional(CONF_BOARD_METRICS, default=True): cv.boolean,
        cv.Optional(CONF_STREAMS, default=[]): cv.ensure_list(_STREAM),
        cv.Optional(CONF_UPDATE): _UPDATE,
        cv.GenerateID(CONF_CONFIGURATION_ID): cv.declare_id(Configuration),
        cv.Optional(CONF_CONFIGURATION_SIZE, default=960): cv.int_range(
            min=2, max=MAX_CONFIGURATION_BYTES
        ),
        cv.Optional(CONF_ON_CONFIGURATION): automation.validate_automation(),
        cv.Optional(CONF_ON_STATE): automation.validate_automation(
            {
                cv.GenerateID(CONF_LISTENER_ID): cv.declare_id(StateListener),
                cv.Required(CONF_SLUG): _slug,
                cv.Optional(CONF_VARIABLE): cv.string_strict,
            }
        ),
        cv.Optional(CONF_ON_APPROVED): automation.validate_automation(),
        cv.Optional(CONF_ON_ACK): automation.validate_automation(),
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
        cg.add(hub.add_binding(await _binding(variable, hub)))
    cg.add(hub.set_board_metrics(config[CONF_BOARD_METRICS]))
    for metric in config[CONF_METRICS]:
        measured = await cg.get_variable(metric[CONF_SENSOR])
        name = metric.get(CONF_METRIC) or metric[CONF_SENSOR].id
        cg.add(hub.add_metric(name, metric[CONF_UNIT_OF_MEASUREMENT], measured))
    if update := config.get(CONF_UPDATE):
        cg.add(hub.set_manifest(update[CONF_MANIFEST]))
        await automation.build_callback_automations(hub, update, INSTALL_AUTOMATIONS)
    for stream in config[CONF_STREAMS]:
        cg.add(hub.add_part(await _stream(stream, hub)))
    for listening in config.get(CONF_ON_STATE, []):
        cg.add(hub.add_part(await _listener(listening, hub)))
    if CONF_ON_CONFIGURATION in config:
        cg.add(hub.add_part(await _configuration(config, hub)))
    await automation.build_callback_automations(hub, config, AUTOMATIONS)


def _part(part_id: ID, hub: MockObj, *arguments: Any) -> MockObj:
    part = cg.new_Pvariable(part_id, *arguments)
    cg.add(part.set_parent(hub))
    return part


async def _stream(config: ConfigType, hub: MockObj) -> MockObj:
    stream = _part(
        config[CONF_ID],
        hub,
        config[CONF_NAME],
        config[CONF_TYPE],
        config[CONF_PROTOCOL],
        config[CONF_PORT],
    )
    if CONF_ADDRESS in config:
        cg.add(stream.set_address(config[CONF_ADDRESS]))
    if CONF_MULTICAST_GROUP in config:
        group = str(config[CONF_MULTICAST_GROUP])
        cg.add(stream.set_multicast(group, config[CONF_MULTICAST_PORT]))
    if CONF_CONFIG in config:
        cg.add(stream.set_config(config[CONF_CONFIG]))
    cg.add(stream.set_wanted(config[CONF_ADVERTISE]))
    await automation.build_callback_automations(stream, config, STREAM_AUTOMATIONS)
    return stream


async def _listener(config: ConfigType, hub: MockObj) -> MockObj:
    listener = _part(config[CONF_LISTENER_ID], hub, config[CONF_SLUG])
    if CONF_VARIABLE in config:
        cg.add(listener.set_variable(config[CONF_VARIABLE]))
    await automation.build_callback_automation(
        listener, "add_callback", STATE_ARGS, config
    )
    return listener


async def _configuration(config: ConfigType, hub: MockObj) -> MockObj:
    configuration = _part(
        config[CONF_CONFIGURATION_ID], hub, config[CONF_CONFIGURATION_SIZE]
    )
    for each in config[CONF_ON_CONFIGURATION]:
        await automation.build_callback_automation(
            configuration, "add_callback", CONFIGURATION_ARGS, each
        )
    return configuration


async def _binding(config: ConfigType, hub: MockObj) -> MockObj:
    platform = _platform(config)
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


async def _action(
    config: ConfigType,
    action_id: ID,
    template_arg: Any,
    args: Any,
    fields: dict[str, tuple[str, MockObj]],
) -> MockObj:
    """Make an action of the hub. `fields`: what it is told, with its setter and type."""
    action = cg.new_Pvariable(action_id, template_arg)
    await cg.register_parented(action, config[CONF_ID])
    for key, (name, kind) in fields.items():
        if key in config:
            value = await cg.templatable(config[key], args, kind)
            cg.add(getattr(action, f"set_{name}")(value))
    return action


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
            cv.Optional(CONF_DATA): _json_object,
        }
    ),
    synchronous=True,
)
async def send_event_to_code(
    config: ConfigType, action_id: ID, template_arg: Any, args: Any
) -> MockObj:
    """Make the action."""
    fields = (CONF_EVENT_TYPE, CONF_SEVERITY, CONF_MESSAGE, CONF_DATA)
    return await _action(
        config,
        action_id,
        template_arg,
        args,
        {key: (key, cg.std_string) for key in fields},
    )


@automation.register_action(
    "maestra.metric",
    MetricAction,
    cv.Schema(
        {
            cv.GenerateID(): cv.use_id(Maestra),
            cv.Required(CONF_METRIC): cv.templatable(cv.string_strict),
            cv.Required(CONF_VALUE): cv.templatable(cv.float_),
            cv.Optional(CONF_UNIT_OF_MEASUREMENT, default=""): cv.templatable(
                cv.string_strict
            ),
            cv.Optional(CONF_TAGS): _json_object,
        }
    ),
    synchronous=True,
)
async def metric_to_code(
    config: ConfigType, action_id: ID, template_arg: Any, args: Any
) -> MockObj:
    """Make the action."""
    return await _action(
        config,
        action_id,
        template_arg,
        args,
        {
            CONF_METRIC: ("metric", cg.std_string),
            CONF_VALUE: ("value", cg.float_),
            CONF_UNIT_OF_MEASUREMENT: ("unit", cg.std_string),
            CONF_TAGS: ("tags", cg.std_string),
        },
    )


@automation.register_action(
    "maestra.set_state",
    SetStateAction,
    cv.Schema(
        {
            cv.GenerateID(): cv.use_id(Maestra),
            cv.Required(CONF_SLUG): cv.templatable(_slug),
            cv.Required(CONF_STATE): _json_object,
        }
    ),
    synchronous=True,
)
async def set_state_to_code(
    config: ConfigType, action_id: ID, template_arg: Any, args: Any
) -> MockObj:
    """Make the action."""
    return await _action(
        config,
        action_id,
        template_arg,
        args,
        {key: (key, cg.std_string) for key in (CONF_SLUG, CONF_STATE)},
    )


_OF_STREAM = automation.maybe_simple_id({cv.GenerateID(): cv.use_id(Stream)})


@automation.register_action(
    "maestra.advertise_stream", AdvertiseStreamAction, _OF_STREAM, synchronous=True
)
@automation.register_action(
    "maestra.withdraw_stream", WithdrawStreamAction, _OF_STREAM, synchronous=True
)
async def stream_to_code(
    config: ConfigType, action_id: ID, template_arg: Any, args: Any
) -> MockObj:
    """Make an action on a stream."""
    return await _action(config, action_id, template_arg, args, {})
