"""The running connections to MQTT brokers."""

from dataclasses import asdict
from typing import Any, Final, override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant

from ...const import CONF_DIALECTS, CONF_TRANSPORT, DEFAULT_DIALECTS, TRANSPORT_DIRECT
from ...core.bus import Unsubscribe
from ...core.mqtt.direct import DirectTransport
from ...core.mqtt.errors import BrokerRefused
from ...core.transport.transport import Transport
from ...hub.feature import Dialect
from ...hub.hub import Hub
from ...hub.link import ServiceLink
from .flow import broker_settings
from .transport import HomeAssistantMqttTransport

BROKER_UNREACHABLE: Final = "broker_unreachable"


class MqttLink(ServiceLink):
    """One MQTT broker: its transport, and the dialects on it. Its id is the gateway in every Source that comes in here."""

    issue = BROKER_UNREACHABLE
    subject = "broker"
    refusal = BrokerRefused
    model = "MQTT broker"

    def __init__(self, hub: Hub, subentry: ConfigSubentry) -> None:
        """Build, but connect nothing."""
        super().__init__(hub.hass, hub.entry, subentry, hub.links.changed)
        self.transport = self._transport(hub.hass)
        self.dialects: list[Dialect] = [
            hub.dialects[name](hub, self)
            for name in self.data.get(CONF_DIALECTS, DEFAULT_DIALECTS)
        ]
        # The one whose figures are shown.
        self.gateway = self.dialects[0]

    @property
    @override
    def connected(self) -> bool:
        """Whether the broker is there."""
        return self.transport.connected

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False
    ) -> None:
        """Send one message; raises NotConnected, OutgoingFull."""
        self.transport.publish(topic, payload, qos=qos, retain=retain)

    @override
    def diagnostics(self) -> dict[str, Any]:
        """Add how it is connected, and what the transport has counted."""
        return {
            **super().diagnostics(),
            "transport": self.data[CONF_TRANSPORT],
            "transport_counters": asdict(self.transport.counters),
        }

    @override
    def _begin(self) -> list[Unsubscribe]:
        return [
            *(dialect.start() for dialect in self.dialects),
            self.transport.on_connection(self._connection_changed),
        ]

    @override
    async def _serve(self) -> None:
        await self.transport.run()

    def _transport(self, hass: HomeAssistant) -> Transport:
        if self.subentry.data[CONF_TRANSPORT] == TRANSPORT_DIRECT:
            return DirectTransport(broker_settings(self.subentry.data))
        return HomeAssistantMqttTransport(hass)
