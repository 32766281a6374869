"""Holding still while Home Assistant makes a backup."""

from homeassistant.core import HomeAssistant

from .hub.current import find_hub


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Let features write nothing that is being saved."""
    if hub := find_hub(hass):
        for manager in hub.managers.values():
            await manager.async_pause()


async def async_post_backup(hass: HomeAssistant) -> None:
    """Let features go on."""
    if hub := find_hub(hass):
        for manager in hub.managers.values():
            manager.resume()
