"""How long the event loop was away."""

import asyncio
import gc
from time import monotonic
from typing import Any, Final

TICK: Final = 0.001  # seconds


class Stalls:
    """Looks at the clock every millisecond: the longest delay is the longest stall."""

    def __init__(self) -> None:
        """Watch nothing yet."""
        self._handle: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._gc_began = 0.0
        self._longest = 0.0
        self._longest_gc = 0.0
        self._gc_total = 0.0
        self._full = 0

    def start(self) -> None:
        """Watch from now on."""
        self._longest = self._longest_gc = self._gc_total = 0.0
        self._full = 0
        gc.callbacks.append(self._collected)
        self._wait()

    def stop(self) -> dict[str, float]:
        """Return the longest stall, and the longest garbage collection, in seconds."""
        if self._handle is not None:
            self._handle.cancel()
        gc.callbacks.remove(self._collected)
        return {
            "stall": self._longest,
            "collection": self._longest_gc,
            "collecting": self._gc_total,
            "full_collections": self._full,
        }

    def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        self._due = loop.time() + TICK
        self._handle = loop.call_at(self._due, self._look)

    def _look(self) -> None:
        self._longest = max(
            self._longest, asyncio.get_running_loop().time() - self._due
        )
        self._wait()

    def _collected(self, phase: str, info: Any) -> None:
        if phase == "start":
            self._gc_began = monotonic()
            return
        took = monotonic() - self._gc_began
        self._longest_gc = max(self._longest_gc, took)
        self._gc_total += took
        self._full += info["generation"] == 2
