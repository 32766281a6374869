"""The action that says something on the wire."""

from typing import Any, Final

import orjson
from paho.mqtt.client import topic_matches_sub
import probatio

from homeassistant.core import ServiceCall
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType

from ..domain.errors import InvalidField, NotConnected
from ..gateways.mqtt.codec import SUBSCRIPTIONS
from ..links import MqttLink
from ..runtime import MaestraRuntime
from .action import Action, json_value, refusal

ATTR_BROKER: Final = "broker"
ATTR_PAYLOAD: Final = "payload"
ATTR_QOS: Final = "qos"
ATTR_RETAIN: Final = "retain"
ATTR_TOPIC: Final = "topic"

TOPIC_PREFIX: Final = "maestra/"

_PUBLISH: Final[VolDictType] = {
    probatio.Required(ATTR_TOPIC): cv.string,
    probatio.Optional(ATTR_PAYLOAD): json_value,
    probatio.Optional(ATTR_QOS, default=0): probatio.All(
        probatio.Coerce(int), probatio.In([0, 1])
    ),
    probatio.Optional(ATTR_RETAIN, default=False): cv.boolean,
    probatio.Optional(ATTR_BROKER): cv.string,
}


def _publish(runtime: MaestraRuntime, call: ServiceCall) -> None:
    """Publish on one broker, or on all that are connected."""
    data = call.data
    topic, payload = _checked_topic(data[ATTR_TOPIC]), _encoded(data.get(ATTR_PAYLOAD))
    for link in _links(runtime, data.get(ATTR_BROKER)):
        link.publish(topic, payload, qos=data[ATTR_QOS], retain=data[ATTR_RETAIN])


def _checked_topic(topic: str) -> str:
    below = topic.removeprefix(TOPIC_PREFIX)
    if below in ("", topic) or any(character in topic for character in "+#\0"):
        raise InvalidField(
            field=ATTR_TOPIC,
            reason=f"must begin with {TOPIC_PREFIX} and have no wildcards",
        )
    # The broker would hand it straight back to us, as the word of a client.
    if any(topic_matches_sub(filter_, topic) for filter_ in SUBSCRIPTIONS):
        raise refusal("reserved_topic", topic=topic)
    return topic


def _encoded(payload: Any) -> bytes:
    if payload is None:
        return b""
    return payload.encode() if isinstance(payload, str) else orjson.dumps(payload)


def _links(runtime: MaestraRuntime, broker: str | None) -> list[MqttLink]:
    if broker is None:
        connected = [link for link in runtime.links.values() if link.connected]
        if not connected:
            raise NotConnected(gateway="MQTT")
        return connected
    for link in runtime.links.values():
        if broker in (link.subentry.subentry_id, link.subentry.title):
            return [link]
    raise refusal("unknown_broker", broker=broker)


WIRE_ACTIONS: Final = (Action(name="publish", handler=_publish, fields=_PUBLISH),)
