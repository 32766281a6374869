"""Fixtures that all tests share."""

from collections.abc import AsyncGenerator

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.const import DOMAIN


@pytest.fixture(autouse=True)
def our_integration(enable_custom_integrations: None) -> None:
    """Let Home Assistant find the integration in this repository."""


@pytest.fixture
def hub_options() -> dict[str, object]:
    """Options of the hub; override them where a test needs others."""
    return {}


@pytest.fixture
async def hub(
    hass: HomeAssistant, hub_options: dict[str, object]
) -> AsyncGenerator[MockConfigEntry]:
    """A loaded hub without links."""
    entry = MockConfigEntry(domain=DOMAIN, title="Maestra", data={}, options=hub_options)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    yield entry
    if entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()
