"""A hub with a production, and an overlay of it."""

import pytest

from tests.kits.hub import HubKit
from tests.kits.production import as_subentry, overlay_subentry, production_subentry


@pytest.fixture
async def stage(hub_kit: HubKit) -> HubKit:
    """A hub with a production and an overlay."""
    for described in (production_subentry(), overlay_subentry()):
        hub_kit.hass.config_entries.async_add_subentry(
            hub_kit.entry, as_subentry(described)
        )
    await hub_kit.settled()
    return hub_kit
