"""WebSocket commands that answer as a whole: core errors keep their code, long answers are written in a thread."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any

from homeassistant.components.websocket_api import messages
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import json_bytes

from ..core.domain.errors import MaestraError
from ..core.domain.json_values import JsonObject
from .errors import translate
from .permissions import Needs, Touched, check_user

type Answer = Callable[[HomeAssistant, dict[str, Any]], Awaitable[JsonObject]]
type Command = Callable[
    [HomeAssistant, ActiveConnection, dict[str, Any]], Coroutine[Any, Any, None]
]


def answered(
    needs: Needs, touches: Callable[[dict[str, Any]], Touched] = lambda msg: None
) -> Callable[[Answer], Command]:
    """Send what a command returns to who may have it. Core errors keep their code, and are translated.

    What a user needs counts for what a message `touches`, everything by default.
    """

    def decorate(command: Answer) -> Command:
        @wraps(command)
        async def handle(
            hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
        ) -> None:
            try:
                check_user(connection.user, needs, lambda: touches(msg))
                answer = await command(hass, msg)
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

        handle.needs = needs  # type: ignore[attr-defined]
        return handle

    return decorate


def _encoded(msg_id: int, answer: JsonObject) -> bytes:
    return json_bytes(messages.result_message(msg_id, answer))
