"""The database as cards follow it: figures, imports and exports, tables."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.maestra.core.store.imports import import_history
from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.features.history import importer, live
from homeassistant.auth.permissions.system_policies import READ_ONLY_POLICY
from homeassistant.components.recorder.core import Recorder
from homeassistant.core import HomeAssistant
from tests.kits.hub import HubKit
from tests.kits.hub_store import STORE_ID, RecordingKit, recording_hub
from tests.kits.live import Follow

pytestmark = pytest.mark.tables


@pytest.fixture(autouse=True)
def our_integration(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant find the integration in this repository, with a recorder."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look more often."""
    monkeypatch.setattr(live, "TICK", timedelta(seconds=0.05))


@pytest.fixture
async def stored(
    hass: HomeAssistant, database: StoreSettings
) -> AsyncGenerator[RecordingKit]:
    """A hub that records the sensors of desks."""
    async with recording_hub(hass, database) as kit:
        await kit.becomes("recording")
        yield kit


async def test_figures_of_a_database(
    stored: RecordingKit, hass: HomeAssistant, follow: Follow
) -> None:
    card = await follow("store")
    await card.push()
    assert card.things is not None
    shown = card.things[STORE_ID]
    assert (shown["title"], shown["state"]) == ("Stage database", "recording")
    assert shown["tier"] == "timescaledb_apache"
    assert (shown["import"], shown["exported"]) == (None, None)
    assert "states" in shown["exports"]
    assert shown["can_flush"]

    hass.states.async_set("sensor.desk", "1")
    await stored.act("flush")
    await card.until(lambda things: things[STORE_ID]["rows_written"] > 0)


async def test_an_import_is_followed(
    stored: RecordingKit,
    hass: HomeAssistant,
    follow: Follow,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = asyncio.Event()

    async def import_slowly(*args: Any, **options: Any) -> Any:
        await seen.wait()
        return await import_history(*args, **options)

    monkeypatch.setattr(importer, "import_history", import_slowly)
    for number in range(200):
        hass.states.async_set("sensor.old", str(number))
    await async_wait_recording_done(hass)
    card = await follow("store")
    await card.push()
    await stored.ask("import_history", source="home_assistant")
    things = await card.until(lambda things: things[STORE_ID]["import"])
    assert things[STORE_ID]["import"]["source"] == "home_assistant"
    seen.set()
    await card.until(lambda things: things[STORE_ID]["import"] is None)


async def test_tables_are_asked_for_once(
    stored: RecordingKit, hass: HomeAssistant, follow: Follow
) -> None:
    hass.states.async_set("sensor.desk", "1")
    await stored.act("flush")
    key = f"{STORE_ID}/ha_states"
    first = await follow("store_tables")
    table = (await first.until(lambda things: key in things))[key]
    assert (table["name"], table["kept_days"]) == ("ha_states", None)
    assert table["bytes"] > 0
    assert table["oldest"]
    assert not stored.store.table_sizes.is_due
    second = await follow("store_tables")
    await second.push()
    assert second.things == first.things


async def test_who_only_reads_is_not_told_why(
    stored: RecordingKit, follow: Follow
) -> None:
    card = await follow("store", READ_ONLY_POLICY)
    await card.push()
    assert card.things is not None
    assert card.things[STORE_ID]["can_flush"] is False
    assert card.things[STORE_ID]["reason"] is None


async def test_without_a_database_there_is_none(
    hub_kit: HubKit, follow: Follow
) -> None:
    for command in ("store", "store_tables"):
        card = await follow(command)
        await card.push()
        assert card.things == {}
