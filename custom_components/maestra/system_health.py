"""What Settings, System, Repairs shows of Maestra's health."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .runtime import MaestraConfigEntry
from .store.store import Store


@callback
def async_register(
    hass: HomeAssistant, register: system_health.SystemHealthRegistration
) -> None:
    """Say who answers."""
    register.async_register_info(
        async_health_info, f"/config/integrations/integration/{DOMAIN}"
    )


async def async_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return counts; nothing while the hub is not loaded."""
    entries: list[MaestraConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    if not entries:
        return {}
    runtime = entries[0].runtime_data
    links = runtime.links.values()
    store = runtime.store and runtime.store.store
    return {
        "brokers_connected": f"{sum(link.connected for link in links)}/{len(links)}",
        "entities": len(runtime.domain.entities),
        "devices": len(runtime.domain.devices),
        "messages_received": sum(link.transport.counters.received for link in links),
        "messages_refused": sum(link.gateway.counters["refused"] for link in links),
        **(_store_info(store) if store else {}),
    }


def _store_info(store: Store) -> dict[str, Any]:
    return {
        "store_state": store.state.value,
        "store_tier": store.server.tier.value if store.server else None,
        "store_rows_waiting": store.queue_depth + store.spool_rows,
        "store_rows_dropped": store.counters["rows_dropped"],
    }
