"""The timeline card as people see and use it, on Home Assistant's recorder."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from playwright.async_api import Page, expect
import pytest

from tests.kits.browser import IN_BROWSER, Visitor

from .conftest import Visit
from .house import HOSTILE
from .test_cards import LOOKS

pytestmark = IN_BROWSER
TIMELINE = "/test-cards/timeline"
type Fleet = Callable[[str, Any], Any]


async def happens(fleet: Fleet) -> None:
    """Let a device tell of itself, and another wait."""
    await fleet(
        "/devices/discover",
        {"name": "Newcomer", "device_type": "esp32", "hardware_id": "newcomer"},
    )
    device = await fleet(
        "/devices/register",
        {"name": "Teller", "device_type": "esp32", "hardware_id": str(uuid4())},
    )
    for severity, message in (("info", "Started"), ("error", HOSTILE)):
        await fleet(
            "/events",
            {
                "device_id": device["id"],
                "event_type": f"{severity}_told",
                "severity": severity,
                "message": message,
            },
        )


async def opened(visitor: Visitor) -> Page:
    """Look at the card, which has read what happened."""
    await visitor.open(TIMELINE)
    page = visitor.page
    await expect(page.locator("[data-kind=approval]").first).to_be_visible()
    await expect(page.get_by_text("Error told").first).to_be_visible()
    return page


@pytest.mark.parametrize("look", LOOKS)
async def test_it_looks_well(visitor: Visit, fleet: Fleet, look: str) -> None:
    await happens(fleet)
    async with visitor(**LOOKS[look]) as somebody:
        page = await opened(somebody)
        await somebody.photograph(f"timeline_{look}")
        assert await somebody.cut() == []
        assert await somebody.barriers() == []
        assert await page.locator("img[src=x]").count() == 0
        await expect(page.get_by_text(HOSTILE).first).to_be_visible()


async def test_it_filters_and_zooms(visitor: Visit, fleet: Fleet) -> None:
    await happens(fleet)
    async with visitor() as somebody:
        page = await opened(somebody)
        events = page.locator("[data-kind=event]")
        await page.get_by_role("button", name="Warnings").click()
        await expect(page.get_by_text("Info told")).to_have_count(0)
        await expect(page.get_by_text("Error told").first).to_be_visible()
        await page.get_by_role("button", name="Warnings").click()

        await page.get_by_role("button", name="Events").click()
        await expect(events).to_have_count(0)
        await page.get_by_role("button", name="Events").click()
        await expect(page.get_by_text("Info told").first).to_be_visible()

        hour = page.get_by_role("button", name="1 h", exact=True)
        await page.locator("button.slot").last.click()
        await expect(hour).to_have_attribute("aria-pressed", "false")
        await hour.click()
        await expect(hour).to_have_attribute("aria-pressed", "true")


async def test_without_a_database_nothing_can_be_noted(
    visitor: Visit, fleet: Fleet
) -> None:
    await happens(fleet)
    async with visitor() as somebody:
        page = await opened(somebody)
        await expect(page.get_by_text("No database:")).to_be_visible()
        await expect(page.get_by_role("button", name="Add a note")).to_have_count(0)
