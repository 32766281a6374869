"""The Fleet API: its settings, the table of all routes, and answering requests by it (maestra.md §1)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from inspect import iscoroutine
import logging
from ssl import SSLContext
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web
import orjson

from ..bus import Counters, Latency, TrafficMeter, get_logger
from ..domain import Domain
from ..domain.errors import MaestraError
from ..domain.json_values import JsonObject
from ..domain.source import Source
from ..transport.access import Access, AccessControl
from ..transport.event_encoder import EventEncoder
from ..transport.http_listener import HttpListener
from .admission import handle
from .analytics import ANALYTICS_ROUTES
from .certificates import ENROLMENT_ROUTES
from .cues import CUE_ROUTES
from .devices import (
    CONFIGURATION_ROUTES,
    DEVICE_ROUTES,
    PROVISION_ROUTES,
    REPORT_ROUTES,
)
from .entities import ENTITY_ROUTES, HIERARCHY_ROUTES
from .entity_types import ENTITY_TYPE_ROUTES
from .errors import DATABASE_NOT_CONNECTED, http_error
from .experiences import EXPERIENCE_ROUTES
from .openapi import document
from .preview import PREVIEW_ROUTES
from .request import (
    CertificateIssuer,
    CueService,
    Endable,
    ExperienceService,
    HttpError,
    Request,
)
from .routing import Operation, Route, Router
from .service import NOT_IMPLEMENTED_ROUTES, SERVICE_ROUTES, VERSION
from .states import STATE_ROUTES
from .streams import MULTICAST_ROUTES, STREAM_ROUTES
from .variables import VARIABLE_ROUTES

if TYPE_CHECKING:
    from ..store.store import Store

_LOGGER = get_logger(__name__)

USUAL_STATUSES: Final = frozenset({404, 405, 501})
USUAL_CODES: Final = frozenset({"device_not_approved"})

READING: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})
"""Methods that read, unless their route says otherwise."""
KEY: Final = "fleet_api"
JSON: Final = "application/json"

ROUTES: Final[tuple[Route, ...]] = (
    *SERVICE_ROUTES,
    *ENROLMENT_ROUTES,
    *DEVICE_ROUTES,
    *PROVISION_ROUTES,
    *CONFIGURATION_ROUTES,
    *REPORT_ROUTES,
    *ENTITY_TYPE_ROUTES,
    *ENTITY_ROUTES,
    *HIERARCHY_ROUTES,
    *STATE_ROUTES,
    *VARIABLE_ROUTES,
    *CUE_ROUTES,
    *EXPERIENCE_ROUTES,
    *STREAM_ROUTES,
    *MULTICAST_ROUTES,
    *PREVIEW_ROUTES,
    *ANALYTICS_ROUTES,
    *NOT_IMPLEMENTED_ROUTES,
)
"""All operations: both mounts, and the OpenAPI document, are made of this table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetApiSettings:
    """Where to listen (port 0 for any free one), and who may come."""

    host: str
    port: int
    access: Access
    ssl_context: SSLContext | None = None


