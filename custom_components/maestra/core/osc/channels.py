"""Sockets that carry OSC packets."""

import asyncio
from collections.abc import Callable
import contextlib
import socket
from time import monotonic
from typing import Any, Final, override

from .codec import MAX_DATAGRAM, MAX_PACKET
from .receiver import BadFraming, Framing, detect

READING: Final = 0.002
"""Seconds of a turn of the loop in which one socket's datagrams are taken."""
_MAX_SIZE: Final = 65_536

type OnPacket[C] = Callable[[C, bytes], None]
type OnLost[C] = Callable[[C, str], None]
type Notify = Callable[[], None]


class Datagrams(asyncio.DatagramProtocol):
    """Takes all datagrams that wait: asyncio reads one in a turn of the loop, which costs more than most messages.

    So what they make us write gathers in the turn too.
    """

    _transport: asyncio.DatagramTransport | None = None
    _waiting: socket.socket | None = None

    def take(self, data: bytes, address: tuple[Any, ...]) -> None:
        """Take one datagram."""
        raise NotImplementedError

    @override
    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        # Without a descriptor to spare it is one datagram a turn.
        with contextlib.suppress(OSError):
            self._waiting = transport.get_extra_info("socket").dup()

    @override
    def datagram_received(self, data: bytes, addr: Any) -> None:
        transport, until = self._transport, monotonic() + READING
        self.take(data, addr)
        waiting = self._waiting
        while (
            transport and waiting and not transport.is_closing() and monotonic() < until
        ):
            try:
                data, addr = waiting.recvfrom(_MAX_SIZE)
            except BlockingIOError:
                return
            except OSError as error:
                self.error_received(error)
                return
            self.take(data, addr)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._waiting is not None:
            self._waiting.close()


class Channel:
    """One socket to one peer. `is_full` while the peer, or the network, does not take more."""

    longest: int
    """Bytes of a packet."""

    def __init__(self) -> None:
        """Have no socket yet."""
        self.is_full = False
        self.host = ""
        self.peer = ""
        """`host:port`."""
        self._on_room: Notify = lambda: None
        self._on_error: Notify = lambda: None

    def on_room(self, listener: Notify) -> None:
        """Call `listener` when there is room again."""
        self._on_room = listener

    def on_error(self, listener: Notify) -> None:
        """Call `listener` when the network says that a datagram did not get there."""
        self._on_error = listener

    def pause_writing(self) -> None:
        """Be told by the transport that its buffer is full."""
        self.is_full = True

    def resume_writing(self) -> None:
        """Be told by the transport that there is room again."""
        self.is_full = False
        self._on_room()

    def send(self, packet: bytes) -> None:
        """Send one packet; without effect once closed."""
        raise NotImplementedError

    def close(self) -> None:
        """Close at once, with whatever waits to be sent."""
        raise NotImplementedError

    def _name(self, transport: asyncio.BaseTransport) -> None:
        found = transport.get_extra_info("peername")
        if found:
            self.host, self.peer = found[0], peer_name(found)


class UdpChannel(Channel, Datagrams):
    """A UDP socket that hears one peer only."""

    longest = MAX_DATAGRAM

    def __init__(
        self, on_packet: OnPacket[UdpChannel], on_lost: OnLost[UdpChannel]
    ) -> None:
        """Wait for the transport."""
        super().__init__()
        self._on_packet = on_packet
        self._on_lost = on_lost

    @override
    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._name(transport)

    @override
    def take(self, data: bytes, address: tuple[Any, ...]) -> None:
        self._on_packet(self, data)

    @override
    def error_received(self, exc: Exception) -> None:
        self._on_error()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._on_lost(self, str(exc or "closed"))

    @override
    def send(self, packet: bytes) -> None:
        if self._transport is not None:
            self._transport.sendto(packet)

    @override
    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class TcpChannel(Channel, asyncio.Protocol):
    """A TCP connection, whose framing is found out where none is given."""

    longest = MAX_PACKET

    def __init__(
        self,
        on_packet: OnPacket[TcpChannel],
        on_lost: OnLost[TcpChannel],
        framing: Framing | None = None,
        on_open: Callable[[TcpChannel], None] = lambda channel: None,
    ) -> None:
        """Wait for the transport. `on_lost` is told why: an error, what was no OSC, or `closed`."""
        super().__init__()
        self._on_packet = on_packet
        self._on_lost = on_lost
        self._on_open = on_open
        self._framing = framing
        self._reason = ""
        self.is_broken = False
        """Whether something came that is no OSC."""
        self._transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._name(transport)
        self._on_open(self)

    @override
    def data_received(self, data: bytes) -> None:
        # More can come after we have closed.
        if self._transport is None or self._transport.is_closing():
            return
        try:
            framing = self._framing = self._framing or detect(data[0])
            for packet in framing.feed(data):
                self._on_packet(self, packet)
        except BadFraming as error:
            self._reason, self.is_broken = str(error), True
            self.close()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._on_lost(self, self._reason or str(exc or "closed"))

    @override
    def send(self, packet: bytes) -> None:
        # Who has said nothing yet can't be answered.
        if self._transport is not None and self._framing is not None:
            self._transport.write(self._framing.frame(packet))

    @override
    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


def peer_name(address: tuple[Any, ...]) -> str:
    """Write a socket's address as `host:port`."""
    return f"{address[0]}:{address[1]}"
