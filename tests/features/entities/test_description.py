"""The form that asks what a thing is: as a repair, in the options, and by an action."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.features.entities.suggestions import ENTITY_UNDESCRIBED
from custom_components.maestra.hub.issues import MAX_ISSUES, device_issue_id
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from tests.kits.hub import HubKit
from tests.kits.options import fill_in, open_form, shown
from tests.kits.repairs import FixFlows


def issue_of(hub_kit: HubKit, slug: str) -> str:
    return device_issue_id(ENTITY_UNDESCRIBED, hub_kit.domain.entities[slug].id)


def issues(hass: HomeAssistant) -> set[str]:
    return {
        issue.issue_id
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN and issue.active and not issue.dismissed_version
    }


def suggested(form: Any, field: str) -> Any:
    """Return what a field is filled in with, of an answer over HTTP."""
    (found,) = [each for each in form["data_schema"] if each["name"] == field]
    return found["description"]["suggested_value"]


async def test_a_first_publish_becomes_a_light(
    hass: HomeAssistant,
    hub_kit: HubKit,
    fix: FixFlows,
    area_registry: ar.AreaRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    foyer = area_registry.async_create("Foyer")
    await hub_kit.hears("wash-1", brightness=80)
    assert hub_kit.state("sensor.wash_1_brightness").state == "80"
    entity = hub_kit.domain.entities["wash-1"]
    device = hub_kit.device_id(entity.id)
    assert issues(hass) == {issue_of(hub_kit, "wash-1")}

    menu = await fix.open(issue_of(hub_kit, "wash-1"))
    form = await fix.answer(menu["flow_id"], {"next_step_id": "what"})
    assert suggested(form, "name") == "Wash 1"
    assert suggested(form, "entity_type") == "light"
    form = await fix.answer(
        menu["flow_id"],
        {"name": "Wash left", "entity_type": "light", "area": foyer.id},
    )
    rows = suggested(form, "variables")
    assert rows == [{"name": "brightness", "type": "range", "direction": "input"}]
    # Nothing is changed before the last step.
    assert entity.type.name == "device"
    done = await fix.answer(menu["flow_id"], {"variables": rows})
    await hub_kit.settled()

    assert done["type"] == "create_entry"
    assert hub_kit.entity_ids == ["light.foyer_wash_left"]
    light = hub_kit.state("light.foyer_wash_left")
    assert (light.state, light.attributes["brightness"]) == ("on", 204)
    assert hub_kit.domain.entities["wash-1"] is entity
    registered = hub_kit.device(device)
    assert (registered.name, registered.model) == ("Wash left", "Light")
    assert registered.area_id == foyer.id
    assert issues(hass) == set()
    await hub_kit.call("light.turn_off", "light.foyer_wash_left")
    assert await hub_kit.entity_state("wash-1") == {"brightness": 0}
    # It is what it is after a restart too, for what clients say then as well.
    await hub_kit.reload()
    await hub_kit.hears("wash-1", brightness=50)
    assert hub_kit.state("light.foyer_wash_left").attributes["brightness"] == 128


async def test_what_is_left_as_it_is_is_not_asked_for_again(
    hass: HomeAssistant, hub_kit: HubKit, fix: FixFlows
) -> None:
    await hub_kit.hears("wash-1", brightness=80)
    await hub_kit.hears("wash-2", color="#ff0000")
    menu = await fix.open(issue_of(hub_kit, "wash-1"))
    ended = await fix.answer(menu["flow_id"], {"next_step_id": "ignore"})
    assert ended["reason"] == "issue_ignored"
    menu = await fix.open(issue_of(hub_kit, "wash-2"))
    form = await fix.answer(menu["flow_id"], {"next_step_id": "what"})
    form = await fix.answer(
        menu["flow_id"], {"name": "Wash 2", "entity_type": "device"}
    )
    ended = await fix.answer(
        menu["flow_id"], {"variables": suggested(form, "variables")}
    )
    assert ended["reason"] == "issue_ignored"

    await hub_kit.reload()
    await hub_kit.hears("wash-1", other=1)

    assert issues(hass) == set()


@pytest.mark.parametrize(
    "state",
    [{"fps": 60}, {"brightness": "bright"}, {"on": True}, {"level": {"a": 1}}],
)
async def test_what_looks_like_nothing_else_is_not_asked_for(
    hass: HomeAssistant, hub_kit: HubKit, state: dict[str, Any]
) -> None:
    await hub_kit.hears("td-1", **state)
    await hub_kit.light("wash-1", state={"brightness": 5})

    assert issues(hass) == set()


async def test_what_is_gone_or_described_is_not_asked_for_any_more(
    hass: HomeAssistant, hub_kit: HubKit
) -> None:
    for number in range(MAX_ISSUES + 2):
        await hub_kit.hears(f"wash-{number}", brightness=80)
    assert len(issues(hass)) == MAX_ISSUES
    await hub_kit.act("delete_entity", slug="wash-0")
    await hub_kit.act("update_entity", slug="wash-1", entity_type="projector")

    assert issue_of(hub_kit, "wash-1") not in issues(hass)
    assert issue_of(hub_kit, f"wash-{MAX_ISSUES + 1}") in issues(hass)


async def test_any_thing_is_described_in_the_options(
    hass: HomeAssistant, hub_kit: HubKit, hub: MockConfigEntry
) -> None:
    """Types, directions, bounds and units; what is removed goes, and what is not asked for stays."""
    await hub_kit.hears("pump", speed=40, ready=True, note="x")
    form = await open_form(hass, hub, "describe")
    form = await fill_in(
        hass, form, {"device": hub_kit.device_id(hub_kit.domain.entities["pump"].id)}
    )
    assert shown(form) == {"name": "Pump", "entity_type": "device"}
    refused = await fill_in(hass, form, {"name": "a\nb", "entity_type": "actuator"})
    assert refused["errors"] == {"name": "invalid_name"}
    form = await fill_in(hass, form, {"name": "Pump", "entity_type": "actuator"})
    assert shown(form)["variables"] == [
        {"name": "speed", "type": "number", "direction": "input"},
        {"name": "ready", "type": "boolean", "direction": "input"},
        {"name": "note", "type": "string", "direction": "input"},
    ]
    rows: list[dict[str, Any]] = [
        {
            "name": "speed",
            "type": "range",
            "direction": "input",
            "min": 0,
            "max": 3000.0,
            "unit": "rpm",
        },
        {
            "name": "ready",
            "type": "boolean",
            "direction": "output",
            "device_class": "running",
        },
    ]
    refused = await fill_in(hass, form, {"variables": [{**rows[0], "min": 4000}]})
    assert refused["errors"] == {"variables": "invalid_variable"}
    assert "4000" in refused["description_placeholders"]["wrong"]
    done = await fill_in(hass, form, {"variables": rows})
    await hub_kit.settled()

    assert done["type"] == "create_entry"
    assert hub_kit.entity_ids == ["binary_sensor.pump_ready", "number.pump_speed"]
    speed = hub_kit.state("number.pump_speed")
    assert (speed.attributes["max"], speed.state) == (3000, "40")
    assert speed.attributes["unit_of_measurement"] == "rpm"
    ready = hub_kit.state("binary_sensor.pump_ready")
    assert ready.attributes["device_class"] == "running"
    # Opened again, it is filled in with what was said.
    form = await open_form(hass, hub, "describe")
    form = await fill_in(
        hass, form, {"device": hub_kit.device_id(hub_kit.domain.entities["pump"].id)}
    )
    form = await fill_in(hass, form, shown(form))
    assert shown(form)["variables"] == [
        {**rows[0], "max": 3000},
        rows[1],
    ]


async def test_what_a_client_declared_stays_where_the_form_does_not_ask_for_it(
    hass: HomeAssistant, hub_kit: HubKit, hub: MockConfigEntry
) -> None:
    declared = {
        "name": "mode",
        "type": "enum",
        "direction": "input",
        "description": "What it does",
        "config": {"options": [{"value": "a", "label": "A"}, "b"], "widget": "tabs"},
    }
    await hub_kit.act(
        "create_entity",
        name="Desk",
        entity_type="controller",
        variables=[declared],
    )
    form = await open_form(hass, hub, "describe")
    form = await fill_in(
        hass, form, {"device": hub_kit.device_id(hub_kit.domain.entities["desk"].id)}
    )
    form = await fill_in(hass, form, shown(form))
    (row,) = shown(form)["variables"]
    assert row["options"] == ["a", "b"]
    await fill_in(hass, form, {"variables": [{**row, "entity_category": "config"}]})
    await hub_kit.settled()

    mode = hub_kit.domain.entities["desk"].variables["mode"].to_wire()
    assert mode["description"] == "What it does"
    assert mode["config"] == {**declared["config"], "entity_category": "config"}  # type: ignore[dict-item]


async def test_metrics_are_described_in_the_options(
    hass: HomeAssistant, hub_kit: HubKit, hub: MockConfigEntry
) -> None:
    device = await hub_kit.registers(
        "AA:01", metadata={"metrics": {"noise": {"note": "x"}}, "rack": 3}
    )
    hub_kit.domain.devices.report_metric(
        "AA:01", {"metric_name": "noise", "metric_value": -6.25, "unit": "dB"}
    )
    await hub_kit.settled()
    assert (
        hub_kit.state("sensor.aa_01_noise").attributes["device_class"]
        == "sound_pressure"
    )
    form = await open_form(hass, hub, "describe")
    form = await fill_in(hass, form, {"device": hub_kit.device_id(device.id)})
    assert shown(form)["metrics"] == [{"name": "noise"}]
    done = await fill_in(
        hass,
        form,
        {"metrics": [{"name": "noise", "device_class": "none", "precision": 1.0}]},
    )
    await hub_kit.settled()

    assert done["type"] == "create_entry"
    assert "device_class" not in hub_kit.state("sensor.aa_01_noise").attributes

    # Whatever the device declares from now on; it fills in what nobody said.
    hub_kit.domain.devices.heartbeat(
        "AA:01",
        metadata={
            "metrics": {"noise": {"device_class": "signal_strength", "unit": "dBm"}}
        },
    )
    await hub_kit.settled()
    look = hub_kit.state("sensor.aa_01_noise").attributes
    assert "device_class" not in look
    assert look["unit_of_measurement"] == "dBm"
    again = await open_form(hass, hub, "describe")
    again = await fill_in(hass, again, {"device": hub_kit.device_id(device.id)})
    (row,) = shown(again)["metrics"]
    assert row == {
        "name": "noise",
        "unit": "dBm",
        "device_class": "none",
        "precision": 1,
    }
    await fill_in(hass, again, {"metrics": [row]})
    assert device.described == {"noise": {"device_class": "none", "precision": 1}}


async def test_other_things_say_themselves_what_they_are(
    hass: HomeAssistant, hub_kit: HubKit, hub: MockConfigEntry
) -> None:
    form = await open_form(hass, hub, "describe")
    refused = await fill_in(hass, form, {"device": hub_kit.device_id(hub.entry_id)})
    assert refused["errors"] == {"device": "not_described"}


async def test_another_type_of_an_action_keeps_what_there_is(
    hub_kit: HubKit, area_registry: ar.AreaRegistry
) -> None:
    await hub_kit.hears("hall", fps=60)
    await hub_kit.hears("cellar", fps=60)
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act(
            "update_entity", slug=["hall", "cellar"], entity_type="made up"
        )
    assert refused.value.translation_key == "unknown_entity_type"
    await hub_kit.act(
        "define_variable", slug="hall", name="fps", type="number", direction="output"
    )
    before = hub_kit.domain.entities["hall"].id

    await hub_kit.act("update_entity", slug="hall", entity_type="room")

    hall = hub_kit.domain.entities["hall"]
    assert (hall.id, hall.type.name, hall.state) == (before, "room", {"fps": 60})
    # A room is an area, for what is below it too.
    registered = hub_kit.device(hub_kit.device_id(hall.id))
    assert registered.area_id == "hall"
    assert registered.model == "Room"
    # Actions take its type as a label, unless the user took that off.
    assert registered.labels == {hub_kit.label_id("Maestra room")}
    devices = dr.async_get(hub_kit.hass)
    devices.async_update_device(registered.id, labels=set())
    await hub_kit.act("update_entity", slug="hall", entity_type="zone")
    assert hub_kit.device(registered.id).labels == set()
