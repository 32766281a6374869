"""Inputs that are numbers."""

from math import isinf
from typing import Final, override

from homeassistant.components.number import NumberEntity, NumberMode
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .domain.variables import VariableType
from .entity import MaestraVariableEntity, as_number
from .presentation import Kind
from .runtime import MaestraConfigEntry
from .units import unit_and_number_class

PARALLEL_UPDATES: Final = 0

# Home Assistant knows no number without bounds.
UNBOUNDED: Final = 1_000_000_000.0
# A range this narrow is a fraction, not a count of whole steps.
FINE_SPAN: Final = 10
FINE_STEP: Final = 0.01


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MaestraConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Let the presenter add numbers."""
    entry.runtime_data.presenter.attach(
        Platform.NUMBER, async_add_entities, {Kind.VARIABLE: MaestraNumber}
    )


class MaestraNumber(MaestraVariableEntity, NumberEntity):
    """A number, a range, or one axis of a vector."""

    platform_domain = Platform.NUMBER

    @property
    @override
    def native_value(self) -> float | None:
        """The number, None when the state holds something else."""
        return as_number(self.raw_value)

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
        is_slider = variable.type is VariableType.RANGE
        self._attr_mode = NumberMode.SLIDER if is_slider else NumberMode.BOX
        self._attr_native_unit_of_measurement, self._attr_device_class = (
            unit_and_number_class(variable)
        )
