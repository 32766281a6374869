"""Maestra devices: whether they are there, what they measure, what happens at them; and how many there are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import callback

from ...const import TargetKind
from ...core.domain.device import PENDING, Device, Metric
from ...core.store.entity_tables import METRIC
from ...core.store.series import Series
from ...entity import MaestraEntity, MaestraEventEntity, MaestraMeasuredSensor
from ...hub.hub import Hub
from ...hub.presentation import Presentation
from ...hub.units import Look, look_of
from .online import is_device_online
from .presentation import MetricPresentation

MAX_EVENT_TYPES: Final = 100
OTHER: Final = "other"


class MaestraDeviceEntity(MaestraEntity):
    """Something about a Maestra device."""

    _attr_supported_features: int | None = TargetKind.DEVICE

    def __init__(self, hub: Hub, owner: Device, presentation: Presentation) -> None:
        """Name the entity by its key."""
        super().__init__(hub, owner.id, presentation)
        self._device = owner
        self._attr_translation_key = presentation.key

    @property
    @override
    def available(self) -> bool:
        """Whether the device was heard lately, and can be heard now."""
        return is_device_online(self._hub, self._device)


class MaestraDeviceConnectivity(MaestraDeviceEntity, BinarySensorEntity):
    """Whether a device was heard lately."""

    platform_domain = Platform.BINARY_SENSOR
    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @property
    @override
    def available(self) -> bool:
        """Always: that a device is away is what this tells."""
        return True

    @property
    @override
    def is_on(self) -> bool:
        """Whether the device is online and can be heard."""
        return super().available


class MaestraMetricSensor(MaestraDeviceEntity, MaestraMeasuredSensor):
    """What a device measures."""

    presentation: MetricPresentation

    def __init__(
        self, hub: Hub, owner: Device, presentation: MetricPresentation
    ) -> None:
        """Name the entity after the metric."""
        super().__init__(hub, owner, presentation)
        self._metric_name = presentation.metric
        if presentation.declared.category is EntityCategory.DIAGNOSTIC:
            self._attr_entity_category = EntityCategory.DIAGNOSTIC
        self._label_it(self._metric_name, self._measured().device_class, "metric")

    @property
    @override
    def series(self) -> Series:
        """The metric's values of this unit."""
        return METRIC.series(self._device.id, self._metric.series)

    @property
    def _metric(self) -> Metric:
        return self._device.metrics[self._metric_name]

    @property
    @override
    def native_value(self) -> float:
        """The latest value."""
        return self._metric.value

    @override
    def _measured(self) -> Look:
        # A device may name another unit any time.
        return look_of(self._metric_name, self._metric.unit, self.presentation.declared)


class MaestraLastSeenSensor(MaestraDeviceEntity, SensorEntity):
    """When a device was heard last."""

    platform_domain = Platform.SENSOR
    _attr_device_class = SensorDeviceClass.TIMESTAMP
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    # It changes with every message.
    _attr_entity_registry_enabled_default = False

    @property
    @override
    def available(self) -> bool:
        """Always: it matters most when the device is away."""
        return True

    @property
    @override
    def native_value(self) -> datetime | None:
        """The time of the last message."""
        return self._device.last_seen


class MaestraDeviceEvent(MaestraDeviceEntity, MaestraEventEntity):
    """The latest event of a device."""

    is_logged = True

    def __init__(self, hub: Hub, owner: Device, presentation: Presentation) -> None:
        """Know no event type yet: devices make them up as they go."""
        super().__init__(hub, owner, presentation)
        self._attr_event_types = [OTHER]

    @override
    @callback
    def fire(self, event_type: str, attributes: Mapping[str, Any]) -> None:
        """Show an event, at once; its type is in the attributes too, where there are too many of them."""
        if event_type not in self._attr_event_types:
            if len(self._attr_event_types) < MAX_EVENT_TYPES:
                self._attr_event_types = [*self._attr_event_types, event_type]
            else:
                event_type = OTHER
        super().fire(event_type, attributes)

    @override
    def _detail(self, attributes: Mapping[str, Any]) -> str:
        return attributes["message"] or attributes["severity"] or ""


@dataclass(frozen=True, kw_only=True)
class CountDescription(SensorEntityDescription):
    """How a count is read."""

    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC
    value_fn: Callable[[Any], int]


HUB_SENSORS: Final[Mapping[str, CountDescription]] = {
    description.key: description
    for description in (
        CountDescription(
            key="entities",
            state_class=SensorStateClass.MEASUREMENT,
            value_fn=lambda domain: len(domain.entities),
        ),
        CountDescription(
            key="devices_online",
            state_class=SensorStateClass.MEASUREMENT,
            value_fn=lambda domain: sum(device.is_online for device in domain.devices),
        ),
        CountDescription(
            key="devices_pending",
            state_class=SensorStateClass.MEASUREMENT,
            value_fn=lambda domain: sum(
                device.status == PENDING for device in domain.devices
            ),
        ),
    )
}


class MaestraHubSensor(MaestraEntity, SensorEntity):
    """A count of what the domain holds."""

    platform_domain = Platform.SENSOR
    _attr_supported_features = TargetKind.HUB
    entity_description: CountDescription
    descriptions = HUB_SENSORS

    def __init__(self, hub: Hub, owner: str, presentation: Presentation) -> None:
        """Name the entity by its key."""
        super().__init__(hub, owner, presentation)
        self._attr_translation_key = presentation.key

    @property
    @override
    def native_value(self) -> int:
        """The count."""
        return self.entity_description.value_fn(self._hub.domain)
