"""A direct MQTT connection to a broker, which comes back by itself."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
import contextlib
from dataclasses import replace
from functools import partial
from ssl import SSLContext
from typing import Final, NoReturn, override

import mqtt5

from ..bus import call_each, enlist, get_logger
from ..domain.errors import InvalidField, NotConnected, OutgoingFull
from ..transport.errors import MessageTooLarge
from ..transport.reconnect import Backoff, ConnectionListener, Reconnector
from ..transport.routes import Routes
from ..transport.tls import InvalidTlsMaterial, open_context
from ..transport.transport import (
    OF_BROKER,
    Delivery,
    Handler,
    Link,
    Message,
    Subscription,
    Transport,
    TransportCounters,
)
from .errors import SubscriptionRefused, TlsMaterialInvalid
from .reasons import reason
from .session import BrokerSettings, Session
from .session_state import Limits, PacketTooLarge

_LOGGER = get_logger(__name__)

RETRY_REFUSED: Final = 60.0
"""Seconds after which a subscription that the broker refused is asked for again."""


class Connection(Link):
    """Acknowledges on the connection it was made for: packet ids mean nothing on the next."""

    def __init__(self, session: Session) -> None:
        """Begin with the session's new connection."""
        self._session: Session | None = session
        self._asked = 0

    @override
    def acknowledge(self, packet_id: int) -> None:
        # A message of QoS 0 has no packet id.
        if packet_id and self._session is not None:
            self._session.acknowledge(packet_id)

    def may_be_resent(self) -> bool:
        """Whether the next message of QoS 1 may have come on an earlier connection, whatever it says of itself.

        What was in flight comes first (MQTT 5 §4.4), and a Mosquitto that was killed sends it without DUP.
        """
        session = self._session
        if session is None or not session.is_resumed:
            return False
        self._asked += 1
        return self._asked <= session.max_resent

    def end(self) -> None:
        """Acknowledge nothing any more."""
        self._session = None


