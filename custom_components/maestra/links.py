"""The running connections to MQTT brokers."""

from collections.abc import Callable
from typing import TYPE_CHECKING, override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback

from .bus import Unsubscribe
from .const import CONF_EVENT_SIZE_LIMIT, CONF_TRANSPORT, TRANSPORT_DIRECT
from .domain import Domain
from .domain.errors import MaestraError
from .gateways.mqtt.direct import DirectTransport
from .gateways.mqtt.errors import BrokerRefused
from .gateways.mqtt.gateway import MaestraGateway
from .gateways.mqtt.transport import Transport
from .hass_mqtt import HomeAssistantMqttTransport
from .link import Link
from .repairs import BROKER_UNREACHABLE
from .subentries.mqtt_broker import broker_settings

if TYPE_CHECKING:
    from .runtime import MaestraConfigEntry


class MqttLink(Link):
    """One MQTT broker: its transport, and the dialect on it. Its id is the gateway in every Source that comes in here."""

    issue = BROKER_UNREACHABLE
    subject = "broker"
    refusal = BrokerRefused
    model = "MQTT broker"

    def __init__(
        self,
        hass: HomeAssistant,
        entry: MaestraConfigEntry,
        subentry: ConfigSubentry,
        domain: Domain,
        on_change: Callable[[Link], None],
    ) -> None:
        """Build, but connect nothing."""
        super().__init__(hass, entry, subentry, on_change)
        self.transport = self._transport(hass)
        self.gateway = MaestraGateway(
            subentry.subentry_id,
            self.transport,
            domain,
            event_size_limit=subentry.data.get(CONF_EVENT_SIZE_LIMIT, 0),
        )

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
    def _begin(self) -> list[Unsubscribe]:
        return [
            self.gateway.start(),
            self.transport.on_connection(self._connection_changed),
        ]

    @override
    async def _serve(self) -> None:
        await self.transport.run()

    def _transport(self, hass: HomeAssistant) -> Transport:
        if self.subentry.data[CONF_TRANSPORT] == TRANSPORT_DIRECT:
            return DirectTransport(broker_settings(self.subentry.data))
        return HomeAssistantMqttTransport(hass)

    @callback
    def _connection_changed(self, connected: bool, reason: MaestraError | None) -> None:
        if not connected and reason is None:
            # Closed on purpose: Home Assistant is on its way out, and nothing is wrong.
            return
        self._connection_is(connected, reason)
