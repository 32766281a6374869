"""While Home Assistant makes a backup, nothing is written to the database."""

from pathlib import Path

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.backup import async_post_backup, async_pre_backup
from custom_components.maestra.store.settings import StoreSettings
from homeassistant.components.backup.manager import BackupManager
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .kits.stored import stored_house

STATES = "SELECT state FROM ha_states ORDER BY time"


async def test_rows_wait_for_the_end_of_a_backup(
    hass: HomeAssistant, database: StoreSettings, tmp_path: Path
) -> None:
    hass.config.config_dir = str(tmp_path)
    async with stored_house(hass, database) as house:
        await house.becomes("recording")
        hass.states.async_set("sensor.desk", "1")
        await house.store.flush()

        await async_pre_backup(hass)
        await house.becomes("paused")
        hass.states.async_set("sensor.desk", "2")
        await house.counts("rows_spooled")
        assert [row["state"] for row in await house.fetch(STATES)] == ["1"]
        assert house.link.connected

        await async_post_backup(hass)
        await house.becomes("recording")
        assert await house.rows(STATES) == [("1",), ("2",)]


async def test_home_assistant_finds_it(
    hass: HomeAssistant, database: StoreSettings, tmp_path: Path
) -> None:
    hass.config.config_dir = str(tmp_path)
    assert await async_setup_component(hass, "backup", {})
    async with stored_house(hass, database) as house:
        await house.becomes("recording")
        manager: BackupManager = hass.data["backup"]

        await manager.async_pre_backup_actions()
        await house.becomes("paused")
        await manager.async_post_backup_actions()
        await house.becomes("recording")


async def test_without_a_database_there_is_nothing_to_do(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    await async_pre_backup(hass)
    await async_post_backup(hass)
