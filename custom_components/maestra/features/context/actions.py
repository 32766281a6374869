"""Actions on contexts: record now, list and search, and ask."""

from datetime import datetime, timedelta
from typing import Final

import probatio

from homeassistant.core import ServiceCall, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType

from ...core.domain.clock import utcnow
from ...core.domain.json_values import JsonObject
from ...core.production.context_rows import MAX_FOUND, find_contexts, search_contexts
from ...core.store.errors import StoreNotConnected
from ...core.store.store import Store
from ...hub.actions import Action, moment, only, refusal, touched_owners
from ...hub.hub import Hub
from ...hub.permissions import Needs, Touched
from ...hub.targets import owner_of
from .manager import ContextManager
from .stream_context import MAX_QUESTION, StreamContext

ATTR_CONTEXT: Final = "context"
ATTR_END: Final = "end"
ATTR_HOURS: Final = "hours"
ATTR_LIMIT: Final = "limit"
ATTR_QUERY: Final = "query"
ATTR_QUESTION: Final = "question"
ATTR_START: Final = "start"
MAX_ASKED: Final = 50
"""Records that an answer is looked for in."""

_CONTEXT: Final[VolDictType] = {probatio.Optional(ATTR_CONTEXT): cv.string}
_GET: Final[VolDictType] = {
    **_CONTEXT,
    probatio.Optional(ATTR_QUERY, default=""): cv.string,
    probatio.Optional(ATTR_START): moment,
    probatio.Optional(ATTR_END): moment,
    probatio.Optional(ATTR_LIMIT, default=20): probatio.All(
        probatio.Coerce(int), probatio.Range(1, MAX_FOUND)
    ),
}
_ASK: Final[VolDictType] = {
    **_CONTEXT,
    probatio.Required(ATTR_QUESTION): probatio.All(
        cv.string, probatio.Length(min=1, max=MAX_QUESTION)
    ),
    probatio.Optional(ATTR_HOURS, default=24): probatio.All(
        probatio.Coerce(float), probatio.Range(0.01, 24 * 31)
    ),
}


def _meant(hub: Hub, call: ServiceCall) -> list[StreamContext]:
    """Return the contexts that are named, by name or device; without a name, all."""
    name = call.data.get(ATTR_CONTEXT)
    return [
        context
        for context in hub.manager(ContextManager)
        if name in (None, context.name) or owner_of(hub.hass, name) == context.id
    ]


def _context(hub: Hub, call: ServiceCall) -> StreamContext:
    """Return the one context that is meant: the only one needs no name. Raises ServiceValidationError."""
    return only(_meant(hub, call), "one_context")


def _touched(hub: Hub, call: ServiceCall) -> Touched:
    return touched_owners(hub, [context.id for context in _meant(hub, call)])


async def _record(hub: Hub, call: ServiceCall) -> JsonObject:
    """Record now; returns the record, null where nothing was said and nothing has happened."""
    record = await _context(hub, call).async_record()
    return {"context": record.to_wire() if record else None}


async def _get(hub: Hub, call: ServiceCall) -> JsonObject:
    """Return records that have all words of a query, the newest first."""
    data = call.data
    found = await async_find(
        hub,
        _context(hub, call),
        data[ATTR_QUERY],
        data.get(ATTR_START),
        data.get(ATTR_END),
        data[ATTR_LIMIT],
    )
    return {"contexts": [*found]}


async def _ask(hub: Hub, call: ServiceCall) -> JsonObject:
    """Return what the conversation agent answers to a question about the last hours, and how many records it was shown."""
    context = _context(hub, call)
    start = utcnow() - timedelta(hours=call.data[ATTR_HOURS])
    records = await async_find(hub, context, "", start, None, MAX_ASKED)
    now = context.window.record(utcnow(), closes=False)
    if not now.is_empty:
        records.insert(0, now.to_wire())
    if not records:
        raise refusal("nothing_recorded", name=context.name)
    answer = await context.async_answer(call.data[ATTR_QUESTION], records, call.context)
    return {"answer": answer, "contexts": len(records)}


async def async_find(
    hub: Hub,
    context: StreamContext,
    query: str,
    start: datetime | None,
    end: datetime | None,
    limit: int,
) -> list[JsonObject]:
    """Look in the database, where it is there, else in what is remembered."""
    if (store := hub.service(Store)) is not None:
        try:
            # What was just recorded may be asked for.
            await store.flush()
            async with store.reading() as connection:
                return await search_contexts(
                    connection,
                    query,
                    productions=[context.production],
                    start=start,
                    end=end,
                    limit=limit,
                )
        except StoreNotConnected:
            pass
    return find_contexts(context.kept, query, start=start, end=end, limit=limit)


CONTEXT_ACTIONS: Final = (
    Action(
        name="record_context",
        handler=_record,
        fields=_CONTEXT,
        needs=Needs.CONTROL,
        touches=_touched,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="get_contexts",
        handler=_get,
        fields=_GET,
        needs=Needs.READ,
        touches=_touched,
        response=SupportsResponse.ONLY,
    ),
    Action(
        name="ask_context",
        handler=_ask,
        fields=_ASK,
        needs=Needs.CONTROL,
        touches=_touched,
        response=SupportsResponse.ONLY,
    ),
)
