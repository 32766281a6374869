"""Actions on streams and their sessions."""

from typing import Final

import probatio

from homeassistant.const import CONF_NAME
from homeassistant.core import ServiceCall, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType

from ...core.domain.json_values import JsonObject
from ...core.domain.source import HOME_ASSISTANT
from ...core.domain.stream import Stream
from ...hub.actions import JSON_OBJECT, Action, refusal, targeted_ids
from ...hub.hub import Hub
from ...hub.permissions import Needs
from ...hub.targets import NAMES, owner_of
from .manager import StreamsManager, stream_key

ATTR_ADDRESS: Final = "address"
ATTR_BYTES_TRANSFERRED: Final = "bytes_transferred"
ATTR_CONFIG: Final = "config"
ATTR_CONSUMER: Final = "consumer"
ATTR_DEVICE: Final = "device"
ATTR_ENTITY: Final = "entity"
ATTR_KEEP_ALIVE: Final = "keep_alive"
ATTR_METADATA: Final = "metadata"
ATTR_MULTICAST_GROUP: Final = "multicast_group"
ATTR_MULTICAST_PORT: Final = "multicast_port"
ATTR_PORT: Final = "port"
ATTR_PROTOCOL: Final = "protocol"
ATTR_PUBLISHER: Final = "publisher"
ATTR_SESSION: Final = "session"
ATTR_STREAM: Final = "stream"
ATTR_STREAM_TYPE: Final = "stream_type"

_PORT: Final = probatio.All(probatio.Coerce(int), probatio.Range(min=0, max=65_535))
_KEEP_ALIVE: Final[VolDictType] = {
    probatio.Optional(ATTR_KEEP_ALIVE, default=True): cv.boolean
}
_ADVERTISE: Final[VolDictType] = {
    probatio.Required(CONF_NAME): cv.string,
    probatio.Required(ATTR_STREAM_TYPE): cv.string,
    probatio.Required(ATTR_PROTOCOL): cv.string,
    probatio.Required(ATTR_ADDRESS): cv.string,
    probatio.Required(ATTR_PORT): _PORT,
    probatio.Optional(ATTR_PUBLISHER, default=HOME_ASSISTANT.name): cv.string,
    probatio.Optional(ATTR_ENTITY): cv.string,
    probatio.Optional(ATTR_DEVICE): cv.string,
    probatio.Optional(ATTR_MULTICAST_GROUP): cv.string,
    probatio.Optional(ATTR_MULTICAST_PORT): _PORT,
    probatio.Optional(ATTR_CONFIG, default=dict): JSON_OBJECT,
    probatio.Optional(ATTR_METADATA, default=dict): JSON_OBJECT,
    **_KEEP_ALIVE,
}
_WITHDRAW: Final[VolDictType] = {
    **cv.ENTITY_SERVICE_FIELDS,
    probatio.Optional(ATTR_STREAM, default=list): NAMES,
}
_LIST: Final[VolDictType] = {
    probatio.Optional(CONF_NAME, default=list): NAMES,
    probatio.Optional(ATTR_STREAM_TYPE, default=list): NAMES,
    probatio.Optional(ATTR_PUBLISHER, default=list): NAMES,
}
_REQUEST: Final[VolDictType] = {
    **cv.ENTITY_SERVICE_FIELDS,
    probatio.Optional(ATTR_STREAM, default=list): NAMES,
    probatio.Required(ATTR_ADDRESS): cv.string,
    probatio.Optional(ATTR_PORT): _PORT,
    probatio.Optional(ATTR_CONSUMER, default=HOME_ASSISTANT.name): cv.string,
    probatio.Optional(ATTR_CONFIG, default=dict): JSON_OBJECT,
    **_KEEP_ALIVE,
}
_STOP: Final[VolDictType] = {
    probatio.Required(ATTR_SESSION): cv.string,
    probatio.Optional(ATTR_BYTES_TRANSFERRED): cv.positive_int,
}


