"""An HTTP listener: one aiohttp application on an address and port, with bounded connections."""

import asyncio
from collections.abc import Awaitable, Callable
import logging
from ssl import SSLContext
from time import monotonic
from typing import Final, override

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict
from yarl import URL

from ..domain.names import valid_text
from .errors import ListenFailed

SHUTDOWN_TIMEOUT: Final = 2.0  # seconds for requests that are under way
KEEPALIVE_TIMEOUT: Final = 75.0  # seconds
FIRST_ANSWER_TIMEOUT: Final = (
    60.0  # seconds for a client to ask something that can be answered
)
REFRESH_INTERVAL: Final = 5.0  # seconds
MAX_CONNECTIONS: Final = 1_000


# aiohttp's own words on a connection.
_CONNECTIONS: Final = logging.getLogger(f"{__name__}.connections")


def _is_not_bad_http(record: logging.LogRecord) -> bool:
    """Keep out of the log what is not HTTP: any client could fill it with that."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


_CONNECTIONS.addFilter(_is_not_bad_http)


def as_text(http: web.Request) -> web.Request:
    """Return a request whose target and headers are Unicode, whatever bytes the client sent.

    aiohttp keeps bytes that are no UTF-8 as lone surrogates, which nothing can write again.
    """
    if http.raw_path.isascii() and all(
        value.isascii() for _, value in http.raw_headers
    ):
        return http
    return http.clone(
        rel_url=URL(valid_text(http.raw_path), encoded=True),
        headers=CIMultiDict(
            (name, valid_text(value)) for name, value in http.headers.items()
        ),
    )


type _Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def _read_text(http: web.Request, handler: _Handler) -> web.StreamResponse:
    return await handler(as_text(http))


class HttpListener:
    """Serves one application on one address and port (0 for any free one) between `start` and `stop`.

    At most `max_connections` are open at a time, further ones are closed at once; so is
    one that was given no answer within `patience` seconds, because it never asked.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        ssl_context: SSLContext | None = None,
        max_connections: int = MAX_CONNECTIONS,
        patience: float = FIRST_ANSWER_TIMEOUT,
    ) -> None:
        """Listen to nothing yet."""
        self._host = host
        self._port = port
        self._ssl_context = ssl_context
        self._max_connections = max_connections
        self._patience = patience
        self._runner: web.AppRunner | None = None
        self._server: asyncio.Server | None = None
        self._idle_check: asyncio.TimerHandle | None = None
        # When each connection that has had no answer yet was opened.
        self._opened_at: dict[web.RequestHandler, float] = {}

    @property
    def port(self) -> int:
        """The port that is listened on; 0 while there is none."""
        if self._server is None or not self._server.sockets:
            return 0
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def connections(self) -> int:
        """How many connections are open."""
        server = None if self._runner is None else self._runner.server
        return 0 if server is None else len(server.connections)

    async def start(self, app: web.Application) -> None:
        """Listen; raises ListenFailed."""
        app.middlewares.insert(0, _read_text)
        app.on_response_prepare.append(self._answered)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            logger=_CONNECTIONS,
            handle_signals=False,
            keepalive_timeout=KEEPALIVE_TIMEOUT,
            shutdown_timeout=SHUTDOWN_TIMEOUT,
        )
        try:
            await self._runner.setup()
            self._server = await asyncio.get_running_loop().create_server(
                self._accept, self._host, self._port, ssl=self._ssl_context
            )
        except OSError as error:
            await self.stop()
            raise ListenFailed(
                address=self._host, port=self._port, reason=error.strerror or str(error)
            ) from error
        except BaseException:
            await self.stop()
            raise
        self._close_idle()

    async def stop(self) -> None:
        """Close all connections and the port."""
        server, self._server = self._server, None
        runner, self._runner = self._runner, None
        if self._idle_check is not None:
            self._idle_check.cancel()
        if server is not None:
            server.close()
        if runner is not None:
            await asyncio.shield(runner.cleanup())
        self._opened_at.clear()

    def _accept(self) -> asyncio.BaseProtocol:
        runner = self._runner
        if runner is None or runner.server is None:
            return _RejectedConnection()
        if self.connections >= self._max_connections:
            return _RejectedConnection()
        protocol = runner.server()
        self._opened_at[protocol] = monotonic()
        return protocol

    async def _answered(self, http: web.BaseRequest, _: web.StreamResponse) -> None:
        self._opened_at.pop(http.protocol, None)

    def _close_idle(self) -> None:
        """Close what never asked. From its first answer on, aiohttp's keep-alive watches a connection."""
        if self._runner is None or self._runner.server is None:
            return
        opened = set(self._runner.server.connections)
        limit = monotonic() - self._patience
        for protocol, at in list(self._opened_at.items()):
            if protocol not in opened:
                del self._opened_at[protocol]
            elif at < limit:
                del self._opened_at[protocol]
                protocol.force_close()
        self._idle_check = asyncio.get_running_loop().call_later(
            min(REFRESH_INTERVAL, self._patience), self._close_idle
        )


class _RejectedConnection(asyncio.Protocol):
    """A connection that is closed as soon as it is open."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()
