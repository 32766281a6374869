"""The forms of productions and overlays."""

from typing import Any

import pytest

from custom_components.maestra.const import (
    OVERLAY_URL as URL,
    SUBENTRY_OVERLAY,
    SUBENTRY_PRODUCTION,
)
from homeassistant.config_entries import SubentryFlowResult
from homeassistant.data_entry_flow import FlowResultType
from tests.kits.hub import HubKit
from tests.kits.production import OVERLAY_ID, PRODUCTION_ID, TOKEN

SHOW = {
    "name": "Opera",
    "foreground": ["applause"],
    "background": ["credits"],
    "ticker": ["credits"],
    "categories": ["77"],
    "words": ["opera house"],
}
KIND = {"type": "applause", "priority": 120.0, "duration": 5.0, "extendable": True}


async def begin(
    hub_kit: HubKit, kind: str, source: str = "user", **context: Any
) -> SubentryFlowResult:
    told: Any = {"source": source, **context}
    return await hub_kit.hass.config_entries.subentries.async_init(
        (hub_kit.entry.entry_id, kind), context=told
    )


async def fill_in(
    hub_kit: HubKit, form: SubentryFlowResult, **data: Any
) -> SubentryFlowResult:
    done = await hub_kit.hass.config_entries.subentries.async_configure(
        form["flow_id"], data
    )
    await hub_kit.settled()
    return done


async def test_a_production_needs_no_settings(hub_kit: HubKit) -> None:
    form = await begin(hub_kit, SUBENTRY_PRODUCTION)
    done = await fill_in(hub_kit, form)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["title"] == "Stream production"
    assert hub_kit.state("select.stream_production_show").state == "Variety"


async def test_shows_and_types_of_ones_own(hub_kit: HubKit) -> None:
    form = await begin(hub_kit, SUBENTRY_PRODUCTION)
    await fill_in(hub_kit, form, name="Stage", shows=[SHOW], content_types=[KIND])
    await hub_kit.act(
        "report_stream_event",
        type="channel.update",
        data={"category_id": "1", "category_name": "Sydney Opera House"},
    )
    await hub_kit.state_is("select.stage_show", "Opera")
    item = (await hub_kit.ask("show_alert", type="applause"))["item"]
    assert (item["layer"], item["priority"], item["duration"]) == ("foreground", 120, 5)
    again = (await hub_kit.ask("show_alert", type="applause"))["item"]
    assert (again["id"], again["data"]["count"]) == (item["id"], 2)


@pytest.mark.parametrize(
    "data",
    [
        {"shows": [{"name": "?"}]},
        {"shows": [{"name": " "}]},
        {"shows": [{"name": "Opera", "ticker": ["Big Words"]}]},
        {"shows": [{"name": "Opera", "foreground": ["a"] * 51}]},
        {"shows": [{"name": f"S{number}"} for number in range(51)]},
        {"content_types": [{"type": "a b", "priority": 1, "duration": 1}]},
        {"templates": [{"type": "applause"}]},
    ],
    ids=[
        "no letters",
        "blank",
        "bad type",
        "many types",
        "many shows",
        "bad kind",
        "no words",
    ],
)
async def test_what_makes_no_sense_is_said(
    hub_kit: HubKit, data: dict[str, Any]
) -> None:
    form = await begin(hub_kit, SUBENTRY_PRODUCTION)
    form = await fill_in(hub_kit, form, **data)
    assert form["errors"] == {"base": "invalid_settings"}
    done = await fill_in(hub_kit, form)
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_a_production_is_changed_while_it_runs(stage: HubKit) -> None:
    await stage.act("show_alert", title="Ann")
    form = await begin(
        stage, SUBENTRY_PRODUCTION, "reconfigure", subentry_id=PRODUCTION_ID
    )
    await fill_in(stage, form, name="Stage", shows=[SHOW])
    shows = ["Variety", "IronMON", "Coding", "Default", "Opera"]
    await stage.appears_with("select.stage_show", options=shows)
    await stage.state_is("sensor.stage_queue", "1")


async def test_an_overlay_needs_a_production(hub_kit: HubKit) -> None:
    found = await begin(hub_kit, SUBENTRY_OVERLAY)
    assert (found["type"], found["reason"]) == (FlowResultType.ABORT, "no_production")


async def test_overlays_have_secrets_of_their_own(stage: HubKit) -> None:
    tokens = set()
    for name in ("One", "Two"):
        form = await begin(stage, SUBENTRY_OVERLAY)
        done = await fill_in(
            stage, form, name=name, production=PRODUCTION_ID, layers=["foreground"]
        )
        tokens.add(done["data"]["token"])
    assert len(tokens) == 2
    assert {len(token) for token in tokens} == {43}


@pytest.mark.parametrize("is_renewed", [False, True])
async def test_the_address_is_told_and_renewed(stage: HubKit, is_renewed: bool) -> None:
    form = await begin(stage, SUBENTRY_OVERLAY, "reconfigure", subentry_id=OVERLAY_ID)
    placeholders = form["description_placeholders"]
    assert placeholders
    assert placeholders["address"].endswith(f"{URL}/{TOKEN}/")
    await fill_in(
        stage,
        form,
        name="Screen",
        production=PRODUCTION_ID,
        layers=["midground"],
        renew=is_renewed,
    )
    data = stage.entry.subentries[OVERLAY_ID].data
    assert (data["token"] == TOKEN) is not is_renewed
    assert data["layers"] == ["midground"]
