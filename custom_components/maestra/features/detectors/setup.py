"""From a `detector` subentry to a detector."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigSubentry

from ...const import CONF_KIND, CONF_SERIES, CONF_SETTINGS
from ...core.detectors.catalogue import DETECTORS
from ...core.detectors.detector import Detector
from ...core.detectors.feeds import normal_series
from ...core.detectors.registry import DetectorInstance
from ...core.domain.errors import InvalidField
from ...core.store.series import Feed


def build_detector(feeds: Mapping[str, Feed], data: Mapping[str, Any]) -> Detector:
    """Return the detector that a subentry describes; `feeds` are what it can follow. Raises InvalidField."""
    kind = DETECTORS.get(data[CONF_KIND])
    if kind is None:
        raise InvalidField(field=CONF_KIND, reason="is not known")
    return kind(normal_series(feeds, data[CONF_SERIES]), data[CONF_SETTINGS])


def build_instance(
    feeds: Mapping[str, Feed], subentry: ConfigSubentry
) -> DetectorInstance:
    """Return a detector in its place; raises InvalidField."""
    return DetectorInstance(
        subentry.subentry_id, subentry.title, build_detector(feeds, subentry.data)
    )
