"""DMX512 from a UART: a universe whose channels are outputs of the board."""

from typing import Any

from esphome import automation
import esphome.codegen as cg
from esphome.components import uart
import esphome.config_validation as cv
from esphome.const import (
    CONF_CHANNEL,
    CONF_CHANNELS,
    CONF_ID,
    CONF_LEVEL,
    CONF_UART_ID,
    CONF_UPDATE_INTERVAL,
    PLATFORM_ESP32,
    PLATFORM_HOST,
)
from esphome.core import CORE, ID
from esphome.cpp_generator import MockObj
from esphome.types import ConfigType

CODEOWNERS = ["@maestra-home"]
DEPENDENCIES = ["uart"]
AUTO_LOAD = ["output"]

CONF_DMX_ID = "dmx_id"
MIN_CHANNELS = 24
MAX_CHANNELS = 512
SPEED = 250000
# What 512 channels take, and some rest.
MIN_INTERVAL_MS = 25

maestra_dmx_ns = cg.esphome_ns.namespace("maestra_dmx")
MaestraDmx = maestra_dmx_ns.class_("MaestraDmx", cg.Component)
SetAction = maestra_dmx_ns.class_("SetAction", automation.Action)

CHANNEL = cv.int_range(min=1, max=MAX_CHANNELS)

CONFIG_SCHEMA = cv.All(
    cv.Schema(
        {
            cv.GenerateID(): cv.declare_id(MaestraDmx),
            cv.Optional(CONF_CHANNELS, default=64): cv.int_range(
                min=MIN_CHANNELS, max=MAX_CHANNELS
            ),
            cv.Optional(CONF_UPDATE_INTERVAL, default="33ms"): cv.All(
                cv.positive_time_period_milliseconds,
                cv.Range(min=cv.TimePeriod(milliseconds=MIN_INTERVAL_MS)),
            ),
        }
    ).extend(uart.UART_DEVICE_SCHEMA, cv.COMPONENT_SCHEMA),
    cv.only_on([PLATFORM_ESP32, PLATFORM_HOST]),
)

_LINE = uart.final_validate_device_schema(
    "maestra_dmx", require_tx=True, baud_rate=SPEED, data_bits=8, parity="NONE", stop_bits=2
)  # fmt: skip


def _of_line(config: ConfigType) -> ConfigType:
    """Ask for the line that DMX is; terminals of a PC do not have its speed."""
    return config if CORE.is_host else _LINE(config)


FINAL_VALIDATE_SCHEMA = _of_line


async def to_code(config: ConfigType) -> None:
    """Make the universe."""
    universe = cg.new_Pvariable(config[CONF_ID])
    await cg.register_component(universe, config)
    cg.add(universe.set_uart(await cg.get_variable(config[CONF_UART_ID])))
    cg.add(universe.set_channels(config[CONF_CHANNELS]))


@automation.register_action(
    "maestra_dmx.set",
    SetAction,
    cv.Schema(
        {
            cv.GenerateID(): cv.use_id(MaestraDmx),
            cv.Required(CONF_CHANNEL): cv.templatable(CHANNEL),
            cv.Required(CONF_LEVEL): cv.templatable(cv.uint8_t),
        }
    ),
    synchronous=True,
)
async def set_to_code(
    config: ConfigType, action_id: ID, template_arg: Any, args: Any
) -> MockObj:
    """Make the action: a channel is set to a level."""
    action = cg.new_Pvariable(action_id, template_arg)
    await cg.register_parented(action, config[CONF_ID])
    for key, kind in ((CONF_CHANNEL, cg.uint16), (CONF_LEVEL, cg.uint8)):
        value = await cg.templatable(config[key], args, kind)
        cg.add(getattr(action, f"set_{key}")(value))
    return action
