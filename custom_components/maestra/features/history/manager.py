"""The store as the whole of Home Assistant sees it: its options, its health, and backups."""

from collections.abc import Mapping
from typing import Any, override

from ...core.store.store import Store
from ...hub.hub import Hub
from ...hub.manager import Manager, Shown
from .link import StoreLink


class HistoryManager(Manager):
    """Hands on to the store's link, where there is one, what concerns it."""

    def __init__(self, hub: Hub) -> None:
        """Take what links are asked for by."""
        self._hub = hub

    @override
    async def async_apply(self) -> None:
        """Take over how long is kept what, and what is recorded."""
        if link := self._hub.links.first(StoreLink):
            link.apply_options()

    @override
    def diagnostics(self) -> Mapping[str, Any]:
        """Return how the store is."""
        link = self._hub.links.first(StoreLink)
        return {"store": link.diagnostics() if link else None}

    @override
    def health(self) -> Mapping[str, Any]:
        """Return how the store is, and what waits for it; nothing where there is none."""
        store = self._hub.service(Store)
        if store is None:
            return {}
        server = store.server
        return {
            **({"store_tier": Shown("tier", server.tier.value)} if server else {}),
            "store_state": Shown("state", store.state.value),
            "store_rows_waiting": store.queue_depth + store.spool_rows,
            "store_rows_dropped": store.counters["rows_dropped"],
        }

    @override
    async def async_pause(self) -> None:
        """Write nothing to the database: it may be saved together with Home Assistant."""
        if store := self._hub.service(Store):
            store.pause()

    @override
    def resume(self) -> None:
        """Write again, what has waited first."""
        if store := self._hub.service(Store):
            store.resume()
