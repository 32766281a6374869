"""One OSC target: a program or device that gets changes, and whose answers are taken in."""

import asyncio
from collections.abc import Callable, Iterable
import contextlib
from math import inf
import socket
from typing import Final, NoReturn

from ..bus import Counters, Latency, TrafficMeter, get_logger, together
from ..domain import Domain
from ..domain.errors import InvalidField, MaestraError
from ..domain.events import Relayed, StateChanged
from ..domain.json_values import JsonValue
from ..domain.source import Source
from ..transport.access import RejectionLog
from ..transport.errors import ConnectionFailed
from ..transport.event_encoder import EventEncoder
from ..transport.reconnect import Backoff, ConnectionListener, Reconnector
from .channels import Channel, TcpChannel, UdpChannel
from .codec import OscMessage, encode
from .inbound import AUTHORIZE, Inbound, address_map
from .outbound import TO_OSC, read_to_osc, render
from .outbox import Outbox
from .receiver import FRAMINGS, Receiver
from .settings import OscMap, OscTargetSettings, Protocol

_LOGGER = get_logger(__name__)

TIMEOUT: Final = 10.0
"""Seconds for looking a name up, and for a connection."""

type OnPacket = Callable[[Channel, bytes], None]
type OnLost = Callable[[Channel, str], None]

REOPEN_AFTER: Final = 60.0
"""Seconds of being silent after which its name is looked up again."""


class OscTargetError(ConnectionFailed):
    """Facts: host, port, and a reason for people."""

    code = "osc_target_error"
    message = "OSC target {host}:{port}: {reason}"


class OscTargetUnreachable(OscTargetError):
    """No such host, no connection, or it was lost."""

    code = "osc_target_unreachable"


class OscTargetSilent(OscTargetError):
    """Nothing was heard of it for too long."""

    code = "osc_target_silent"


async def open_channel(
    settings: OscTargetSettings, on_packet: OnPacket, on_lost: OnLost
) -> Channel:
    """Open a socket to a target; raises OscTargetUnreachable."""
    try:
        async with asyncio.timeout(TIMEOUT):
            return await _OPENERS[settings.protocol](settings, on_packet, on_lost)
    except TimeoutError:
        reason = "no answer in time"
    except OSError as error:
        reason = error.strerror or str(error)
    except UnicodeError:
        reason = "the host name is none"
    raise OscTargetUnreachable(host=settings.host, port=settings.port, reason=reason)


async def _open_udp(
    settings: OscTargetSettings, on_packet: OnPacket, on_lost: OnLost
) -> Channel:
    loop = asyncio.get_running_loop()
    family, _, _, _, address = (
        await loop.getaddrinfo(settings.host, settings.port, type=socket.SOCK_DGRAM)
    )[0]
    local = ("::" if family == socket.AF_INET6 else "0.0.0.0", settings.local_port)
    _, channel = await loop.create_datagram_endpoint(
        lambda: UdpChannel(on_packet, on_lost),
        local_addr=local if settings.local_port else None,
        remote_addr=(str(address[0]), settings.port),
        family=family,
    )
    return channel


async def _open_tcp(
    settings: OscTargetSettings, on_packet: OnPacket, on_lost: OnLost
) -> Channel:
    framing = FRAMINGS[settings.framing]()
    transport, channel = await asyncio.get_running_loop().create_connection(
        lambda: TcpChannel(on_packet, on_lost, framing), settings.host, settings.port
    )
    for level, option in (
        (socket.IPPROTO_TCP, socket.TCP_NODELAY),
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
    ):
        transport.get_extra_info("socket").setsockopt(level, option, 1)
    return channel


_OPENERS: Final = {Protocol.UDP: _open_udp, Protocol.TCP: _open_tcp}


