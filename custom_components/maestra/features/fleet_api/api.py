"""The Fleet API of a running hub: what its core is given, and its listener."""

from typing import Final

from yarl import URL

from homeassistant.const import CONF_PORT

from ...const import LISTENER_FLEET_API
from ...core.cues.clients import CueClients
from ...core.domain.json_values import JsonObject
from ...core.experiences.clients import ExperienceClients
from ...core.fleet_api import FleetApi, FleetApiSettings
from ...core.fleet_api.request import Request
from ...core.mdns.server import SERVICE_TYPE
from ...core.pki.service import CertificateService
from ...core.store.store import Store
from ...hub.hub import Hub
from ...hub.listeners import HTTP_OPTIONS, ListenerKind, Options, http_settings

API_MOUNT: Final = "/api/maestra"
_NOBODY: Final = URL("http://localhost")


def create_fleet_api(hub: Hub, settings: FleetApiSettings) -> FleetApi:
    """Return the API of a running hub; it listens once it is started."""
    return FleetApi(
        hub.domain,
        hub.encoder,
        settings,
        store=lambda: hub.service(Store),
        endpoints=lambda request: _endpoints_for(hub, request),
        # Brokers are the links that carry dialects.
        bus_connected=lambda: any(
            link.connected for link in hub.links if link.dialects
        ),
        certificates=lambda: hub.service(CertificateService),
        cues=lambda: hub.service(CueClients),
        experiences=lambda: hub.service(ExperienceClients),
    )


def _endpoints_for(hub: Hub, request: Request) -> JsonObject:
    """Return the endpoints for who sent this request: our host is what they call us (maestra.md §1.2)."""
    is_mounted = request.http.path.startswith(f"{API_MOUNT}/")
    try:
        asked = request.http.url.origin()
    except ValueError:
        # Home Assistant's own server takes any Host for one.
        asked = _NOBODY
    found = hub.endpoints(asked.host or "localhost")
    if is_mounted or found["api_url"] is None:
        mount = API_MOUNT if is_mounted else ""
        found["api_url"] = f"{asked}{mount}"
    return found


async def _build(hub: Hub, data: Options) -> FleetApi:
    return create_fleet_api(hub, FleetApiSettings(**await http_settings(hub, data)))


FLEET_API_LISTENER: Final = ListenerKind(
    key=LISTENER_FLEET_API,
    title="Fleet API",
    defaults={**HTTP_OPTIONS, CONF_PORT: 8080},
    ports=((CONF_PORT, "tcp"),),
    build=_build,
    offers=lambda link: ((SERVICE_TYPE, link.port),),
)
