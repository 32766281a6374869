"""What every connection to the outside brings to Home Assistant."""

from typing import Final

from homeassistant.const import Platform

from ...hub.feature import Feature
from ...hub.link_sensors import LINK
from .entities import MaestraLinkConnectivity, MaestraLinkSensor
from .live import LINK_COMMANDS

FEATURE: Final = Feature(
    key="links",
    entities={
        Platform.BINARY_SENSOR: {LINK: MaestraLinkConnectivity},
        Platform.SENSOR: {LINK: MaestraLinkSensor},
    },
    commands=lambda records: LINK_COMMANDS,
)
