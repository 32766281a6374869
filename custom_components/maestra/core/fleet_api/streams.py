"""Operations on streams, their sessions and subscribers (maestra.md §1.8)."""

from typing import Any, Final

import probatio

from ..domain.errors import UnknownStream
from ..domain.json_values import JsonObject
from ..domain.stream import PROTOCOLS
from ..store.json_text import plain_text
from ..store.stream_rows import session_history
from .request import Api, HttpError, Request
from .routing import Route
from .schemas import (
    ID,
    NAME,
    OBJECT,
    OPTIONAL_OBJECT,
    OPTIONAL_TEXT,
    body,
    integer,
    optional_body,
    query,
    text,
)

TAG: Final = "streams"
MAX_BYTES: Final = 2**63 - 1
MULTICAST_TAG: Final = "multicast streams"

_PORT: Final = integer(0, 65_535)

_TYPE: Final = body(
    {
        probatio.Required("name"): text(100, 1),
        probatio.Required("display_name"): NAME,
        probatio.Optional("description"): OPTIONAL_TEXT,
        probatio.Optional("icon"): probatio.Maybe(text(50)),
        probatio.Optional("default_config"): OBJECT,
        probatio.Optional("metadata"): OBJECT,
    }
)

_ADVERTISEMENT: Final = body(
    {
        probatio.Required("name"): NAME,
        # Custom types can be advertised too: the domain knows which there are.
        probatio.Required("stream_type"): text(100, 1),
        probatio.Required("publisher_id"): NAME,
        probatio.Required("protocol"): probatio.In(list(PROTOCOLS)),
        probatio.Required("address"): NAME,
        probatio.Required("port"): _PORT,
        probatio.Optional("entity_id"): probatio.Maybe(ID),
        probatio.Optional("device_id"): probatio.Maybe(ID),
        probatio.Optional("config"): OPTIONAL_OBJECT,
        probatio.Optional("metadata"): OPTIONAL_OBJECT,
        probatio.Optional("multicast_group"): probatio.Maybe(text(45)),
        probatio.Optional("multicast_port"): probatio.Maybe(_PORT),
    }
)

_REQUEST: Final = body(
    {
        probatio.Required("consumer_id"): NAME,
        probatio.Required("consumer_address"): NAME,
        probatio.Optional("consumer_port"): probatio.Maybe(_PORT),
        probatio.Optional("config"): OPTIONAL_OBJECT,
    }
)

_BYTES: Final = probatio.Maybe(integer(0, MAX_BYTES))

_HISTORY: Final = query(
    {
        probatio.Optional("stream_id"): ID,
        probatio.Optional("publisher_id"): text(255),
        probatio.Optional("consumer_id"): text(255),
        probatio.Optional("limit", default=50): integer(1, 500),
    }
)


def _state(api: Api, _request: Request) -> JsonObject:
    streams = api.domain.streams
    return {
        "streams": [stream.to_wire() for stream in streams],
        "sessions": [session.to_wire() for session in streams.sessions],
        "stream_types": [kind.to_wire() for kind in streams.types],
        "subscribers": [subscriber.to_wire() for subscriber in streams.subscribers],
    }


def _types(api: Api, _request: Request) -> list[JsonObject]:
    return [kind.to_wire() for kind in api.domain.streams.types]


def _create_type(api: Api, request: Request) -> JsonObject:
    return api.domain.streams.types.create(request.body).to_wire()


def _list(api: Api, request: Request) -> list[JsonObject]:
    streams, kind = api.domain.streams, request.query.get("stream_type")
    found = streams if kind is None else streams.of_type(kind)
    return [stream.to_wire() for stream in found]


def _advertise(api: Api, request: Request) -> JsonObject:
    streams = api.domain.streams
    return streams.advertise(request.body, source=api.source(request)).to_wire()


def _get(api: Api, request: Request) -> JsonObject:
    return api.domain.streams[request.path["stream_id"]].to_wire()


