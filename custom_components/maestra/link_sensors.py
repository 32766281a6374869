"""Sensors of the connections to the outside: what passes through them, and how they are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, Platform, UnitOfInformation, UnitOfTime
from homeassistant.helpers.typing import StateType

from .entity import MaestraLinkEntity
from .presentation import Presentation
from .runtime import MaestraRuntime
from .store.store import StoreState
from .store.tier import Tier


@dataclass(frozen=True, kw_only=True)
class LinkSensorDescription(SensorEntityDescription):
    """How a sensor reads its link; None for what is not known."""

    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC
    value_fn: Callable[[Any], StateType]


def _state(store: Any) -> str | None:
    # It is stopped only for as long as it takes to be replaced.
    return None if store.state is StoreState.STOPPED else store.state.value


LINK_SENSORS: Final[Mapping[str, LinkSensorDescription]] = {
    description.key: description
    for description in (
        LinkSensorDescription(
            key="messages_accepted",
            state_class=SensorStateClass.TOTAL_INCREASING,
            entity_registry_enabled_default=False,
            value_fn=lambda link: link.gateway.counters["accepted"],
        ),
        LinkSensorDescription(
            key="messages_refused",
            state_class=SensorStateClass.TOTAL_INCREASING,
            value_fn=lambda link: link.gateway.counters["refused"],
        ),
        LinkSensorDescription(
            key="messages_unsent",
            state_class=SensorStateClass.TOTAL_INCREASING,
            entity_registry_enabled_default=False,
            value_fn=lambda link: link.gateway.counters["unsent"],
        ),
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
}


class MaestraLinkSensor(MaestraLinkEntity, SensorEntity):
    """What a link counts since it was started, or how it is."""

    platform_domain = Platform.SENSOR
    entity_description: LinkSensorDescription

    def __init__(
        self, runtime: MaestraRuntime, owner: str, presentation: Presentation
    ) -> None:
        """Take the description of its key."""
        super().__init__(runtime, owner, presentation)
        self.entity_description = LINK_SENSORS[presentation.key]

    @property
    @override
    def native_value(self) -> StateType:
        """The value; None while the link is replaced."""
        link = self._link
        return self.entity_description.value_fn(link) if link else None
