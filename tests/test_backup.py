"""While Home Assistant makes a backup, nothing is written to the database, and no file is replaced."""

from pathlib import Path
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.backup import async_post_backup, async_pre_backup
from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.features.entities.persistence import (
    JOURNAL_FOLDER,
    STRUCTURE_KEY,
)
from homeassistant.components.backup.manager import BackupManager
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .kits.hub import HubKit
from .kits.hub_store import recording_hub

STATES = "SELECT state FROM ha_states ORDER BY time"


async def test_rows_wait_for_the_end_of_a_backup(
    hass: HomeAssistant, database: StoreSettings, tmp_path: Path
) -> None:
    hass.config.config_dir = str(tmp_path)
    async with recording_hub(hass, database) as hub_kit:
        await hub_kit.becomes("recording")
        hass.states.async_set("sensor.desk", "1")
        await hub_kit.store.flush()

        await async_pre_backup(hass)
        await hub_kit.becomes("paused")
        hass.states.async_set("sensor.desk", "2")
        await hub_kit.counts("rows_spooled")
        assert [row["state"] for row in await hub_kit.fetch(STATES)] == ["1"]
        assert hub_kit.link.connected

        await async_post_backup(hass)
        await hub_kit.becomes("recording")
        assert await hub_kit.rows(STATES) == [("1",), ("2",)]


async def test_home_assistant_finds_it(
    hass: HomeAssistant, database: StoreSettings, tmp_path: Path
) -> None:
    hass.config.config_dir = str(tmp_path)
    assert await async_setup_component(hass, "backup", {})
    async with recording_hub(hass, database) as hub_kit:
        await hub_kit.becomes("recording")
        manager: BackupManager = hass.data["backup"]

        await manager.async_pre_backup_actions()
        await hub_kit.becomes("paused")
        await manager.async_post_backup_actions()
        await hub_kit.becomes("recording")


async def test_snapshots_wait_for_the_end_of_a_backup(
    hass: HomeAssistant, hub_kit: HubKit, hass_storage: dict[str, Any]
) -> None:
    """Files are copied one after the other: what is in two of them must fit together."""
    await async_pre_backup(hass)
    hub_kit.domain.entities.create(name="Hall", entity_type="space")
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert STRUCTURE_KEY not in hass_storage
    # It stands in the journal.
    (segment,) = Path(hass.config.path(JOURNAL_FOLDER)).iterdir()
    assert b'"hall"' in segment.read_bytes()

    await async_post_backup(hass)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert [
        each["slug"] for each in hass_storage[STRUCTURE_KEY]["data"]["entities"]
    ] == ["hall"]
    assert not list(Path(hass.config.path(JOURNAL_FOLDER)).iterdir())


async def test_without_a_database_there_is_nothing_to_do(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    await async_pre_backup(hass)
    await async_post_backup(hass)
