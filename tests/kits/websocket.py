"""Clients of the WebSocket gateway: one that behaves, and one that does what it likes with its bytes."""

import asyncio
from collections.abc import Callable, Mapping
import contextlib
import json
import os
import socket
import struct
from typing import Any, NamedTuple, Self

import aiohttp
from aiohttp import WSMsgType

from .process import PATIENCE

HOST = "127.0.0.1"

type Frame = dict[str, Any]


class Closed(NamedTuple):
    """How a connection ended."""

    code: int | None
    reason: str | None


class WebSocketKit:
    """A client that speaks JSON text frames, to be entered with `async with`; options as for aiohttp's ws_connect."""

    def __init__(self, port: int, path: str = "/", **options: Any) -> None:
        self._url = f"http://{HOST}:{port}{path}"
        self._options = options
        self._stack = contextlib.AsyncExitStack()
        self._inbox: list[Frame] = []
        self._closed: Closed | None = None
        self._news = asyncio.Condition()
        self._pings = 0

    async def __aenter__(self) -> Self:
        async with asyncio.timeout(PATIENCE):
            session = await self._stack.enter_async_context(aiohttp.ClientSession())
            self._socket = await session.ws_connect(
                self._url, **{"max_msg_size": 0, **self._options}
            )
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        async with asyncio.timeout(PATIENCE):
            await self._socket.close()
            await self._reader
            await self._stack.aclose()

    @property
    def protocol(self) -> str | None:
        """The subprotocol that the gateway chose."""
        chosen: str | None = self._socket.protocol
        return chosen

    async def say(self, kind: str, **fields: object) -> None:
        """Send a frame of this type."""
        await self.send(json.dumps({"type": kind, **fields}))

    async def send(self, text: str) -> None:
        """Send text as it is."""
        await self._socket.send_str(text)

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary frame."""
        await self._socket.send_bytes(data)

    async def publish(self, subject: str, data: object) -> Frame:
        """Say something on a subject; returns the answer once it is acknowledged."""
        await self.say("publish", subject=subject, data=data)
        return await self.receives("ack", subject=subject)

    async def subscribe(self, subject: str, **fields: object) -> Frame:
        """Subscribe, and return the answer."""
        await self.say("subscribe", subject=subject, **fields)
        return await self.receives("subscribed")

    async def receives(
        self, kind: str, timeout: float = PATIENCE, **fields: object
    ) -> Frame:
        """Wait for a frame of this type with these fields; takes it out."""
        wanted = {"type": kind, **fields}

        def found() -> Frame | None:
            return next((f for f in self._inbox if _has(f, wanted)), None)

        try:
            frame = await self._find(found, timeout)
        except TimeoutError:
            raise AssertionError(
                f"No frame {wanted}; received {self._inbox}, {self._closed}"
            ) from None
        self._inbox.remove(frame)
        return frame

    async def settled(self) -> list[Frame]:
        """Take out and return, in order, what the gateway sent up to now."""
        await self.say("ping")
        await self._find(
            lambda: next((f for f in self._inbox if f["type"] == "pong"), None)
        )
        frames, self._inbox = self._inbox, []
        return [frame for frame in frames if frame["type"] != "pong"]

    async def closed(self) -> Closed:
        """Wait until the gateway closes the connection; return its code and reason."""
        return await self._find(lambda: self._closed)

    async def _find[T](
        self, find: Callable[[], T | None], timeout: float = PATIENCE
    ) -> T:
        async with asyncio.timeout(timeout), self._news:
            while (found := find()) is None:
                await self._news.wait()
            return found

    async def _read(self) -> None:
        reason: str | None = None
        while True:
            message = await self._socket.receive()
            if message.type is WSMsgType.CLOSE:
                reason = message.extra
            async with self._news:
                if message.type is not WSMsgType.TEXT:
                    self._closed = Closed(self._socket.close_code, reason)
                    self._news.notify_all()
                    return
                self._inbox.append(json.loads(message.data))
                self._news.notify_all()


class RawClient:
    """Does the handshake, and from then on only what it is told: it answers no ping and no close.

    Its receive buffers are as small as they can be.
    """

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Self:
        sock = socket.socket()
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        async with asyncio.timeout(PATIENCE):
            await asyncio.get_running_loop().sock_connect(sock, (HOST, self._port))
            self.reader, self.writer = await asyncio.open_connection(
                sock=sock, limit=4096
            )
            self.writer.write(
                b"GET / HTTP/1.1\r\nHost: maestra\r\nUpgrade: websocket\r\n"
                b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
            )
            head = await self.reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in head
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.transport.abort()

    def frame(
        self, payload: bytes, opcode: int = WSMsgType.TEXT, *, last: bool = True
    ) -> None:
        """Send one frame, or a part of a message that is not the last."""
        mask = os.urandom(4)
        stream = (mask * (len(payload) // 4 + 1))[: len(payload)]
        masked = int.from_bytes(payload) ^ int.from_bytes(stream)
        head = self.head(len(payload), opcode, last=last)
        self.write(head + mask + masked.to_bytes(len(payload)))

    @staticmethod
    def head(size: int, opcode: int = WSMsgType.TEXT, *, last: bool = True) -> bytes:
        """Return the first bytes of a masked frame of this size."""
        first = (0x80 if last else 0) | opcode
        if size < 126:
            return struct.pack("!BB", first, 0x80 | size)
        return struct.pack("!BBQ", first, 0x80 | 127, size)

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)

    async def reads(self) -> tuple[int, bytes]:
        """Read one frame: its opcode and payload."""
        async with asyncio.timeout(PATIENCE):
            first, size = await self.reader.readexactly(2)
            if size >= 126:
                longer = await self.reader.readexactly(2 if size == 126 else 8)
                size = int.from_bytes(longer)
            return first & 0x0F, await self.reader.readexactly(size)

    async def ended(self) -> None:
        """Wait until the connection is cut, reading what is left."""
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ConnectionError):
                while await self.reader.read(65_536):
                    pass


def _has(frame: Frame, wanted: Mapping[str, object]) -> bool:
    return all(key in frame and frame[key] == value for key, value in wanted.items())
