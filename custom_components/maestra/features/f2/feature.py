"""What F2 controllers bring to Home Assistant."""

from typing import Final

from homeassistant.const import Platform

from ...const import DIALECT_F2, SUBENTRY_F2_CONTROLLER
from ...core.f2.rows import F2_ROWS
from ...core.f2.source import F2Source, subscriptions
from ...hub.feature import Carrier, Feature
from ...hub.hub import Hub
from .actions import F2_ACTIONS
from .entities import (
    MaestraF2Connectivity,
    MaestraF2Contact,
    MaestraF2ControllerSensor,
    MaestraF2Event,
    MaestraF2Lock,
    MaestraF2Siren,
    MaestraF2Switch,
    MaestraF2Value,
)
from .flow import F2ControllerFlow
from .live import F2_COMMANDS
from .manager import F2Manager, async_remove_f2_storage
from .repairs import F2_CONTROLLER_HEARD, HeardControllerFlow
from .sync import F2_COMPONENT, F2_CONTROLLER
from .templates import F2_OPTIONS


def _source(hub: Hub, carrier: Carrier) -> F2Source:
    return hub.manager(F2Manager).make_source(carrier)


FEATURE: Final = Feature(
    key="f2",
    make=F2Manager,
    entities={
        Platform.BINARY_SENSOR: {
            F2_COMPONENT: MaestraF2Contact,
            F2_CONTROLLER: MaestraF2Connectivity,
        },
        Platform.EVENT: {F2_COMPONENT: MaestraF2Event},
        Platform.LOCK: {F2_COMPONENT: MaestraF2Lock},
        Platform.SENSOR: {
            F2_COMPONENT: MaestraF2Value,
            F2_CONTROLLER: MaestraF2ControllerSensor,
        },
        Platform.SIREN: {F2_COMPONENT: MaestraF2Siren},
        Platform.SWITCH: {F2_COMPONENT: MaestraF2Switch},
    },
    subentries={SUBENTRY_F2_CONTROLLER: F2ControllerFlow},
    dialects={DIALECT_F2: _source},
    filters={DIALECT_F2: lambda _data: subscriptions()},
    options=F2_OPTIONS,
    actions=F2_ACTIONS,
    commands=lambda _records: F2_COMMANDS,
    repairs={F2_CONTROLLER_HEARD: HeardControllerFlow},
    records=F2_ROWS,
    remove=async_remove_f2_storage,
)
