"""Carrying the MQTT dialects over Home Assistant's own MQTT integration."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
import logging
from typing import Final

from homeassistant.components import mqtt
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from .domain.errors import MaestraError, NotConnected, OutgoingFull
from .gateways.mqtt.transport import (
    ConnectionListener,
    Counters,
    Handler,
    Message,
    Subscription,
    Taken,
)

_LOGGER = logging.getLogger(__name__)

MAX_WAITING: Final = 10_000
RETRY_INTERVAL: Final = 30  # seconds


class HomeAssistantMqttTransport:
    """A transport without a connection of its own.

    Home Assistant acknowledges to the broker what it received before it tells us: a
    message that is in its hands when it stops is lost. Use a direct connection where
    that matters.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        """Touch nothing yet."""
        self.name = "Home Assistant's MQTT"
        self.connected = False
        self.counters = Counters()
        self._hass = hass
        self._dialects: dict[int, tuple[list[Subscription], Handler]] = {}
        self._listeners: list[ConnectionListener] = []
        self._waiting: deque[tuple[str, bytes, int, bool]] = deque()
        self._wake = asyncio.Event()
        self._next_dialect = 0

    def subscribe(
        self, subscriptions: Iterable[Subscription], handler: Handler
    ) -> Callable[[], None]:
        """Give every message that matches to `handler` while `run` goes on."""
        key = self._next_dialect
        self._next_dialect += 1
        self._dialects[key] = (list(subscriptions), handler)
        return lambda: self._dialects.pop(key, None) and None

    def on_connection(self, listener: ConnectionListener) -> Callable[[], None]:
        """Tell `listener` when Home Assistant's connection comes and goes."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def acknowledge(self, packet_id: int) -> None:
        """Do nothing: Home Assistant has acknowledged already."""

    def publish(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> None:
        """Queue one message; raises NotConnected, OutgoingFull."""
        if not self.connected:
            raise NotConnected(gateway=self.name)
        if len(self._waiting) >= MAX_WAITING:
            self.counters.discarded += 1
            raise OutgoingFull(gateway=self.name)
        self._waiting.append((topic, payload, qos, retain))
        self._wake.set()

    async def run(self) -> None:
        """Subscribe and send until cancelled."""
        while not await mqtt.async_wait_for_mqtt_client(self._hass):
            self._connection_changed(False)
            await asyncio.sleep(RETRY_INTERVAL)
        unsubscribes = [
            await mqtt.async_subscribe(
                self._hass,
                subscription.filter,
                self._receiver(handler),
                subscription.qos,
                encoding=None,
            )
            for subscriptions, handler in self._dialects.values()
            for subscription in subscriptions
        ]
        unsubscribes.append(
            mqtt.async_subscribe_connection_status(self._hass, self._connection_changed)
        )
        try:
            self._connection_changed(mqtt.is_connected(self._hass))
            await self._send()
        finally:
            for unsubscribe in unsubscribes:
                unsubscribe()
            self._connection_changed(False)

    async def _send(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                topic, payload, qos, retain = self._waiting.popleft()
                try:
                    await mqtt.async_publish(self._hass, topic, payload, qos, retain)
                except HomeAssistantError as error:
                    self.counters.discarded += 1
                    _LOGGER.debug("Home Assistant's MQTT did not send to %s: %s", topic, error)
                else:
                    self.counters.published += 1

    def _receiver(self, handler: Handler) -> Callable[[mqtt.ReceiveMessage], None]:
        @callback
        def receive(received: mqtt.ReceiveMessage) -> None:
            self.counters.received += 1
            payload = received.payload
            message = Message(
                topic=received.topic,
                payload=payload if isinstance(payload, bytes) else str(payload).encode(),
                qos=received.qos,
                retain=received.retain,
                link=self,
            )
            if handler(message) is Taken.NOW:
                message.ack()

        return receive

    @callback
    def _connection_changed(self, connected: bool) -> None:
        if connected == self.connected:
            return
        self.connected = connected
        reason: MaestraError | None = None
        if not connected:
            self.counters.discarded += len(self._waiting)
            self._waiting.clear()
            reason = NotConnected(gateway=self.name)
        else:
            self.counters.reconnects += 1
        for listener in list(self._listeners):
            listener(connected, reason)
