"""Messages of EventSub over a WebSocket, and their notices as flat events: pure functions (obs.md §4, stream-production.md §4)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..domain.json_values import InvalidJson, JsonObject, JsonValue, loads

MAX_ID_LENGTH: Final = 100
MAX_TYPE_LENGTH: Final = 100
MAX_URL_LENGTH: Final = 2_000
KEEPALIVE: Final = range(1, 601)
"""Seconds between two signs of life, as Twitch may announce them."""
REFUSED_STATUSES: Final = frozenset({"authorization_revoked", "user_removed"})


@dataclass(frozen=True, slots=True)
class Welcome:
    """The session is there. Without any other message Twitch gives a sign of life after `keepalive` seconds."""

    session: str
    keepalive: int


@dataclass(frozen=True, slots=True)
class Keepalive:
    """A sign of life."""


@dataclass(frozen=True, slots=True)
class Reconnect:
    """The session goes on at another address."""

    url: str


@dataclass(frozen=True, slots=True)
class Revocation:
    """One kind of notice comes no more, and why."""

    type: str
    status: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something has happened. A notice with the same `id` is the same, sent again."""

    id: str
    type: str
    timestamp: str
    event: JsonObject


@dataclass(frozen=True, slots=True)
class Malformed:
    """What can't be read, and why."""

    reason: str


type Message = Welcome | Keepalive | Reconnect | Revocation | Notice


def decode(text: str) -> Message | Malformed:
    """Read a message. Never raises."""
    try:
        message = loads(text)
    except InvalidJson as error:
        return Malformed(f"is no JSON: {error}")
    metadata, payload = _object(message, "metadata"), _object(message, "payload")
    kind = metadata.get("message_type")
    if not isinstance(kind, str) or (read := _READERS.get(kind)) is None:
        return Malformed("is of no known kind")
    return read(metadata, payload)


def _welcome(_metadata: JsonObject, payload: JsonObject) -> Message | Malformed:
    session = _object(payload, "session")
    id_ = _text(session.get("id"), MAX_ID_LENGTH * 5)
    keepalive = session.get("keepalive_timeout_seconds")
    if id_ is None or not isinstance(keepalive, int) or keepalive not in KEEPALIVE:
        return Malformed("welcomes nobody")
    return Welcome(id_, keepalive)


def _keepalive(_metadata: JsonObject, _payload: JsonObject) -> Message | Malformed:
    return Keepalive()


def _reconnect(_metadata: JsonObject, payload: JsonObject) -> Message | Malformed:
    url = _text(_object(payload, "session").get("reconnect_url"), MAX_URL_LENGTH)
    return Malformed("leads nowhere") if url is None else Reconnect(url)


def _revocation(metadata: JsonObject, payload: JsonObject) -> Message | Malformed:
    subscription = _object(payload, "subscription")
    kind = _text(metadata.get("subscription_type"), MAX_TYPE_LENGTH)
    status = _text(subscription.get("status"), MAX_TYPE_LENGTH)
    if kind is None or status is None:
        return Malformed("revokes nothing")
    return Revocation(kind, status)


def _notice(metadata: JsonObject, payload: JsonObject) -> Message | Malformed:
    id_ = _text(metadata.get("message_id"), MAX_ID_LENGTH)
    kind = _text(metadata.get("subscription_type"), MAX_TYPE_LENGTH)
    timestamp = _text(metadata.get("message_timestamp"), MAX_ID_LENGTH)
    event = payload.get("event")
    if id_ is None or kind is None or timestamp is None or not isinstance(event, dict):
        return Malformed("notifies of nothing")
    return Notice(id_, kind, timestamp, event)


_READERS: Final[
    Mapping[str, Callable[[JsonObject, JsonObject], Message | Malformed]]
] = {
    "session_welcome": _welcome,
    "session_keepalive": _keepalive,
    "session_reconnect": _reconnect,
    "revocation": _revocation,
    "notification": _notice,
}


def flat(notice: Notice) -> JsonObject:
    """Return a notice as a flat event: its fields by their flat names, beside id, type and time."""
    change = _FLATTENERS.get(notice.type)
    return {
        **notice.event,
        **(change(notice.event) if change else {}),
        "id": notice.id,
        "type": notice.type,
        "timestamp": notice.timestamp,
    }


def _chat_message(event: JsonObject) -> JsonObject:
    message, cheer = _object(event, "message"), _object(event, "cheer")
    fragments = [it for it in _list(message.get("fragments")) if isinstance(it, dict)]
    emotes = [it for it in fragments if it.get("type") == "emote"]
    own = event.get("broadcaster_user_id")
    reply = _object(event, "reply")
    return {
        **_user(event, "chatter_user"),
        "message": message.get("text"),
        "fragments": [
            {"type": it.get("type"), "text": it.get("text")} for it in fragments
        ],
        "emotes": [it.get("text") for it in emotes],
        "native_emotes": [
            it.get("text")
            for it in emotes
            if own and _object(it, "emote").get("owner_id") == own
        ],
        "cheer_bits": cheer.get("bits"),
        **{
            f"reply_{key}": value
            for key, value in reply.items()
            if key.startswith(("parent_", "thread_"))
        },
    }


def _spoken(event: JsonObject) -> JsonObject:
    return {"message": _object(event, "message").get("text")}


def _chat_notification(event: JsonObject) -> JsonObject:
    return {**_spoken(event), "notification_type": event.get("notice_type")}


def _stream_online(event: JsonObject) -> JsonObject:
    return {"stream_id": event.get("id"), "stream_type": event.get("type")}


def _user(event: JsonObject, prefix: str) -> JsonObject:
    return {
        f"user_{key}": event.get(f"{prefix}_{key}") for key in ("id", "login", "name")
    }


# What is not flat, or has another name, by type.
_FLATTENERS: Final[Mapping[str, Callable[[JsonObject], JsonObject]]] = {
    "channel.chat.message": _chat_message,
    "channel.chat.notification": _chat_notification,
    "channel.subscription.message": _spoken,
    "stream.online": _stream_online,
}


def _object(value: Any, key: str) -> JsonObject:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _text(value: JsonValue, longest: int) -> str | None:
    if not isinstance(value, str) or not value or len(value) > longest:
        return None
    return value if value.isprintable() else None
