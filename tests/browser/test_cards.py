"""The cards as people see and use them."""

from collections.abc import Callable, Mapping
from typing import Any

from playwright.async_api import Page, expect
import pytest

from scripts.stack.hass_api import HassApi
from tests.kits.browser import IN_BROWSER, PHONE, WIDE, Visitor

from .conftest import Visit
from .house import CARDS, HOSTILE

pytestmark = IN_BROWSER
LOOKS: Mapping[str, Any] = {
    "light": {"viewport": WIDE},
    "dark": {"viewport": WIDE, "is_dark": True, "language": "de"},
    "phone": {"viewport": PHONE},
    "right to left": {"viewport": WIDE, "language": "he"},
    "narrow": {"viewport": {"width": 320, "height": 700}, "is_dark": True},
}


def everything(page: Page) -> Any:
    """Return the card of the entity with a variable of each type."""
    return page.locator("maestra-entity-card", has_text="Everything").first


def row(page: Page, variable: str) -> Any:
    """Return a variable's row."""
    return everything(page).locator(f"[data-variable={variable}]")


async def all_shown(visitor: Visitor) -> None:
    """Wait until no card loads any more."""
    page = visitor.page
    await expect(page.locator("maestra-entity-card .title").first).to_be_visible()
    await expect(page.locator("maestra-fleet-card .title").first).to_be_visible()
    await expect(page.locator("maestra-tree-card .title").first).to_be_visible()
    await expect(page.locator(".loading")).to_have_count(0)


async def value(api: HassApi, variable: str) -> Any:
    """Return what a variable is by now."""
    answer = await api.ask("maestra.get_state", {"slug": "everything"})
    return answer["everything"]["state"][variable]


@pytest.mark.parametrize("look", LOOKS)
async def test_they_look_well(
    visitor: Visit, fleet: Callable[[str, Any], Any], look: str
) -> None:
    """Nothing is cut off or sticks out, nobody is kept out, and nothing is said in the console."""
    for number in range(10):
        await fleet(
            "/devices/discover" if number == 9 else "/devices/register",
            {
                "name": f"Board {number}",
                "device_type": "esp32",
                "hardware_id": f"{look}-{number}",
                "firmware_version": "1.4.2",
            },
        )
    async with visitor(**LOOKS[look]) as somebody:
        await somebody.open(CARDS)
        await all_shown(somebody)
        await somebody.photograph(f"cards {look}")
        assert await somebody.cut() == []
        assert await somebody.barriers() == []


async def test_what_devices_say_is_text(
    visitor: Visit, fleet: Callable[[str, Any], Any]
) -> None:
    for call in ("register", "discover"):
        await fleet(
            f"/devices/{call}",
            {
                "name": HOSTILE,
                "device_type": HOSTILE,
                "hardware_id": f"{call}{HOSTILE}",
            },
        )
    async with visitor() as somebody:
        await somebody.open(CARDS)
        await all_shown(somebody)
        page = somebody.page
        await expect(page.get_by_text(HOSTILE).first).to_be_visible()
        await somebody.photograph("hostile")
        assert await page.locator("img[src=x]").count() == 0
        assert await page.evaluate("window.hacked") is None


