"""Fades, changes of many entities as one, and taking them back, as automations do it."""

from typing import Any

import pytest

from custom_components.maestra.core.domain.events import StateChanged
from custom_components.maestra.core.domain.source import Source
from custom_components.maestra.core.domain.variables import Variable
from custom_components.maestra.features.cues.manager import CuesManager
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from tests.kits.hub import HubKit, unload
from tests.kits.process import soon

CLIENT = Source("max", "osc")
OVER = 0.2
LEVEL = {
    "name": "level",
    "type": "range",
    "direction": "input",
    "config": {"min": 0, "max": 100},
}


@pytest.fixture
async def kit(hub_kit: HubKit) -> HubKit:
    """A hub with two faders."""
    for slug in ("left", "right"):
        hub_kit.domain.entities.create(
            name=slug,
            slug=slug,
            entity_type="actuator",
            variables=[Variable.from_wire(LEVEL)],
            state={"level": 0, "label": "x"},
            with_defaults=False,
        )
    await hub_kit.settled()
    return hub_kit


def levels(kit: HubKit) -> list[Any]:
    return [kit.domain.entities[slug].state["level"] for slug in ("left", "right")]


def cues(kit: HubKit) -> CuesManager:
    manager: CuesManager = kit.entry.runtime_data.manager(CuesManager)
    return manager


async def ended(kit: HubKit) -> None:
    fader = cues(kit).lists.fader
    await soon(lambda: not fader.moving and not fader.waiting)


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("apply", {"states": {"left": {"level": 5}, "right": {"level": 6}}}),
        ("fade", {"slug": ["left", "right"], "state": {"level": 5}}),
    ],
)
async def test_what_is_changed_as_one_is_known_as_one(
    kit: HubKit, action: str, data: dict[str, Any]
) -> None:
    heard: list[StateChanged] = []
    kit.domain.bus.subscribe(StateChanged, heard.append)
    answer = await kit.ask(action, **data)
    assert [it.correlation_id for it in heard] == [answer["correlation_id"]] * 2


async def test_a_fade_is_seen_in_home_assistant(kit: HubKit) -> None:
    await kit.act(
        "fade",
        entity_id=["number.left_level", "number.right_level"],
        state={"level": 80},
        transition=OVER,
        curve="s_curve",
    )
    assert cues(kit).lists.fader.moving == 2
    await ended(kit)
    await kit.state_is("number.left_level", "80")
    await kit.state_is("number.right_level", "80")


async def test_a_hand_on_the_fader_takes_it_over(kit: HubKit) -> None:
    await kit.act("fade", slug=["left", "right"], state={"level": 80}, transition=OVER)
    await soon(lambda: levels(kit)[0])
    await kit.call("number.set_value", "number.left_level", value=3)
    # Nothing that the fade has said, which would be an echo.
    kit.domain.entities.report("right", {"level": 4.25}, source=CLIENT)
    assert not cues(kit).lists.fader.moving
    assert levels(kit) == [3, 4.25]


async def test_many_are_changed_as_one_and_back(kit: HubKit) -> None:
    states = {"left": {"level": 10, "label": "a"}, "right": {"level": 20, "new": 1}}
    await kit.act("apply", states=states)
    assert levels(kit) == [10, 20]
    await kit.act("fade", slug="left", state={"level": 90}, transition=OVER)
    await ended(kit)
    await kit.act("undo", transition=OVER)
    await ended(kit)
    assert levels(kit) == [10, 20]
    kit.domain.entities.delete("right")
    await kit.act("undo")
    assert kit.domain.entities["left"].state["level"] == 0
    assert kit.domain.entities["left"].state["label"] == "x"
    with pytest.raises(ServiceValidationError) as refused:
        await kit.act("undo")
    assert refused.value.translation_key == "nothing_to_undo"


async def test_what_can_not_be_taken_back_is_left_out(kit: HubKit) -> None:
    """Where things were is out of bounds by now: that does not keep the rest, and what was before it, from coming back."""
    domain = kit.domain
    await kit.act("apply", states={"right": {"level": 30}})
    await kit.act("apply", states={"left": {"level": 60, "label": "y"}})
    high = {**LEVEL, "config": {"min": 50, "max": 100}}
    domain.entities.define_variable("left", Variable.from_wire(high))
    await kit.act("undo")
    assert domain.entities["left"].state == {"level": 60, "label": "x"}
    await kit.act("undo")
    assert levels(kit) == [60, 0]


async def test_what_is_on_its_way_is_taken_back_from_where_it_is(kit: HubKit) -> None:
    await kit.act("fade", slug="left", state={"level": 100}, transition=3600)
    await kit.act("undo", transition=OVER)
    await ended(kit)
    assert levels(kit) == [0, 0]


@pytest.mark.parametrize(
    ("states", "key"),
    [
        ({"left": {"level": 5}, "right": {"level": 101}}, "invalid_value"),
        ({"left": {"level": 5}, "nobody": {}}, "unknown_entity"),
    ],
)
async def test_one_that_is_refused_refuses_all(
    kit: HubKit, states: dict[str, Any], key: str
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await kit.act("apply", states=states)
    assert refused.value.translation_key == key
    assert levels(kit) == [0, 0]


async def test_fades_are_stopped_of_some_or_of_all(kit: HubKit) -> None:
    await kit.act("fade", slug=["left", "right"], state={"level": 9}, transition=3600)
    await kit.act("stop_fades", slug="left")
    assert cues(kit).lists.fader.moving == 1
    await kit.act("stop_fades")
    assert cues(kit).lists.fader.moving == 0


async def test_at_the_end_values_are_where_they_were_to_go(
    hass: HomeAssistant, kit: HubKit
) -> None:
    domain = kit.domain
    await kit.act("fade", slug="left", state={"level": 9}, transition=3600)
    await kit.act("fade", slug="right", state={"level": 9}, delay=3600)
    assert cues(kit).diagnostics()["fades"] == {
        "moving": 1,
        "waiting": 1,
        "can_be_undone": 2,
    }
    await unload(hass, kit.entry)
    assert domain.entities["left"].state["level"] == 9
    assert domain.entities["right"].state["level"] == 0
