"""The trigger on what detectors find."""

from typing import Final, override

import probatio

from homeassistant.helpers.typing import VolDictType

from .bus import Unsubscribe
from .detector_entities import detection_facts
from .domain.detections import EventDetected
from .runtime import MaestraRuntime
from .targets import NAMES
from .trigger_base import MaestraTrigger, Run, schema

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

    @override
    def _attach(self, runtime: MaestraRuntime, run: Run) -> Unsubscribe:
        named = frozenset(self._options[CONF_DETECTOR])
        types = frozenset(self._options[CONF_EVENT_TYPE])
        least: float = self._options[CONF_CONFIDENCE]
        is_anybody = not named and self._watch is None

        def detected(event: EventDetected) -> None:
            post = runtime.detectors.desk.get(event.detector)
            detection = event.detection
            sure = detection.confidence
            if (
                post is None
                or event.is_replay
                or (types and detection.event_type not in types)
                or (sure is not None and sure < least)
                or not (
                    is_anybody
                    or post.id in named
                    or post.name in named
                    or post.id in self._target
                )
            ):
                return
            run(
                {
                    "detector": post.name,
                    "detector_id": post.id,
                    "event_type": detection.event_type,
                    **detection_facts(detection),
                },
                f"{detection.event_type} detected by {post.name}",
            )

        return runtime.domain.bus.subscribe(EventDetected, detected)
