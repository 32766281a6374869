"""The action that lets a detector look at the past."""

import asyncio
from datetime import timedelta
from typing import Any, Final

import probatio

from homeassistant.core import ServiceCall, SupportsResponse
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType
from homeassistant.util import dt as dt_util

from ..detector_entities import detection_facts
from ..detectors.desk import Post
from ..detectors.replay import Progress
from ..domain.json_types import JsonObject
from ..history_request import ATTR_END, ATTR_START, moment
from ..runtime import MaestraRuntime
from ..targets import target_ids
from .action import Action, calling_user, refusal

ATTR_DETECTOR: Final = "detector"
ATTR_DRY_RUN: Final = "dry_run"
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


async def _replay(runtime: MaestraRuntime, call: ServiceCall) -> JsonObject:
    """Look for events in what is stored; returns how it went, or how far it is."""
    user = await calling_user(call)
    if user is not None and not user.is_admin:
        raise Unauthorized(context=call.context)
    data = call.data
    post = _post(runtime, call)
    if runtime.store is None:
        raise refusal("no_store")
    end = data.get(ATTR_END, dt_util.utcnow())
    start = data.get(ATTR_START, end - DEFAULT_SPAN)
    task = runtime.detectors.replays.start(
        runtime.store.store, post, start, end, is_dry=data[ATTR_DRY_RUN]
    )
    if not data[ATTR_WAIT]:
        progress = runtime.detectors.replays.progress(post.id)
        assert progress
        return _told(post, progress, data[ATTR_DRY_RUN], running=True)
    # Whoever waits may be stopped; the replay is not.
    await asyncio.wait([task])
    if task.cancelled():
        raise refusal("replay_interrupted")
    return _told(post, task.result(), data[ATTR_DRY_RUN], running=False)


def _post(runtime: MaestraRuntime, call: ServiceCall) -> Post:
    """Return the one detector that is meant: by id, name, device or entity."""
    name = call.data.get(ATTR_DETECTOR)
    ids = target_ids(call.hass, call.data, log_missing=True)
    found = [
        post
        for post in runtime.detectors.desk
        if post.id in ids or name in (post.id, post.name)
    ]
    if len(found) != 1:
        raise refusal("one_detector", count=str(len(found)))
    return found[0]


def _told(post: Post, progress: Progress, is_dry: bool, *, running: bool) -> JsonObject:
    events: list[Any] = [
        {"event_type": detection.event_type, **detection_facts(detection)}
        for detection in progress.found[-MAX_EVENTS:]
    ]
    new = len(progress.found) - progress.known
    return {
        "detector": post.name,
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
        response=SupportsResponse.OPTIONAL,
    ),
)
