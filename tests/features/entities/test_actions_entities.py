"""Creating, changing and deleting entities and their variables."""

from typing import Any

import probatio
import pytest

from custom_components.maestra.core.domain.events import EntityUpdated
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError

from ...kits.hub import HubKit


async def test_created_entity_is_a_device_with_entities(
    hub_kit: HubKit,
) -> None:
    await hub_kit.act("create_entity", name="Stage", entity_type="space")
    answer = await hub_kit.ask(
        "create_entity",
        name="Wash 1",
        entity_type="light",
        parent="stage",
        state={"on": True},
        tags=["front"],
        description="Over the audience",
        metadata={"universe": 1},
    )
    assert answer["entity_slug"] == "wash-1"
    assert answer["path"] == "stage.wash_1"
    device = hub_kit.device(hub_kit.device_id(answer["entity_id"]))
    parent = hub_kit.device(device.via_device_id)
    assert (device.name, parent.name) == ("Wash 1", "Stage")
    # Home Assistant puts the area first.
    assert hub_kit.state("light.stage_wash_1").state == "on"


async def test_unknown_type_is_created(hub_kit: HubKit) -> None:
    await hub_kit.act("create_entity", name="Fog", entity_type="fog_machine")
    answer = await hub_kit.ask("get_state", slug="fog")
    assert answer["fog"]["entity_type"] == "fog_machine"
    assert hub_kit.label_id("Maestra fog machine")


async def test_type_of_a_refused_entity_does_not_stay(hub_kit: HubKit) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act("create_entity", name="Fog", entity_type="fog", slug="A b")
    assert refused.value.translation_key == "invalid_field"
    assert hub_kit.domain.types.get("fog") is None


async def test_reserved_type(hub_kit: HubKit) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act("create_entity", name="Fog", entity_type="update")
    assert refused.value.translation_key == "invalid_field"


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"slug": "taken"}, "already_exists"),
        ({"parent": "nobody"}, "unknown_entity"),
        ({"device": "nobody"}, "unknown_device"),
        ({"variables": [{"name": "x", "type": "wheel"}]}, "invalid_field"),
        (
            {
                "variables": [{"name": "x", "type": "number", "direction": "input"}],
                "state": {"x": "much"},
            },
            "invalid_value",
        ),
    ],
)
async def test_refused_creation(
    hub_kit: HubKit, data: dict[str, Any], key: str
) -> None:
    await hub_kit.act("create_entity", name="Taken", entity_type="device")
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act("create_entity", name="New", entity_type="device", **data)
    assert refused.value.translation_key == key


async def test_declared_variables_become_entities(
    hass: HomeAssistant, hub_kit: HubKit
) -> None:
    await hub_kit.act(
        "create_entity",
        name="Lift",
        entity_type="actuator",
        variables=[
            {
                "name": "height",
                "type": "range",
                "direction": "input",
                "defaultValue": 3,
                "config": {"max": 5},
                "inferred": True,
            }
        ],
    )
    lift = hub_kit.state("number.lift_height")
    assert (lift.state, lift.attributes["max"]) == ("3", 5)
    # What a person declares is declared: a state outside is refused.
    with pytest.raises(ServiceValidationError):
        await hub_kit.act("set_state", slug="lift", state={"height": 6})


async def test_device_behind_an_entity_makes_it_unavailable(
    hass: HomeAssistant, hub_kit: HubKit
) -> None:
    await hub_kit.registers("AA:01")
    await hub_kit.light("wash-1", device="AA:01")
    await hub_kit.beats("AA:01", "offline")
    await hub_kit.act("update_entity", slug="wash-1", tags=["x"])
    await hub_kit.act("set_state", slug="wash-1", state={"on": True})
    assert hub_kit.state("light.wash_1").state == "unavailable"
    await hub_kit.act("update_entity", slug="wash-1", device="")
    await hub_kit.act("set_state", slug="wash-1", state={"on": False})
    assert hub_kit.state("light.wash_1").state == "off"


