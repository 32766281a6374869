"""The cue lists as cards follow them."""

from typing import Any

import pytest

from custom_components.maestra.features.cues.manager import CuesManager
from homeassistant.auth.permissions.system_policies import READ_ONLY_POLICY
from tests.kits.hub import HubKit
from tests.kits.live import Follow, Follower

CUES: list[dict[str, Any]] = [
    {
        "name": "Dawn",
        "transition": 60,
        "pre_wait": 1,
        "continue_mode": "auto_follow",
        "post_wait": 2,
        "notes": "On the bell",
    },
    {"number": "1.5", "name": "Noon", "at": "20:15"},
]


@pytest.fixture
async def stage(hub_kit: HubKit) -> HubKit:
    """A hub with two lists."""
    for name in ("Act 1", "Act 2"):
        await hub_kit.act("save_cue_list", name=name, cues=CUES)
    await hub_kit.appears("select.act_2_cue")
    return hub_kit


def id_of(stage: HubKit, name: str) -> str:
    return str(stage.entry.runtime_data.manager(CuesManager).lists[name].id)


async def pushed(card: Follower) -> Any:
    await card.push()
    return card.things


async def test_a_list_with_where_it_stands(stage: HubKit, follow: Follow) -> None:
    card, key = await follow("cue_lists"), id_of(stage, "Act 1")
    shown = (await pushed(card))[key]
    assert (shown["id"], shown["name"]) == (key, "Act 1")
    assert shown["device_id"]
    assert shown["cues"] == [
        {
            "number": "1",
            "name": "Dawn",
            "pre_wait": 1,
            "transition": 60,
            "post_wait": 2,
            "continue_mode": "auto_follow",
            "at": None,
            "notes": "On the bell",
        },
        {
            "number": "1.5",
            "name": "Noon",
            "pre_wait": 0,
            "transition": 0,
            "post_wait": 0,
            "continue_mode": "none",
            "at": "20:15",
            "notes": "",
        },
    ]
    assert (shown["current"], shown["next"]) == (None, "1")
    assert not (shown["is_running"] or shown["is_paused"])
    assert (shown["started_at"], shown["ends_at"], shown["elapsed"]) == (None,) * 3
    assert shown["can_control"]

    await stage.act("go", cue_list="Act 1")
    shown = (await card.until(lambda things: things[key]["is_running"]))[key]
    assert (shown["current"], shown["next"]) == ("1", "1.5")
    assert shown["started_at"] < shown["ends_at"]
    assert shown["elapsed"] >= 0

    await stage.act("pause_cues", cue_list="Act 1")
    shown = (await card.until(lambda things: things[key]["is_paused"]))[key]
    assert not shown["is_running"]
    assert shown["ends_at"] is None
    assert shown["elapsed"] >= 0

    await stage.act("delete_cue_list", cue_list="Act 1")
    await card.until(lambda things: things[key] is None)


@pytest.mark.parametrize("by", ["name", "id", "device_id"])
async def test_one_list_is_asked_for(stage: HubKit, follow: Follow, by: str) -> None:
    lists = await pushed(await follow("cue_lists"))
    name = lists[id_of(stage, "Act 1")][by]
    card = await follow("cue_lists", cue_list=name)
    assert list(await pushed(card)) == [name]
    for each in ("Act 2", "Act 1"):
        await stage.act("go", cue_list=each)
    await card.until(lambda things: things[name]["is_running"])


async def test_one_may_come_later(stage: HubKit, follow: Follow) -> None:
    card = await follow("cue_lists", cue_list="Act 3")
    assert await pushed(card) == {"Act 3": None}
    await stage.act("save_cue_list", name="Act 3", cues=CUES)
    await card.until(lambda things: things["Act 3"])
    await stage.act("delete_cue_list", cue_list="Act 3")
    await card.until(lambda things: things["Act 3"] is None)


async def test_who_may_only_read_is_told_so(stage: HubKit, follow: Follow) -> None:
    card = await follow("cue_lists", READ_ONLY_POLICY)
    shown = (await pushed(card)).values()
    assert [each["can_control"] for each in shown] == [False, False]


def policy_of(stage: HubKit, *names: str) -> Any:
    """Return what lets somebody read all of these lists, and control the first."""
    presenter = stage.entry.runtime_data.presenter
    return {
        "entities": {
            "entity_ids": {
                entity_id: {"read": True, **({"control": True} if not at else {})}
                for at, name in enumerate(names)
                for each in presenter.of(id_of(stage, name))
                if (entity_id := presenter.entity_id(each))
            }
        }
    }


async def test_who_may_read_one_follows_that(stage: HubKit, follow: Follow) -> None:
    policy = policy_of(stage, "Act 1", "Act 2")
    card = await follow("cue_lists", policy, cue_list="Act 1")
    assert (await pushed(card))["Act 1"]["can_control"]


async def test_what_one_may_not_read_is_not_told(stage: HubKit, follow: Follow) -> None:
    policy = policy_of(stage, "Act 2")
    with pytest.raises(AssertionError, match="unauthorized"):
        await follow("cue_lists", policy, cue_list="Act 1")
