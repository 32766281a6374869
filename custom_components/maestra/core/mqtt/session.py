"""One MQTT 5 session on paho: its settings; messages are delivered at once, and acknowledged by their handlers."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
import math
import socket
import ssl
from typing import Any, Final, NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from ..transport.tls import TlsSettings
from ..transport.transport import Subscription, TransportCounters
from . import tuning
from .errors import (
    ENDED_BY_BROKER,
    LOST,
    BrokerError,
    BrokerUnreachable,
    connect_failure,
)
from .reasons import (
    FAILURE,
    OLD_VERSION,
    Fate,
    error_of_connack,
    error_of_disconnect,
    fate_of_message,
    fate_of_subscription,
    reason,
)

TIMEOUT: Final = 10.0
"""Seconds for each of: the broker's answer to CONNECT, to a subscription, to DISCONNECT."""
MAX_INCOMING_PACKET: Final = 8 * 1024 * 1024
"""Bytes; the broker does not send us larger ones."""
MAX_PACKET: Final = 268_435_455
"""Bytes of a packet when the broker names no limit."""
MOST_UNACKNOWLEDGED: Final = 65_535
"""Messages on the wire when the broker names no limit."""
TICK: Final = 1.0
"""Seconds between two looks at whether the connection is alive."""


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
    receive_maximum: int = 1_000
    """How many QoS 1 messages the broker may send before one of them is acknowledged: the back pressure.

    They are acknowledged once they are stored, some 0.1 s later: fewer would be the bound of the rate, and what does not
    fit waits in a queue of the broker's, which may throw away. Brokers have settings of their own (`max_inflight_messages`).
    """


@dataclass(frozen=True, slots=True)
class Limits:
    """What may wait to be sent: messages at QoS 1, and bytes (each QoS counted for itself)."""

    messages: int = 10_000
    bytes: int = 8 * 1024 * 1024
    unacknowledged: int = 100
    """How many QoS 1 messages may be on the wire at once (the broker may want fewer)."""


class Unsent(NamedTuple):
    """A message that is not out yet, or not acknowledged; its size in bytes."""

    topic: str
    qos: int
    size: int


NOTHING: Final = Unsent("", 0, 0)

type OnRefused = Callable[[str, int], None]
"""Told the topic of a message that the broker refuses, and the reason code."""