def _withdraw(api: Api, request: Request) -> JsonObject:
    stream_id = request.path["stream_id"]
    api.domain.streams.withdraw(stream_id, source=api.source(request))
    return {"status": "withdrawn", "stream_id": stream_id}


def _heartbeat(api: Api, request: Request) -> JsonObject:
    stream_id = request.path["stream_id"]
    api.domain.streams.heartbeat(stream_id, source=api.source(request))
    return {"status": "ok", "stream_id": stream_id}


async def _request(api: Api, request: Request) -> JsonObject:
    session = await api.domain.streams.request(
        request.path["stream_id"], request.body, source=api.source(request)
    )
    return session.offer()


def _sessions(api: Api, request: Request) -> list[JsonObject]:
    streams, stream_id = api.domain.streams, request.query.get("stream_id")
    found: Any = streams.sessions
    if stream_id is not None:
        stream = streams.get(stream_id)
        found = stream.sessions.values() if stream else ()
    return [session.to_wire() for session in found]


async def _history(api: Api, request: Request) -> list[JsonObject]:
    # PostgreSQL's text has no NUL.
    wanted: dict[str, Any] = {
        key: plain_text(value) if isinstance(value, str) else value
        for key, value in request.query.items()
    }
    async with api.needed_store().reading() as connection:
        return await session_history(connection, **wanted)


def _stop_session(api: Api, request: Request) -> JsonObject:
    session_id = request.path["session_id"]
    api.domain.streams.stop_session(session_id, **request.query)
    return {"status": "stopped", "session_id": session_id}


def _session_heartbeat(api: Api, request: Request) -> JsonObject:
    session_id = request.path["session_id"]
    said = request.body or {}
    api.domain.streams.session_heartbeat(session_id, said.get("bytes_transferred"))
    return {"status": "ok", "session_id": session_id}


STREAM_ROUTES: Final[tuple[Route, ...]] = (
    Route(
        method="GET",
        path="/streams/state",
        handler=_state,
        summary="List streams, sessions, stream types and subscribers at once",
        tag=TAG,
    ),
    Route(
        method="GET",
        path="/streams/types",
        handler=_types,
        summary="List stream types",
        tag=TAG,
    ),
    Route(
        method="POST",
        path="/streams/types",
        handler=_create_type,
        summary="Create a stream type",
        tag=TAG,
        status=201,
        body=_TYPE,
        errors=(409,),
    ),
    Route(
        method="GET",
        path="/streams",
        handler=_list,
        summary="List streams",
        tag=TAG,
        query=query({probatio.Optional("stream_type"): text(255)}),
    ),
    Route(
        method="POST",
        path="/streams/advertise",
        handler=_advertise,
        summary="Advertise a stream, or renew that of its publisher, name and type",
        tag=TAG,
        status=201,
        body=_ADVERTISEMENT,
        errors=(409,),
    ),
    Route(
        method="GET",
        path="/streams/{stream_id}",
        handler=_get,
        summary="Get a stream",
        tag=TAG,
        errors=(404,),
    ),
    Route(
        method="DELETE",
        path="/streams/{stream_id}",
        handler=_withdraw,
        summary="Withdraw a stream, with its sessions and subscribers",
        tag=TAG,
        errors=(404,),
    ),
    Route(
        method="POST",
        path="/streams/{stream_id}/heartbeat",
        handler=_heartbeat,
        summary="Keep a stream alive for 30 seconds",
        tag=TAG,
        body=optional_body({}),
        errors=(404,),
    ),
    Route(
        method="POST",
        path="/streams/{stream_id}/request",
        handler=_request,
        summary="Ask the publisher for a session",
        tag=TAG,
        body=_REQUEST,
        errors=(400, 403, 404, 409, 502, 504),
    ),
    Route(
        method="GET",
        path="/streams/sessions",
        handler=_sessions,
        summary="List active sessions",
        tag=TAG,
        query=query({probatio.Optional("stream_id"): ID}),
    ),
    Route(
        method="GET",
        path="/streams/sessions/history",
        handler=_history,
        summary="List sessions of the past, newest first",
        tag=TAG,
        query=_HISTORY,
        errors=(503, 504),
    ),
    Route(
        method="DELETE",
        path="/streams/sessions/{session_id}",
        handler=_stop_session,
        summary="Stop a session; how much it carried, and what went wrong, can be told",
        tag=TAG,
        query=query(
            {
                probatio.Optional("bytes_transferred"): integer(0, MAX_BYTES),
                probatio.Optional("error"): text(),
            }
        ),
        errors=(404,),
    ),
    Route(
        method="POST",
        path="/streams/sessions/{session_id}/heartbeat",
        handler=_session_heartbeat,
        summary="Keep a session alive for 30 seconds",
        tag=TAG,
        body=optional_body({probatio.Optional("bytes_transferred"): _BYTES}),
        errors=(404,),
    ),
)


