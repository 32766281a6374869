"""Health of the parts of a stream production, as its clients ask for it (stream-production.md §11)."""

from collections.abc import Mapping
from typing import Any, Final

from ...const import (
    SUBENTRY_IRONMON,
    SUBENTRY_OBS_INSTANCE,
    SUBENTRY_RAINWAVE,
    SUBENTRY_REMOTE_SERVICE,
    SUBENTRY_TWITCH_CHANNEL,
)
from ...core.domain.clock import utcnow, wire_time
from ...core.domain.json_values import JsonObject
from ...core.phoenix.channels import PhoenixParts, Query, Report
from ...core.phoenix.frames import SERVER_VERSION
from ...core.store.store import Store
from ...hub.hub import Hub

SERVICES: Final[Mapping[str, str]] = {
    "obs": SUBENTRY_OBS_INSTANCE,
    "twitch": SUBENTRY_TWITCH_CHANNEL,
    "ironmon": SUBENTRY_IRONMON,
    "rainwave": SUBENTRY_RAINWAVE,
    "processes": SUBENTRY_REMOTE_SERVICE,
}
"""What is looked at, by the kind of its link."""
DATABASE: Final = "database"


def health_of(services: Mapping[str, bool]) -> str:
    """Return how it is altogether: all well, at least half, or less."""
    well = sum(services.values())
    if well == len(services):
        return "healthy"
    return "degraded" if 2 * well >= len(services) else "unhealthy"


def health_parts(hub: Hub) -> PhoenixParts:
    """Return the reports."""

    def services() -> dict[str, bool]:
        found: dict[str, bool] = {}
        links = list(hub.links)
        for name, kind in SERVICES.items():
            states = [link.connected for link in links if link.kind == kind]
            if states:
                found[name] = all(states)
        if (store := hub.service(Store)) is not None:
            found[DATABASE] = store.is_connected
        return found

    def alive(_query: Query) -> JsonObject:
        return {"status": "ok", "timestamp": wire_time(utcnow())}

    def ready(_query: Query) -> JsonObject:
        # Without a database there is none to wait for.
        return {
            "ready": services().get(DATABASE, True),
            "timestamp": wire_time(utcnow()),
        }

    def health(_query: Query) -> JsonObject:
        found = services()
        told: dict[str, Any] = {
            name: {"connected": is_well} for name, is_well in found.items()
        }
        return {
            "status": health_of(found),
            "timestamp": wire_time(utcnow()),
            "services": told,
            "system": {"version": SERVER_VERSION},
        }

    return PhoenixParts(
        reports=(
            Report(path="/health", handler=alive, is_bare=True),
            Report(path="/ready", handler=ready, is_bare=True),
            Report(path="/api/health", handler=health, is_bare=True),
        )
    )
