"""Diagnostics of the hub, of its links, and of what stands behind one device; nothing private in them."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import AnyDeviceEntry

from .const import DOMAIN
from .hub.hub import Hub, MaestraConfigEntry
from .hub.link import ServiceLink
from .hub.redaction import described_subentry, redact


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: MaestraConfigEntry
) -> dict[str, Any]:
    """Return settings, connections, and what each feature knows."""
    hub = entry.runtime_data
    found = {
        "options": redact(dict(entry.options)),
        "subentries": [
            described_subentry(subentry) for subentry in entry.subentries.values()
        ],
        "state_writer": {
            **hub.writer.counters.as_dict(),
            "window": hub.writer.budget.window,
        },
        "links": [link.diagnostics() for link in hub.links if link.section == "link"],
    }
    for manager in hub.managers.values():
        found |= manager.diagnostics()
    return found


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: MaestraConfigEntry, device: AnyDeviceEntry
) -> dict[str, Any]:
    """Return all that is known of what stands behind a registry device."""
    found: dict[str, Any] = {}
    for domain, owner_id in device.identifiers:
        if domain == DOMAIN:
            found |= _owner(entry.runtime_data, owner_id)
    return found


def _owner(hub: Hub, owner_id: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if (link := hub.links.get(owner_id)) is not None:
        found[link.section] = link.diagnostics()
        if isinstance(link, ServiceLink):
            found["subentry"] = described_subentry(link.subentry)
    for manager in hub.managers.values():
        found |= manager.device_diagnostics(owner_id) or {}
    return found
