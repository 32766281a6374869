"""What the components of this repository share: JSON, and the MQTT client that carries them."""

import esphome.codegen as cg
from esphome.components import mqtt
import esphome.config_validation as cv
from esphome.const import CONF_MQTT_ID
from esphome.cpp_generator import MockObj
from esphome.types import ConfigType

CODEOWNERS = ["@maestra-home"]

CONFIG_SCHEMA = cv.Schema({})

LINK_SCHEMA = cv.Schema(
    {cv.GenerateID(CONF_MQTT_ID): cv.use_id(mqtt.MQTTClientComponent)}
)
"""Names the MQTT client of a component."""


async def link_to_code(hub: MockObj, config: ConfigType) -> None:
    """Hand a component its MQTT client."""
    cg.add(hub.set_link(await cg.get_variable(config[CONF_MQTT_ID])))
