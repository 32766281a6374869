"""The action that replays a detector over what is stored."""

import asyncio
from datetime import timedelta
from typing import Any, Final

import probatio

from homeassistant.core import ServiceCall, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType
from homeassistant.util import dt as dt_util

from ...core.detectors.registry import DetectorInstance
from ...core.detectors.replay import Progress
from ...core.domain.json_values import JsonObject
from ...core.store.store import Store
from ...hub.actions import Action, moment, only, refusal, targeted_ids
from ...hub.hub import Hub
from ...hub.permissions import Needs
from .manager import DetectorsManager
from .presentation import detection_facts

ATTR_DETECTOR: Final = "detector"
ATTR_DRY_RUN: Final = "dry_run"
ATTR_END: Final = "end"
ATTR_START: Final = "start"
ATTR_WAIT: Final = "wait"
DEFAULT_SPAN: Final = timedelta(hours=24)
MAX_EVENTS: Final = 1_000
"""Of the answer; the newest."""

_REPLAY: Final[VolDictType] = {
    **cv.ENTITY_SERVICE_FIELDS,
    probatio.Optional(ATTR_DETECTOR): cv.string,
    probatio.Optional(ATTR_START): moment,
    probatio.Optional(ATTR_END): moment,
    probatio.Optional(ATTR_DRY_RUN, default=False): cv.boolean,
    probatio.Optional(ATTR_WAIT, default=True): cv.boolean,
}


async def _replay(hub: Hub, call: ServiceCall) -> JsonObject:
    """Look for events in what is stored; returns how it went, or how far it is."""
    data = call.data
    manager = hub.manager(DetectorsManager)
    instance = _instance(manager, call)
    if (store := hub.service(Store)) is None:
        raise refusal("no_store")
    end = data.get(ATTR_END, dt_util.utcnow())
    start = data.get(ATTR_START, end - DEFAULT_SPAN)
    task = manager.replays.start(store, instance, start, end, is_dry=data[ATTR_DRY_RUN])
    if not data[ATTR_WAIT]:
        progress = manager.replays.progress(instance.id)
        assert progress
        return _answer(instance, progress, data[ATTR_DRY_RUN], running=True)
    # Whoever waits may be stopped; the replay is not.
    await asyncio.wait([task])
    if task.cancelled():
        raise refusal("replay_interrupted")
    return _answer(instance, task.result(), data[ATTR_DRY_RUN], running=False)


def _instance(manager: DetectorsManager, call: ServiceCall) -> DetectorInstance:
    """Return the one detector that is meant: by id, name, device or entity."""
    name = call.data.get(ATTR_DETECTOR)
    ids = targeted_ids(call, manager.registry.get)
    found = [
        instance
        for instance in manager.registry
        if instance.id in ids or name in (instance.id, instance.name)
    ]
    return only(found, "one_detector")


def _answer(
    instance: DetectorInstance, progress: Progress, is_dry: bool, *, running: bool
) -> JsonObject:
    events: list[Any] = [
        {"event_type": detection.event_type, **detection_facts(detection)}
        for detection in progress.found[-MAX_EVENTS:]
    ]
    new = len(progress.found) - progress.known
    return {
        "detector": instance.name,
        "running": running,
        "progress": round(progress.share, 4),
        "readings": progress.readings,
        "found": len(progress.found),
        "known": progress.known,
        "stored": 0 if is_dry else new,
        "events": events,
    }


DETECTOR_ACTIONS: Final = (
    Action(
        name="replay_detector",
        handler=_replay,
        fields=_REPLAY,
        needs=Needs.ADMIN,
        response=SupportsResponse.OPTIONAL,
    ),
)
