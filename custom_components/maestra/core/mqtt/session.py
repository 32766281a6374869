"""One MQTT 5 session on aiomqtt: its settings; messages are delivered at once, and acknowledged by their handlers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
import math
import socket
import ssl
from typing import Any, Final, override

import aiomqtt
import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from ..transport.tls import TlsSettings
from ..transport.transport import Subscription, TransportCounters
from .errors import ENDED_BY_BROKER, LOST, BrokerError, connect_failure
from .routes import ReadAhead, shorten_acknowledgements

TIMEOUT: Final = 10.0
"""Seconds for each of: the broker's answer to CONNECT, to a subscription, to DISCONNECT."""
MAX_INCOMING_PACKET: Final = 8 * 1024 * 1024
"""Bytes; the broker does not send us larger ones."""
MAX_PACKET: Final = 268_435_455
"""Bytes of a packet when the broker names no limit."""


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """One broker and our account there. `client_id` must stay the same: the broker keeps our session under it."""

    host: str
    port: int
    client_id: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: TlsSettings | None = None
    keepalive: timedelta = timedelta(seconds=15)
    session_expiry: timedelta = timedelta(days=1)
    """How long the broker keeps QoS 1 messages for us while we are away."""
    receive_maximum: int = 256
    """How many QoS 1 messages the broker may send before one of them is acknowledged: the back pressure."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What may wait to be sent: messages at QoS 1, and bytes (each QoS counted for itself)."""

    messages: int = 10_000
    bytes: int = 8 * 1024 * 1024
    unacknowledged: int = 100
    """How many QoS 1 messages may be on the wire at once (the broker may want fewer)."""


