"""One MQTT session with a broker: its settings, its socket, and the questions that are waited for."""

import asyncio
from collections.abc import Callable
import contextlib
from dataclasses import dataclass, field
from datetime import timedelta
import enum
from functools import partial
import math
import ssl
from typing import Any, Final, cast, override

import mqtt5

from ..bus import get_logger
from ..transport.errors import ConnectionFailed, UnexpectedFailure
from ..transport.tls import TlsSettings
from ..transport.transport import Subscription, TransportCounters
from .errors import (
    ENDED_BY_BROKER,
    LOST,
    BrokerError,
    BrokerTooOld,
    BrokerUnreachable,
    connect_failure,
)
from .packets import DISCONNECT, ProtocolError, in_packets, unsupported
from .reasons import (
    FAILURE,
    UNSUPPORTED_VERSION,
    Fate,
    error_of_connack,
    error_of_disconnect,
    fate_of_message,
    fate_of_subscription,
    reason,
)
from .session_state import (
    MAX_INCOMING_PACKET,
    ConnectRefused,
    Limits,
    OnAnswer,
    SessionState,
)
from .versions import MQTT_3_1_1, MQTT_5

_LOGGER = get_logger(__name__)

TIMEOUT: Final = 10.0
"""Seconds for each of: the socket with TLS, the broker's answer to CONNECT, to a subscription, to DISCONNECT."""
CHUNK: Final = 16 * 1024
"""Bytes that are read in one turn of the loop: some hundred messages, a few milliseconds of work."""
HIGH_WATER: Final = 256 * 1024
"""Bytes that wait in the socket; the rest waits in the session, where it is counted."""
NO_ANSWER: Final = "the broker did not answer in time"
UNEXPLAINED_ENDS: Final = 5
"""Connections in a row that a broker ends without a word, each with the same message first in line, after which that is why."""


class ProtocolVersion(enum.StrEnum):
    """Which MQTT is spoken to a broker."""

    AUTOMATIC = "automatic"
    """MQTT 5, or MQTT 3.1.1 where the broker says that it does not know that."""
    MQTT_5 = "mqtt_5"
    MQTT_3_1_1 = "mqtt_3_1_1"


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
    receive_maximum: int = 2_000
    """How many QoS 1 messages the broker may send before one of them is acknowledged: the back pressure (of MQTT 5).

    They are acknowledged once they are stored, some 0.1 s later: fewer would be the bound of the rate, and what does not
    fit waits in a queue of the broker's, which may throw away. Brokers have settings of their own (`max_inflight_messages`).
    """
    protocol: ProtocolVersion = ProtocolVersion.AUTOMATIC


type OnRefused = Callable[[str, int], None]
"""Told the topic of a message that the broker refuses, and the reason code."""


