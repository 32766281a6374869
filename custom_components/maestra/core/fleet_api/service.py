"""The service itself: its health and status, its documents, and the areas that it does not have (maestra.md §1.1, §1.10)."""

from functools import partial
from typing import Final, Never

from aiohttp import web

from ..domain.clock import utcnow
from ..domain.json_values import JsonValue
from .openapi import docs_page
from .request import Api, HttpError, Request
from .routing import TAIL, Route
from .schemas import HEALTH, SERVICE_STATUS

SERVICE: Final = "fleet-manager"
# The reference's version that this API is: clients may look at it.
VERSION: Final = "0.2.0"
TAG: Final = "Service"
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


# The page runs our own script only, and shows nothing from elsewhere.
_PAGE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
}


def _health(api: Api, request: Request) -> JsonValue:
    store = api.store
    is_well = store is None or store.is_connected
    return {
        "status": "healthy" if is_well else "degraded",
        "service": SERVICE,
        "timestamp": _naive_time(),
    }


def _status(api: Api, request: Request) -> JsonValue:
    devices = list(api.domain.devices)
    online = sum(device.is_online for device in devices)
    return {
        "service": SERVICE,
        "version": VERSION,
        "devices": {
            "total": len(devices),
            "online": online,
            "offline": len(devices) - online,
        },
        "entities": {"total": len(api.domain.entities)},
        "message_bus": {"connected": api.bus_connected()},
        "timestamp": _naive_time(),
    }


def _document(api: Api, request: Request) -> JsonValue:
    return api.document(_mount(request, "/openapi.json"))


def _docs(api: Api, request: Request) -> web.Response:
    path = request.http.rel_url.raw_path
    return web.Response(
        text=docs_page(api.document(path.rpartition("/")[0])),
        content_type="text/html",
        headers=_PAGE_HEADERS,
    )


def _mount(request: Request, path: str) -> str:
    return request.http.rel_url.raw_path.removesuffix(path)


def _naive_time() -> str:
    """Return the time in UTC without a zone, as the reference has it here (maestra.md §0)."""
    return utcnow().replace(tzinfo=None).isoformat(timespec="microseconds")


SERVICE_ROUTES: Final = (
    Route(
        method="GET",
        path="/health",
        handler=_health,
        summary="Tell whether the service is well",
        tag=TAG,
        answer=HEALTH,
    ),
    Route(
        method="GET",
        path="/status",
        handler=_status,
        summary="Count devices and entities",
        tag=TAG,
        answer=SERVICE_STATUS,
    ),
    Route(
        method="GET",
        path="/openapi.json",
        handler=_document,
        summary="Return this API as an OpenAPI 3.1 document",
        tag=TAG,
    ),
    *(
        Route(
            method="GET",
            path=path,
            handler=_docs,
            summary="Show this API to people",
            tag=TAG,
        )
        for path in ("/docs", "/redoc")
    ),
)


# Areas of the reference that Home Assistant covers with its own means.

_NOT_IMPLEMENTED: Final = {
    "routing": "Signal routing is not part of this API: use Home Assistant automations",
    "dmx": "DMX and show control are not part of this API: use an OSC target, and /cue_lists",
    "ofl": "The fixture library is not part of this API: use https://open-fixture-library.org, and variables of entities",
    "cloud": "The cloud gateway is not part of this API: use a bridge between MQTT brokers or NATS servers",
    "show": "The show clock is not part of this API: use /cue_lists, and Home Assistant automations",
    "configs": "Stored configurations are not part of this API: use the action maestra.push_configuration",
}


def _reject(detail: str, api: Api, request: Request) -> Never:
    raise HttpError(501, detail, code="not_implemented")


NOT_IMPLEMENTED_ROUTES: Final = tuple(
    Route(
        method=method,
        path=f"/{area}/{TAIL}",
        handler=partial(_reject, detail),
        summary=detail,
        tag="Not implemented",
        status=501,
    )
    for area, detail in _NOT_IMPLEMENTED.items()
    for method in _METHODS
)
