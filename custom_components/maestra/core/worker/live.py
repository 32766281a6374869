"""The latest values for those who only show them: told by each worker, a few times a second at most."""

import asyncio
from functools import partial
from typing import Final

from ..bus import Unsubscribe
from ..domain import Domain
from ..nats.connection import NatsConnection
from ..nats.live import LiveWriter
from ..qs import live as qs

INTERVAL: Final = 0.5
"""Seconds between two times that values are told: what comes faster takes the place of what was there."""
MOST: Final = 2_000
"""Values that are told at once."""


class LiveValues:
    """Tells the latest QS values."""

    def __init__(self, domain: Domain, connection: NatsConnection) -> None:
        """Tell nothing yet."""
        self.writer = LiveWriter(connection)
        self._events = qs.LatestEvents(domain)
        self._connection = connection

    def start(self) -> Unsubscribe:
        """Listen until the returned function is called."""
        return self._events.start()

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL)
            if not self._connection.connected:
                continue
            self._events.flush(partial(self.writer.tell, qs.DIALECT), MOST)
