"""Replays of detectors over what is stored: those that run, and how far they are."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ...core.bus import get_logger
from ...core.detectors.detector import Detection, EventDetected
from ...core.detectors.registry import DetectorInstance
from ...core.detectors.replay import Progress, checked_range, replay
from ...core.domain.errors import MaestraError
from ...core.store.store import Store
from ...hub.hub import Hub

_LOGGER = get_logger(__name__)


class ReplayRunning(MaestraError):
    """A detector is being replayed already."""

    code = "replay_running"
    message = "Detector {detector} is being replayed: {percent} % are done"


class DetectorReplays:
    """At most one replay of each detector, beside its work."""

    def __init__(self, hub: Hub, on_change: Callable[[str], None]) -> None:
        """Replay nothing yet. `on_change` is called with the id of a detector whose replay begins or ends."""
        self._hass = hub.hass
        self._entry = hub.entry
        self._bus = hub.domain.bus
        self._on_change = on_change
        self._tasks: dict[str, asyncio.Task[Progress]] = {}
        self._progress: dict[str, Progress] = {}

    def progress(self, id_: str) -> Progress | None:
        """Return how far a detector's latest replay is."""
        return self._progress.get(id_)

    @callback
    def start(
        self,
        store: Store,
        instance: DetectorInstance,
        start: datetime,
        end: datetime,
        *,
        is_dry: bool,
    ) -> asyncio.Task[Progress]:
        """Begin; the task returns how it went. Raises ReplayRunning, InvalidField."""
        if instance.id in self._tasks:
            share = self._progress[instance.id].share
            raise ReplayRunning(detector=instance.name, percent=round(share * 100))
        progress = self._progress[instance.id] = checked_range(
            start, min(end, dt_util.utcnow())
        )
        task = self._entry.async_create_background_task(
            self._hass,
            self._run(store, instance, progress, is_dry=is_dry),
            f"maestra replay {instance.name}",
        )
        self._tasks[instance.id] = task

        @callback
        def done(ended: asyncio.Task[Progress]) -> None:
            del self._tasks[instance.id]
            self._on_change(instance.id)
            if not ended.cancelled() and (error := ended.exception()):
                _LOGGER.error("The replay of %s has stopped: %s", instance.name, error)

        task.add_done_callback(done)
        self._on_change(instance.id)
        return task

    async def async_stop(self) -> None:
        """Stop all."""
        if tasks := list(self._tasks.values()):
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _run(
        self,
        store: Store,
        instance: DetectorInstance,
        progress: Progress,
        *,
        is_dry: bool,
    ) -> Progress:
        def publish(detection: Detection) -> None:
            if not is_dry:
                stored_type = instance.stored_type(detection)
                self._bus.publish(
                    EventDetected(instance.id, detection, stored_type, is_replay=True)
                )

        await replay(store, instance, progress, dt_util.utcnow(), publish)
        if not is_dry and progress.found:
            await store.flush()
        return progress
