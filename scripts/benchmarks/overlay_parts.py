"""The figures of overlay pages, in a real browser: events until they are painted, and what a page costs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Final

import aiohttp
from playwright.async_api import ViewportSize

from scripts.report import Table
from scripts.simulators.twitch_server import as_user
from scripts.stack.browser import chromium
from scripts.stack.services.twitch import LiveStream, Twitch, twitch_url
from scripts.stack.trial import start

from .basics import PATIENCE
from .card_parts import DELAYS, PACE, TRACED, WATCH, Window, delayed, painted
from .effort import Effort
from .whole_parts import MS, Whole, whole

WARM_UP: Final = 40
"""Events before the first whose delay is taken."""
AIM: Final = 100
"""Milliseconds until an event is painted, of ninety-nine in a hundred."""
RATE: Final = 20
"""Events a second while the cost of a page is measured."""
FRAME_AIM: Final = 8
SIZE: Final[ViewportSize] = {"width": 1920, "height": 1080}


async def _traced(shown: Window, seconds: float) -> list[tuple[float, float]]:
    """Return what the main thread spends for a frame and for a second, piece by piece: a trace of all of it is too large."""
    loop = asyncio.get_running_loop()
    end, found = loop.time() + seconds, []
    while loop.time() < end:
        if took := await shown.traced(TRACED):
            found.append(took)
    return found


@asynccontextmanager
async def _shown(folder: Path) -> AsyncIterator[tuple[Whole, Window]]:
    """All of it with a channel, and a page of its overlay that shows chat, too."""
    async with whole(folder) as everything, chromium() as browser:
        stream = LiveStream()
        await start(everything.context, (Twitch(), stream))
        context = await browser.new_context(viewport=SIZE)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE * MS)
        await page.goto(str(stream.facts(everything.context)["overlay"]))
        await page.locator("[data-layer=foreground]").wait_for(state="attached")
        await page.evaluate(f"() => {{ const root = document.body; {WATCH} }}")
        yield everything, Window(page, await browser.new_browser_cdp_session())


async def _busy(http: aiohttp.ClientSession, url: str) -> None:
    """Let people chat, follow and cheer, so many times a second, for ever."""
    loop = asyncio.get_running_loop()
    begin, number = loop.time(), 0
    while True:
        number += 1
        person = as_user(f"Viewer{number % 500}", number % 500)
        kind, fields = (
            ("channel.follow", {}),
            ("channel.cheer", {"bits": 100, "message": "", "is_anonymous": False}),
        )[number // 2 % 2]
        if number % 2:
            kind = "channel.chat.message"
            fields = {
                **{f"chatter_{key}": value for key, value in person.items()},
                "message_id": f"busy-{number}",
                "message": {"text": f"message {number}", "fragments": []},
            }
        await (await http.post(f"{url}/{kind}", json={**person, **fields})).release()
        await asyncio.sleep(max(begin + number / RATE - loop.time(), 0))


async def measure_overlay(table: Table, folder: Path, effort: Effort) -> None:
    """Add how long events take until they are painted, and what a page costs meanwhile."""
    count = min(DELAYS, max(4, int(effort.steady / PACE / 2)))
    async with _shown(folder) as (everything, shown), aiohttp.ClientSession() as http:
        url = f"{twitch_url(everything.context)}/simulate"
        act = everything.context.api.act

        async def follows(number: int) -> None:
            person = {"user_id": "1", "user_login": "v", "user_name": f"V{number}"}
            await (await http.post(f"{url}/channel.follow", json=person)).release()

        # Before followers fill the queue with their alerts.
        await act(
            "maestra.show_content",
            {"type": "chat", "layer": "midground", "duration": 3_600},
        )
        # Home Assistant has just started, and is still busy with that.
        await painted(shown.page, min(count, WARM_UP), follows)
        delayed(
            table,
            f"a follower at Twitch until painted, {count} of them",
            await painted(shown.page, count, follows),
            AIM,
        )
        busy = asyncio.create_task(_busy(http, url))
        try:
            traces = await _traced(shown, effort.steady)
        finally:
            busy.cancel()
            await asyncio.wait([busy])
    frames, seconds = zip(*traces, strict=True)
    table.add(
        f"CPU of the page's main thread a frame, {RATE} events/s for {effort.steady:g} s: median of {len(traces)} traces",
        "ms",
        median(frames),
        FRAME_AIM,
    )
    table.add("… the most of a trace", "ms", max(frames), FRAME_AIM)
    table.add("… a second", "ms", median(seconds), None)
