"""Inputs that are one of several options."""

from typing import Final, override

from homeassistant.components.select import SelectEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import MaestraVariableEntity
from .presentation import Kind
from .runtime import MaestraConfigEntry

PARALLEL_UPDATES: Final = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MaestraConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Let the presenter add selects."""
    entry.runtime_data.presenter.attach(
        Platform.SELECT, async_add_entities, {Kind.VARIABLE: MaestraSelect}
    )


class MaestraSelect(MaestraVariableEntity, SelectEntity):
    """An enum."""

    platform_domain = Platform.SELECT

    @property
    @override
    def current_option(self) -> str | None:
        """The option, None when the state holds something else."""
        value = self.raw_value
        return str(value) if value is not None and str(value) in self.options else None

    @override
    async def async_select_option(self, option: str) -> None:
        """Set the variable."""
        await self._async_set_value(option)

    @override
    def _describe(self) -> None:
        self._attr_options = list(self.variable.options)