async def test_every_control_sets_its_variable(visitor: Visit, api: HassApi) -> None:
    async with visitor() as somebody:
        page = somebody.page
        await somebody.open(CARDS)
        await all_shown(somebody)

        await row(page, "level").get_by_role("slider").fill("77")
        await row(page, "gain").get_by_role("spinbutton").fill("4.5")
        await row(page, "gain").get_by_role("spinbutton").press("Enter")
        await row(page, "enabled").get_by_role("switch").click()
        await row(page, "mode").get_by_role("combobox").select_option("calm")
        await row(page, "caption").get_by_role("textbox").fill("<b>Bye</b>")
        await row(page, "caption").get_by_role("textbox").press("Enter")
        await row(page, "color").locator("input").fill("#102030")
        await row(page, "position").get_by_role("spinbutton").nth(1).fill("9")
        await row(page, "position").get_by_role("spinbutton").nth(1).press("Enter")
        await row(page, "cues").locator("summary").click()
        await row(page, "cues").get_by_role("textbox").fill("[4]")
        await row(page, "cues").get_by_role("button").click()

        await expect(row(page, "cues").locator(".value")).to_have_text("1 items")
        await expect(everything(page).locator(".foot")).to_contain_text(
            "Home Assistant"
        )
        answer = await api.ask("maestra.get_state", {"slug": "everything"})
        state = answer["everything"]["state"]
        set_here = {
            "level": 77,
            "gain": 4.5,
            "enabled": False,
            "mode": "calm",
            "caption": "<b>Bye</b>",
            "color": "#102030",
            "position": {"x": 1, "y": 9, "z": -3},
            "cues": [4],
        }
        assert {name: state[name] for name in set_here} == set_here


async def test_why_a_value_is_refused_is_shown_where_it_was_made(
    visitor: Visit, api: HassApi
) -> None:
    before = await value(api, "caption")
    async with visitor() as somebody:
        page = somebody.page
        await somebody.open(CARDS)
        field = row(page, "caption").get_by_role("textbox")
        await field.fill("much longer than twenty characters")
        await field.press("Enter")
        await expect(row(page, "caption").get_by_role("alert")).to_contain_text("20")
        await somebody.photograph("refused")
        assert await value(api, "caption") == before

        await field.fill("short")
        await field.press("Enter")
        await expect(row(page, "caption").get_by_role("alert")).to_have_count(0)

        await row(page, "cues").locator("summary").click()
        await row(page, "cues").get_by_role("textbox").fill("[")
        await row(page, "cues").get_by_role("button").click()
        await expect(row(page, "cues").get_by_role("alert")).to_contain_text("JSON")


async def test_who_types_is_not_disturbed(visitor: Visit, api: HassApi) -> None:
    async with visitor() as somebody:
        page = somebody.page
        await somebody.open(CARDS)
        await row(page, "caption").get_by_role("textbox").fill("half a wo")
        shown = row(page, "frame_rate").locator(".value")
        for state in ({"caption": "by others"}, {"frame_rate": 12}):
            await api.act("maestra.set_state", {"slug": "everything", "state": state})
        await expect(shown).to_have_text("12 fps")
        await expect(row(page, "caption").get_by_role("textbox")).to_have_value(
            "half a wo"
        )


async def test_what_others_change_is_shown(visitor: Visit, api: HassApi) -> None:
    async with visitor() as somebody:
        await somebody.open(CARDS)
        shown = row(somebody.page, "frame_rate").locator(".value")
        for rate in ("24", "25"):
            await api.act(
                "maestra.set_state",
                {"slug": "everything", "state": {"frame_rate": int(rate)}},
            )
            await expect(shown).to_have_text(f"{rate} fps")


async def test_cards_outlive_a_reload_of_the_hub(visitor: Visit, api: HassApi) -> None:
    async with visitor() as somebody:
        await somebody.open(CARDS)
        await all_shown(somebody)
        await api.post("/api/config/config_entries/entry/maestrahub/reload", {})
        await api.act(
            "maestra.set_state", {"slug": "everything", "state": {"frame_rate": 30}}
        )
        await expect(row(somebody.page, "frame_rate").locator(".value")).to_have_text(
            "30 fps"
        )


async def test_without_a_hub_they_say_so(visitor: Visit, api: HassApi) -> None:
    """And come back with it: on a page that was open, and on one that was opened meanwhile."""

    async def disable(by: str | None) -> None:
        await api.command(
            "config_entries/disable", entry_id="maestrahub", disabled_by=by
        )

    async with visitor() as before, visitor() as meanwhile:
        await before.open(CARDS)
        await all_shown(before)
        await disable("user")
        try:
            await expect(
                before.page.get_by_text("Maestra is not loaded").first
            ).to_be_visible()
            await before.photograph("absent")
            await meanwhile.open(CARDS)
            await expect(
                meanwhile.page.get_by_text("Maestra is not loaded").first
            ).to_be_visible()
        finally:
            await disable(None)
        await all_shown(before)
        await all_shown(meanwhile)


