"""The trigger on what happens in OBS."""

from typing import Final, override

import probatio

from homeassistant.helpers.trigger import Trigger
from homeassistant.helpers.typing import VolDictType

from ...core.bus import Unsubscribe
from ...core.obs.protocol import ObsEvent
from ...hub.hub import Hub
from ...hub.targets import NAMES
from ...hub.triggers import MaestraTrigger, Run, untargeted_schema
from .link import ObsLink
from .manager import ObsManager

CONF_EVENT_TYPE: Final = "event_type"
CONF_OBS: Final = "obs"

_OPTIONS: Final[VolDictType] = {
    probatio.Optional(CONF_OBS, default=list): NAMES,
    probatio.Optional(CONF_EVENT_TYPE, default=list): NAMES,
}


class ObsEventTrigger(MaestraTrigger):
    """Something has happened in OBS, in its own words."""

    _schema = untargeted_schema(_OPTIONS)

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        names = frozenset(self._options[CONF_OBS])
        types = frozenset(self._options[CONF_EVENT_TYPE])

        def happened(link: ObsLink, event: ObsEvent) -> None:
            if types and event.type not in types:
                return
            device_id = hub.devices.id_of(link.id)
            if names and names.isdisjoint((link.id, link.title, device_id)):
                return
            run(
                {
                    "obs": link.title,
                    "device_id": device_id,
                    "event_type": event.type,
                    "data": event.data,
                },
                f"{event.type} in {link.title}",
            )

        return hub.manager(ObsManager).on_event(happened)


OBS_TRIGGERS: Final[dict[str, type[Trigger]]] = {"obs_event": ObsEventTrigger}
