"""Operations on the subscribers of multicast streams (maestra.md §1.8)."""

from typing import TYPE_CHECKING, Any, Final

import probatio

from ...domain.errors import UnknownStream
from ...domain.json_types import JsonObject
from .request import HttpError, Request
from .route import Route
from .schemas import ID, NAME, OPTIONAL_OBJECT, body, optional_body, query

if TYPE_CHECKING:
    from .api import FleetApi

TAG: Final = "multicast streams"

_JOIN: Final = body(
    {
        probatio.Required("consumer_id"): NAME,
        probatio.Required("consumer_address"): NAME,
        probatio.Optional("metadata"): OPTIONAL_OBJECT,
    }
)


def _join(api: FleetApi, request: Request) -> JsonObject:
    try:
        subscriber = api.domain.streams.join(
            request.path["stream_id"], request.body, source=api.source(request)
        )
    except UnknownStream as error:
        # The reference's clients know no 404 here.
        raise HttpError(400, "Stream not found or expired", code=error.code) from error
    return subscriber.joined()


def _leave(api: FleetApi, request: Request) -> JsonObject:
    subscriber_id = request.path["subscriber_id"]
    api.domain.streams.leave(request.path["stream_id"], subscriber_id)
    return {"status": "left", "subscriber_id": subscriber_id}


def _of_stream(api: FleetApi, request: Request) -> list[JsonObject]:
    stream = api.domain.streams[request.path["stream_id"]]
    return [subscriber.to_wire() for subscriber in stream.subscribers.values()]


def _all(api: FleetApi, request: Request) -> list[JsonObject]:
    streams, stream_id = api.domain.streams, request.query.get("stream_id")
    found: Any = streams.subscribers
    if stream_id is not None:
        stream = streams.get(stream_id)
        found = stream.subscribers.values() if stream else ()
    return [subscriber.to_wire() for subscriber in found]


def _heartbeat(api: FleetApi, request: Request) -> JsonObject:
    subscriber_id = request.path["subscriber_id"]
    api.domain.streams.subscriber_heartbeat(subscriber_id)
    return {"status": "ok", "subscriber_id": subscriber_id}


MULTICAST_ROUTES: Final[tuple[Route, ...]] = (
    Route(
        method="POST",
        path="/streams/{stream_id}/join",
        handler=_join,
        summary="Subscribe to a multicast stream",
        tag=TAG,
        status=201,
        body=_JOIN,
        errors=(400, 409),
    ),
    Route(
        method="DELETE",
        path="/streams/{stream_id}/leave/{subscriber_id}",
        handler=_leave,
        summary="End a subscription",
        tag=TAG,
        errors=(404,),
    ),
    Route(
        method="GET",
        path="/streams/{stream_id}/subscribers",
        handler=_of_stream,
        summary="List a stream's subscribers",
        tag=TAG,
        errors=(404,),
    ),
    Route(
        method="GET",
        path="/streams/subscribers",
        handler=_all,
        summary="List the subscribers of all streams",
        tag=TAG,
        query=query({probatio.Optional("stream_id"): ID}),
    ),
    Route(
        method="POST",
        path="/streams/subscribers/{subscriber_id}/heartbeat",
        handler=_heartbeat,
        summary="Keep a subscription alive for 30 seconds",
        tag=TAG,
        body=optional_body({}),
        errors=(404,),
    ),
)
