"""Who may ask at the Fleet API's own listener: access, tokens and CORS."""

from typing import Final, Protocol

from aiohttp import hdrs, web

from ..transport.access import AccessControl
from ..transport.http_listener import bearer_token
from .certificates import OPEN_PATHS
from .request import ORIGIN, HttpError, allow_origin

TOKEN_HEADER: Final = "X-Maestra-Token"
TOKEN_PARAMETER: Final = "token"
METHODS: Final = "DELETE, GET, OPTIONS, PATCH, POST, PUT"
PREFLIGHT_AGE: Final = "600"  # seconds
RETRY_AFTER: Final = "1"  # seconds

_CLOSE: Final[dict[str, str]] = {hdrs.CONNECTION: "close"}


class Answering(Protocol):
    """What is used of the Fleet API."""

    access_control: AccessControl

    @property
    def clients(self) -> int:
        """How many connections are open."""

    async def answer(self, http: web.BaseRequest, raw_path: str) -> web.StreamResponse:
        """Do what a request asks."""

    def refuse(self, http: web.BaseRequest, error: HttpError) -> web.Response:
        """Answer with a refusal, and count it."""


async def handle(api: Answering, http: web.BaseRequest) -> web.StreamResponse:
    """Answer a request to the listener, whoever it comes from."""
    try:
        preflight = _admit(api, http)
    except HttpError as error:
        return allow_origin(http, api.refuse(http, error))
    if preflight is not None:
        return allow_origin(http, preflight)
    return allow_origin(http, await api.answer(http, http.rel_url.raw_path))


def _admit(api: Answering, http: web.BaseRequest) -> web.Response | None:
    """Let a request in, or raise HttpError; what only asks for permission is answered."""
    access_control, address, headers = api.access_control, http.remote, http.headers
    access = access_control.access
    if api.clients > access.max_clients:
        raise HttpError(
            503, "Too many clients", code="too_many_clients", headers=_CLOSE
        )
    if not access_control.within_rate(address or ""):
        raise HttpError(
            429,
            "Too many requests",
            code="rate_exceeded",
            headers={hdrs.RETRY_AFTER: RETRY_AFTER},
        )
    origin = headers.get(hdrs.ORIGIN)
    if origin is not None:
        if not access.accepts_origin(origin, headers.get(hdrs.HOST)):
            raise HttpError(403, "Origin is not allowed", code="origin_refused")
        http[ORIGIN] = origin
        # A browser asks for permission without its token.
        if http.method == hdrs.METH_OPTIONS and (
            hdrs.ACCESS_CONTROL_REQUEST_METHOD in headers
        ):
            return _permission(headers.get(hdrs.ACCESS_CONTROL_REQUEST_HEADERS))
    if (
        access.token is not None
        and http.rel_url.raw_path not in OPEN_PATHS
        and not access.accepts_token(_token(http))
    ):
        raise HttpError(
            401,
            "Invalid or missing token",
            code="unauthorized",
            headers={hdrs.WWW_AUTHENTICATE: "Bearer"},
        )
    return None


def _token(http: web.BaseRequest) -> str | None:
    if (token := bearer_token(http)) is not None:
        return token
    return http.headers.get(TOKEN_HEADER) or http.rel_url.query.get(TOKEN_PARAMETER)


def _permission(wanted: str | None) -> web.Response:
    response = web.Response(text="OK")
    response.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = METHODS
    response.headers[hdrs.ACCESS_CONTROL_MAX_AGE] = PREFLIGHT_AGE
    if wanted and wanted.isascii() and wanted.isprintable():
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = wanted
    return response
