"""What triggers tell automations, as plain JSON."""

from typing import Any

from homeassistant.core import HomeAssistant

from .domain.clock import optional_wire_time, wire_time
from .domain.events import (
    DeviceDiscovered,
    DeviceEventReported,
    DeviceStatusChanged,
    StateChanged,
)
from .runtime import MaestraRuntime
from .targets import registered_device_id


def state_variables(
    hass: HomeAssistant, runtime: MaestraRuntime, change: StateChanged
) -> dict[str, Any]:
    """Return a change of state; `device_id` is Home Assistant's, for use as a target."""
    entity = change.entity
    return {
        "slug": entity.slug,
        "name": entity.name,
        "entity_type": entity.type.name,
        "path": entity.path,
        "state": change.current,
        "previous_state": change.previous,
        "changed_keys": list(change.changed_keys),
        "source": change.source.name,
        "timestamp": wire_time(change.timestamp),
        "device_id": registered_device_id(hass, runtime.entry.entry_id, entity.id),
    }


def device_variables(
    hass: HomeAssistant,
    runtime: MaestraRuntime,
    event: DeviceDiscovered | DeviceStatusChanged | DeviceEventReported,
) -> dict[str, Any]:
    """Return the device that something happened to; `device_id` is Home Assistant's, null while pending."""
    device = event.device
    return {
        "hardware_id": device.hardware_id,
        "name": device.name,
        "device_type": device.device_type,
        "status": device.status,
        "firmware_version": device.firmware_version,
        "ip_address": device.ip_address,
        "metadata": device.metadata,
        "last_seen": optional_wire_time(device.last_seen),
        "timestamp": wire_time(event.timestamp),
        "device_id": registered_device_id(hass, runtime.entry.entry_id, device.id),
    }
