"""The start, at which all that is known is shown in slices."""

import asyncio

import pytest

from custom_components.maestra.const import CONF_STATE_WRITES
from custom_components.maestra.hub import slices
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.helpers import entity_registry as er
from tests.kits.hub import CLIENT, HubKit


async def begun(hub_kit: HubKit) -> None:
    """Set the hub up again, until it begins to show what it knows."""
    hass, entry = hub_kit.hass, hub_kit.entry
    _ = hass.async_create_task(hass.config_entries.async_setup(entry.entry_id))
    while not (
        hasattr(entry, "runtime_data")
        and [*entry.runtime_data.presenter.of(entry.entry_id)]
    ):
        await asyncio.sleep(0)


async def test_what_happens_meanwhile(
    hub_kit: HubKit,
    entity_registry: er.EntityRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What goes stays away, what moves is shown as it is, and no event is lost."""
    monkeypatch.setattr(slices, "SLICE", 0)
    for slug in ("stays", "goes"):
        await hub_kit.hears(slug, fps=60)
    for hardware_id in ("AA:01", "AA:02"):
        await hub_kit.registers(hardware_id)
    await hub_kit.hass.config_entries.async_unload(hub_kit.entry.entry_id)
    await begun(hub_kit)
    domain = hub_kit.domain
    goes, late = domain.entities["goes"], domain.devices["AA:02"]
    presenter = hub_kit.entry.runtime_data.presenter
    assert not any(presenter.of(owner.id) for owner in (goes, late))

    domain.entities.delete(goes.id, source=CLIENT)
    domain.entities.report("stays", {"fps": 50}, source=CLIENT)
    domain.entities.report("comes", {"fps": 40}, source=CLIENT)
    domain.devices.report_event("AA:02", {"event_type": "started"})
    await hub_kit.settled()

    assert hub_kit.device_of(goes.id) is None
    assert entity_registry.async_get("sensor.goes_frame_rate") is None
    assert hub_kit.state("sensor.stays_frame_rate").state == "50"
    assert hub_kit.state("sensor.comes_frame_rate").state == "40"
    assert hub_kit.state("event.aa_02_event").attributes["type"] == "started"
    assert STATE_UNAVAILABLE not in (
        hub_kit.state(entity_id).state for entity_id in hub_kit.entity_ids
    )


async def test_options_that_change_meanwhile_are_applied(
    hub_kit: HubKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "SLICE", 0)
    for slug in ("a", "b", "c"):
        await hub_kit.hears(slug, fps=60)
    hass, entry = hub_kit.hass, hub_kit.entry
    await hass.config_entries.async_unload(entry.entry_id)
    await begun(hub_kit)
    assert not [*entry.runtime_data.presenter.of(hub_kit.domain.entities["c"].id)]
    options = {**entry.options, CONF_STATE_WRITES: 77}
    hass.config_entries.async_update_entry(entry, options=options)
    await hub_kit.settled()
    assert entry.runtime_data.writer.budget.rate == 77
    assert hub_kit.state("sensor.c_frame_rate").state == "60"
