"""The card with what passes through the connections, as administrators watch it, and others do not."""

from collections.abc import Callable
from itertools import count
from typing import Any

from playwright.async_api import expect

from tests.kits.browser import IN_BROWSER

from .conftest import Visit
from .house import CARDS

pytestmark = IN_BROWSER
ROWS_AT_TOP = 30
"""As the card has it."""


async def test_messages_are_filtered_and_paused(
    visitor: Visit, fleet: Callable[[str, Any], Any]
) -> None:
    numbers = count()

    async def register() -> None:
        board = {
            "name": "Bus",
            "device_type": "esp32",
            "hardware_id": f"bus-{next(numbers)}",
        }
        await fleet("/devices/register", board)

    async with visitor() as somebody:
        await somebody.open(CARDS)
        card = somebody.page.locator("maestra-bus-card")
        await expect(card.locator(".gateway").first).to_be_visible()
        await card.get_by_role("searchbox").fill("/devices/register")
        await expect(card.get_by_text("Messages appear here")).to_be_visible()
        messages = card.locator(".tail li:not(.empty)")
        while not await messages.count():
            await register()
            await somebody.page.wait_for_timeout(300)
        await expect(messages.first).to_contain_text("POST /devices/register")
        await somebody.photograph("bus")
        assert await somebody.barriers() == []

        await card.get_by_role("button", name="Pause").click()
        shown = await messages.count()
        await register()
        await expect(card.get_by_role("button", name="Go on")).to_be_visible()
        assert await messages.count() == shown


async def test_more_are_drawn_for_who_scrolls(
    visitor: Visit, fleet: Callable[[str, Any], Any]
) -> None:
    numbers = count()

    async def register() -> str:
        hardware_id = f"tail-{next(numbers)}"
        board = {"name": "Tail", "device_type": "esp32", "hardware_id": hardware_id}
        await fleet("/devices/register", board)
        return hardware_id

    async with visitor() as somebody:
        await somebody.open(CARDS)
        card = somebody.page.locator("maestra-bus-card")
        await card.get_by_role("searchbox").fill("/devices/heartbeat")
        messages = card.locator(".tail li:not(.empty)")
        others = messages.filter(has_text="/devices/register")
        # The filter counts once others are not shown any more.
        while not await messages.count() or await others.count():
            tail = {"hardware_id": await register()}
            await fleet("/devices/heartbeat", tail)
            await somebody.page.wait_for_timeout(100)
        while await messages.count() < ROWS_AT_TOP:
            await fleet("/devices/heartbeat", tail)
        newest = await messages.first.text_content()
        while await messages.first.text_content() == newest:
            await fleet("/devices/heartbeat", tail)
            await somebody.page.wait_for_timeout(300)
        assert await messages.count() == ROWS_AT_TOP
        await card.locator(".tail").hover()
        await somebody.page.mouse.wheel(0, 100)
        await expect(messages.nth(ROWS_AT_TOP)).to_be_attached()


async def test_it_is_for_administrators(guest: Visit) -> None:
    async with guest() as somebody:
        await somebody.open(CARDS)
        card = somebody.page.locator("maestra-bus-card")
        await expect(card.get_by_text("Not for you")).to_be_visible()
