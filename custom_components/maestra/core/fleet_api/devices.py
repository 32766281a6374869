"""Operations on devices: registration, approval, provisioning, metrics and events (maestra.md §1.2, §1.3)."""

from typing import Any, Final
from uuid import NAMESPACE_OID, uuid5

from aiohttp import hdrs
import probatio

from ..domain.clock import optional_wire_time, wire_time
from ..domain.device import ONLINE, PENDING, Device
from ..domain.json_values import JsonObject, JsonValue
from ..domain.provisioning import Provision
from ..transport.commands import note_applied
from .request import Api, HttpError, Request
from .routing import Route
from .schemas import (
    BATCH_TAKEN,
    BLOCKED_DEVICE,
    CONFIGURATION,
    DEVICE,
    DEVICE_ID,
    DISCOVERED,
    EVENT_TAKEN,
    ID,
    MAX_BATCH,
    METRIC_TAKEN,
    NAME,
    NUMBER,
    OPTIONAL_OBJECT,
    OPTIONAL_TEXT,
    PAGE,
    PROVISION,
    STATUS,
    Fields,
    body,
    detail,
    integer,
    invalid_request,
    many,
    optional_body,
    query,
    text,
)

TAG: Final = "Devices"
MAX_CLAIM: Final = 64
REPORT_TAG: Final = "Metrics and events"

_REGISTRATION: Final[Fields] = {
    probatio.Required("name"): NAME,
    probatio.Required("device_type"): text(100, 1),
    probatio.Required("hardware_id"): NAME,
    probatio.Optional("firmware_version"): probatio.Maybe(text(50)),
    probatio.Optional("ip_address"): probatio.Maybe(text(45)),
    probatio.Optional("metadata"): OPTIONAL_OBJECT,
}

_APPLIED: Final[Fields] = {
    probatio.Required("version"): integer(1, 2**31 - 1),
    probatio.Optional("error"): probatio.Maybe(NAME),
}
_HEARTBEAT: Final[Fields] = {
    probatio.Optional("hardware_id"): probatio.Maybe(NAME),
    probatio.Optional("device_id"): probatio.Maybe(ID),
    probatio.Optional("status", default=ONLINE): text(50, 1),
    probatio.Optional("metadata"): OPTIONAL_OBJECT,
}

CLAIM_HEADER: Final = "X-Maestra-Claim"
_CLAIM: Final[Fields] = {probatio.Optional("claim"): text(MAX_CLAIM)}
_PROXY_HEADERS: Final = (hdrs.FORWARDED, hdrs.X_FORWARDED_FOR, "X-Real-IP")

_LIST: Final[Fields] = {
    probatio.Optional("device_type"): str,
    probatio.Optional("status"): str,
    **PAGE,
}


def _register(api: Api, request: Request) -> JsonValue:
    return api.domain.devices.register(
        request.body, source=api.source(request)
    ).to_wire()


def _discover(api: Api, request: Request) -> JsonValue:
    domain, address = api.domain, _proven_address(request)
    is_new = domain.devices.get(request.body["hardware_id"]) is None
    device = domain.devices.discover(
        request.body, source=api.source(request), address=address
    )
    if is_new or (
        device.status == PENDING and domain.provisioning.is_at_home(device, address)
    ):
        return device.to_wire() | {"claim_code": domain.provisioning.claim_code(device)}
    return device.to_wire()


def _proven_address(request: Request) -> str | None:
    """Return where a request comes from; None behind a proxy, whose address says nothing of its clients."""
    if any(header in request.http.headers for header in _PROXY_HEADERS):
        return None
    return request.address


def _list(api: Api, request: Request) -> JsonValue:
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


def _pending(api: Api, request: Request) -> JsonValue:
    return [device.to_wire() for device in api.domain.devices.pending()]


def _blocked(api: Api, request: Request) -> JsonValue:
    return [
        {
            # The id is only shown: a hardware id is blocked once.
            "id": str(uuid5(NAMESPACE_OID, blocked.hardware_id)),
            "hardware_id": blocked.hardware_id,
            "reason": blocked.reason,
            "blocked_at": wire_time(blocked.blocked_at),
        }
        for blocked in api.domain.devices.blocked
    ]


