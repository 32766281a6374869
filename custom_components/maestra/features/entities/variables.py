"""Variables of Maestra entities: outputs as sensors, inputs as numbers, switches, buttons, selects and texts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil, isinf
from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.button import ButtonEntity
from homeassistant.components.button.const import ButtonDeviceClass
from homeassistant.components.number import NumberEntity, NumberMode
from homeassistant.components.select import SelectEntity
from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.components.switch import SwitchEntity
from homeassistant.components.text import TextEntity
from homeassistant.const import MAX_LENGTH_STATE_STATE, EntityCategory, Platform
from homeassistant.core import callback
from homeassistant.helpers.typing import StateType

from ...const import TargetKind
from ...core.domain.entity import Entity as DomainEntity
from ...core.domain.json_values import JsonObject, JsonValue, check_writable
from ...core.domain.source import HOME_ASSISTANT
from ...core.domain.variables import Variable, VariableType, as_text, is_number
from ...core.store.entity_tables import ENTITY
from ...core.store.series import Series
from ...entity import MaestraEntity, MaestraMeasuredSensor
from ...hub.errors import translated
from ...hub.hub import Hub
from ...hub.labels import humanize
from ...hub.units import (
    MAX_PRECISION,
    Look,
    contact_class,
    decimals_of,
    look_of,
    number_look,
)
from .online import is_entity_online
from .presentation import LIGHT, VariablePresentation

# Variables whose names are translated and that have an icon of their own; others show what their client calls them.
WELL_KNOWN: Final = frozenset(
    {
        "active",
        "battery",
        "brightness",
        "color",
        "fps",
        "humidity",
        "mode",
        "on",
        "playing",
        "position",
        "power",
        "scene",
        "source",
        "temperature",
        "volume",
    }
)


# Of these, the store has numbers.
_STORED: Final = frozenset(
    {
        VariableType.NUMBER,
        VariableType.RANGE,
        VariableType.BOOLEAN,
        VariableType.VECTOR2,
        VariableType.VECTOR3,
    }
)
# Home Assistant knows no number without bounds.
UNBOUNDED: Final = 1_000_000_000.0
# A range this narrow is a fraction, not a count of whole steps.
FINE_SPAN: Final = 10
FINE_STEP: Final = 0.01
# Each write sends the attributes to every browser: an object that is larger is only counted.
MAX_ATTRIBUTE_ITEMS: Final = 64


# What Home Assistant lets an entity that only reports be.
_REPORTED: Final = frozenset({EntityCategory.DIAGNOSTIC})


class MaestraVariableEntity(MaestraEntity):
    """One or more variables of a Maestra entity."""

    _attr_supported_features: int | None = TargetKind.ENTITY

    presentation: VariablePresentation
    _categories = frozenset(EntityCategory)
    # The translation, with an icon, of what has neither a name of its own nor a class.
    _unclassed = "variable"

    def __init__(
        self, hub: Hub, owner: DomainEntity, presentation: VariablePresentation
    ) -> None:
        """Name the entity after its variable, or after the device where it is what that is about."""
        super().__init__(hub, owner.id, presentation)
        self._entity = owner
        variable, axis = presentation.variables[0], presentation.axis
        self._declared = presentation.declared
        self._describe()
        if self._declared.category in self._categories:
            self._attr_entity_category = self._declared.category
        device_class = self._device_class()
        if presentation.is_main:
            self._attr_name = None
        if presentation.key == LIGHT:
            # It looks as lights do.
            return
        if axis:
            self._attr_translation_key = "axis" if device_class is None else None
            self._attr_translation_placeholders = {
                "variable": humanize(variable.name),
                "axis": axis.upper(),
            }
            if device_class is not None:
                self._attr_name = f"{humanize(variable.name)} {axis.upper()}"
        elif device_class is None and variable.name in WELL_KNOWN:
            self._attr_translation_key = variable.name
        else:
            self._label_it(variable.name, device_class, self._unclassed)

    @property
    @override
    def available(self) -> bool:
        """Whether the entity's device is online and the link it was last heard on is up."""
        return is_entity_online(self._hub, self._entity)

    @property
    @override
    def series(self) -> Series | None:
        """The variable's values, where the store has numbers of them."""
        if self.variable.type not in _STORED:
            return None
        return ENTITY.series(self._entity.id, self.presentation.key)

    @callback
    @override
    def present(self, presentation: VariablePresentation) -> None:
        """Show the variable with its new declaration."""
        super().present(presentation)
        self._describe()

    @property
    def variable(self) -> Variable:
        """The variable, or the first of several."""
        return self.presentation.variables[0]

    @property
    def raw_value(self) -> JsonValue:
        """The variable's value, or the component that is shown of it; None where there is none."""
        value = self._entity.state.get(self.variable.name)
        if self.presentation.axis is None:
            return value
        return value.get(self.presentation.axis) if isinstance(value, dict) else None

    def _describe(self) -> None:
        """Take bounds, units or options over from the variable's declaration."""

    def _device_class(self) -> str | None:
        """Return the device class that it has by now."""
        return self.device_class

    async def _async_set_value(self, value: JsonValue) -> None:
        axis, name = self.presentation.axis, self.variable.name
        if axis is not None:
            known = self._entity.state.get(name)
            # A vector that has no value yet needs all its components at once, each within the bounds.
            low, high = self.variable.bounds
            others = dict.fromkeys("xyz"[: self._axes], min(max(0, low), high))
            value = {
                **others,
                **(known if isinstance(known, dict) else {}),
                axis: value,
            }
        await self._async_update({name: value})

    @translated
    async def _async_update(self, patch: JsonObject) -> None:
        check_writable(patch, self.variable.name)
        self._hub.domain.entities.update(
            self._entity.id, patch, source=HOME_ASSISTANT, strict=True
        )

    @property
    def _axes(self) -> int:
        return int(self.variable.type.value[-1])


