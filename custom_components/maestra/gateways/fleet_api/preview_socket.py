"""Where a preview receives a stream: a UDP socket of its own (maestra.md §1.8, p)."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
import socket
from typing import Any, Final, override

# What firewalls are told to let in; where all are taken, any.
PORTS: Final = (*range(19_000, 19_005), 0)
MAX_WAITING: Final = 64
"""Datagrams; a preview shows the newest."""
RESOLVE_TIMEOUT: Final = 2.0  # seconds


class PreviewSocket(asyncio.DatagramProtocol):
    """The newest datagrams, until somebody takes them. Those of strangers are dropped."""

    def __init__(self, admits: Callable[[str], bool]) -> None:
        """`admits` tells who may send."""
        self.admits = admits
        self.address = ""
        self.port = 0
        self.bytes_received = 0
        self.dropped = 0
        self._waiting: deque[bytes] = deque(maxlen=MAX_WAITING)
        self._woken = asyncio.Event()

    @override
    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Keep a datagram."""
        if not self.admits(addr[0]):
            self.dropped += 1
            return
        self.bytes_received += len(data)
        self._waiting.append(data)
        self._woken.set()

    async def take(self, timeout: float) -> list[bytes]:
        """Return what came, at once or within `timeout` seconds; empty where nothing did."""
        try:
            async with asyncio.timeout(timeout):
                await self._woken.wait()
        except TimeoutError:
            return []
        self._woken.clear()
        taken = list(self._waiting)
        self._waiting.clear()
        return taken

    def wake(self) -> None:
        """Let whoever waits look around."""
        self._woken.set()


@asynccontextmanager
async def listening(
    address: str, admits: Callable[[str], bool]
) -> AsyncIterator[PreviewSocket]:
    """Listen on an address of this host, on one of PORTS; raises OSError where none of them is to be had."""
    loop = asyncio.get_running_loop()
    for port in PORTS:
        try:
            transport, protocol = await loop.create_datagram_endpoint(
                lambda: PreviewSocket(admits), local_addr=(address, port)
            )
            break
        except OSError:
            if not port:
                raise
    try:
        protocol.address, protocol.port = transport.get_extra_info("sockname")[:2]
        yield protocol
    finally:
        transport.close()


async def address_towards(host: str) -> tuple[str | None, frozenset[str]]:
    """Return the address of ours that a host can reach, None where there is no way, and all addresses of the host."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_TIMEOUT):
            found = await loop.getaddrinfo(host, 9, type=socket.SOCK_DGRAM)
    except OSError, UnicodeError:
        return None, frozenset()
    theirs = frozenset(str(address[0]) for *_, address in found)
    for family, kind, protocol, _, address in found:
        with socket.socket(family, kind, protocol) as probe:
            try:
                # Nothing is sent: the system only chooses the way.
                probe.connect(address)
            except OSError:
                continue
            return str(probe.getsockname()[0]), theirs
    return None, theirs
