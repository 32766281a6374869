"""Writing to Home Assistant's state machine at a rate that it, its recorder and its browsers are made for."""

import asyncio
from collections.abc import Iterable
from heapq import heappop, heappush
from time import monotonic
from typing import Final, Protocol

from homeassistant.core import HomeAssistant, callback

from ..const import DEFAULT_STATE_WRITES
from ..core.bus import Counters, get_logger
from .slices import SLICE

_LOGGER = get_logger(__name__)

SHORTEST_WINDOW: Final = 0.05
"""Seconds in which an entity is written at most once."""
LONGEST_WINDOW: Final = 2.0
"""Seconds that a state may be behind, whatever happens."""
MEASURE: Final = 0.1
"""Seconds over which writes are counted, at least."""


class WrittenEntity(Protocol):
    """An entity whose state is written."""

    entity_id: str
    is_added: bool

    def async_write_ha_state(self) -> None:
        """Write its state."""


class WriteBudget:
    """How long each entity waits from one write to the next, so that all together keep to a rate.

    Where n entities move all the time, `window` is n / rate: what moves seldom is written as
    quickly as ever. Only beyond LONGEST_WINDOW are there more writes than the rate.
    """

    def __init__(self, rate: float) -> None:
        """Take writes a second."""
        self.rate = rate
        self.window = SHORTEST_WINDOW
        self._count = 0
        self._since = float("-inf")

    def written(self) -> None:
        """One state is written."""
        self._count += 1

    def adapt(self, now: float) -> None:
        """Fit the window to what was written, as soon as that tells something."""
        elapsed = now - self._since
        if elapsed < max(MEASURE, self.window):
            return
        moving = self.window * self._count / elapsed
        self.window = min(max(moving / self.rate, SHORTEST_WINDOW), LONGEST_WINDOW)
        self._count, self._since = 0, now


class StateWriter:
    """Collects the entities whose state moved, and writes each at most once in a window.

    The state that is written is the one at the time of writing: nothing is queued but
    the entity itself, and what is marked twice is written once.
    """

    def __init__(self, hass: HomeAssistant, rate: float = DEFAULT_STATE_WRITES) -> None:
        """Start with nothing to write."""
        self.counters = Counters()
        """Counts of written and spared: changes that were told by a write which came for others too."""
        self.budget = WriteBudget(rate)
        self._loop = hass.loop
        # When each is due; the heap may have entries that are none any more.
        self._marked: dict[WrittenEntity, float] = {}
        self._due: list[tuple[float, int, WrittenEntity]] = []
        self._order = 0
        self._written: dict[WrittenEntity, float] = {}
        self._failed: set[WrittenEntity] = set()
        self._flushing: asyncio.Handle | None = None
        self._flush_at = float("inf")
        self._is_stopped = False

    @callback
    def mark(self, entity: WrittenEntity) -> None:
        """Write the entity's state within its window."""
        if not entity.is_added or self._is_stopped:
            return
        if entity in self._marked:
            self.counters.add("spared")
            return
        now = self._loop.time()
        due = now + SHORTEST_WINDOW
        if (written := self._written.get(entity)) is not None:
            due = max(due, written + self.budget.window)
        self._wait(entity, due)

    @callback
    def write_now(self, entity: WrittenEntity) -> None:
        """Write the entity's state at once: for what a person waits for."""
        self._marked.pop(entity, None)
        if entity.is_added and not self._is_stopped:
            self._write(entity, self._loop.time())

    @callback
    def mark_all(
        self, entities: Iterable[WrittenEntity], *, is_urgent: bool = False
    ) -> None:
        """Write the states of many entities: within their windows, or, where it is urgent, next of all."""
        if not is_urgent:
            for entity in entities:
                self.mark(entity)
            return
        now = self._loop.time()
        for entity in entities:
            if entity.is_added and not self._is_stopped:
                self._wait(entity, now)

    @callback
    def forget(self, entity: WrittenEntity) -> None:
        """Drop an entity that is going."""
        self._marked.pop(entity, None)
        self._written.pop(entity, None)
        self._failed.discard(entity)

    @callback
    def stop(self) -> None:
        """Write nothing any more."""
        self._is_stopped = True
        self._marked.clear()
        self._due.clear()
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None

    def _wait(self, entity: WrittenEntity, due: float) -> None:
        self._marked[entity] = due
        self._order += 1
        heappush(self._due, (due, self._order, entity))
        if due < self._flush_at:
            self._flush_later(due)

    def _flush_later(self, due: float) -> None:
        if self._flushing is not None:
            self._flushing.cancel()
        self._flush_at = due
        self._flushing = self._loop.call_at(due, self._flush)

    @callback
    def _flush(self) -> None:
        # A timer comes at its time, or a clock's tick before.
        now = max(self._loop.time(), self._flush_at)
        self._flushing, self._flush_at = None, float("inf")
        deadline = monotonic() + SLICE
        self.budget.adapt(now)
        # What is due soon comes along: one wake-up for all of them.
        while self._due and self._due[0][0] <= now + SHORTEST_WINDOW / 2:
            due, _, entity = heappop(self._due)
            if self._marked.get(entity) != due:
                continue
            del self._marked[entity]
            self._write(entity, now)
            if monotonic() > deadline:
                break
        if self._due:
            self._flush_later(max(self._due[0][0], now))

    def _write(self, entity: WrittenEntity, now: float) -> None:
        self._written[entity] = now
        self.budget.written()
        self.counters.add("written")
        # One value that Home Assistant does not take must not keep all others from being written.
        try:
            entity.async_write_ha_state()
        except Exception:
            if entity not in self._failed:
                self._failed.add(entity)
                _LOGGER.exception("The state of %s can't be written", entity.entity_id)