def as_number(value: Any) -> float | int | None:
    """Return a finite number as it is, None for anything else."""
    return value if is_number(value) else None


def _as_text(value: JsonValue) -> StateType:
    if value is None or isinstance(value, dict | list):
        return None
    return as_text(value)[:MAX_LENGTH_STATE_STATE]


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


class MaestraSensor(MaestraVariableEntity, MaestraMeasuredSensor):
    """A value that the thing reports."""

    entity_description: VariableSensorDescription
    _categories = _REPORTED

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
        self._unclassed = "variable" if description is _NUMBER else "text_value"
        self._attr_options = (
            list(self.variable.options) if description is _ENUM else None
        )

    @override
    def _measured(self) -> Look:
        description = self.entity_description
        if description is not _NUMBER:
            return Look(device_class=description.device_class)
        return look_of(self.variable.name, None, self._declared)

    @override
    def _device_class(self) -> str | None:
        # An enumeration is told apart by it, and has no icon of its own.
        device_class = self._measured().device_class
        return None if device_class is SensorDeviceClass.ENUM else device_class


class MaestraSizeSensor(MaestraVariableEntity, SensorEntity):
    """How many items an array or object has; what they are stands in the attributes."""

    platform_domain = Platform.SENSOR
    _attr_state_class = SensorStateClass.MEASUREMENT
    _categories = _REPORTED
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


