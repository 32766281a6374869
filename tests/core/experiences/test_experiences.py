"""Experiences as they are worked at, published, deployed and rolled back."""

from collections.abc import AsyncGenerator
import json
from typing import Any

import pytest

from custom_components.maestra.core.cues.errors import UnknownCueList
from custom_components.maestra.core.domain.errors import (
    AlreadyExists,
    InvalidField,
    TooMany,
    UnknownDevice,
    UnknownGroup,
)
from custom_components.maestra.core.experiences.deployment import DeploymentStatus
from custom_components.maestra.core.experiences.errors import (
    DeploymentPending,
    ExperienceArchived,
    ExperienceUnpublished,
    NothingToDeployTo,
    NothingToRollBack,
    UnknownAutomation,
    UnknownExperience,
    UnknownExperienceVersion,
)
from custom_components.maestra.core.experiences.experience import (
    KEPT_VERSIONS,
    Content,
    ExperienceStatus,
)
from custom_components.maestra.core.experiences.experiences import (
    KEPT_DEPLOYMENTS,
    MAX_EXPERIENCES,
    REMOVED,
)
from tests.kits.experiences import Theatre
from tests.kits.process import soon

PENDING, DEPLOYED, FAILED, ROLLED_BACK = DeploymentStatus
NEVER = 600.0
AT_ONCE = 0.01


@pytest.fixture
async def theatre() -> AsyncGenerator[Theatre]:
    theatre = Theatre()
    yield theatre
    theatre.close()


def test_a_draft_becomes_versions_that_stay(theatre: Theatre) -> None:
    theatre.put(configurations={"a": {"level": 1}})
    evening = theatre.experiences["Evening"]
    assert (evening.status, evening.number) == (ExperienceStatus.DRAFT, 1)
    theatre.experiences.publish("Evening", published_by="anna")
    assert (evening.status, evening.number) == (ExperienceStatus.PUBLISHED, 1)
    theatre.put(configurations={"a": {"level": 1}})
    assert evening.status is ExperienceStatus.PUBLISHED
    theatre.put(configurations={"a": {"level": 2}})
    assert (evening.status, evening.number) == (ExperienceStatus.DRAFT, 2)
    assert evening.version().content.configurations == {"a": {"level": 1}}
    theatre.experiences.publish(evening.id)
    assert [it.number for it in evening.versions] == [1, 2]
    assert evening.version(2).content.configurations == {"a": {"level": 2}}
    for _ in range(KEPT_VERSIONS):
        theatre.experiences.publish("Evening")
    assert [it.number for it in evening.versions] == list(range(3, 3 + KEPT_VERSIONS))


def test_what_was_never_published_or_is_archived_is_not_deployed(
    theatre: Theatre,
) -> None:
    theatre.put()
    with pytest.raises(ExperienceUnpublished):
        theatre.deploys()
    theatre.experiences.publish("Evening")
    with pytest.raises(UnknownExperienceVersion):
        theatre.deploys(number=2)
    theatre.experiences.archive("Evening")
    with pytest.raises(ExperienceArchived):
        theatre.deploys()
    theatre.put()
    theatre.deploys()
    with pytest.raises(UnknownExperience):
        theatre.deploys("Matinee")
    assert theatre.told == ["ExperienceDeployed"]


def test_each_device_is_sent_its_configuration_and_acknowledges_it(
    theatre: Theatre,
) -> None:
    theatre.publishes(configurations={"stage": {"level": 1}, "b": {"level": 2}})
    theatre.deploys(timeout=NEVER)
    assert sorted(theatre.sent) == [("a", 1, {"level": 1}), ("b", 1, {"level": 2})]
    deployment = theatre.experiences.last("Evening")
    assert deployment
    assert deployment.targets[theatre.id("a")].group == "stage"
    assert deployment.targets[theatre.id("b")].group is None
    theatre.applies("a", 1)
    assert theatre.statuses == {"a": DEPLOYED, "b": PENDING}
    with pytest.raises(DeploymentPending):
        theatre.deploys()
    theatre.applies("b", 1)
    assert theatre.status is DEPLOYED
    assert theatre.told == ["ExperienceDeployed"]


def test_a_device_that_refuses_is_sent_what_it_had(theatre: Theatre) -> None:
    b = theatre.domain.devices["b"]
    theatre.domain.configurations.push(b, {"level": 7})
    theatre.applies("b", 1)
    theatre.domain.configurations.push(b, {"level": "loud"})
    theatre.refuses("b", 2)
    theatre.publishes(configurations={"stage": {"level": 1}})
    theatre.deploys(timeout=NEVER)
    theatre.applies("a", 1)
    theatre.refuses("b", 3)
    assert theatre.sent[-1] == ("b", 4, {"level": 7})
    assert theatre.statuses == {"a": DEPLOYED, "b": FAILED}
    assert (theatre.status, theatre.reasons) == (FAILED, [("b", "too large")])
    assert theatre.told == ["DeploymentFailed"]
    theatre.applies("b", 4)
    assert theatre.statuses == {"a": DEPLOYED, "b": ROLLED_BACK}
    assert theatre.status is FAILED
    assert theatre.told == ["DeploymentFailed"]


