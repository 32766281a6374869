"""Sockets to targets."""

import asyncio
from collections.abc import Callable
import socket
from typing import Final

from .channels import Channel, TcpChannel, UdpChannel
from .errors import OscTargetUnreachable
from .framing import FRAMINGS
from .settings import OscTargetSettings, Protocol

TIMEOUT: Final = 10.0
"""Seconds for looking a name up, and for a connection."""

type OnPacket = Callable[[Channel, bytes], None]
type OnLost = Callable[[Channel, str], None]


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
