"""The frames of the WebSocket gateway, in and out. No I/O (maestra.md §4)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from ..domain.clock import naive_wire_time, utcnow
from ..domain.events import Relayed
from ..domain.json_values import (
    InvalidJson,
    JsonObject,
    JsonValue,
    NestedTooDeep,
    loads,
)
from ..transport.subjects import is_subject
from .subscriptions import (
    EVERYTHING,
    Form,
    Subscription,
    Unreadable,
    read_filter,
    read_patterns,
)

SOURCE: Final = "websocket"
GREETING: Final = "Connected to Maestra WebSocket Gateway"
# What a client may not say on NATS: the server's own subjects, and answers to other clients' requests.
RESERVED: Final = ("$", "_INBOX.")
MAX_RAW: Final = 500
MAX_ECHO: Final = 100


@dataclass(frozen=True, slots=True, eq=False)
class Publish:
    """Something is said on a subject."""

    subject: str
    data: JsonValue


@dataclass(frozen=True, slots=True, eq=False)
class Subscribe:
    """A client wants to hear something; with `snapshot` also how matching entities are now."""

    subscriptions: tuple[Subscription, ...]
    snapshot: bool = False

    @property
    def patterns(self) -> tuple[str, ...]:
        """The patterns, in the order they were named."""
        return tuple(subscription.pattern for subscription in self.subscriptions)


@dataclass(frozen=True, slots=True, eq=False)
class Unsubscribe:
    """A client wants to hear something no longer; without patterns, anything."""

    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Ping:
    """A client asks whether we are there."""


@dataclass(frozen=True, slots=True, eq=False)
class Auth:
    """A client names its token."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Malformed:
    """A frame that can't be read, and why."""

    message: str
    code: str = "malformed"
    subject: str | None = None


type Frame = Publish | Subscribe | Unsubscribe | Ping | Auth | Malformed


def decode(raw: bytes) -> Frame:
    """Read one text frame. Never raises: what can't be read is a Malformed with a short reason."""
    try:
        body = loads(raw)
    except NestedTooDeep as error:
        return Malformed(f"Frame {error}")
    except InvalidJson:
        return Malformed("Invalid JSON")
    if not isinstance(body, dict):
        return Malformed("Frame is not a JSON object")
    kind = body.get("type")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        return Malformed(f"Unknown message type: {str(kind)[:MAX_ECHO]}")
    try:
        return reader(body)
    except Unreadable as error:
        return Malformed(str(error), "invalid_subject")


def _publish(body: JsonObject) -> Frame:
    subject = body.get("subject")
    if not isinstance(subject, str) or not is_subject(subject):
        return Malformed("subject: missing or no subject", "invalid_subject")
    if subject.startswith(RESERVED):
        return Malformed("subject: is reserved", "invalid_subject", subject)
    return Publish(subject, body.get("data", {}))


def _subscribe(body: JsonObject) -> Frame:
    wanted = read_filter(body.get("filter"))
    envelope = body.get("envelope")
    asked = _FORMS[envelope] if isinstance(envelope, bool) else None
    patterns = read_patterns(body) or (EVERYTHING,)
    return Subscribe(
        tuple(
            Subscription(
                pattern,
                wanted,
                # Who wants all below a subject gets messages of any kind. Of who names an entity, a type or all of
                # them, some read the event (the JavaScript SDK), others the message (the reference's dashboard).
                asked or (Form.MESSAGE if pattern.endswith(">") else Form.BOTH),
            )
            for pattern in patterns
        ),
        body.get("snapshot") is True,
    )


_FORMS: Final[Mapping[bool, Form]] = {True: Form.MESSAGE, False: Form.EVENT}


def _auth(body: JsonObject) -> Frame:
    token = body.get("token")
    return (
        Auth(token)
        if isinstance(token, str)
        else Malformed("token: must be text", "invalid_token")
    )


_READERS: Final[Mapping[str, Callable[[JsonObject], Frame]]] = {
    "publish": _publish,
    "subscribe": _subscribe,
    "unsubscribe": lambda body: Unsubscribe(read_patterns(body)),
    "ping": lambda _: Ping(),
    "auth": _auth,
}


def welcome(client_id: int) -> bytes:
    """Return the first frame that a client gets."""
    return _frame("welcome", client_id=client_id, message=GREETING)


def ack(subject: str) -> bytes:
    """Return the answer to a publish that was carried out or passed on."""
    return _frame("ack", subject=subject)


def pong() -> bytes:
    """Return the answer to a ping."""
    return _frame("pong")


def error(message: str, code: str, subject: str | None = None) -> bytes:
    """Return the answer to a frame that was refused."""
    return _frame("error", message=message, code=code, subject=subject)


def subscribed(patterns: Iterable[str]) -> bytes:
    """Return the answer to a subscribe."""
    return _frame("subscribed", **_named(patterns))


def unsubscribed(patterns: Iterable[str]) -> bytes:
    """Return the answer to an unsubscribe."""
    return _frame("unsubscribed", **_named(patterns))


def snapshot_complete(patterns: Iterable[str], count: int) -> bytes:
    """Return what follows the states that a subscribe asked for."""
    return _frame("snapshot_complete", **_named(patterns), count=count)


def message(subject: str, payload: bytes) -> bytes:
    """Return what is said on a subject; `payload` is JSON already."""
    return _frame("message", subject=subject, data=orjson.Fragment(payload))


def state_message(subject: str, event: bytes) -> bytes:
    """Return a state change on a subject, as an event and a message in one; `event` is a JSON object already."""
    return b'%b,"subject":%b,"data":%b}' % (event[:-1], orjson.dumps(subject), event)


def envelope(data: JsonValue) -> JsonObject:
    """Return what a client's words look like on the bus."""
    return {"timestamp": _now(), "source": SOURCE, "data": data}


def relayed_message(relayed: Relayed) -> bytes:
    """Return what was said as JSON; what is none as its first 500 characters, nothing as null."""
    if not relayed.raw:
        return orjson.dumps(relayed.data)
    text = relayed.raw[: 4 * MAX_RAW].decode(errors="replace")[:MAX_RAW]
    return orjson.dumps({"_raw": text, "_error": "non-JSON payload"})


def _named(patterns: Iterable[str]) -> dict[str, Any]:
    subjects = list(patterns)
    # One subject is answered as it was asked; `subjects` is always there.
    return {"subject": subjects[0] if subjects else None, "subjects": subjects}


def _frame(kind: str, **fields: Any) -> bytes:
    return orjson.dumps({"type": kind, **fields, "timestamp": _now()})


def _now() -> str:
    return naive_wire_time(utcnow())
