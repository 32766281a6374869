"""Writing to Home Assistant's state machine at a rate that it is made for."""

import asyncio
from collections.abc import Iterable
import logging
from time import monotonic
from typing import Final, Protocol

from homeassistant.core import HomeAssistant, callback

from ..const import STATE_WRITE_WINDOW

_LOGGER = logging.getLogger(__name__)

# A flush hands the loop back after this long, so that it is never the reason for a stall.
FLUSH_BUDGET: Final = 0.01  # seconds


class WrittenEntity(Protocol):
    """An entity whose state is written."""

    entity_id: str
    is_added: bool

    def async_write_ha_state(self) -> None:
        """Write its state."""


class StateWriter:
    """Collects the entities whose state moved and writes each at most once in 50 ms.

    The state that is written is the one at the time of writing: nothing is queued but
    the entity itself, and what is marked twice is written once.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        """Start with nothing to write."""
        self._loop = hass.loop
        self._marked: dict[WrittenEntity, None] = {}
        self._failed: set[WrittenEntity] = set()
        self._flushing: asyncio.Handle | None = None
        self._is_stopped = False

    @callback
    def mark(self, entity: WrittenEntity) -> None:
        """Write the entity's state within the window."""
        if not entity.is_added or self._is_stopped:
            return
        self._marked[entity] = None
        if self._flushing is None:
            self._flushing = self._loop.call_later(
                STATE_WRITE_WINDOW.total_seconds(), self._flush
            )

    @callback
    def write_now(self, entity: WrittenEntity) -> None:
        """Write the entity's state at once: for what a person waits for."""
        self._marked.pop(entity, None)
        if entity.is_added and not self._is_stopped:
            self._write(entity)

    @callback
    def mark_all(self, entities: Iterable[WrittenEntity]) -> None:
        """Write the states of many entities within the window."""
        for entity in entities:
            self.mark(entity)

    @callback
    def forget(self, entity: WrittenEntity) -> None:
        """Drop an entity that is going."""
        self._marked.pop(entity, None)
        self._failed.discard(entity)

    @callback
    def stop(self) -> None:
        """Write nothing any more."""
        self._is_stopped = True
        self._marked.clear()
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None

    @callback
    def _flush(self) -> None:
        deadline = monotonic() + FLUSH_BUDGET
        while self._marked:
            entity = next(iter(self._marked))
            del self._marked[entity]
            self._write(entity)
            if monotonic() > deadline:
                self._flushing = self._loop.call_soon(self._flush)
                return
        self._flushing = None

    def _write(self, entity: WrittenEntity) -> None:
        # One value that Home Assistant does not take must not keep all others from being written.
        try:
            entity.async_write_ha_state()
        except Exception:
            if entity not in self._failed:
                self._failed.add(entity)
                _LOGGER.exception("The state of %s can't be written", entity.entity_id)
