"""Inputs that are true or false, and the power of strikes."""

from typing import Any, Final, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .detector_entities import MaestraDetectorSwitch
from .enrolment_switch import EnrolmentSwitch
from .entity import MaestraVariableEntity
from .f2_entities import MaestraF2Switch
from .presentation import Kind
from .runtime import MaestraConfigEntry

PARALLEL_UPDATES: Final = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MaestraConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Let the presenter add switches."""
    entry.runtime_data.presenter.attach(
        Platform.SWITCH,
        async_add_entities,
        {
            Kind.VARIABLE: MaestraSwitch,
            Kind.LINK: EnrolmentSwitch,
            Kind.F2_COMPONENT: MaestraF2Switch,
            Kind.DETECTOR: MaestraDetectorSwitch,
        },
    )


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