class Session:
    """A connection that can be opened again after a loss, and then sends again what was not acknowledged.

    Messages go to `receive` straight from the socket, and nothing is acknowledged but by `acknowledge`.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        context: ssl.SSLContext | None,
        receive: Callable[[mqtt5.PublishPacket], None],
        counters: TransportCounters,
        on_loss: Callable[[], None] = lambda: None,
        *,
        on_drained: Callable[[], None] = lambda: None,
        on_refused: OnRefused = lambda topic, code: None,
        keep: bool = True,
        limits: Limits = Limits(),
    ) -> None:
        """Make a session; `keep` asks the broker to remember it while we are away.

        `on_loss` is called when the connection is gone, and `loss` says why. `on_drained` as SessionState has it.
        """
        self._settings = settings
        self._context = context
        self._on_loss = on_loss
        self._on_refused = on_refused
        self._counters = counters
        self._keep = keep
        self._suspect: int | None = None
        self._suspicions = 0
        self._socket: _Socket | None = None
        is_old = settings.protocol is ProtocolVersion.MQTT_3_1_1
        self._state = SessionState(
            receive,
            limits=limits,
            version=MQTT_3_1_1 if is_old else MQTT_5,
            on_output=self._flush_soon,
            on_drained=on_drained,
            on_refused=self._refused,
            on_undecodable=self._undecodable,
        )
        self.loss: ConnectionFailed = self._error(BrokerUnreachable, LOST)
        """Why there is no connection any more."""

    @property
    def is_open(self) -> bool:
        """Whether the broker has accepted us and the connection was not lost since."""
        return self._state.is_open

    @property
    def is_resumed(self) -> bool:
        """Whether the broker still had our session."""
        return self._state.server.session_present

    @property
    def protocol(self) -> str:
        """Which version is spoken: "5" or "3.1.1"."""
        return self._state.version.name

    @property
    def max_resent(self) -> int:
        """How many of the first messages of a session that goes on may have come before without saying so.

        With MQTT 3.1.1 only the mark of the message itself is believed: nats-server begins to count its packet ids anew
        when it is restarted, and a new message would be taken for one of those.
        """
        is_told = self._state.version.has_properties
        return self._settings.receive_maximum if is_told else 0

    @property
    def max_packet(self) -> int:
        """Bytes of the largest packet that the broker accepts, and we keep."""
        return self._state.max_packet

    @property
    def unacknowledged(self) -> int:
        """How many messages wait for the broker's acknowledgement."""
        return self._state.unacknowledged

    @property
    def window(self) -> int:
        """How many messages of QoS 1 the broker lets us have on the wire, or fewer where we want fewer."""
        return self._state.window

    async def open(self) -> None:
        """Connect, by the other version where the broker does not know the one that was spoken last; raises BrokerError by kind."""
        try:
            await self._connect()
        except BrokerTooOld:
            if self._settings.protocol is not ProtocolVersion.AUTOMATIC:
                raise
            await self.close()
            state = self._state
            state.speak(MQTT_3_1_1 if state.version is MQTT_5 else MQTT_5)
            await self._connect()
            _LOGGER.info(
                "MQTT broker %s:%s is spoken to in MQTT %s: it does not know the other version",
                self._settings.host,
                self._settings.port,
                state.version.name,
            )

    async def _connect(self) -> None:
        settings = self._settings
        self.loss = self._error(BrokerUnreachable, LOST)
        self._socket = link = _Socket(self._state, self._lost)
        try:
            async with asyncio.timeout(TIMEOUT):
                await asyncio.get_running_loop().create_connection(
                    lambda: link,
                    settings.host,
                    settings.port,
                    ssl=self._context,
                    server_hostname=settings.host if self._context else None,
                )
            self._state.begin(self._connect_packet())
            async with asyncio.timeout(TIMEOUT):
                await link.first(link.accepted)
        except (OSError, UnicodeError) as error:
            raise self._not_accepted(error) from None
        finally:
            if not link.accepted.done():
                link.abort()
        if not link.accepted.done():
            if self._state.end_reason is not None:
                # It said why.
                raise self.loss
            raise self._not_accepted(link.error)
        keepalive = settings.keepalive.total_seconds()
        # What the broker asks for is a bound of how seldom we may speak; with 0 it does not look, but we do.
        if asked := self._state.server.server_keep_alive:
            keepalive = min(keepalive, asked)
        link.keep_alive(keepalive)

    def _not_accepted(self, error: Exception | None) -> BrokerError:
        if isinstance(error, ConnectRefused):
            code = error.reason
            why = reason(code).name
            if code == UNSUPPORTED_VERSION:
                is_either = self._settings.protocol is ProtocolVersion.AUTOMATIC
                why = f"the broker does not speak MQTT {'5 or 3.1.1' if is_either else self.protocol}"
            return self._error(error_of_connack(code), why)
        link = self._socket
        # What happens to a socket that was there already is the broker's answer.
        was_there = error is None or (link is not None and error is link.error)
        kind, why = connect_failure(
            None if was_there else error,
            str(error or LOST),
            self._context is not None,
        )
        return self._error(kind, why)

    async def close(self) -> None:
        """Say DISCONNECT when there is still somebody to hear it."""
        if self._socket is not None:
            await self._socket.close()

    async def subscribe_all(self, wanted: dict[str, Subscription]) -> dict[str, str]:
        """Subscribe by filter; returns those the broker refuses, and why. Raises BrokerError."""
        server = self._state.server
        refused = {
            topic_filter: reason(code).name
            for topic_filter in wanted
            if (code := unsupported(topic_filter, server))
        }
        wanted = {key: each for key, each in wanted.items() if key not in refused}
        for group in in_packets(wanted, self.max_packet):
            asked = [self._topic_filter(key, wanted[key]) for key in group]
            codes = await self._answer_to(partial(self._state.subscribe, asked))
            refused |= {
                topic_filter: reason(code).name
                for topic_filter, code in zip(group, codes, strict=True)
                if fate_of_subscription(code) is Fate.REFUSED
            }
        return refused

    def _topic_filter(
        self, topic_filter: str, subscription: Subscription
    ) -> mqtt5.TopicFilter:
        return mqtt5.TopicFilter(
            topic_filter,
            max_qos=mqtt5.QoS(subscription.qos),
            no_local=subscription.no_local,
            retain_handling=self._retain_handling(subscription),
            retain_as_published=False,
        )

    def _retain_handling(self, subscription: Subscription) -> mqtt5.RetainHandling:
        if not self._keep:
            # It is only tried out.
            return mqtt5.RetainHandling.SEND_NEVER
        if subscription.wants_retained:
            return mqtt5.RetainHandling.SEND_ALWAYS
        # What is retained is no news to a session that goes on.
        return mqtt5.RetainHandling.SEND_IF_SUBSCRIPTION_NOT_EXISTS

    async def unsubscribe(self, filters: list[str]) -> None:
        """Unsubscribe; raises BrokerError."""
        for group in in_packets(filters, self.max_packet):
            await self._answer_to(partial(self._state.unsubscribe, group))

    def send(self, topic: str, payload: bytes, qos: int, retain: bool) -> bool:
        """Send one message without waiting; False when the backlog is full. Raises ValueError for a bad topic, PacketTooLarge."""
        return self._state.publish(topic, payload, qos, retain)

    def acknowledge(self, packet_id: int) -> None:
        """Acknowledge a QoS 1 message of this connection."""
        self._state.acknowledge(packet_id)

    def _connect_packet(self) -> mqtt5.ConnectPacket:
        settings = self._settings
        expiry = int(settings.session_expiry.total_seconds())
        password = settings.password
        return mqtt5.ConnectPacket(
            settings.client_id,
            username=settings.username,
            password=None if password is None else password.encode(),
            clean_start=not self._keep,
            keep_alive=math.ceil(settings.keepalive.total_seconds()),
            session_expiry_interval=expiry if self._keep else 0,
            receive_max=settings.receive_maximum,
            max_packet_size=MAX_INCOMING_PACKET,
        )

    async def _answer_to(self, ask: Callable[[OnAnswer], None]) -> bytes:
        """Return the reason codes of the answer to a packet; raises BrokerError."""
        link = self._socket
        if link is None or not self.is_open:
            raise self.loss
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        # Who asked may be gone by the time that it comes.
        ask(lambda codes: None if answer.done() else answer.set_result(codes))
        try:
            async with asyncio.timeout(TIMEOUT):
                await link.first(answer)
        except TimeoutError:
            raise self._error(BrokerUnreachable, NO_ANSWER) from None
        if not answer.done():
            raise self.loss
        return answer.result()

    def _flush_soon(self) -> None:
        if self._socket is not None:
            self._socket.flush_soon()

    def _lost(self, error: Exception | None) -> None:
        if error is not None and not isinstance(error, FORESEEN):
            settings = self._settings
            what = f"MQTT broker {settings.host}:{settings.port}"
            self.loss = UnexpectedFailure(what, error)
        elif (code := self._state.end_reason) is None:
            text = f"{LOST}: {error}" if error else LOST
            self.loss = self._error(BrokerUnreachable, text)
            if self._is_unexplained(error):
                self._suspect_first(FAILURE, UNEXPLAINED_ENDS)
        elif code == 0:
            self.loss = self._error(BrokerUnreachable, ENDED_BY_BROKER)
        else:
            if reason(code).is_of_message:
                self._suspect_first(code)
            self.loss = self._error(error_of_disconnect(code), reason(code).name)
        self._on_loss()

    # What the broker does not take.

    def _is_unexplained(self, error: Exception | None) -> bool:
        """Whether the broker has ended a connection that it had accepted, and had no way to say why."""
        return (
            not self._state.version.has_properties
            and self._socket is not None
            and self._socket.accepted.done()
            and (error is None or isinstance(error, ConnectionResetError))
        )

    def _suspect_first(self, code: int, times: int = 2) -> None:
        """Drop the message that was first in line so many times in a row: sent again it would end every connection."""
        first = self._state.first_in_line
        is_again = first is not None and first == self._suspect
        self._suspicions = self._suspicions + 1 if is_again else 1
        self._suspect = first
        if first is not None and self._suspicions >= times:
            self._refused(self._state.drop(first), code)

    def _refused(self, topic: str, code: int) -> None:
        if fate_of_message(code) is Fate.DROPPED:
            self._counters.refused += 1
            self._on_refused(topic, code)

    def _undecodable(self) -> None:
        self._counters.received += 1
        self._counters.undecodable += 1

    def _error(self, kind: type[BrokerError], why: str) -> BrokerError:
        return kind(host=self._settings.host, port=self._settings.port, reason=why)


