"""Productions in Home Assistant: what is shown of them, and what actions do."""

from typing import Any

import pytest

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.core.production.events import StreamHappening
from custom_components.maestra.diagnostics import async_get_config_entry_diagnostics
from custom_components.maestra.features.production.manager import (
    STORAGE_KEY,
    ProductionManager,
)
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from tests.kits.hub import HubKit
from tests.kits.live import Follow
from tests.kits.production import (
    OVERLAY_ID,
    PRODUCTION_ID,
    TOKEN,
    as_subentry,
    production_subentry,
)

QUEUE = "sensor.stage_queue"
CURRENT = "sensor.stage_current_item"
FOREGROUND = "sensor.stage_foreground"
BACKGROUND = "sensor.stage_background"
SHOW = "select.stage_show"
PAUSED = "switch.stage_queue_paused"
LIVE = "binary_sensor.stage_live"
PAGES = "sensor.screen_browser_sources"


async def test_at_first_there_is_nothing(stage: HubKit) -> None:
    assert {
        entity_id: stage.state(entity_id).state
        for entity_id in (QUEUE, CURRENT, FOREGROUND, SHOW, PAUSED, LIVE, PAGES)
    } == {
        QUEUE: "0",
        CURRENT: "none",
        FOREGROUND: "hidden",
        SHOW: "Variety",
        PAUSED: STATE_OFF,
        LIVE: STATE_OFF,
        PAGES: "0",
    }
    production = stage.device(stage.device_id(PRODUCTION_ID))
    overlay = stage.device(stage.device_id(OVERLAY_ID))
    assert overlay.via_device_id == production.id


async def test_an_alert_is_shown_and_goes(stage: HubKit) -> None:
    answer = await stage.ask(
        "show_alert", type="raid_alert", title="Ann", data={"viewers": 3}, duration=1
    )
    item = answer["item"]
    assert item["data"] == {"viewers": 3, "title": "Ann"}
    assert (item["layer"], item["priority"]) == ("foreground", 100)
    await stage.state_is(CURRENT, "raid_alert", item_id=item["id"])
    await stage.state_is(FOREGROUND, "active", type="raid_alert")
    await stage.state_is(QUEUE, "1")
    await stage.state_is(FOREGROUND, "hidden", type=None)
    await stage.state_is(CURRENT, "none")
    await stage.state_is(QUEUE, "0")


async def test_content_and_a_takeover(stage: HubKit) -> None:
    await stage.act("show_content", type="emote_stats", data={"top": 1}, in_ticker=True)
    await stage.state_is(BACKGROUND, "active", type="emote_stats")
    await stage.act("takeover", type="custom", message="Intermission", duration=0)
    await stage.state_is(FOREGROUND, "active", type="takeover")
    assert stage.state(BACKGROUND).state == "interrupted"
    assert await stage.ask("clear_takeover") == {"cleared": True}
    await stage.state_is(BACKGROUND, "active")
    assert await stage.ask("clear_takeover") == {"cleared": False}
    await stage.act("show_content", type="emote_stats", in_ticker=True)
    await stage.state_is(BACKGROUND, "hidden")


async def test_items_are_removed(stage: HubKit) -> None:
    items = [(await stage.ask("show_alert"))["item"]["id"] for _ in range(3)]
    assert (await stage.ask("remove_item", item=items[1]))["item"]["id"] == items[1]
    assert (await stage.ask("remove_item"))["item"]["id"] == items[0]
    await stage.state_is(CURRENT, "alert", item_id=items[2])
    assert await stage.ask("remove_item", layer="midground") == {"item": None}
    with pytest.raises(ServiceValidationError, match="no item gone"):
        await stage.act("remove_item", item="gone")


async def test_an_id_is_shown_once(stage: HubKit) -> None:
    assert (await stage.ask("show_alert", id="a"))["item"]
    assert await stage.ask("show_alert", id="a") == {"item": None}


@pytest.mark.parametrize(
    ("action", "data", "text"),
    [
        ("show_alert", {"priority": 2_000}, "priority: must be 0 to 1000"),
        ("show_alert", {"duration": 0}, "duration: must be 1 to"),
        ("takeover", {"type": "custom"}, "message: must not be empty"),
        ("takeover", {"type": "alert", "message": "x"}, "must be one of"),
        ("set_show", {"show": "opera"}, "no show opera"),
        ("report_stream_event", {"type": "X"}, "type: must be words"),
        ("show_alert", {"production": "other"}, "fits 0"),
    ],
)
async def test_what_is_wrong_is_said(
    stage: HubKit, action: str, data: dict[str, Any], text: str
) -> None:
    with pytest.raises(ServiceValidationError, match=text):
        await stage.act(action, **data)