async def test_a_device_that_is_silent_is_given_up(theatre: Theatre) -> None:
    theatre.publishes(configurations={"stage": {"level": 1}})
    theatre.deploys(timeout=AT_ONCE)
    theatre.applies("a", 1)
    await soon(lambda: theatre.status is FAILED)
    assert theatre.reasons == [("b", "did not acknowledge within 0.01 s")]
    assert theatre.sent[-1] == ("b", 2, {})
    # It says so late: it has what it had before.
    theatre.applies("b", 1)
    assert theatre.statuses["b"] is FAILED
    theatre.applies("b", 2)
    assert theatre.statuses["b"] is ROLLED_BACK
    assert theatre.told == ["DeploymentFailed"]


def test_a_device_that_is_removed_fails(theatre: Theatre) -> None:
    theatre.publishes(configurations={"stage": {"level": 1}})
    theatre.deploys(timeout=NEVER)
    theatre.applies("a", 1)
    theatre.domain.devices.remove("b")
    assert (theatre.status, theatre.reasons) == (FAILED, [("b", REMOVED)])


def test_it_is_deployed_to_some_devices_alone(theatre: Theatre) -> None:
    theatre.publishes(
        configurations={name: {"level": 1} for name in theatre.devices},
        groups={"foyer": ["c"]},
    )
    theatre.deploys(groups=["foyer"], devices=["a"], timeout=NEVER)
    assert {name for name, *_ in theatre.sent} == {"a", "c"}
    theatre.applies("a", 1)
    theatre.applies("c", 1)
    with pytest.raises(UnknownGroup):
        theatre.deploys(groups=["roof"])
    with pytest.raises(UnknownDevice):
        theatre.deploys(devices=["roof"])
    theatre.publishes(configurations={"a": {}})
    with pytest.raises(NothingToDeployTo):
        theatre.deploys(devices=["c"])


async def test_it_is_rolled_back_to_what_was_there(theatre: Theatre) -> None:
    theatre.domain.configurations.push(theatre.domain.devices["a"], {"level": 7})
    theatre.house.put_cue_list({"name": "Act 1", "cues": [{"name": "Dawn"}]})
    theatre.publishes(
        cue_lists=["Act 1"],
        automations={"automation.doors": "on", "automation.rain": False},
        configurations={"a": {"level": 1}},
        groups={"stage": ["c"], "foyer": ["a", "a"]},
    )
    theatre.house.put_cue_list({"name": "Act 1", "cues": [{"name": "Dusk"}]})
    theatre.deploys(timeout=NEVER)
    assert theatre.house.lists["Act 1"].cues.cues[0].name == "Dawn"
    assert theatre.domain.groups["stage"].members == {theatre.id("c")}
    assert theatre.domain.groups["foyer"].members == {theatre.id("a")}
    theatre.applies("a", 2)
    assert theatre.status is PENDING
    theatre.house.switches()
    assert theatre.house.automations == {
        "automation.doors": True,
        "automation.rain": False,
    }
    assert theatre.status is DEPLOYED

    theatre.experiences.roll_back("Evening")
    assert theatre.house.lists["Act 1"].cues.cues[0].name == "Dusk"
    assert theatre.domain.groups["stage"].members == {theatre.id("a"), theatre.id("b")}
    with pytest.raises(UnknownGroup):
        _ = theatre.domain.groups["foyer"]
    assert theatre.sent[-1] == ("a", 3, {"level": 7})
    assert theatre.statuses == {"a": PENDING}
    with pytest.raises(DeploymentPending):
        theatre.deploys()
    theatre.house.switches()
    assert theatre.house.automations == {
        "automation.doors": False,
        "automation.rain": True,
    }
    theatre.applies("a", 3)
    assert theatre.statuses == {"a": ROLLED_BACK}
    assert theatre.status is ROLLED_BACK
    assert theatre.told == ["ExperienceDeployed", "RolledBack"]
    with pytest.raises(NothingToRollBack):
        theatre.experiences.roll_back("Evening")


