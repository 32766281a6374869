"""What the components of this repository share: JSON, and the MQTT client that carries them."""

import esphome.codegen as cg
from esphome.components import mqtt
import esphome.config_validation as cv
from esphome.const import CONF_CERTIFICATE_AUTHORITY, CONF_MQTT, CONF_MQTT_ID, CONF_PORT
from esphome.cpp_generator import MockObj
import esphome.final_validate as fv
from esphome.types import ConfigType

CODEOWNERS = ["@maestra-home"]

MQTTS_PORT = 8883

CONFIG_SCHEMA = cv.Schema({})

LINK_SCHEMA = cv.Schema(
    {cv.GenerateID(CONF_MQTT_ID): cv.use_id(mqtt.MQTTClientComponent)}
)
"""Names the MQTT client of a component."""


def check_link(config: ConfigType) -> ConfigType:
    """Refuse what ESPHome would say in the clear (for `FINAL_VALIDATE_SCHEMA`)."""
    client = fv.full_config.get().get(CONF_MQTT)
    if (
        client is not None
        and client[CONF_PORT] == MQTTS_PORT
        and CONF_CERTIFICATE_AUTHORITY not in client
    ):
        raise cv.Invalid(
            f"mqtt: speaks TLS on port {MQTTS_PORT} only with certificate_authority"
        )
    return config


async def link_to_code(hub: MockObj, config: ConfigType) -> None:
    """Hand a component its MQTT client."""
    cg.add(hub.set_link(await cg.get_variable(config[CONF_MQTT_ID])))
