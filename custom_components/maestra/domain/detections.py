"""What detectors find in series of readings."""

from dataclasses import dataclass
from datetime import datetime

from .json_types import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """Something that happened, found in one series: it began at `detected_at` and was over at `until`, both in UTC.

    `channel` is the name of the series; with it, `event_type` and `detected_at` an event is the same one,
    whoever finds it again. `confidence` is from 0 to 1, None where a detector has no measure for it.
    """

    event_type: str
    channel: str
    detected_at: datetime
    until: datetime
    confidence: float | None
    metadata: JsonObject


@dataclass(slots=True, eq=False)
class EventDetected:
    """A detector has found something. `detector` is its id, `stored_type` what the store calls the type of event.

    `is_replay`: it was found in the past, on demand: to be stored, but nothing that happens now.
    """

    detector: str
    detection: Detection
    stored_type: str
    is_replay: bool = False
