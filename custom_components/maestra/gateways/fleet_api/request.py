"""One request, read and checked, and the refusals that HTTP has its own words for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from ...domain.json_types import JsonValue


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
    http: web.Request


class HttpError(Exception):
    """Answer with this status and detail.

    `code` is what it is counted as, `told` what the log says of it: what a client sent
    may hold secrets.
    """

    def __init__(
        self,
        status: int,
        detail: JsonValue,
        *,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
        told: str | None = None,
    ) -> None:
        """Keep what is answered."""
        super().__init__(told or str(detail))
        self.status = status
        self.detail = detail
        self.code = code or f"http_{status}"
        self.headers = headers
