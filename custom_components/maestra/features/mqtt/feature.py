"""What MQTT brings to Home Assistant: brokers, and the dialect that clients of Maestra speak on them."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.components import mqtt
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo

from ...const import (
    CONF_BRIDGE,
    CONF_EVENT_SIZE_LIMIT,
    CONF_TRANSPORT,
    DEFAULT_BRIDGE,
    DIALECT_MAESTRA,
    SUBENTRY_MQTT_BROKER,
    TRANSPORT_DIRECT,
)
from ...core.domain.json_values import JsonObject
from ...core.mqtt.codec import decode
from ...core.mqtt.gateway import MaestraGateway, subscriptions
from ...core.transport.commands import Malformed
from ...hub.feature import Carrier, Discovered, Feature
from ...hub.flows import Reauth
from ...hub.hub import Hub
from ...hub.link_sensors import CONNECTIVITY, MESSAGES_ACCEPTED, TRAFFIC, link_sensors
from ...hub.listeners import seen_from_outside
from .actions import MQTT_ACTIONS
from .flow import (
    CREDENTIALS_SCHEMA,
    PLAIN_PORT,
    MqttBrokerFlow,
    async_find_problem,
    home_assistant_subentry,
)
from .link import MqttLink
from .manager import MqttManager


def _maestra_dialect(hub: Hub, carrier: Carrier) -> MaestraGateway:
    data = carrier.data
    return MaestraGateway(
        carrier.id,
        carrier.transport,
        hub.domain,
        hub.encoder,
        event_size_limit=data.get(CONF_EVENT_SIZE_LIMIT, 0),
        bridges=data.get(CONF_BRIDGE, DEFAULT_BRIDGE),
    )


def _discovered(info: MqttServiceInfo) -> Discovered | None:
    """Home Assistant's MQTT sees a client that speaks our dialect."""
    payload = info.payload
    raw = payload.encode() if isinstance(payload, str) else bytes(payload)
    if isinstance(decode(info.topic, raw), Malformed):
        return None
    return Discovered(subentries=(home_assistant_subentry(),))


def _endpoints(hub: Hub, host: str) -> JsonObject:
    """Return where clients reach the first broker."""
    for subentry in hub.entry.get_subentries_of_type(SUBENTRY_MQTT_BROKER):
        data: Mapping[str, Any] | None = subentry.data
        if subentry.data[CONF_TRANSPORT] != TRANSPORT_DIRECT:
            data = _home_assistants_broker(hub.hass)
        if data:
            return {
                "mqtt_broker": seen_from_outside(data[CONF_HOST], host),
                "mqtt_port": data[CONF_PORT],
            }
    return {"mqtt_broker": None, "mqtt_port": None}


def _home_assistants_broker(hass: HomeAssistant) -> Mapping[str, Any] | None:
    """Return where Home Assistant's own MQTT integration is connected to."""
    for entry in hass.config_entries.async_loaded_entries(mqtt.DOMAIN):
        return {
            CONF_HOST: entry.data[mqtt.CONF_BROKER],
            CONF_PORT: entry.data.get(CONF_PORT, PLAIN_PORT),
        }
    return None


FEATURE: Final = Feature(
    key="mqtt",
    make=MqttManager,
    subentries={SUBENTRY_MQTT_BROKER: MqttBrokerFlow},
    links={SUBENTRY_MQTT_BROKER: MqttLink},
    link_entities={
        SUBENTRY_MQTT_BROKER: (
            CONNECTIVITY,
            *link_sensors(MESSAGES_ACCEPTED, *TRAFFIC),
        )
    },
    dialects={DIALECT_MAESTRA: _maestra_dialect},
    filters={
        DIALECT_MAESTRA: lambda data: subscriptions(
            bridges=data.get(CONF_BRIDGE, DEFAULT_BRIDGE)
        )
    },
    reauth={
        SUBENTRY_MQTT_BROKER: Reauth(
            step_id="reauth_confirm",
            schema=CREDENTIALS_SCHEMA,
            find_problem=async_find_problem,
        )
    },
    discovery={"mqtt": _discovered},
    actions=MQTT_ACTIONS,
    endpoints=_endpoints,
)
