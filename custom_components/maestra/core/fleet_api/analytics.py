"""Operations on what was recorded, and on how much is (maestra.md §1.9)."""

import asyncio
from contextlib import aclosing, suppress
from typing import Any, Final

from aiohttp import web
import probatio

from ..domain.collection import Scope, Verbosity
from ..domain.json_values import JsonObject
from ..store.analytics import (
    EXPORTS,
    ExportRequest,
    annotate,
    annotations,
    edit_annotation,
    export_csv,
    export_json,
    remove_annotation,
    summary,
)
from .request import Api, HttpError, Request, allow_origin
from .routing import Route
from .schemas import (
    ID,
    NAME,
    OBJECT,
    OPTIONAL_TEXT,
    TIME,
    Fields,
    body,
    integer,
    query,
    text,
)

JSON: Final = "application/json"
WRITE_TIMEOUT: Final = 10.0  # seconds until a client that does not read is left alone
TAG: Final = "analytics"
MAX_EXPORT: Final = 100_000


class ClientGone(Exception):
    """The client left, or does not read."""


class Download:
    """A file that is sent piece by piece; its headers go out with the first one."""

    def __init__(self, api: Api, request: Request, name: str, form: str) -> None:
        """Send nothing yet; `name` is that of the file, `form` csv or json."""
        self._api = api
        self._request = request
        self.response = web.StreamResponse()
        self.response.content_type = "text/csv" if form == "csv" else JSON
        self.response.charset = "utf-8"
        if form == "csv":
            disposition = f'attachment; filename="maestra_{name}.csv"'
            self.response.headers["Content-Disposition"] = disposition

    async def write(self, data: bytes) -> None:
        """Send a piece; raises ClientGone."""
        response = self.response
        # The file is one message: `end` counts it.
        self._api.traffic.outgoing(len(data), 0)
        try:
            async with asyncio.timeout(WRITE_TIMEOUT):
                if not response.prepared:
                    http = self._request.http
                    await allow_origin(http, response).prepare(http)
                await response.write(data)
        except (ConnectionError, TimeoutError) as error:
            raise ClientGone from error

    async def end(self) -> web.StreamResponse:
        """Say that this was all."""
        self._api.traffic.outgoing(0)
        with suppress(ConnectionError):
            await self.response.write_eof()
        return self.response

    def cut_off(self) -> None:
        """Let the client see that something is missing."""
        transport = self._request.http.transport
        if self.response.prepared and transport is not None:
            transport.abort()


_SPAN: Final[Fields] = {
    probatio.Optional("since"): TIME,
    probatio.Optional("until"): TIME,
}

_TAGS: Final = probatio.All([text(100, 1)], probatio.Length(max=64))

_ANNOTATION: Final = body(
    {
        probatio.Required("title"): NAME,
        probatio.Optional("description"): OPTIONAL_TEXT,
        probatio.Optional("category", default="general"): text(100, 1),
        probatio.Optional("tags", default=list): _TAGS,
        probatio.Optional("metadata", default=dict): OBJECT,
        probatio.Optional("time"): probatio.Maybe(TIME),
    }
)

_CHANGES: Final = body(
    {
        probatio.Optional("title"): probatio.Maybe(NAME),
        probatio.Optional("description"): OPTIONAL_TEXT,
        probatio.Optional("category"): probatio.Maybe(text(100, 1)),
        probatio.Optional("tags"): probatio.Maybe(_TAGS),
        probatio.Optional("metadata"): probatio.Maybe(OBJECT),
        probatio.Optional("time"): probatio.Maybe(TIME),
    }
)

_LIST: Final = query(
    {
        **_SPAN,
        probatio.Optional("category"): text(100),
        probatio.Optional("limit", default=100): integer(1, 1_000),
    }
)

_EXPORT: Final = query(
    {
        **_SPAN,
        probatio.Optional("format", default="json"): probatio.In(["json", "csv"]),
        probatio.Optional("entity_slug"): text(255),
        probatio.Optional("device_id"): ID,
        probatio.Optional("limit", default=10_000): integer(1, MAX_EXPORT),
    }
)

_RULE: Final = body(
    {
        probatio.Required("scope_type"): probatio.In([scope.value for scope in Scope]),
        probatio.Optional("scope_id"): probatio.Maybe(text(255)),
        probatio.Optional("verbosity", default=Verbosity.STANDARD.value): probatio.In(
            [verbosity.value for verbosity in Verbosity]
        ),
        probatio.Optional("config", default=dict): OBJECT,
    }
)


def _span(request: Request) -> tuple[Any, Any]:
    return request.query.get("since"), request.query.get("until")


