"""What a stream production shows as people see it in Home Assistant, and its queue."""

from collections.abc import AsyncGenerator
from typing import Any, Final

from playwright.async_api import Locator, Page, expect
import pytest_asyncio

from scripts.stack.hass_api import HassApi
from tests.kits.browser import IN_BROWSER

from .conftest import Visit
from .house import HOSTILE, added

pytestmark = IN_BROWSER
VIEW: Final = "/test-cards/production"


@pytest_asyncio.fixture(loop_scope="session")
async def production(api: HassApi) -> AsyncGenerator[None]:
    """A production, with a template of its own."""
    template = {"type": "shout", "title": "{person} says hello!", "look": "banner"}
    named: dict[str, Any] = {"name": "Broadcast", "templates": [template]}
    async with added(api, "production", {"user": named}):
        yield


def card_of(page: Page) -> Locator:
    return page.locator("maestra-production-card").first


def layer(page: Page, name: str) -> Locator:
    return card_of(page).locator(f'.shown[data-layer="{name}"]')


async def test_it_shows_what_overlays_show(
    visitor: Visit, api: HassApi, production: None
) -> None:
    async with visitor() as somebody:
        await somebody.open(VIEW)
        page = somebody.page
        card = card_of(page)
        await expect(card.get_by_text("Nothing waits")).to_be_visible()
        missing = page.locator("maestra-production-card").nth(1)
        await expect(missing.get_by_text("No stream production")).to_be_visible()
        await api.act(
            "maestra.show_alert",
            {"type": "shout", "data": {"person": HOSTILE}, "duration": 600},
        )
        await api.act("maestra.show_alert", {"title": "Later", "duration": 600})
        front = layer(page, "foreground")
        await expect(front.locator("b")).to_have_text(f"{HOSTILE} says hello!")
        await expect(card.locator(".queue li")).to_have_count(2)
        assert await page.locator("img[src=x]").count() == 0
        await api.act(
            "maestra.show_content",
            {"type": "emote_stats", "data": {"text": "12 emotes"}, "duration": 600},
        )
        await expect(layer(page, "background")).to_have_attribute(
            "data-state", "active"
        )
        await somebody.photograph("production")
        assert await somebody.cut() == []
        assert await somebody.barriers() == []
        await api.act("maestra.takeover", {"type": "custom", "message": "Back soon"})
        await expect(front).to_have_attribute("data-type", "takeover")
        await card.get_by_label("End the takeover").click()
        await expect(front).to_have_attribute("data-type", "shout")
        for title in (HOSTILE, "Later"):
            await card.get_by_label(f"Remove {title}", exact=False).first.click()
        await expect(card.get_by_text("Later")).to_have_count(0)


async def test_who_may_only_read_sees_no_buttons(
    reader: Visit, api: HassApi, production: None
) -> None:
    await api.act("maestra.show_alert", {"title": "Ann", "duration": 600})
    async with reader() as somebody:
        await somebody.open(VIEW)
        card = card_of(somebody.page)
        await expect(card.locator(".queue li")).to_have_count(1)
        await expect(card.locator("button")).to_have_count(0)