async def test_what_somebody_has_changed_since_stays(theatre: Theatre) -> None:
    theatre.house.put_cue_list({"name": "Act 1", "cues": [{"name": "Dawn"}]})
    theatre.publishes(
        cue_lists=["Act 1"],
        automations={"automation.doors": True},
        configurations={"a": {"level": 1}},
        groups={"foyer": ["a"]},
    )
    theatre.house.remove_cue_list("Act 1")
    theatre.deploys(timeout=NEVER)
    theatre.house.switches()
    theatre.applies("a", 1)
    theatre.house.put_cue_list({"name": "Act 1", "cues": []})
    theatre.house.automations["automation.doors"] = False
    theatre.domain.groups.put("foyer", [theatre.id("b")])
    theatre.domain.configurations.push(theatre.domain.devices["a"], {"level": 9})
    sent = len(theatre.sent)
    theatre.experiences.roll_back("Evening")
    theatre.house.switches()
    assert theatre.house.lists["Act 1"].cues.cues == ()
    assert theatre.house.automations["automation.doors"] is False
    assert theatre.domain.groups["foyer"].members == {theatre.id("b")}
    assert len(theatre.sent) == sent
    assert theatre.statuses == {"a": DEPLOYED}


async def test_a_cue_list_that_was_not_there_goes_again(theatre: Theatre) -> None:
    theatre.house.put_cue_list({"name": "Act 1", "cues": []})
    theatre.publishes(cue_lists=[theatre.house.lists["Act 1"].id])
    theatre.house.remove_cue_list("Act 1")
    theatre.deploys()
    assert theatre.house.lists.get("Act 1")
    theatre.experiences.roll_back("Evening")
    assert theatre.house.lists.get("Act 1") is None


def test_what_is_refused_changes_nothing(theatre: Theatre) -> None:
    with pytest.raises(UnknownCueList):
        theatre.publishes(cue_lists=["Act 9"])
    theatre.publishes("Evening", groups={"stage": ["c"]}, configurations={"x": {}})
    with pytest.raises(UnknownDevice):
        theatre.deploys()
    theatre.publishes(groups={"stage": ["x"]})
    with pytest.raises(UnknownDevice):
        theatre.deploys()
    theatre.publishes(groups={"stage": ["c"]}, automations={"light.x": True})
    with pytest.raises(UnknownAutomation):
        theatre.deploys()
    assert len(theatre.domain.groups["stage"].members) == 2
    assert (theatre.sent, theatre.experiences.last("Evening")) == ([], None)


async def test_cue_lists_that_can_not_be_put_leave_groups_as_they_were(
    theatre: Theatre,
) -> None:
    theatre.house.put_cue_list({"name": "Act 1"})
    theatre.publishes(
        cue_lists=["Act 1"], groups={"stage": ["c"]}, configurations={"a": {}}
    )
    theatre.house.remove_cue_list("Act 1")
    for number in range(100):
        theatre.house.put_cue_list({"name": f"List {number}"})
    with pytest.raises(TooMany):
        theatre.deploys()
    assert len(theatre.domain.groups["stage"].members) == 2
    assert theatre.sent == []


def test_an_automation_that_can_not_be_switched_is_told(theatre: Theatre) -> None:
    theatre.publishes(automations={"automation.doors": True})
    theatre.deploys(timeout=NEVER)
    theatre.house.broken = {"automation.doors": "it hangs"}
    theatre.house.switches()
    assert (theatre.status, theatre.reasons) == (
        FAILED,
        [("automation.doors", "it hangs")],
    )


def test_a_device_that_does_not_take_back_what_it_had_fails(theatre: Theatre) -> None:
    theatre.publishes(configurations={"stage": {"level": 1}})
    theatre.deploys(timeout=NEVER)
    theatre.refuses("b", 1)
    theatre.applies("a", 1)
    theatre.applies("b", 2)
    theatre.experiences.roll_back("Evening")
    theatre.refuses("a", 2, "never")
    assert theatre.statuses == {"a": FAILED, "b": ROLLED_BACK}
    assert (theatre.status, theatre.reasons) == (ROLLED_BACK, [("a", "never")])
    assert theatre.told == ["DeploymentFailed", "RolledBack", "DeploymentFailed"]
    theatre.applies("a", 2)
    assert theatre.statuses["a"] is ROLLED_BACK


@pytest.mark.parametrize("rest", [NEVER, AT_ONCE])
async def test_it_goes_on_after_a_restart(theatre: Theatre, rest: float) -> None:
    theatre.publishes(
        configurations={name: {"level": 1} for name in theatre.devices},
        automations={"automation.doors": True},
    )
    theatre.deploys(timeout=rest)
    theatre.applies("a", 1)
    saved = theatre.end()
    theatre.applies("b", 1)
    theatre.refuses("c", 1)
    theatre.house.turns.clear()
    theatre.begin(saved)
    await soon(lambda: theatre.statuses["b"] is DEPLOYED)
    theatre.house.switches()
    assert theatre.statuses == {"a": DEPLOYED, "b": DEPLOYED, "c": FAILED}
    assert theatre.house.automations["automation.doors"] is True
    theatre.applies("c", 2)
    assert theatre.statuses["c"] is ROLLED_BACK
    assert theatre.told == ["DeploymentFailed"]
    saved = theatre.end()
    theatre.begin(saved)
    assert theatre.end() == saved
    assert theatre.told == ["DeploymentFailed"]