class MaestraBinarySensor(MaestraVariableEntity, BinarySensorEntity):
    """A boolean that the thing reports."""

    platform_domain = Platform.BINARY_SENSOR
    _categories = _REPORTED

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is true; None when the state holds something else."""
        value = self.raw_value
        return value if isinstance(value, bool) else None

    @override
    def _describe(self) -> None:
        self._attr_device_class = contact_class(self.variable.name, self._declared)


class MaestraNumber(MaestraVariableEntity, NumberEntity):
    """A number, a range, or one axis of a vector."""

    platform_domain = Platform.NUMBER

    @property
    @override
    def native_value(self) -> float | None:
        """The number, None when the state holds something else.

        Home Assistant shows all of its decimals: those that mean nothing are left out.
        """
        value = as_number(self.raw_value)
        if not isinstance(value, float):
            return value
        decimals = self._look.shown_decimals(self._look.decimals(value))
        return round(value, max(decimals, self._step_decimals))

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set the variable; a whole number goes out as one."""
        await self._async_set_value(int(value) if value.is_integer() else value)

    @override
    def _describe(self) -> None:
        variable, config = self.variable, self.variable.config
        low, high = variable.bounds
        self._attr_native_min_value = min(-UNBOUNDED, high) if isinf(low) else low
        self._attr_native_max_value = max(UNBOUNDED, low) if isinf(high) else high
        step = as_number(config.get("step"))
        precision = config.get("precision")
        if step is None or step <= 0:
            step = (
                1
                if variable.type is VariableType.RANGE and high - low > FINE_SPAN
                else FINE_STEP
            )
            if isinstance(precision, int) and 0 <= precision <= 12:
                step = 10.0**-precision
        self._attr_native_step = step
        self._step_decimals = decimals_of(float(step), MAX_PRECISION)
        self._look = look_of(variable.name, None, self._declared)
        is_slider = variable.type is VariableType.RANGE
        self._attr_mode = NumberMode.SLIDER if is_slider else NumberMode.BOX
        self._attr_native_unit_of_measurement, self._attr_device_class = number_look(
            variable.name, None, self._declared
        )


class MaestraSelect(MaestraVariableEntity, SelectEntity):
    """An enum."""

    platform_domain = Platform.SELECT

    @property
    @override
    def current_option(self) -> str | None:
        """The option, None when the state holds something else."""
        value = self.raw_value
        option = None if value is None else as_text(value)
        return option if option in self.options else None

    @override
    async def async_select_option(self, option: str) -> None:
        """Set the variable."""
        await self._async_set_value(option)

    @override
    def _describe(self) -> None:
        self._attr_options = list(self.variable.options)


class MaestraSwitch(MaestraVariableEntity, SwitchEntity):
    """A boolean."""

    platform_domain = Platform.SWITCH

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is true; None when the state holds something else."""
        value = self.raw_value
        return value if isinstance(value, bool) else None

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Set the variable to true."""
        await self._async_set_value(True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Set the variable to false."""
        await self._async_set_value(False)


class MaestraButton(MaestraVariableEntity, ButtonEntity):
    """A boolean that is true for the moment in which it is pressed; who drives it makes it false again."""

    platform_domain = Platform.BUTTON

    @override
    async def async_press(self) -> None:
        """Set the variable to true, also while it still is from the press before."""
        if self.raw_value is True:
            await self._async_set_value(False)
        await self._async_set_value(True)

    @override
    def _describe(self) -> None:
        said = self.variable.config.get("device_class")
        self._attr_device_class = (
            ButtonDeviceClass(said) if said in list(ButtonDeviceClass) else None
        )


class MaestraText(MaestraVariableEntity, TextEntity):
    """A string, or an enum that names no options."""

    platform_domain = Platform.TEXT

    @property
    @override
    def native_value(self) -> str | None:
        """The text, cut to what a state can hold; None when there is none, or less than there must be."""
        value = self.raw_value
        if value is None or isinstance(value, dict | list):
            return None
        text = as_text(value)[: self.native_max]
        # Home Assistant takes a text that is too short for an error of ours.
        return text if len(text) >= self.native_min else None

    @override
    async def async_set_value(self, value: str) -> None:
        """Set the variable."""
        await self._async_set_value(value)

    @override
    def _describe(self) -> None:
        config = self.variable.config
        shortest, longest = (
            as_number(config.get("min_length")),
            as_number(config.get("max_length")),
        )
        self._attr_native_min = min(MAX_LENGTH_STATE_STATE, max(0, ceil(shortest or 0)))
        self._attr_native_max = min(
            MAX_LENGTH_STATE_STATE,
            MAX_LENGTH_STATE_STATE if longest is None else int(longest),
        )