class Session(aiomqtt.Client):
    """A client that can be opened again after a loss, and then sends again what was not acknowledged.

    aiomqtt puts messages into a queue that discards when it is full, and paho acknowledges
    them on arrival. Here they go to `receive` straight from the read callback, and nothing
    is acknowledged but by `acknowledge`.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        context: ssl.SSLContext | None,
        receive: Callable[[paho.MQTTMessage], None],
        counters: TransportCounters,
        on_loss: Callable[[], None] = lambda: None,
        *,
        keep: bool = True,
        limits: Limits = Limits(),
    ) -> None:
        """Make a session; `keep` asks the broker to remember it while we are away.

        `on_loss` is called when the connection is gone, and `reason` says why.
        """
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        expiry = int(settings.session_expiry.total_seconds())
        properties.SessionExpiryInterval = expiry if keep else 0
        properties.ReceiveMaximum = settings.receive_maximum
        properties.MaximumPacketSize = MAX_INCOMING_PACKET
        super().__init__(
            settings.host,
            settings.port,
            username=settings.username,
            password=settings.password,
            identifier=settings.client_id,
            protocol=aiomqtt.ProtocolVersion.V5,
            keepalive=math.ceil(settings.keepalive.total_seconds()),
            clean_start=not keep,
            properties=properties,
            timeout=TIMEOUT,
            tls_context=context,
            max_inflight_messages=limits.unacknowledged,
        )
        self._settings = settings
        self._receive = receive
        self._on_loss = on_loss
        self.reason = ""
        self._failure: OSError | None = None
        self._counters = counters
        self._limits = limits
        self._unsent: dict[int, tuple[int, int]] = {}
        """What is not out yet by message id: its QoS and size. paho bounds neither QoS 0 nor bytes."""
        self._bytes = 0
        self._client.manual_ack_set(True)
        shorten_acknowledgements(self._client)
        self.is_resumed = False
        """Whether the broker still had our session."""
        self.max_packet = MAX_PACKET
        """Bytes of the largest packet that the broker accepts."""

    async def open(self) -> None:
        """Connect; raises BrokerError by kind."""
        # aiomqtt leaves the last connection's result here.
        self._connected = asyncio.Future()
        self._disconnected = asyncio.Future()
        self._failure = None
        self._disconnected.add_done_callback(self._note_loss)
        for mid in [mid for mid, (qos, _) in self._unsent.items() if qos == 0]:
            self._forget(mid)
        # paho connects in a thread that can't be cancelled: wait for it, or its socket would be left behind.
        opening = asyncio.ensure_future(self.__aenter__())
        try:
            # Not `shield`: that reports what fails after we were cancelled as nobody's mistake.
            await asyncio.wait([opening])
        except asyncio.CancelledError:
            await asyncio.wait([opening])
            if opening.exception() is None:
                await self.close()
            raise
        try:
            opening.result()
        except aiomqtt.MqttError as error:
            self._client.disconnect()
            raise self._kind_of(error) from None

    async def close(self) -> None:
        """Say DISCONNECT when there is still somebody to hear it."""
        if not self._lock.locked():
            return
        try:
            await self.__aexit__(None, None, None)
        except aiomqtt.MqttError:
            # Nobody answered in time: paho lets go of the socket when it finds it closed.
            if isinstance(sock := self._client.socket(), ReadAhead):
                sock.shutdown(socket.SHUT_RDWR)
            self._client.loop_read()
            self._lock.release()

    async def subscribe_all(self, wanted: dict[str, Subscription]) -> dict[str, str]:
        """Subscribe by filter; returns those the broker refuses, and why.

        Raises aiomqtt.MqttError.
        """
        options = [
            (
                topic_filter,
                # What is retained is no news to a session that goes on.
                SubscribeOptions(
                    qos=subscription.qos,
                    noLocal=subscription.no_local,
                    retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB,
                ),
            )
            for topic_filter, subscription in wanted.items()
        ]
        answers = await self.subscribe(options)
        return {
            topic_filter: str(answer)
            for topic_filter, answer in zip(wanted, answers, strict=True)
            if isinstance(answer, ReasonCode) and answer.is_failure
        }

    def send(self, topic: str, payload: bytes, qos: int, retain: bool) -> bool:
        """Send one message without waiting; False when the backlog is full. Raises ValueError for a bad topic."""
        size = len(payload)
        if (
            len(self._unsent) >= self._limits.messages
            or self._bytes + size > self._limits.bytes
        ):
            return False
        info = self._client.publish(topic, payload, qos, retain)
        # At QoS 1 it can't be yet, and paho takes a lock to tell.
        if qos or not info.is_published():
            self._unsent[info.mid] = (qos, size)
            self._bytes += size
        return True

    def acknowledge(self, packet_id: int) -> None:
        """Acknowledge a QoS 1 message of this connection."""
        self._client.ack(packet_id, 1)

    @property
    def is_open(self) -> bool:
        """Whether the broker has accepted us and the connection was not lost since."""
        return (
            self._connected.done()
            and self._connected.exception() is None
            and not self._disconnected.done()
        )

    @property
    def unacknowledged(self) -> int:
        """How many messages wait for the socket or for the broker's acknowledgement."""
        return len(self._unsent)

    @override
    def _client_connect(self) -> None:
        # aiomqtt keeps the text of the error only, and the kind is what a user can act on.
        try:
            super()._client_connect()
        except OSError as error:
            self._failure = error
            raise

    @override
    def _on_message(
        self, client: paho.Client, userdata: Any, message: paho.MQTTMessage
    ) -> None:
        self._receive(message)

    @override
    def _on_connect(
        self,
        client: paho.Client,
        userdata: Any,
        flags: paho.ConnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        self.is_resumed = flags.session_present
        self.max_packet = getattr(properties, "MaximumPacketSize", MAX_PACKET)
        # paho does not look at it, and a strict broker ends the connection (MQTT 5 §4.9).
        allowed = getattr(properties, "ReceiveMaximum", self._limits.unacknowledged)
        # Its setter wants to be called before the broker has told; nothing is in flight yet.
        client._max_inflight_messages = min(  # noqa: SLF001
            allowed, self._limits.unacknowledged
        )
        super()._on_connect(client, userdata, flags, reason_code, properties)

    @override
    def _on_disconnect(
        self,
        client: paho.Client,
        userdata: Any,
        flags: paho.DisconnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        # aiomqtt ignores an end before CONNACK, and would wait for its timeout.
        if not self._disconnected.done():
            # paho reads no reason from a short DISCONNECT, and brokers send short ones.
            is_from_broker = flags.is_disconnect_packet_from_server
            is_without_reason = is_from_broker and not reason_code.is_failure
            self.reason = (
                ENDED_BY_BROKER
                if is_without_reason
                else str(reason_code)
                if is_from_broker
                else LOST
            )
            self._disconnected.set_result(None)

    def _note_loss(self, disconnected: asyncio.Future[None]) -> None:
        if disconnected.cancelled():
            return
        # Whatever paho's read callback raised is the reason, and must not stay unread.
        if error := disconnected.exception():
            self.reason = str(error)
        if self._lock.locked() and not self._connected.done():
            self._connected.set_exception(
                aiomqtt.MqttError("closed before it was accepted")
            )
        self._on_loss()

    @override
    def _on_socket_open(self, client: paho.Client, userdata: Any, sock: Any) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client._sock = ReadAhead(sock)  # noqa: SLF001  paho has no hook for it, and aiomqtt reads from here too
        super()._on_socket_open(client, userdata, sock)

    @override
    def _on_socket_register_write(
        self, client: paho.Client, userdata: Any, sock: Any
    ) -> None:
        # aiomqtt always puts this off; by then the socket can be closed and its number given to another.
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            # Only CONNECT is sent from the connecting thread.
            self._loop.call_soon_threadsafe(self._watch_for_room, sock)
        else:
            self._watch_for_room(sock)

    def _watch_for_room(self, sock: Any) -> None:
        if sock.fileno() >= 0:
            self._loop.add_writer(sock.fileno(), self._write)

    def _write(self) -> None:
        try:
            self._client.loop_write()
        except Exception as error:  # noqa: BLE001  a sign that the connection broke, as in aiomqtt
            if not self._disconnected.done():
                self._disconnected.set_exception(error)

    @override
    def _on_publish(
        self,
        client: paho.Client,
        userdata: Any,
        mid: int,
        reason_code: ReasonCode,
        properties: Properties,
    ) -> None:
        self._forget(mid)
        self._counters.refused += reason_code.is_failure

    def _forget(self, mid: int) -> None:
        _, size = self._unsent.pop(mid, (0, 0))
        self._bytes -= size

    def _kind_of(self, error: aiomqtt.MqttError) -> BrokerError:
        if self._failure is None and not self._disconnected.done():
            self._failure = TimeoutError()
        kind, reason = connect_failure(
            error, self._failure, self._settings.tls is not None
        )
        return kind(host=self._settings.host, port=self._settings.port, reason=reason)
