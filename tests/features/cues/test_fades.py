"""Fades, changes of many entities as one, and taking them back, as automations do it."""

from datetime import timedelta
from typing import Any, cast

import pytest

from custom_components.maestra.core.cues.schedule import reschedule, scheduled
from custom_components.maestra.core.domain.clock import wire_time
from custom_components.maestra.core.domain.events import StateChanged
from custom_components.maestra.core.domain.source import Source
from custom_components.maestra.core.domain.variables import Variable
from custom_components.maestra.features.cues.manager import CuesManager
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util
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


# Changes with a time.


def in_two_seconds() -> dict[str, Any]:
    """Return what changes the left one soon."""
    at = dt_util.now() + timedelta(seconds=2)
    return {"states": {"left": {"level": 80}}, "at": at.isoformat()}


async def test_a_change_is_made_at_its_time(kit: HubKit) -> None:
    due = dt_util.now() + timedelta(seconds=1.5)
    await kit.act("apply", states={"left": {"level": 80}}, at=f"{due:%H:%M:%S}")
    assert cues(kit).lists.fader.waiting == 1
    assert levels(kit) == [0, 0]
    await ended(kit)
    assert levels(kit) == [80, 0]
    assert dt_util.now() >= due.replace(microsecond=0)


async def test_its_time_outlives_a_restart(kit: HubKit) -> None:
    await kit.act("apply", transition=0.2, **in_two_seconds())
    await kit.act("fade", slug="right", state={"level": 9}, at="23:59:59")
    await kit.reload()
    assert cues(kit).lists.fader.waiting == 2
    assert levels(kit) == [0, 0]
    await soon(lambda: levels(kit) == [80, 0])
    await kit.act("stop_fades", slug="right")
    assert cues(kit).lists.fader.waiting == 0
    await kit.reload()
    assert cues(kit).lists.fader.waiting == 0


async def test_what_was_due_meanwhile_is_done_unless_it_is_long_over(
    kit: HubKit, caplog: pytest.LogCaptureFixture
) -> None:
    fader = cues(kit).lists.fader
    await kit.act("apply", **in_two_seconds())
    saved = scheduled(fader)
    fader.stop()
    [change] = cast(list[Any], saved["changes"])
    long_ago = {**change, "at": "2026-01-01T00:00:00.000000Z"}
    just_now = {**change, "at": wire_time(dt_util.utcnow() - timedelta(minutes=5))}
    reschedule(
        fader, {"changes": [long_ago, "?", {**change, "curve": "loop"}, just_now]}
    )
    assert levels(kit) == [80, 0]
    assert fader.waiting == 0
    assert "is left out" in caplog.text
    assert caplog.text.count("can't be made") == 2


@pytest.mark.parametrize(
    "at",
    [
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59",
        "2026-01-01T00:00:00",
        "25:00",
        "٢٠:١٥",
        "\ud800",
    ],
)
async def test_a_time_that_is_none_is_refused(kit: HubKit, at: str) -> None:
    with pytest.raises(ServiceValidationError):
        await kit.act("apply", states={"left": {"level": 80}}, at=at)
    assert (cues(kit).lists.fader.waiting, levels(kit)) == (0, [0, 0])


async def test_it_is_undone_before_its_time(kit: HubKit) -> None:
    await kit.act("apply", **in_two_seconds())
    await kit.act("undo")
    assert cues(kit).lists.fader.waiting == 0
    assert levels(kit) == [0, 0]


async def test_a_time_of_a_show(kit: HubKit) -> None:
    data: dict[str, Any] = {"states": {"left": {"level": 80}}, "at": "+0:01"}
    with pytest.raises(ServiceValidationError) as refused:
        await kit.act("apply", **data)
    assert refused.value.translation_key == "one_cue_list"
    await kit.act("save_cue_list", name="Act 1", cues=[{"states": {}}])
    with pytest.raises(ServiceValidationError) as refused:
        await kit.act("apply", **data)
    assert refused.value.translation_key == "show_not_begun"
    await kit.act("go")
    await kit.act("apply", cue_list="Act 1", **data)
    await soon(lambda: levels(kit) == [80, 0])


@pytest.mark.parametrize("at", ["soon", "2020-01-01 20:00:00", "2090-01-01 20:00:00"])
async def test_times_that_are_none(kit: HubKit, at: str) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await kit.act("apply", states={"left": {"level": 80}}, at=at)
    assert refused.value.translation_key == "invalid_field"