# Subscribers of multicast streams.

_JOIN: Final = body(
    {
        probatio.Required("consumer_id"): NAME,
        probatio.Required("consumer_address"): NAME,
        probatio.Optional("metadata"): OPTIONAL_OBJECT,
    }
)


def _join(api: Api, request: Request) -> JsonObject:
    try:
        subscriber = api.domain.streams.join(
            request.path["stream_id"], request.body, source=api.source(request)
        )
    except UnknownStream as error:
        # The reference's clients know no 404 here.
        raise HttpError(400, "Stream not found or expired", code=error.code) from error
    return subscriber.joined()


def _leave(api: Api, request: Request) -> JsonObject:
    subscriber_id = request.path["subscriber_id"]
    api.domain.streams.leave(request.path["stream_id"], subscriber_id)
    return {"status": "left", "subscriber_id": subscriber_id}


def _stream_subscribers(api: Api, request: Request) -> list[JsonObject]:
    stream = api.domain.streams[request.path["stream_id"]]
    return [subscriber.to_wire() for subscriber in stream.subscribers.values()]


def _subscribers(api: Api, request: Request) -> list[JsonObject]:
    streams, stream_id = api.domain.streams, request.query.get("stream_id")
    found: Any = streams.subscribers
    if stream_id is not None:
        stream = streams.get(stream_id)
        found = stream.subscribers.values() if stream else ()
    return [subscriber.to_wire() for subscriber in found]


def _subscriber_heartbeat(api: Api, request: Request) -> JsonObject:
    subscriber_id = request.path["subscriber_id"]
    api.domain.streams.subscriber_heartbeat(subscriber_id)
    return {"status": "ok", "subscriber_id": subscriber_id}


MULTICAST_ROUTES: Final[tuple[Route, ...]] = (
    Route(
        method="POST",
        path="/streams/{stream_id}/join",
        handler=_join,
        summary="Subscribe to a multicast stream",
        tag=MULTICAST_TAG,
        status=201,
        body=_JOIN,
        errors=(400, 409),
    ),
    Route(
        method="DELETE",
        path="/streams/{stream_id}/leave/{subscriber_id}",
        handler=_leave,
        summary="End a subscription",
        tag=MULTICAST_TAG,
        errors=(404,),
    ),
    Route(
        method="GET",
        path="/streams/{stream_id}/subscribers",
        handler=_stream_subscribers,
        summary="List a stream's subscribers",
        tag=MULTICAST_TAG,
        errors=(404,),
    ),
    Route(
        method="GET",
        path="/streams/subscribers",
        handler=_subscribers,
        summary="List the subscribers of all streams",
        tag=MULTICAST_TAG,
        query=query({probatio.Optional("stream_id"): ID}),
    ),
    Route(
        method="POST",
        path="/streams/subscribers/{subscriber_id}/heartbeat",
        handler=_subscriber_heartbeat,
        summary="Keep a subscription alive for 30 seconds",
        tag=MULTICAST_TAG,
        body=optional_body({}),
        errors=(404,),
    ),
)
