"""What the WebSocket gateway brings to Home Assistant: a listener of the hub."""

from typing import Final

from homeassistant.const import CONF_PORT

from ...const import LISTENER_WEBSOCKET
from ...core.domain.json_values import JsonObject
from ...core.websocket.admission import WebSocketSettings
from ...core.websocket.gateway import WebSocketGateway
from ...hub.feature import Feature
from ...hub.hub import Hub
from ...hub.link_sensors import CLIENTS, CONNECTIVITY, TRAFFIC, link_sensors
from ...hub.listeners import (
    HTTP_OPTIONS,
    ListenerKind,
    Options,
    http_settings,
    listener_url,
)


async def _build(hub: Hub, data: Options) -> WebSocketGateway:
    settings = WebSocketSettings(**await http_settings(hub, data))
    return WebSocketGateway(hub.domain, hub.encoder, settings)


def _endpoints(hub: Hub, host: str) -> JsonObject:
    return {"ws_url": listener_url(hub, LISTENER_WEBSOCKET, "ws", host)}


FEATURE: Final = Feature(
    key="websocket",
    link_entities={
        LISTENER_WEBSOCKET: (CONNECTIVITY, *link_sensors(CLIENTS, *TRAFFIC))
    },
    listeners=(
        ListenerKind(
            key=LISTENER_WEBSOCKET,
            title="WebSocket gateway",
            defaults={**HTTP_OPTIONS, CONF_PORT: 8765},
            ports=((CONF_PORT, "tcp"),),
            build=_build,
        ),
    ),
    endpoints=_endpoints,
)
