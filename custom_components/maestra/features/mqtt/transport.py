"""Carrying the MQTT dialects over Home Assistant's own MQTT integration."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from typing import Final, NoReturn

import probatio

from homeassistant.components import mqtt
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ...core.bus import Unsubscribe, call_each, enlist, get_logger
from ...core.domain.errors import InvalidField, MaestraError, NotConnected, OutgoingFull
from ...core.transport.reconnect import ConnectionListener
from ...core.transport.transport import (
    OF_BROKER,
    Delivery,
    Handler,
    Message,
    Subscription,
    TransportCounters,
)

_LOGGER = get_logger(__name__)

MAX_WAITING: Final = 10_000
# Home Assistant waits for the broker's answer to each message: so many at once.
MAX_UNANSWERED: Final = 100
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
        self.counters = TransportCounters()
        self._delivery = Delivery(self.name, self.counters)
        self.window = None
        self.protocol = None
        self.accepted = 0
        self._hass = hass
        self._dialects: dict[int, tuple[list[Subscription], Handler]] = {}
        self._next_dialect = 0
        self._dialects_changed = asyncio.Event()
        self._listeners: list[ConnectionListener] = []
        self._drained_listeners: list[Callable[[], None]] = []
        self._waiting: deque[tuple[str, bytes, int, bool]] = deque()
        self._unanswered = 0
        self._wake = asyncio.Event()
        self._was_connected = False
        self._down: MaestraError | None = None

    @property
    def unacknowledged(self) -> int:
        """How many published messages Home Assistant has not seen taken by the broker yet."""
        return len(self._waiting) + self._unanswered

    def subscribe(
        self,
        subscriptions: Iterable[Subscription],
        handler: Handler,
        *,
        former: Iterable[str] = (),
    ) -> Callable[[], None]:
        """Give every message that matches to `handler`, until the returned function is called.

        Of a shared subscription all messages come: Home Assistant drops what comes for such a filter.
        """
        key = self._next_dialect
        self._next_dialect += 1
        self._dialects[key] = (list(subscriptions), handler)
        self._dialects_changed.set()

        def unsubscribe() -> None:
            self._dialects.pop(key, None)
            self._dialects_changed.set()

        return unsubscribe

    def on_connection(self, listener: ConnectionListener) -> Unsubscribe:
        """Tell `listener` when Home Assistant's connection comes and goes."""
        return enlist(self._listeners, listener)

    def on_drained(self, listener: Callable[[], None]) -> Unsubscribe:
        """Tell `listener` when Home Assistant has seen messages taken by the broker, or they were given up."""
        return enlist(self._drained_listeners, listener)

    def acknowledge(self, packet_id: int) -> None:
        """Do nothing: Home Assistant has acknowledged already."""

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False
    ) -> None:
        """Queue one message; raises NotConnected, OutgoingFull, InvalidField."""
        if not self.connected:
            raise NotConnected(gateway=self.name)
        try:
            mqtt.valid_publish_topic(topic)
        except probatio.Invalid as error:
            raise InvalidField(field="topic", reason=str(error)) from None
        if len(self._waiting) >= MAX_WAITING:
            self.counters.discarded += 1
            raise OutgoingFull(gateway=self.name)
        self._waiting.append((topic, payload, qos, retain))
        self.accepted += 1
        self._wake.set()

    async def run(self) -> None:
        """Subscribe and send until cancelled."""
        try:
            while True:
                if await mqtt.async_wait_for_mqtt_client(self._hass):
                    await self._serve()
                self._connection_changed(False)
                await asyncio.sleep(RETRY_INTERVAL)
        finally:
            self._down = None
            self.connected = False
            self._notify(False, None)

    async def _serve(self) -> None:
        """Carry messages; returns when Home Assistant's MQTT can't be used after all."""
        held: dict[int, ExitStack] = {}
        with ExitStack() as stack:
            stack.callback(_give_back, held)
            try:
                await self._subscribe(held)
            except HomeAssistantError as error:
                _LOGGER.debug("Home Assistant's MQTT can't be used: %s", error)
                return
            stack.callback(
                mqtt.async_subscribe_connection_status(self._hass, self._refresh)
            )
            # Unloading the integration is told by nobody else.
            stack.callback(
                async_dispatcher_connect(
                    self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._refresh
                )
            )
            self._refresh()
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._send())
                    group.create_task(self._follow(held))
            except* HomeAssistantError as errors:
                _LOGGER.debug("Home Assistant's MQTT was lost: %s", errors.exceptions)

    async def _follow(self, held: dict[int, ExitStack]) -> NoReturn:
        """Keep to what the dialects want while they run; raises HomeAssistantError."""
        while True:
            await self._dialects_changed.wait()
            await self._subscribe(held)

    async def _subscribe(self, held: dict[int, ExitStack]) -> None:
        """Subscribe to what is new, and then give back what is gone, so that nothing is missed in between."""
        self._dialects_changed.clear()
        for key, (subscriptions, _) in list(self._dialects.items()):
            if key in held:
                continue
            stack = held[key] = ExitStack()
            for subscription in subscriptions:
                unsubscribe = await mqtt.async_subscribe(
                    self._hass,
                    subscription.topics,
                    self._receiver(key),
                    subscription.qos,
                    encoding=None,
                )
                stack.callback(unsubscribe)
        for key in held.keys() - self._dialects.keys():
            held.pop(key).close()

    async def _send(self) -> NoReturn:
        window = asyncio.Semaphore(MAX_UNANSWERED)
        self._unanswered = 0
        async with asyncio.TaskGroup() as unanswered:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._waiting and self.connected:
                    await window.acquire()
                    # It may have gone meanwhile, and taken what nobody waits for along.
                    if self._waiting and self.connected:
                        self._unanswered += 1
                        unanswered.create_task(
                            self._publish(window, *self._waiting.popleft())
                        )
                    else:
                        window.release()

    async def _publish(
        self,
        window: asyncio.Semaphore,
        topic: str,
        payload: bytes,
        qos: int,
        retain: bool,
    ) -> None:
        try:
            await mqtt.async_publish(self._hass, topic, payload, qos, retain)
        except HomeAssistantError as error:
            if qos and not self.connected:
                self._waiting.appendleft((topic, payload, qos, retain))
                return
            self.counters.discarded += 1
            _LOGGER.debug("Home Assistant's MQTT did not send to %s: %s", topic, error)
        else:
            self.counters.published += 1
        finally:
            self._unanswered -= 1
            window.release()
            call_each(self._drained_listeners)

    def _receiver(self, key: int) -> Callable[[mqtt.ReceiveMessage], None]:
        @callback
        def receive(received: mqtt.ReceiveMessage) -> None:
            if (dialect := self._dialects.get(key)) is None:
                return
            self.counters.received += not received.topic.startswith(OF_BROKER)
            payload = received.payload
            message = Message(
                topic=received.topic,
                payload=payload
                if isinstance(payload, bytes)
                else str(payload).encode(),
                qos=received.qos,
                retain=received.retain,
                link=self,
            )
            _, handler = dialect
            self._delivery.hand_out(message, (handler,))

        return receive

    @callback
    def _refresh(self, *_changed: object) -> None:
        is_loaded = bool(self._hass.config_entries.async_loaded_entries(mqtt.DOMAIN))
        self._connection_changed(is_loaded and mqtt.is_connected(self._hass))

    def _connection_changed(self, connected: bool) -> None:
        if connected == self.connected and (connected or self._down):
            return
        self.connected = connected
        if connected:
            self.counters.reconnects += self._was_connected
            self._was_connected = True
            self._down = None
            self._wake.set()
        else:
            # At QoS 0 nothing is sent late.
            kept = [each for each in self._waiting if each[2]]
            self.counters.discarded += len(self._waiting) - len(kept)
            self._waiting = deque(kept)
            self._down = NotConnected(gateway=self.name)
        self._notify(connected, self._down)

    def _notify(self, connected: bool, reason: MaestraError | None) -> None:
        call_each(self._listeners, connected, reason)


def _give_back(held: Mapping[int, ExitStack]) -> None:
    """End all subscriptions, whatever one of them raises."""
    with ExitStack() as stack:
        for each in held.values():
            stack.push(each)
