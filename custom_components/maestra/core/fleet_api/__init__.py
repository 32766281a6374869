"""The Fleet API: REST as the reference speaks it (maestra.md §1)."""

from .api import FleetApi, FleetApiSettings

__all__ = ["FleetApi", "FleetApiSettings"]
