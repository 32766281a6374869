"""MQTT messages on the subjects inside: what MQTT clients said, and what is meant for them. No I/O (maestra.md §5.4)."""

from collections.abc import Iterator
from typing import Final

import orjson

from ..domain.clock import naive_wire_time, utcnow
from ..domain.events import Relayed
from ..domain.json_values import InvalidJson, JsonObject, JsonValue, loads
from ..domain.source import Source
from .subjects import subject_of_topic

FROM_MQTT: Final = "maestra.mqtt."
TO_MQTT: Final = "maestra.to_mqtt."


def from_mqtt(topic: str, payload: bytes, gateway: str | None) -> Relayed:
    """Return what is said inside of an MQTT message, as the bridge of the reference says it."""
    text = payload.decode(errors="replace")
    try:
        body: JsonValue = loads(payload)
    except InvalidJson:
        body = text
    return Relayed(
        FROM_MQTT + subject_of_topic(topic),
        {
            "source": "mqtt",
            "topic": topic,
            "payload": text,
            "qos": 0,
            "timestamp": naive_wire_time(utcnow()),
            "data": body,
        },
        Source("mqtt", gateway),
    )


def as_mqtt_client(topic: str, body: JsonObject, source: Source) -> Iterator[Relayed]:
    """Yield what is said inside when an MQTT client publishes JSON: to MQTT clients, and to those that hear them.

    Where there is no broker, or its bridge is off, the latter hear of it all the same.
    """
    yield Relayed(TO_MQTT + subject_of_topic(topic), {"payload": body}, source)
    yield from_mqtt(topic, orjson.dumps(body), source.gateway)
