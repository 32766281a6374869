"""What is shown of an F2 controller itself: whether it is there, and what its clock says."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
)
from homeassistant.const import EntityCategory, Platform, UnitOfTime

from .f2_entities import MaestraF2Entity
from .f2_setup import F2Unit
from .presentation import Presentation
from .runtime import MaestraRuntime
from .sources.f2.model import Controller


class MaestraF2Connectivity(MaestraF2Entity, BinarySensorEntity):
    """Whether a controller is there."""

    platform_domain = Platform.BINARY_SENSOR
    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_translation_key = "connectivity"

    @property
    @override
    def available(self) -> bool:
        """Always: that a controller is away is what this tells."""
        return True

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is there. Without a sensor, silence says nothing: then it is, once it was heard."""
        if not self._f2.is_reachable(self._mac):
            return False
        return self._f2.is_heard(self._mac)


@dataclass(frozen=True, kw_only=True)
class ControllerSensorDescription(SensorEntityDescription):
    """How a fact about a controller looks."""

    value_fn: Callable[[Controller], datetime | float | None]


CONTROLLER_SENSORS: Final = {
    "last_seen": ControllerSensorDescription(
        key="last_seen",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_registry_enabled_default=False,
        value_fn=lambda controller: controller.last_seen,
    ),
    "clock_drift": ControllerSensorDescription(
        key="clock_drift",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_display_precision=1,
        entity_registry_enabled_default=False,
        value_fn=lambda controller: controller.drift,
    ),
}


class MaestraF2ControllerSensor(MaestraF2Entity, SensorEntity):
    """A fact about a controller."""

    platform_domain = Platform.SENSOR
    entity_description: ControllerSensorDescription
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(
        self, runtime: MaestraRuntime, owner: F2Unit, presentation: Presentation
    ) -> None:
        """Look like what it is."""
        super().__init__(runtime, owner, presentation)
        self.entity_description = CONTROLLER_SENSORS[presentation.key]
        self._attr_translation_key = presentation.key

    @property
    @override
    def native_value(self) -> datetime | float | None:
        """The fact, as far as it is known."""
        controller = self._controller
        return self.entity_description.value_fn(controller) if controller else None
