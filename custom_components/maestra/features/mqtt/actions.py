"""The action that publishes MQTT messages."""

from typing import Any, Final

import orjson
import probatio

from homeassistant.core import ServiceCall
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType

from ...core.domain.errors import NotConnected
from ...core.mqtt.bridge import checked_topic
from ...core.mqtt.codec import SUBSCRIPTIONS
from ...core.transport.routes import topic_matches
from ...hub.actions import Action, json_value, refusal
from ...hub.hub import Hub
from ...hub.permissions import Needs
from ...hub.targets import owner_of
from .link import MqttLink

ATTR_BROKER: Final = "broker"
ATTR_PAYLOAD: Final = "payload"
ATTR_QOS: Final = "qos"
ATTR_RETAIN: Final = "retain"
ATTR_TOPIC: Final = "topic"

_PUBLISH: Final[VolDictType] = {
    probatio.Required(ATTR_TOPIC): cv.string,
    probatio.Optional(ATTR_PAYLOAD): json_value,
    probatio.Optional(ATTR_QOS, default=0): probatio.All(
        probatio.Coerce(int), probatio.In([0, 1])
    ),
    probatio.Optional(ATTR_RETAIN, default=False): cv.boolean,
    probatio.Optional(ATTR_BROKER): cv.string,
}


def _publish(hub: Hub, call: ServiceCall) -> None:
    """Publish on one broker, or on all that are connected."""
    data = call.data
    topic, payload = _free_topic(data[ATTR_TOPIC]), _encoded(data.get(ATTR_PAYLOAD))
    broker = data.get(ATTR_BROKER)
    for link in _links(hub, broker and owner_of(hub.hass, broker)):
        link.publish(topic, payload, qos=data[ATTR_QOS], retain=data[ATTR_RETAIN])


def _free_topic(topic: str) -> str:
    checked_topic(topic)
    # The broker would send it straight back to us, as the word of a client.
    if any(topic_matches(filter_, topic) for filter_ in SUBSCRIPTIONS):
        raise refusal("reserved_topic", topic=topic)
    return topic


def _encoded(payload: Any) -> bytes:
    if payload is None:
        return b""
    return payload.encode() if isinstance(payload, str) else orjson.dumps(payload)


def _links(hub: Hub, broker: str | None) -> list[MqttLink]:
    links = hub.links.of(MqttLink)
    if broker is None:
        connected = [link for link in links if link.connected]
        if not connected:
            raise NotConnected(gateway="MQTT")
        return connected
    for link in links:
        if broker in (link.subentry.subentry_id, link.subentry.title):
            return [link]
    raise refusal("unknown_broker", broker=broker)


MQTT_ACTIONS: Final = (
    Action(
        name="publish",
        handler=_publish,
        fields=_PUBLISH,
        needs=Needs.CONTROL,
    ),
)
