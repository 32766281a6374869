"""Actions on devices and device groups."""

from typing import Final

import probatio

from homeassistant.const import CONF_NAME
from homeassistant.core import ServiceCall, SupportsResponse
from homeassistant.helpers import (
    area_registry as ar,
    config_validation as cv,
    label_registry as lr,
)
from homeassistant.helpers.typing import VolDictType

from ...core.domain.json_values import JsonObject
from ...core.domain.source import HOME_ASSISTANT
from ...hub.actions import (
    ATTR_AREA,
    ATTR_DEVICE,
    ATTR_GROUP,
    DEVICE_FIELDS,
    JSON_OBJECT,
    Action,
    refusal,
    selected_devices,
    targeted_devices,
    touched_devices,
)
from ...hub.hub import Hub
from ...hub.permissions import Needs
from ...hub.targets import NAMES, owner_of
from .actions import ATTR_DESCRIPTION

ATTR_CONFIGURATION: Final = "configuration"
ATTR_DATA: Final = "data"
ATTR_DEVICE_TYPE: Final = "device_type"
ATTR_ENTITY: Final = "entity"
ATTR_ENV_VARS: Final = "env_vars"
ATTR_EVENT_TYPE: Final = "event_type"
ATTR_HARDWARE_ID: Final = "hardware_id"
ATTR_REASON: Final = "reason"

_NO_GROUPS: Final[VolDictType] = {
    field: check for field, check in DEVICE_FIELDS.items() if field != ATTR_GROUP
}
# They wait outside of Home Assistant: there is nothing to target.
_PENDING: Final[VolDictType] = {probatio.Required(ATTR_DEVICE): NAMES}
_APPROVE: Final[VolDictType] = {
    **_PENDING,
    probatio.Optional(CONF_NAME): cv.string,
    probatio.Optional(ATTR_DEVICE_TYPE): cv.string,
    probatio.Optional(ATTR_AREA): cv.string,
    probatio.Optional(ATTR_ENTITY): cv.string,
    probatio.Optional(ATTR_ENV_VARS): JSON_OBJECT,
}
_FOR_ONE_DEVICE: Final = frozenset({CONF_NAME, ATTR_ENTITY, ATTR_ENV_VARS})
_BLOCK: Final[VolDictType] = {**_NO_GROUPS, probatio.Optional(ATTR_REASON): cv.string}
_UNBLOCK: Final[VolDictType] = {probatio.Required(ATTR_HARDWARE_ID): NAMES}
_SEND_EVENT: Final[VolDictType] = {
    **DEVICE_FIELDS,
    probatio.Required(ATTR_EVENT_TYPE): cv.string,
    probatio.Optional(ATTR_DATA, default=dict): JSON_OBJECT,
}
_PUSH: Final[VolDictType] = {
    **DEVICE_FIELDS,
    probatio.Required(ATTR_CONFIGURATION): JSON_OBJECT,
}
_SET_GROUP: Final[VolDictType] = {
    **_NO_GROUPS,
    probatio.Required(CONF_NAME): cv.string,
    probatio.Optional(ATTR_DESCRIPTION): cv.string,
}
_REMOVE_GROUP: Final[VolDictType] = {probatio.Required(CONF_NAME): NAMES}


def _approve(hub: Hub, call: ServiceCall) -> JsonObject:
    """Let devices in; a name, an entity and secrets are for one device only.

    Returns, by hardware id, where the secrets are told, and the code that gets them from anywhere else.
    """
    data = call.data
    found = targeted_devices(hub, call)
    if len(found) > 1 and not _FOR_ONE_DEVICE.isdisjoint(data):
        raise refusal("one_device_only")
    area_id = data.get(ATTR_AREA)
    if area_id and ar.async_get(call.hass).async_get_area(area_id) is None:
        raise refusal("unknown_area", area=area_id)
    for device in found:
        hub.domain.provisioning.approve(
            device.id,
            name=data.get(CONF_NAME),
            device_type=data.get(ATTR_DEVICE_TYPE),
            entity=owner_of(hub.hass, data[ATTR_ENTITY])
            if ATTR_ENTITY in data
            else None,
            env_vars=data.get(ATTR_ENV_VARS),
            source=HOME_ASSISTANT,
        )
        if area_id:
            hub.devices.place(device.id, area_id)
    return {
        device.hardware_id: {
            "device_id": device.id,
            "address": device.came_from,
            "claim_code": hub.domain.provisioning.claim_code(device),
        }
        for device in found
    }


def _reject(hub: Hub, call: ServiceCall) -> None:
    for device in targeted_devices(hub, call):
        hub.domain.devices.reject(device.id)


def _block(hub: Hub, call: ServiceCall) -> None:
    for device in targeted_devices(hub, call):
        hub.domain.devices.block(device.id, call.data.get(ATTR_REASON))


def _unblock(hub: Hub, call: ServiceCall) -> None:
    for hardware_id in call.data[ATTR_HARDWARE_ID]:
        hub.domain.devices.unblock(hardware_id)


def _send_event(hub: Hub, call: ServiceCall) -> None:
    data = call.data
    for device in targeted_devices(hub, call):
        hub.domain.devices.command(
            device.id, data[ATTR_EVENT_TYPE], data[ATTR_DATA], source=HOME_ASSISTANT
        )


def _push_configuration(hub: Hub, call: ServiceCall) -> JsonObject:
    """Send a configuration; returns the versions by hardware id."""
    return {
        device.hardware_id: {
            "device_id": device.id,
            "version": hub.domain.configurations.push(
                device,
                call.data[ATTR_CONFIGURATION],
                created_by=call.context.user_id or HOME_ASSISTANT.name,
            ).version,
        }
        for device in targeted_devices(hub, call)
    }


def _set_group(hub: Hub, call: ServiceCall) -> None:
    members = [device.id for device in selected_devices(hub, call)]
    hub.domain.groups.put(
        call.data[CONF_NAME], members, description=call.data.get(ATTR_DESCRIPTION)
    )


def _remove_group(hub: Hub, call: ServiceCall) -> None:
    labels = lr.async_get(call.hass)
    for name in call.data[CONF_NAME]:
        label = labels.async_get_label(name)
        hub.domain.groups.remove(label.name if label else name)


DEVICE_ACTIONS: Final = (
    Action(
        name="approve_device",
        handler=_approve,
        fields=_APPROVE,
        needs=Needs.ADMIN,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="reject_device",
        handler=_reject,
        fields=_PENDING,
        needs=Needs.ADMIN,
    ),
    Action(
        name="block_device",
        handler=_block,
        fields=_BLOCK,
        needs=Needs.ADMIN,
    ),
    Action(
        name="unblock_device",
        handler=_unblock,
        fields=_UNBLOCK,
        needs=Needs.ADMIN,
    ),
    Action(
        name="send_event",
        handler=_send_event,
        fields=_SEND_EVENT,
        needs=Needs.CONTROL,
        touches=touched_devices,
    ),
    Action(
        name="push_configuration",
        handler=_push_configuration,
        fields=_PUSH,
        needs=Needs.ADMIN,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="set_device_group",
        handler=_set_group,
        fields=_SET_GROUP,
        needs=Needs.ADMIN,
    ),
    Action(
        name="remove_device_group",
        handler=_remove_group,
        fields=_REMOVE_GROUP,
        needs=Needs.ADMIN,
    ),
)
