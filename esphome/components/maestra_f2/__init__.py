"""A board that speaks as an F2 controller does: strikes, doors, readers, sirens and sensors on its connectors."""

from collections.abc import Callable
from dataclasses import dataclass
import re
from typing import Any

from esphome import automation, pins
import esphome.codegen as cg
from esphome.components import binary_sensor, maestra_wire, switch, uart
import esphome.config_validation as cv
from esphome.const import (
    CONF_ADDRESS,
    CONF_DATA,
    CONF_FLOW_CONTROL_PIN,
    CONF_ID,
    CONF_SENSORS,
    CONF_TIMEOUT,
    CONF_UPDATE_INTERVAL,
)
from esphome.core import ID
from esphome.cpp_generator import MockObj
from esphome.types import ConfigType

CODEOWNERS = ["@maestra-home"]
AUTO_LOAD = ["maestra_wire"]
DEPENDENCIES = ["network"]

CONF_BUS_ID = "bus_id"
CONF_COUNT = "count"
CONF_DOOR_SENSORS = "door_sensors"
CONF_EXIT_BUTTONS = "exit_buttons"
CONF_FUNCTION = "function"
CONF_MAC = "mac"
CONF_MOTION_SENSORS = "motion_sensors"
CONF_ON_FEEDBACK = "on_feedback"
CONF_READERS = "readers"
CONF_REGISTER = "register"
CONF_SIRENS = "sirens"
CONF_STRIKES = "strikes"

CONNECTORS = ("j1", "j2", "j3", "j4")
MODBUS_FUNCTIONS = (3, 4)
MAX_REGISTERS = 125

maestra_f2_ns = cg.esphome_ns.namespace("maestra_f2")
MaestraF2 = maestra_f2_ns.class_("MaestraF2", cg.Component)
Part = maestra_f2_ns.class_("Part")
Strike = maestra_f2_ns.class_("Strike", Part)
Siren = maestra_f2_ns.class_("Siren", Part)
Motion = maestra_f2_ns.class_("Motion", Part)
Inputs = maestra_f2_ns.class_("Inputs", Part)
Reader = maestra_f2_ns.class_("Reader", Part)
Bus = maestra_f2_ns.class_("Bus", Part, uart.UARTDevice)
ReadAction = maestra_f2_ns.class_("ReadAction", automation.Action)


def _mac(value: Any) -> str:
    """Take a MAC address as anybody may write it; topics have its digits in lower case."""
    digits = re.sub(r"[:-]", "", cv.string_strict(value)).lower()
    if not re.fullmatch(r"[0-9a-f]{12}", digits):
        raise cv.Invalid("A MAC address has twelve digits")
    return digits


def _entities(entity: Any, most: int) -> Callable[[Any], Any]:
    return cv.All(cv.ensure_list(cv.use_id(entity)), cv.Length(min=1, max=most))


_READER = cv.Schema(
    {
        cv.GenerateID(): cv.declare_id(Reader),
        cv.Optional(CONF_ON_FEEDBACK): automation.validate_automation(),
    }
)
_SENSOR = cv.Schema(
    {
        cv.Optional(CONF_ADDRESS, default=1): cv.int_range(min=1, max=247),
        cv.Optional(CONF_FUNCTION, default=3): cv.one_of(*MODBUS_FUNCTIONS, int=True),
        cv.Optional(CONF_REGISTER, default=0): cv.hex_uint16_t,
        cv.Optional(CONF_COUNT, default=6): cv.int_range(min=1, max=MAX_REGISTERS),
    }
)


@dataclass(frozen=True)
class Mode:
    """What a connector can be used for: its name in topics, and what may hang on it."""

    name: str
    schema: cv.Schema


MODES = (
    Mode(
        "access-control-mode",
        cv.Schema(
            {
                cv.Optional(CONF_STRIKES): _entities(switch.Switch, 2),
                cv.Optional(CONF_DOOR_SENSORS): _entities(
                    binary_sensor.BinarySensor, 2
                ),
                cv.Optional(CONF_EXIT_BUTTONS): _entities(
                    binary_sensor.BinarySensor, 2
                ),
                cv.Optional(CONF_READERS): cv.All(
                    cv.ensure_list(_READER), cv.Length(min=1, max=2)
                ),
            }
        ),
    ),
    Mode(
        "alarm-mode",
        cv.Schema(
            {
                cv.Optional(CONF_SIRENS): _entities(switch.Switch, 2),
                cv.Optional(CONF_MOTION_SENSORS): _entities(
                    binary_sensor.BinarySensor, 5
                ),
            }
        ),
    ),
    Mode(
        "sensor-mode",
        cv.Schema(
            {
                cv.GenerateID(CONF_BUS_ID): cv.declare_id(Bus),
                cv.Required(CONF_SENSORS): cv.All(
                    cv.ensure_list(_SENSOR), cv.Length(min=1, max=6)
                ),
                cv.Optional(CONF_FLOW_CONTROL_PIN): pins.gpio_output_pin_schema,
                cv.Optional(
                    CONF_UPDATE_INTERVAL, default="30s"
                ): cv.positive_time_period_milliseconds,
                cv.Optional(
                    CONF_TIMEOUT, default="500ms"
                ): cv.positive_time_period_milliseconds,
            }
        ).extend(uart.UART_DEVICE_SCHEMA),
    ),
)


