"""Saves what changes while it runs, so that a kill -9 loses a second at most."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.storage import Store

from ..core.bus import Unsubscribe, get_logger

_LOGGER = get_logger(__name__)

INTERVAL: Final = 1.0
"""Seconds between two times that it is saved; the first change is saved at once."""


type SnapshotStore = Store[dict[str, Any]]


def snapshot_store(hass: HomeAssistant, version: int, key: str) -> SnapshotStore:
    """Return a store of snapshots that share nothing that changes: their JSON is made in a thread."""
    return Store(hass, version, key, private=True, serialize_in_event_loop=False)


class Saver:
    """Saves a snapshot at once when something has changed, and then every second as long as there is more."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        store: SnapshotStore,
        snapshot: Callable[[], dict[str, Any]],
    ) -> None:
        """Save nothing yet. A snapshot shares nothing that changes."""
        self._hass = hass
        self._entry = entry
        self._store = store
        self._snapshot = snapshot
        self._is_dirty = False
        self._saving: asyncio.Task[None] | None = None

    async def async_load(self) -> dict[str, Any]:
        """Return what was saved last, empty where there is nothing of use."""
        saved: object = await self._store.async_load()
        if saved is None or isinstance(saved, dict):
            return saved or {}
        _LOGGER.error("%s has no object under data: nothing of it is used", self._store.path)  # fmt: skip
        return {}

    @callback
    def start(self) -> Unsubscribe:
        """Save at the end of Home Assistant too, until the returned function is called."""
        return self._hass.bus.async_listen(
            EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_final_write
        )

    @callback
    def soon(self) -> None:
        """Say that something has changed."""
        self._is_dirty = True
        if self._saving is None:
            self._saving = self._entry.async_create_background_task(
                self._hass, self._async_save_changes(), f"{self._store.key} save"
            )

    async def async_save(self) -> None:
        """Save what has changed."""
        if self._is_dirty:
            self._is_dirty = False
            await self._store.async_save(self._snapshot())

    async def async_stop(self) -> None:
        """Save what was on its way, and leave no task behind."""
        if (saving := self._saving) is not None:
            saving.cancel()
            await asyncio.wait([saving])
            self._is_dirty = True
            await self.async_save()

    async def _async_save_changes(self) -> None:
        try:
            while self._is_dirty:
                await self.async_save()
                await asyncio.sleep(INTERVAL)
        finally:
            self._saving = None

    async def _async_final_write(self, _event: Event) -> None:
        await self.async_save()
