"""The service itself: how it is, and what it offers (maestra.md §1.1)."""

from typing import TYPE_CHECKING, Final

from aiohttp import web

from ...domain.clock import utcnow
from ...domain.json_types import JsonValue
from .answers import HEALTH, SERVICE_STATUS
from .openapi import docs_page
from .request import Request
from .route import Route

if TYPE_CHECKING:
    from .api import FleetApi

SERVICE: Final = "fleet-manager"
# The reference's version that this API is: clients may look at it.
VERSION: Final = "0.2.0"
TAG: Final = "Service"

# The page runs our own script only, and shows nothing from elsewhere.
_PAGE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
}


def _health(api: FleetApi, request: Request) -> JsonValue:
    store = api.store
    is_well = store is None or store.is_connected
    return {
        "status": "healthy" if is_well else "degraded",
        "service": SERVICE,
        "timestamp": _naive_time(),
    }


def _status(api: FleetApi, request: Request) -> JsonValue:
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


def _document(api: FleetApi, request: Request) -> JsonValue:
    return api.document(_mount(request, "/openapi.json"))


def _docs(api: FleetApi, request: Request) -> web.Response:
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
