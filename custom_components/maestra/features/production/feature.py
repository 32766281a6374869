"""What live stream production brings to Home Assistant."""

from typing import Final

from homeassistant.const import Platform

from ...const import SUBENTRY_OVERLAY, SUBENTRY_PRODUCTION
from ...core.production.rows import PRODUCTION_ROWS
from ...hub.feature import Feature
from .actions import PRODUCTION_ACTIONS
from .channels import production_parts
from .conditions import PRODUCTION_CONDITIONS
from .entities import (
    MaestraOverlayPages,
    MaestraProductionLive,
    MaestraProductionSelect,
    MaestraProductionSensor,
    MaestraProductionSwitch,
)
from .flow import OverlayFlow, ProductionFlow
from .live import PRODUCTION_COMMANDS
from .manager import ProductionManager, async_remove_productions
from .presentation import OVERLAY, PRODUCTION
from .triggers import PRODUCTION_TRIGGERS
from .views import OverlayFeedView, OverlayView

FEATURE: Final = Feature(
    key="production",
    phoenix=production_parts,
    make=ProductionManager,
    entities={
        Platform.BINARY_SENSOR: {PRODUCTION: MaestraProductionLive},
        Platform.SELECT: {PRODUCTION: MaestraProductionSelect},
        Platform.SENSOR: {
            PRODUCTION: MaestraProductionSensor,
            OVERLAY: MaestraOverlayPages,
        },
        Platform.SWITCH: {PRODUCTION: MaestraProductionSwitch},
    },
    subentries={SUBENTRY_PRODUCTION: ProductionFlow, SUBENTRY_OVERLAY: OverlayFlow},
    actions=PRODUCTION_ACTIONS,
    triggers=PRODUCTION_TRIGGERS,
    conditions=PRODUCTION_CONDITIONS,
    records=PRODUCTION_ROWS,
    commands=lambda records: PRODUCTION_COMMANDS,
    views=(OverlayFeedView, OverlayView),
    remove=async_remove_productions,
)
