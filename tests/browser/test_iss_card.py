"""The station as people see it, on a feed of our own."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import timedelta

from playwright.async_api import Locator, expect
import pytest
import pytest_asyncio

from custom_components.maestra.core.domain.clock import utcnow
from scripts.simulators.lightstreamer import play
from scripts.simulators.station import Station
from tests.kits.browser import IN_BROWSER, Visitor
from tests.kits.hass_process import HassProcess
from tests.kits.lightstreamer import TANK, Feed, station_time

from .conftest import Visit
from .house import HOSTILE, added
from .test_cards import LOOKS

pytestmark = IN_BROWSER
ISS = "/test-cards/iss"
DETECTED = "event.peebot_detection"
NEVER = 1e9  # seconds


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def feed(home_assistant: HassProcess) -> AsyncGenerator[Feed]:
    """A feed that Home Assistant listens to, and an astronaut a while ago."""
    async with (
        Feed() as feed,
        home_assistant.api() as api,
        added(api, "iss_telemetry", {"user": {"url": feed.url}, "channels": {}}),
        added(
            api,
            "detector",
            {"user": {"kind": "peebot"}, "settings": {"name": "PeeBot"}},
        ),
    ):
        # The flow has tried it out: a control each for that and for its end.
        await feed.asked_for("control", 3)
        await feed.followed(TANK)
        # The detector looks a minute after each: when all of them are there, on a slow machine too.
        begin = utcnow() - timedelta(seconds=58)
        for second, level in ((0, 19), (3, 20), (6, 21), (9, 22)):
            moment = begin + timedelta(seconds=second)
            feed.put(TANK, TimeStamp=station_time(moment), Value=str(level))
        await home_assistant.states([DETECTED])
        playing = asyncio.create_task(play(feed, Station(1, NEVER, NEVER)))
        yield feed
        playing.cancel()
        with suppress(asyncio.CancelledError):
            await playing


async def opened(visitor: Visitor) -> Locator:
    """Look at the large card, which knows where the station is."""
    await visitor.open(ISS)
    card = visitor.page.locator("maestra-iss-card").first
    await expect(card.locator(".station")).to_be_visible()
    await expect(card.locator("dl")).to_be_visible()
    return card


@pytest.mark.parametrize("look", LOOKS)
async def test_it_looks_well(visitor: Visit, feed: Feed, look: str) -> None:
    async with visitor(**LOOKS[look]) as somebody:
        card = await opened(somebody)
        await expect(card.locator(".tank li").first).to_be_visible()
        await somebody.photograph(f"iss_{look}")
        team = card.locator("[data-team=ETHOS]")
        await team.locator("summary").click()
        await team.locator("[data-channel=NODE3000004]").click()
        await expect(team.locator(".legend .now")).to_have_count(1)
        await team.locator("[data-channel=NODE3000004]").scroll_into_view_if_needed()
        await somebody.photograph(f"iss_{look}_channels")
        assert await somebody.cut() == []
        assert await somebody.barriers() == []


async def test_it_tells_of_the_tank_and_who_filled_it(
    visitor: Visit, feed: Feed
) -> None:
    async with visitor() as somebody:
        card = await opened(somebody)
        await expect(card.locator(".tank li").first).to_contain_text("19 → 22 %")
        feed.measure(TANK, "41")
        await expect(card.locator(".tank .value")).to_have_text("41 %")


async def test_the_station_moves(visitor: Visit, feed: Feed) -> None:
    async with visitor() as somebody:
        card = await opened(somebody)
        station = card.locator(".station")
        x = await station.get_attribute("cx")
        assert x
        await expect(station).not_to_have_attribute("cx", x)
        await expect(card.get_by_text("Signal acquired")).to_be_visible()


async def test_what_the_feed_says_is_text(visitor: Visit, feed: Feed) -> None:
    async with visitor() as somebody:
        card = await opened(somebody)
        feed.measure(TANK, "19", Status_Color=HOSTILE, Status_Indicator=HOSTILE)
        await card.locator("[data-team=ETHOS] summary").click()
        await card.locator(f"[data-channel={TANK}]").click()
        await expect(card.locator(".about")).to_contain_text(HOSTILE)
        assert await somebody.page.locator("img[src=x]").count() == 0
        assert await somebody.page.evaluate("window.hacked") is None


async def test_without_a_feed_it_says_so(visitor: Visit) -> None:
    async with visitor() as somebody:
        await somebody.open(ISS)
        card = somebody.page.locator("maestra-iss-card").last
        await expect(card.get_by_text("No telemetry of the ISS")).to_be_visible()
        await expect(card.locator(".map")).to_have_count(0)
