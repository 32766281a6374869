"""Questions that automations ask about Maestra."""

from typing import Any

import probatio
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.maestra.features.streams.manager import StreamsManager
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConditionError
from homeassistant.helpers import condition as conditions, config_validation as cv
from homeassistant.setup import async_setup_component

from .kits.hub import HubKit
from .kits.production import PRODUCTION_ID, as_subentry, production_subentry


async def ask(hass: HomeAssistant, name: str, **config: Any) -> bool | None:
    """Return what a condition answers now."""
    checked = await conditions.async_validate_condition_config(
        hass, cv.CONDITION_SCHEMA({"condition": f"maestra.{name}", **config})
    )
    condition = await conditions.async_from_config(hass, checked)
    try:
        return condition.async_check()
    finally:
        condition.async_unload()


@pytest.fixture
async def show(hub_kit: HubKit) -> None:
    """Two devices, one of them offline, each behind a light, and a light without a device."""
    await hub_kit.registers("AA:01")
    await hub_kit.registers("AA:02")
    await hub_kit.beats("AA:02", "offline")
    await hub_kit.light("wash-1", device="AA:01", state={"on": True, "brightness": 40})
    await hub_kit.light("wash-2", device="AA:02", state={"aim": {"pan": 5, "tilt": 1}})
    await hub_kit.light("wash-3")


@pytest.mark.usefixtures("show")
@pytest.mark.parametrize(
    ("config", "answer"),
    [
        ({"options": {"device": "AA:01"}}, True),
        ({"options": {"device": "AA:02"}}, False),
        ({"options": {"device": ["AA:01", "AA:02"]}}, True),
        ({"options": {"device": ["AA:01", "AA:02"], "behavior": "all"}}, False),
        ({"options": {"slug": "wash-1"}}, True),
        ({"options": {"slug": "wash-2"}}, False),
        ({"options": {"slug": ["wash-1", "wash-3"], "behavior": "all"}}, True),
        ({"target": {"entity_id": "light.wash_1"}}, True),
        ({"target": {"entity_id": "light.wash_2"}}, False),
        ({"target": {"entity_id": "light.nobody"}}, False),
        (
            {"target": {"entity_id": "light.nobody"}, "options": {"behavior": "all"}},
            False,
        ),
    ],
)
async def test_is_online(
    hass: HomeAssistant, config: dict[str, Any], answer: bool
) -> None:
    assert await ask(hass, "is_online", **config) is answer


@pytest.mark.usefixtures("show")
@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ({"slug": "wash-1", "state": {"on": True}}, True),
        ({"slug": "wash-1", "state": {True: True}}, True),
        ({"slug": "wash-1", "state": {"on": 1}}, False),
        ({"slug": "wash-1", "state": {"on": True, "brightness": 41}}, False),
        ({"slug": "wash-1", "state": {"gobo": None}}, True),
        ({"slug": "wash-2", "state": {"aim": {"pan": 5}}}, True),
        ({"slug": "wash-2", "state": {"aim": {"pan": {"x": 5}}}}, False),
        ({"slug": "wash-2", "key": "aim.pan", "value": 5.0}, True),
        ({"slug": "wash-2", "key": "aim.pan", "value": "5"}, False),
        ({"slug": "wash-2", "key": "aim.roll", "value": None}, True),
        ({"slug": ["wash-1", "wash-2"], "key": "brightness", "value": 40}, True),
        ({"slug": "wash-1", "key": "brightness", "above": 39}, True),
        ({"slug": "wash-1", "key": "brightness", "above": 39, "below": 40}, False),
        ({"slug": "wash-1", "key": "brightness", "above": 39, "value": 41}, False),
        ({"slug": "wash-1", "key": "on", "below": 2}, False),
        ({"slug": "wash-2", "key": "aim.pan", "below": 6}, True),
        (
            {
                "slug": ["wash-1", "wash-2"],
                "key": "brightness",
                "value": 40,
                "behavior": "all",
            },
            False,
        ),
    ],
)
async def test_is_state(
    hass: HomeAssistant, options: dict[str, Any], answer: bool
) -> None:
    assert await ask(hass, "is_state", options=options) is answer


@pytest.mark.usefixtures("show")
async def test_all_lights_by_their_label(hass: HomeAssistant, hub_kit: HubKit) -> None:
    lights = hub_kit.label_id("Maestra light")
    question = {
        "target": {"label_id": lights},
        "options": {"state": {"on": True}, "behavior": "all"},
    }
    assert await ask(hass, "is_state", **question) is False
    await hub_kit.act("set_state", label_id=lights, state={"on": True})
    assert await ask(hass, "is_state", **question) is True


@pytest.fixture
async def streams(hub_kit: HubKit) -> None:
    """Two streams of one publisher, one of which has ended, and one of another."""
    await hub_kit.advertises("Front")
    await hub_kit.withdraws(await hub_kit.advertises("Side"))
    await hub_kit.advertises("Mix", stream_type="audio", publisher_id="desk")


