"""What handlers are given, the API and a request; and errors with an HTTP status."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from aiohttp import hdrs, web

from ..bus import TrafficMeter
from ..domain import Domain
from ..domain.json_values import JsonObject, JsonValue
from ..domain.source import Source
from ..transport.access import AccessControl

if TYPE_CHECKING:
    # It loads the database's driver, which not everybody has a use for.
    from ..store.store import Store


ORIGIN: Final = web.RequestKey("origin", str)
"""The page that a request comes from, once it is known that it may ask."""


class Pem(Protocol):
    """Something that is given away as PEM text."""

    @property
    def pem(self) -> str:
        """The text."""


class DeviceCertificate(Pem, Protocol):
    """A certificate of a device. `private_key` (PEM) only where it was made here."""

    @property
    def private_key(self) -> str | None:
        """The key that belongs to it."""

    @property
    def expires_at(self) -> datetime:
        """When it ends."""


class CertificateIssuer(Protocol):
    """The certificate authority, as devices use it."""

    @property
    def authority(self) -> Pem:
        """Whom to trust."""

    @property
    def crl(self) -> Pem | None:
        """The list of revoked certificates; None as long as there is none."""

    async def issue(
        self, mac: str, code: str | None = None, address: str | None = None
    ) -> DeviceCertificate:
        """Give a device that asks from an address a new key and its certificate; raises NotAllowed, Busy, TooMany."""

    async def enrol(
        self,
        mac: str,
        request: str,
        code: str | None = None,
        address: str | None = None,
    ) -> DeviceCertificate:
        """Give a device a certificate for its own key; raises as `issue`, and for a request that can't be used."""


class CueService(Protocol):
    """The cue lists, by name or id, as JSON. Raises what they refuse."""

    def all(self) -> list[JsonObject]:
        """Return all of them, by name."""

    def get(self, key: str) -> JsonObject:
        """Return one, and where it stands."""

    def put(self, fields: Any) -> JsonObject:
        """Add a list, or take another version of the one of this name."""

    def remove(self, key: str) -> None:
        """Remove one."""

    def run(self, key: str, words: Sequence[str], source: Source) -> JsonObject:
        """Do what words ask of one: `go`; `cue`, `5`, `start`."""


class ExperienceService(Protocol):
    """The experiences, by id, as JSON. Raises what they refuse."""

    def all(self) -> list[JsonObject]:
        """Return all of them, by name."""

    def get(self, key: str) -> JsonObject:
        """Return one."""

    def create(self, fields: JsonObject, created_by: str | None) -> JsonObject:
        """Add one that is new."""

    def update(self, key: str, fields: JsonObject) -> JsonObject:
        """Change what is sent of it."""

    def remove(self, key: str) -> None:
        """Remove one."""

    def publish(self, key: str, published_by: str | None) -> JsonObject:
        """Make a version of it."""

    def archive(self, key: str) -> JsonObject:
        """Keep it, and let nobody deploy it any more."""

    def deploy(
        self,
        key: str,
        *,
        version: int | None = None,
        devices: Iterable[str] = (),
        groups: Iterable[str] = (),
        timeout: float | None = None,
        deployed_by: str | None = None,
    ) -> JsonObject:
        """Deploy a version of it."""

    def roll_back(self, key: str) -> JsonObject:
        """Take the last deployment back."""

    def deployments(self, key: str) -> list[JsonObject]:
        """Return its deployments, the newest first."""


class Endable(Protocol):
    """An answer that goes on until its client leaves, or it is ended."""

    def end(self) -> None:
        """Let it come to its end."""


class Api(Protocol):
    """What handlers use of the Fleet API."""

    domain: Domain
    access_control: AccessControl
    traffic: TrafficMeter
    previews: set[Endable]
    """Those that are open."""

    @property
    def store(self) -> Store | None:
        """The database, if there is one."""

    def needed_store(self) -> Store:
        """Return the database, or refuse with 503 where there is none."""

    def source(self, request: Request, name: str | None = None) -> Source:
        """Return who causes a change; `name` is what the client says of itself."""

    def endpoints(self, request: Request) -> JsonObject:
        """Return how a device that asks reaches everything."""

    def bus_connected(self) -> bool:
        """Whether any connection to a message broker is up."""

    def certificates(self) -> CertificateIssuer | None:
        """Return the authority that devices get their certificates from, if there is one."""

    def cues(self) -> CueService | None:
        """Return the cue lists, if there can be any."""

    def experiences(self) -> ExperienceService | None:
        """Return the experiences, if there can be any."""

    def document(self, mount: str) -> JsonObject:
        """Return the OpenAPI document of the API as found below the path `mount`."""


@dataclass(slots=True, kw_only=True)
class Request:
    """What a handler is given.

    `path` has the parameters of the path, UUIDs in lower case; `query` and `body` what
    the route's schemas returned, `body` None where the route or the client has none.
    """

    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
    address: str | None
    http: web.BaseRequest


class HttpError(Exception):
    """Answer with this status and detail.

    `code` is what it is counted as, `log_text` what the log says of it: what a client sent
    may hold secrets.
    """

    def __init__(
        self,
        status: int,
        detail: JsonValue,
        *,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
        log_text: str | None = None,
    ) -> None:
        """Keep what is answered."""
        super().__init__(log_text or str(detail))
        self.status = status
        self.detail = detail
        self.code = code or f"http_{status}"
        self.headers = headers


def allow_origin[R: web.StreamResponse](http: web.BaseRequest, response: R) -> R:
    """Tell a browser that its page may read an answer, which is to be done before it is begun; returns it."""
    if not response.prepared and (origin := http.get(ORIGIN)) is not None:
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS] = "true"
        response.headers[hdrs.VARY] = hdrs.ORIGIN
    return response