def _get(api: Api, request: Request) -> JsonValue:
    return device_of(api, request).to_wire()


def _heartbeat(api: Api, request: Request) -> JsonValue:
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


def _delete(api: Api, request: Request) -> JsonValue:
    device = api.domain.devices.remove(device_of(api, request).id)
    return {"status": "deleted", "device_id": device.id}


def _reject(api: Api, request: Request) -> JsonValue:
    device = api.domain.devices.reject(device_of(api, request).id)
    return {"status": "rejected", "device_id": device.id}


def _block(api: Api, request: Request) -> JsonValue:
    blocked = api.domain.devices.block(
        device_of(api, request).id, (request.body or {}).get("reason")
    )
    return {"status": "blocked", "hardware_id": blocked.hardware_id}


def _unblock(api: Api, request: Request) -> JsonValue:
    hardware_id = request.path["hardware_id"]
    api.domain.devices.unblock(hardware_id)
    return {"status": "unblocked", "hardware_id": hardware_id}


def device_of(api: Api, request: Request) -> Device:
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
        body=body({**_REGISTRATION, probatio.Optional("location"): OPTIONAL_OBJECT}),
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
        DISCOVERED,
        body=body(_REGISTRATION),
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


# Approval and provisioning.

_PROVISION: Final[Fields] = {
    probatio.Optional("name"): probatio.Maybe(NAME),
    probatio.Optional("device_type"): probatio.Maybe(text(100, 1)),
    probatio.Optional("entity_id"): probatio.Maybe(ID),
    probatio.Optional("env_vars"): OPTIONAL_OBJECT,
}


def _approve(api: Api, request: Request) -> JsonValue:
    given = request.body or {}
    return api.domain.provisioning.approve(
        device_of(api, request).id,
        name=given.get("name"),
        device_type=given.get("device_type"),
        entity=given.get("entity_id"),
        env_vars=given.get("env_vars"),
        source=api.source(request),
    ).to_wire()


def _provision(api: Api, request: Request) -> JsonValue:
    device = device_of(api, request)
    provision = _existing(api.domain.provisioning.of(device))
    if provision.status == PENDING:
        raise HttpError(
            403, "Device has not been approved yet", code="device_not_approved"
        )
    return _provision_to_wire(api, request, device, provision)


def _change_provision(api: Api, request: Request) -> JsonValue:
    device = device_of(api, request)
    provision = _existing(api.domain.provisioning.change(device, request.body))
    return _provision_to_wire(api, request, device, provision, is_reading=False)


def _existing(provision: Provision | None) -> Provision:
    if provision is None:
        raise HttpError(
            404, "No provisioning record for this device", code="unknown_provision"
        )
    return provision


def _provision_to_wire(
    api: Api,
    request: Request,
    device: Device,
    provision: Provision,
    *,
    is_reading: bool = True,
) -> JsonObject:
    """Return what a device needs to know; its secrets only to itself, and only when it asks."""
    secrets: Any = {}
    if is_reading:
        code = request.http.headers.get(CLAIM_HEADER) or request.query.get("claim")
        secrets = api.domain.provisioning.downloads(
            device, _proven_address(request), code
        )
    return {
        "device_id": device.id,
        "provision_status": provision.status,
        **api.endpoints(request),
        "entity_id": provision.entity_id,
        "env_vars": secrets,
    }


PROVISION_ROUTES: Final = (
    device_route(
        "POST",
        "/{device_id}/approve",
        _approve,
        "Let a pending device in",
        DEVICE,
        body=optional_body(_PROVISION),
        errors=(400, 404),
    ),
    device_route(
        "GET",
        "/{device_id}/provision",
        _provision,
        "Tell an approved device what it needs to know",
        PROVISION,
        query=query(_CLAIM),
        acts=True,
        errors=(403, 404),
    ),
    device_route(
        "PUT",
        "/{device_id}/provision",
        _change_provision,
        "Change what a device is told",
        PROVISION,
        body=body(_PROVISION),
        errors=(404,),
    ),
)


# Metrics and events.

_METRIC: Final[Fields] = {
    probatio.Required("device_id"): ID,
    probatio.Required("metric_name"): text(100, 1),
    probatio.Required("metric_value"): NUMBER,
    probatio.Optional("unit"): probatio.Maybe(text(50)),
    probatio.Optional("tags"): OPTIONAL_OBJECT,
}

