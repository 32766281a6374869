"""What Open Sound Control (OSC) brings to Home Assistant."""

from typing import Final

from ...const import LISTENER_OSC, SUBENTRY_OSC_TARGET
from ...hub.feature import Feature
from ...hub.link_sensors import CLIENTS, CONNECTIVITY, TRAFFIC, link_sensors
from .actions import OSC_ACTIONS
from .flow import OscTargetFlow
from .link import OscTargetLink
from .manager import OSC_LISTENER, OscManager
from .maps import OSC_OPTIONS
from .triggers import OscReceivedTrigger

FEATURE: Final = Feature(
    key="osc",
    make=OscManager,
    subentries={SUBENTRY_OSC_TARGET: OscTargetFlow},
    links={SUBENTRY_OSC_TARGET: OscTargetLink},
    link_entities={
        LISTENER_OSC: (CONNECTIVITY, *link_sensors(CLIENTS, *TRAFFIC)),
        SUBENTRY_OSC_TARGET: (CONNECTIVITY, *link_sensors(*TRAFFIC)),
    },
    listeners=(OSC_LISTENER,),
    options=OSC_OPTIONS,
    actions=OSC_ACTIONS,
    triggers={"osc_received": OscReceivedTrigger},
)
