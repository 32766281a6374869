"""The action that reads history back."""

from typing import Final

from homeassistant.core import ServiceCall, SupportsResponse

from ..domain.json_types import JsonObject
from ..history_request import HISTORY_FIELDS, history_request
from ..history_source import async_read_history, check_readable
from ..runtime import MaestraRuntime
from .action import Action, calling_user


async def _query(runtime: MaestraRuntime, call: ServiceCall) -> JsonObject:
    """Return points or aggregates of a range, of what the user who asks may read."""
    request = history_request(call.data)
    if user := await calling_user(call):
        check_readable(user, request.series)
    return await async_read_history(call.hass, request)


HISTORY_ACTIONS: Final = (
    Action(
        name="query_history",
        handler=_query,
        fields=HISTORY_FIELDS,
        response=SupportsResponse.ONLY,
    ),
)
