"""The action on dead letters of QS devices."""

from typing import Any, Final

import orjson
import probatio

from homeassistant.core import ServiceCall
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType

from ...hub.actions import JSON_OBJECT, Action
from ...hub.hub import Hub
from ...hub.permissions import Needs
from .manager import QsManager

ATTR_DEAD_LETTER: Final = "dead_letter"
ATTR_PAYLOAD: Final = "payload"

_REPLAY: Final[VolDictType] = {
    probatio.Required(ATTR_DEAD_LETTER): cv.string,
    probatio.Optional(ATTR_PAYLOAD): JSON_OBJECT,
}


def _replay(hub: Hub, call: ServiceCall) -> None:
    """Take a dead letter after all, with other content if it is given."""
    payload: dict[str, Any] | None = call.data.get(ATTR_PAYLOAD)
    text = None if payload is None else orjson.dumps(payload).decode()
    hub.manager(QsManager).registry.replay(call.data[ATTR_DEAD_LETTER], text)


QS_ACTIONS: Final = (
    Action(
        name="replay_dead_letter",
        handler=_replay,
        fields=_REPLAY,
        needs=Needs.ADMIN,
    ),
)
