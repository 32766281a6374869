"""Routes, and which one a verb and path mean: fixed segments win over parameters (maestra.md §1.2)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
import re
from typing import Any, Final
from urllib.parse import unquote

from aiohttp import hdrs, web
import probatio

from ..domain.json_values import InvalidJson, JsonObject, JsonValue, loads
from .request import Api, HttpError, Request
from .schemas import Detail, canonical_uuid, detail, details, invalid_request

MAX_BODY_SIZE: Final = 1024 * 1024  # bytes
BODY_TIMEOUT: Final = 10.0  # seconds for a client to send what it announced
# Parameters of a path that end like ids but are names that devices chose.
TEXT_IDS: Final = frozenset({"hardware_id"})

_CANONICAL = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_JSON = re.compile(r"application/(?:[^;\s]+\+)?json\s*(?:;|$)", re.IGNORECASE)
TAIL: Final = "{tail:.*}"


class Operation:
    """One route, ready to read requests."""

    __slots__ = ("_body", "_needs_body", "_parameters", "_query", "_readers", "route")

    def __init__(self, route: Route) -> None:
        """Look at the route's schemas."""
        self.route = route
        self._parameters = [
            (name, is_id_parameter(name)) for name in parameters(route.path)
        ]
        self._query = route.query
        self._readers = _readers(route.query) if route.query else {}
        self._body = route.body
        self._needs_body = route.body is not None and not _accepts_none(route.body)

    async def read(self, http: web.BaseRequest, values: list[str]) -> Request:
        """Read and check a request; raises HttpError with everything that is wrong with it."""
        wrong: list[Detail] = []
        path = self._read_path(values, wrong) if values else {}
        query = self._read_query(http, wrong) if self._query else {}
        body = None
        if self._body is not None:
            body = self._checked_body(*await _read_body(http), wrong)
        if wrong:
            raise invalid_request(wrong)
        return Request(
            path=path, query=query, body=body, address=http.remote, http=http
        )

    def _read_path(self, values: list[str], wrong: list[Detail]) -> Mapping[str, str]:
        path = {}
        for (name, is_id), value in zip(self._parameters, values, strict=True):
            path[name] = value
            if is_id and not _CANONICAL.fullmatch(value):
                try:
                    path[name] = canonical_uuid(value)
                except ValueError as error:
                    wrong.append(
                        detail(
                            "uuid_parsing",
                            f"Input should be a valid UUID, {error}",
                            ("path", name),
                            value,
                            {"error": str(error)},
                        )
                    )
        return path

    def _read_query(self, http: web.BaseRequest, wrong: list[Detail]) -> Any:
        given = http.rel_url.query
        found = {
            name: read(given.getall(name))
            for name, read in self._readers.items()
            if name in given
        }
        try:
            return self._query(found) if self._query else found
        except probatio.Invalid as error:
            wrong.extend(details(error, found, "query"))
            return None

    def _checked_body(self, body: Any, raw: bytes, wrong: list[Detail]) -> Any:
        if body is None and not raw and self._needs_body:
            wrong.append(detail("missing", "Field required", ("body",), None))
            return None
        try:
            return self._body(body) if self._body else body
        except probatio.Invalid as error:
            wrong.extend(details(error, body, "body"))
            return None


def is_id_parameter(name: str) -> bool:
    """Whether a parameter of a path is a UUID."""
    return name.endswith("_id") and name not in TEXT_IDS


async def _read_body(http: web.BaseRequest) -> tuple[Any, bytes]:
    """Return what the client sent, read as JSON where it says so or says nothing."""
    if (http.content_length or 0) > MAX_BODY_SIZE:
        raise _too_large()
    if not http.body_exists:
        return None, b""
    try:
        if http.content.is_eof() and http.can_read_body:
            # It came with its head.
            raw = http.content.read_nowait()
        else:
            async with asyncio.timeout(BODY_TIMEOUT):
                raw = await http.read()
    except web.HTTPRequestEntityTooLarge:
        raise _too_large() from None
    except TimeoutError:
        raise HttpError(
            408, "Request Timeout", headers={"Connection": "close"}
        ) from None
    if not raw:
        return None, raw
    if len(raw) > MAX_BODY_SIZE:
        raise _too_large()
    kind = http.headers.get("Content-Type")
    if kind is not None and not _JSON.match(kind):
        return raw.decode(errors="replace"), raw
    try:
        return loads(raw), raw
    except InvalidJson as error:
        wrong = detail(
            "json_invalid",
            "JSON decode error",
            ("body", error.position),
            {},
            {"error": error.words},
            url=False,
        )
        raise invalid_request([wrong]) from None


