"""A broker, and Home Assistant's own MQTT integration for it."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.components import mqtt
from homeassistant.const import CONF_PORT, CONF_PROTOCOL
from homeassistant.core import HomeAssistant
from tests.kits.broker import Broker
from tests.kits.hub import unload


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncGenerator[Broker]:
    async with Broker(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
async def mqtt_entry(
    hass: HomeAssistant, broker: Broker
) -> AsyncGenerator[MockConfigEntry]:
    """Home Assistant's MQTT integration, for real, but not set up yet."""
    entry = MockConfigEntry(
        domain=mqtt.DOMAIN,
        title="MQTT",
        version=mqtt.CONFIG_ENTRY_VERSION,
        minor_version=mqtt.CONFIG_ENTRY_MINOR_VERSION,
        data={
            mqtt.CONF_BROKER: broker.host,
            CONF_PORT: broker.port,
            CONF_PROTOCOL: "5",
        },
        options={mqtt.CONF_BIRTH_MESSAGE: {}},
    )
    entry.add_to_hass(hass)
    yield entry
    await unload(hass, entry)
