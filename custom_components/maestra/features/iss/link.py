"""The running connection to the telemetry feed of the ISS, and the sensors that show how it is."""

from typing import Any, Final, override

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.config_entries import ConfigSubentry
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ...const import CONF_CHANNELS
from ...core.bus import Unsubscribe
from ...core.iss.source import IssSource
from ...hub.hub import Hub
from ...hub.link import ServiceLink
from ...hub.link_sensors import (
    BYTES_IN,
    CONNECTIVITY,
    LATENCY,
    MESSAGES_ACCEPTED,
    MESSAGES_IN,
    MESSAGES_REFUSED,
    LinkSensorDescription,
    link_sensors,
    of_gateway,
)
from .flow import iss_settings

ISS_UNREACHABLE: Final = "iss_unreachable"

SIGNAL: Final = LinkSensorDescription(
    key="signal",
    device_class=SensorDeviceClass.ENUM,
    options=["acquired", "stale", "lost"],
    entity_category=None,
    value_fn=of_gateway(lambda gateway: gateway.signal.status),
)
ISS_LINK_ENTITIES: Final = (
    CONNECTIVITY,
    *link_sensors(
        SIGNAL, MESSAGES_IN, BYTES_IN, MESSAGES_ACCEPTED, MESSAGES_REFUSED, LATENCY
    ),
)


class IssLink(ServiceLink):
    """One feed. What it brings is on the bus, and in `gateway` the latest of it."""

    issue = ISS_UNREACHABLE
    subject = "feed"
    model = "Lightstreamer server"
    is_gateway = False

    def __init__(self, hub: Hub, subentry: ConfigSubentry) -> None:
        """Build, but connect nothing."""
        super().__init__(hub.hass, hub.entry, subentry, hub.links.changed)
        self.gateway = IssSource(
            subentry.subentry_id,
            async_get_clientsession(hub.hass),
            hub.domain,
            iss_settings(subentry.data),
        )

    @property
    @override
    def connected(self) -> bool:
        """Whether the server is there."""
        return self.gateway.connection.connected

    @property
    def has_signal(self) -> bool:
        """Whether the station is heard, be it late."""
        return self.gateway.signal.status != "lost"

    @override
    def diagnostics(self) -> dict[str, Any]:
        """Return how the connection and the signal are, and what passed through."""
        signal = self.gateway.signal
        return {
            **super().diagnostics(),
            "signal": signal.status,
            "signal_since": signal.since.isoformat() if signal.since else None,
            "channels": len(self.data[CONF_CHANNELS]),
            "channels_heard": len(self.gateway.items.latest),
        }

    @override
    def _begin(self) -> list[Unsubscribe]:
        return [
            self.gateway.start(),
            self.gateway.connection.on_connection(self._connection_changed),
        ]

    @override
    async def _serve(self) -> None:
        await self.gateway.connection.run()
