"""The history card as people see and use it, on Home Assistant's recorder."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect
import pytest

from scripts.stack.hass_api import HassApi
from tests.kits.browser import IN_BROWSER, Visitor

from .conftest import Visit
from .house import CARDS
from .test_cards import LOOKS

pytestmark = IN_BROWSER
HISTORY = "/test-cards/history"


def card(page: Page, place: int = 0) -> Any:
    """Return one of the cards."""
    return page.locator("maestra-history-card").nth(place)


def entry(page: Page, name: str) -> Any:
    """Return a series in the legend."""
    return card(page).locator(".entry:not(.earlier)", has_text=name)


async def opened(visitor: Visitor, api: HassApi) -> Page:
    """Look at cards that have loaded what there is."""
    for x in (-8, 8, 1):
        await api.act(
            "maestra.set_state", {"slug": "everything", "state": {"position": {"x": x}}}
        )
    await visitor.open(HISTORY)
    page = visitor.page
    await expect(card(page).locator(".u-over")).to_be_visible()
    await expect(page.locator(".loading")).to_have_count(0)
    await expect(page.locator(".busy")).to_have_count(0)
    return page


@pytest.mark.parametrize("look", LOOKS)
async def test_it_looks_well(visitor: Visit, api: HassApi, look: str) -> None:
    async with visitor(**LOOKS[look]) as somebody:
        await opened(somebody, api)
        await somebody.photograph(f"history_{look}")
        assert await somebody.cut() == []
        assert await somebody.barriers() == []


async def test_it_says_what_it_can_not_show(visitor: Visit, api: HassApi) -> None:
    async with visitor() as somebody:
        page = await opened(somebody, api)
        await expect(card(page)).to_contain_text("From Home Assistant's recorder")
        await expect(card(page, 1)).to_contain_text("No series chosen")
        await expect(card(page, 2)).to_contain_text("Nothing recorded in this time")
        await expect(card(page, 3)).to_contain_text("These series need a database")


async def test_the_legend_has_figures_and_hides_lines(
    visitor: Visit, api: HassApi
) -> None:
    async with visitor() as somebody:
        page = await opened(somebody, api)
        await expect(entry(page, "osition").locator(".figure").nth(1)).to_contain_text(
            "-8 m"
        )
        await expect(entry(page, "osition").locator(".figure").nth(3)).to_contain_text(
            "8 m"
        )
        line = entry(page, "osition").get_by_role("button")
        await line.click()
        await expect(line).to_have_attribute("aria-pressed", "false")
        await card(page).locator(".u-over").hover()
        await expect(entry(page, "frame rate").locator(".now")).to_contain_text("Here")


async def test_last_is_what_there_is_now(visitor: Visit, api: HassApi) -> None:
    """And not the mean of the last minutes."""
    async with visitor() as somebody:
        page = await opened(somebody, api)
        await expect(entry(page, "osition").locator(".now")).to_contain_text("1 m")


async def test_it_goes_through_the_years(visitor: Visit, api: HassApi) -> None:
    """What is drawn stays while more is read."""
    async with visitor() as somebody:
        page = await opened(somebody, api)
        plot = await card(page).locator(".plot").element_handle()
        for hours in ("24 h", "7 d", "30 d", "1 y"):
            await card(page).get_by_role("button", name=hours, exact=True).click()
            await expect(
                card(page).get_by_role("button", name=hours, exact=True)
            ).to_have_attribute("aria-pressed", "true")
        over = card(page).locator(".u-over")
        box = await over.bounding_box()
        assert box is not None
        y = box["y"] + box["height"] / 2
        await page.mouse.move(box["x"] + 20, y)
        await page.mouse.down()
        for step in range(1, 11):
            await page.mouse.move(
                box["x"] + 20 + step * (box["width"] - 40) / 10, y, steps=2
            )
        await page.mouse.up()
        now = card(page).get_by_role("button", name="Now")
        await expect(now).to_be_visible()
        await card(page).get_by_role("button", name="Zoom in").click()
        await expect(card(page).locator(".busy")).to_have_count(0)
        await now.click()
        await expect(now).to_have_count(0)
        assert await plot.evaluate("element => element.isConnected")


async def test_it_is_drawn_when_somebody_comes_back(
    visitor: Visit, api: HassApi
) -> None:
    """Home Assistant puts the view back as it was left; nothing moves on by itself."""
    async with visitor() as somebody:
        page = await opened(somebody, api)
        await card(page).get_by_role("button", name="Earlier").click()
        await expect(card(page).get_by_role("button", name="Now")).to_be_visible()
        await somebody.go(CARDS)
        await expect(card(page)).to_have_count(0)
        await somebody.go(HISTORY)
        await expect(card(page).locator(".u-over")).to_be_visible()


async def test_it_compares_and_saves(
    visitor: Visit, api: HassApi, tmp_path: Path
) -> None:
    async with visitor() as somebody:
        page = await opened(somebody, api)
        await expect(card(page).locator(".entry.earlier")).to_have_count(2)
        await card(page).get_by_role("combobox").select_option("none")
        await expect(card(page).locator(".entry.earlier")).to_have_count(0)
        async with page.expect_download() as download:
            await card(page).get_by_role("button", name="Save as CSV").click()
        await (await download.value).save_as(tmp_path / "history.csv")
        head, *rows = (tmp_path / "history.csv").read_text("utf-8").splitlines()
        assert head.startswith('time,"Everything Position X (m)"')
        assert rows


async def test_who_is_no_administrator_sees_the_same(
    guest: Visit, api: HassApi
) -> None:
    async with guest() as somebody:
        page = await opened(somebody, api)
        await expect(entry(page, "osition").locator(".now")).to_contain_text("m")
