"""Messages of obs-websocket 5 as JSON: pure functions (stream-production.md §9)."""

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from hashlib import sha256
from typing import Any, Final

import orjson

from ..domain.json_values import InvalidJson, JsonObject, loads

SUBPROTOCOL: Final = "obswebsocket.json"
RPC_VERSION: Final = 1


class Op(IntEnum):
    """What a message is."""

    HELLO = 0
    IDENTIFY = 1
    IDENTIFIED = 2
    EVENT = 5
    REQUEST = 6
    REQUEST_RESPONSE = 7
    REQUEST_BATCH = 8
    REQUEST_BATCH_RESPONSE = 9


class Close(IntEnum):
    """Why OBS ends a connection, as far as it matters."""

    AUTHENTICATION_FAILED = 4009
    UNSUPPORTED_RPC_VERSION = 4010
    SESSION_INVALIDATED = 4011


class Status(IntEnum):
    """How a request went, as far as it matters."""

    SUCCESS = 100
    NOT_READY = 207


class Events(IntFlag):
    """Groups of events that a client can ask for."""

    GENERAL = 1
    CONFIG = 2
    SCENES = 4
    INPUTS = 8
    TRANSITIONS = 16
    FILTERS = 32
    OUTPUTS = 64
    SCENE_ITEMS = 128
    MEDIA_INPUTS = 256
    VENDORS = 512
    UI = 1024


WANTED: Final = (
    Events.GENERAL
    | Events.CONFIG
    | Events.SCENES
    | Events.INPUTS
    | Events.TRANSITIONS
    | Events.FILTERS
    | Events.OUTPUTS
    | Events.SCENE_ITEMS
    | Events.MEDIA_INPUTS
    | Events.VENDORS
    | Events.UI
)


@dataclass(frozen=True, slots=True)
class Hello:
    """OBS greets. `challenge` and `salt` are there where it wants a password."""

    rpc_version: int
    challenge: str | None = None
    salt: str | None = None


@dataclass(frozen=True, slots=True)
class Identified:
    """OBS lets us in."""


@dataclass(frozen=True, slots=True)
class ObsEvent:
    """Something has happened in OBS."""

    type: str
    data: JsonObject


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to a request. `comment` are OBS's own words on what is wrong."""

    id: str
    request: str
    status: int
    comment: str
    data: JsonObject

    @property
    def is_success(self) -> bool:
        """Whether OBS did it."""
        return self.status == Status.SUCCESS


@dataclass(frozen=True, slots=True)
class BatchResponse:
    """The answers to a batch, in its order: of one that was halted only those up to the failure."""

    id: str
    results: tuple[Response, ...]


@dataclass(frozen=True, slots=True)
class Malformed:
    """What can't be read, and why."""

    reason: str


type Message = Hello | Identified | ObsEvent | Response | BatchResponse


def decode(text: str) -> Message | Malformed:
    """Read a message of OBS. Never raises: what can't be read is a Malformed with a short reason."""
    try:
        message = loads(text)
    except InvalidJson as error:
        return Malformed(str(error))
    if not isinstance(message, dict) or not isinstance(data := message.get("d"), dict):
        return Malformed("is no message")
    match message.get("op"):
        case Op.HELLO:
            return _hello(data)
        case Op.IDENTIFIED:
            return Identified()
        case Op.EVENT:
            kind = data.get("eventType")
            if not isinstance(kind, str):
                return Malformed("has no event type")
            return ObsEvent(kind, _object(data.get("eventData")))
        case Op.REQUEST_RESPONSE:
            return _response(data)
        case Op.REQUEST_BATCH_RESPONSE:
            results = data.get("results")
            found = [
                _response(each)
                for each in (results if isinstance(results, list) else ())
                if isinstance(each, dict)
            ]
            return BatchResponse(str(data.get("requestId")), tuple(found))
    return Malformed("is of an unknown kind")


def authentication(password: str, challenge: str, salt: str) -> str:
    """Return what proves that we know the password."""
    secret = b64encode(sha256((password + salt).encode()).digest()).decode()
    return b64encode(sha256((secret + challenge).encode()).digest()).decode()


def identify(hello: Hello, password: str | None) -> str:
    """Return our answer to the greeting."""
    data: JsonObject = {
        "rpcVersion": RPC_VERSION,
        "eventSubscriptions": int(WANTED),
    }
    if hello.challenge is not None and hello.salt is not None and password:
        data["authentication"] = authentication(password, hello.challenge, hello.salt)
    return _encode(Op.IDENTIFY, data)


def request(id_: str, name: str, data: JsonObject | None = None) -> str:
    """Return a request."""
    return _encode(Op.REQUEST, {"requestId": id_, **_requested(name, data)})


def batch(
    id_: str,
    requests: Iterable[tuple[str, JsonObject | None]],
    *,
    halt_on_failure: bool = False,
) -> str:
    """Return several requests, which OBS does one after the other."""
    return _encode(
        Op.REQUEST_BATCH,
        {
            "requestId": id_,
            "haltOnFailure": halt_on_failure,
            "requests": [_requested(name, data) for name, data in requests],
        },
    )


def _requested(name: str, data: JsonObject | None) -> JsonObject:
    return {"requestType": name, **({"requestData": data} if data else {})}


def _encode(op: Op, data: JsonObject) -> str:
    return orjson.dumps({"op": int(op), "d": data}).decode()


def _hello(data: JsonObject) -> Hello | Malformed:
    version, wanted = data.get("rpcVersion"), data.get("authentication")
    if not isinstance(version, int):
        return Malformed("has no version")
    if not isinstance(wanted, dict):
        return Hello(version)
    challenge, salt = wanted.get("challenge"), wanted.get("salt")
    if not isinstance(challenge, str) or not isinstance(salt, str):
        return Malformed("has no challenge")
    return Hello(version, challenge, salt)


def _response(data: JsonObject) -> Response:
    status = _object(data.get("requestStatus"))
    code: Any = status.get("code")
    return Response(
        id=str(data.get("requestId")),
        request=str(data.get("requestType")),
        status=code if isinstance(code, int) else 0,
        comment=str(status.get("comment") or ""),
        data=_object(data.get("responseData")),
    )


def _object(value: Any) -> JsonObject:
    return value if isinstance(value, dict) else {}
