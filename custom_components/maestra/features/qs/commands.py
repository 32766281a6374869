"""The WebSocket command on dead letters of QS devices."""

from itertools import islice
from typing import Any, Final

import probatio

from homeassistant.components.websocket_api.decorators import (
    async_response,
    websocket_command,
)
from homeassistant.core import HomeAssistant

from ...const import DOMAIN
from ...core.domain.json_values import JsonObject, JsonValue
from ...core.qs.dead_letters import MAX_DEAD_LETTERS, letter_as_dict
from ...hub.current import get_hub
from ...hub.permissions import Needs
from ...hub.websocket_api import answered
from .manager import QsManager

LIMIT: Final = "limit"


@websocket_command(
    {
        probatio.Required("type"): f"{DOMAIN}/dead_letters",
        probatio.Optional(LIMIT, default=MAX_DEAD_LETTERS): probatio.All(
            int, probatio.Range(min=1, max=MAX_DEAD_LETTERS)
        ),
    }
)
@async_response
@answered(Needs.ADMIN)
async def handle_dead_letters(hass: HomeAssistant, msg: dict[str, Any]) -> JsonObject:
    """Return the dead letters that are kept, the newest first."""
    dead_letters = get_hub(hass).manager(QsManager).registry.dead_letters
    found: list[JsonValue] = [
        letter_as_dict(letter) for letter in islice(dead_letters, msg[LIMIT])
    ]
    return {"total": dead_letters.total, "dead_letters": found}


QS_COMMANDS: Final = (handle_dead_letters,)
