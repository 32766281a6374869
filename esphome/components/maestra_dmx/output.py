"""Channels of DMX as outputs: dimmers, and what lights are made of."""

import esphome.codegen as cg
from esphome.components import output
import esphome.config_validation as cv
from esphome.const import CONF_CHANNEL, CONF_CHANNELS, CONF_ID
import esphome.final_validate as fv
from esphome.types import ConfigType

from . import CHANNEL, CONF_DMX_ID, MaestraDmx, maestra_dmx_ns

DEPENDENCIES = ["maestra_dmx"]

ChannelOutput = maestra_dmx_ns.class_("ChannelOutput", output.FloatOutput)

CONFIG_SCHEMA = output.FLOAT_OUTPUT_SCHEMA.extend(
    {
        cv.Required(CONF_ID): cv.declare_id(ChannelOutput),
        cv.GenerateID(CONF_DMX_ID): cv.use_id(MaestraDmx),
        cv.Required(CONF_CHANNEL): CHANNEL,
    }
)


def _of_universe(config: ConfigType) -> ConfigType:
    """Refuse a channel that is not sent."""
    whole = fv.full_config.get()
    universe = whole.get_config_for_path(
        whole.get_path_for_id(config[CONF_DMX_ID])[:-1]
    )
    if config[CONF_CHANNEL] > universe[CONF_CHANNELS]:
        raise cv.Invalid(f"Only {universe[CONF_CHANNELS]} channels are sent")
    return config


FINAL_VALIDATE_SCHEMA = _of_universe


async def to_code(config: ConfigType) -> None:
    """Make the output."""
    made = cg.new_Pvariable(config[CONF_ID], config[CONF_CHANNEL])
    await output.register_output(made, config)
    await cg.register_parented(made, config[CONF_DMX_ID])
