"""The trigger on what detectors find."""

from typing import Final, override

import probatio

from homeassistant.helpers.trigger import Trigger
from homeassistant.helpers.typing import VolDictType

from ...const import TargetKind
from ...core.bus import Unsubscribe
from ...core.detectors.detector import EventDetected
from ...hub.hub import Hub
from ...hub.targets import NAMES
from ...hub.triggers import MaestraTrigger, Run, schema
from .manager import DetectorsManager
from .presentation import detection_facts

CONF_DETECTOR: Final = "detector"
CONF_EVENT_TYPE: Final = "event_type"
CONF_CONFIDENCE: Final = "confidence"

_OPTIONS: Final[VolDictType] = {
    probatio.Optional(CONF_DETECTOR, default=list): NAMES,
    probatio.Optional(CONF_EVENT_TYPE, default=list): NAMES,
    probatio.Optional(CONF_CONFIDENCE, default=0.0): probatio.All(
        probatio.Coerce(float), probatio.Range(min=0, max=1)
    ),
}


class EventDetectedTrigger(MaestraTrigger):
    """A detector has found an event. What a replay finds is long over and triggers nothing."""

    _schema = schema(_OPTIONS)
    fits = TargetKind.DETECTOR | TargetKind.HUB

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        named = frozenset(self._options[CONF_DETECTOR])
        types = frozenset(self._options[CONF_EVENT_TYPE])
        least: float = self._options[CONF_CONFIDENCE]
        registry = hub.manager(DetectorsManager).registry
        is_anybody = not named and self._watch is None

        def detected(event: EventDetected) -> None:
            instance = registry.get(event.detector)
            detection = event.detection
            sure = detection.confidence
            if (
                instance is None
                or event.is_replay
                or (types and detection.event_type not in types)
                or (sure is not None and sure < least)
                or not (
                    is_anybody
                    or instance.id in named
                    or instance.name in named
                    or instance.id in self._target
                )
            ):
                return
            run(
                {
                    "detector": instance.name,
                    "detector_id": instance.id,
                    "event_type": detection.event_type,
                    **detection_facts(detection),
                },
                f"{detection.event_type} detected by {instance.name}",
            )

        return hub.domain.bus.subscribe(EventDetected, detected)


DETECTOR_TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "event_detected": EventDetectedTrigger
}
