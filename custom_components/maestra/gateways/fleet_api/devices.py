"""Operations on devices: how they come, talk, are told what they need, and go (maestra.md §1.2)."""

from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_OID, uuid5

import probatio

from ...domain.clock import wire_time
from ...domain.device import ONLINE, Device
from ...domain.json_types import JsonValue
from .answers import BLOCKED_DEVICE, DEVICE, DEVICE_ID, STATUS, many
from .request import Request
from .route import Route
from .schemas import (
    ID,
    NAME,
    OPTIONAL_OBJECT,
    OPTIONAL_TEXT,
    PAGE,
    Fields,
    body,
    optional_body,
    query,
    text,
)
from .validation import detail, invalid_request

if TYPE_CHECKING:
    from .api import FleetApi

TAG: Final = "Devices"

_COMING: Final[Fields] = {
    probatio.Required("name"): NAME,
    probatio.Required("device_type"): text(100, 1),
    probatio.Required("hardware_id"): NAME,
    probatio.Optional("firmware_version"): probatio.Maybe(text(50)),
    probatio.Optional("ip_address"): probatio.Maybe(text(45)),
    probatio.Optional("metadata"): OPTIONAL_OBJECT,
}
_HEARTBEAT: Final[Fields] = {
    probatio.Optional("hardware_id"): probatio.Maybe(NAME),
    probatio.Optional("device_id"): probatio.Maybe(ID),
    probatio.Optional("status", default=ONLINE): text(50, 1),
    probatio.Optional("metadata"): OPTIONAL_OBJECT,
}
_LIST: Final[Fields] = {
    probatio.Optional("device_type"): str,
    probatio.Optional("status"): str,
    **PAGE,
}


def _register(api: FleetApi, request: Request) -> JsonValue:
    return api.domain.devices.register(
        request.body, source=api.source(request)
    ).to_wire()


def _discover(api: FleetApi, request: Request) -> JsonValue:
    device = api.domain.devices.discover(request.body, source=api.source(request))
    api.domain.provisioning.came_from(device, request.address)
    return device.to_wire()


def _list(api: FleetApi, request: Request) -> JsonValue:
    asked = request.query
    found = [
        device
        for device in api.domain.devices
        if asked.get("device_type") in (None, device.device_type)
        and asked.get("status") in (None, device.status)
    ]
    found.sort(key=lambda device: device.name)
    start = asked["offset"]
    return [device.to_wire() for device in found[start : start + asked["limit"]]]


def _pending(api: FleetApi, request: Request) -> JsonValue:
    return [device.to_wire() for device in api.domain.devices.pending()]


def _blocked(api: FleetApi, request: Request) -> JsonValue:
    return [
        {
            # The id is only shown: a hardware id is blocked once.
            "id": str(uuid5(NAMESPACE_OID, blocked.hardware_id)),
            "hardware_id": blocked.hardware_id,
            "reason": blocked.reason,
            "blocked_at": wire_time(blocked.blocked_at),
        }
        for blocked in api.domain.devices.blocked.values()
    ]


def _get(api: FleetApi, request: Request) -> JsonValue:
    return device_of(api, request).to_wire()


def _heartbeat(api: FleetApi, request: Request) -> JsonValue:
    said = request.body
    # The reference's guide has the id, its code the hardware id: either will do.
    key = said.get("hardware_id") or said.get("device_id")
    if key is None:
        wrong = detail("missing", "Field required", ("body", "hardware_id"), said)
        raise invalid_request([wrong])
    device = api.domain.devices.heartbeat(
        key,
        status=said["status"],
        metadata=said.get("metadata"),
        source=api.source(request),
    )
    return {"status": "ok", "device_id": device.id}


def _delete(api: FleetApi, request: Request) -> JsonValue:
    device = api.domain.devices.remove(device_of(api, request).id)
    return {"status": "deleted", "device_id": device.id}


def _reject(api: FleetApi, request: Request) -> JsonValue:
    device = api.domain.devices.reject(device_of(api, request).id)
    return {"status": "rejected", "device_id": device.id}


def _block(api: FleetApi, request: Request) -> JsonValue:
    blocked = api.domain.devices.block(
        device_of(api, request).id, (request.body or {}).get("reason")
    )
    return {"status": "blocked", "hardware_id": blocked.hardware_id}


def _unblock(api: FleetApi, request: Request) -> JsonValue:
    hardware_id = request.path["hardware_id"]
    api.domain.devices.unblock(hardware_id)
    return {"status": "unblocked", "hardware_id": hardware_id}


def device_of(api: FleetApi, request: Request) -> Device:
    """Return the device that a path names; raises UnknownDevice."""
    return api.domain.devices[request.path["device_id"]]


def device_route(
    method: str,
    path: str,
    handler: Any,
    summary: str,
    answer: probatio.Schema,
    **more: Any,
) -> Route:
    """Return a route below `/devices`."""
    return Route(
        method=method,
        path=f"/devices{path}",
        handler=handler,
        summary=summary,
        tag=TAG,
        answer=answer,
        **more,
    )


DEVICE_ROUTES: Final = (
    device_route(
        "POST",
        "/register",
        _register,
        "Register a device that needs no approval",
        DEVICE,
        body=body({**_COMING, probatio.Optional("location"): OPTIONAL_OBJECT}),
        errors=(403, 409),
    ),
    device_route(
        "GET", "", _list, "List devices by name", many(DEVICE), query=query(_LIST)
    ),
    device_route(
        "POST",
        "/heartbeat",
        _heartbeat,
        "Take a sign of life",
        DEVICE_ID,
        body=body(_HEARTBEAT),
        errors=(403, 404),
    ),
    device_route(
        "POST",
        "/discover",
        _discover,
        "Ask to be let in",
        DEVICE,
        body=body(_COMING),
        errors=(403, 409),
    ),
    device_route(
        "GET",
        "/pending",
        _pending,
        "List devices that wait, newest first",
        many(DEVICE),
    ),
    device_route(
        "GET", "/blocked", _blocked, "List blocked hardware ids", many(BLOCKED_DEVICE)
    ),
    device_route(
        "DELETE",
        "/blocked/{hardware_id}",
        _unblock,
        "Let a blocked hardware id ask again",
        STATUS,
        errors=(404,),
    ),
    device_route("GET", "/{device_id}", _get, "Return a device", DEVICE, errors=(404,)),
    device_route(
        "DELETE", "/{device_id}", _delete, "Remove a device", DEVICE_ID, errors=(404,)
    ),
    device_route(
        "POST",
        "/{device_id}/reject",
        _reject,
        "Turn a pending device away",
        DEVICE_ID,
        errors=(400, 404),
    ),
    device_route(
        "POST",
        "/{device_id}/block",
        _block,
        "Turn a device away for good",
        STATUS,
        body=optional_body({probatio.Optional("reason"): OPTIONAL_TEXT}),
        errors=(404,),
    ),
)