def _find(hub: Hub, call: ServiceCall) -> list[Stream]:
    """Return the streams that a call targets or names, by id or name, each once and at least one.

    Raises UnknownStream, ServiceValidationError.
    """
    streams = hub.domain.streams
    shown = {stream_key(stream): stream for stream in streams}
    views = {view.key: view for view in hub.manager(StreamsManager)}
    ids = targeted_ids(call, views.get)
    found = [stream for key, stream in shown.items() if key in ids]
    for name in call.data[ATTR_STREAM]:
        named = [stream for stream in streams if name in (stream.id, stream.name)]
        found += named or [streams[name]]
    if not found:
        raise refusal("no_stream_targeted")
    return list(dict.fromkeys(found))


def _described(stream: Stream) -> JsonObject:
    return {
        **stream.to_wire(),
        "sessions": [session.to_wire() for session in stream.sessions.values()],
        "subscribers": [
            subscriber.to_wire() for subscriber in stream.subscribers.values()
        ],
    }


def _advertise(hub: Hub, call: ServiceCall) -> JsonObject:
    """Advertise a stream; returns it."""
    domain, data = hub.domain, call.data
    entity, device = (
        things[owner_of(hub.hass, data[name])] if name in data else None
        for name, things in (
            (ATTR_ENTITY, domain.entities),
            (ATTR_DEVICE, domain.devices),
        )
    )
    stream = domain.streams.advertise(
        {
            **data,
            "publisher_id": data[ATTR_PUBLISHER],
            "entity_id": entity.id if entity else None,
            "device_id": device.id if device else None,
        },
        source=HOME_ASSISTANT,
    )
    hub.manager(StreamsManager).timer.keep_stream(
        stream.id, alive=data[ATTR_KEEP_ALIVE]
    )
    return stream.to_wire()


def _withdraw(hub: Hub, call: ServiceCall) -> JsonObject:
    """Withdraw streams; returns their ids."""
    ids = [stream.id for stream in _find(hub, call)]
    for stream_id in ids:
        hub.domain.streams.withdraw(stream_id, source=HOME_ASSISTANT)
    return {"withdrawn": [*ids]}


def _list(hub: Hub, call: ServiceCall) -> JsonObject:
    """Return the streams that fit, with their sessions and subscribers."""
    names, types, publishers = (
        call.data[field] for field in (CONF_NAME, ATTR_STREAM_TYPE, ATTR_PUBLISHER)
    )
    return {
        "streams": [
            _described(stream)
            for stream in hub.domain.streams
            if (not names or stream.name in names or stream.id in names)
            and (not types or stream.stream_type in types)
            and (not publishers or stream.publisher_id in publishers)
        ]
    }


async def _request(hub: Hub, call: ServiceCall) -> JsonObject:
    """Ask for a stream; returns what the consumer needs to connect."""
    data = call.data
    found = _find(hub, call)
    if len(found) > 1:
        raise refusal("ambiguous_stream", stream=found[0].name)
    session = await hub.domain.streams.request(
        found[0].id,
        {
            "consumer_id": data[ATTR_CONSUMER],
            "consumer_address": data[ATTR_ADDRESS],
            "consumer_port": data.get(ATTR_PORT),
            "config": data[ATTR_CONFIG],
        },
        source=HOME_ASSISTANT,
    )
    hub.manager(StreamsManager).timer.keep_session(
        session.id, alive=data[ATTR_KEEP_ALIVE]
    )
    return session.offer()


def _stop(hub: Hub, call: ServiceCall) -> JsonObject:
    """Stop a session; returns what it was."""
    session = hub.domain.streams.stop_session(
        call.data[ATTR_SESSION],
        bytes_transferred=call.data.get(ATTR_BYTES_TRANSFERRED),
    )
    return session.to_wire() | {
        "status": "stopped",
        "bytes_transferred": session.bytes_transferred,
    }


STREAM_ACTIONS: Final = (
    Action(
        name="advertise_stream",
        handler=_advertise,
        fields=_ADVERTISE,
        needs=Needs.CONTROL,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="withdraw_stream",
        handler=_withdraw,
        fields=_WITHDRAW,
        needs=Needs.CONTROL,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="list_streams",
        handler=_list,
        fields=_LIST,
        needs=Needs.READ,
        response=SupportsResponse.ONLY,
    ),
    Action(
        name="request_stream",
        handler=_request,
        fields=_REQUEST,
        needs=Needs.CONTROL,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="stop_session",
        handler=_stop,
        fields=_STOP,
        needs=Needs.CONTROL,
        response=SupportsResponse.OPTIONAL,
    ),
)