class FleetApi:
    """Answers requests, those of its own listener and those that others hand to `answer`."""

    def __init__(
        self,
        domain: Domain,
        encoder: EventEncoder,
        settings: FleetApiSettings,
        *,
        store: Callable[[], Store | None],
        endpoints: Callable[[Request], JsonObject],
        bus_connected: Callable[[], bool],
        certificates: Callable[[], CertificateIssuer | None] = lambda: None,
        cues: Callable[[], CueService | None] = lambda: None,
        experiences: Callable[[], ExperienceService | None] = lambda: None,
    ) -> None:
        """Make all routes ready; nothing listens yet.

        `store` returns the database to ask, if there is one. `endpoints` returns how a
        device that asks reaches everything: api_url, nats_url, mqtt_broker, mqtt_port, ws_url.
        `bus_connected` tells whether any connection to a message broker is up, `certificates`
        returns the authority that devices get theirs from, if there is one, `cues` the cue lists,
        `experiences` what can be deployed.
        """
        self.key = KEY
        self.domain = domain
        self.encoder = encoder
        self.settings = settings
        self.endpoints = endpoints
        self.bus_connected = bus_connected
        self.certificates = certificates
        self.cues = cues
        self.experiences = experiences
        self.counters = Counters()
        self.latency = Latency()
        self.access_control = AccessControl(
            "The Fleet API", settings.access, self.counters
        )
        self.traffic = TrafficMeter(self.counters, self.latency, domain.bus, KEY)
        self.previews: set[Endable] = set()
        self._store = store
        self._router = Router(ROUTES)
        self._operations = [Operation(route) for route in ROUTES]
        self._listener = HttpListener(
            settings.host,
            settings.port,
            self.access_control,
            ssl_context=settings.ssl_context,
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
        await self._listener.start(partial(handle, self))

    async def stop(self) -> None:
        """Close the port and all connections."""
        for preview in tuple(self.previews):
            preview.end()
        await self._listener.stop()
        self.access_control.rejections.close()

    def document(self, mount: str) -> JsonObject:
        """Return the OpenAPI document of the API as found below the path `mount`."""
        return document(ROUTES, VERSION, mount)

    def source(self, request: Request, name: str | None = None) -> Source:
        """Return who causes a change; `name` is what the client says of itself."""
        return Source(name, self.key)

    def is_reading(self, method: str, raw_path: str) -> bool:
        """Whether a request only reads; `raw_path` as for `answer`. What is not there changes nothing either."""
        if method not in READING:
            return False
        try:
            index, _ = self._router.resolve(method, raw_path)
        except HttpError:
            return True
        return ROUTES[index].is_reading

    async def answer(self, http: web.BaseRequest, raw_path: str) -> web.StreamResponse:
        """Do what a request asks; `raw_path` is its path below the mount, as the client wrote it."""
        with self.traffic.incoming(http.content_length or 0) as stopwatch:
            # Bodies hold credentials of devices.
            self.traffic.show(f"{http.method} {raw_path}", b"", is_incoming=True)
            try:
                index, values = self._router.resolve(http.method, raw_path)
                operation = self._operations[index]
                request = await operation.read(http, values)
                answer = operation.route.handler(self, request)
                if iscoroutine(answer):
                    answer = await answer
                self.counters.add("accepted")
                if isinstance(answer, web.StreamResponse):
                    # How long a client watches says nothing of how fast we are.
                    stopwatch.discard()
                    return answer
                return self._respond(operation.route.status, orjson.dumps(answer))
            except HttpError as error:
                return self.refuse(http, error)
            except MaestraError as error:
                return self.refuse(http, http_error(error))
            except Exception:
                _LOGGER.exception(
                    "The Fleet API failed on %s %r", http.method, raw_path
                )
                self.counters.add("failed")
                return web.Response(status=500, text="Internal Server Error")

    def refuse(self, http: web.BaseRequest, error: HttpError) -> web.Response:
        """Answer with a refusal, and count it."""
        if error.status == 307:
            return _redirect(http)
        where = http.rel_url.raw_path
        # Clients ask for what may not be there, and for approval until they have it.
        is_usual = error.status in USUAL_STATUSES or error.code in USUAL_CODES
        level = logging.DEBUG if is_usual else logging.WARNING
        self.access_control.rejections.note(
            http.remote, error.code, str(error), where, level=level
        )
        response = self._respond(error.status, orjson.dumps({"detail": error.detail}))
        if error.headers:
            response.headers.update(error.headers)
            if hdrs.CONNECTION in error.headers:
                response.force_close()
        return response

    def _respond(self, status: int, body: bytes) -> web.Response:
        self.traffic.outgoing(len(body))
        return web.Response(status=status, body=body, content_type=JSON)


def _redirect(http: web.BaseRequest) -> web.Response:
    """Send a client to the same path without the slash behind it."""
    url = http.rel_url
    bare = url.raw_path.rstrip("/")
    location = f"{bare}?{url.raw_query_string}" if url.raw_query_string else bare
    return web.Response(status=307, headers={hdrs.LOCATION: location})
