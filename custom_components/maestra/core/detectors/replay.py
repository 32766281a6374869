"""Running a detector over what is stored: the same code as live, and the same results."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ..domain.errors import InvalidField
from ..domain.reading import Reading
from ..store.queries import read_before, read_pages
from ..store.store import Store
from .detector import Detection, Detector
from .feeds import channel_of, stored_series
from .registry import GRACE, DetectorInstance
from .rows import known_events

SLICE: Final = 500
"""Readings that are taken before others get their turn of the loop: about a millisecond."""


@dataclass(slots=True)
class Progress:
    """How far a replay is: readings, the time of the newest, what was found, and how many of it the store knew."""

    start: datetime
    end: datetime
    readings: int = 0
    position: datetime | None = None
    found: list[Detection] = field(default_factory=list)
    known: int = 0

    @property
    def share(self) -> float:
        """What part of the range is done, 0 to 1."""
        if self.position is None:
            return 0.0
        return min(
            max((self.position - self.start) / (self.end - self.start), 0.0), 1.0
        )


async def replay(
    store: Store,
    instance: DetectorInstance,
    progress: Progress,
    now: datetime,
    on_new: Callable[[Detection], None],
) -> None:
    """Find the events that began in the progress's range, and call `on_new` with those that the store does not know.

    Raises StoreNotConnected, StoreTimeout, InvalidField.
    """
    detector = instance.detector
    fresh = type(detector)(detector.series, detector.settings)
    # What is still on its way would be missing.
    await store.flush()
    start, end = progress.start, progress.end
    known = await known_events(store, channel_of(detector.series), start, end)
    async for detection in _found(store, fresh, progress, now):
        if not start <= detection.detected_at < end:
            continue
        progress.found.append(detection)
        if (instance.stored_type(detection), detection.detected_at) in known:
            progress.known += 1
        else:
            on_new(detection)
    progress.position = end


async def _found(
    store: Store, detector: Detector, progress: Progress, now: datetime
) -> AsyncIterator[Detection]:
    """Feed a detector with the range, with what went before it, and with what its last decisions need."""
    name = detector.series
    series = stored_series(store.catalogue.feeds, name)
    begin, end = progress.start - detector.memory, progress.end + detector.memory
    if (before := await read_before(store, series, begin)) is not None:
        detector.take(Reading(name, before["value"], before["time"]))
    take = detector.take
    async for rows in read_pages(store, series, begin, end):
        for first in range(0, len(rows), SLICE):
            for time, value in rows[first : first + SLICE]:
                for detection in take(Reading(name, value, time)):
                    yield detection
            progress.position = time
            await asyncio.sleep(0)
        progress.readings += len(rows)
    # As long as something is decided, there may be more.
    until = min(end, now - GRACE)
    while found := detector.advance(until):
        for detection in found:
            yield detection


def checked_range(start: datetime, end: datetime) -> Progress:
    """Return a replay that has not begun; raises InvalidField."""
    if end <= start:
        raise InvalidField(field="end", reason="must be after the start")
    return Progress(start, end)
