"""A board as a node of QS telemetry: what ESPHome's entities measure becomes events that are sent until they are stored."""

from typing import Any

from esphome import automation
import esphome.codegen as cg
from esphome.components import binary_sensor, maestra_wire, sensor, text_sensor
import esphome.config_validation as cv
from esphome.const import (
    CONF_DEVICE_ID,
    CONF_EVENT_TYPE,
    CONF_ID,
    CONF_TEXT,
    CONF_UNIT_OF_MEASUREMENT,
    CONF_VALUE,
)
from esphome.core import CORE, ID
from esphome.cpp_generator import MockObj
from esphome.types import ConfigType

CODEOWNERS = ["@maestra-home"]
AUTO_LOAD = ["maestra_wire"]
DEPENDENCIES = ["network"]

CONF_ACK_TIMEOUT = "ack_timeout"
CONF_BATCH_SIZE = "batch_size"
CONF_EVENTS = "events"
CONF_LIMIT = "limit"
CONF_META = "meta"
CONF_SAVE_INTERVAL = "save_interval"
CONF_SAVED_EVENTS = "saved_events"
CONF_SEND_INTERVAL = "send_interval"
CONF_STORAGE = "storage"

FILE = "file"
PREFERENCES = "preferences"
NONE = "none"

BATCH_BYTES = 3072
BATCHES_IN_FLIGHT = 4
LAST_RETRY_MS = 300_000

maestra_qs_ns = cg.esphome_ns.namespace("maestra_qs")
MaestraQs = maestra_qs_ns.class_("MaestraQs", cg.Component)
Limits = maestra_qs_ns.struct("Limits")
SendAction = maestra_qs_ns.class_("SendAction", automation.Action)

KINDS = {
    "sensor": sensor.Sensor,
    "binary_sensor": binary_sensor.BinarySensor,
    "text_sensor": text_sensor.TextSensor,
}
"""What becomes events, by the key under which it is named."""


def _device_id(value: Any) -> str:
    """Take what is one level of a topic, and stands in ids."""
    device_id = cv.string_strict(value)
    if not 1 <= len(device_id) <= 128 or not all(
        c.isascii() and (c.isalnum() or c in "-._:") for c in device_id
    ):
        raise cv.Invalid("A device id is 1 to 128 of A-Z, a-z, 0-9, -, ., _ and :")
    return device_id


_SCHEMAS = {
    name: cv.Schema(
        {
            cv.Required(name): cv.use_id(entity),
            cv.Optional(CONF_EVENT_TYPE): cv.All(
                cv.string_strict, cv.Length(min=1, max=128)
            ),
            cv.Optional(CONF_UNIT_OF_MEASUREMENT, default=""): cv.All(
                cv.string_strict, cv.Length(max=64)
            ),
        }
    )
    for name, entity in KINDS.items()
}


def _kind(config: ConfigType) -> str:
    return next(name for name in KINDS if name in config)


def _event(value: Any) -> ConfigType:
    """Take what an entity measures, by the platform of the entity that it names."""
    named = [name for name in KINDS if isinstance(value, dict) and name in value]
    if len(named) != 1:
        raise cv.Invalid(f"An event names one entity: one of {', '.join(KINDS)}")
    return _SCHEMAS[named[0]](value)


def _fitting(config: ConfigType) -> ConfigType:
    """Keep as many events as this platform can, and where it can."""
    config.setdefault(CONF_LIMIT, 500 if CORE.is_host else 200)
    config.setdefault(CONF_STORAGE, FILE if CORE.is_host else PREFERENCES)
    if config[CONF_STORAGE] == FILE and not CORE.is_host:
        raise cv.Invalid("Only a node on a PC has files", [CONF_STORAGE])
    return config


