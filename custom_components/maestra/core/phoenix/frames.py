"""Messages of Phoenix channels in both versions of its serializer (stream-production.md §3): pure functions."""

from dataclasses import dataclass
from typing import Any, Final

import orjson

from ..domain.clock import utcnow, wire_time
from ..domain.json_values import InvalidJson, JsonObject, JsonValue, loads

VERSIONS: Final = ("1.0.0", "2.0.0")
"""Of the first a message is an object, of the second a list."""
MAX_REF_LENGTH: Final = 64
MAX_TOPIC_LENGTH: Final = 200
MAX_EVENT_LENGTH: Final = 100
SERVER_VERSION: Final = "0.1.0"
HEARTBEAT_TOPIC: Final = "phoenix"
HEARTBEAT: Final = "heartbeat"
JOIN: Final = "phx_join"
LEAVE: Final = "phx_leave"
REPLY: Final = "phx_reply"
CLOSE: Final = "phx_close"
OK: Final = "ok"
ERROR: Final = "error"


@dataclass(frozen=True, slots=True)
class Message[P = JsonObject]:
    """What a client says on a topic, or we do. `ref` comes back in the reply."""

    topic: str
    event: str
    payload: P
    ref: str | None = None
    join_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Malformed:
    """What can't be read, and why."""

    reason: str


def decode(text: str, version: str) -> Message | Malformed:
    """Read a message. Never raises: what can't be read is a Malformed with a short reason."""
    try:
        found = loads(text)
    except InvalidJson as error:
        return Malformed(str(error))
    if version == VERSIONS[0]:
        if not isinstance(found, dict):
            return Malformed("is no object")
        keys = ("join_ref", "ref", "topic", "event", "payload")
        parts: list[JsonValue] = [found.get(key) for key in keys]
    elif isinstance(found, list) and len(found) == 5:
        parts = found
    else:
        return Malformed("is no list of five")
    join_ref, ref, topic, event, payload = parts
    if not isinstance(topic, str) or not 0 < len(topic) <= MAX_TOPIC_LENGTH:
        return Malformed("has no topic")
    if not isinstance(event, str) or not 0 < len(event) <= MAX_EVENT_LENGTH:
        return Malformed("has no event")
    if payload is not None and not isinstance(payload, dict):
        return Malformed("has a payload that is no object")
    return Message(topic, event, payload or {}, _ref(ref), _ref(join_ref))


def encode(message: Message[Any], version: str) -> str:
    """Write a message of ours, whose payload may be encoded already."""
    if version == VERSIONS[0]:
        text = orjson.dumps(
            {
                "topic": message.topic,
                "event": message.event,
                "payload": message.payload,
                "ref": message.ref,
                "join_ref": message.join_ref,
            }
        )
    else:
        text = orjson.dumps(
            [
                message.join_ref,
                message.ref,
                message.topic,
                message.event,
                message.payload,
            ]
        )
    return text.decode()


def reply(to: Message, response: JsonValue, *, status: str = OK) -> Message:
    """Return the answer to a message."""
    payload: JsonObject = {"status": status, "response": response}
    return Message(to.topic, REPLY, payload, to.ref, to.join_ref)


def done(data: JsonValue) -> JsonObject:
    """Return the envelope of what went well."""
    meta: JsonObject = {
        "timestamp": wire_time(utcnow()),
        "server_version": SERVER_VERSION,
    }
    return {"success": True, "data": data, "meta": meta}


def failed(code: str, message: str) -> JsonObject:
    """Return the envelope of what did not."""
    error: JsonObject = {
        "code": code,
        "message": message,
        "timestamp": wire_time(utcnow()),
    }
    return {"success": False, "error": error}


def _ref(value: JsonValue) -> str | None:
    """Return a reference, which some clients write as a number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value)[:MAX_REF_LENGTH]
