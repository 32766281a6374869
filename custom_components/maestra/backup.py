"""Holding still while Home Assistant makes a backup: rows wait on disk meanwhile."""

from collections.abc import Iterator

from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .runtime import MaestraConfigEntry
from .store.store import Store


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Write nothing to the database: it may be saved together with Home Assistant."""
    for store in _stores(hass):
        store.pause()


async def async_post_backup(hass: HomeAssistant) -> None:
    """Write again, what has waited first."""
    for store in _stores(hass):
        store.resume()


def _stores(hass: HomeAssistant) -> Iterator[Store]:
    entries: list[MaestraConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    for entry in entries:
        if link := entry.runtime_data.store:
            yield link.store
