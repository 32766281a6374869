"""OSC programs as they are out there: python-osc's messages on real sockets."""

import asyncio
from collections.abc import Callable, Iterable
import contextlib
import json
import socket
from typing import Any, NamedTuple, Self, override

from pythonosc import slip
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import build_msg
from pythonosc.osc_packet import OscPacket

from .process import PATIENCE

HOST = "127.0.0.1"

LIMIT = 4 * 1024 * 1024
"""Bytes of a packet over TCP."""


class Heard(NamedTuple):
    """One message as a program got it."""

    address: str
    arguments: tuple[Any, ...]

    @property
    def json(self) -> Any:
        """Its only argument, read as JSON."""
        (text,) = self.arguments
        return json.loads(text)


class Inbox:
    """What a program has heard, and what can be waited for in it."""

    def __init__(self) -> None:
        self._heard: list[Heard] = []
        self._news = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def take_packet(self, packet: bytes) -> None:
        """Take a packet in; one that python-osc can't read fails the test."""
        for timed in OscPacket(packet).messages:
            message = timed.message
            self._heard.append(Heard(message.address, tuple(message.params)))
        task = asyncio.create_task(self._announce())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def receives(
        self, address: str, *arguments: Any, timeout: float = PATIENCE
    ) -> Heard:
        """Wait for a message there, with these arguments if any are given; takes it out."""

        def found() -> Heard | None:
            return next(
                (
                    heard
                    for heard in self._heard
                    if heard.address == address
                    and (not arguments or heard.arguments == arguments)
                ),
                None,
            )

        try:
            async with asyncio.timeout(timeout), self._news:
                while (heard := found()) is None:
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(
                f"Nothing on {address} with {arguments}; heard {self._heard}"
            ) from None
        self._heard.remove(heard)
        return heard

    def collect(self) -> list[Heard]:
        """Take out and return what has arrived by now, in order."""
        taken, self._heard = self._heard, []
        return taken

    async def _announce(self) -> None:
        async with self._news:
            self._news.notify_all()


class OscPeer(Inbox):
    """A program with one UDP socket: it sends to `to`, and hears what comes to its own port.

    To be entered with `async with`.
    """

    def __init__(self, to: int = 0, *, host: str = HOST, port: int = 0) -> None:
        super().__init__()
        self._own = (host, port)
        self.to = to
        self._transport: asyncio.DatagramTransport | None = None
        self.clients: list[tuple[str, int]] = []
        """Where the packets came from, in order."""

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self._take), local_addr=self._own
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._transport is not None:
            self._transport.close()

    @property
    def port(self) -> int:
        """Its own port."""
        assert self._transport is not None
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def send(self, address: str, *arguments: Any, to: int | None = None) -> None:
        """Send one message; types as python-osc infers them."""
        self.send_bytes(message(address, *arguments), to)

    def send_bundle(
        self, messages: Iterable[tuple[Any, ...]], at: float = IMMEDIATELY
    ) -> None:
        """Send messages in one bundle, to work at a time in seconds since 1970."""
        self.send_bytes(bundle(messages, at))

    def send_bytes(self, packet: bytes, to: int | None = None) -> None:
        """Send whatever it is."""
        assert self._transport is not None
        self._transport.sendto(packet, (HOST, to or self.to))

    def _take(self, data: bytes, address: tuple[str, int]) -> None:
        self.clients.append(address)
        self.take_packet(data)


class OscTcpClient(Inbox):
    """A program with one TCP connection, whose packets come after their size or in SLIP."""

    def __init__(self, to: int, *, framing: str = "length") -> None:
        super().__init__()
        self._to = to
        self._framing = framing
        self._task: asyncio.Task[None] | None = None
        self.ended = asyncio.Event()
        """Set once the other side has closed."""

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(
            HOST, self._to, limit=LIMIT
        )
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait([self._task])
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    def send(self, address: str, *arguments: Any) -> None:
        """Send one message."""
        self.send_bytes(FRAMES[self._framing](message(address, *arguments)))

    def send_bytes(self, data: bytes) -> None:
        """Send whatever it is, without a frame."""
        self._writer.write(data)

    async def _read(self) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                self.take_packet(await READS[self._framing](self._reader))
        self.ended.set()


class OscTcpServer:
    """A device that is reached over TCP; each connection comes into `inbox`."""

    def __init__(self, *, framing: str = "slip", port: int = 0) -> None:
        self._framing = framing
        self.port = port
        self.inbox = Inbox()
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._serve, HOST, self.port, limit=LIMIT
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.hang_up()
        await self._server.wait_closed()

    def send(self, address: str, *arguments: Any) -> None:
        """Send one message on all connections."""
        for writer in self._writers:
            writer.write(FRAMES[self._framing](message(address, *arguments)))

    def hang_up(self) -> None:
        """End all connections."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._writers.append(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                self.inbox.take_packet(await READS[self._framing](reader))


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, take: Callable[[bytes, tuple[str, int]], None]) -> None:
        self._take = take

    @override
    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._take(data, addr)


def message(address: str, *arguments: Any) -> bytes:
    """Return a message as python-osc writes it."""
    return build_msg(address, list(arguments)).dgram


def bundle(messages: Iterable[tuple[Any, ...]], at: float = IMMEDIATELY) -> bytes:
    """Return a bundle of messages, each an address and its arguments."""
    builder = OscBundleBuilder(at)  # type: ignore[arg-type]
    for address, *arguments in messages:
        builder.add_content(build_msg(address, list(arguments)))
    return builder.build().dgram


def free_udp_port() -> int:
    """Return a UDP port of 127.0.0.1 that nobody uses at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


async def _read_length(reader: asyncio.StreamReader) -> bytes:
    return await reader.readexactly(int.from_bytes(await reader.readexactly(4)))


async def _read_slip(reader: asyncio.StreamReader) -> bytes:
    packet = b""
    while not packet.strip(slip.END):
        packet = await reader.readuntil(slip.END)
    return slip.decode(packet)


FRAMES: dict[str, Callable[[bytes], bytes]] = {
    "length": lambda packet: len(packet).to_bytes(4) + packet,
    "slip": slip.encode,
}
READS = {"length": _read_length, "slip": _read_slip}
