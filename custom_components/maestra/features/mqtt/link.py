"""The running connections to MQTT brokers."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final, override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ...const import CONF_DIALECTS, CONF_TRANSPORT, DEFAULT_DIALECTS, TRANSPORT_DIRECT
from ...core.bus import Unsubscribe
from ...core.domain.errors import MaestraError
from ...core.mqtt.direct import DirectTransport
from ...core.mqtt.errors import BrokerRefused, SubscriptionRefused
from ...core.mqtt.watch import DropWatch
from ...core.transport.transport import Transport
from ...hub.feature import Dialect
from ...hub.hub import Hub
from ...hub.issues import async_set_link_issue
from ...hub.link import ServiceLink
from .flow import broker_settings
from .transport import HomeAssistantMqttTransport

BROKER_UNREACHABLE: Final = "broker_unreachable"
BROKER_REFUSES_SUBSCRIPTION: Final = "broker_refuses_subscription"
BROKER_DROPS_MESSAGES: Final = "broker_drops_messages"
QUIET: Final = timedelta(days=1)
"""Without another message thrown away, after which a broker's queues count as large enough."""


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
        self._drops = DropWatch(self.transport, self._drops_changed)
        self._cancel_quiet: CALLBACK_TYPE | None = None

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
            "mqtt": self.transport.protocol,
            "window": self.transport.window,
            "dropped_by_broker": self._drops.dropped,
            "transport_counters": asdict(self.transport.counters),
        }

    @override
    def _begin(self) -> list[Unsubscribe]:
        return [
            *(dialect.start() for dialect in self.dialects),
            self._drops.start(),
            self.transport.on_connection(self._connection_changed),
        ]

    @override
    async def _serve(self) -> None:
        await self.transport.run()

    @override
    async def stop(self) -> None:
        """Disconnect, and take back what was told."""
        try:
            await super().stop()
        finally:
            self._tell_refusal(None)
            self._tell_drops(is_there=False)

    @callback
    @override
    def _connection_is(self, connected: bool, reason: MaestraError | None) -> None:
        self._tell_refusal(reason)
        super()._connection_is(connected, reason)
        if isinstance(reason, SubscriptionRefused):
            # It can be reached.
            self._heal()

    def _tell_refusal(self, reason: MaestraError | None) -> None:
        # The user has to act: there is nothing to wait for.
        async_set_link_issue(
            self._hass,
            BROKER_REFUSES_SUBSCRIPTION,
            self,
            is_there=isinstance(reason, SubscriptionRefused),
            reason=getattr(reason, "reason", ""),
        )

    @callback
    def _drops_changed(self) -> None:
        # It counts from the start of the broker: less than before is another start, with other settings perhaps.
        self._tell_drops(is_there=self._drops.dropped > 0)

    def _tell_drops(self, *, is_there: bool) -> None:
        if self._cancel_quiet is not None:
            self._cancel_quiet()
            self._cancel_quiet = None
        if is_there:
            self._cancel_quiet = async_call_later(
                self._hass, QUIET, HassJob(self._quiet, cancel_on_shutdown=True)
            )
        window = self.transport.window
        async_set_link_issue(
            self._hass,
            BROKER_DROPS_MESSAGES,
            self,
            is_there=is_there,
            dropped=str(self._drops.dropped),
            window="?" if window is None else str(window),
        )

    @callback
    def _quiet(self, _now: datetime) -> None:
        self._cancel_quiet = None
        self._tell_drops(is_there=False)

    def _transport(self, hass: HomeAssistant) -> Transport:
        if self.subentry.data[CONF_TRANSPORT] == TRANSPORT_DIRECT:
            return DirectTransport(broker_settings(self.subentry.data))
        return HomeAssistantMqttTransport(hass)