async def test_update_changes_what_is_given_only(hub_kit: HubKit) -> None:
    await hub_kit.light("wash-1", tags=["front"], description="old")
    told = hub_kit.notified(EntityUpdated)
    await hub_kit.act(
        "update_entity",
        slug="wash-1",
        name="Wash left",
        status="maintenance",
        metadata={"universe": 2},
        description=None,
    )
    assert told[-1].changes == {
        "name": "Wash left",
        "description": None,
        "metadata": {"universe": 2},
        "status": "maintenance",
    }
    assert told[-1].source.name == "home_assistant"
    assert told[-1].entity.tags == ("front",)


async def test_update_moves(hub_kit: HubKit) -> None:
    await hub_kit.act("create_entity", name="Stage", entity_type="space")
    light = await hub_kit.light("wash-1")
    await hub_kit.act("update_entity", slug="wash-1", parent="stage")
    assert hub_kit.device(hub_kit.device(light).via_device_id).name == "Stage"
    assert (await hub_kit.ask("get_state", slug="wash-1"))["wash-1"][
        "path"
    ] == "stage.wash_1"
    await hub_kit.act("update_entity", slug="wash-1", parent="")
    assert (await hub_kit.ask("get_state", slug="wash-1"))["wash-1"]["path"] == "wash_1"


async def test_not_below_itself(hub_kit: HubKit) -> None:
    await hub_kit.light("wash-1")
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act("update_entity", slug="wash-1", parent="wash-1")
    assert refused.value.translation_key == "invalid_hierarchy"


async def test_delete_keeps_children_unless_told_otherwise(
    hass: HomeAssistant, hub_kit: HubKit
) -> None:
    await hub_kit.act("create_entity", name="Stage", entity_type="space")
    await hub_kit.light("wash-1", parent="stage")
    await hub_kit.act("delete_entity", slug="stage")
    assert (await hub_kit.ask("get_state", slug="wash-1"))["wash-1"]["path"] == "wash_1"
    await hub_kit.act("delete_entity", slug="wash-1")
    assert hass.states.get("light.wash_1") is None


async def test_delete_with_everything_below(
    hass: HomeAssistant, hub_kit: HubKit
) -> None:
    await hub_kit.act("create_entity", name="Stage", entity_type="space")
    await hub_kit.light("wash-1", parent="stage")
    await hub_kit.act("delete_entity", slug=["stage", "wash-1"], cascade=True)
    assert hass.states.get("light.wash_1") is None
    with pytest.raises(ServiceValidationError):
        await hub_kit.entity_state("wash-1")


async def test_define_variable_on_several(hass: HomeAssistant, hub_kit: HubKit) -> None:
    await hub_kit.light("wash-1")
    await hub_kit.light("wash-2")
    await hub_kit.act(
        "define_variable",
        slug=["wash-1", "wash-2"],
        name="gobo",
        type="enum",
        direction="input",
        description="The wheel",
        default="open",
        config={"options": ["open", "stars"]},
    )
    for light in ("wash_1", "wash_2"):
        shown = hub_kit.state(f"select.{light}_gobo")
        assert shown.state == "open"
        assert shown.attributes["options"] == ["open", "stars"]


async def test_define_variable_refuses_a_default_that_does_not_fit(
    hub_kit: HubKit,
) -> None:
    await hub_kit.light("wash-1")
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act(
            "define_variable",
            slug="wash-1",
            name="x",
            type="number",
            direction="input",
            default="much",
        )
    assert refused.value.translation_key == "invalid_field"
    with pytest.raises(probatio.Invalid):
        await hub_kit.act(
            "define_variable", slug="wash-1", name="x", type="wheel", direction="input"
        )


async def test_remove_variable(hass: HomeAssistant, hub_kit: HubKit) -> None:
    variable = {"name": "gobo", "type": "string", "direction": "input"}
    await hub_kit.light("wash-1", variables=[variable])
    await hub_kit.light("wash-2")
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act("remove_variable", slug=["wash-1", "wash-2"], name="gobo")
    assert refused.value.translation_key == "unknown_variable"
    assert hass.states.get("text.wash_1_gobo")
    await hub_kit.act("remove_variable", slug="wash-1", name="gobo")
    assert hass.states.get("text.wash_1_gobo") is None
