"""Contexts for clients of the REST API (stream-production.md §8)."""

from collections import Counter
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from ...core.domain.clock import utcnow
from ...core.domain.errors import InvalidField
from ...core.domain.json_values import JsonValue
from ...core.phoenix.channels import MAX_HOURS, PhoenixParts, Query, Report
from ...core.phoenix.errors import NotAvailable
from ...core.production.context_rows import MAX_FOUND
from ...core.production.submission import read_context
from ...hub.hub import Hub
from .actions import async_find
from .manager import ContextManager
from .stream_context import StreamContext

PATH: Final = "/api/contexts"


def context_parts(hub: Hub) -> PhoenixParts:
    """Return the reports on the first context: who asks names none."""

    def context() -> StreamContext:
        if (found := next(iter(hub.manager(ContextManager)), None)) is None:
            raise NotAvailable(what="stream context")
        return found

    async def listed(query: Query) -> JsonValue:
        limit = query.limit(20)
        return [*await async_find(hub, context(), "", None, None, limit)]

    async def searched(query: Query) -> JsonValue:
        if (text := query.text("q")) is None:
            raise InvalidField(field="q", reason="must not be empty")
        limit = query.limit(20)
        return [*await async_find(hub, context(), text, None, None, limit)]

    async def stats(query: Query) -> JsonValue:
        hours = query.number("hours", 24, MAX_HOURS)
        since = utcnow() - timedelta(hours=hours)
        found: list[Any] = await async_find(hub, context(), "", since, None, MAX_FOUND)
        moods = Counter(str(each.get("sentiment")) for each in found)
        return {"hours": hours, "total": len(found), "sentiments": dict(moods)}

    def taken(query: Query) -> JsonValue:
        ours = context()
        record = read_context(query.body, ours.production, utcnow())
        return {"id": ours.take(record).id}

    return PhoenixParts(
        reports=(
            Report(path=PATH, handler=listed),
            Report(path=PATH, handler=taken, method="POST", status=HTTPStatus.CREATED),
            Report(path=f"{PATH}/search", handler=searched),
            Report(path=f"{PATH}/stats", handler=stats),
        )
    )