FORESEEN: Final = (OSError, ProtocolError, ConnectRefused)
"""What ends a connection without being a mistake."""


class _Socket(asyncio.BufferedProtocol):
    """One connection: bytes in and out, keep-alive, and the end of it."""

    def __init__(
        self, state: SessionState, on_loss: Callable[[Exception | None], None]
    ) -> None:
        self._state = state
        self._on_loss = on_loss
        self._loop = loop = asyncio.get_running_loop()
        self.accepted: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self.error: Exception | None = None
        """What ended it, where it was not the other side's wish."""
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray(CHUNK)
        self._filled = 0
        self._is_paused = False
        self._flushing: asyncio.Handle | None = None
        self._looking: asyncio.TimerHandle | None = None
        self._is_alive = True
        self._is_told = False

    async def first(self, awaited: asyncio.Future[Any]) -> None:
        """Wait for it, or until the connection is gone."""
        await asyncio.wait((awaited, self.closed), return_when=asyncio.FIRST_COMPLETED)

    def flush_soon(self) -> None:
        """Write what there is at the end of this turn of the loop, all at once."""
        if self._flushing is None:
            self._flushing = self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = None
        if self._is_paused or self._transport is None or self._transport.is_closing():
            return
        if output := self._state.take_output():
            self._transport.write(b"".join(output))

    def keep_alive(self, seconds: float) -> None:
        """Show that we live, and see whether the broker does (MQTT 5 §3.1.2.10)."""
        if seconds and not self.closed.done():
            self._looking = self._loop.call_later(seconds / 2, self._look, seconds)

    def _look(self, seconds: float) -> None:
        if not self._is_alive:
            self._end(TimeoutError(NO_ANSWER))
            return
        self._is_alive = False
        self._state.ping()
        self.keep_alive(seconds)

    async def close(self) -> None:
        """Say DISCONNECT, and let go of the socket once it is said; without patience for who does not listen."""
        if (transport := self._transport) is None or self.closed.done():
            return
        if not transport.is_closing():
            output = [] if self._is_paused else self._state.take_output()
            transport.writelines([*output, DISCONNECT])
            self._state.end()
            transport.close()
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TIMEOUT):
                    await asyncio.wait((self.closed,))
        finally:
            self.abort()

    def abort(self) -> None:
        """Let go of the socket at once."""
        self._stop()
        if self._transport is not None:
            self._transport.abort()

    def _end(self, error: Exception) -> None:
        self.error = self.error or error
        self.abort()
        self._tell()

    def _tell(self) -> None:
        """Say why it ended, and at once: over TLS the socket goes some turns of the loop later."""
        if not self._is_told:
            self._is_told = True
            self._on_loss(self.error)

    def _stop(self) -> None:
        self._state.end()
        for handle in (self._flushing, self._looking):
            if handle is not None:
                handle.cancel()
        self._flushing = self._looking = None

    # What asyncio calls.

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=HIGH_WATER)

    @override
    def get_buffer(self, sizehint: int) -> memoryview:
        if self._filled == len(self._buffer):
            # The beginning of a packet fills it.
            self._buffer = self._buffer + bytes(len(self._buffer))
        return memoryview(self._buffer)[self._filled : self._filled + CHUNK]

    @override
    def buffer_updated(self, nbytes: int) -> None:
        if self.closed.done() or self.error is not None:
            return
        self._is_alive = True
        self._filled += nbytes
        with memoryview(self._buffer) as data:
            try:
                taken = self._state.feed(data[: self._filled])
            except Exception as error:  # noqa: BLE001  whatever it is, it ends this connection and is told
                self._end(error)
                return
        if self._state.end_reason is not None:
            # The broker has said that this is the end, and may wait for us to go.
            self.abort()
            self._tell()
            return
        if self._state.is_open and not self.accepted.done():
            self.accepted.set_result(None)
        if taken:
            self._filled -= taken
            # A large packet has made it grow.
            size = max(CHUNK, self._filled)
            rest = self._buffer[taken : taken + self._filled]
            if len(self._buffer) > size:
                self._buffer = bytearray(size)
            self._buffer[: self._filled] = rest

    @override
    def pause_writing(self) -> None:
        self._is_paused = True

    @override
    def resume_writing(self) -> None:
        self._is_paused = False
        self.flush_soon()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        self.error = self.error or exc
        self.closed.set_result(None)
        self._tell()
