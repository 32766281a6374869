"""Sensors of the connections to the outside: what passes through them, and how they are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, Platform, UnitOfInformation, UnitOfTime
from homeassistant.helpers.typing import StateType

from .bus import Latency
from .entity import MaestraLinkEntity
from .presentation import Presentation
from .runtime import MaestraRuntime
from .store.store import StoreState
from .store.tier import Tier


@dataclass(frozen=True, kw_only=True)
class LinkSensorDescription(SensorEntityDescription):
    """How a sensor reads its link; None for what is not known."""

    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC
    value_fn: Callable[[Any], StateType | datetime]


def _state(store: Any) -> str | None:
    # It is stopped only for as long as it takes to be replaced.
    return None if store.state is StoreState.STOPPED else store.state.value


def _of_gateway(value_fn: Callable[[Any], StateType]) -> Callable[[Any], StateType]:
    # A listener has none until it has found out where to listen.
    return lambda link: value_fn(link.gateway) if link.gateway else None


def _counted(name: str) -> Callable[[Any], StateType]:
    return _of_gateway(lambda gateway: gateway.counters[name])


def _latency(latency: Latency) -> float | None:
    """Return what 99 of the latest 100 messages took at most, in milliseconds."""
    seconds = latency.quantile(0.99)
    return None if seconds is None else round(seconds * 1000, 2)


LINK_SENSORS: Final[Mapping[str, LinkSensorDescription]] = {
    description.key: description
    for description in (
        LinkSensorDescription(
            key="clients",
            state_class=SensorStateClass.MEASUREMENT,
            value_fn=_of_gateway(lambda gateway: gateway.clients),
        ),
        LinkSensorDescription(
            key="messages_in",
            state_class=SensorStateClass.TOTAL_INCREASING,
            entity_registry_enabled_default=False,
            value_fn=_counted("messages_in"),
        ),
        LinkSensorDescription(
            key="messages_out",
            state_class=SensorStateClass.TOTAL_INCREASING,
            entity_registry_enabled_default=False,
            value_fn=_counted("messages_out"),
        ),
        LinkSensorDescription(
            key="bytes_in",
            device_class=SensorDeviceClass.DATA_SIZE,
            state_class=SensorStateClass.TOTAL_INCREASING,
            native_unit_of_measurement=UnitOfInformation.BYTES,
            suggested_unit_of_measurement=UnitOfInformation.MEGABYTES,
            suggested_display_precision=1,
            entity_registry_enabled_default=False,
            value_fn=_counted("bytes_in"),
        ),
        LinkSensorDescription(
            key="bytes_out",
            device_class=SensorDeviceClass.DATA_SIZE,
            state_class=SensorStateClass.TOTAL_INCREASING,
            native_unit_of_measurement=UnitOfInformation.BYTES,
            suggested_unit_of_measurement=UnitOfInformation.MEGABYTES,
            suggested_display_precision=1,
            entity_registry_enabled_default=False,
            value_fn=_counted("bytes_out"),
        ),
        LinkSensorDescription(
            key="messages_accepted",
            state_class=SensorStateClass.TOTAL_INCREASING,
            entity_registry_enabled_default=False,
            value_fn=_counted("accepted"),
        ),
        LinkSensorDescription(
            key="messages_refused",
            state_class=SensorStateClass.TOTAL_INCREASING,
            value_fn=_counted("refused"),
        ),
        LinkSensorDescription(
            key="messages_unsent",
            state_class=SensorStateClass.TOTAL_INCREASING,
            entity_registry_enabled_default=False,
            value_fn=_counted("unsent"),
        ),
        LinkSensorDescription(
            key="latency",
            device_class=SensorDeviceClass.DURATION,
            state_class=SensorStateClass.MEASUREMENT,
            native_unit_of_measurement=UnitOfTime.MILLISECONDS,
            suggested_display_precision=1,
            entity_registry_enabled_default=False,
            value_fn=_of_gateway(lambda gateway: _latency(gateway.latency)),
        ),
        LinkSensorDescription(
            key="signal",
            device_class=SensorDeviceClass.ENUM,
            options=["acquired", "stale", "lost"],
            entity_category=None,
            value_fn=_of_gateway(lambda gateway: gateway.signal.status),
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
        LinkSensorDescription(
            key="authority_expiry",
            device_class=SensorDeviceClass.TIMESTAMP,
            value_fn=lambda link: (
                link.service.authority.expires_at if link.service else None
            ),
        ),
        LinkSensorDescription(
            key="broker_expiry",
            device_class=SensorDeviceClass.TIMESTAMP,
            value_fn=lambda link: link.broker_expiry,
        ),
        LinkSensorDescription(
            key="certificates_valid",
            state_class=SensorStateClass.MEASUREMENT,
            value_fn=lambda link: link.count(revoked=False),
        ),
        LinkSensorDescription(
            key="certificates_revoked",
            state_class=SensorStateClass.MEASUREMENT,
            value_fn=lambda link: link.count(revoked=True),
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
    def native_value(self) -> StateType | datetime:
        """The value; None while the link is replaced."""
        link = self._link
        return self.entity_description.value_fn(link) if link else None