class DirectTransport(Transport):
    """A connection that comes back by itself and is honest about QoS 1.

    What arrives is handed to the handlers from the read callback and acknowledged only when they
    have taken it over. There is no queue in between that could overflow: when nobody acknowledges,
    the broker stops sending after `receive_maximum` messages, and after a restart
    it sends again what was not acknowledged.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        name: str | None = None,
        *,
        limits: Limits = Limits(),
        backoff: Backoff = Backoff(),
    ) -> None:
        """Make a transport that `run` brings to life."""
        self._settings = settings
        self._name = name or f"{settings.host}:{settings.port}"
        self._limits = limits
        self._reconnector = Reconnector(f"MQTT broker {self._name}", backoff)
        self._counters = TransportCounters()
        self._delivery = Delivery(f"MQTT broker {self._name}", self._counters)
        self._routes = Routes()
        self._session: Session | None = None
        self._connection: Connection | None = None
        self._was_connected = False
        self._accepted = 0
        self._drained_listeners: list[Callable[[], None]] = []
        self._wake = asyncio.Event()
        self._logged_refusals: set[int] = set()

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def connected(self) -> bool:
        return self._reconnector.connected

    @property
    @override
    def counters(self) -> TransportCounters:
        return self._counters

    @property
    @override
    def window(self) -> int | None:
        return None if self._session is None else self._session.window

    @property
    @override
    def unacknowledged(self) -> int:
        return 0 if self._session is None else self._session.unacknowledged

    @property
    @override
    def accepted(self) -> int:
        return self._accepted

    @property
    @override
    def protocol(self) -> str | None:
        return None if self._session is None else self._session.protocol

    @override
    def subscribe(
        self,
        subscriptions: Iterable[Subscription],
        handler: Handler,
        *,
        former: Iterable[str] = (),
    ) -> Callable[[], None]:
        remove = self._routes.add(subscriptions, handler, former)
        self._wake.set()

        def unsubscribe() -> None:
            remove()
            self._wake.set()

        return unsubscribe

    @override
    def on_connection(self, listener: ConnectionListener) -> Callable[[], None]:
        return self._reconnector.on_connection(listener)

    @override
    def on_drained(self, listener: Callable[[], None]) -> Callable[[], None]:
        return enlist(self._drained_listeners, listener)

    @override
    def publish(
        self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False
    ) -> None:
        session = self._session
        if session is None or not session.is_open:
            raise NotConnected(gateway=self._name)
        try:
            is_taken = session.send(topic, payload, qos, retain)
        except ValueError as error:
            raise InvalidField(field="topic", reason=str(error)) from None
        except PacketTooLarge as error:
            self._counters.discarded += 1
            raise MessageTooLarge(
                gateway=self._name, limit=session.max_packet, size=error.size
            ) from None
        if not is_taken:
            self._counters.discarded += 1
            raise OutgoingFull(gateway=self._name)
        self._counters.published += 1
        self._accepted += qos > 0

    @override
    async def run(self) -> None:
        try:
            await self._reconnector.run(self._connect_and_serve)
        finally:
            self._session = None

    async def _connect_and_serve(self) -> NoReturn:
        """Connect and serve the connection until it breaks; raises BrokerError then."""
        if self._session is None:
            context = await _open_context(self._settings)
            self._session = Session(
                self._settings,
                context,
                self._receive,
                self._counters,
                self._wake.set,
                on_drained=partial(call_each, self._drained_listeners),
                on_refused=self._message_refused,
                limits=self._limits,
            )
        session = self._session
        # Messages can come with the CONNACK: the broker goes on where we left.
        self._connection = connection = Connection(session)
        try:
            await session.open()
            if self._was_connected:
                self._counters.reconnects += 1
                self._counters.sessions_lost += not session.is_resumed
            await self._serve(session)
        finally:
            connection.end()
            self._connection = None
            await session.close()

    async def _serve(self, session: Session) -> NoReturn:
        """Keep the broker's subscriptions those that the dialects want, until the connection is lost."""
        subscribed: dict[str, Subscription | None] = dict.fromkeys(
            self._routes.former if session.is_resumed else ()
        )
        self._was_connected = True
        while True:
            refused = await self._subscribe(session, subscribed)
            if not session.is_open:
                raise session.loss
            if refused:
                # What is not heard is not connected, be the rest as it is.
                self._reconnector.went_down(
                    subscription_refused(self._settings, refused)
                )
            else:
                self._reconnector.came_up()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RETRY_REFUSED if refused else None):
                    await self._wake.wait()
            self._wake.clear()

    async def _subscribe(
        self, session: Session, subscribed: dict[str, Subscription | None]
    ) -> dict[str, str]:
        """Bring what is subscribed in line with what is wanted; returns what the broker refuses of what is needed, and why."""
        wanted = self._routes.wanted()
        refused: dict[str, str] = {}
        added = {
            key: each for key, each in wanted.items() if subscribed.get(key) != each
        }
        if added:
            refused = await session.subscribe_all(added)
        if removed := [key for key in subscribed if key not in wanted]:
            await session.unsubscribe(removed)
        subscribed.clear()
        subscribed.update(
            (key, each)
            for key, each in wanted.items()
            if key not in refused or not each.is_needed
        )
        return {key: why for key, why in refused.items() if wanted[key].is_needed}

    def _message_refused(self, topic: str, code: int) -> None:
        # The count says how many; of each reason the first is named.
        if code not in self._logged_refusals:
            self._logged_refusals.add(code)
            _LOGGER.warning(
                "MQTT broker %s refuses a message to %s (%s); it is not sent again, and others like it are only counted",
                self._name,
                topic,
                reason(code).name,
            )

    def _receive(self, received: mqtt5.PublishPacket) -> None:
        """Hand one message to whoever wants it. An exception here would end the connection."""
        if (connection := self._connection) is None:
            # On our way out: the broker sends it again.
            return
        topic, packet_id = received.topic, received.packet_id or 0
        self._counters.received += not topic.startswith(OF_BROKER)
        handlers = self._routes.find(topic)
        if not handlers:
            self._counters.unmatched += 1
            connection.acknowledge(packet_id)
            return
        message = Message(
            topic,
            received.payload,
            int(received.qos),
            received.retain,
            connection,
            packet_id,
            len(handlers),
            received.duplicate or (packet_id != 0 and connection.may_be_resent()),
        )
        self._delivery.hand_out(message, handlers)


async def prove(
    settings: BrokerSettings, subscriptions: Iterable[Subscription] = ()
) -> None:
    """Try settings out: connect once, subscribe and disconnect. Raises BrokerError by kind.

    Under another client id, since the broker throws a running connection of the same id out.
    """
    trial = replace(settings, client_id=f"{settings.client_id}-trial")
    context = await _open_context(trial)
    session = Session(trial, context, lambda _: None, TransportCounters(), keep=False)
    wanted = {each.filter: each for each in subscriptions if each.is_needed}
    try:
        await session.open()
        if wanted and (refused := await session.subscribe_all(wanted)):
            raise subscription_refused(settings, refused)
    finally:
        await session.close()


def subscription_refused(
    settings: BrokerSettings, refused: Mapping[str, str]
) -> SubscriptionRefused:
    """Return the error that names what a broker does not let us hear: filters, and why."""
    named = ", ".join(f"{key} ({why})" for key, why in refused.items())
    return SubscriptionRefused(
        host=settings.host,
        port=settings.port,
        reason=f"the broker refuses the subscription to {named}",
    )


async def _open_context(settings: BrokerSettings) -> SSLContext | None:
    try:
        return await open_context(settings.tls)
    except InvalidTlsMaterial as error:
        raise TlsMaterialInvalid(
            host=settings.host, port=settings.port, reason=str(error)
        ) from None
