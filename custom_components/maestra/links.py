"""The running connections to the outside, one for each subentry."""

import asyncio
from collections.abc import Callable
import logging
from typing import TYPE_CHECKING

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from .const import (
    BROKER_REPAIR_AFTER,
    CONF_EVENT_SIZE_LIMIT,
    CONF_SUBENTRY_ID,
    CONF_TRANSPORT,
    TRANSPORT_DIRECT,
)
from .domain import Domain
from .domain.errors import MaestraError
from .gateways.mqtt.direct import DirectTransport
from .gateways.mqtt.errors import BrokerRefused
from .gateways.mqtt.gateway import MaestraGateway
from .gateways.mqtt.transport import Transport
from .hass_mqtt import HomeAssistantMqttTransport
from .repairs import async_set_broker_issue
from .subentries.mqtt_broker import broker_settings

if TYPE_CHECKING:
    from .runtime import MaestraConfigEntry

_LOGGER = logging.getLogger(__name__)


class MqttLink:
    """One MQTT broker: its transport, the dialect on it, and what Home Assistant is told of both."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: MaestraConfigEntry,
        subentry: ConfigSubentry,
        domain: Domain,
        on_change: Callable[[MqttLink], None],
    ) -> None:
        """Build, but connect nothing. `on_change` is called when the connection comes or goes."""
        self.subentry = subentry
        # Home Assistant changes a subentry in place: this is what the link was built from.
        self.data = subentry.data
        self.reason: str | None = None
        self._is_refused = False
        self.transport = self._transport(hass)
        self.gateway = MaestraGateway(
            subentry.subentry_id,
            self.transport,
            domain,
            event_size_limit=subentry.data.get(CONF_EVENT_SIZE_LIMIT, 0),
        )
        self._hass = hass
        self._entry = entry
        self._on_change = on_change
        self._task: asyncio.Task[None] | None = None
        self._unsubscribes: list[Callable[[], None]] = []
        self._cancel_issue: CALLBACK_TYPE | None = None

    @property
    def id(self) -> str:
        """The subentry's id: also the gateway in every Source that comes in here."""
        return self.subentry.subentry_id

    @property
    def connected(self) -> bool:
        """Whether the broker is there."""
        return self.transport.connected

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False
    ) -> None:
        """Send one message; raises NotConnected, OutgoingFull."""
        self.transport.publish(topic, payload, qos=qos, retain=retain)

    @callback
    def start(self) -> None:
        """Connect, and reconnect until stopped."""
        self._unsubscribes = [
            self.gateway.start(),
            self.transport.on_connection(self._connection_changed),
        ]
        self._expect_connection()
        self._task = self._entry.async_create_background_task(
            self._hass, self._run(), f"maestra mqtt {self.subentry.title}"
        )

    async def stop(self) -> None:
        """Disconnect and leave nothing behind."""
        # Gone first, so that what happens while closing is not told as a loss.
        for unsubscribe in reversed(self._unsubscribes):
            unsubscribe()
        self._unsubscribes.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None
        self._heal()

    def _transport(self, hass: HomeAssistant) -> Transport:
        if self.subentry.data[CONF_TRANSPORT] == TRANSPORT_DIRECT:
            return DirectTransport(broker_settings(self.subentry.data))
        return HomeAssistantMqttTransport(hass)

    async def _run(self) -> None:
        try:
            await self.transport.run()
        except Exception:
            _LOGGER.exception("The connection to %s has failed", self.subentry.title)

    @callback
    def _connection_changed(self, connected: bool, reason: MaestraError | None) -> None:
        if not connected and reason is None:
            # Closed on purpose: Home Assistant is on its way out, and nothing is wrong.
            return
        self.reason = None if reason is None else str(reason)
        if connected:
            self._heal()
        else:
            self._expect_connection()
        self._is_refused = isinstance(reason, BrokerRefused)
        self.ask_for_credentials()
        self._on_change(self)

    @callback
    def ask_for_credentials(self) -> None:
        """Ask the user for what the broker does not refuse; called again, as only one link can ask at a time."""
        if self._is_refused:
            self._entry.async_start_reauth(self._hass, data={CONF_SUBENTRY_ID: self.id})

    def _expect_connection(self) -> None:
        if self._cancel_issue is None:
            self._cancel_issue = async_call_later(
                self._hass,
                BROKER_REPAIR_AFTER,
                HassJob(self._raise_issue, cancel_on_shutdown=True),
            )

    @callback
    def _raise_issue(self, _now: object) -> None:
        async_set_broker_issue(self._hass, self, is_down=True)

    def _heal(self) -> None:
        if self._cancel_issue is not None:
            self._cancel_issue()
            self._cancel_issue = None
        async_set_broker_issue(self._hass, self, is_down=False)