async def test_of_several_productions_one_is_chosen(stage: HubKit) -> None:
    other = as_subentry(production_subentry(id_="other", title="Other"))
    stage.hass.config_entries.async_add_subentry(stage.entry, other)
    await stage.settled()
    with pytest.raises(ServiceValidationError, match="fits 2"):
        await stage.act("show_alert")
    await stage.act("show_alert", production="Other")
    await stage.act("show_alert", device_id=stage.device_id("other"))
    await stage.act("show_alert", entity_id=SHOW)
    await stage.state_is("sensor.other_queue", "2")
    await stage.state_is(QUEUE, "1")


async def test_the_show_is_chosen(stage: HubKit) -> None:
    assert stage.state(SHOW).attributes["options"] == [
        "Variety",
        "IronMON",
        "Coding",
        "Default",
    ]
    await stage.call("select.select_option", SHOW, option="Coding")
    await stage.state_is(SHOW, "Coding")
    await stage.act("set_show", show="ironmon")
    await stage.state_is(SHOW, "IronMON")
    await stage.act(
        "report_stream_event",
        type="channel.update",
        data={"category_id": "509658", "category_name": "Just Chatting"},
    )
    await stage.state_is(SHOW, "Variety")


async def test_the_queue_is_paused(stage: HubKit) -> None:
    await stage.call("switch.turn_on", PAUSED)
    await stage.act("show_alert")
    await stage.state_is(PAUSED, STATE_ON)
    await stage.state_is(QUEUE, "1")
    assert stage.state(FOREGROUND).state == "hidden"
    await stage.call("switch.turn_off", PAUSED)
    await stage.state_is(FOREGROUND, "active")


async def test_events_of_the_stream(stage: HubKit) -> None:
    answer = await stage.ask(
        "report_stream_event", type="stream.online", id="1", data={"stream_id": "9"}
    )
    assert answer["is_new"]
    assert answer["event"]["source"] == "twitch"
    assert answer["event"]["stream_id"] == "9"
    await stage.state_is(LIVE, STATE_ON)
    again = await stage.ask("report_stream_event", type="stream.online", id="1")
    assert not again["is_new"]
    for name in ("Ann", "Bob"):
        await stage.act(
            "report_stream_event",
            type="channel.subscribe",
            data={"user_name": name, "tier": "1000"},
        )
    (item,) = (
        stage.entry.runtime_data.manager(ProductionManager).get(PRODUCTION_ID).queue
    )
    assert item.data["count"] == 2


async def test_an_event_belongs_to_what_has_caused_it(stage: HubKit) -> None:
    """Unless it says itself what it belongs to."""
    told, cause = stage.notified(StreamHappening), Context()
    for data in ({}, {"correlation_id": "theirs"}):
        await stage.hass.services.async_call(
            DOMAIN,
            "report_stream_event",
            {"type": "stream.online", "data": data},
            blocking=True,
            context=cause,
        )
    found = [happening.event.correlation_id for happening in told]
    assert found == [cause.id, "theirs"]


async def test_a_restart_goes_on(stage: HubKit, hass_storage: dict[str, Any]) -> None:
    shown = (await stage.ask("show_alert", title="Ann", duration=60, id="a"))["item"]
    await stage.act("show_alert", title="Bob")
    await stage.act("set_show", show="coding")
    await stage.reload()
    await stage.state_is(CURRENT, "alert", item_id=shown["id"])
    await stage.state_is(QUEUE, "2")
    await stage.state_is(SHOW, "Coding")
    assert await stage.ask("show_alert", id="a") == {"item": None}
    saved = hass_storage[STORAGE_KEY]["data"][PRODUCTION_ID]
    assert saved["show"] == "coding"


async def test_a_production_that_is_removed_leaves_nothing(
    stage: HubKit, hass_storage: dict[str, Any]
) -> None:
    await stage.act("show_alert")
    stage.hass.config_entries.async_remove_subentry(stage.entry, PRODUCTION_ID)
    await stage.disappears(QUEUE)
    await stage.reload()
    assert hass_storage[STORAGE_KEY]["data"] == {}
    with pytest.raises(ServiceValidationError, match="fits 0"):
        await stage.act("show_alert")


async def test_cards_follow(stage: HubKit, follow: Follow) -> None:
    card = await follow("productions")
    await card.push()
    item = (await stage.ask("show_alert", title="Ann"))["item"]
    things = await card.until(lambda things: things[PRODUCTION_ID]["queue"])
    shown = things[PRODUCTION_ID]
    assert [each["id"] for each in shown["queue"]] == [item["id"]]
    assert shown["layers"]["foreground"]["content"]["data"] == {"title": "Ann"}
    assert (shown["name"], shown["show"]) == ("Stage", "variety")
    assert shown["can_control"]


async def test_diagnostics_keep_secrets(hass: HomeAssistant, stage: HubKit) -> None:
    await stage.act("show_alert", title="Ann Other")
    found = await async_get_config_entry_diagnostics(hass, stage.entry)
    assert found["productions"][PRODUCTION_ID]["queue"] == 1
    assert found["overlays"]["pages"] == {OVERLAY_ID: 0}
    assert TOKEN not in str(found)
    assert "Ann Other" not in str(found)
