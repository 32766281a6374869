"""The Fleet API of a running hub: what its core is given."""

from typing import TYPE_CHECKING

from .endpoints import endpoints_for
from .gateways.fleet_api import FleetApi, FleetApiSettings
from .pki.service import CertificateService
from .store.store import Store

if TYPE_CHECKING:
    from .runtime import MaestraRuntime


def create_fleet_api(runtime: MaestraRuntime, settings: FleetApiSettings) -> FleetApi:
    """Return the API of a running hub; it listens once it is started."""

    def store() -> Store | None:
        return None if runtime.store is None else runtime.store.store

    def certificates() -> CertificateService | None:
        return None if runtime.authority is None else runtime.authority.service

    return FleetApi(
        runtime.domain,
        runtime.announcer,
        settings,
        store=store,
        endpoints=lambda request: endpoints_for(runtime, request),
        bus_connected=lambda: any(link.connected for link in runtime.links.values()),
        certificates=certificates,
    )
