"""The Fleet API: its operations, and its own listener (maestra.md §1)."""

from collections.abc import Callable
from inspect import iscoroutine
import logging
from time import perf_counter
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web
import orjson

from ...bus import Counters, Latency
from ...domain import Domain
from ...domain.errors import MaestraError
from ...domain.json_types import JsonObject
from ...domain.source import Source
from ..access import Gate
from ..announcements import Announcer
from ..http_listener import HttpListener
from .app import create_app
from .errors import DATABASE_NOT_CONNECTED, http_error
from .openapi import document
from .operation import Operation
from .preview import Previews
from .request import HttpError, Request
from .router import Router
from .routes import ROUTES
from .service import VERSION
from .settings import FleetApiSettings

if TYPE_CHECKING:
    from ...pki.service import CertificateService
    from ...store.store import Store

_LOGGER = logging.getLogger(__name__)

USUAL_STATUSES: Final = frozenset({404, 405, 501})
USUAL_CODES: Final = frozenset({"device_not_approved"})

KEY: Final = "fleet_api"
JSON: Final = "application/json"


class FleetApi:
    """Answers requests, those of its own listener and those that others hand to `answer`."""

    def __init__(
        self,
        domain: Domain,
        announcer: Announcer,
        settings: FleetApiSettings,
        *,
        store: Callable[[], Store | None],
        endpoints: Callable[[Request], JsonObject],
        bus_connected: Callable[[], bool],
        certificates: Callable[[], CertificateService | None] = lambda: None,
    ) -> None:
        """Make all routes ready; nothing listens yet.

        `store` returns the database to ask, if there is one. `endpoints` returns how a
        device that asks reaches everything: api_url, nats_url, mqtt_broker, mqtt_port, ws_url.
        `bus_connected` tells whether any connection to a message broker is up, `certificates`
        returns the authority that devices get theirs from, if there is one.
        """
        self.key = KEY
        self.domain = domain
        self.announcer = announcer
        self.settings = settings
        self.endpoints = endpoints
        self.bus_connected = bus_connected
        self.certificates = certificates
        self.counters = Counters()
        self.latency = Latency()
        self.gate = Gate("The Fleet API", settings.access, self.counters)
        self.previews = Previews()
        self._store = store
        self._router = Router(ROUTES)
        self._operations = [Operation(route) for route in ROUTES]
        self._listener = HttpListener(
            settings.host,
            settings.port,
            ssl_context=settings.ssl_context,
            # Between the two limits a client is told why it may not come.
            max_connections=2 * settings.access.max_clients,
        )

    @property
    def store(self) -> Store | None:
        """The database, if there is one."""
        return self._store()

    def needed_store(self) -> Store:
        """Return the database, or refuse with 503 where there is none."""
        if (store := self._store()) is None:
            raise HttpError(503, DATABASE_NOT_CONNECTED, code="store_not_connected")
        return store

    @property
    def clients(self) -> int:
        """How many connections are open."""
        return self._listener.connections

    @property
    def port(self) -> int:
        """The port that is listened on; 0 while there is none."""
        return self._listener.port

    async def start(self) -> None:
        """Listen; raises ListenFailed."""
        await self._listener.start(create_app(self))

    async def stop(self) -> None:
        """Close the port and all connections."""
        self.previews.stop()
        await self._listener.stop()

    def document(self, mount: str) -> JsonObject:
        """Return the OpenAPI document of the API as found below the path `mount`."""
        return document(ROUTES, VERSION, mount)

    def source(self, request: Request, name: str | None = None) -> Source:
        """Return who causes a change; `name` is what the client says of itself."""
        return Source(name, self.key)

    async def answer(self, http: web.Request, raw_path: str) -> web.StreamResponse:
        """Do what a request asks; `raw_path` is its path below the mount, as the client wrote it."""
        started: float | None = perf_counter()
        counters = self.counters
        counters.add("messages_in")
        counters.add("bytes_in", http.content_length or 0)
        try:
            index, values = self._router.resolve(http.method, raw_path)
            operation = self._operations[index]
            request = await operation.read(http, values)
            answer = operation.route.handler(self, request)
            if iscoroutine(answer):
                answer = await answer
            counters.add("accepted")
            if isinstance(answer, web.StreamResponse):
                # How long a client watches says nothing of how fast we are.
                started = None
                return answer
            return self._respond(operation.route.status, orjson.dumps(answer))
        except HttpError as error:
            return self.refuse(http, error)
        except MaestraError as error:
            return self.refuse(http, http_error(error))
        except Exception:
            _LOGGER.exception("The Fleet API failed on %s %r", http.method, raw_path)
            counters.add("failed")
            return web.Response(status=500, text="Internal Server Error")
        finally:
            if started is not None:
                self.latency.add(perf_counter() - started)

    def refuse(self, http: web.Request, error: HttpError) -> web.Response:
        """Answer with a refusal, and count it."""
        if error.status == 307:
            return _redirect(http)
        where = http.rel_url.raw_path
        # Clients ask for what may not be there, and for approval until they have it.
        is_usual = error.status in USUAL_STATUSES or error.code in USUAL_CODES
        level = logging.DEBUG if is_usual else logging.WARNING
        self.gate.refusals.note(http.remote, error.code, str(error), where, level=level)
        response = self._respond(error.status, orjson.dumps({"detail": error.detail}))
        if error.headers:
            response.headers.update(error.headers)
            if hdrs.CONNECTION in error.headers:
                response.force_close()
        return response

    def _respond(self, status: int, body: bytes) -> web.Response:
        self.counters.add("messages_out")
        self.counters.add("bytes_out", len(body))
        return web.Response(status=status, body=body, content_type=JSON)


def _redirect(http: web.Request) -> web.Response:
    """Send a client to the same path without the slash behind it."""
    url = http.rel_url
    bare = url.raw_path.rstrip("/")
    location = f"{bare}?{url.raw_query_string}" if url.raw_query_string else bare
    return web.Response(status=307, headers={hdrs.LOCATION: location})
