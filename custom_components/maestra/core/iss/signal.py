"""Whether telemetry comes live: acquired, stale or lost (iss.md §1)."""

import asyncio
from datetime import datetime
from typing import Final

from ..bus import Bus
from ..domain.clock import utcnow
from .events import ReadingTaken, Signal, SignalChanged
from .times import ACQUIRED_WITHIN

ACQUIRED_CLASS: Final = "24"


class SignalWatch:
    """Judges the readings of the station's clock, and their absence."""

    def __init__(self, bus: Bus, gateway: str, silence: float) -> None:
        """Begin without a signal. `silence` is how many seconds without the clock make one lost."""
        self.status: Signal = "lost"
        self.since: datetime | None = None
        self._bus = bus
        self._gateway = gateway
        self._silence = silence
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0

    def take(self, reading: ReadingTaken, now: datetime) -> None:
        """Judge a reading of the clock. One of the past only tells something if it is not old."""
        age = now - reading.time
        if reading.status_class != ACQUIRED_CLASS:
            self._be("lost", now)
        elif age <= ACQUIRED_WITHIN:
            self._be("acquired", now)
        elif reading.is_live or age.total_seconds() <= self._silence:
            self._be("stale", now)
        else:
            self._be("lost", now)
        loop = asyncio.get_running_loop()
        self._due = loop.time() + self._silence
        if self._timer is None:
            self._timer = loop.call_at(self._due, self._check)

    def stop(self) -> None:
        """Judge silence no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _check(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() < self._due:
            self._timer = loop.call_at(self._due, self._check)
            return
        self._timer = None
        self._be("lost", utcnow())

    def _be(self, status: Signal, now: datetime) -> None:
        if status != self.status:
            self.status, self.since = status, now
            self._bus.publish(SignalChanged(self._gateway, status, now))
