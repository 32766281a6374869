"""A hub on a broker that carries QS."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from custom_components.maestra.const import CONF_DIALECTS
from homeassistant.core import HomeAssistant

from ...kits.hub_broker import MaestraKit, maestra_on_broker


@pytest.fixture
async def qs(
    hass: HomeAssistant,
    socket_enabled: None,
    tmp_path: Path,
    hub_options: dict[str, object],
    everything_is_enabled: None,
) -> AsyncGenerator[MaestraKit]:
    """A hub on a broker that carries QS."""
    hass.config.config_dir = str(tmp_path)
    async with maestra_on_broker(hass, tmp_path, hub_options) as kit:
        await kit.configure(**{CONF_DIALECTS: ["maestra", "qs"]})
        await kit.broker.logged("qs/v1/+/events")
        await kit.connected()
        yield kit