async def many(fleet: Callable[[str, Any], Any], name: str) -> None:
    """Let there be so many devices that one can search among them."""
    for number in range(8):
        await fleet(
            "/devices/register",
            {
                "name": f"{name} {number}",
                "device_type": "esp32",
                "hardware_id": f"{name}-{number}",
            },
        )


async def test_a_list_keeps_nothing_of_rows_that_have_left(
    visitor: Visit, fleet: Callable[[str, Any], Any]
) -> None:
    """Later releases of lit-html leave a comment behind for each (lit/lit#5298), and grow slower and slower."""
    await many(fleet, "Listed")
    async with visitor() as somebody:
        await somebody.open(CARDS)
        card = somebody.page.locator("maestra-fleet-card")
        rows = card.get_by_text("Listed")
        search, space = card.get_by_role("searchbox"), card.locator(".space")
        nodes: list[int] = []
        for _ in range(2):
            for text, count in (("listed 3", 1), ("listed", 8)):
                await search.fill(text)
                await expect(rows).to_have_count(count)
            nodes.append(await space.evaluate("space => space.childNodes.length"))
        assert nodes[0] == nodes[1]


async def test_devices_are_let_in_and_turned_away(
    visitor: Visit, fleet: Callable[[str, Any], Any]
) -> None:
    await many(fleet, "Neighbour")
    for name in ("let in", "rejected", "blocked"):
        await fleet(
            "/devices/discover",
            {"name": name, "device_type": "esp32", "hardware_id": name},
        )
    async with visitor() as somebody:
        page = somebody.page
        await somebody.open(CARDS)
        card = page.locator("maestra-fleet-card")
        await card.get_by_role("button", name="Approve let in").click()
        await card.get_by_role("searchbox").fill("let in")
        await expect(card.locator(".row", has_text="let in")).to_be_visible()
        await card.get_by_role("searchbox").fill("")
        await card.get_by_role("button", name="Reject rejected").click()
        await expect(card.get_by_text("rejected")).to_have_count(0)
        await card.get_by_role("button", name="Block blocked for good").click()
        await expect(card.get_by_text("Block for good?")).to_be_visible()
        await card.get_by_role("button", name="Block blocked for good").click()
        await expect(card.locator("[data-device=blocked]")).to_have_count(0)


async def test_who_is_no_administrator_lets_nobody_in(
    guest: Visit, fleet: Callable[[str, Any], Any]
) -> None:
    await fleet(
        "/devices/discover",
        {"name": "Waiting", "device_type": "esp32", "hardware_id": "waiting"},
    )
    async with guest() as somebody:
        await somebody.open(CARDS)
        await all_shown(somebody)
        await expect(somebody.page.get_by_role("button", name="Approve")).to_have_count(
            0
        )
        await expect(somebody.page.locator("[data-device=waiting]")).to_have_count(0)


async def test_the_picker_shows_them_and_the_editor_changes_them(
    visitor: Visit,
) -> None:
    async with visitor() as somebody:
        page = somebody.page
        await somebody.open(f"{CARDS}?edit=1")
        await page.get_by_role("button", name="Add card").first.click()
        await page.get_by_text("By card").first.click()
        await page.locator("hui-card-picker input").first.fill("maestra")
        picker = page.locator("hui-card-picker")
        await expect(picker.locator("maestra-entity-card .title").first).to_be_visible()
        await expect(picker.locator("maestra-fleet-card .title").first).to_be_visible()
        await somebody.photograph("picker")

        await picker.locator(".card", has_text="Maestra fleet").click()
        editor = page.locator("hui-dialog-edit-card")
        await editor.locator("ha-input input").first.fill("Boards")
        await expect(editor.locator("maestra-fleet-card .title").first).to_have_text(
            "Boards"
        )
        await somebody.photograph("editor")
