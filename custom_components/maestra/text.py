"""Inputs that are text."""

from math import ceil
from typing import Final, override

from homeassistant.components.text import TextEntity
from homeassistant.const import MAX_LENGTH_STATE_STATE, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import MaestraVariableEntity, as_number
from .presentation import Kind
from .runtime import MaestraConfigEntry

PARALLEL_UPDATES: Final = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MaestraConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Let the presenter add texts."""
    entry.runtime_data.presenter.attach(
        Platform.TEXT, async_add_entities, {Kind.VARIABLE: MaestraText}
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
        text = str(value)[: self.native_max]
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
