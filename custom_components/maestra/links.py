"""The running connections to MQTT brokers."""

from typing import TYPE_CHECKING, override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback

from .bus import Unsubscribe
from .const import CONF_TRANSPORT, TRANSPORT_DIRECT
from .dialects import dialects_of
from .domain.errors import MaestraError
from .gateways.mqtt.direct import DirectTransport
from .gateways.mqtt.errors import BrokerRefused
from .gateways.mqtt.transport import Transport
from .hass_mqtt import HomeAssistantMqttTransport
from .link import ServiceLink
from .repairs import BROKER_UNREACHABLE
from .subentries.mqtt_broker import broker_settings

if TYPE_CHECKING:
    from .runtime import MaestraRuntime


class MqttLink(ServiceLink):
    """One MQTT broker: its transport, and the dialects on it. Its id is the gateway in every Source that comes in here."""

    issue = BROKER_UNREACHABLE
    subject = "broker"
    refusal = BrokerRefused
    model = "MQTT broker"

    def __init__(self, runtime: MaestraRuntime, subentry: ConfigSubentry) -> None:
        """Build, but connect nothing."""
        super().__init__(
            runtime.hass, runtime.entry, subentry, runtime.show.link_changed
        )
        self.runtime = runtime
        self.transport = self._transport(runtime.hass)
        self.dialects = dialects_of(self)
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

    @callback
    def _connection_changed(self, connected: bool, reason: MaestraError | None) -> None:
        if not connected and reason is None:
            # Closed on purpose: Home Assistant is on its way out, and nothing is wrong.
            return
        self._connection_is(connected, reason)
