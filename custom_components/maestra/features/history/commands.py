"""WebSocket commands that read history."""

from typing import Any

import probatio

from homeassistant.components.websocket_api.decorators import (
    async_response,
    websocket_command,
)
from homeassistant.core import HomeAssistant

from ...const import DOMAIN
from ...core.domain.json_values import JsonObject
from ...core.store.topic import Catalogue
from ...hub.permissions import Needs
from ...hub.websocket_api import answered
from .live import STORE_COMMANDS
from .queries import (
    async_read_history,
    async_read_last,
    async_read_summary,
    async_read_timeline,
    touched_by,
)
from .request import (
    HISTORY_FIELDS,
    LAST_FIELDS,
    SPAN_FIELDS,
    TIMELINE_FIELDS,
    asked_series,
    asked_span,
    history_request,
    timeline_request,
)


def history_commands(records: Catalogue) -> tuple[Any, ...]:
    """Return the commands; `records` are the series that can be asked for, whether a hub is loaded or not."""

    @websocket_command(
        {probatio.Required("type"): f"{DOMAIN}/history", **HISTORY_FIELDS}
    )
    @async_response
    @answered(Needs.READ, lambda msg: touched_by(history_request(records, msg).series))
    async def history(hass: HomeAssistant, msg: dict[str, Any]) -> JsonObject:
        """Return points or aggregates of a range."""
        return await async_read_history(hass, history_request(records, msg))

    @websocket_command({probatio.Required("type"): f"{DOMAIN}/last", **LAST_FIELDS})
    @async_response
    @answered(Needs.READ, lambda msg: touched_by(asked_series(records, msg)))
    async def last(hass: HomeAssistant, msg: dict[str, Any]) -> JsonObject:
        """Return newest values."""
        return await async_read_last(hass, asked_series(records, msg))

    @websocket_command(
        {probatio.Required("type"): f"{DOMAIN}/timeline", **TIMELINE_FIELDS}
    )
    @async_response
    @answered(Needs.READ)
    async def timeline(hass: HomeAssistant, msg: dict[str, Any]) -> JsonObject:
        """Return what happened in a range."""
        return await async_read_timeline(hass, records, timeline_request(msg))

    @websocket_command({probatio.Required("type"): f"{DOMAIN}/summary", **SPAN_FIELDS})
    @async_response
    @answered(Needs.READ)
    async def summary(hass: HomeAssistant, msg: dict[str, Any]) -> JsonObject:
        """Return how much there was in a range."""
        return await async_read_summary(hass, asked_span(msg))

    return history, last, timeline, summary, *STORE_COMMANDS
