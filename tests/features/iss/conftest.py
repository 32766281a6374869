"""A feed, and a hub that listens to it."""

from collections.abc import AsyncGenerator

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant

from ...kits.hub import unload
from ...kits.lightstreamer import TANK, Feed

PROCESSOR = "NODE3000004"


@pytest.fixture
async def feed(socket_enabled: None) -> AsyncGenerator[Feed]:
    """A feed that is heard."""
    async with Feed() as running:
        running.tick()
        running.measure(TANK, "19", Status_Color="Green", CalibratedData="19 %")
        running.measure(PROCESSOR, "32")
        yield running


@pytest.fixture
async def ready(
    hass: HomeAssistant, hub: MockConfigEntry
) -> AsyncGenerator[MockConfigEntry]:
    """A hub that is unloaded before its feed goes."""
    yield hub
    await unload(hass, hub)
