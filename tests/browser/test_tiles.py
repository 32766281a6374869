"""What is smaller than a card: the badge of devices that wait, and the control below a tile."""

import asyncio
from collections.abc import Callable
from typing import Any

from playwright.async_api import expect
import pytest

from scripts.stack.hass_api import HassApi
from tests.kits.browser import IN_BROWSER, Visitor
from tests.kits.process import PATIENCE

from .conftest import Visit
from .test_cards import LOOKS, value

pytestmark = IN_BROWSER
TILES = "/test-cards/tiles"
OFFERED = """() => {
  const { hass } = document.querySelector("home-assistant");
  const feature = window.customCardFeatures.find(({ type }) => type === "maestra-variable");
  return Object.keys(hass.states).filter((entity_id) => feature.isSupported(hass, { entity_id }));
}"""


async def waits(fleet: Callable[[str, Any], Any], name: str) -> None:
    """Let a device ask to be let in."""
    await fleet(
        "/devices/discover",
        {"name": name, "device_type": "esp32", "hardware_id": name},
    )


async def opened(visitor: Visitor) -> tuple[Any, Any]:
    """Look at the badge, and at the features; returns the badge's button and the list that it opens."""
    page = visitor.page
    await visitor.open(TILES)
    await expect(page.locator("maestra-variable-feature input")).to_have_count(4)
    badge = page.locator("maestra-waiting-badge")
    return badge.locator(".waiting-badge"), badge.locator("[popover]")


@pytest.mark.parametrize("look", LOOKS)
async def test_they_look_well(
    visitor: Visit, fleet: Callable[[str, Any], Any], look: str
) -> None:
    await waits(fleet, "Somebody with a name that is rather long")
    async with visitor(**LOOKS[look]) as somebody:
        badge, asking = await opened(somebody)
        await somebody.photograph(f"tiles_{look}")
        assert await somebody.cut() == []
        assert await somebody.barriers() == []
        await badge.click()
        await expect(asking).to_be_visible()
        await somebody.photograph(f"tiles_waiting_{look}")
        assert await somebody.cut() == []
        assert await somebody.barriers() == []


async def test_devices_are_let_in_from_the_badge(
    visitor: Visit, fleet: Callable[[str, Any], Any]
) -> None:
    async with visitor() as somebody:
        badge, asking = await opened(somebody)
        await waits(fleet, "By badge")
        await badge.click()
        row = asking.locator("[data-device='By badge']")
        await row.get_by_role("button", name="Approve By badge").click()
        await expect(row).to_have_count(0)


async def test_who_is_no_administrator_sees_no_badge(
    guest: Visit, fleet: Callable[[str, Any], Any]
) -> None:
    await waits(fleet, "Waiting")
    async with guest() as somebody:
        badge, _ = await opened(somebody)
        await expect(badge).to_have_count(0)


async def test_a_tile_sets_a_colour_and_each_axis(visitor: Visit, api: HassApi) -> None:
    async with visitor() as somebody:
        await opened(somebody)
        features = somebody.page.locator("maestra-variable-feature")
        await features.locator("input[type=color]").fill("#123456")
        await expect(features.locator("input[type=color]")).to_have_value("#123456")
        await features.get_by_label("z").fill("7")
        await features.get_by_label("z").press("Enter")
        async with asyncio.timeout(PATIENCE):
            while (await value(api, "position"))["z"] != 7:
                await asyncio.sleep(0.1)
        assert await value(api, "color") == "#123456"


async def test_who_may_only_read_sets_nothing(reader: Visit) -> None:
    async with reader() as somebody:
        await opened(somebody)
        inputs = somebody.page.locator("maestra-variable-feature input")
        for index in range(4):
            await expect(inputs.nth(index)).to_be_disabled()


async def test_they_are_offered(visitor: Visit) -> None:
    """The feature in the editor of a tile, the badge among all badges."""
    async with visitor() as somebody:
        page = somebody.page
        await somebody.open(f"{TILES}?edit=1")
        await page.get_by_role("button", name="Add badge").first.click()
        await page.get_by_role("tab", name="By badge").click()
        await page.locator("hui-badge-picker input").first.fill("maestra")
        await expect(page.locator("hui-badge-picker maestra-waiting")).to_be_visible()
        await somebody.photograph("tiles_badge_picker")
        offered = await page.evaluate(OFFERED)
        assert "light.stage_everything" in offered
        assert "number.stage_everything_position_x" in offered
        assert "number.stage_everything_gain" not in offered
        somebody.overlook_others()
