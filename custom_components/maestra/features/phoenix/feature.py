"""What Phoenix channels bring to Home Assistant: a listener of the hub, for what other features tell and take."""

from typing import Final

from homeassistant.const import CONF_PORT

from ...const import LISTENER_PHOENIX
from ...core.phoenix.channels import joined_parts
from ...core.phoenix.gateway import DEFAULT_PORT, PhoenixGateway, PhoenixSettings
from ...hub.feature import Feature
from ...hub.hub import Hub
from ...hub.link_sensors import CLIENTS, CONNECTIVITY, TRAFFIC, link_sensors
from ...hub.listeners import HTTP_OPTIONS, ListenerKind, Options, http_settings
from .health import health_parts


async def _build(hub: Hub, data: Options) -> PhoenixGateway:
    parts = hub.phoenix_parts()
    parts = joined_parts((parts, health_parts(hub, parts)))
    settings = PhoenixSettings(**await http_settings(hub, data))
    return PhoenixGateway(hub.domain, parts, settings)


FEATURE: Final = Feature(
    key="phoenix",
    link_entities={LISTENER_PHOENIX: (CONNECTIVITY, *link_sensors(CLIENTS, *TRAFFIC))},
    listeners=(
        ListenerKind(
            key=LISTENER_PHOENIX,
            title="Stream clients listener",
            defaults={**HTTP_OPTIONS, CONF_PORT: DEFAULT_PORT},
            ports=((CONF_PORT, "tcp"),),
            build=_build,
        ),
    ),
)