@pytest.mark.usefixtures("streams")
@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ({}, True),
        ({"behavior": "all"}, False),
        ({"name": "Front"}, True),
        ({"name": "Side"}, False),
        ({"name": "nobody"}, False),
        ({"name": ["Front", "nobody"]}, True),
        ({"name": ["Front", "nobody"], "behavior": "all"}, False),
        ({"name": ["Front", "Mix"], "behavior": "all"}, True),
        ({"name": "Front", "publisher": "desk"}, False),
        ({"stream_type": "audio", "behavior": "all"}, True),
        ({"stream_type": ["audio", "video"], "behavior": "all"}, False),
        ({"publisher": "nobody", "behavior": "all"}, False),
    ],
)
async def test_is_stream_active(
    hass: HomeAssistant, options: dict[str, Any], answer: bool
) -> None:
    assert await ask(hass, "is_stream_active", options=options) is answer


@pytest.mark.usefixtures("streams")
@pytest.mark.parametrize(
    ("key", "answer"), [("Front", True), ("Side", False), ("hub", True)]
)
async def test_streams_are_targeted(
    hass: HomeAssistant, hub_kit: HubKit, key: str, answer: bool
) -> None:
    devices = {
        view.stream.name: hub_kit.device_id(view.key)
        for view in hub_kit.entry.runtime_data.manager(StreamsManager)
    } | {"hub": hub_kit.device_id(hub_kit.entry.entry_id)}
    target = {"device_id": devices[key]}
    assert await ask(hass, "is_stream_active", target=target) is answer


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("is_online", {"device": "nobody"}),
        ("is_online", {"slug": "nobody"}),
        ("is_state", {"slug": "nobody", "state": {"on": True}}),
    ],
)
async def test_unknown_things_are_an_error(
    hass: HomeAssistant, hub_kit: HubKit, name: str, options: dict[str, Any]
) -> None:
    with pytest.raises(ConditionError, match="nobody is not known"):
        await ask(hass, name, options=options)


@pytest.mark.usefixtures("show")
async def test_nothing_holds_while_maestra_does_not_run(
    hass: HomeAssistant, hub_kit: HubKit
) -> None:
    await hass.config_entries.async_unload(hub_kit.entry.entry_id)
    assert await ask(hass, "is_online", options={"device": "AA:01"}) is False
    is_on = {"slug": "wash-1", "state": {"on": True}}
    assert await ask(hass, "is_state", options=is_on) is False
    assert await ask(hass, "is_stream_active") is False


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("is_online", {}),
        ("is_online", {"options": {"device": []}}),
        ("is_state", {"options": {"slug": "x"}}),
        ("is_state", {"options": {"slug": "x", "key": "on"}}),
        ("is_state", {"options": {"slug": "x", "value": 1}}),
        ("is_state", {"options": {"slug": "x", "above": 1}}),
        ("is_state", {"options": {"slug": "x", "state": {}, "above": 1}}),
        ("is_state", {"options": {"slug": "x", "state": {}, "key": "a", "value": 1}}),
        ("is_state", {"options": {"state": {"on": True}}}),
        ("is_online", {"options": {"device": "x", "behavior": "most"}}),
    ],
)
async def test_refused_configuration(
    hass: HomeAssistant, hub_kit: HubKit, name: str, config: dict[str, Any]
) -> None:
    with pytest.raises(probatio.Invalid):
        await ask(hass, name, **config)


async def test_in_an_automation(hass: HomeAssistant, hub_kit: HubKit) -> None:
    await hub_kit.light("wash-1")
    await hub_kit.light("wash-2")
    calls = async_mock_service(hass, "test", "run")
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "triggers": {
                    "trigger": "maestra.state_changed",
                    "options": {"slug": "wash-1"},
                },
                "conditions": {
                    "condition": "maestra.is_state",
                    "options": {"slug": "wash-2", "state": {"on": True}},
                },
                "actions": {"action": "test.run"},
            }
        },
    )
    await hub_kit.hears("wash-1", brightness=1)
    assert calls == []
    await hub_kit.hears("wash-2", on=True)
    await hub_kit.hears("wash-1", brightness=2)
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("name", "options", "before", "after"),
    [
        ("is_live", {}, False, True),
        ("is_live", {"production": "Stage"}, False, True),
        ("is_live", {"production": "Other"}, False, False),
        ("is_show", {"show": "Coding"}, False, True),
        ("is_show", {"show": ["coding", "variety"]}, True, True),
        ("is_show", {"show": "Variety", "behavior": "all"}, True, False),
    ],
)
async def test_productions(
    hass: HomeAssistant,
    hub_kit: HubKit,
    name: str,
    options: dict[str, Any],
    before: bool,
    after: bool,
) -> None:
    hass.config_entries.async_add_subentry(
        hub_kit.entry, as_subentry(production_subentry())
    )
    await hub_kit.settled()
    assert await ask(hass, name, options=options) is before
    await hub_kit.act("report_stream_event", type="stream.online")
    await hub_kit.act("set_show", show="coding")
    assert await ask(hass, name, options=options) is after
    target = {"device_id": hub_kit.device_id(PRODUCTION_ID)}
    wanted = options | {"production": []}
    assert await ask(hass, name, target=target, options=wanted) is (
        after or name == "is_live"
    )
