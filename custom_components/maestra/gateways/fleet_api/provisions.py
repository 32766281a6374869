"""Letting devices in, and telling them what they need to know (maestra.md §1.2)."""

from typing import TYPE_CHECKING, Any, Final

import probatio

from ...domain.device import PENDING, Device
from ...domain.json_types import JsonObject, JsonValue
from ...domain.provisioning import Provision
from .answers import DEVICE, PROVISION
from .devices import device_of, device_route
from .request import HttpError, Request
from .schemas import ID, NAME, OPTIONAL_OBJECT, Fields, body, optional_body, text

if TYPE_CHECKING:
    from .api import FleetApi

_PROVISION: Final[Fields] = {
    probatio.Optional("name"): probatio.Maybe(NAME),
    probatio.Optional("device_type"): probatio.Maybe(text(100, 1)),
    probatio.Optional("entity_id"): probatio.Maybe(ID),
    probatio.Optional("env_vars"): OPTIONAL_OBJECT,
}


def _approve(api: FleetApi, request: Request) -> JsonValue:
    given = request.body or {}
    return api.domain.provisioning.approve(
        device_of(api, request).id,
        name=given.get("name"),
        device_type=given.get("device_type"),
        entity=given.get("entity_id"),
        env_vars=given.get("env_vars"),
        source=api.source(request),
    ).to_wire()


def _provision(api: FleetApi, request: Request) -> JsonValue:
    device = device_of(api, request)
    provision = _known(api.domain.provisioning.of(device))
    if provision.status == PENDING:
        raise HttpError(
            403, "Device has not been approved yet", code="device_not_approved"
        )
    return _told(api, request, device, provision)


def _change_provision(api: FleetApi, request: Request) -> JsonValue:
    device = device_of(api, request)
    provision = _known(api.domain.provisioning.change(device, request.body))
    return _told(api, request, device, provision, is_reading=False)


def _known(provision: Provision | None) -> Provision:
    if provision is None:
        raise HttpError(
            404, "No provisioning record for this device", code="unknown_provision"
        )
    return provision


def _told(
    api: FleetApi,
    request: Request,
    device: Device,
    provision: Provision,
    *,
    is_reading: bool = True,
) -> JsonObject:
    """Return what a device needs to know; its secrets only to itself, and only when it asks."""
    secrets: Any = (
        api.domain.provisioning.hand_over(device, request.address) if is_reading else {}
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
