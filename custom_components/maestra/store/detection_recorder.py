"""What detectors find as rows."""

from collections.abc import Callable

from ..bus import Unsubscribe
from ..domain import Domain
from ..domain.detections import EventDetected
from .json_text import json_text, plain_text
from .tables import DETECTED_EVENTS, Row, Table


class DetectionRecorder:
    """Records every event that is found. Which of them were found before, the database knows best."""

    def __init__(self, domain: Domain, record: Callable[[Table, Row], None]) -> None:
        """Listen to nothing yet; rows go to `record`."""
        self._bus = domain.bus
        self._record = record

    def start(self) -> Unsubscribe:
        """Record what is found until the returned function is called."""
        return self._bus.subscribe(EventDetected, self._detected)

    def _detected(self, event: EventDetected) -> None:
        detection = event.detection
        self._record(
            DETECTED_EVENTS,
            (
                detection.detected_at,
                plain_text(event.stored_type),
                plain_text(detection.channel),
                detection.confidence,
                json_text(detection.metadata),
            ),
        )
