"""What process managers on other machines bring to Home Assistant."""

from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import Platform

from ...const import SUBENTRY_REMOTE_SERVICE
from ...core.remote_service.processes import ProcessState
from ...core.transport.breaker import BreakerState
from ...hub.feature import Feature
from ...hub.link_sensors import (
    CONNECTIVITY,
    LinkSensorDescription,
    link_sensors,
    of_gateway,
)
from .channels import process_parts
from .entities import MaestraProcessRestart, MaestraProcessSwitch
from .flow import RemoteServiceFlow
from .link import RemoteServiceLink
from .manager import PROCESS, PROCESS_RESTART, RemoteServiceManager

_RUNNING: Final = LinkSensorDescription(
    key="processes_running",
    state_class=SensorStateClass.MEASUREMENT,
    value_fn=lambda link: sum(
        process.state is ProcessState.RUNNING
        for process in link.gateway.processes.values()
    ),
)
_BREAKER: Final = LinkSensorDescription(
    key="breaker",
    device_class=SensorDeviceClass.ENUM,
    options=[*BreakerState],
    value_fn=of_gateway(lambda gateway: gateway.breaker.state),
)

FEATURE: Final = Feature(
    key="remote_service",
    phoenix=process_parts,
    make=RemoteServiceManager,
    entities={
        Platform.SWITCH: {PROCESS: MaestraProcessSwitch},
        Platform.BUTTON: {PROCESS_RESTART: MaestraProcessRestart},
    },
    subentries={SUBENTRY_REMOTE_SERVICE: RemoteServiceFlow},
    links={SUBENTRY_REMOTE_SERVICE: RemoteServiceLink},
    link_entities={
        SUBENTRY_REMOTE_SERVICE: (CONNECTIVITY, *link_sensors(_RUNNING, _BREAKER))
    },
)
