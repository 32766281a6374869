"""What Home Assistant calls: setting the integration up, loading, unloading and removing the hub."""

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    issue_registry as ir,
)
from homeassistant.helpers.typing import ConfigType

from . import features
from .const import DOMAIN, PLATFORMS
from .hub.actions import async_register_actions
from .hub.registry import registry_of
from .hub.runtime import MaestraConfigEntry, MaestraRuntime

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register actions, commands and views: they answer clearly even where no entry is loaded."""
    registry = registry_of(features.FEATURES)
    async_register_actions(hass, registry.actions.values())
    for feature in registry.features:
        for command in feature.commands(registry.records):
            websocket_api.async_register_command(hass, command)
        for view in feature.views:
            hass.http.register_view(view)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: MaestraConfigEntry) -> bool:
    """Bring back the domain, show it and connect."""
    runtime = MaestraRuntime(hass, entry, registry_of(features.FEATURES))
    await runtime.async_load()
    entry.runtime_data = runtime
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    entry.async_on_unload(entry.add_update_listener(_async_entry_changed))
    try:
        await runtime.async_start()
    except BaseException:
        # What has begun would go on, and be in the way of the next attempt.
        await async_unload_entry(hass, entry)
        raise
    return True


async def async_unload_entry(hass: HomeAssistant, entry: MaestraConfigEntry) -> bool:
    """Take everything back."""
    # What brings new entities goes before the platforms that would take them.
    await entry.runtime_data.async_stop()
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: MaestraConfigEntry) -> None:
    """Forget what was saved, and the issues that the user ignored."""
    await registry_of(features.FEATURES).async_remove(hass)
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
