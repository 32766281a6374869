"""A new dialect is a folder in core, a folder in features, and one line: everything else follows from its `Feature`."""

from collections.abc import AsyncGenerator
import csv
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.common import async_mock_service
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.maestra import features
from custom_components.maestra.const import DOMAIN
from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.repairs import async_create_fix_flow
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component

from .buoys.feature.feature import FEATURE
from .kits.database import fetch
from .kits.forms import add_store
from .kits.hub_broker import MaestraKit, maestra_on_broker

LEVEL = "sensor.buoy_north_level"


@pytest.fixture(autouse=True)
def every_form_has_its_texts() -> None:
    """Expect no texts: the toy has none."""


@pytest.fixture
async def harbour(
    socket_enabled: None,
    hass: HomeAssistant,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[MaestraKit]:
    """A hub with the toy, whose broker carries it, and one buoy."""
    monkeypatch.setattr(features, "FEATURES", (*features.FEATURES, FEATURE))
    async with maestra_on_broker(hass, tmp_path, {}) as maestra:
        await maestra.configure(dialects=["maestra", "buoys"])
        subentries = hass.config_entries.subentries
        form = await subentries.async_init(
            (maestra.entry.entry_id, "buoy"), context={"source": SOURCE_USER}
        )
        result = await subentries.async_configure(form["flow_id"], {"name": "north"})
        assert result["type"] is FlowResultType.CREATE_ENTRY
        await hass.async_block_till_done()
        await maestra.connected()
        yield maestra


async def test_what_it_shows(harbour: MaestraKit) -> None:
    await harbour.mqtt.publish("buoys/north/level", 1.25)
    await harbour.state_is(LEVEL, "1.25")
    await harbour.reload()
    await harbour.mqtt.publish("buoys/north/level", 1.5)
    await harbour.state_is(LEVEL, "1.5")


async def test_what_it_can_not_read_is_counted(harbour: MaestraKit) -> None:
    await harbour.mqtt.publish("buoys/north/level", "high")
    await harbour.mqtt.publish("buoys/north/level", 2)
    await harbour.state_is(LEVEL, "2.0")
    (source,) = harbour.entry.runtime_data.manager(FEATURE.make).sources
    assert source.counters["accepted"] == 1
    assert source.counters["refused"] == 1


async def test_an_action(harbour: MaestraKit) -> None:
    await harbour.mqtt.subscribe("buoys/+/ring")
    await harbour.act("ring_buoy", name="north")
    await harbour.mqtt.receives("buoys/north/ring")


async def test_a_trigger(hass: HomeAssistant, harbour: MaestraKit) -> None:
    calls = async_mock_service(hass, "test", "run")
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "triggers": {
                    "trigger": "maestra.buoy_level",
                    "options": {"name": "north"},
                },
                "actions": {
                    "action": "test.run",
                    "data": {"level": "{{ trigger.level }}"},
                },
            }
        },
    )
    await hass.async_block_till_done()
    await harbour.mqtt.publish("buoys/north/level", 3)
    await harbour.until(lambda: calls, "the automation runs")
    assert calls[0].data["level"] == 3


async def test_a_repair(hass: HomeAssistant, harbour: MaestraKit) -> None:
    await harbour.mqtt.publish("buoys/north/level", -5)
    await harbour.state_is(LEVEL, "-5.0")
    (issue,) = [
        issue
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and issue.translation_key == "buoy_adrift"
    ]
    flow = await async_create_fix_flow(hass, issue.issue_id, issue.data)
    flow.hass = hass
    flow.handler, flow.flow_id, flow.context = DOMAIN, "flow", {}
    await flow.async_step_init()  # type: ignore[attr-defined]
    assert (DOMAIN, issue.issue_id) not in ir.async_get(hass).issues


async def test_diagnostics(
    hass: HomeAssistant, harbour: MaestraKit, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, "diagnostics", {})
    await harbour.mqtt.publish("buoys/north/level", 4)
    await harbour.state_is(LEVEL, "4.0")
    hub = harbour.entry
    told = await get_diagnostics_for_config_entry(hass, hass_client, hub)
    assert told["buoys"] == {"north": 4.0}
    (subentry,) = hub.get_subentries_of_type("buoy")
    device = harbour.device_of(subentry.subentry_id)
    assert device
    told = await get_diagnostics_for_device(hass, hass_client, hub, device)
    assert told["buoy"] == {"level": 4.0}


async def test_rows_and_an_export(
    hass: HomeAssistant, harbour: MaestraKit, database: StoreSettings, tmp_path: Path
) -> None:
    """Its table is made with the database's own, of what describes it."""
    hass.config.media_dirs = {"local": str(tmp_path)}
    store = await add_store(hass, harbour.entry, database)
    links = harbour.entry.runtime_data.links
    await harbour.until(
        lambda: links.get(store.subentry_id).connected, "the database is there"
    )
    await harbour.mqtt.publish("buoys/north/level", 5)
    await harbour.state_is(LEVEL, "5.0")
    await harbour.act("flush")
    rows = await fetch(database, "SELECT buoy, level FROM water_levels")
    assert [tuple(row) for row in rows] == [("north", 5.0)]

    done = await harbour.ask("export_history", kind="water_levels")
    (row,) = csv.DictReader(Path(done["path"]).read_text().splitlines())
    assert (row["buoy"], row["level"]) == ("north", "5")


async def test_removed_with_its_subentry(
    hass: HomeAssistant, harbour: MaestraKit
) -> None:
    (subentry,) = harbour.entry.get_subentries_of_type("buoy")
    hass.config_entries.async_remove_subentry(harbour.entry, subentry.subentry_id)
    await harbour.disappears(LEVEL)
    assert harbour.device_of(subentry.subentry_id) is None
