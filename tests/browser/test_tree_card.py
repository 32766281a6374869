"""The card with the whole hierarchy, as people search in it and set several together."""

from typing import Any

from playwright.async_api import Page, expect

from scripts.stack.hass_api import HassApi
from tests.kits.browser import IN_BROWSER

from .conftest import Visit
from .house import CARDS, RIG

pytestmark = IN_BROWSER


def tree(page: Page) -> Any:
    """Return the card."""
    return page.locator("maestra-tree-card").first


def row(page: Page, slug: str) -> Any:
    """Return an entity's row."""
    return tree(page).locator(f"[data-slug='{slug}']")


async def levels(api: HassApi) -> list[Any]:
    """Return what the lights are set to."""
    answer = await api.ask("maestra.get_state", {"slug": list(RIG)})
    return [answer[slug]["state"]["level"] for slug in RIG]


async def test_it_is_searched_by_path_and_sets_what_is_found(
    visitor: Visit, api: HassApi
) -> None:
    async with visitor() as somebody:
        page = somebody.page
        await somebody.open(CARDS)
        await tree(page).get_by_role("searchbox").fill("stage.rig*")
        await tree(page).get_by_role("button", name="Select 3").click()
        await expect(tree(page).get_by_text("3 selected")).to_be_visible()
        await tree(page).get_by_role("slider").fill("55")
        await expect(row(page, "rig-10")).to_contain_text("55 %")
        await somebody.photograph("tree_selected")
        assert await somebody.barriers() == []
        assert await levels(api) == [55, 55, 55]

        await api.act("maestra.set_state", {"slug": "rig-2", "state": {"level": 7}})
        await expect(row(page, "rig-2")).to_contain_text("7 %")
        await expect(tree(page).get_by_text("Level (differs)")).to_be_visible()

        await tree(page).get_by_role("searchbox").fill("stage..(")
        await expect(tree(page).get_by_role("alert")).to_contain_text("path")


async def test_it_is_used_with_keys(visitor: Visit) -> None:
    async with visitor() as somebody:
        page = somebody.page
        await somebody.open(CARDS)
        await tree(page).get_by_role("searchbox").fill("rig")
        await expect(row(page, "rig-1")).to_be_visible()
        items = tree(page).get_by_role("treeitem")
        await expect(items).to_have_count(4)
        await tree(page).get_by_role("tree").focus()
        for key in ("End", "Space", "ArrowUp", "Space"):
            await page.keyboard.press(key)
        for slug, selected in zip(RIG, ("false", "true", "true"), strict=True):
            await expect(row(page, slug)).to_have_attribute("aria-selected", selected)
        for key in ("ArrowLeft", "ArrowLeft"):
            await page.keyboard.press(key)
        await expect(row(page, "stage")).to_have_attribute("aria-expanded", "false")
        await expect(items).to_have_count(1)


async def test_who_may_not_set_is_not_offered_to(guest: Visit, api: HassApi) -> None:
    """Users may control everything in Home Assistant; what has no input is set by nobody."""
    async with guest() as somebody:
        await somebody.open(CARDS)
        await expect(row(somebody.page, "stage")).to_be_visible()
        await expect(row(somebody.page, "rig-1")).to_have_attribute(
            "aria-selected", "false"
        )
        assert await row(somebody.page, "stage").get_attribute("aria-selected") is None


async def test_thousands_scroll(visitor: Visit, api: HassApi) -> None:
    """Only what is in sight is there to draw."""
    await api.act("maestra.create_entity", {"name": "Many", "entity_type": "zone"})
    for number in range(300):
        await api.act(
            "maestra.create_entity",
            {"name": f"Many {number}", "entity_type": "sensor", "parent": "many"},
        )
    async with visitor() as somebody:
        page = somebody.page
        await somebody.open(CARDS)
        await tree(page).get_by_role("searchbox").fill("many")
        await expect(tree(page).get_by_text("301 of")).to_be_visible()
        assert await tree(page).get_by_role("treeitem").count() < 40
        await tree(page).get_by_role("tree").focus()
        await page.keyboard.press("End")
        await expect(tree(page).get_by_text("Many 299", exact=True)).to_be_visible()
        assert await tree(page).get_by_role("treeitem").count() < 40
    await api.act("maestra.delete_entity", {"slug": "many", "cascade": True})
