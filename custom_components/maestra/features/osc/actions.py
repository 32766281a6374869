"""The action that sends an OSC message."""

from typing import Any, Final

import probatio

from homeassistant.core import ServiceCall
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType

from ...hub.actions import Action, json_value, refusal
from ...hub.hub import Hub
from ...hub.permissions import Needs
from ...hub.targets import owner_of
from .link import OscTargetLink

ATTR_ADDRESS: Final = "address"
ATTR_ARGUMENTS: Final = "arguments"
ATTR_TO: Final = "to"


def _arguments(value: Any) -> list[Any]:
    """Return arguments as JSON; a single one needs no list."""
    found = json_value(value)
    return found if isinstance(found, list) else [found]


_SEND: Final[VolDictType] = {
    probatio.Required(ATTR_TO): cv.string,
    probatio.Required(ATTR_ADDRESS): cv.string,
    probatio.Optional(ATTR_ARGUMENTS, default=list): _arguments,
}


def _send(hub: Hub, call: ServiceCall) -> None:
    """Send one message to one target."""
    name = owner_of(call.hass, call.data[ATTR_TO])
    for link in hub.links.of(OscTargetLink):
        if link.is_called(name):
            link.send(call.data[ATTR_ADDRESS], call.data[ATTR_ARGUMENTS])
            return
    raise refusal("unknown_osc_target", target=name)


OSC_ACTIONS: Final = (
    Action(
        name="send_osc",
        handler=_send,
        fields=_SEND,
        needs=Needs.CONTROL,
    ),
)
