"""The listener for clients of the stream production system: channels on `/socket/websocket`, and REST."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http import HTTPStatus
from ssl import SSLContext
from typing import Final
from urllib.parse import unquote

from aiohttp import hdrs, web

from ..bus import Counters, Latency, TrafficMeter, get_logger
from ..domain import Domain
from ..domain.clock import utcnow
from ..domain.errors import InvalidField, MaestraError
from ..domain.json_values import InvalidJson, JsonObject, JsonValue, loads
from ..transport.access import Access, AccessControl
from ..transport.http_listener import HttpListener, access_refusal
from ..transport.sockets import CLOSE_TIMEOUT, close_all, close_socket
from .channels import PhoenixParts, Query, Report
from .frames import VERSIONS, done, failed
from .session import Session, answered

_LOGGER = get_logger(__name__)

KEY: Final = "phoenix"
SOCKET_PATH: Final = "/socket/websocket"
DEFAULT_PORT: Final = 7175
MAX_MESSAGE: Final = 256 * 1024  # bytes
REPORT_TIMEOUT: Final = 10.0  # seconds
MAX_REPORTS: Final = 20
"""REST requests that are worked on at once."""
VALUE: Final = "{value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoenixSettings:
    """One listener. Port 0 is any free one."""

    host: str
    port: int = DEFAULT_PORT
    access: Access
    ssl_context: SSLContext | None = None


class PhoenixGateway:
    """Serves channels and REST between `start` and `stop`."""

    def __init__(
        self, domain: Domain, parts: PhoenixParts, settings: PhoenixSettings
    ) -> None:
        """Listen to nothing yet."""
        self.counters = Counters()
        """Beside those of traffic: malformed, refused, events_dropped."""
        self.latency = Latency()
        self._traffic = TrafficMeter(self.counters, self.latency, domain.bus, KEY)
        self._parts = parts
        self._reports: dict[str, dict[str, Report]] = {}
        for report in parts.reports:
            self._reports.setdefault(report.path, {})[report.method] = report
        self._settings = settings
        self._access_control = AccessControl(
            "Stream clients listener", settings.access, self.counters
        )
        self._listener = HttpListener(
            settings.host,
            settings.port,
            self._access_control,
            ssl_context=settings.ssl_context,
        )
        self._sockets: set[web.WebSocketResponse] = set()
        self._sessions: dict[Session, datetime] = {}
        self._working = 0

    @property
    def port(self) -> int:
        """The port that is listened on; 0 while there is none."""
        return self._listener.port

    @property
    def clients(self) -> int:
        """How many are connected to channels."""
        return len(self._sockets)

    def joined(self, *prefixes: str) -> list[tuple[str, datetime]]:
        """Return the topics that begin so, once for each client that has joined them, and since when it is there."""
        return [
            (topic, since)
            for session, since in self._sessions.items()
            for topic in session.topics
            if topic.startswith(prefixes)
        ]

    async def start(self) -> None:
        """Listen; raises ListenFailed."""
        await self._listener.start(self._serve)

    async def stop(self) -> None:
        """Say goodbye to all clients and close the port."""
        await close_all(self._sockets, "maestra channel goodbye")
        await self._listener.stop()
        self._access_control.rejections.close()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.rel_url.raw_path.rstrip("/")
        is_socket = path == SOCKET_PATH
        refused = access_refusal(
            request, self._access_control, self.clients if is_socket else 0
        )
        if refused is not None:
            return refused
        if is_socket:
            return await self._serve_socket(request)
        return await self._serve_report(request, path)

    # Channels.

    async def _serve_socket(self, request: web.BaseRequest) -> web.StreamResponse:
        version = request.query.get("vsn", VERSIONS[0])
        if version not in VERSIONS:
            return _answer(failed("unsupported_version", "vsn is unknown"), 400)
        socket = web.WebSocketResponse(
            timeout=CLOSE_TIMEOUT, compress=False, max_msg_size=MAX_MESSAGE
        )
        if not socket.can_prepare(request):
            raise web.HTTPUpgradeRequired(headers={hdrs.UPGRADE: "websocket"})
        await socket.prepare(request)
        address = request.remote or ""
        session = Session(
            socket,
            version,
            self._parts,
            counters=self.counters,
            traffic=self._traffic,
            reject=partial(self._rejected, address),
            within_rate=partial(self._access_control.within_rate, address),
        )
        self._sockets.add(socket)
        self._sessions[session] = utcnow()
        try:
            await session.serve()
        finally:
            del self._sessions[session]
            self._sockets.discard(socket)
            await close_socket(socket)
        return socket

    def _rejected(self, address: str, code: str, reason: str) -> None:
        self._access_control.rejections.note(address, code, reason, KEY)

    # REST.

    async def _serve_report(
        self, request: web.BaseRequest, path: str
    ) -> web.StreamResponse:
        found = _find(self._reports, path)
        if found is None:
            return _answer(failed("not_found", "Not Found"), 404)
        by_method, value = found
        method = request.method
        report = by_method.get(hdrs.METH_GET if method == hdrs.METH_HEAD else method)
        if report is None:
            known = [*by_method, *([hdrs.METH_HEAD] if "GET" in by_method else [])]
            return _answer(
                failed("method_not_allowed", "Method Not Allowed"),
                405,
                {hdrs.ALLOW: ", ".join(known)},
            )
        if self._working >= MAX_REPORTS:
            return _answer(failed("backpressure", "Too many requests at once"), 503)
        values = {**request.query, **value}
        self._working += 1
        try:
            async with asyncio.timeout(REPORT_TIMEOUT):
                body = await _body(request) if method == hdrs.METH_POST else {}
                answer = await answered(report.handler(Query(values, body)))
        except web.HTTPRequestEntityTooLarge:
            return _answer(failed("too_large", "The body is too large"), 413)
        except TimeoutError:
            return _answer(failed("service_timeout", "It took too long"), 504)
        except MaestraError as error:
            status = HTTPStatus.SERVICE_UNAVAILABLE
            if not error.is_failure:
                status = (
                    HTTPStatus.UNPROCESSABLE_ENTITY
                    if isinstance(error, InvalidField)
                    else HTTPStatus.NOT_FOUND
                )
            return _answer(failed(error.code, str(error)), status)
        except Exception:
            _LOGGER.exception("The report %s failed", report.path)
            return _answer(failed("service_error", "It failed"), 500)
        finally:
            self._working -= 1
        if report.is_bare:
            is_ready = not isinstance(answer, dict) or answer.get("ready") is not False
            return _answer(answer, report.status if is_ready else 503)
        return _answer(done(answer), report.status)


def _find[R](reports: Mapping[str, R], path: str) -> tuple[R, dict[str, str]] | None:
    if (report := reports.get(path)) is not None:
        return report, {}
    above, _, last = path.rpartition("/")
    if last and (report := reports.get(f"{above}/{VALUE}")) is not None:
        return report, {"value": unquote(last)}
    return None


async def _body(request: web.BaseRequest) -> JsonObject:
    """Return the object that a client sends; raises InvalidField."""
    content = await request.read()
    try:
        found = loads(content) if content else {}
    except InvalidJson as error:
        raise InvalidField(field="body", reason=str(error)) from None
    if not isinstance(found, dict):
        raise InvalidField(field="body", reason="must be an object")
    return found


def _answer(
    data: JsonValue,
    status: int,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    response = web.json_response(data, status=status, headers=headers)
    response.headers[hdrs.CACHE_CONTROL] = "no-store"
    return response
