"""What Home Assistant's system health says of Maestra."""

from pathlib import Path
from typing import Any

from pytest_homeassistant_custom_component.common import get_system_health_info

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.core.store.settings import StoreSettings
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .kits.hub import unload
from .kits.hub_broker import MaestraKit
from .kits.hub_store import recording_hub


async def health(hass: HomeAssistant) -> dict[str, Any]:
    assert await async_setup_component(hass, "system_health", {})
    return await get_system_health_info(hass, DOMAIN)


async def test_health_counts_what_there_is(
    hass: HomeAssistant, maestra: MaestraKit
) -> None:
    await maestra.update("wash-1", brightness=3)
    await maestra.register("AA:BB", "Board")
    await maestra.mqtt.publish("maestra/entity/state/update/wash-1", "no JSON")
    await maestra.mqtt.receives("maestra/errors/wash-1")

    info = await health(hass)
    assert info == {
        "brokers_connected": "1/1",
        "entities": 1,
        "devices": 1,
        "messages_received": 3,
        "messages_refused": 1,
    }


async def test_health_says_nothing_of_a_hub_that_is_not_loaded(
    hass: HomeAssistant, maestra: MaestraKit
) -> None:
    await unload(hass, maestra.entry)
    assert await health(hass) == {}


async def test_health_tells_how_the_database_is(
    hass: HomeAssistant, database: StoreSettings, tmp_path: Path
) -> None:
    hass.config.config_dir = str(tmp_path)
    async with recording_hub(hass, database) as hub_kit:
        await hub_kit.becomes("recording")
        await hub_kit.store.flush()

        info = await health(hass)
        assert {key: info[key] for key in info if key.startswith("store_")} == {
            "store_state": "Recording",
            "store_tier": "TimescaleDB Apache 2",
            "store_rows_waiting": 0,
            "store_rows_dropped": 0,
        }
