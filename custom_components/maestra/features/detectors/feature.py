"""What detectors bring to Home Assistant."""

from typing import Final

from homeassistant.const import Platform

from ...const import SUBENTRY_DETECTOR
from ...core.detectors.rows import DETECTOR_ROWS
from ...hub.feature import Feature
from .actions import DETECTOR_ACTIONS
from .entities import (
    MaestraDetectionEvent,
    MaestraDetectorSensor,
    MaestraDetectorSwitch,
)
from .flow import DetectorFlow
from .manager import DetectorsManager, async_remove_detectors
from .presentation import DETECTOR
from .triggers import DETECTOR_TRIGGERS

FEATURE: Final = Feature(
    key="detectors",
    make=DetectorsManager,
    entities={
        Platform.EVENT: {DETECTOR: MaestraDetectionEvent},
        Platform.SENSOR: {DETECTOR: MaestraDetectorSensor},
        Platform.SWITCH: {DETECTOR: MaestraDetectorSwitch},
    },
    subentries={SUBENTRY_DETECTOR: DetectorFlow},
    actions=DETECTOR_ACTIONS,
    triggers=DETECTOR_TRIGGERS,
    records=DETECTOR_ROWS,
    remove=async_remove_detectors,
)