_EVENT: Final[Fields] = {
    probatio.Required("device_id"): ID,
    probatio.Required("event_type"): text(100, 1),
    probatio.Optional("severity", default="info"): text(20, 1),
    probatio.Optional("message"): OPTIONAL_TEXT,
    probatio.Optional("data"): OPTIONAL_OBJECT,
}


def _metric(api: Api, request: Request) -> JsonValue:
    report = request.body
    metric = api.domain.devices.report_metric(
        report["device_id"], report, source=api.source(request)
    )
    return {"status": "ok", "metric": metric.name}


def _metrics(api: Api, request: Request) -> JsonValue:
    reports = _with_devices(request.body, "metrics")
    api.domain.devices.report_metrics(reports, source=api.source(request))
    return {"status": "ok", "count": len(reports)}


def _event(api: Api, request: Request) -> JsonValue:
    report = request.body
    api.domain.devices.report_event(
        report["device_id"], report, source=api.source(request)
    )
    return {"status": "ok", "event_type": report["event_type"]}


def _events(api: Api, request: Request) -> JsonValue:
    reports = _with_devices(request.body, "events")
    api.domain.devices.report_events(reports, source=api.source(request))
    return {"status": "ok", "count": len(reports)}


def _with_devices(
    reports: list[dict[str, Any]], kind: str
) -> list[tuple[str, dict[str, Any]]]:
    if len(reports) > MAX_BATCH:
        raise HttpError(
            400, f"Maximum {MAX_BATCH} {kind} per batch", code="batch_too_large"
        )
    return [(report["device_id"], report) for report in reports]


def _configuration(api: Api, request: Request) -> JsonValue:
    device = api.domain.devices[request.path["device_id"]]
    if not (versions := api.domain.configurations.of(device.id)):
        raise HttpError(404, "Device has no configuration", code="no_configuration")
    newest = versions[-1]
    return {
        "device_id": device.id,
        "version": newest.version,
        "configuration": newest.configuration,
        "applied_at": optional_wire_time(newest.applied_at),
        "created_at": wire_time(newest.created_at),
        "created_by": newest.created_by,
        "error": newest.error,
    }


def _applied(api: Api, request: Request) -> JsonValue:
    device = api.domain.devices[request.path["device_id"]]
    note_applied(api.domain, device.id, request.body, api.source(request))
    return {"status": "ok", "device_id": device.id}


CONFIGURATION_ROUTES: Final = (
    device_route(
        "GET",
        "/{device_id}/configuration",
        _configuration,
        "Tell the newest configuration of a device",
        CONFIGURATION,
        errors=(404,),
    ),
    device_route(
        "POST",
        "/{device_id}/configuration/applied",
        _applied,
        "Note that a device has taken over a configuration, or why it does not",
        DEVICE_ID,
        body=body(_APPLIED),
        errors=(404,),
    ),
)

REPORT_ROUTES: Final = (
    Route(
        method="POST",
        path="/metrics",
        handler=_metric,
        summary="Take a measurement",
        tag=REPORT_TAG,
        body=body(_METRIC),
        answer=METRIC_TAKEN,
        errors=(403, 404, 409),
    ),
    Route(
        method="POST",
        path="/metrics/batch",
        handler=_metrics,
        summary="Take up to 1000 measurements, all or none",
        tag=REPORT_TAG,
        body=probatio.Schema([_METRIC], extra=probatio.REMOVE_EXTRA),
        answer=BATCH_TAKEN,
        errors=(400, 403, 404, 409),
    ),
    Route(
        method="POST",
        path="/events",
        handler=_event,
        summary="Take an event",
        tag=REPORT_TAG,
        body=body(_EVENT),
        answer=EVENT_TAKEN,
        errors=(403, 404),
    ),
    Route(
        method="POST",
        path="/events/batch",
        handler=_events,
        summary="Take up to 1000 events, all or none",
        tag=REPORT_TAG,
        body=probatio.Schema([_EVENT], extra=probatio.REMOVE_EXTRA),
        answer=BATCH_TAKEN,
        errors=(400, 403, 404),
    ),
)
