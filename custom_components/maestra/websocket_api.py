"""WebSocket commands: history for cards."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any

import probatio

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import messages
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.decorators import (
    async_response,
    websocket_command,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.json import json_bytes

from .const import DOMAIN
from .domain.errors import MaestraError
from .domain.json_types import JsonObject
from .errors import translate
from .history_request import HISTORY_FIELDS, LAST_FIELDS, asked_series, history_request
from .history_source import async_read_history, async_read_last, check_readable
from .qs_websocket import handle_dead_letters

type Answer = Callable[
    [HomeAssistant, ActiveConnection, dict[str, Any]], Awaitable[JsonObject]
]
type Command = Callable[
    [HomeAssistant, ActiveConnection, dict[str, Any]], Coroutine[Any, Any, None]
]


@callback
def async_setup_websocket_api(hass: HomeAssistant) -> None:
    """Register all commands; they exist whether Maestra runs or not."""
    websocket_api.async_register_command(hass, _handle_history)
    websocket_api.async_register_command(hass, _handle_last)
    websocket_api.async_register_command(hass, handle_dead_letters)


def _answered(command: Answer) -> Command:
    """Send what a command returns. Core errors keep their code, and are translated."""

    @wraps(command)
    async def handle(
        hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
    ) -> None:
        try:
            answer = await command(hass, connection, msg)
        except MaestraError as error:
            translated = translate(error)
            connection.send_error(
                msg["id"],
                error.code,
                str(error),
                translation_key=translated.translation_key,
                translation_domain=translated.translation_domain,
                translation_placeholders=translated.translation_placeholders,
            )
            return
        # A long answer takes long to write.
        connection.send_message(
            await hass.async_add_executor_job(_encoded, msg["id"], answer)
        )

    return handle


def _encoded(msg_id: int, answer: JsonObject) -> bytes:
    return json_bytes(messages.result_message(msg_id, answer))


@websocket_command({probatio.Required("type"): f"{DOMAIN}/history", **HISTORY_FIELDS})
@async_response
@_answered
async def _handle_history(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> JsonObject:
    """Return points or aggregates of a range."""
    request = history_request(msg)
    check_readable(connection.user, request.series)
    return await async_read_history(hass, request)


@websocket_command({probatio.Required("type"): f"{DOMAIN}/last", **LAST_FIELDS})
@async_response
@_answered
async def _handle_last(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> JsonObject:
    """Return newest values."""
    series = asked_series(msg)
    check_readable(connection.user, series)
    return await async_read_last(hass, series)
