"""One connection to OBS: who we are, what is asked and answered, and what OBS tells by itself."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, NoReturn

import aiohttp

from ..bus import Counters, get_logger
from ..domain.json_values import JsonObject
from .errors import (
    ObsBusy,
    ObsError,
    ObsIncompatible,
    ObsKicked,
    ObsNotConnected,
    ObsRefused,
    ObsRequestFailed,
    ObsSilent,
    ObsUnreachable,
)
from .protocol import (
    RPC_VERSION,
    SUBPROTOCOL,
    BatchResponse,
    Close,
    Hello,
    Identified,
    Malformed,
    ObsEvent,
    Response,
    Status,
    batch,
    decode,
    identify,
    request,
)

_LOGGER = get_logger(__name__)

CONNECT_TIMEOUT: Final = 10.0  # seconds
REQUEST_TIMEOUT: Final = 10.0  # seconds
CLOSE_TIMEOUT: Final = 2.0  # seconds
MAX_MESSAGE_BYTES: Final = 32 * 2**20
"""A picture of a scene in full size."""
MAX_PENDING: Final = 256
"""Requests that wait for an answer."""
type _Pending = tuple[type[Response | BatchResponse], asyncio.Future[Any]]
"""What is waited for, and who waits."""
_NOBODY: Final = (None, None)
_CLOSES: Final[dict[int, tuple[type[ObsError], str]]] = {
    Close.AUTHENTICATION_FAILED: (ObsRefused, "the password is wrong"),
    Close.UNSUPPORTED_RPC_VERSION: (ObsIncompatible, "its protocol is another one"),
    Close.SESSION_INVALIDATED: (ObsKicked, "our session was ended in OBS"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ObsSettings:
    """Where OBS is, and the password of its WebSocket server."""

    host: str
    port: int
    password: str | None = None

    @property
    def url(self) -> str:
        """The address of the WebSocket server."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"ws://{host}:{self.port}"