async def test_who_was_silent_before_a_restart_is_given_up_after_it(
    theatre: Theatre,
) -> None:
    theatre.publishes(configurations={"a": {"level": 1}})
    theatre.deploys(timeout=AT_ONCE)
    theatre.begin(theatre.end())
    await soon(lambda: theatre.statuses == {"a": FAILED})


async def test_what_is_taken_back_while_it_is_switched_is_switched_back(
    theatre: Theatre,
) -> None:
    theatre.publishes(automations={"automation.doors": True, "automation.rain": True})
    theatre.deploys()
    theatre.house.broken = {"automation.rain": "busy"}
    theatre.experiences.roll_back("Evening")
    theatre.house.switches()
    theatre.house.broken = {}
    theatre.house.switches()
    assert theatre.house.automations == {
        "automation.doors": False,
        "automation.rain": True,
    }
    deployment = theatre.experiences.last("Evening")
    assert deployment
    assert (deployment.is_settled, deployment.failures) == (True, [])
    assert theatre.told == ["RolledBack"]


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
async def test_a_deployment_of_any_day_is_waited_for(
    theatre: Theatre, when: str
) -> None:
    theatre.publishes(configurations={"a": {"level": 1}})
    theatre.deploys(timeout=NEVER)
    saved = json.loads(theatre.end())
    ((one, *_),) = [each["deployments"] for each in saved.values()]
    one["waits_since"] = when
    theatre.begin(json.dumps(saved))
    theatre.applies("a", 1)
    assert theatre.statuses == {"a": DEPLOYED}


async def test_what_can_not_be_read_stays_saved(theatre: Theatre) -> None:
    theatre.publishes(configurations={"a": {"level": 1}})
    theatre.deploys(timeout=NEVER)
    good = json.loads(theatre.end())
    (id_,) = good
    cases: tuple[Any, ...] = (
        {},
        None,
        [],
        {"experience": {}, "deployments": []},
        good[id_] | {"deployments": [{}]},
        good[id_] | {"deployments": None},
        good[id_] | {"experience": good[id_]["experience"] | {"status": "x"}},
        good[id_] | {"experience": good[id_]["experience"] | {"versions": [{}]}},
        good[id_] | {"experience": good[id_]["experience"] | {"created_at": "x"}},
    )
    for broken in cases:
        theatre.begin(json.dumps({"broken": broken}))
        assert len(theatre.experiences) == 0
        assert json.loads(theatre.end()) == {"broken": broken}


@pytest.mark.parametrize(
    "content",
    [
        {"cue_lists": "Act 1"},
        {"cue_lists": [1]},
        {"automations": {"automation.x": 1}},
        {"automations": {"automation.x": "maybe"}},
        {"automations": [1]},
        {"configurations": {"a": 1}},
        {"configurations": {"a": {"x": float("nan")}}},
        {"groups": {"stage": "a"}},
        {"groups": {"": []}},
        None,
    ],
)
def test_bad_content_is_refused(content: Any) -> None:
    with pytest.raises(InvalidField):
        Content.from_wire(content)


def test_names_are_given_once(theatre: Theatre) -> None:
    theatre.put("Evening")
    theatre.put("Matinee")
    with pytest.raises(AlreadyExists):
        theatre.experiences.edit("Matinee", name="Evening")
    theatre.experiences.edit("Matinee", name="Late", description="With eggs")
    assert theatre.experiences["Late"].description == "With eggs"
    with pytest.raises(InvalidField):
        theatre.put("")
    for number in range(MAX_EXPERIENCES - 2):
        theatre.put(str(number))
    with pytest.raises(TooMany):
        theatre.put("more")


def test_deployments_are_kept_up_to_a_number(theatre: Theatre) -> None:
    theatre.publishes()
    for _ in range(KEPT_DEPLOYMENTS + 2):
        theatre.deploys()
    assert len(theatre.experiences.deployments("Evening")) == KEPT_DEPLOYMENTS
    for _ in range(KEPT_DEPLOYMENTS):
        theatre.experiences.roll_back("Evening")
    with pytest.raises(NothingToRollBack):
        theatre.experiences.roll_back("Evening")


def test_one_that_is_removed_waits_for_nobody(theatre: Theatre) -> None:
    theatre.publishes(configurations={"a": {"level": 1}})
    theatre.deploys(timeout=NEVER)
    theatre.experiences.remove("Evening")
    theatre.refuses("a", 1)
    assert (theatre.told, len(theatre.sent)) == ([], 1)
    assert list(theatre.experiences) == []
