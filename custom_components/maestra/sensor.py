"""Outputs, metrics of devices, and counts."""

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
from homeassistant.const import MAX_LENGTH_STATE_STATE, EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType

from .detector_entities import MaestraDetectorSensor
from .domain.device import PENDING, Device
from .domain.json_types import JsonObject, JsonValue
from .domain.variables import Variable, VariableType
from .entity import (
    MaestraBaseEntity,
    MaestraDeviceEntity,
    MaestraVariableEntity,
    as_number,
    humanize,
)
from .f2_controller_entities import MaestraF2ControllerSensor
from .f2_sensors import MaestraF2Value
from .iss_entities import MaestraIssPositionSensor, MaestraIssSensor
from .link_sensors import MaestraLinkSensor
from .presentation import Kind, Presentation
from .qs_entities import MaestraNodeSensor, MaestraQsSensor, MaestraReadingSensor
from .runtime import MaestraConfigEntry, MaestraRuntime
from .stream_entities import MaestraStreamSessions
from .units import state_class, unit_and_class

PARALLEL_UPDATES: Final = 0

# Each write sends the attributes to every browser: an object that is larger is only counted.
MAX_ATTRIBUTE_ITEMS: Final = 64


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MaestraConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Let the presenter add sensors."""
    entry.runtime_data.presenter.attach(
        Platform.SENSOR,
        async_add_entities,
        {
            Kind.VARIABLE: MaestraSensor,
            Kind.SIZE: MaestraSizeSensor,
            Kind.METRIC: MaestraMetricSensor,
            Kind.DEVICE: MaestraLastSeenSensor,
            Kind.LINK: MaestraLinkSensor,
            Kind.HUB: MaestraHubSensor,
            Kind.STREAM: MaestraStreamSessions,
            Kind.F2_COMPONENT: MaestraF2Value,
            Kind.F2_CONTROLLER: MaestraF2ControllerSensor,
            Kind.ISS_CHANNEL: MaestraIssSensor,
            Kind.ISS_POSITION: MaestraIssPositionSensor,
            Kind.NODE: MaestraNodeSensor,
            Kind.READING: MaestraReadingSensor,
            Kind.QS: MaestraQsSensor,
            Kind.DETECTOR: MaestraDetectorSensor,
        },
    )


def _as_text(value: JsonValue) -> StateType:
    if value is None or isinstance(value, dict | list):
        return None
    return str(value)[:MAX_LENGTH_STATE_STATE]


@dataclass(frozen=True, kw_only=True)
class VariableSensorDescription(SensorEntityDescription):
    """How an output variable looks as a sensor."""

    value_fn: Callable[[JsonValue], StateType]


_NUMBER: Final = VariableSensorDescription(key="number", value_fn=as_number)
_TEXT: Final = VariableSensorDescription(key="text", value_fn=_as_text)
_ENUM: Final = VariableSensorDescription(
    key="enum", device_class=SensorDeviceClass.ENUM, value_fn=_as_text
)

VARIABLE_SENSORS: Final[Mapping[VariableType, VariableSensorDescription]] = {
    VariableType.NUMBER: _NUMBER,
    VariableType.RANGE: _NUMBER,
    VariableType.VECTOR2: _NUMBER,
    VariableType.VECTOR3: _NUMBER,
    VariableType.STRING: _TEXT,
    VariableType.COLOR: _TEXT,
    VariableType.ENUM: _ENUM,
}


def _description(variable: Variable) -> VariableSensorDescription:
    """An enum without options is just text."""
    if variable.type is VariableType.ENUM and not variable.options:
        return _TEXT
    return VARIABLE_SENSORS[variable.type]


class MaestraSensor(MaestraVariableEntity, SensorEntity):
    """A value that the thing reports."""

    platform_domain = Platform.SENSOR
    entity_description: VariableSensorDescription

    @property
    @override
    def native_value(self) -> StateType:
        """The value, None when the state holds something else."""
        value = self.entity_description.value_fn(self.raw_value)
        # Home Assistant takes an option that was not announced for an error of ours.
        return None if self.options and value not in self.options else value

    @override
    def _describe(self) -> None:
        description = _description(self.variable)
        self.entity_description = description
        self._attr_device_class = description.device_class
        self._attr_state_class = None
        self._attr_options = (
            list(self.variable.options) if description is _ENUM else None
        )
        self._attr_suggested_display_precision = None
        self._attr_native_unit_of_measurement = None
        if description is _NUMBER:
            precision = self.variable.config.get("precision")
            if isinstance(precision, int) and 0 <= precision <= 12:
                self._attr_suggested_display_precision = precision
            self._attr_native_unit_of_measurement, self._attr_device_class = (
                unit_and_class(self.variable.name, self.variable.config.get("unit"))
            )
            self._attr_state_class = state_class(self._attr_device_class)


class MaestraSizeSensor(MaestraVariableEntity, SensorEntity):
    """How many items an array or object has; what they are stands in the attributes."""

    platform_domain = Platform.SENSOR
    _attr_state_class = SensorStateClass.MEASUREMENT
    _unrecorded_attributes = frozenset({"value"})

    @property
    @override
    def native_value(self) -> int | None:
        """The number of items, None when the state holds something else."""
        value = self.raw_value
        return len(value) if isinstance(value, list | dict) else None

    @property
    @override
    def extra_state_attributes(self) -> JsonObject:
        """The value itself, as long as it is small."""
        value = self.raw_value
        is_small = isinstance(value, list | dict) and len(value) <= MAX_ATTRIBUTE_ITEMS
        return {"value": value if is_small else None}


class MaestraMetricSensor(MaestraDeviceEntity, SensorEntity):
    """What a device measures."""

    platform_domain = Platform.SENSOR

    def __init__(
        self, runtime: MaestraRuntime, owner: Device, presentation: Presentation
    ) -> None:
        """Take the unit from the first value."""
        super().__init__(runtime, owner, presentation)
        self._attr_translation_key = "metric"
        self._metric_name = presentation.metric or ""
        self._attr_translation_placeholders = {"metric": humanize(self._metric_name)}
        self._attr_native_unit_of_measurement, self._attr_device_class = unit_and_class(
            self._metric_name, owner.metrics[self._metric_name].unit
        )
        self._attr_state_class = state_class(self._attr_device_class)

    @property
    @override
    def native_value(self) -> float:
        """The latest value."""
        return self._device.metrics[self._metric_name].value


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


class MaestraHubSensor(MaestraBaseEntity, SensorEntity):
    """A count of what the domain holds."""

    platform_domain = Platform.SENSOR
    entity_description: CountDescription

    def __init__(
        self, runtime: MaestraRuntime, owner: MaestraRuntime, presentation: Presentation
    ) -> None:
        """Take the description of its key."""
        super().__init__(runtime, owner.entry.entry_id, presentation)
        self.entity_description = HUB_SENSORS[presentation.key]
        self._attr_translation_key = presentation.key

    @property
    @override
    def native_value(self) -> int:
        """The count."""
        return self.entity_description.value_fn(self._runtime.domain)
