"""An MQTT client for nodes that run on a PC, where ESPHome's own is not available."""

from esphome import automation
import esphome.codegen as cg
from esphome.components import mqtt
import esphome.config_validation as cv
from esphome.const import (
    CONF_BROKER,
    CONF_CLIENT_ID,
    CONF_ID,
    CONF_KEEPALIVE,
    CONF_ON_MESSAGE,
    CONF_PASSWORD,
    CONF_PORT,
    CONF_QOS,
    CONF_TOPIC,
    CONF_TRIGGER_ID,
    CONF_USERNAME,
    PLATFORM_HOST,
)
from esphome.core import CORE
from esphome.types import ConfigType

CONF_CERTIFICATES = "certificates"

CODEOWNERS = ["@maestra-home"]
DEPENDENCIES = ["network"]
CONFLICTS_WITH = ["mqtt"]

host_mqtt_ns = cg.esphome_ns.namespace("host_mqtt")
# Whoever asks for ESPHome's client takes this one too.
MQTTClient = host_mqtt_ns.class_("MQTTClient", cg.Component, mqtt.MQTTClientComponent)
MessageTrigger = host_mqtt_ns.class_(
    "MessageTrigger", automation.Trigger.template(cg.std_string)
)

CONFIG_SCHEMA = cv.All(
    cv.Schema(
        {
            cv.GenerateID(): cv.declare_id(MQTTClient),
            cv.Required(CONF_BROKER): cv.string_strict,
            cv.Optional(CONF_PORT, default=1883): cv.port,
            cv.Optional(CONF_USERNAME, default=""): cv.string,
            cv.Optional(CONF_PASSWORD, default=""): cv.sensitive(cv.string),
            cv.Optional(CONF_CLIENT_ID): cv.string_strict,
            cv.Optional(CONF_CERTIFICATES): cv.string_strict,
            cv.Optional(CONF_KEEPALIVE, default="15s"): cv.positive_time_period_seconds,
            cv.Optional(CONF_ON_MESSAGE): automation.validate_automation(
                {
                    cv.GenerateID(CONF_TRIGGER_ID): cv.declare_id(MessageTrigger),
                    cv.Required(CONF_TOPIC): cv.subscribe_topic,
                    cv.Optional(CONF_QOS, default=0): cv.mqtt_qos,
                }
            ),
        }
    ).extend(cv.COMPONENT_SCHEMA),
    cv.only_on([PLATFORM_HOST]),
)


async def to_code(config: ConfigType) -> None:
    """Make the client."""
    client = cg.new_Pvariable(config[CONF_ID])
    await cg.register_component(client, config)
    cg.add(client.set_broker_address(config[CONF_BROKER]))
    cg.add(client.set_broker_port(config[CONF_PORT]))
    cg.add(client.set_username(config[CONF_USERNAME]))
    cg.add(client.set_password(config[CONF_PASSWORD]))
    if CONF_CLIENT_ID in config:
        cg.add(client.set_client_id(config[CONF_CLIENT_ID]))
    if CONF_CERTIFICATES in config:
        # Only who speaks TLS needs OpenSSL.
        cg.add_define("USE_HOST_MQTT_TLS")
        cg.add_build_flag("-lssl")
        cg.add_build_flag("-lcrypto")
        folder = CORE.relative_config_path(config[CONF_CERTIFICATES])
        cg.add(client.set_certificates(str(folder)))
    cg.add(client.set_keepalive(config[CONF_KEEPALIVE].total_seconds))
    for message in config.get(CONF_ON_MESSAGE, []):
        trigger = cg.new_Pvariable(
            message[CONF_TRIGGER_ID], client, message[CONF_TOPIC], message[CONF_QOS]
        )
        await automation.build_automation(trigger, [(cg.std_string, "x")], message)
