"""What buoys bring to Home Assistant."""

from typing import Final, override

import probatio

from custom_components.maestra.core.bus import Unsubscribe
from custom_components.maestra.hub.actions import Action
from custom_components.maestra.hub.feature import Carrier, Feature
from custom_components.maestra.hub.hub import Hub
from custom_components.maestra.hub.issues import RepairFlow
from custom_components.maestra.hub.permissions import Needs
from custom_components.maestra.hub.triggers import (
    MaestraTrigger,
    Run,
    untargeted_schema,
)
from homeassistant.components.repairs import RepairsFlowResult
from homeassistant.const import CONF_NAME, Platform
from homeassistant.core import ServiceCall
from homeassistant.helpers import config_validation as cv

from ..core.events import BuoyReported
from ..core.rows import BUOY_ROWS
from ..core.source import BuoySource
from .entities import WaterLevel
from .flow import BuoyFlow
from .manager import BUOY, BUOY_ADRIFT, BuoysManager


def _source(hub: Hub, carrier: Carrier) -> BuoySource:
    return BuoySource(carrier.id, carrier.transport, hub.domain)


def _ring(hub: Hub, call: ServiceCall) -> None:
    for source in hub.manager(BuoysManager).sources:
        source.ring(call.data[CONF_NAME])


class LevelTrigger(MaestraTrigger):
    """A buoy has measured the water."""

    _schema = untargeted_schema({probatio.Required(CONF_NAME): cv.string})

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        def reported(event: BuoyReported) -> None:
            if event.buoy == self._options[CONF_NAME]:
                run({"level": event.level}, f"level of {event.buoy}")

        return hub.domain.bus.subscribe(BuoyReported, reported)


class MooredFlow(RepairFlow):
    """The user says that a buoy is moored again."""

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Take it as it is."""
        self._entry.runtime_data.manager(BuoysManager).moor(self._hardware_id)
        return self.async_create_entry(data={})


FEATURE: Final = Feature(
    key="buoys",
    make=BuoysManager,
    entities={Platform.SENSOR: {BUOY: WaterLevel}},
    subentries={BUOY: BuoyFlow},
    dialects={"buoys": _source},
    actions=(
        Action(
            name="ring_buoy",
            handler=_ring,
            needs=Needs.CONTROL,
            fields={probatio.Required(CONF_NAME): cv.string},
        ),
    ),
    triggers={"buoy_level": LevelTrigger},
    repairs={BUOY_ADRIFT: MooredFlow},
    records=BUOY_ROWS,
)
