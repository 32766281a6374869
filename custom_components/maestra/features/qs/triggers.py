"""The trigger on telemetry of QS devices."""

from typing import Final, override

import probatio

from homeassistant.helpers.trigger import Trigger
from homeassistant.helpers.typing import VolDictType

from ...const import QS_ID, TargetKind
from ...core.bus import Unsubscribe
from ...core.domain.clock import optional_wire_time, wire_time
from ...core.qs.events import TelemetryReceived
from ...hub.hub import Hub
from ...hub.targets import NAMES
from ...hub.triggers import MaestraTrigger, Run, schema
from ...hub.values import BOUNDS_FIELDS, Bounds
from .manager import QsManager

CONF_DEVICE: Final = "device"
CONF_EVENT_TYPE: Final = "event_type"

_OPTIONS: Final[VolDictType] = {
    probatio.Optional(CONF_DEVICE, default=list): NAMES,
    probatio.Optional(CONF_EVENT_TYPE, default=list): NAMES,
    **BOUNDS_FIELDS,
}


class TelemetryReceivedTrigger(MaestraTrigger):
    """An event of a device was received: each once, however often it is sent."""

    _schema = schema(_OPTIONS)
    fits = TargetKind.QS_NODE | TargetKind.HUB

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        # This listener runs for every event, thousands a second: cheapest questions first.
        devices, types = (
            frozenset(self._options[option])
            for option in (CONF_DEVICE, CONF_EVENT_TYPE)
        )
        bounds = Bounds.of(self._options)
        target = self._target
        is_anybody = not devices and self._watch is None
        key_of = hub.manager(QsManager).key_of

        def received(received: TelemetryReceived) -> None:
            event = received.event
            if (
                received.is_repeated
                or (types and event.event_type not in types)
                or event.value not in bounds
                or not (
                    is_anybody
                    or event.device_id in devices
                    or key_of(event.device_id) in target
                    or QS_ID in target
                )
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
