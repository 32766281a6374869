"""What IronMON Connect brings to Home Assistant."""

from typing import Final

from ...const import SUBENTRY_IRONMON
from ...hub.feature import Feature
from ...hub.link_sensors import CLIENTS, CONNECTIVITY, MESSAGES_IN, link_sensors
from .channels import ironmon_parts
from .flow import IronmonFlow
from .link import IronmonLink

FEATURE: Final = Feature(
    key="ironmon",
    phoenix=ironmon_parts,
    subentries={SUBENTRY_IRONMON: IronmonFlow},
    links={SUBENTRY_IRONMON: IronmonLink},
    link_entities={
        SUBENTRY_IRONMON: (CONNECTIVITY, *link_sensors(CLIENTS, MESSAGES_IN))
    },
)