class Session:
    """A connection that can be opened again after a loss, and then sends again what was not acknowledged.

    Messages go to `receive` straight from the read callback, and nothing is acknowledged but by `acknowledge`.
    What paho does with its socket happens in the event loop, but for connecting, which happens in a thread: until that
    is done the loop does not know the socket.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        context: ssl.SSLContext | None,
        receive: Callable[[paho.MQTTMessage], None],
        counters: TransportCounters,
        on_loss: Callable[[], None] = lambda: None,
        *,
        on_refused: OnRefused = lambda topic, code: None,
        keep: bool = True,
        limits: Limits = Limits(),
    ) -> None:
        """Make a session; `keep` asks the broker to remember it while we are away.

        `on_loss` is called when the connection is gone, and `loss` says why.
        """
        self._settings = settings
        self._context = context
        self._receive = receive
        self._on_loss = on_loss
        self._on_refused = on_refused
        self._counters = counters
        self._limits = limits
        self._keep = keep
        self._unsent: dict[int, Unsent] = {}
        """By message id, in the order of sending. paho bounds neither QoS 0 nor bytes."""
        self._bytes = 0
        self._suspect: int | None = None
        self._codes: tuple[int, ...] = ()
        self._answers: dict[int, asyncio.Future[tuple[int, ...]]] = {}
        self._is_connecting = False
        self._timer: asyncio.TimerHandle | None = None
        self._window = limits.unacknowledged
        self._client = self._make_client()
        self._is_open = False
        self.is_resumed = False
        """Whether the broker still had our session."""
        self.max_packet = MAX_PACKET
        """Bytes of the largest packet that the broker accepts."""
        self.loss = self._error(BrokerUnreachable, LOST)
        """Why there is no connection any more."""

    @property
    def is_open(self) -> bool:
        """Whether the broker has accepted us and the connection was not lost since."""
        return self._is_open

    @property
    def unacknowledged(self) -> int:
        """How many messages wait for the socket or for the broker's acknowledgement."""
        return len(self._unsent)

    @property
    def window(self) -> int:
        """How many messages of QoS 1 the broker lets us have on the wire, or fewer where we want fewer."""
        return self._window

    async def open(self) -> None:
        """Connect; raises BrokerError by kind."""
        self._loop = loop = asyncio.get_running_loop()
        self._accepted: asyncio.Future[int] = loop.create_future()
        self._ended: asyncio.Future[None] = loop.create_future()
        self.loss = self._error(BrokerUnreachable, LOST)
        if not tuning.IS_TUNED:
            # It takes another window only while it counts as disconnected.
            self._client.disconnect()
            self._client.max_inflight_messages_set(self._window)
        for mid in [mid for mid, unsent in self._unsent.items() if unsent.qos == 0]:
            self._forget(mid)
        try:
            await self._connect()
            self._watch()
            async with asyncio.timeout(TIMEOUT):
                await self._first(self._accepted)
        except TimeoutError as error:
            self._drop()
            raise self._connect_error(error) from None
        except BaseException:
            self._drop()
            raise
        if not self._accepted.done():
            self._drop()
            raise self._connect_error(None)
        if code := self._accepted.result():
            self._drop()
            raise self._error(error_of_connack(code), reason(code).name)

    async def close(self) -> None:
        """Say DISCONNECT when there is still somebody to hear it."""
        try:
            if self.is_open:
                self._is_open = False
                self._client.disconnect()
                with suppress(TimeoutError):
                    async with asyncio.timeout(TIMEOUT):
                        await asyncio.wait([self._ended])
        finally:
            self._drop()

    async def subscribe_all(self, wanted: dict[str, Subscription]) -> dict[str, str]:
        """Subscribe by filter; returns those the broker refuses, and why. Raises BrokerError."""
        options = [
            (
                topic_filter,
                SubscribeOptions(
                    qos=subscription.qos,
                    noLocal=subscription.no_local,
                    retainHandling=self._retain_handling(subscription),
                ),
            )
            for topic_filter, subscription in wanted.items()
        ]
        codes = await self._answer_to(*self._client.subscribe(options))
        return {
            topic_filter: reason(code).name
            for topic_filter, code in zip(wanted, codes, strict=False)
            if fate_of_subscription(code) is Fate.REFUSED
        }

    def _retain_handling(self, subscription: Subscription) -> int:
        if not self._keep:
            # It is only tried out.
            return SubscribeOptions.RETAIN_DO_NOT_SEND
        if subscription.wants_retained:
            return SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE
        # What is retained is no news to a session that goes on.
        return SubscribeOptions.RETAIN_SEND_IF_NEW_SUB

    async def unsubscribe(self, filters: list[str]) -> None:
        """Unsubscribe; raises BrokerError."""
        await self._answer_to(*self._client.unsubscribe(filters))

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
            self._unsent[info.mid] = Unsent(topic, qos, size)
            self._bytes += size
        return True

    def acknowledge(self, packet_id: int) -> None:
        """Acknowledge a QoS 1 message of this connection."""
        self._client.ack(packet_id, 1)

    # Connecting, and what the event loop does with the socket.

    def _make_client(self) -> paho.Client:
        settings = self._settings
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        if settings.username is not None:
            client.username_pw_set(settings.username, settings.password)
        if self._context is not None:
            client.tls_set_context(self._context)
        client.connect_timeout = TIMEOUT
        client.max_inflight_messages_set(self._window)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = client.on_unsubscribe = self._on_answer
        client.on_message = lambda _client, _userdata, message: self._receive(message)
        client.on_publish = self._on_publish
        client.on_socket_close = self._on_socket_close
        client.on_socket_register_write = self._on_socket_register_write
        client.on_socket_unregister_write = self._on_socket_unregister_write
        if tuning.IS_TUNED:
            tuning.tune(client, self._note_codes)
        return client

    async def _connect(self) -> None:
        """Connect the socket, in a thread that can't be cancelled: it is waited for, or its socket would be left behind."""
        self._is_connecting = True
        connecting = self._loop.run_in_executor(None, self._connect_socket)
        try:
            try:
                # Not `shield`: that reports what fails after we were cancelled as nobody's mistake.
                await asyncio.wait([connecting])
            except asyncio.CancelledError:
                await asyncio.wait([connecting])
                connecting.exception()
                raise
        finally:
            self._is_connecting = False
        try:
            connecting.result()
        except (OSError, ValueError) as error:
            raise self._connect_error(error) from None

    def _connect_socket(self) -> None:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        expiry = int(self._settings.session_expiry.total_seconds())
        properties.SessionExpiryInterval = expiry if self._keep else 0
        properties.ReceiveMaximum = self._settings.receive_maximum
        properties.MaximumPacketSize = MAX_INCOMING_PACKET
        self._client.connect(
            self._settings.host,
            self._settings.port,
            math.ceil(self._settings.keepalive.total_seconds()),
            clean_start=not self._keep,
            properties=properties,
        )
        sock: Any = self._client.socket()
        if sock is not None:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _watch(self) -> None:
        sock: Any = self._client.socket()
        self._loop.add_reader(sock.fileno(), self._read)
        # CONNECT is waiting.
        self._loop.add_writer(sock.fileno(), self._write)
        self._timer = self._loop.call_later(TICK, self._tick)

    def _read(self) -> None:
        try:
            self._client.loop_read()
            while self._has_more():
                self._client.loop_read()
        except Exception as error:  # noqa: BLE001  what paho can't read ends the connection, whatever it raises
            self._break(str(error))
            if not tuning.IS_TUNED:
                # It may be the refusal of a message.
                self._suspect_first(FAILURE)

    def _has_more(self) -> bool:
        """Whether something can be read that no selector tells of."""
        pending: Callable[[], int] | None = getattr(
            self._client.socket(), "pending", None
        )
        return pending is not None and pending() > 0

    def _write(self) -> None:
        try:
            self._client.loop_write()
        except Exception as error:  # noqa: BLE001  a sign that the connection broke
            self._break(str(error))

    def _tick(self) -> None:
        """Let paho keep the connection alive, or find that it is dead."""
        self._timer = self._loop.call_later(TICK, self._tick)
        try:
            self._client.loop_misc()
        except Exception as error:  # noqa: BLE001  as above
            self._break(str(error))

    def _break(self, why: str) -> None:
        self._lose(BrokerUnreachable, f"{LOST}: {why}" if why else LOST)
        self._drop()

    def _drop(self) -> None:
        """Let go of the socket, if there is one."""
        self._is_open = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if (sock := self._client.socket()) is None:
            return
        self._forget_socket(sock)
        sock.close()
        # paho finds it closed as it wants to write, and forgets it.
        self._client.disconnect()
        self._client.loop_write()

    def _forget_socket(self, sock: Any) -> None:
        if (number := sock.fileno()) >= 0:
            self._loop.remove_reader(number)
            self._loop.remove_writer(number)

    def _on_socket_close(self, client: paho.Client, userdata: Any, sock: Any) -> None:
        if not self._is_connecting:
            self._forget_socket(sock)

    def _on_socket_register_write(
        self, client: paho.Client, userdata: Any, sock: Any
    ) -> None:
        if not self._is_connecting and sock.fileno() >= 0:
            self._loop.add_writer(sock.fileno(), self._write)

    def _on_socket_unregister_write(
        self, client: paho.Client, userdata: Any, sock: Any
    ) -> None:
        if not self._is_connecting and sock.fileno() >= 0:
            self._loop.remove_writer(sock.fileno())

    # What the broker says.

    def _note_codes(self, codes: tuple[int, ...]) -> None:
        self._codes = codes

    def _code(self, said: ReasonCode) -> int:
        """Return the code that really stood in a packet, where paho may have seen another."""
        return self._codes[0] if self._codes else int(said.value)

    def _on_connect(
        self,
        client: paho.Client,
        userdata: Any,
        flags: paho.ConnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        if self._accepted.done():
            return
        if code := self._code(reason_code):
            self._accepted.set_result(0x84 if code == OLD_VERSION else code)
            return
        self.is_resumed = flags.session_present
        self.max_packet = getattr(properties, "MaximumPacketSize", MAX_PACKET)
        # paho does not look at it, and a strict broker ends the connection (MQTT 5 §4.9).
        allowed = getattr(properties, "ReceiveMaximum", MOST_UNACKNOWLEDGED)
        self._window = min(allowed, self._limits.unacknowledged)
        if tuning.IS_TUNED:
            tuning.limit_inflight(client, self._window)
        self._is_open = True
        self._accepted.set_result(0)

    def _on_disconnect(
        self,
        client: paho.Client,
        userdata: Any,
        flags: paho.DisconnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        if not flags.is_disconnect_packet_from_server:
            self._lose(BrokerUnreachable, LOST)
            return
        code = self._code(reason_code)
        if code == 0:
            self._lose(BrokerUnreachable, ENDED_BY_BROKER)
            return
        known = reason(code)
        if not self._ended.done() and known.is_of_message:
            self._suspect_first(code)
        self._lose(error_of_disconnect(code), known.name)

    def _on_answer(
        self,
        client: paho.Client,
        userdata: Any,
        mid: int,
        reason_codes: list[ReasonCode],
        properties: Properties | None = None,
    ) -> None:
        # Who asked may be gone by now.
        answer = self._answers.get(mid)
        if answer is not None and not answer.done():
            answer.set_result(self._codes or tuple(code.value for code in reason_codes))

    def _on_publish(
        self,
        client: paho.Client,
        userdata: Any,
        mid: int,
        reason_code: ReasonCode,
        properties: Properties,
    ) -> None:
        unsent = self._forget(mid)
        if not reason_code.is_failure:
            return
        code = self._code(reason_code)
        if fate_of_message(code) is Fate.DROPPED:
            self._refuse(unsent.topic, code)

    async def _answer_to(
        self, result: MQTTErrorCode, mid: int | None
    ) -> tuple[int, ...]:
        """Return the reason codes of the answer to a packet; raises BrokerError."""
        if result != MQTTErrorCode.MQTT_ERR_SUCCESS or mid is None:
            raise self.loss
        answer = self._answers[mid] = self._loop.create_future()
        try:
            async with asyncio.timeout(TIMEOUT):
                await self._first(answer)
        except TimeoutError:
            raise self._error(
                BrokerUnreachable, "the broker did not answer in time"
            ) from None
        finally:
            del self._answers[mid]
        if not answer.done():
            raise self.loss
        codes: tuple[int, ...] = answer.result()
        return codes

    async def _first(self, answer: asyncio.Future[Any]) -> None:
        """Wait for an answer, or until the connection is lost."""
        await asyncio.wait((answer, self._ended), return_when=asyncio.FIRST_COMPLETED)

    def _lose(self, kind: type[BrokerError], why: str) -> None:
        self._is_open = False
        if not self._ended.done():
            self.loss = self._error(kind, why)
            self._ended.set_result(None)
            self._on_loss()

    # What was sent and may not have arrived.

    def _suspect_first(self, code: int) -> None:
        """Drop the message that is first in line, where it was so the last time too: sent again it would end every connection."""
        first = next((mid for mid, unsent in self._unsent.items() if unsent.qos), None)
        if first is None or first != self._suspect:
            self._suspect = first
            return
        if tuning.IS_TUNED:
            tuning.drop(self._client, first)
            self._refuse(self._forget(first).topic, code)
            return
        for mid in list(self._unsent):
            self._refuse(self._forget(mid).topic, code)
        self._client = self._make_client()

    def _refuse(self, topic: str, code: int) -> None:
        self._counters.refused += 1
        self._on_refused(topic, code)

    def _forget(self, mid: int) -> Unsent:
        unsent = self._unsent.pop(mid, NOTHING)
        self._bytes -= unsent.size
        if mid == self._suspect:
            self._suspect = None
        return unsent

    def _connect_error(self, failure: Exception | None) -> BrokerError:
        kind, why = connect_failure(
            failure, self.loss.reason, self._settings.tls is not None
        )
        return self._error(kind, why)

    def _error(self, kind: type[BrokerError], why: str) -> BrokerError:
        return kind(host=self._settings.host, port=self._settings.port, reason=why)
