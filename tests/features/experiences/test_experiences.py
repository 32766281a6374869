"""Experiences as Home Assistant shows, deploys and rolls them back."""

from typing import Any

import pytest

from custom_components.maestra.features.cues.manager import CuesManager
from custom_components.maestra.features.experiences.manager import ExperiencesManager
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
from tests.kits.hub import HubKit
from tests.kits.process import soon

DEPLOYMENT = "sensor.evening_deployment"
STATUS = "sensor.evening_status"
VERSION = "select.evening_version"
EVENT = "event.evening_deployment_event"


@pytest.fixture
async def theatre(hass: HomeAssistant, hub_kit: HubKit) -> HubKit:
    """A hub with two boards, a cue list, and an experience that has all of them."""
    for hardware_id in ("AA:01", "AA:02"):
        await hub_kit.registers(hardware_id)
    rain = {
        "alias": "Rain",
        "initial_state": False,
        "triggers": {"trigger": "event", "event_type": "rain"},
        "actions": [],
    }
    others = [
        noting("experience_deployed"),
        noting("deployment_failed", experience="Evening"),
        noting("deployment_failed", experience="Matinee"),
    ]
    automations = {"automation": [rain, *others]}
    assert await async_setup_component(hass, "automation", automations)
    await hub_kit.act("save_cue_list", name="Act 1", cues=[{"name": "Dawn"}])
    await save(hub_kit)
    await hub_kit.appears(DEPLOYMENT)
    return hub_kit


async def save(theatre: HubKit, **content: Any) -> None:
    whole = {
        "cue_lists": ["Act 1"],
        "automations": {"automation.rain": "on"},
        "configurations": {"stage": {"interval": 10}},
        "groups": {"stage": ["AA:01", "AA:02"]},
    }
    await theatre.act("save_experience", name="Evening", **whole | content)


def says(
    theatre: HubKit, hardware_id: str, version: int, error: str | None = None
) -> None:
    configurations = theatre.domain.configurations
    device = theatre.domain.devices[hardware_id]
    if error is None:
        configurations.applied(device, version)
    else:
        configurations.refused(device, version, error)


async def press(theatre: HubKit, button: str) -> None:
    await theatre.call("button.press", f"button.evening_{button}")


async def test_it_is_worked_at_published_and_deployed(theatre: HubKit) -> None:
    assert theatre.state(STATUS).state == "draft"
    assert theatre.state(DEPLOYMENT).state == "none"
    with pytest.raises(HomeAssistantError) as refused:
        await press(theatre, "deploy")
    assert refused.value.translation_key == "experience_unpublished"
    answer = await theatre.ask("publish_experience")
    assert answer["version"] == 1
    await theatre.state_is(STATUS, "published")
    await press(theatre, "deploy")
    await theatre.state_is(DEPLOYMENT, "pending")
    assert theatre.state("automation.rain").state == "on"
    says(theatre, "AA:01", 1)
    says(theatre, "AA:02", 1)
    await theatre.state_is(DEPLOYMENT, "deployed")
    attributes = theatre.state(DEPLOYMENT).attributes
    assert (attributes["devices"], attributes["deployed"]) == (2, 2)
    assert theatre.state(VERSION).state == "1"
    event = theatre.state(EVENT).attributes
    assert (event["event_type"], event["version"]) == ("deployed", 1)


async def test_one_that_refuses_is_shown_and_gets_back_what_it_had(
    theatre: HubKit,
) -> None:
    says_no = "no such pin"
    await theatre.act("push_configuration", device="AA:02", configuration={"a": 1})
    says(theatre, "AA:02", 1)
    await theatre.act("publish_experience")
    answer = await theatre.ask("deploy_experience", experience="Evening")
    assert {it["status"] for it in answer["devices"]} == {"pending"}
    says(theatre, "AA:01", 1)
    says(theatre, "AA:02", 2, says_no)
    await theatre.state_is(DEPLOYMENT, "failed")
    assert theatre.state(DEPLOYMENT).attributes["failures"] == [
        {"name": "AA:02", "reason": says_no}
    ]
    assert theatre.state(EVENT).attributes["event_type"] == "failed"
    newest = theatre.domain.configurations.of(theatre.domain.devices["AA:02"].id)[-1]
    assert (newest.version, newest.configuration) == (3, {"a": 1})
    says(theatre, "AA:02", 3)
    await soon(lambda: theatre.state(DEPLOYMENT).attributes["rolled_back"] == 1)


