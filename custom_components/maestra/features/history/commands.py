"""WebSocket commands that read history."""

from typing import Any

import probatio

from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.decorators import (
    async_response,
    websocket_command,
)
from homeassistant.core import HomeAssistant

from ...const import DOMAIN
from ...core.domain.json_values import JsonObject
from ...core.store.topic import Catalogue
from ...hub.websocket_api import answered
from .queries import async_read_history, async_read_last, check_readable
from .request import HISTORY_FIELDS, LAST_FIELDS, asked_series, history_request


def history_commands(records: Catalogue) -> tuple[Any, ...]:
    """Return the commands; `records` are the series that can be asked for, whether a hub is loaded or not."""

    @websocket_command(
        {probatio.Required("type"): f"{DOMAIN}/history", **HISTORY_FIELDS}
    )
    @async_response
    @answered
    async def history(
        hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
    ) -> JsonObject:
        """Return points or aggregates of a range."""
        request = history_request(records, msg)
        check_readable(connection.user, request.series)
        return await async_read_history(hass, request)

    @websocket_command({probatio.Required("type"): f"{DOMAIN}/last", **LAST_FIELDS})
    @async_response
    @answered
    async def last(
        hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
    ) -> JsonObject:
        """Return newest values."""
        series = asked_series(records, msg)
        check_readable(connection.user, series)
        return await async_read_last(hass, series)

    return history, last
