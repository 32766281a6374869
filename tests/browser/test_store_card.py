"""The database as people see and use it: its card, and what other cards show with it."""

import asyncio
from collections.abc import AsyncGenerator

from playwright.async_api import Page, expect
import pytest
import pytest_asyncio

from scripts.stack.hass_api import ApiError, HassApi
from tests.kits.browser import IN_BROWSER, Visitor
from tests.kits.database import Postgres
from tests.kits.hass_process import HassProcess
from tests.kits.process import PATIENCE

from .conftest import Visit
from .house import HOSTILE, added, database
from .test_cards import LOOKS

pytestmark = IN_BROWSER
STORE = "/test-cards/store"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stored(
    home_assistant: HassProcess, postgres: Postgres
) -> AsyncGenerator[None]:
    """A database beside all else, for what follows."""
    name = await postgres.create_database()
    settings = postgres.settings(name)
    async with (
        home_assistant.api() as api,
        added(api, "timescale_store", database(settings)),
    ):
        async with asyncio.timeout(PATIENCE):
            while not await is_recorded(api):
                await asyncio.sleep(0.1)
        yield
    await postgres.drop_database(name)


async def is_recorded(api: HassApi) -> bool:
    """Tell whether rows arrive in the database."""
    try:
        await api.act("maestra.flush", {})
    except ApiError:
        return False
    return True


async def opened(visitor: Visitor, api: HassApi) -> Page:
    """Look at the card, with rows of something in the database."""
    for level in (11, 12):
        await api.act(
            "maestra.set_state", {"slug": "everything", "state": {"level": level}}
        )
    await visitor.open(STORE)
    page = visitor.page
    card = page.locator("maestra-store-card").first
    await expect(
        card.get_by_text("Recording").or_(card.get_by_text("Zeichnet auf"))
    ).to_be_visible()
    await expect(card.locator(".table").first).to_be_visible()
    return page


async def test_without_a_database_it_says_how_to_add_one(
    visitor: Visit, guest: Visit
) -> None:
    async with visitor() as somebody, guest() as other:
        for each in (somebody, other):
            await each.open(STORE)
            await expect(each.page.get_by_text("No database").first).to_be_visible()
        await somebody.photograph("store_none")
        assert await somebody.cut() == []
        assert await somebody.barriers() == []
        await expect(other.page.get_by_role("button", name="Add a")).to_have_count(0)
        await somebody.page.get_by_role("button", name="Add a").first.click()
        await somebody.page.wait_for_url("**/config/integrations/integration/maestra")


@pytest.mark.parametrize("look", LOOKS)
async def test_it_looks_well(
    visitor: Visit, api: HassApi, stored: None, look: str
) -> None:
    async with visitor(**LOOKS[look]) as somebody:
        await opened(somebody, api)
        await somebody.photograph(f"store_{look}")
        assert await somebody.cut() == []
        assert await somebody.barriers() == []


async def test_rows_are_written_exported_and_imported(
    visitor: Visit, api: HassApi, stored: None
) -> None:
    async with visitor() as somebody:
        page = await opened(somebody, api)
        card = page.locator("maestra-store-card").first
        await card.get_by_role("button", name="Write now").click()
        await expect(card.get_by_text("All is written")).to_be_visible()

        await card.get_by_role("button", name="Export").click()
        await card.get_by_label("What to export").select_option("entity_values")
        await card.get_by_label("How much of it").select_option("24")
        await somebody.photograph("store_export")
        assert await somebody.cut() == []
        await card.get_by_role("button", name="Write the file").click()
        await expect(card.get_by_text(".csv")).to_contain_text("rows")

        await card.get_by_role("button", name="Import").click()
        await card.get_by_label("Where from").select_option("ltss")
        await somebody.photograph("store_import")
        await card.get_by_role("button", name="Begin").click()
        await expect(card.get_by_role("alert")).to_contain_text("ltss")
        await card.get_by_label("Where from").select_option("home_assistant")
        await card.get_by_role("button", name="Begin").click()
        await expect(card.get_by_role("button", name="Begin")).to_have_count(0)


async def test_all_tables_are_shown_when_asked(
    visitor: Visit, api: HassApi, stored: None
) -> None:
    async with visitor() as somebody:
        page = await opened(somebody, api)
        card = page.locator("maestra-store-card").first
        few = await card.locator(".table").count()
        await card.get_by_role("button", name="Show all").click()
        await expect(card.locator("[data-table=device_metrics]")).to_contain_text(
            "kept for 90 days"
        )
        assert await card.locator(".table").count() > few


async def test_who_is_no_administrator_moves_nothing(
    guest: Visit, api: HassApi, stored: None
) -> None:
    async with guest() as somebody:
        page = await opened(somebody, api)
        card = page.locator("maestra-store-card").first
        await expect(card.get_by_role("button", name="Write now")).to_be_visible()
        for name in ("Export", "Import"):
            await expect(card.get_by_role("button", name=name)).to_have_count(0)


async def test_history_comes_from_the_database(
    visitor: Visit, api: HassApi, stored: None
) -> None:
    await api.act("maestra.set_state", {"slug": "everything", "state": {"level": 33}})
    await api.act("maestra.flush", {})
    async with visitor() as somebody:
        await somebody.open("/test-cards/history")
        series = somebody.page.locator("maestra-history-card").nth(3)
        await expect(series.locator(".u-over")).to_be_visible()
        await expect(series.locator(".figure").nth(3)).to_contain_text("33")
        await expect(series.get_by_text("recorder")).to_have_count(0)
        await somebody.photograph("history_stored")


async def test_a_note_is_on_the_timeline(visitor: Visit, stored: None) -> None:
    async with visitor() as somebody:
        page = somebody.page
        await somebody.open("/test-cards/timeline")
        await page.get_by_role("button", name="Add a note").click()
        await page.get_by_role("textbox").first.fill("Doors open")
        await page.get_by_role("button", name="Note it").click()
        await expect(page.get_by_text("Doors open")).to_be_visible()
        await expect(page.get_by_text("No database:")).to_have_count(0)
        await somebody.photograph("timeline_stored")


async def test_notes_are_marked_in_the_history(
    visitor: Visit, api: HassApi, stored: None
) -> None:
    """Each once, with its words as they are; the legend hides them."""
    for title in ("Doors", HOSTILE):
        await api.ask("maestra.annotate", {"title": title, "description": "At last"})
    await api.act("maestra.flush", {})
    async with visitor() as somebody:
        page = somebody.page
        await somebody.open("/test-cards/history")
        card = page.locator("maestra-history-card").first
        mark = card.locator(".mark[title=Doors]")
        await expect(mark).to_have_count(1)
        await expect(card.locator(".notes")).to_contain_text(HOSTILE)
        assert await page.evaluate("window.hacked") is None
        await somebody.photograph("history_notes")
        assert await somebody.cut() == []
        assert await somebody.barriers() == []
        switch = card.get_by_role("button", name="Notes")
        await switch.click()
        await expect(mark).to_have_count(0)
        await expect(switch).to_have_attribute("aria-pressed", "false")
