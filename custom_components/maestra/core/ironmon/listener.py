"""The port on which games tell what happens in them. Nothing is ever answered."""

import asyncio
from collections.abc import Callable
from typing import Final

from ..bus import Counters, Latency, get_logger
from ..domain.json_values import JsonObject
from ..transport.access import Access, AccessControl
from ..transport.errors import ListenFailed
from .frames import BadFrame, BadMessage, FrameBuffer, flat

_LOGGER = get_logger(__name__)

DEFAULT_PORT: Final = 8898
SILENCE: Final = 120.0
"""Seconds without a word after which a game is gone."""
CHUNK: Final = 16 * 1024


class IronmonListener:
    """Listens between `start` and `stop`, and gives each event to `tell`."""

    def __init__(
        self, host: str, port: int, access: Access, tell: Callable[[JsonObject], None]
    ) -> None:
        """Listen to nothing yet. Port 0 is any free one."""
        self.counters = Counters()
        """Counts of messages_in, malformed, and who is turned away."""
        self.latency = Latency()
        self.port = 0
        self._host = host
        self._wanted_port = port
        self._tell = tell
        self._access = AccessControl("IronMON listener", access, self.counters)
        self._server: asyncio.Server | None = None
        self._writers: dict[asyncio.StreamWriter, str] = {}

    @property
    def clients(self) -> int:
        """How many games are connected."""
        return len(self._writers)

    async def start(self) -> None:
        """Listen; raises ListenFailed."""
        try:
            self._server = await asyncio.start_server(
                self._serve, self._host, self._wanted_port
            )
        except OSError as error:
            raise ListenFailed(
                address=self._host,
                port=self._wanted_port,
                reason=error.strerror or str(error),
            ) from None
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close all connections and the port."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            server.close_clients()
            await server.wait_closed()
        self.port = 0

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        address = str(writer.get_extra_info("peername")[0])
        most = self._access.access.max_clients
        if not self._access.admits_connection(address, self._writers.values(), most):
            writer.transport.abort()
            return
        self._writers[writer] = address
        try:
            await self._read(reader, address)
        except (BadFrame, TimeoutError, ConnectionError) as error:
            _LOGGER.debug("A game at %s is gone: %r", address, error)
        finally:
            del self._writers[writer]
            writer.transport.abort()

    async def _read(self, reader: asyncio.StreamReader, address: str) -> None:
        buffer = FrameBuffer()
        while True:
            async with asyncio.timeout(SILENCE):
                more = await reader.read(CHUNK)
            if not more:
                return
            try:
                for frame in buffer.feed(more):
                    self._take(frame, address)
            except BadFrame:
                self.counters.add("malformed")
                raise

    def _take(self, frame: bytes, address: str) -> None:
        self.counters.add("messages_in")
        if not self._access.within_rate(address):
            self.counters.add("refused")
            return
        try:
            event = flat(frame)
        except BadMessage as error:
            self.counters.add("malformed")
            _LOGGER.debug("A message of a game %s", error)
            return
        if event is not None:
            self._tell(event)
