"""The figures of a busy chat: Home Assistant with a simulated Twitch, an overlay page, and alerts in between."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from statistics import median
import time
from typing import Any, Final

import aiohttp

from scripts.report import Table
from scripts.stack.services.twitch import LiveStream, Twitch, twitch_url
from scripts.stack.trial import start

from .effort import Effort
from .whole_parts import MS, Whole, whole

RATE: Final = 1_000
"""Messages a second."""
PACE: Final = 1.5
"""Seconds between two alerts."""
MB: Final = 2**20
COLUMNS: Final = ("", "", "measured", "aim")


class Page:
    """An overlay page: what it is told, and when."""

    def __init__(self) -> None:
        """Have seen nothing."""
        self.messages = 0
        self.alerts: dict[str, float] = {}

    async def watch(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Watch for ever."""
        async for message in socket:
            now = time.perf_counter()
            told = message.json()
            self.messages += len(told.get("events", ()))
            content = told.get("layers", {}).get("foreground", {}).get("content")
            if content:
                self.alerts.setdefault(str(content["data"].get("title")), now)


async def _alerts(everything: Whole, sent: dict[str, float]) -> None:
    """Show one alert after the other, for ever."""
    act = everything.context.api.act
    while True:
        title = f"alert {len(sent)}"
        sent[title] = time.perf_counter()
        # In front of those of the demo's followers, which have ten seconds each.
        await act(
            "maestra.show_alert", {"title": title, "duration": 1, "priority": 500}
        )
        await asyncio.sleep(PACE)


async def _flood(
    everything: Whole, browser: aiohttp.ClientSession, seconds: float
) -> Any:
    url = f"{twitch_url(everything.context)}/flood"
    asked = {"rate": RATE, "seconds": seconds}
    async with browser.post(url, json=asked) as answer:
        return await answer.json()


async def _measure(folder: Path, effort: Effort) -> Table:
    seconds = effort.steady
    table = Table(
        f"(u) A chat of {RATE} messages a second for {seconds:g} s, with an overlay page and alerts in between",
        COLUMNS,
        (
            "Home Assistant with its recorder, all wires and the store, as in (p); the simulated Twitch and all else on the same CPUs.",
            "An alert is timed from the action until the page is told of it: one every 1.5 s. Every message is a row of the store, too.",
        ),
    )
    async with whole(folder) as everything, aiohttp.ClientSession() as browser:
        stream = LiveStream()
        await start(everything.context, (Twitch(), stream))
        overlay = stream.facts(everything.context)["overlay"]
        page, sent = Page(), dict[str, float]()
        async with browser.ws_connect(f"{overlay}feed/socket") as socket:
            tasks = [
                asyncio.create_task(page.watch(socket)),
                asyncio.create_task(_alerts(everything, sent)),
            ]
            try:
                before = everything.probe.do("whole")
                began = time.perf_counter()
                flood = await _flood(everything, browser, seconds)
                took = time.perf_counter() - began
                after = everything.probe.do("whole")
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
    delays = sorted(
        page.alerts[title] - at for title, at in sent.items() if title in page.alerts
    )
    cpu = after["cpu"] - before["cpu"]
    table.add("messages a second that were sent", "", flood["told"] / took, RATE)
    table.add("… that the page was told", "", page.messages / took, None)
    table.add("Home Assistant's CPU", "%", cpu / took * 100, None)
    table.add(
        "memory that was added",
        "MB",
        (after["resident"] - before["resident"]) / MB,
        None,
    )
    table.add(
        "alert until the page is told: p50", "ms", median(delays or [0]) * MS, None
    )
    table.add("… the slowest", "ms", (delays or [0])[-1] * MS, None)
    return table


PARTS: Final[dict[str, Callable[[Path, Effort], Table]]] = {
    "u": lambda folder, effort: asyncio.run(_measure(folder, effort)),
}
