"""What the Fleet API brings to Home Assistant: a listener of the hub, and a view of Home Assistant's own server."""

from typing import Final

from ...const import LISTENER_FLEET_API
from ...core.domain.json_values import JsonObject
from ...hub.feature import Feature
from ...hub.hub import Hub
from ...hub.link_sensors import CLIENTS, CONNECTIVITY, TRAFFIC, link_sensors
from ...hub.listeners import listener_url
from .api import FLEET_API_LISTENER
from .view import FleetView


def _endpoints(hub: Hub, host: str) -> JsonObject:
    return {"api_url": listener_url(hub, LISTENER_FLEET_API, "http", host)}


FEATURE: Final = Feature(
    key="fleet_api",
    link_entities={
        LISTENER_FLEET_API: (CONNECTIVITY, *link_sensors(CLIENTS, *TRAFFIC))
    },
    listeners=(FLEET_API_LISTENER,),
    views=(FleetView,),
    endpoints=_endpoints,
)
