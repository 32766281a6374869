"""The WebSocket command on dead letters of QS devices."""

from itertools import islice
from typing import Any, Final

import probatio

from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.const import ERR_NOT_FOUND
from homeassistant.components.websocket_api.decorators import (
    require_admin,
    websocket_command,
)
from homeassistant.core import HomeAssistant, callback

from ...const import DOMAIN
from ...core.qs.dead_letters import MAX_DEAD_LETTERS, letter_as_dict
from ...hub.current import find_hub
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
@require_admin
@callback
def handle_dead_letters(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Return the dead letters that are kept, the newest first."""
    if (hub := find_hub(hass)) is None:
        connection.send_error(msg["id"], ERR_NOT_FOUND, "Maestra is not set up")
        return
    dead_letters = hub.manager(QsManager).registry.dead_letters
    found = [letter_as_dict(letter) for letter in islice(dead_letters, msg[LIMIT])]
    connection.send_result(
        msg["id"], {"total": dead_letters.total, "dead_letters": found}
    )


QS_COMMANDS: Final = (handle_dead_letters,)