CONFIG_SCHEMA = cv.All(
    cv.Schema(
        {
            cv.GenerateID(): cv.declare_id(MaestraQs),
            cv.Optional(CONF_DEVICE_ID): _device_id,
            cv.Optional(CONF_LIMIT): cv.int_range(min=1, max=10_000),
            cv.Optional(CONF_BATCH_SIZE, default=20): cv.int_range(min=1, max=100),
            cv.Optional(
                CONF_SEND_INTERVAL, default="200ms"
            ): cv.positive_time_period_milliseconds,
            cv.Optional(CONF_ACK_TIMEOUT, default="10s"): cv.All(
                cv.positive_time_period_milliseconds,
                cv.Range(min=cv.TimePeriod(milliseconds=100)),
            ),
            cv.Optional(CONF_STORAGE): cv.one_of(FILE, PREFERENCES, NONE, lower=True),
            cv.Optional(CONF_SAVED_EVENTS, default=32): cv.int_range(min=1, max=128),
            cv.Optional(CONF_SAVE_INTERVAL, default="60s"): cv.All(
                cv.positive_time_period_milliseconds,
                cv.Range(min=cv.TimePeriod(seconds=1)),
            ),
            cv.Optional(CONF_EVENTS, default=[]): cv.ensure_list(_event),
        }
    ).extend(maestra_wire.LINK_SCHEMA, cv.COMPONENT_SCHEMA),
    _fitting,
)


FINAL_VALIDATE_SCHEMA = maestra_wire.check_link


async def to_code(config: ConfigType) -> None:
    """Make the hub, and let it watch each entity."""
    hub = cg.new_Pvariable(config[CONF_ID])
    await cg.register_component(hub, config)
    await maestra_wire.link_to_code(hub, config)
    if CONF_DEVICE_ID in config:
        cg.add(hub.set_device_id(config[CONF_DEVICE_ID]))
    batch = config[CONF_BATCH_SIZE]
    limits = cg.StructInitializer(
        Limits,
        ("events", config[CONF_LIMIT]),
        ("batch_events", batch),
        ("batch_bytes", BATCH_BYTES),
        ("in_flight", BATCHES_IN_FLIGHT * batch),
        ("first_retry_ms", config[CONF_ACK_TIMEOUT]),
        ("last_retry_ms", LAST_RETRY_MS),
    )
    cg.add(hub.set_limits(limits))
    cg.add(hub.set_send_interval(config[CONF_SEND_INTERVAL]))
    cg.add(hub.set_save_interval(config[CONF_SAVE_INTERVAL]))
    storage = config[CONF_STORAGE]
    if storage == FILE:
        cg.add(hub.set_uses_file(True))
    cg.add(
        hub.set_saved_events(config[CONF_SAVED_EVENTS] if storage == PREFERENCES else 0)
    )
    for event in config[CONF_EVENTS]:
        entity = event[_kind(event)]
        event_type = event.get(CONF_EVENT_TYPE, entity.id)
        unit = event[CONF_UNIT_OF_MEASUREMENT]
        cg.add(hub.watch(await cg.get_variable(entity), event_type, unit))


@automation.register_action(
    "maestra_qs.send",
    SendAction,
    cv.All(
        cv.Schema(
            {
                cv.GenerateID(): cv.use_id(MaestraQs),
                cv.Required(CONF_EVENT_TYPE): cv.templatable(cv.string_strict),
                cv.Optional(CONF_VALUE): cv.templatable(cv.float_),
                cv.Optional(CONF_TEXT): cv.templatable(cv.string_strict),
                cv.Optional(CONF_UNIT_OF_MEASUREMENT): cv.templatable(cv.string_strict),
                cv.Optional(CONF_META): cv.templatable(cv.string_strict),
            }
        ),
        cv.has_exactly_one_key(CONF_VALUE, CONF_TEXT),
    ),
    synchronous=True,
)
async def send_to_code(
    config: ConfigType, action_id: ID, template_arg: Any, args: Any
) -> MockObj:
    """Make the action; `meta` is JSON."""
    action = cg.new_Pvariable(action_id, template_arg)
    await cg.register_parented(action, config[CONF_ID])
    for key, setter, kind in (
        (CONF_EVENT_TYPE, action.set_event_type, cg.std_string),
        (CONF_VALUE, action.set_value, cg.float_),
        (CONF_TEXT, action.set_text, cg.std_string),
        (CONF_UNIT_OF_MEASUREMENT, action.set_unit, cg.std_string),
        (CONF_META, action.set_meta, cg.std_string),
    ):
        if key in config:
            cg.add(setter(await cg.templatable(config[key], args, kind)))
    return action
