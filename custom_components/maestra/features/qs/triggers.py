"""The trigger on telemetry of QS devices."""

from typing import Final, override

import probatio

from homeassistant.helpers.trigger import Trigger
from homeassistant.helpers.typing import VolDictType

from ...core.bus import Unsubscribe
from ...core.domain.clock import optional_wire_time, wire_time
from ...core.qs.events import TelemetryReceived
from ...hub.hub import Hub
from ...hub.targets import NAMES
from ...hub.triggers import MaestraTrigger, Run, untargeted_schema

CONF_DEVICE: Final = "device"
CONF_EVENT_TYPE: Final = "event_type"
CONF_ABOVE: Final = "above"
CONF_BELOW: Final = "below"

_OPTIONS: Final[VolDictType] = {
    probatio.Optional(CONF_DEVICE, default=list): NAMES,
    probatio.Optional(CONF_EVENT_TYPE, default=list): NAMES,
    probatio.Optional(CONF_ABOVE): probatio.Coerce(float),
    probatio.Optional(CONF_BELOW): probatio.Coerce(float),
}


class TelemetryReceivedTrigger(MaestraTrigger):
    """An event of a device was received: each once, however often it is sent."""

    _schema = untargeted_schema(_OPTIONS)

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        # This listener runs for every event, thousands a second: cheapest questions first.
        devices, types = (
            frozenset(self._options[option])
            for option in (CONF_DEVICE, CONF_EVENT_TYPE)
        )
        above, below = self._options.get(CONF_ABOVE), self._options.get(CONF_BELOW)

        def fits(value: float | str | None) -> bool:
            if above is None and below is None:
                return True
            return (
                isinstance(value, float)
                and (above is None or value > above)
                and (below is None or value < below)
            )

        def received(received: TelemetryReceived) -> None:
            event = received.event
            if (
                received.is_repeated
                or (devices and event.device_id not in devices)
                or (types and event.event_type not in types)
                or not fits(event.value)
            ):
                return
            run(
                {
                    "device": event.device_id,
                    "event_id": event.event_id,
                    "event_type": event.event_type,
                    "value": event.value,
                    "unit": event.unit,
                    "schema": event.schema,
                    "measured_at": optional_wire_time(event.ts_device),
                    "received_at": wire_time(event.ts_server),
                    "meta": event.meta,
                    "gateway": received.gateway,
                },
                f"{event.event_type} of {event.device_id}",
            )

        return hub.domain.bus.subscribe(TelemetryReceived, received)


QS_TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "telemetry_received": TelemetryReceivedTrigger
}
