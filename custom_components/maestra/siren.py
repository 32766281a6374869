"""Sirens on F2 controllers."""

from typing import Final

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .f2_entities import MaestraF2Siren
from .presentation import Kind
from .runtime import MaestraConfigEntry

PARALLEL_UPDATES: Final = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MaestraConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Let the presenter add sirens."""
    entry.runtime_data.presenter.attach(
        Platform.SIREN, async_add_entities, {Kind.F2_COMPONENT: MaestraF2Siren}
    )
