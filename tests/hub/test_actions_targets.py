"""What Home Assistant's targets stand for, and what actions say when they can't work."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceNotFound, ServiceValidationError
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
from homeassistant.setup import async_setup_component

from ..kits.hub import HubKit


@pytest.fixture
async def target(
    request: pytest.FixtureRequest, hass: HomeAssistant, hub_kit: HubKit
) -> dict[str, str]:
    """The light `wash-1`, targeted in the way that the test names."""
    gobo = {"name": "gobo", "type": "string", "direction": "input"}
    device_id = await hub_kit.light("wash-1", variables=[gobo])
    await hub_kit.light("wash-2")
    floor = fr.async_get(hass).async_create("Ground")
    areas, devices = ar.async_get(hass), dr.async_get(hass)
    area = areas.async_create("Stage", floor_id=floor.floor_id)
    label = lr.async_get(hass).async_create("Front")
    devices.async_update_device(device_id, area_id=area.id, labels={label.label_id})
    entity_area = areas.async_create("Truss")
    entity_label = lr.async_get(hass).async_create("Wash")
    er.async_get(hass).async_update_entity(
        "text.wash_1_gobo", area_id=entity_area.id, labels={entity_label.label_id}
    )
    await async_setup_component(
        hass,
        "group",
        {"group": {"lights": {"entities": ["text.wash_1_gobo", "sun.sun"]}}},
    )
    targets: dict[str, dict[str, str]] = {
        "entity": {"entity_id": "text.wash_1_gobo"},
        "group of entities": {"entity_id": "group.lights"},
        "device": {"device_id": device_id},
        "area": {"area_id": area.id},
        "area of an entity": {"area_id": entity_area.id},
        "floor": {"floor_id": floor.floor_id},
        "label": {"label_id": label.label_id},
        "label of an entity": {"label_id": entity_label.label_id},
    }
    return targets[request.param]


@pytest.mark.parametrize(
    "target",
    [
        "entity",
        "group of entities",
        "device",
        "area",
        "area of an entity",
        "floor",
        "label",
        "label of an entity",
    ],
    indirect=True,
)
async def test_targets(hub_kit: HubKit, target: dict[str, str]) -> None:
    assert list(await hub_kit.ask("get_state", **target)) == ["wash-1"]


async def test_the_label_of_a_type_targets_all_of_it(hub_kit: HubKit) -> None:
    await hub_kit.light("wash-2")
    await hub_kit.light("wash-1")
    await hub_kit.act("create_entity", name="Stage", entity_type="space")
    answer = await hub_kit.ask("get_state", label_id=hub_kit.label_id("Maestra light"))
    assert list(answer) == ["wash-1", "wash-2"]


async def test_entities_without_a_state_are_targeted_by_their_device(
    hub_kit: HubKit,
) -> None:
    await hub_kit.act("create_entity", name="Stage", entity_type="space")
    device_id = hub_kit.device_id(hub_kit.domain.entities["stage"].id)
    assert list(await hub_kit.ask("get_state", device_id=device_id)) == ["stage"]


async def test_what_is_not_of_maestra_is_refused(
    hass: HomeAssistant,
    hub_kit: HubKit,
    device_registry: dr.DeviceRegistry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await hub_kit.light("wash-1")
    other = MockConfigEntry(domain="other")
    other.add_to_hass(hass)
    foreign = device_registry.async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("other", "1")}
    )
    hass.states.async_set("sun.sun", "above_horizon")
    answer = await hub_kit.ask("get_state", entity_id=["light.wash_1", "light.nobody"])
    assert list(answer) == ["wash-1"]
    assert "Referenced entities light.nobody are missing" in caplog.text
    for wrong in (
        {"device_id": foreign.id},
        {"entity_id": ["light.wash_1", "sun.sun"]},
    ):
        with pytest.raises(ServiceValidationError) as refused:
            await hub_kit.ask("get_state", **wrong)
        assert refused.value.translation_key == "wrong_target"
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.ask("get_state", entity_id="light.nobody")
    assert refused.value.translation_key == "no_entity_targeted"


async def test_a_device_is_no_entity(hub_kit: HubKit) -> None:
    device = await hub_kit.registers("AA:01")
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.ask("get_state", device_id=hub_kit.device_id(device.id))
    assert refused.value.translation_key == "wrong_target"


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("set_state", {"slug": "x", "state": {}}),
        ("create_entity", {"name": "x", "entity_type": "device"}),
        ("publish", {"topic": "maestra/x"}),
    ],
)
async def test_actions_answer_without_a_loaded_entry(
    hass: HomeAssistant, hub_kit: HubKit, action: str, data: dict[str, Any]
) -> None:
    await hass.config_entries.async_unload(hub_kit.entry.entry_id)
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act(action, **data)
    assert refused.value.translation_key == "not_loaded"


async def test_actions_exist_without_any_entry(hass: HomeAssistant) -> None:
    with pytest.raises(ServiceNotFound):
        await hass.services.async_call(DOMAIN, "set_state", {}, blocking=True)
    await async_setup_component(hass, DOMAIN, {})
    with pytest.raises(ServiceValidationError) as refused:
        await hass.services.async_call(
            DOMAIN, "reject_device", {"device": "x"}, blocking=True
        )
    assert refused.value.translation_key == "not_loaded"
