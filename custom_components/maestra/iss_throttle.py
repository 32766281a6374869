"""Writing what changes all the time no more often than somebody wants it."""

import asyncio
from typing import TYPE_CHECKING

from homeassistant.core import callback

if TYPE_CHECKING:
    from .entity import MaestraBaseEntity
    from .state_writer import StateWriter


class Throttle:
    """Lets an entity be written at once, and then not again for an interval; the newest state is never lost."""

    def __init__(self, writer: StateWriter) -> None:
        """Hold nothing back yet."""
        self._writer = writer
        self._free_at: dict[MaestraBaseEntity, float] = {}
        self._held: dict[MaestraBaseEntity, asyncio.TimerHandle] = {}

    @callback
    def mark(self, entity: MaestraBaseEntity, interval: float) -> None:
        """Write the entity's state when its last one is `interval` seconds old."""
        if entity in self._held:
            return
        loop = asyncio.get_running_loop()
        free_at = self._free_at.get(entity, 0.0)
        if loop.time() >= free_at:
            self._free_at[entity] = loop.time() + interval
            self._writer.mark(entity)
        else:
            self._held[entity] = loop.call_at(free_at, self._release, entity, interval)

    @callback
    def stop(self) -> None:
        """Forget all entities."""
        for timer in self._held.values():
            timer.cancel()
        self._held.clear()
        self._free_at.clear()

    def _release(self, entity: MaestraBaseEntity, interval: float) -> None:
        del self._held[entity]
        self._free_at[entity] = asyncio.get_running_loop().time() + interval
        self._writer.mark(entity)
