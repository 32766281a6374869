"""What one operation of the API is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web
import probatio

from ...domain.json_types import JsonObject, JsonValue
from .request import Request

if TYPE_CHECKING:
    from .api import FleetApi

type Answer = JsonValue | list[JsonObject] | web.StreamResponse
type Handler = Callable[[FleetApi, Request], Answer | Awaitable[Answer]]


@dataclass(frozen=True, kw_only=True)
class Route:
    """One operation.

    In `path`, a parameter `{x_id}` is a UUID (`{hardware_id}` is not), others are text of
    one segment, and `{tail:.*}` at the end is all that follows. A `body` that accepts None
    may be left out. `answer` only describes; `errors` are the statuses beside `status` and 422.
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
