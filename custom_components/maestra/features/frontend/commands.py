"""The WebSocket command that dashboards are made of."""

from collections.abc import Iterable
from typing import Any, Final

import probatio

from homeassistant.components.automation import (
    devices_in_automation,
    entities_in_automation,
)
from homeassistant.components.automation.const import DOMAIN as AUTOMATION
from homeassistant.components.homeassistant.scene import entities_in_scene
from homeassistant.components.script import devices_in_script, entities_in_script
from homeassistant.components.script.const import DOMAIN as SCRIPT
from homeassistant.components.websocket_api.decorators import (
    async_response,
    websocket_command,
)
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ...const import DOMAIN
from ...core.domain.hierarchy import ancestors, parents_first
from ...core.domain.json_values import JsonObject, JsonValue
from ...hub.current import get_hub
from ...hub.hub import Hub
from ...hub.permissions import Needs
from ...hub.websocket_api import answered

# What names entities in each domain, and what names devices.
_NAMES_ENTITIES: Final = {
    AUTOMATION: entities_in_automation,
    SCRIPT: entities_in_script,
    Platform.SCENE: entities_in_scene,
}
_NAMES_DEVICES: Final = {AUTOMATION: devices_in_automation, SCRIPT: devices_in_script}


@websocket_command({probatio.Required("type"): f"{DOMAIN}/contents"})
@async_response
@answered(Needs.READ)
async def handle_contents(hass: HomeAssistant, msg: dict[str, Any]) -> JsonObject:
    """Return the Home Assistant devices that entities with variables, parents first, and devices are shown as.

    With them device groups, and the automations, scripts and scenes that name something of ours.
    """
    hub = get_hub(hass)
    domain = hub.domain
    return {
        "entities": [
            {
                "slug": entity.slug,
                "name": entity.name,
                "device_id": device_id,
                "above": [above.slug for above in ancestors(entity)],
            }
            for entity in parents_first(domain.entities)
            if entity.variables and (device_id := hub.devices.id_of(entity.id))
        ],
        "devices": _all_shown_as(hub, (device.id for device in domain.devices)),
        "groups": [
            {"name": group.name, "devices": _all_shown_as(hub, sorted(group.members))}
            for group in domain.groups
        ],
        "automations": [
            entity_id
            for domain in _NAMES_ENTITIES
            for entity_id in hass.states.async_entity_ids(domain)
            if _names_ours(hub, domain, entity_id)
        ],
    }


def _all_shown_as(hub: Hub, owner_ids: Iterable[str]) -> list[JsonValue]:
    return [*filter(None, map(hub.devices.id_of, owner_ids))]


def _names_ours(hub: Hub, domain: str, entity_id: str) -> bool:
    entities, devices = er.async_get(hub.hass), dr.async_get(hub.hass)
    named = map(entities.async_get, _NAMES_ENTITIES[domain](hub.hass, entity_id))
    if any(entity and entity.platform == DOMAIN for entity in named):
        return True
    names_devices = _NAMES_DEVICES.get(domain)
    return names_devices is not None and any(
        device and hub.entry.entry_id in device.config_entries
        for device in map(devices.async_get, names_devices(hub.hass, entity_id))
    )


FRONTEND_COMMANDS: Final = (handle_contents,)