class ObsClient:
    """One session. Events are told in their order, by the one task that reads; answers go to who waits for them."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        settings: ObsSettings,
        on_event: Callable[[ObsEvent], None],
        counters: Counters,
    ) -> None:
        """Connect nothing yet. Counts in `counters` messages_in, malformed, events and requests."""
        self._http = http
        self._settings = settings
        self._on_event = on_event
        self._counters = counters
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._ids = count(1)
        self._pending: dict[str, _Pending] = {}

    async def serve(self, on_identified: Callable[[], Awaitable[None]]) -> NoReturn:
        """Connect, and read until the end; raises ObsError then.

        `on_identified` runs beside it as soon as OBS has let us in; what it raises ends the connection. OBS that does not
        answer it is gone: whoever wants to know whether it hangs asks it something now and then.
        """
        async with self._connected() as socket:
            async with self._in_time("no answer in time"):
                await self._identify(socket)
            self._socket = socket
            work = asyncio.ensure_future(on_identified())
            reading = asyncio.ensure_future(self._read(socket))
            try:
                await asyncio.wait((work, reading), return_when=asyncio.FIRST_EXCEPTION)
            finally:
                self._socket = None
                for task in (work, reading):
                    task.cancel()
                await asyncio.wait((work, reading))
                self._fail_pending()
            for task in (reading, work):
                if not task.cancelled() and (error := task.exception()):
                    raise self._as_end(error)
        raise self._error(ObsUnreachable, "the connection was lost")

    async def call(
        self,
        name: str,
        data: JsonObject | None = None,
        timeout: float = REQUEST_TIMEOUT,
    ) -> JsonObject:
        """Ask OBS for something; returns its data.

        Raises ObsNotConnected, ObsRequestFailed (ObsBusy where it is worth another attempt), ObsSilent.
        """
        id_ = str(next(self._ids))
        text = request(id_, name, data)
        return _checked(await self._ask(Response, id_, name, text, timeout))

    async def call_batch(
        self,
        requests: Iterable[tuple[str, JsonObject | None]],
        *,
        halt_on_failure: bool = False,
        timeout: float = REQUEST_TIMEOUT,
    ) -> tuple[Response, ...]:
        """Ask for several things in order; returns the answers, be they refusals or not.

        Raises ObsNotConnected, ObsSilent.
        """
        id_ = str(next(self._ids))
        text = batch(id_, requests, halt_on_failure=halt_on_failure)
        response = await self._ask(BatchResponse, id_, "RequestBatch", text, timeout)
        return response.results

    async def _ask[R: (Response, BatchResponse)](
        self, kind: type[R], id_: str, name: str, text: str, seconds: float
    ) -> R:
        socket = self._socket
        if socket is None or len(self._pending) >= MAX_PENDING:
            raise self._not_connected()
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._pending[id_] = kind, future
        self._counters.add("requests")
        try:
            async with asyncio.timeout(seconds):
                await socket.send_str(text)
                return await future
        except TimeoutError:
            raise ObsSilent(request=name) from None
        except ConnectionError, aiohttp.ClientError:
            raise self._not_connected() from None
        finally:
            self._pending.pop(id_, None)

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[aiohttp.ClientWebSocketResponse]:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                socket = await self._http.ws_connect(
                    self._settings.url,
                    protocols=(SUBPROTOCOL,),
                    max_msg_size=MAX_MESSAGE_BYTES,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_TIMEOUT),
                )
        except aiohttp.WSServerHandshakeError:
            raise self._error(ObsUnreachable, "what answers there is not OBS") from None
        except TimeoutError:
            raise self._error(ObsUnreachable, "no answer in time") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise self._error(ObsUnreachable, reason) from None
        try:
            yield socket
        finally:
            await socket.close()

    @asynccontextmanager
    async def _in_time(self, otherwise: str) -> AsyncGenerator[None]:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                yield
        except TimeoutError:
            raise self._error(ObsUnreachable, otherwise) from None
        except ConnectionError, aiohttp.ClientError:
            raise self._error(ObsUnreachable, "the connection was lost") from None

    async def _identify(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        hello = await self._next(socket)
        if not isinstance(hello, Hello):
            raise self._error(ObsUnreachable, "what answers there is not OBS")
        if hello.rpc_version < RPC_VERSION:
            raise self._error(ObsIncompatible, "its protocol is another one")
        if hello.challenge is not None and not self._settings.password:
            raise self._error(ObsRefused, "it wants a password")
        await socket.send_str(identify(hello, self._settings.password))
        while not isinstance(await self._next(socket), Identified):
            pass

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> NoReturn:
        while True:
            match await self._next(socket):
                case ObsEvent() as event:
                    self._counters.add("events")
                    self._on_event(event)
                case Response() | BatchResponse() as response:
                    kind, future = self._pending.get(response.id, _NOBODY)
                    # An answer of the other kind is none.
                    if future and type(response) is kind and not future.done():
                        future.set_result(response)

    async def _next(
        self, socket: aiohttp.ClientWebSocketResponse
    ) -> Hello | Identified | ObsEvent | Response | BatchResponse:
        """Return the next message that can be read; raises ObsError at the end."""
        while True:
            received = await socket.receive()
            if received.type is not aiohttp.WSMsgType.TEXT:
                raise self._ended(socket)
            self._counters.add("messages_in")
            message = decode(received.data)
            if not isinstance(message, Malformed):
                return message
            self._counters.add("malformed")
            _LOGGER.debug("A message of OBS %s", message.reason)

    def _ended(self, socket: aiohttp.ClientWebSocketResponse) -> ObsError:
        kind, reason = _CLOSES.get(
            socket.close_code or 0, (ObsUnreachable, "OBS was closed")
        )
        return self._error(kind, reason)

    def _as_end(self, error: BaseException) -> BaseException:
        """Return what the connection ends with where this was raised beside it."""
        if isinstance(error, ObsSilent):
            return self._error(ObsUnreachable, "no answer in time")
        if isinstance(error, ObsNotConnected):
            return self._error(ObsUnreachable, "the connection was lost")
        return error

    def _error(self, kind: type[ObsError], reason: str) -> ObsError:
        settings = self._settings
        return kind(host=settings.host, port=settings.port, reason=reason)

    def _not_connected(self) -> ObsNotConnected:
        return ObsNotConnected(name=f"OBS at {self._settings.host}")

    def _fail_pending(self) -> None:
        for _, future in self._pending.values():
            if not future.done():
                future.set_exception(self._not_connected())
                # Whoever waited may have gone.
                future.exception()
        self._pending.clear()


def _checked(response: Response) -> JsonObject:
    if response.is_success:
        return response.data
    kind = ObsBusy if response.status == Status.NOT_READY else ObsRequestFailed
    raise kind(
        request=response.request,
        status=response.status,
        reason=response.comment or "no reason given",
    )


async def prove(http: aiohttp.ClientSession, settings: ObsSettings) -> str:
    """Connect, ask for the version of OBS, and disconnect; returns the version. Raises ObsError by kind."""
    found = ""

    async def ask() -> None:
        nonlocal found
        found = str((await client.call("GetVersion")).get("obsVersion", ""))
        raise _Proven

    client = ObsClient(http, settings, lambda event: None, Counters())
    try:
        await client.serve(ask)
    except _Proven:
        return found
    except ObsRequestFailed:
        # It let us in, and is busy.
        return ""


class _Proven(Exception):
    """The end of a connection that was only tried out."""
