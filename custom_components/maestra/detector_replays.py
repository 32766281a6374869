"""Replays that run, and how far they are."""

import asyncio
from collections.abc import Callable
from datetime import datetime
import logging
from typing import TYPE_CHECKING

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from .detectors.desk import Post
from .detectors.replay import Progress, checked_range, replay
from .domain.detections import Detection, EventDetected
from .domain.errors import MaestraError
from .store.store import Store

if TYPE_CHECKING:
    from .runtime import MaestraRuntime

_LOGGER = logging.getLogger(__name__)


class ReplayRunning(MaestraError):
    """A detector is being replayed already."""

    code = "replay_running"
    message = "Detector {detector} is being replayed: {percent} % are done"


class DetectorReplays:
    """At most one replay of each detector, beside its work."""

    def __init__(self, runtime: MaestraRuntime) -> None:
        """Replay nothing yet."""
        self._hass = runtime.hass
        self._entry = runtime.entry
        self._bus = runtime.domain.bus
        self._tasks: dict[str, asyncio.Task[Progress]] = {}
        self._progress: dict[str, Progress] = {}
        self.on_change: Callable[[str], None] = lambda _: None

    def progress(self, id_: str) -> Progress | None:
        """Return how far a detector's latest replay is."""
        return self._progress.get(id_)

    def is_running(self, id_: str) -> bool:
        """Whether a detector is being replayed."""
        return id_ in self._tasks

    @callback
    def start(
        self, store: Store, post: Post, start: datetime, end: datetime, *, is_dry: bool
    ) -> asyncio.Task[Progress]:
        """Begin; the task returns how it went. Raises ReplayRunning, InvalidField."""
        if post.id in self._tasks:
            share = self._progress[post.id].share
            raise ReplayRunning(detector=post.name, percent=round(share * 100))
        progress = self._progress[post.id] = checked_range(
            start, min(end, dt_util.utcnow())
        )
        task = self._entry.async_create_background_task(
            self._hass,
            self._run(store, post, progress, is_dry=is_dry),
            f"maestra replay {post.name}",
        )
        self._tasks[post.id] = task

        @callback
        def done(ended: asyncio.Task[Progress]) -> None:
            del self._tasks[post.id]
            self.on_change(post.id)
            if not ended.cancelled() and (error := ended.exception()):
                _LOGGER.error("The replay of %s has stopped: %s", post.name, error)

        task.add_done_callback(done)
        self.on_change(post.id)
        return task

    async def async_stop(self) -> None:
        """Stop all."""
        if tasks := list(self._tasks.values()):
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _run(
        self, store: Store, post: Post, progress: Progress, *, is_dry: bool
    ) -> Progress:
        def tell(detection: Detection) -> None:
            if not is_dry:
                stored_type = post.stored_type(detection)
                self._bus.publish(
                    EventDetected(post.id, detection, stored_type, is_replay=True)
                )

        await replay(store, post, progress, dt_util.utcnow(), tell)
        if not is_dry and progress.found:
            await store.flush()
        return progress