async def test_it_is_rolled_back(theatre: HubKit) -> None:
    await theatre.act("publish_experience")
    await theatre.act("save_cue_list", name="Act 1", cues=[{"name": "Dusk"}])
    await theatre.act("deploy_experience")
    lists = theatre.entry.runtime_data.manager(CuesManager).lists
    assert lists["Act 1"].cues.cues[0].name == "Dawn"
    says(theatre, "AA:01", 1)
    says(theatre, "AA:02", 1)
    await theatre.state_is(DEPLOYMENT, "deployed")
    await press(theatre, "roll_back")
    await theatre.state_is(DEPLOYMENT, "rolled_back")
    assert lists["Act 1"].cues.cues[0].name == "Dusk"
    assert theatre.state("automation.rain").state == "off"
    assert list(theatre.domain.groups) == []
    assert theatre.state(VERSION).state == STATE_UNKNOWN
    with pytest.raises(HomeAssistantError) as refused:
        await press(theatre, "roll_back")
    assert refused.value.translation_key == "nothing_to_roll_back"


async def test_choosing_a_version_deploys_it(theatre: HubKit) -> None:
    await theatre.act("publish_experience")
    await save(theatre, configurations={}, automations={}, groups={})
    await theatre.act("publish_experience")
    await soon(lambda: theatre.state(VERSION).attributes["options"] == ["2", "1"])
    await theatre.call("select.select_option", VERSION, option="2")
    await theatre.state_is(DEPLOYMENT, "deployed")
    await theatre.state_is(VERSION, "2")


async def test_it_is_there_again_after_a_reload(theatre: HubKit) -> None:
    await theatre.act("publish_experience")
    await theatre.act("deploy_experience", timeout=600)
    says(theatre, "AA:01", 1)
    await theatre.reload()
    await theatre.state_is(DEPLOYMENT, "pending")
    says(theatre, "AA:02", 1)
    await theatre.state_is(DEPLOYMENT, "deployed")
    await theatre.state_is(VERSION, "1")


@pytest.fixture
async def notes(hass: HomeAssistant) -> list[dict[str, Any]]:
    """What automations on experiences note."""
    found: list[dict[str, Any]] = []

    @callback
    def note(call: ServiceCall) -> None:
        found.append(dict(call.data))

    hass.services.async_register("test", "note", note)
    return found


def noting(trigger: str, **options: Any) -> dict[str, Any]:
    """Return an automation that notes what a trigger tells."""
    told = ("experience", "version", "devices", "failures")
    return {
        "triggers": {"trigger": f"maestra.{trigger}", "options": options},
        "actions": {
            "action": "test.note",
            "data": {key: f"{{{{ trigger.{key} | default(none) }}}}" for key in told},
        },
    }


@pytest.mark.parametrize("error", [None, "no such pin"])
async def test_automations_hear_of_it(
    theatre: HubKit, notes: list[dict[str, Any]], error: str | None
) -> None:
    await theatre.act("publish_experience")
    await theatre.act("deploy_experience")
    says(theatre, "AA:01", 1)
    says(theatre, "AA:02", 1, error)
    await theatre.settled()
    failures = [{"name": "AA:02", "reason": error}] if error else None
    assert notes == [
        {"experience": "Evening", "version": 1, "devices": 2, "failures": failures}
    ]


async def test_what_is_said_wrongly_is_refused(theatre: HubKit) -> None:
    await theatre.act("publish_experience")
    for action, data, key in (
        ("deploy_experience", {"version": 9}, "unknown_experience_version"),
        ("deploy_experience", {"experience": "Matinee"}, "unknown_experience"),
        ("deploy_experience", {"device": "AA:09"}, "unknown_device"),
        ("deploy_experience", {"group": "roof"}, "unknown_group"),
        ("delete_experience", {}, "one_experience"),
        ("save_experience", {"name": "x", "groups": {"a": "b"}}, "invalid_field"),
        ("publish_experience", {"entity_id": "automation.rain"}, "wrong_target"),
    ):
        with pytest.raises(ServiceValidationError) as refused:
            await theatre.act(action, **data)
        assert refused.value.translation_key == key, action
    await save(theatre, automations={"sensor.evening_status": True})
    await theatre.act("publish_experience")
    with pytest.raises(ServiceValidationError) as refused:
        await theatre.act("deploy_experience")
    assert refused.value.translation_key == "unknown_automation"
    await theatre.act("archive_experience")
    with pytest.raises(ServiceValidationError) as refused:
        await theatre.act("deploy_experience")
    assert refused.value.translation_key == "experience_archived"
    await theatre.state_is(STATUS, "archived")


async def test_it_is_told_and_deleted(theatre: HubKit) -> None:
    found = await theatre.ask("get_experiences")
    evening = found["Evening"]
    assert evening["flow_definition"]["groups"] == {"stage": ["AA:01", "AA:02"]}
    assert (evening["status"], evening["deployments"]) == ("draft", [])
    manager = theatre.entry.runtime_data.manager(ExperiencesManager)
    (experience,) = manager.experiences
    assert manager.device_diagnostics(experience.id) == {
        "experience": manager.diagnostics()["experiences"][experience.id]
    }
    await theatre.act("delete_experience", experience="Evening")
    assert theatre.hass.states.get(DEPLOYMENT) is None
    assert await theatre.ask("get_experiences") == {}
