"""Every platform's entities, as Home Assistant shows and registers them: a small show as it was saved before a restart."""

from collections.abc import AsyncGenerator
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.maestra.const import DOMAIN
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from ...kits.hub import unload
from ...kits.sample import SAMPLE


@pytest.fixture
async def sample_show(
    socket_enabled: None,
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    everything_is_enabled: None,
    platform: Platform,
) -> AsyncGenerator[MockConfigEntry]:
    """A hub that shows everything of one platform, with ids that never change."""
    hass_storage.update(SAMPLE)
    entry = MockConfigEntry(domain=DOMAIN, title="Maestra", entry_id="maestrahub")
    entry.add_to_hass(hass)
    with patch("custom_components.maestra.integration.PLATFORMS", [platform]):
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        yield entry
        await unload(hass, entry)


@pytest.mark.parametrize(
    "platform",
    [
        Platform.BINARY_SENSOR,
        Platform.BUTTON,
        Platform.EVENT,
        Platform.LIGHT,
        Platform.NUMBER,
        Platform.SELECT,
        Platform.SENSOR,
        Platform.SWITCH,
        Platform.TEXT,
        Platform.UPDATE,
    ],
)
async def test_everything_of_the_sample_show(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
    sample_show: MockConfigEntry,
) -> None:
    await snapshot_platform(hass, entity_registry, snapshot, sample_show.entry_id)