def _modes(config: ConfigType) -> list[Mode]:
    """Return the modes that have something of what is named."""
    return [
        mode
        for mode in MODES
        if any(str(key) in config for key in mode.schema.schema if key != CONF_ID)
    ]


def _connector(value: Any) -> ConfigType:
    """Take what hangs on a connector: all of it belongs to one mode."""
    if not isinstance(value, dict) or not value:
        raise cv.Invalid("A connector says what hangs on it")
    modes = _modes(value)
    if len(modes) > 1:
        names = " and ".join(mode.name for mode in modes)
        raise cv.Invalid(f"A connector has one mode, not {names}")
    return (modes or MODES)[0].schema(value)


CONFIG_SCHEMA = cv.Schema(
    {
        cv.GenerateID(): cv.declare_id(MaestraF2),
        cv.Optional(CONF_MAC): _mac,
        **{cv.Optional(name): _connector for name in CONNECTORS},
    }
).extend(maestra_wire.LINK_SCHEMA, cv.COMPONENT_SCHEMA)


FINAL_VALIDATE_SCHEMA = maestra_wire.check_link


async def to_code(config: ConfigType) -> None:
    """Make the controller, and what hangs on it."""
    hub = cg.new_Pvariable(config[CONF_ID])
    await cg.register_component(hub, config)
    await maestra_wire.link_to_code(hub, config)
    if CONF_MAC in config:
        cg.add(hub.set_mac(config[CONF_MAC]))
    for name in CONNECTORS:
        if name in config:
            await _connector_to_code(hub, name.upper(), config[name])


async def _connector_to_code(hub: MockObj, name: str, config: ConfigType) -> None:
    place = f"{_modes(config)[0].name}/{name}"
    for key, part, component in (
        (CONF_STRIKES, Strike, "strike"),
        (CONF_SIRENS, Siren, "siren"),
        (CONF_MOTION_SENSORS, Motion, "motion-sensor"),
    ):
        for number, entity in enumerate(config.get(key, []), 1):
            made = part.new(
                hub, f"{place}/{component}-{number}", await cg.get_variable(entity)
            )
            cg.add(hub.add_part(made))
    for key, component, are_states in (
        (CONF_DOOR_SENSORS, "door-sensor", True),
        (CONF_EXIT_BUTTONS, "exit-button", False),
    ):
        if key in config:
            entities = [await cg.get_variable(entity) for entity in config[key]]
            made = Inputs.new(
                hub, f"{place}/{component}s", component, are_states, entities
            )
            cg.add(hub.add_part(made))
    for number, reader in enumerate(config.get(CONF_READERS, []), 1):
        made = cg.new_Pvariable(reader[CONF_ID], hub, f"{place}/reader-{number}")
        cg.add(hub.add_part(made))
        await automation.build_callback_automations(made, reader, FEEDBACK)
    if CONF_SENSORS in config:
        cg.add(hub.add_part(await _bus(hub, place, config)))


FEEDBACK = (
    automation.CallbackAutomation(
        CONF_ON_FEEDBACK, "add_on_feedback_callback", [(cg.int_, "kind")]
    ),
)


async def _bus(hub: MockObj, place: str, config: ConfigType) -> MockObj:
    # ESPHome says nowhere whether there is a UART.
    cg.add_define("USE_MAESTRA_F2_BUS")
    bus = cg.new_Pvariable(config[CONF_BUS_ID], hub, place)
    await uart.register_uart_device(bus, config)
    if CONF_FLOW_CONTROL_PIN in config:
        pin = await cg.gpio_pin_expression(config[CONF_FLOW_CONTROL_PIN])
        cg.add(bus.set_flow_control_pin(pin))
    cg.add(bus.set_update_interval(config[CONF_UPDATE_INTERVAL]))
    cg.add(bus.set_timeout(config[CONF_TIMEOUT]))
    for sensor in config[CONF_SENSORS]:
        cg.add(
            bus.add_sensor(
                sensor[CONF_ADDRESS],
                sensor[CONF_FUNCTION],
                sensor[CONF_REGISTER],
                sensor[CONF_COUNT],
            )
        )
    return bus


@automation.register_action(
    "maestra_f2.read",
    ReadAction,
    cv.Schema(
        {
            cv.Required(CONF_ID): cv.use_id(Reader),
            cv.Required(CONF_DATA): cv.templatable(cv.string_strict),
        }
    ),
    synchronous=True,
)
async def read_to_code(
    config: ConfigType, action_id: ID, template_arg: Any, args: Any
) -> MockObj:
    """Make the action: a reader has read something."""
    action = cg.new_Pvariable(action_id, template_arg)
    await cg.register_parented(action, config[CONF_ID])
    cg.add(
        action.set_data(await cg.templatable(config[CONF_DATA], args, cg.std_string))
    )
    return action