class OscTarget:
    """Sends changes to one OSC peer, and takes what it answers into the domain.

    Under load the latest message of each address is kept until there is room. `key` is the gateway part of
    every Source that comes in here.
    """

    def __init__(
        self,
        key: str,
        domain: Domain,
        encoder: EventEncoder,
        settings: OscTargetSettings,
        *,
        backoff: Backoff = Backoff(),
    ) -> None:
        """Make a target that `run` brings to life."""
        self.key = key
        self.settings = settings
        self.counters = Counters()
        self.latency = Latency()
        traffic = TrafficMeter(self.counters, self.latency, domain.bus, key)
        self._domain = domain
        self._encoder = encoder
        self._reconnector = Reconnector(f"OSC target {self.name}", backoff)
        self._inbound = Inbound(key, domain, settings.maps)
        self._rejections = RejectionLog(f"OSC target {self.name}", self.counters)
        self._receiver = Receiver[Channel](
            self._take, self._reject, lambda _: True, traffic
        )
        self._outbox = Outbox(self.name, traffic)
        self._heard_at = -inf
        self._lost: str | None = None
        self._wake = asyncio.Event()

    @property
    def name(self) -> str:
        """How people know it."""
        return self.settings.name or f"{self.settings.host}:{self.settings.port}"

    @property
    def connected(self) -> bool:
        """Whether there is a socket; where replies are expected, whether one came lately."""
        return self._reconnector.connected

    @property
    def clients(self) -> int:
        """How many it is now."""
        return int(self.connected)

    def set_maps(self, maps: Iterable[OscMap]) -> None:
        """Let its messages set something else from now on."""
        self._inbound.maps = address_map(maps)

    def on_connection(self, listener: ConnectionListener) -> Callable[[], None]:
        """Tell `listener` whenever the connection, or the reason why there is none, changes; returns what ends it."""
        return self._reconnector.on_connection(listener)

    def send(self, address: str, values: Iterable[JsonValue] = ()) -> None:
        """Send one message now; values as for `encode`. Raises InvalidField, NotConnected, OutgoingFull."""
        self._outbox.send(encode(address, values))

    def is_meant(self, target: str) -> bool:
        """Tell whether `host`, `host:port` or a name means this target."""
        host, port = self.settings.host, self.settings.port
        own = {self.key, self.name, host, f"{host}:{port}"}
        if channel := self._outbox.channel:
            own |= {channel.host, channel.peer}
        return target in own

    async def run(self) -> None:
        """Keep a socket to the target, and tell it what changes, until cancelled."""
        bus = self._domain.bus
        unsubscribe = together(
            bus.subscribe(StateChanged, self._announce),
            bus.subscribe(Relayed, self._relay),
        )
        try:
            await self._reconnector.run(self._connect_and_serve)
        finally:
            unsubscribe()
            self._receiver.stop()
            self._rejections.close()

    async def _connect_and_serve(self) -> NoReturn:
        """Hold one socket until it is lost, or nothing was heard for long; raises OscTargetError then."""
        self._lost = None
        channel = await open_channel(self.settings, self._receive, self._note_loss)
        self._outbox.open(channel)
        try:
            await self._serve()
        finally:
            self._outbox.close()

    async def _serve(self) -> NoReturn:
        """Keep the target alive, and judge whether it is there."""
        settings, loop = self.settings, asyncio.get_running_loop()
        opened, next_keep_alive = loop.time(), 0.0 if settings.keep_alive else inf
        silence = settings.silence.total_seconds()
        if settings.expects_replies:
            self._heard_at = -inf
        else:
            self._reconnector.came_up()
        while True:
            now = loop.time()
            if settings.keep_alive and now >= next_keep_alive:
                next_keep_alive = now + settings.keep_alive.interval.total_seconds()
                self._send_keep_alive()
            ends = max(self._heard_at, opened) + silence
            if settings.expects_replies:
                if now < self._heard_at + silence:
                    self._reconnector.came_up()
                elif now >= ends:
                    silent = self._error(OscTargetSilent, "nothing was heard")
                    self._reconnector.went_down(silent)
                    ends += REOPEN_AFTER
                    if now >= ends:
                        raise silent
            else:
                ends = inf
            self._wake.clear()
            if self._lost is not None:
                raise self._error(OscTargetUnreachable, self._lost)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(min(ends, next_keep_alive)):
                    await self._wake.wait()

    def _send_keep_alive(self) -> None:
        keep_alive = self.settings.keep_alive
        assert keep_alive is not None
        try:
            self.send(keep_alive.address, keep_alive.arguments)
        except MaestraError:
            self.counters.add("unsent")

    def _receive(self, channel: Channel, packet: bytes) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        if not self.connected:
            self._wake.set()
        self._receiver.receive(packet, channel, channel.longest)

    def _take(self, message: OscMessage, channel: Channel) -> None:
        if message.address == AUTHORIZE:
            return
        is_accepted = self._inbound.take(
            message,
            channel.peer,
            lambda address, code, detail: self._reject(channel, address, code, detail),
        )
        self.counters.add("accepted", is_accepted)

    def _reject(self, channel: Channel, address: str, code: str, detail: str) -> None:
        # Never answered: two of us would answer each other's answers.
        self._rejections.note(channel.peer, code, detail, address)

    def _announce(self, change: StateChanged) -> None:
        channel = self._outbox.channel
        if channel is None or self._is_own(change.source, channel):
            return
        settings = self.settings
        for message in render(change, settings.output, settings.filter, self._encoder):
            try:
                packet = encode(message.address, message.arguments)
            except InvalidField:
                self.counters.add("unsent")
            else:
                self._outbox.offer(message.address, packet)

    def _is_own(self, source: Source, channel: Channel) -> bool:
        """Whether the target has said this itself: here, or to our listener."""
        if source.gateway == self.key:
            return True
        if source.peer is None or not self.settings.skips_own_host:
            return False
        host = source.peer.rpartition(":")[0]
        is_local = host == "::1" or host.startswith("127.")
        return source.peer == channel.peer or (host == channel.host and not is_local)

    def _relay(self, relayed: Relayed) -> None:
        if relayed.source.gateway == self.key or not relayed.subject.startswith(TO_OSC):
            return
        try:
            wanted = read_to_osc(relayed)
            if wanted and (wanted.target is None or self.is_meant(wanted.target)):
                self._outbox.send(wanted.packet)
        except InvalidField as error:
            self._rejections.note(
                relayed.source.name, error.code, str(error), relayed.subject
            )
        except MaestraError:
            self.counters.add("unsent")

    def _note_loss(self, channel: Channel, reason: str) -> None:
        if channel is self._outbox.channel:
            self._lost = reason
            self._wake.set()

    def _error(self, kind: type[OscTargetError], reason: str) -> OscTargetError:
        return kind(host=self.settings.host, port=self.settings.port, reason=reason)
