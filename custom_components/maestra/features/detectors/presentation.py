"""What is shown of a detector: its entities, what its sensors read, and an event as attributes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import PERCENTAGE, EntityCategory, Platform
from homeassistant.helpers.typing import StateType

from ...core.detectors.detector import Detection
from ...core.detectors.registry import DetectorInstance
from ...core.detectors.replay import Progress
from ...core.domain.clock import wire_time
from ...core.domain.json_values import JsonObject
from ...hub.presentation import Presentation

DETECTOR: Final = "detector"
DETECTION: Final = "detection"


@dataclass(frozen=True, kw_only=True)
class DetectorSensorDescription(SensorEntityDescription):
    """How a sensor reads its detector, and how far its replay is."""

    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC
    value_fn: Callable[[DetectorInstance, Progress | None], StateType | datetime]


DETECTOR_SENSORS: Final[Mapping[str, DetectorSensorDescription]] = {
    description.key: description
    for description in (
        DetectorSensorDescription(
            key="detections",
            state_class=SensorStateClass.TOTAL_INCREASING,
            value_fn=lambda instance, _: instance.detector.events,
        ),
        DetectorSensorDescription(
            key="last_reading",
            device_class=SensorDeviceClass.TIMESTAMP,
            # It changes with every reading.
            entity_registry_enabled_default=False,
            value_fn=lambda instance, _: instance.detector.cursor,
        ),
        DetectorSensorDescription(
            key="replay",
            native_unit_of_measurement=PERCENTAGE,
            suggested_display_precision=0,
            entity_registry_enabled_default=False,
            value_fn=lambda _, replay: round(replay.share * 100, 1) if replay else None,
        ),
    )
}
DETECTOR_PRESENTATIONS: Final = (
    Presentation(platform=Platform.EVENT, kind=DETECTOR, key=DETECTION),
    Presentation(platform=Platform.SWITCH, kind=DETECTOR, key="detecting"),
    *(
        Presentation(platform=Platform.SENSOR, kind=DETECTOR, key=key)
        for key in DETECTOR_SENSORS
    ),
)


def detection_facts(detection: Detection) -> JsonObject:
    """Return an event as attributes and triggers have it."""
    return {
        "channel": detection.channel,
        "detected_at": wire_time(detection.detected_at),
        "until": wire_time(detection.until),
        "confidence": detection.confidence,
        "metadata": detection.metadata,
    }