def _too_large() -> HttpError:
    return HttpError(
        413,
        f"The body is larger than {MAX_BODY_SIZE} bytes",
        code="too_large",
        headers={"Connection": "close"},
    )


def _accepts_none(schema: probatio.Schema) -> bool:
    try:
        schema(None)
    except probatio.Invalid:
        return False
    return True


def _readers(schema: probatio.Schema) -> dict[str, Callable[[list[str]], Any]]:
    """Return how the texts of each parameter become what its check reads: a list, or the last one."""
    described = probatio.to_openapi(schema, openapi_version="3.1.0")
    return {name: _reader(kind) for name, kind in described["properties"].items()}


def _reader(described: dict[str, Any]) -> Callable[[list[str]], Any]:
    kinds = {described.get("type")} | {
        choice.get("type") for choice in described.get("anyOf", [])
    }
    return list if "array" in kinds else lambda texts: texts[-1]


type Answer = JsonValue | list[JsonObject] | web.StreamResponse
type Handler = Callable[[Api, Request], Answer | Awaitable[Answer]]


@dataclass(frozen=True, kw_only=True)
class Route:
    """One operation.

    In `path`, a parameter `{x_id}` is a UUID (`{hardware_id}` is not), others are text of
    one segment, and `{tail:.*}` at the end is all that follows. A `body` that accepts None
    may be left out. `answer` only describes; `errors` are the statuses beside `status` and 422.
    `acts` marks a GET that does more than read: it is for a device itself, or begins something.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    tag: str
    status: int = 200
    body: probatio.Schema | None = None
    query: probatio.Schema | None = None
    answer: probatio.Schema | None = None
    errors: tuple[int, ...] = ()
    acts: bool = False

    @property
    def is_reading(self) -> bool:
        """Whether it only tells what is there."""
        return self.method == hdrs.METH_GET and not self.acts


class _Node:
    """What follows a part of a path."""

    __slots__ = ("fixed", "methods", "parameter", "tail")

    def __init__(self) -> None:
        self.fixed: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.tail: _Node | None = None
        self.methods: dict[str, int] = {}


class Router:
    """The paths of all routes as a tree."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Raises ValueError for two routes of one verb and path."""
        self._root = _Node()
        for index, route in enumerate(routes):
            node = self._root
            for part in route.path.split("/")[1:]:
                node = _below(node, part)
            if route.method in node.methods:
                raise ValueError(f"{route.method} {route.path} is there twice")
            node.methods[route.method] = index

    def resolve(self, method: str, raw_path: str) -> tuple[int, list[str]]:
        """Return the route's place in the table, and the values of its parameters in their order.

        `raw_path` is as the client wrote it, so that an encoded slash stays part of its
        segment. Raises HttpError with 404, 405, or 307 where one slash too many follows.
        """
        parts = raw_path.split("/")[1:]
        known = False
        for node, values in _find(self._root, parts, 0, []):
            index = node.methods.get(method)
            if index is not None:
                return index, values
            known = True
        if known:
            raise HttpError(405, "Method Not Allowed")
        if parts[-1] == "" and len(parts) > 1:
            bare = raw_path.rstrip("/")
            if any(_find(self._root, bare.split("/")[1:], 0, [])):
                raise HttpError(307, None)
        raise HttpError(404, "Not Found")


def parameters(path: str) -> tuple[str, ...]:
    """Return the names of a path's parameters in their order."""
    return tuple(
        part[1:-1].partition(":")[0] for part in path.split("/") if part[:1] == "{"
    )


def _below(node: _Node, part: str) -> _Node:
    if part == TAIL:
        node.tail = node.tail or _Node()
        return node.tail
    if part[:1] == "{":
        node.parameter = node.parameter or _Node()
        return node.parameter
    return node.fixed.setdefault(part, _Node())


def _find(
    node: _Node, parts: list[str], place: int, values: list[str]
) -> Iterator[tuple[_Node, list[str]]]:
    if place == len(parts):
        if node.methods:
            yield node, values
        return
    part = parts[place]
    if fixed := node.fixed.get(part):
        yield from _find(fixed, parts, place + 1, values)
    if node.parameter and part:
        yield from _find(node.parameter, parts, place + 1, [*values, unquote(part)])
    if node.tail:
        yield node.tail, [*values, unquote("/".join(parts[place:]))]
