"""The feed of ISS telemetry, taken by one of the workers: by who has the first partition."""

import asyncio
from collections.abc import Callable
from typing import Final

import aiohttp

from ..bus import Counters
from ..domain import Domain
from ..iss.session import IssSettings
from ..iss.source import IssSource

LOOK: Final = 1.0
"""Seconds between two looks at whose turn it is. Two that take the feed for a moment store the same rows, which are known by their keys."""


class IssFeed:
    """Takes the feed while `is_ours`."""

    def __init__(
        self, domain: Domain, settings: IssSettings, is_ours: Callable[[], bool]
    ) -> None:
        """Connect nothing yet."""
        self.counters = Counters()
        self._domain = domain
        self._settings = settings
        self._is_ours = is_ours

    async def run(self) -> None:
        """Take it, whenever it is our turn, until cancelled."""
        async with aiohttp.ClientSession() as http:
            source = IssSource("iss", http, self._domain, self._settings)
            self.counters = source.counters
            while True:
                if self._is_ours():
                    await self._take(source)
                await asyncio.sleep(LOOK)

    async def _take(self, source: IssSource) -> None:
        stop = source.start()
        running = asyncio.create_task(source.connection.run())
        try:
            while self._is_ours() and not running.done():
                await asyncio.wait((running,), timeout=LOOK)
        finally:
            stop()
            running.cancel()
            await asyncio.wait((running,))
        if not running.cancelled():
            # There is a mistake in it: it never ends by itself.
            running.result()
