"""Changing the hub's options while it runs."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import area_registry as ar, label_registry as lr

from ..kits.options import fill_in, open_form, shown, shown_in

LIFETIMES = {
    "keep_metrics": 90,
    "keep_hourly": 365,
    "keep_daily": 1825,
    "keep_events": 30,
    "keep_event_ids": 30,
    "keep_states": 0,
    "compress_after": 7,
}
NO_ENTITY: dict[str, list[str]] = {
    "domains": [],
    "areas": [],
    "labels": [],
    "globs": [],
    "entities": [],
}


async def test_options_change_while_the_hub_runs(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    runtime = hub.runtime_data
    form = await open_form(hass, hub, "general")
    assert shown_in(form, "entities") == {
        "create_unknown": True,
        "strict": False,
        "state_writes": 200,
    }
    assert shown_in(form, "devices") == {
        "offline_after": {"hours": 0, "minutes": 5, "seconds": 0}
    }

    assert shown_in(form, "streams") == {"auto_accept": True}

    result = await fill_in(
        hass,
        form,
        {
            "entities": {
                "create_unknown": False,
                "strict": True,
                "state_writes": 50,
            },
            "devices": {"offline_after": {"hours": 1, "minutes": 1, "seconds": 1}},
            "streams": {"auto_accept": False},
        },
    )
    await hass.async_block_till_done()

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert hub.options == {
        "create_unknown": False,
        "strict": True,
        "state_writes": 50,
        "offline_after": 3661,
        "auto_accept": False,
    }
    assert hub.runtime_data is runtime
    assert runtime.domain.entities.rules.strict
    assert not runtime.domain.entities.rules.create_unknown
    assert not runtime.domain.streams.auto_accept
    assert runtime.writer.budget.rate == 50


@pytest.mark.parametrize("silence", [{"seconds": 4}, {"days": 8}])
async def test_a_silence_out_of_range_can_be_put_right(
    hass: HomeAssistant, hub: MockConfigEntry, silence: dict[str, int]
) -> None:
    others = {
        "entities": {"create_unknown": True, "strict": False},
        "streams": {"auto_accept": True},
    }
    form = await open_form(hass, hub, "general")

    result = await fill_in(
        hass, form, {**others, "devices": {"offline_after": silence}}
    )
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"devices": "offline_after_out_of_range"}

    result = await fill_in(
        hass, form, {**others, "devices": {"offline_after": {"seconds": 5}}}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert hub.options["offline_after"] == 5


async def test_options_must_be_complete(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    form = await open_form(hass, hub, "general")
    with pytest.raises(InvalidData):
        await fill_in(hass, form, {"entities": {}})


# What is recorded.


async def test_entities_are_chosen_for_recording(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    area = ar.async_get(hass).async_create("Cellar")
    label = lr.async_get(hass).async_create("Kept")
    form = await open_form(hass, hub, "recording")

    result = await fill_in(
        hass,
        form,
        {
            "all": False,
            "include": {
                "domains": ["sensor", " Light ", "sensor"],
                "labels": [label.label_id],
                "globs": [" *_Power ", ""],
                "entities": ["switch.pump"],
            },
            "exclude": {"areas": [area.id]},
        },
    )

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert hub.options == {
        "record": {
            "all": False,
            "include": {
                "domains": ["sensor", "light"],
                "areas": [],
                "labels": [label.label_id],
                "globs": ["*_power"],
                "entities": ["switch.pump"],
            },
            "exclude": {**NO_ENTITY, "areas": [area.id]},
        }
    }


async def test_domains_that_there_are_entities_of_are_offered(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    hass.states.async_set("vacuum.robot", "docked")
    hass.states.async_set("climate.stage", "off")
    form = await open_form(hass, hub, "recording")
    include = form["data_schema"].schema["include"].schema.schema

    offered = include["domains"].config["options"]
    assert {"climate", "vacuum"} <= set(offered)
    assert offered == sorted(offered)


@pytest.mark.parametrize("side", ["include", "exclude"])
@pytest.mark.parametrize(
    ("wrong", "problem", "word"),
    [
        pytest.param(
            {"domains": ["light", "light.*"]}, "invalid_domain", "light.*", id="domain"
        ),
        pytest.param({"globs": ["sensor"]}, "invalid_glob", "sensor", id="no wildcard"),
        pytest.param(
            {"globs": ["*_power", "*(a|b)"]}, "invalid_glob", "*(a|b)", id="expression"
        ),
    ],
)
async def test_what_matches_nothing_can_be_put_right(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    side: str,
    wrong: dict[str, list[str]],
    problem: str,
    word: str,
) -> None:
    form = await open_form(hass, hub, "recording")
    nothing: dict[str, Any] = {"all": True, "include": {}, "exclude": {}}

    result = await fill_in(hass, form, nothing | {side: wrong})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {side: problem}
    assert result["description_placeholders"]["wrong"] == word
    assert shown_in(result, side) == wrong

    result = await fill_in(hass, form, nothing)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert hub.options["record"] == {
        "all": True,
        "include": NO_ENTITY,
        "exclude": NO_ENTITY,
    }


# How long it is kept.


async def test_lifetimes_are_changed(hass: HomeAssistant, hub: MockConfigEntry) -> None:
    form = await open_form(hass, hub, "history")
    assert shown(form) == LIFETIMES

    changed = LIFETIMES | {"keep_metrics": 30.0, "keep_daily": 0, "compress_after": 0}
    result = await fill_in(hass, form, changed)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert hub.options == changed
    assert isinstance(hub.options["keep_metrics"], int)


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        pytest.param(
            {"keep_metrics": 1, "keep_events": 1, "keep_states": 1},
            {
                "keep_metrics": "too_short_for_averages",
                "keep_events": "too_short_for_averages",
                "keep_states": "too_short_for_averages",
            },
            id="too short",
        ),
        pytest.param(
            {"keep_hourly": 89}, {"keep_hourly": "shorter_than_finer"}, id="hourly"
        ),
        pytest.param(
            {"keep_daily": 364}, {"keep_daily": "shorter_than_finer"}, id="daily"
        ),
        pytest.param(
            {"keep_metrics": 0}, {"keep_hourly": "shorter_than_finer"}, id="for ever"
        ),
    ],
)
async def test_lifetimes_that_do_not_fit_can_be_put_right(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    wrong: dict[str, int],
    errors: dict[str, str],
) -> None:
    form = await open_form(hass, hub, "history")

    result = await fill_in(hass, form, LIFETIMES | wrong)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == errors
    assert shown(result) == LIFETIMES | wrong

    result = await fill_in(hass, form, LIFETIMES)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("days", [-1, 36_501, "month"])
async def test_a_lifetime_is_a_number_of_days(
    hass: HomeAssistant, hub: MockConfigEntry, days: object
) -> None:
    form = await open_form(hass, hub, "history")
    with pytest.raises(InvalidData):
        await fill_in(hass, form, LIFETIMES | {"keep_events": days})


@pytest.mark.parametrize("hub_options", [{"strict": True, "keep_events": 5}])
async def test_what_is_not_changed_stays(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    form = await open_form(hass, hub, "recording")
    result = await fill_in(hass, form, {"all": True, "include": {}, "exclude": {}})

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert hub.options["strict"] is True
    assert hub.options["keep_events"] == 5
    assert hub.options["record"]["all"] is True
