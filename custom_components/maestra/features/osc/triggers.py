"""The trigger on OSC messages that come in: so any fader can start an automation."""

from collections.abc import Callable, Mapping
from typing import Any, Final, override

import probatio

from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType

from ...core.bus import Unsubscribe
from ...core.domain.errors import MaestraError
from ...core.domain.events import OscReceived
from ...core.domain.json_values import JsonValue
from ...core.osc.patterns import address_matches, compile_pattern
from ...hub.hub import Hub
from ...hub.triggers import MaestraTrigger, Run, untargeted_schema
from ...hub.values import BOUNDS_FIELDS, Bounds, is_meant

CONF_ADDRESS: Final = "address"
CONF_ARGUMENT: Final = "argument"
CONF_VALUE: Final = "value"


def address_pattern(value: Any) -> str:
    """Return an OSC address pattern unchanged, or raise Invalid."""
    pattern = cv.string(value)
    try:
        compile_pattern(pattern)
    except MaestraError as error:
        raise probatio.Invalid(str(error)) from error
    return pattern


_OPTIONS: Final[VolDictType] = {
    probatio.Required(CONF_ADDRESS): address_pattern,
    probatio.Optional(CONF_ARGUMENT, default=0): cv.positive_int,
    probatio.Optional(CONF_VALUE): cv.match_all,
    **BOUNDS_FIELDS,
}


class OscReceivedTrigger(MaestraTrigger):
    """A message came in on a matching address, with a matching argument."""

    _schema = untargeted_schema(_OPTIONS)

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        # This listener runs for every message, thousands a second: cheapest questions first.
        pattern = self._options[CONF_ADDRESS]
        fits = _argument_filter(self._options)

        def received(event: OscReceived) -> None:
            if address_matches(pattern, event.address) and fits(event.arguments):
                run(
                    {
                        "address": event.address,
                        "arguments": list(event.arguments),
                        "peer": event.peer,
                        "gateway": event.gateway,
                    },
                    f"OSC message on {event.address}",
                )

        return hub.domain.bus.subscribe(OscReceived, received)


def _argument_filter(
    options: Mapping[str, Any],
) -> Callable[[tuple[JsonValue, ...]], bool]:
    """Return what says whether a message's arguments are meant."""
    index = options[CONF_ARGUMENT]
    bounds = Bounds.of(options)
    is_asked = CONF_VALUE in options or bool(bounds)

    def fits(arguments: tuple[JsonValue, ...]) -> bool:
        if not is_asked:
            return True
        if index >= len(arguments):
            return False
        value = arguments[index]
        return value in bounds and (
            CONF_VALUE not in options or is_meant(value, options[CONF_VALUE])
        )

    return fits
