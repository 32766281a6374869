"""Maestra: shows, studios, labs and buildings in Home Assistant."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    issue_registry as ir,
)
from homeassistant.helpers.typing import ConfigType

from .actions import async_setup_actions
from .const import DOMAIN, PLATFORMS
from .detector_hub import async_remove_detectors
from .f2_house import async_remove_f2_storage
from .fleet_view import async_setup_fleet_view
from .hand_over_view import async_setup_hand_over
from .persistence import async_remove_storage
from .pki_storage import async_forget_authority
from .qs_hub import async_remove_qs
from .runtime import MaestraConfigEntry, MaestraRuntime
from .store_link import async_remove_spools
from .websocket_api import async_setup_websocket_api

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register actions and commands: they answer clearly even where no entry is loaded."""
    async_setup_actions(hass)
    async_setup_websocket_api(hass)
    async_setup_fleet_view(hass)
    async_setup_hand_over(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: MaestraConfigEntry) -> bool:
    """Bring back the domain, show it and connect."""
    runtime = MaestraRuntime(hass, entry)
    await runtime.async_load()
    entry.runtime_data = runtime
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    runtime.async_start()
    entry.async_on_unload(entry.add_update_listener(_async_entry_changed))
    return True


async def async_unload_entry(hass: HomeAssistant, entry: MaestraConfigEntry) -> bool:
    """Take everything back."""
    # What brings new entities goes before the platforms that would take them.
    await entry.runtime_data.async_stop()
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: MaestraConfigEntry) -> None:
    """Forget what was saved, and the issues that the user ignored."""
    await async_remove_storage(hass)
    await async_forget_authority(hass)
    await async_remove_f2_storage(hass)
    await async_remove_qs(hass)
    await async_remove_detectors(hass)
    await async_remove_spools(hass, keep=())
    for domain, issue_id in list(ir.async_get(hass).issues):
        if domain == DOMAIN:
            ir.async_delete_issue(hass, domain, issue_id)


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: MaestraConfigEntry, device: dr.AnyDeviceEntry
) -> bool:
    """Let the user remove a Maestra entity or device that is not there any more, or that is offline."""
    return entry.runtime_data.forget(
        [key for domain, key in device.identifiers if domain == DOMAIN]
    )


async def _async_entry_changed(hass: HomeAssistant, entry: MaestraConfigEntry) -> None:
    await entry.runtime_data.async_apply()
