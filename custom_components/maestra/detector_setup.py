"""From a `detector` subentry to a detector."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentry

from .const import CONF_KIND, CONF_SERIES, CONF_SETTINGS
from .detectors.catalogue import DETECTORS
from .detectors.desk import Post
from .detectors.detector import Detector
from .detectors.series import normal_series
from .domain.errors import InvalidField

EVENT_TYPES: Final = tuple(
    dict.fromkeys(
        event_type
        for detector in DETECTORS.values()
        for event_type in detector.event_types
    )
)


def build_detector(data: Mapping[str, Any]) -> Detector:
    """Return the detector that a subentry describes; raises InvalidField."""
    kind = DETECTORS.get(data[CONF_KIND])
    if kind is None:
        raise InvalidField(field=CONF_KIND, reason="is not known")
    return kind(normal_series(data[CONF_SERIES]), data[CONF_SETTINGS])


def build_post(subentry: ConfigSubentry) -> Post:
    """Return a detector in its place; raises InvalidField."""
    return Post(subentry.subentry_id, subentry.title, build_detector(subentry.data))
