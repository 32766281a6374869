"""Cue lists as Home Assistant shows and runs them."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from custom_components.maestra.core.cues.events import CueStarted
from custom_components.maestra.features.cues.manager import CuesManager
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
from tests.kits.hub import HubKit, unload
from tests.kits.process import soon

OVER = 0.2
CUES: list[dict[str, Any]] = [
    {"name": "Dawn", "states": {"wash": {"level": 100}}, "transition": OVER},
    {"number": "1.5", "name": "Noon", "states": {"wash": {"level": 50}}},
    {"number": "2", "states": {"wash": {"level": 0}}},
]


@pytest.fixture
async def stage(hub_kit: HubKit) -> HubKit:
    """A hub with a wash and a list of three cues."""
    fader = {"name": "level", "type": "range", "direction": "input"}
    await hub_kit.act(
        "create_entity",
        name="Wash",
        entity_type="actuator",
        variables=[fader, {"name": "heat", "type": "number", "direction": "output"}],
        state={"level": 0, "heat": 40},
    )
    await hub_kit.act(
        "save_cue_list", name="Act 1", cues=CUES, safe={"wash": {"level": 7}}
    )
    await hub_kit.appears("select.act_1_cue")
    return hub_kit


def level(stage: HubKit) -> Any:
    return stage.domain.entities["wash"].state["level"]


async def level_is(stage: HubKit, wanted: float) -> None:
    await soon(lambda: level(stage) == wanted)


async def press(stage: HubKit, button: str) -> None:
    await stage.call("button.press", f"button.act_1_{button}")


async def test_a_list_is_a_desk(stage: HubKit) -> None:
    assert stage.state("select.act_1_cue").state == STATE_UNKNOWN
    assert stage.state("sensor.act_1_current_cue").state == "none"
    assert stage.state("select.act_1_cue").attributes["options"] == [
        "1 Dawn",
        "1.5 Noon",
        "2",
    ]
    assert stage.state("sensor.act_1_next_cue").state == "1 Dawn"
    await press(stage, "go")
    await stage.state_is("select.act_1_cue", "1 Dawn")
    await stage.state_is("switch.act_1_running", "on")
    assert stage.state("sensor.act_1_cue_complete").state != STATE_UNKNOWN
    await level_is(stage, 100)
    await stage.state_is("switch.act_1_running", "off")
    found = await stage.state_is("sensor.act_1_next_cue", "1.5 Noon")
    assert found
    await stage.call("select.select_option", "select.act_1_cue", option="2")
    await level_is(stage, 0)
    await stage.state_is("sensor.act_1_next_cue", "none")
    with pytest.raises(HomeAssistantError) as refused:
        await press(stage, "go")
    assert refused.value.translation_key == "no_cue_left"
    await press(stage, "back")
    await level_is(stage, 50)
    await press(stage, "panic")
    await level_is(stage, 7)
    await stage.appears_with("event.act_1_cue_event", event_type="panic")


async def test_it_is_paused_by_its_switch(stage: HubKit) -> None:
    await stage.call("switch.turn_on", "switch.act_1_running")
    await soon(lambda: level(stage) > 1)
    await stage.call("switch.turn_off", "switch.act_1_running")
    await stage.state_is("switch.act_1_running", "off")
    await stage.state_is("sensor.act_1_cue_complete", STATE_UNKNOWN)
    assert 1 < level(stage) < 100
    await stage.call("switch.turn_on", "switch.act_1_running")
    await level_is(stage, 100)
    await press(stage, "stop")


async def test_each_cue_is_a_scene(stage: HubKit) -> None:
    assert stage.state("scene.act_1_1_dawn").name == "Act 1 1 Dawn"
    await stage.call("scene.turn_on", "scene.act_1_1_5_noon")
    await level_is(stage, 50)
    await stage.act("save_cue_list", name="Act 1", cues=CUES[1:])
    await stage.disappears("scene.act_1_1_dawn")


async def test_a_cue_turns_on_what_is_not_ours(
    hass: HomeAssistant, stage: HubKit, caplog: pytest.LogCaptureFixture
) -> None:
    assert await async_setup_component(hass, "homeassistant", {})
    calls: list[ServiceCall] = []

    async def listen(call: ServiceCall) -> None:
        calls.append(call)
        if "broken" in call.data["entity_id"][0]:
            raise HomeAssistantError("out of order")

    hass.services.async_register("script", "turn_on", listen)
    names = ["script.broken", "script.fog"]
    await stage.act("save_cue_list", name="Fog", cues=[{"activates": names}])
    await stage.act("go", cue_list="Fog")
    await soon(lambda: len(calls) == 2)
    await soon(lambda: "A cue can't turn on script.broken" in caplog.text)


async def test_what_is_set_now_is_kept_as_a_cue(stage: HubKit) -> None:
    stage.domain.entities.update("wash", {"level": 33})
    answer = await stage.ask(
        "capture_cue", slug="wash", cue_list="Act 1", name="Dusk", transition=3
    )
    assert answer["cue"] == {
        "number": "3",
        "name": "Dusk",
        "states": {"wash": {"level": 33}},
        "transition": 3,
    }
    stage.domain.entities.update("wash", {"level": 44})
    await stage.act("capture_cue", slug="wash", cue_list="Act 1", number="1")
    await stage.act("capture_cue", slug="wash", cue_list="New")
    lists = await stage.ask("get_cue_lists")
    assert [cue["number"] for cue in lists["Act 1"]["cues"]] == ["1", "1.5", "2", "3"]
    assert lists["Act 1"]["cues"][0]["states"] == {"wash": {"level": 44}}
    assert [cue["number"] for cue in lists["New"]["cues"]] == ["1"]
    # What is read is taken again.
    await stage.act("save_cue_list", **lists["Act 1"])
    assert await stage.ask("get_cue_lists") == lists


@pytest.mark.parametrize(
    ("action", "data", "key"),
    [
        ("go", {"cue_list": "None"}, "unknown_cue_list"),
        ("go_to_cue", {"cue": "9"}, "unknown_cue"),
        ("stand_by_cue", {"cue": "9"}, "unknown_cue"),
        ("back", {}, "no_cue_left"),
        ("delete_cue_list", {}, "one_cue_list"),
        ("save_cue_list", {"name": "x", "cues": [{"transition": -1}]}, "invalid_field"),
        ("save_cue_list", {"name": "x", "cues": [{}, {"number": 1}]}, "invalid_field"),
    ],
)
async def test_what_is_wrong_is_said(
    stage: HubKit, action: str, data: dict[str, Any], key: str
) -> None:
    with pytest.raises(HomeAssistantError) as refused:
        await stage.act(action, **data)
    assert refused.value.translation_key == key


async def test_of_several_lists_one_is_chosen(stage: HubKit) -> None:
    await stage.act("save_cue_list", name="Act 2", min_interval=60, cues=CUES)
    await stage.appears("button.act_2_go")
    with pytest.raises(HomeAssistantError) as refused:
        await stage.act("go")
    assert refused.value.translation_key == "one_cue_list"
    await stage.act("stand_by_cue", entity_id="button.act_2_go", cue="1.5")
    await stage.act("go", entity_id="button.act_2_go")
    await level_is(stage, 50)
    with pytest.raises(HomeAssistantError) as refused:
        await stage.act("go_to_cue", cue_list="Act 2", cue="2")
    assert refused.value.translation_key == "go_too_soon"
    for action in ("pause_cues", "resume_cues", "stop_cues", "panic"):
        await stage.act(action)
    await level_is(stage, 7)


async def test_what_a_list_was_is_told_and_brought_back(stage: HubKit) -> None:
    await stage.act("save_cue_list", name="Act 1", cues=CUES[:2])
    await stage.act("capture_cue", slug="wash", cue_list="Act 1", number="9")
    await stage.reload()
    history = (await stage.ask("get_cue_list_versions"))["Act 1"]
    assert history["version"] == 3
    assert [it["version"] for it in history["former"]] == [2, 1]
    assert history["former"][0]["difference"] == {"added": ["9"]}
    oldest = history["former"][1]
    assert oldest["difference"] == {
        "added": ["9"],
        "removed": ["2"],
        "settings": ["safe"],
    }
    answer = await stage.ask("restore_cue_list", version=1)
    assert answer["version"] == 4
    found = (await stage.ask("get_cue_lists"))["Act 1"]
    assert found == oldest["cue_list"]
    with pytest.raises(HomeAssistantError) as refused:
        await stage.act("restore_cue_list", version=9)
    assert refused.value.translation_key == "unknown_cue_list_version"


async def test_a_list_that_is_deleted_leaves_nothing(stage: HubKit) -> None:
    manager: CuesManager = stage.entry.runtime_data.manager(CuesManager)
    (id_,) = manager.owners
    assert manager.device_diagnostics(id_)
    assert manager.device_diagnostics("other") is None
    await stage.act("delete_cue_list", cue_list="Act 1")
    await stage.disappears("select.act_1_cue")
    assert stage.device_of(id_) is None
    assert not [name for name in stage.entity_ids if "act_1" in name]


async def test_a_reload_goes_on_in_the_middle(
    stage: HubKit, hass_storage: dict[str, Any]
) -> None:
    await stage.act(
        "save_cue_list",
        name="Long",
        cues=[{"states": {"wash": {"level": 100}}, "transition": 3600}],
    )
    await stage.act("go", cue_list="Long")
    await soon(lambda: level(stage) > 0)
    await stage.reload()
    assert 0 < level(stage) < 50
    await stage.state_is("select.long_cue", "1")
    await stage.state_is("switch.long_running", "on")
    assert stage.state("select.act_1_cue").state == STATE_UNKNOWN
    await stage.act("stop_cues")


@pytest.mark.parametrize("data", [[], "x", 5, {"cues:x": {"list": 5}}, {"x": []}])
async def test_a_file_that_was_written_by_hand_is_no_end(
    stage: HubKit, hass_storage: dict[str, Any], data: Any
) -> None:
    await stage.act("go", cue_list="Act 1")
    await unload(stage.hass, stage.entry)
    hass_storage["maestra.cues"]["data"] = data
    await stage.reload()
    assert not stage.entry.runtime_data.manager(CuesManager).owners
    await stage.act("save_cue_list", name="Act 1", cues=CUES)
    await stage.appears("select.act_1_cue")


async def test_scenes_are_not_written_with_each_cue(stage: HubKit) -> None:
    """They may be a thousand."""
    written = stage.state("scene.act_1_1_dawn").last_reported
    await press(stage, "go")
    await stage.state_is("select.act_1_cue", "1 Dawn")
    await level_is(stage, 100)
    await stage.state_is("switch.act_1_running", "off")
    assert stage.state("scene.act_1_1_dawn").last_reported == written


@pytest.mark.parametrize("mode", ["single", "restart", "queued", "parallel"])
@pytest.mark.parametrize(
    "trigger",
    [
        {"trigger": "maestra.cue_started"},
        {"trigger": "state", "entity_id": "event.act_1_cue_event"},
    ],
    ids=["trigger", "event entity"],
)
async def test_an_automation_that_starts_itself_lets_others_have_their_turn(
    hass: HomeAssistant, stage: HubKit, mode: str, trigger: dict[str, str]
) -> None:
    """Home Assistant goes on, so that the user can turn it off."""
    most = 100
    lists = stage.entry.runtime_data.manager(CuesManager).lists
    turns = 0
    turns_of_cues: list[int] = []

    def count(_event: CueStarted) -> None:
        turns_of_cues.append(turns)
        if len(turns_of_cues) == most:
            # It ends here, so that a failure has an end too.
            lists.put(replace(lists["Act 1"].cues, min_interval=3_600))

    def turn() -> None:
        nonlocal turns
        turns += 1
        if turns < 10 * most:
            hass.loop.call_soon(turn)

    stage.domain.bus.subscribe(CueStarted, count)
    automation = {
        "alias": "Encore",
        "mode": mode,
        "triggers": [trigger],
        "actions": [{"action": "maestra.go_to_cue", "data": {"cue": "2"}}],
    }
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    turn()
    await stage.call("button.press", "button.act_1_go")
    await soon(lambda: turns >= 10 * most)
    assert len(turns_of_cues) > 1
    assert len(turns_of_cues) - len(set(turns_of_cues)) <= 2


async def test_what_a_cue_turns_on_may_hang(
    hass: HomeAssistant,
    stage: HubKit,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("custom_components.maestra.hub.switching.TURN_ON_TIMEOUT", 0.05)  # fmt: skip
    turned: list[str] = []
    await async_setup_component(hass, "homeassistant", {})

    async def hang(call: ServiceCall) -> None:
        turned.append(call.data["entity_id"][0])
        if turned[-1] == "scene.stuck":
            await asyncio.Event().wait()

    hass.services.async_register("scene", "turn_on", hang)
    await stage.act(
        "save_cue_list",
        name="Stuck",
        cues=[{"states": {}, "activates": ["scene.stuck", "scene.good"]}],
    )
    await stage.act("go", cue_list="Stuck")
    await soon(lambda: "can't turn on scene.stuck: TimeoutError" in caplog.text)
    assert turned == ["scene.stuck", "scene.good"]
