"""What sensors show of connections: the descriptions that features give to theirs, and those that many share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, Platform, UnitOfInformation, UnitOfTime
from homeassistant.helpers.typing import StateType

from ..core.bus import Latency
from .presentation import Presentation

LINK: Final = "link"
"""The kind of what is shown of links."""


@dataclass(frozen=True, kw_only=True)
class LinkSensorDescription(SensorEntityDescription):
    """How a sensor reads its link; None for what is not known."""

    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC
    value_fn: Callable[[Any], StateType | datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSensorPresentation(Presentation):
    """A sensor of a link."""

    description: LinkSensorDescription


CONNECTIVITY: Final = Presentation(
    platform=Platform.BINARY_SENSOR, kind=LINK, key="connectivity"
)


def link_sensors(
    *descriptions: LinkSensorDescription,
) -> tuple[Presentation, ...]:
    """Return the presentations of a link's sensors."""
    return tuple(
        LinkSensorPresentation(
            platform=Platform.SENSOR,
            kind=LINK,
            key=description.key,
            description=description,
        )
        for description in descriptions
    )


def of_gateway(value_fn: Callable[[Any], StateType]) -> Callable[[Any], StateType]:
    """Read a link's gateway. A listener has none until it has found out where to listen."""
    return lambda link: value_fn(link.gateway) if link.gateway else None


def _counted(name: str) -> Callable[[Any], StateType]:
    return of_gateway(lambda gateway: gateway.counters[name])


def _latency(latency: Latency) -> float | None:
    """Return what 99 of the latest 100 messages took at most, in milliseconds."""
    seconds = latency.quantile(0.99)
    return None if seconds is None else round(seconds * 1000, 2)


CLIENTS: Final = LinkSensorDescription(
    key="clients",
    state_class=SensorStateClass.MEASUREMENT,
    value_fn=of_gateway(lambda gateway: gateway.clients),
)
MESSAGES_IN: Final = LinkSensorDescription(
    key="messages_in",
    state_class=SensorStateClass.TOTAL_INCREASING,
    entity_registry_enabled_default=False,
    value_fn=_counted("messages_in"),
)
MESSAGES_OUT: Final = LinkSensorDescription(
    key="messages_out",
    state_class=SensorStateClass.TOTAL_INCREASING,
    entity_registry_enabled_default=False,
    value_fn=_counted("messages_out"),
)
BYTES_IN: Final = LinkSensorDescription(
    key="bytes_in",
    device_class=SensorDeviceClass.DATA_SIZE,
    state_class=SensorStateClass.TOTAL_INCREASING,
    native_unit_of_measurement=UnitOfInformation.BYTES,
    suggested_unit_of_measurement=UnitOfInformation.MEGABYTES,
    suggested_display_precision=1,
    entity_registry_enabled_default=False,
    value_fn=_counted("bytes_in"),
)
BYTES_OUT: Final = LinkSensorDescription(
    key="bytes_out",
    device_class=SensorDeviceClass.DATA_SIZE,
    state_class=SensorStateClass.TOTAL_INCREASING,
    native_unit_of_measurement=UnitOfInformation.BYTES,
    suggested_unit_of_measurement=UnitOfInformation.MEGABYTES,
    suggested_display_precision=1,
    entity_registry_enabled_default=False,
    value_fn=_counted("bytes_out"),
)
MESSAGES_ACCEPTED: Final = LinkSensorDescription(
    key="messages_accepted",
    state_class=SensorStateClass.TOTAL_INCREASING,
    entity_registry_enabled_default=False,
    value_fn=_counted("accepted"),
)
MESSAGES_REFUSED: Final = LinkSensorDescription(
    key="messages_refused",
    state_class=SensorStateClass.TOTAL_INCREASING,
    value_fn=_counted("refused"),
)
MESSAGES_UNSENT: Final = LinkSensorDescription(
    key="messages_unsent",
    state_class=SensorStateClass.TOTAL_INCREASING,
    entity_registry_enabled_default=False,
    value_fn=_counted("unsent"),
)
LATENCY: Final = LinkSensorDescription(
    key="latency",
    device_class=SensorDeviceClass.DURATION,
    state_class=SensorStateClass.MEASUREMENT,
    native_unit_of_measurement=UnitOfTime.MILLISECONDS,
    suggested_display_precision=1,
    entity_registry_enabled_default=False,
    value_fn=of_gateway(lambda gateway: _latency(gateway.latency)),
)

TRAFFIC: Final = (
    MESSAGES_IN,
    MESSAGES_OUT,
    BYTES_IN,
    BYTES_OUT,
    MESSAGES_REFUSED,
    MESSAGES_UNSENT,
    LATENCY,
)
"""What is shown of a connection that goes both ways."""
