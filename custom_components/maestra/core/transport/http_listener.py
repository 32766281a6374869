"""An HTTP listener: one handler for all requests to an address and port, with bounded connections."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from http import HTTPStatus
import logging
from ssl import SSLContext
from time import monotonic
from typing import Final, cast, override

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict
from yarl import URL

from ..bus import get_logger
from ..domain.names import valid_text
from .access import AccessControl
from .errors import ListenFailed

SHUTDOWN_TIMEOUT: Final = 2.0  # seconds for requests that are under way
KEEPALIVE_TIMEOUT: Final = 30.0  # seconds without a whole request, after the first one
PATIENCE: Final = 10.0
"""Seconds for TLS, for a first request, and for a client to go on reading an answer."""
CHECK_INTERVAL: Final = 2.0  # seconds
PLACES_TO_BE_TOLD: Final = 2
"""So many times `max_clients` connections are open at most: those beyond it can still be told why they may not come."""

# aiohttp's own words on a connection.
_CONNECTIONS: Final = get_logger(f"{__name__}.connections")

type Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def _is_not_bad_http(record: logging.LogRecord) -> bool:
    """Keep out of the log what is not HTTP: any client could fill it with that."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


_CONNECTIONS.addFilter(_is_not_bad_http)


def as_text[R: web.BaseRequest](http: R) -> R:
    """Return a request whose target and headers are Unicode, whatever bytes the client sent.

    aiohttp keeps bytes that are no UTF-8 as lone surrogates, which nothing can write again.
    """
    if (
        http.raw_path.isascii()
        and b"".join([value for _, value in http.raw_headers]).isascii()
    ):
        return http
    clone = http.clone(
        rel_url=URL(valid_text(http.raw_path), encoded=True),
        headers=CIMultiDict(
            (name, valid_text(value)) for name, value in http.headers.items()
        ),
    )
    return cast(R, clone)


def bearer_token(http: web.BaseRequest) -> str | None:
    """Return the token in the Authorization header (RFC 6750), None where there is none."""
    scheme, _, token = http.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def access_refusal(
    request: web.BaseRequest, access_control: AccessControl, clients: int
) -> web.Response | None:
    """Return the answer to who may not come in: these are programs, which are told so before any handshake.

    `clients` is how many are there already of those that this request would make one more.
    """
    access, address = access_control.access, request.remote or ""
    status, code = HTTPStatus.OK, ""
    if not access.accepts_origin(request.headers.get(hdrs.ORIGIN), request.host):
        status, code = HTTPStatus.FORBIDDEN, "wrong_origin"
    elif not access.accepts_token(bearer_token(request) or request.query.get("token")):
        status, code = HTTPStatus.UNAUTHORIZED, "wrong_token"
    elif clients >= access.max_clients:
        status, code = HTTPStatus.SERVICE_UNAVAILABLE, "too_many_clients"
    elif not access_control.within_rate(address):
        status, code = HTTPStatus.TOO_MANY_REQUESTS, "rate_limited"
    if not code:
        return None
    access_control.reject(address, code, status.description)
    return web.json_response(
        {"detail": status.phrase}, status=status, headers={hdrs.CONNECTION: "close"}
    )