async def _list(api: Api, request: Request) -> list[JsonObject]:
    return await annotations(
        api.needed_store(),
        _span(request),
        category=request.query.get("category"),
        limit=request.query["limit"],
    )


def _create(api: Api, request: Request) -> JsonObject:
    return annotate(api.needed_store(), request.body)


async def _update(api: Api, request: Request) -> JsonObject:
    if not request.body:
        raise HttpError(400, "No fields to update")
    return await edit_annotation(
        api.needed_store(), request.path["annotation_id"], request.body
    )


async def _delete(api: Api, request: Request) -> JsonObject:
    annotation_id = request.path["annotation_id"]
    await remove_annotation(api.needed_store(), annotation_id)
    return {"status": "deleted", "id": annotation_id}


async def _summary(api: Api, request: Request) -> JsonObject:
    counts = await summary(api.needed_store(), _span(request))
    devices = list(api.domain.devices)
    return counts | {
        "total_devices_registered": len(devices),
        "devices_online": sum(device.is_online for device in devices),
    }


async def _export(api: Api, request: Request) -> web.StreamResponse:
    """Send rows as they are read: many of them fit in no memory."""
    kind, wanted = request.path["kind"], request.query
    if kind not in EXPORTS:
        raise HttpError(400, f"Type must be one of: {', '.join(EXPORTS)}")
    what = ExportRequest(
        kind=kind,
        span=_span(request),
        entity_slug=wanted.get("entity_slug"),
        device_id=wanted.get("device_id"),
        limit=wanted["limit"],
    )
    store = api.needed_store()
    sent = Download(api, request, kind, wanted["format"])
    try:
        if wanted["format"] == "csv":
            await export_csv(store, what, sent.write)
        else:
            # At once, and not some time: a connection to the database is lent to it.
            async with aclosing(export_json(store, what)) as pieces:
                async for piece in pieces:
                    await sent.write(piece)
        return await sent.end()
    except ClientGone:
        return sent.response
    except BaseException:
        # What has begun can't become a refusal any more: the client sees that it is cut off.
        sent.cut_off()
        raise


def _rules(api: Api, _request: Request) -> list[JsonObject]:
    return [rule.to_wire() for rule in api.domain.collection]


def _put_rule(api: Api, request: Request) -> JsonObject:
    return api.domain.collection.put(request.body).to_wire()


def _delete_rule(api: Api, request: Request) -> JsonObject:
    rule_id = request.path["config_id"]
    api.domain.collection.remove(rule_id)
    return {"status": "deleted", "id": rule_id}


ANALYTICS_ROUTES: Final[tuple[Route, ...]] = (
    Route(
        method="GET",
        path="/analytics/annotations",
        handler=_list,
        summary="List annotations, newest first",
        tag=TAG,
        query=_LIST,
        errors=(503, 504),
    ),
    Route(
        method="POST",
        path="/analytics/annotations",
        handler=_create,
        summary="Note something on the time line",
        tag=TAG,
        status=201,
        body=_ANNOTATION,
        errors=(503,),
    ),
    Route(
        method="PUT",
        path="/analytics/annotations/{annotation_id}",
        handler=_update,
        summary="Change what is sent of an annotation",
        tag=TAG,
        body=_CHANGES,
        errors=(400, 404, 503, 504),
    ),
    Route(
        method="DELETE",
        path="/analytics/annotations/{annotation_id}",
        handler=_delete,
        summary="Delete an annotation",
        tag=TAG,
        errors=(404, 503, 504),
    ),
    Route(
        method="GET",
        path="/analytics/summary",
        handler=_summary,
        summary="Count what was recorded",
        tag=TAG,
        query=query(_SPAN),
        errors=(503, 504),
    ),
    Route(
        method="GET",
        path="/analytics/export/{kind}",
        handler=_export,
        summary="Export metrics, events, states or annotations as JSON or CSV, newest first",
        tag=TAG,
        query=_EXPORT,
        errors=(400, 503, 504),
    ),
    Route(
        method="GET",
        path="/analytics/config",
        handler=_rules,
        summary="List how much history is kept of what",
        tag=TAG,
    ),
    Route(
        method="PUT",
        path="/analytics/config",
        handler=_put_rule,
        summary="Set how much history is kept of everything, of an entity type or of a device",
        tag=TAG,
        body=_RULE,
        errors=(409,),
    ),
    Route(
        method="DELETE",
        path="/analytics/config/{config_id}",
        handler=_delete_rule,
        summary="Forget a setting of how much history is kept",
        tag=TAG,
        errors=(404,),
    ),
)
