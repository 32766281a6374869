"""Setting and getting the states of entities."""

import probatio
import pytest

from custom_components.maestra.core.domain.events import StateChanged
from homeassistant.exceptions import ServiceValidationError

from ...kits.hub import HubKit


@pytest.fixture(autouse=True)
async def lights(hub_kit: HubKit) -> None:
    """Two lights, one with a declared brightness."""
    brightness = {"name": "brightness", "type": "range", "direction": "input"}
    await hub_kit.light("wash-1", variables=[brightness])
    await hub_kit.light("wash-2")


async def test_merges_several_at_once(hub_kit: HubKit) -> None:
    changes = hub_kit.notified(StateChanged)
    await hub_kit.act("set_state", slug=["wash-1", "wash-2"], state={"brightness": 40})
    assert (await hub_kit.entity_state("wash-1"))["brightness"] == 40
    assert (await hub_kit.entity_state("wash-2"))["brightness"] == 40
    assert (await hub_kit.entity_state("wash-2"))["color"] == "#ffffff"
    assert [change.source.name for change in changes] == ["home_assistant"] * 2


async def test_merges_objects_deeply(hub_kit: HubKit) -> None:
    await hub_kit.act("set_state", slug="wash-2", state={"aim": {"pan": 1, "tilt": 2}})
    await hub_kit.act("set_state", slug="wash-2", state={"aim": {"tilt": 3}})
    assert (await hub_kit.entity_state("wash-2"))["aim"] == {"pan": 1, "tilt": 3}


async def test_replaces(hub_kit: HubKit) -> None:
    await hub_kit.act("set_state", slug="wash-2", state={"cue": 7}, mode="replace")
    assert await hub_kit.entity_state("wash-2") == {"cue": 7}


async def test_a_refused_value_changes_nothing_anywhere(hub_kit: HubKit) -> None:
    changes = hub_kit.notified(StateChanged)
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act(
            "set_state", slug=["wash-2", "wash-1"], state={"brightness": 400}
        )
    assert refused.value.translation_key == "invalid_value"
    assert refused.value.translation_placeholders == {
        "entity": "wash-1",
        "variable": "brightness",
        "reason": "must be between 0 and 100",
    }
    assert changes == []


async def test_a_refused_replacement_changes_nothing_anywhere(hub_kit: HubKit) -> None:
    await hub_kit.act(
        "define_variable",
        slug="wash-1",
        name="gobo",
        type="string",
        direction="input",
        required=True,
    )
    with pytest.raises(ServiceValidationError, match="gobo"):
        await hub_kit.act(
            "set_state", slug=["wash-2", "wash-1"], state={}, mode="replace"
        )
    assert "color" in await hub_kit.entity_state("wash-2")


async def test_yaml_truth_values_as_keys_are_on_and_off(hub_kit: HubKit) -> None:
    state = {True: True, "nested": {False: 1, 2: [{True: None}]}}
    await hub_kit.act("set_state", slug="wash-2", state=state, mode="replace")
    assert await hub_kit.entity_state("wash-2") == {
        "on": True,
        "nested": {"off": 1, "2": [{"on": None}]},
    }


async def test_refuses_what_is_not_json(hub_kit: HubKit) -> None:
    with pytest.raises(probatio.Invalid, match="can't be written as JSON"):
        await hub_kit.act("set_state", slug="wash-2", state={"x": {1, 2}})


async def test_unknown_slug(hub_kit: HubKit) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act("set_state", slug=["wash-2", "nobody"], state={"on": True})
    assert refused.value.translation_key == "unknown_entity"
    assert (await hub_kit.entity_state("wash-2"))["on"] is False


async def test_get_state_answers_in_the_protocols_form(hub_kit: HubKit) -> None:
    answer = await hub_kit.ask("get_state", slug=["wash-2", "wash-1"])
    assert list(answer) == ["wash-2", "wash-1"]
    wash = answer["wash-1"]
    assert (wash["entity_slug"], wash["entity_type"]) == ("wash-1", "light")
    assert wash["path"] == "wash_1"
    assert wash["state_updated_at"].endswith("Z")


async def test_get_state_by_path_leaves_out_what_is_not_there(hub_kit: HubKit) -> None:
    await hub_kit.act(
        "set_state", slug="wash-1", state={"aim": {"pan": 5}, "gobo": None}
    )
    answer = await hub_kit.ask(
        "get_state", slug="wash-1", paths=["aim.pan", "aim.pan.x", "gobo", "on"]
    )
    assert answer["wash-1"]["state"] == {"aim.pan": 5, "on": False}


async def test_what_an_automation_sets_home_assistant_shows(hub_kit: HubKit) -> None:
    await hub_kit.act("set_state", slug="wash-2", state={"on": True, "brightness": 100})
    assert hub_kit.state("light.wash_2").attributes["brightness"] == 255
