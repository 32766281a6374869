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
from .queries import async_read_history, async_read_last, touched_by
from .request import HISTORY_FIELDS, LAST_FIELDS, asked_series, history_request


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

    return history, last
