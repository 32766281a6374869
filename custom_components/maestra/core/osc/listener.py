"""The sockets of the listener: UDP, and TCP where wanted."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
import contextlib
from dataclasses import dataclass
import socket
from typing import Any, Final, override

from ..bus import TrafficMeter
from ..transport.access import AccessControl
from ..transport.errors import ListenFailed
from .channels import Datagrams, TcpChannel, peer_name
from .codec import MAX_DATAGRAM, show
from .settings import OscSettings

HEARD_LATELY: Final = 60.0
"""Seconds that a UDP client counts as there."""
MAX_PEERS: Final = 4_096
RECEIVE_BUFFER: Final = 4 * 1024 * 1024
"""Bytes of datagrams that may wait for us; the system may allow less."""
CLOSE_TIMEOUT: Final = 2.0  # seconds


@dataclass(slots=True, eq=False)
class Peer:
    """Who sent something, and how to answer. `name` is `host:port`, `longest` the bytes that a packet may have."""

    host: str
    name: str
    longest: int
    send: Callable[[bytes], None]
    heard_at: float = 0.0


class OscListener:
    """Hands on the packets of whoever the gate lets in."""

    def __init__(
        self,
        settings: OscSettings,
        access_control: AccessControl,
        traffic: TrafficMeter,
        on_packet: Callable[[bytes, Peer], None],
    ) -> None:
        """Listen to nothing yet."""
        self._settings = settings
        self._access_control = access_control
        self._traffic = traffic
        self._on_packet = on_packet
        self._udp: asyncio.DatagramTransport | None = None
        self._datagrams = _Datagrams(self._datagram)
        self._tcp: asyncio.Server | None = None
        self._peers: OrderedDict[tuple[Any, ...], Peer] = OrderedDict()
        self._connections: dict[TcpChannel, Peer] = {}

    @property
    def port(self) -> int:
        """The UDP port; 0 while there is none."""
        return 0 if self._udp is None else _port(self._udp.get_extra_info("socket"))

    @property
    def tcp_port(self) -> int:
        """The TCP port; 0 while there is none."""
        return 0 if self._tcp is None else _port(self._tcp.sockets[0])

    @property
    def clients(self) -> int:
        """How many connections there are, and UDP clients that were heard in the last minute."""
        if self._udp is None:
            return 0
        since = asyncio.get_running_loop().time() - HEARD_LATELY
        lately = sum(peer.heard_at > since for peer in self._peers.values())
        return lately + len(self._connections)

    async def start(self) -> None:
        """Listen; raises ListenFailed, and leaves to `stop` what is open by then."""
        settings, loop = self._settings, asyncio.get_running_loop()
        port = settings.port
        try:
            self._udp, self._datagrams = await loop.create_datagram_endpoint(
                lambda: _Datagrams(self._datagram), local_addr=(settings.host, port)
            )
            self._udp.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER
            )
            if port := settings.tcp_port:
                self._tcp = await loop.create_server(
                    lambda: TcpChannel(
                        self._tcp_packet, self._disconnected, on_open=self._connected
                    ),
                    settings.host,
                    port,
                )
        except OSError as error:
            raise ListenFailed(
                address=settings.host, port=port, reason=error.strerror or str(error)
            ) from error

    async def stop(self) -> None:
        """Close everything."""
        udp, self._udp = self._udp, None
        if udp is not None:
            udp.abort()
        tcp, self._tcp = self._tcp, None
        if tcp is not None:
            tcp.close()
            for channel in tuple(self._connections):
                channel.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_TIMEOUT):
                    await tcp.wait_closed()
        self._peers.clear()

    def send(self, packet: bytes, address: tuple[Any, ...]) -> None:
        """Send a datagram; it is dropped where there is no room."""
        if self._udp is None or len(packet) > MAX_DATAGRAM or self._datagrams.is_full:
            self._traffic.counters.add("unsent")
            return
        self._udp.sendto(packet, address)
        self._count_sent(packet)

    def _datagram(self, data: bytes, address: tuple[Any, ...]) -> None:
        peer = self._peers.get(address)
        if peer is None:
            host = address[0]
            if not self._access_control.access.admits(host):
                self._access_control.reject(
                    host, "not_allowed", "not on the allow-list"
                )
                return
            peer = Peer(
                host,
                peer_name(address),
                MAX_DATAGRAM,
                lambda packet: self.send(packet, address),
            )
            self._peers[address] = peer
            if len(self._peers) > MAX_PEERS:
                self._peers.popitem(last=False)
        self._packet(data, peer)

    def _tcp_packet(self, channel: TcpChannel, data: bytes) -> None:
        if peer := self._connections.get(channel):
            self._packet(data, peer)

    def _packet(self, data: bytes, peer: Peer) -> None:
        peer.heard_at = asyncio.get_running_loop().time()
        if self._access_control.within_rate(peer.host):
            self._on_packet(data, peer)
        else:
            self._access_control.reject(peer.host, "rate", "too many messages")

    def _connected(self, channel: TcpChannel) -> None:
        if not self._access_control.admits_connection(
            channel.host,
            (peer.host for peer in self._connections.values()),
            self._access_control.access.max_clients,
        ):
            channel.close()
            return
        self._connections[channel] = Peer(
            channel.host,
            channel.peer,
            channel.longest,
            lambda packet: self._send_on(channel, packet),
        )

    def _disconnected(self, channel: TcpChannel, reason: str) -> None:
        peer = self._connections.pop(channel, None)
        if peer is not None and channel.is_broken:
            self._access_control.reject(peer.host, "malformed", reason)

    def _send_on(self, channel: TcpChannel, packet: bytes) -> None:
        # A client that does not read gets no more than what its connection holds.
        if channel.is_full:
            self._traffic.counters.add("unsent")
            return
        channel.send(packet)
        self._count_sent(packet)

    def _count_sent(self, packet: bytes) -> None:
        self._traffic.outgoing(len(packet))
        show(self._traffic, packet, is_incoming=False)


class _Datagrams(Datagrams):
    """Hands datagrams on."""

    def __init__(self, receive: Callable[[bytes, tuple[Any, ...]], None]) -> None:
        self._receive = receive
        self.is_full = False

    @override
    def pause_writing(self) -> None:
        self.is_full = True

    @override
    def resume_writing(self) -> None:
        self.is_full = False

    @override
    def take(self, data: bytes, address: tuple[Any, ...]) -> None:
        self._receive(data, address)


def _port(sock: socket.socket) -> int:
    port: int = sock.getsockname()[1]
    return port
