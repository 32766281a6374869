"""The network between Home Assistant and PostgreSQL, which can be cut in the worst moment."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from enum import Enum
import struct
from typing import Final, Self

from scripts.stack.ports import LOOPBACK

READ: Final = 65_536
HEAD: Final = struct.Struct(">cI")
"""A message's kind and its length, without the kind (PostgreSQL's protocol 3.0)."""
OPENING: Final = struct.Struct(">II")
"""Length and code of the messages before, which have no kind."""
BEFORE_STARTUP: Final = frozenset({80877103, 80877104})
"""SSLRequest and GSSENCRequest: another opening follows."""
COPY_DATA: Final = b"d"
QUERY: Final = b"Q"


class Moment(Enum):
    """When the network is cut."""

    MID_COPY = "rows are on their way"
    """The first half of a piece of rows is through."""
    UNANSWERED_COMMIT = "COMMIT is through, its answer is not"
    """Of a transaction with rows: whoever sent it can't know."""


class Frontend:
    """Follows what a client of PostgreSQL says, whatever pieces it comes in."""

    def __init__(self) -> None:
        """Nothing was said yet."""
        self._is_open = False
        self._has_rows = False
        self._waiting = bytearray()
        self._skip = 0

    def hear(self, data: bytes) -> Iterator[Moment]:
        """Take the next piece; yields the moments that it brings."""
        skipped = min(self._skip, len(data))
        self._skip -= skipped
        self._waiting += data[skipped:]
        while not self._is_open and len(self._waiting) >= OPENING.size:
            length, code = OPENING.unpack_from(self._waiting)
            if len(self._waiting) < length:
                return
            del self._waiting[:length]
            self._is_open = code not in BEFORE_STARTUP
        while self._is_open and len(self._waiting) >= HEAD.size:
            kind, length = HEAD.unpack_from(self._waiting)
            end = 1 + length
            if kind == COPY_DATA:
                self._has_rows = True
                yield Moment.MID_COPY
            elif len(self._waiting) < end:
                return
            elif kind == QUERY and b"COMMIT" in self._waiting[:end]:
                if self._has_rows:
                    yield Moment.UNANSWERED_COMMIT
                self._has_rows = False
            self._skip = max(0, end - len(self._waiting))
            del self._waiting[:end]


class Proxy:
    """Passes connections on to a port, until it is told to cut them."""

    def __init__(self, target: int) -> None:
        """Listen nowhere yet."""
        self._target = target
        self._server: asyncio.Server
        self._open: set[asyncio.StreamWriter] = set()
        self._is_up = True
        self._cut_at: Moment | None = None
        self._was_cut = asyncio.Event()
        self.port = 0

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Cut everything for good."""
        self.cut()
        self._server.close()
        await self._server.wait_closed()

    async def cut_at(self, moment: Moment) -> None:
        """Cut every connection when the next one comes to that moment; returns then."""
        self._was_cut.clear()
        self._cut_at = moment
        await self._was_cut.wait()

    def cut(self) -> None:
        """Break every connection, and let nobody in."""
        self._is_up, self._cut_at = False, None
        for writer in self._open:
            writer.transport.abort()
        self._was_cut.set()

    def restore(self) -> None:
        """Let connections through again."""
        self._is_up = True

    async def _serve(
        self, reader: asyncio.StreamReader, client: asyncio.StreamWriter
    ) -> None:
        if not self._is_up:
            client.transport.abort()
            return
        try:
            answers, server = await asyncio.open_connection(LOOPBACK, self._target)
        except OSError:
            client.transport.abort()
            return
        ends = {client, server}
        self._open |= ends
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._to_server(reader, server))
                tasks.create_task(_pass_on(answers, client))
        finally:
            self._open -= ends
            client.close()
            server.close()

    async def _to_server(
        self, reader: asyncio.StreamReader, server: asyncio.StreamWriter
    ) -> None:
        frontend = Frontend()
        with suppress(OSError):
            while data := await reader.read(READ):
                if self._cut_at in list(frontend.hear(data)):
                    await self._cut_here(data, server)
                    return
                server.write(data)
                await server.drain()
        server.close()

    async def _cut_here(self, data: bytes, server: asyncio.StreamWriter) -> None:
        if self._cut_at is Moment.MID_COPY:
            server.write(data[: len(data) // 2])
        else:
            server.write(data)
        # The server gets what was said, and nobody its answer.
        self._open.discard(server)
        server.close()
        self.cut()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(READ):
            writer.write(data)
            await writer.drain()
    writer.close()
