"""The dashboard that is made of what there is."""

from playwright.async_api import expect
import pytest

from tests.kits.browser import IN_BROWSER, PHONE, WIDE

from .conftest import Visit
from .house import PARTS, STRATEGY

pytestmark = IN_BROWSER


async def test_it_is_offered_for_new_dashboards(visitor: Visit) -> None:
    async with visitor() as somebody:
        page = somebody.page
        await somebody.open("/config/lovelace/dashboards")
        await page.get_by_role("button", name="Add dashboard").click()
        dialog = page.locator("ha-dialog")
        await expect(
            dialog.locator("dashboard-card", has_text="Maestra")
        ).to_be_visible()


@pytest.mark.parametrize(
    ("name", "look"),
    [
        ("wide", {"viewport": WIDE, "is_dark": True}),
        ("phone", {"viewport": PHONE, "language": "de"}),
    ],
)
async def test_its_views(visitor: Visit, name: str, look: dict[str, object]) -> None:
    async with visitor(**look) as somebody:
        page = somebody.page
        await somebody.open(f"{STRATEGY}/overview")
        await expect(page.locator("maestra-fleet-card .title").first).to_be_visible()
        await somebody.photograph(f"strategy_overview_{name}")
        assert await somebody.cut() == []

        await somebody.go(f"{STRATEGY}/entities")
        await expect(page.locator("maestra-entity-card .title").first).to_be_visible()
        await somebody.photograph(f"strategy_entities_{name}")
        assert await somebody.cut() == []

        await somebody.go(f"{STRATEGY}/connections")
        await expect(page.locator("hui-tile-card").first).to_be_visible()
        await somebody.photograph(f"strategy_connections_{name}")


async def test_its_options_are_a_form(visitor: Visit) -> None:
    async with visitor() as somebody:
        page = somebody.page
        await somebody.open(f"{STRATEGY}/overview")
        tab = page.get_by_role("tab", name="Hierarchy")
        await expect(tab).to_be_visible()
        for is_shown in (False, True):
            await page.get_by_role("button", name="Edit").first.click()
            dialog = page.locator("ha-dialog", has=page.locator("ha-form"))
            await dialog.get_by_text("Hierarchy", exact=True).click()
            await somebody.photograph("strategy_options")
            await dialog.get_by_role("button", name="Save").click()
            await expect(dialog).to_be_hidden()
            await expect(tab).to_be_visible(visible=is_shown)


async def test_a_view_of_one_part(visitor: Visit) -> None:
    async with visitor() as somebody:
        page = somebody.page
        await somebody.open(f"{PARTS}/subtree")
        cards = page.locator("maestra-entity-card .title")
        await expect(cards.get_by_text("Rig 10")).to_be_visible()
        await expect(cards.get_by_text("Everything")).to_be_visible()
        await somebody.photograph("strategy_subtree")
        assert await somebody.cut() == []

        await somebody.go(f"{PARTS}/nobody")
        await expect(page.get_by_text("There is no nobody")).to_be_visible()
        await somebody.go(f"{PARTS}/nothing")
        await expect(page.get_by_text("Of what?")).to_be_visible()