class HttpListener:
    """Hands all requests to one address and port (0 for any free one) to one handler between `start` and `stop`.

    Whoever is not allowed, or has too many connections, is cut off before anything is read or
    encrypted; a request under a name that is not ours is refused. A connection that brings no
    request, or does not go on reading its answer, is closed after `patience` seconds (usually PATIENCE).
    `watches_answers` is False for a handler that looks after its slow clients itself.
    """

    def __init__(
        self,
        host: str,
        port: int,
        access_control: AccessControl,
        *,
        ssl_context: SSLContext | None = None,
        patience: float | None = None,
        watches_answers: bool = True,
    ) -> None:
        """Listen to nothing yet."""
        self._host = host
        self._port = port
        self._access_control = access_control
        self._ssl_context = ssl_context
        self._patience = PATIENCE if patience is None else patience
        self._watches_answers = watches_answers
        self._runner: web.ServerRunner | None = None
        self._server: asyncio.Server | None = None
        self._check: asyncio.TimerHandle | None = None
        # The address of each connection that is being encrypted, by the task that does it.
        self._securing: dict[asyncio.Task[None], str] = {}
        # When each connection that has brought no request yet was opened.
        self._opened_at: dict[web.RequestHandler, float] = {}
        # What each connection had to send at the last look, and since when.
        self._unread: dict[web.RequestHandler, tuple[int, float]] = {}

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
        served = 0 if server is None else len(server.connections)
        return served + len(self._securing)

    async def start(self, handler: Handler) -> None:
        """Listen; raises ListenFailed."""
        # An application of aiohttp's costs as much again: we have a table of routes.
        server = web.Server(
            partial(self._guard, handler),
            access_log=None,
            logger=_CONNECTIONS,
            keepalive_timeout=KEEPALIVE_TIMEOUT,
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=SHUTDOWN_TIMEOUT)
        try:
            await self._runner.setup()
            self._server = await asyncio.get_running_loop().create_server(
                lambda: _Arrival(self._arrived), self._host, self._port
            )
        except OSError as error:
            await self.stop()
            raise ListenFailed(
                address=self._host, port=self._port, reason=error.strerror or str(error)
            ) from error
        except BaseException:
            await self.stop()
            raise
        self._check_slow()

    async def stop(self) -> None:
        """Close all connections and the port."""
        server, self._server = self._server, None
        runner, self._runner = self._runner, None
        if self._check is not None:
            self._check.cancel()
        if server is not None:
            server.close()
        for task in self._securing:
            task.cancel()
        if self._securing:
            await asyncio.wait(self._securing)
        if runner is not None:
            await asyncio.shield(runner.cleanup())
        self._opened_at.clear()
        self._unread.clear()

    def _addresses(self) -> Iterator[str]:
        yield from self._securing.values()
        if self._runner is not None and self._runner.server is not None:
            for protocol in self._runner.server.connections:
                if (transport := protocol.transport) is not None:
                    yield _address(transport)

    def _arrived(self, arrival: _Arrival, transport: asyncio.Transport) -> None:
        """Look at who has connected."""
        access_control, address = self._access_control, _address(transport)
        most = PLACES_TO_BE_TOLD * access_control.access.max_clients
        if self._runner is None or not access_control.admits_connection(
            address, self._addresses(), max(most, 1)
        ):
            transport.abort()
        elif self._ssl_context is None:
            self._serve(arrival, transport)
        else:
            # Nothing may arrive before it can be decrypted.
            transport.pause_reading()
            task = asyncio.get_running_loop().create_task(
                self._secure(arrival, transport, self._ssl_context),
                name=f"maestra tls {address}",
            )
            self._securing[task] = address
            task.add_done_callback(lambda done: self._securing.pop(done, None))

    async def _secure(
        self, arrival: _Arrival, transport: asyncio.Transport, context: SSLContext
    ) -> None:
        try:
            secured = await asyncio.get_running_loop().start_tls(
                transport,
                arrival,
                context,
                server_side=True,
                ssl_handshake_timeout=self._patience,
            )
        except OSError as error:
            # Whoever speaks no TLS, or stops in the middle of it.
            _CONNECTIONS.debug("TLS with %s failed: %s", _address(transport), error)
            transport.abort()
        except BaseException:
            transport.abort()
            raise
        else:
            if secured is not None:
                self._serve(arrival, secured)

    def _serve(self, arrival: _Arrival, transport: asyncio.Transport) -> None:
        """Let the application have a connection, with what it has said by now."""
        runner = self._runner
        if runner is None or runner.server is None or transport.is_closing():
            transport.abort()
            return
        protocol = runner.server()
        self._opened_at[protocol] = monotonic()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        if arrival.said:
            protocol.data_received(bytes(arrival.said))

    async def _guard(
        self, handler: Handler, request: web.BaseRequest
    ) -> web.StreamResponse:
        """Answer requests to us, and no others."""
        self._opened_at.pop(request.protocol, None)
        hosts = request.headers.getall(hdrs.HOST, [])
        if all(map(self._access_control.access.accepts_host, hosts)):
            if (expected := request.headers.get(hdrs.EXPECT)) is not None:
                if expected.lower() != "100-continue":
                    return web.Response(status=417)
                if request.version >= HttpVersion11:
                    await _go_on(request.writer)
            return await handler(as_text(request))
        self._access_control.reject(
            request.remote, "wrong_host", f"calls us {', '.join(hosts)}"
        )
        return web.json_response({"detail": "This host is not known here"}, status=421)

    def _check_slow(self) -> None:
        """Close what brings no request, and what does not read its answer.

        From its first request on, aiohttp's keep-alive watches for the next.
        """
        if self._runner is None or self._runner.server is None:
            return
        now = monotonic()
        protocols = self._runner.server.connections
        self._opened_at = {
            protocol: self._opened_at[protocol]
            for protocol in protocols
            if protocol in self._opened_at
        }
        unread, self._unread = self._unread, {}
        slow = [
            protocol
            for protocol, at in self._opened_at.items()
            if now - at > self._patience
        ]
        for protocol in protocols if self._watches_answers else ():
            size = _unsent(protocol)
            if size:
                before, since = unread.get(protocol, (size, now))
                if size != before:
                    since = now
                self._unread[protocol] = size, since
                if now - since > self._patience:
                    slow.append(protocol)
        for protocol in slow:
            self._opened_at.pop(protocol, None)
            if (transport := protocol.transport) is not None:
                self._access_control.reject(
                    _address(transport), "too_slow", "is too slow"
                )
                transport.abort()
        self._check = asyncio.get_running_loop().call_later(
            min(CHECK_INTERVAL, self._patience), self._check_slow
        )


class _Arrival(asyncio.Protocol):
    """A connection before anybody serves it."""

    def __init__(self, arrived: Callable[[_Arrival, asyncio.Transport], None]) -> None:
        self._arrived = arrived
        self.said = bytearray()
        """What it says between the end of its handshake and its being served."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._arrived(self, cast(asyncio.Transport, transport))

    @override
    def data_received(self, data: bytes) -> None:
        self.said += data


async def _go_on(writer: AbstractStreamWriter) -> None:
    """Tell a client that waits with its body to send it (RFC 9110 §10.1.1)."""
    await writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    # It is no part of the answer.
    writer.output_size = 0


def _address(transport: asyncio.BaseTransport) -> str:
    peer = transport.get_extra_info("peername")
    return str(peer[0]) if peer else ""


def _unsent(protocol: web.RequestHandler) -> int:
    """Return the bytes that a client has not taken yet."""
    transport = protocol.transport
    if transport is None or transport.is_closing():
        return 0
    return transport.get_write_buffer_size()
