"""Entities of the ISS: sensors of its channels, its position, and the signal of its feed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, override

from homeassistant.components.device_tracker.const import SourceType
from homeassistant.components.device_tracker.entity import TrackerEntity
from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    DEGREE,
    EntityCategory,
    Platform,
    UnitOfLength,
    UnitOfPressure,
    UnitOfSpeed,
)
from homeassistant.helpers.typing import StateType

from ...const import ISS_PREFIX
from ...core.domain.json_values import JsonObject
from ...core.iss.catalogue import CATALOGUE
from ...core.iss.events import ReadingTaken
from ...core.iss.orbit import Position, position_of
from ...entity import MaestraEntity, MaestraMeasuredSensor
from ...hub.hub import Hub
from ...hub.presentation import Presentation
from ...hub.units import NOTHING, Declared, Look, look_of
from .link import IssLink

# Metres: nutation, and a clock that is a tenth of a second off.
ACCURACY: Final = 1_000


class IssUnit(NamedTuple):
    """What a device of the ISS stands for: a team's channels on a link, or its position."""

    link_id: str
    part: str

    @property
    def id(self) -> str:
        """What names its device."""
        return f"{ISS_PREFIX}{self.link_id}:{self.part.lower()}"


class MaestraIssEntity(MaestraEntity):
    """Something about the station: there as long as it is heard."""

    def __init__(self, hub: Hub, owner: IssUnit, presentation: Presentation) -> None:
        """Find the link by its id: it may be restarted with other settings."""
        super().__init__(hub, owner.id, presentation)
        self._link_id = owner.link_id

    @property
    def _link(self) -> IssLink | None:
        link = self._hub.links.get(self._link_id)
        return link if isinstance(link, IssLink) else None

    @property
    @override
    def available(self) -> bool:
        """Whether the station is heard."""
        link = self._link
        return link is not None and link.has_signal


SUGGESTED_UNITS: Final[Mapping[str, str]] = {
    UnitOfPressure.MMHG: UnitOfPressure.HPA,
    UnitOfSpeed.METERS_PER_SECOND: UnitOfSpeed.KILOMETERS_PER_HOUR,
}
"""What people are used to, by the unit of a channel."""


class MaestraIssSensor(MaestraIssEntity, MaestraMeasuredSensor):
    """One channel."""

    _unrecorded_attributes = frozenset({"measured_at"})

    def __init__(self, hub: Hub, owner: IssUnit, presentation: Presentation) -> None:
        """Take name, unit and meanings from the catalogue."""
        super().__init__(hub, owner, presentation)
        channel = self._channel = CATALOGUE[presentation.key]
        self._attr_translation_key = "iss_channel"
        self._attr_translation_placeholders = {"channel": channel.label}
        if channel.legend is not None:
            self._attr_device_class = SensorDeviceClass.ENUM
            self._attr_options = list(dict.fromkeys(channel.legend.values()))
            return
        self._attr_suggested_unit_of_measurement = SUGGESTED_UNITS.get(channel.unit)
        self._declared = Declared(device_class=channel.measure or NOTHING)
        if self._measured().device_class is not None:
            self._attr_name = channel.label
            self._attr_translation_key = None

    @override
    def _measured(self) -> Look:
        channel = self._channel
        if channel.legend is not None:
            return Look(device_class=SensorDeviceClass.ENUM)
        return look_of("", channel.unit, self._declared)

    @property
    def _latest(self) -> ReadingTaken | None:
        return link.gateway.latest(self._channel.id) if (link := self._link) else None

    @property
    @override
    def native_value(self) -> StateType:
        """The value, or what it stands for; None before the first, and for a code that nobody knows."""
        latest = self._latest
        if latest is None or latest.value is None:
            return None
        if self._channel.legend is not None:
            return self._channel.meaning(latest.value)
        return int(latest.value) if latest.value.is_integer() else latest.value

    @property
    @override
    def extra_state_attributes(self) -> JsonObject:
        """When it was measured, as people read it, and how the ground judges it."""
        found: JsonObject = {"channel": self._channel.id}
        if latest := self._latest:
            found |= {
                "measured_at": latest.time.isoformat(),
                "calibrated": latest.text or None,
                "status_class": latest.status_class or None,
                "status_indicator": latest.status_indicator or None,
                "status_color": latest.status_color or None,
            }
        return found


@dataclass(frozen=True, kw_only=True)
class PositionDescription(SensorEntityDescription):
    """How a part of the position is read."""

    value_fn: Callable[[Position], float]
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT


POSITION_SENSORS: Final[Mapping[str, PositionDescription]] = {
    description.key: description
    for description in (
        PositionDescription(
            key="latitude",
            native_unit_of_measurement=DEGREE,
            suggested_display_precision=3,
            value_fn=lambda position: round(position.latitude, 4),
        ),
        PositionDescription(
            key="longitude",
            native_unit_of_measurement=DEGREE,
            suggested_display_precision=3,
            value_fn=lambda position: round(position.longitude, 4),
        ),
        PositionDescription(
            key="altitude",
            device_class=SensorDeviceClass.DISTANCE,
            native_unit_of_measurement=UnitOfLength.KILOMETERS,
            suggested_display_precision=1,
            value_fn=lambda position: round(position.altitude, 2),
        ),
        PositionDescription(
            key="velocity",
            device_class=SensorDeviceClass.SPEED,
            native_unit_of_measurement=UnitOfSpeed.METERS_PER_SECOND,
            suggested_unit_of_measurement=UnitOfSpeed.KILOMETERS_PER_HOUR,
            suggested_display_precision=0,
            value_fn=lambda position: round(position.velocity, 1),
        ),
        PositionDescription(
            key="track",
            native_unit_of_measurement=DEGREE,
            suggested_display_precision=0,
            value_fn=lambda position: round(position.track, 1),
        ),
    )
}


class MaestraIssPositionEntity(MaestraIssEntity):
    """Something that is computed from the state vector."""

    @property
    def _position(self) -> Position | None:
        return position_of(link.gateway.items.latest) if (link := self._link) else None


class MaestraIssPositionSensor(MaestraIssPositionEntity, SensorEntity):
    """One part of the position."""

    platform_domain = Platform.SENSOR
    entity_description: PositionDescription
    descriptions = POSITION_SENSORS

    def __init__(self, hub: Hub, owner: IssUnit, presentation: Presentation) -> None:
        """Name the entity by its key."""
        super().__init__(hub, owner, presentation)
        self._attr_translation_key = f"iss_{presentation.key}"

    @property
    @override
    def native_value(self) -> StateType:
        """The number, None while the position is not known."""
        position = self._position
        return self.entity_description.value_fn(position) if position else None


class MaestraIssTracker(MaestraIssPositionEntity, TrackerEntity):
    """The point on the ground below the station."""

    platform_domain = Platform.DEVICE_TRACKER
    _attr_name = None
    _attr_translation_key = "iss"
    # Where the station is is what one looks for.
    _attr_entity_category: EntityCategory | None = None  # type: ignore[assignment]
    _attr_source_type = SourceType.GPS
    _attr_location_accuracy = ACCURACY
    _unrecorded_attributes = frozenset({"measured_at"})

    @property
    @override
    def latitude(self) -> float | None:
        """Degrees north."""
        return position.latitude if (position := self._position) else None

    @property
    @override
    def longitude(self) -> float | None:
        """Degrees east."""
        return position.longitude if (position := self._position) else None

    @property
    @override
    def extra_state_attributes(self) -> JsonObject:
        """When it was there."""
        position = self._position
        return {"measured_at": position.time.isoformat() if position else None}
