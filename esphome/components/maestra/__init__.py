"""A board as a device of Maestra: what it drives is an entity there, and ESPHome's entities are its variables."""

from typing import Any

from esphome import automation
import esphome.codegen as cg
from esphome.components import maestra_wire, sensor
import esphome.config_validation as cv
from esphome.const import (
    CONF_ADDRESS,
    CONF_ESPHOME,
    CONF_HEARTBEAT,
    CONF_ID,
    CONF_NAME,
    CONF_ON_STATE,
    CONF_PORT,
    CONF_PROJECT,
    CONF_PROTOCOL,
    CONF_SENSOR,
    CONF_TYPE,
    CONF_UNIT_OF_MEASUREMENT,
    CONF_UPDATE_INTERVAL,
    CONF_VARIABLES,
)
from esphome.core import ID
from esphome.cpp_generator import MockObj
import esphome.final_validate as fv
from esphome.types import ConfigType

from . import actions as _actions  # noqa: F401  ESPHome knows actions once they are imported
from .base import (
    CONF_METRIC,
    CONF_SLUG,
    CONF_VARIABLE,
    Configuration,
    Maestra,
    StateListener,
    Stream,
    json_object,
    slug,
    web_address,
)
from .variables import VARIABLES_SCHEMA, make_binding, platform_of

CODEOWNERS = ["@maestra-home"]
AUTO_LOAD = ["maestra_wire"]
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
CONF_STREAMS = "streams"
CONF_UPDATE = "update"

MAX_METRIC_NAME_LENGTH = 100
MAX_UNIT_LENGTH = 50
MAX_CONFIGURATION_BYTES = 4096
PROTOCOLS = ("tcp", "udp", "ndi", "srt", "webrtc", "spout", "syphon", "shared_memory")

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
        cv.Required(CONF_TYPE): slug,
        cv.Optional(CONF_PROTOCOL, default="udp"): cv.one_of(*PROTOCOLS, lower=True),
        cv.Optional(CONF_ADDRESS): cv.string_strict,
        cv.Required(CONF_PORT): cv.port,
        cv.Inclusive(CONF_MULTICAST_GROUP, "multicast"): cv.ipv4address_multi_broadcast,
        cv.Inclusive(CONF_MULTICAST_PORT, "multicast"): cv.port,
        cv.Optional(CONF_CONFIG): json_object,
        cv.Optional(CONF_ADVERTISE, default=True): cv.boolean,
        cv.Optional(CONF_ON_SUBSCRIBE): automation.validate_automation(),
        cv.Optional(CONF_ON_UNSUBSCRIBE): automation.validate_automation(),
    }
)
_UPDATE = cv.Schema(
    {
        cv.Required(CONF_MANIFEST): web_address,
        cv.Optional(CONF_ON_INSTALL): automation.validate_automation(),
    }
)

CONFIG_SCHEMA = cv.Schema(
    {
        cv.GenerateID(): cv.declare_id(Maestra),
        cv.Optional(CONF_HARDWARE_ID): cv.All(
            cv.string_strict, cv.Length(min=1, max=100)
        ),
        cv.Optional(CONF_NAME): cv.All(cv.string_strict, cv.Length(min=1, max=255)),
        cv.Optional(CONF_DEVICE_TYPE, default="esphome"): cv.string_strict,
        cv.Optional(CONF_SLUG): slug,
        cv.Optional(CONF_ENTITY_TYPE): slug,
        cv.Optional(CONF_APPROVAL, default=True): cv.boolean,
        cv.Optional(CONF_HEARTBEAT, default="60s"): cv.All(
            cv.positive_time_period_milliseconds,
            cv.Range(min=cv.TimePeriod(seconds=1)),
        ),
        cv.Optional(
            CONF_UPDATE_INTERVAL, default="50ms"
        ): cv.positive_time_period_milliseconds,
        cv.Optional(CONF_VARIABLES, default=[]): VARIABLES_SCHEMA,
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
                cv.Required(CONF_SLUG): slug,
                cv.Optional(CONF_VARIABLE): cv.string_strict,
            }
        ),
        cv.Optional(CONF_ON_APPROVED): automation.validate_automation(),
        cv.Optional(CONF_ON_ACK): automation.validate_automation(),
        cv.Optional(CONF_ON_COMMAND): automation.validate_automation(),
    }
).extend(maestra_wire.LINK_SCHEMA, cv.COMPONENT_SCHEMA)


def _with_version(config: ConfigType) -> ConfigType:
    """Ask for a version of its own where a newer one is looked for: that of ESPHome says nothing of the firmware."""
    if CONF_UPDATE in config and CONF_PROJECT not in fv.full_config.get()[CONF_ESPHOME]:
        raise cv.Invalid(
            "It is compared with the version of `esphome: project:`, which is missing",
            path=[CONF_UPDATE],
        )
    return config


FINAL_VALIDATE_SCHEMA = cv.All(maestra_wire.check_link, _with_version)


async def to_code(config: ConfigType) -> None:
    """Make the hub, and what binds it to each entity."""
    hub = cg.new_Pvariable(config[CONF_ID])
    await cg.register_component(hub, config)
    await maestra_wire.link_to_code(hub, config)
    for key in (CONF_HARDWARE_ID, CONF_NAME, CONF_SLUG, CONF_DEVICE_TYPE):
        if key in config:
            cg.add(getattr(hub, f"set_{key}")(config[key]))
    variables = config[CONF_VARIABLES]
    only_light = len(variables) == 1 and platform_of(variables[0]) == "light"
    entity_type = config.get(CONF_ENTITY_TYPE, "light" if only_light else "device")
    cg.add(hub.set_entity_type(entity_type))
    cg.add(hub.set_needs_approval(config[CONF_APPROVAL]))
    cg.add(hub.set_heartbeat_interval(config[CONF_HEARTBEAT]))
    for variable in variables:
        cg.add(hub.add_binding(await make_binding(variable, hub)))
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
