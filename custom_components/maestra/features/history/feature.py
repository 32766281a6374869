"""What the store brings to Home Assistant."""

from typing import Any, Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import UnitOfInformation, UnitOfTime
from homeassistant.core import HomeAssistant

from ...const import SUBENTRY_TIMESCALE_STORE
from ...core.store.connection import Tier
from ...core.store.ha_rows import HA_ROWS
from ...core.store.store import StoreState
from ...hub.feature import Feature
from ...hub.link_sensors import CONNECTIVITY, LinkSensorDescription, link_sensors
from .actions import HISTORY_ACTIONS
from .commands import history_commands
from .flow import STORE_REAUTH, TimescaleStoreFlow
from .importer import IMPORT_INTERRUPTED, async_remove_unfinished
from .link import StoreLink, async_remove_spools
from .manager import HistoryManager
from .options import HISTORY_OPTIONS
from .repairs import InterruptedImportFlow


def _state(store: Any) -> str | None:
    # It is stopped only for as long as it takes to be replaced.
    return None if store.state is StoreState.STOPPED else store.state.value


_SENSORS: Final = link_sensors(
    LinkSensorDescription(
        key="state",
        device_class=SensorDeviceClass.ENUM,
        options=[
            state.value for state in StoreState if state is not StoreState.STOPPED
        ],
        value_fn=lambda link: _state(link.store),
    ),
    LinkSensorDescription(
        key="tier",
        device_class=SensorDeviceClass.ENUM,
        options=[tier.value for tier in Tier],
        value_fn=lambda link: (
            link.store.server.tier.value if link.store.server else None
        ),
    ),
    LinkSensorDescription(
        key="rows_per_second",
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda link: round(link.store.rows_per_second, 1),
    ),
    LinkSensorDescription(
        key="queue_depth",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda link: link.store.queue_depth,
    ),
    LinkSensorDescription(
        key="spool_size",
        device_class=SensorDeviceClass.DATA_SIZE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=UnitOfInformation.MEGABYTES,
        suggested_display_precision=1,
        value_fn=lambda link: link.store.spool_bytes,
    ),
    LinkSensorDescription(
        key="lag",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_display_precision=1,
        value_fn=lambda link: round(link.store.lag, 1),
    ),
    LinkSensorDescription(
        key="rows_written",
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_registry_enabled_default=False,
        value_fn=lambda link: link.store.counters["rows_written"],
    ),
    LinkSensorDescription(
        key="rows_dropped",
        state_class=SensorStateClass.TOTAL_INCREASING,
        value_fn=lambda link: link.store.counters["rows_dropped"],
    ),
    LinkSensorDescription(
        key="rows_rejected",
        state_class=SensorStateClass.TOTAL_INCREASING,
        value_fn=lambda link: link.store.counters["rows_rejected"],
    ),
    LinkSensorDescription(
        key="database_size",
        device_class=SensorDeviceClass.DATA_SIZE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=UnitOfInformation.MEGABYTES,
        suggested_display_precision=1,
        value_fn=lambda link: link.store.database_size,
    ),
)


async def _async_remove(hass: HomeAssistant) -> None:
    await async_remove_spools(hass)
    await async_remove_unfinished(hass)


FEATURE: Final = Feature(
    key="history",
    make=HistoryManager,
    subentries={SUBENTRY_TIMESCALE_STORE: TimescaleStoreFlow},
    links={SUBENTRY_TIMESCALE_STORE: StoreLink},
    link_entities={SUBENTRY_TIMESCALE_STORE: (CONNECTIVITY, *_SENSORS)},
    options=HISTORY_OPTIONS,
    reauth={SUBENTRY_TIMESCALE_STORE: STORE_REAUTH},
    actions=HISTORY_ACTIONS,
    commands=history_commands,
    repairs={IMPORT_INTERRUPTED: InterruptedImportFlow},
    records=HA_ROWS,
    remove=_async_remove,
)
