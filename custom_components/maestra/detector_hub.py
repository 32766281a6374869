"""Detectors in Home Assistant: their subentries, its own entities as series, timers, and what outlives a restart."""

from collections.abc import Mapping
from datetime import datetime, timedelta
import logging
from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HassJob,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers.event import (
    async_call_later,
    async_track_point_in_utc_time,
    async_track_state_change_event,
    async_track_time_interval,
)
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from .bus import Unsubscribe, together
from .const import DOMAIN, SUBENTRY_DETECTOR
from .detector_replays import DetectorReplays
from .detector_setup import build_post
from .detector_show import DetectorShow
from .detectors.desk import Desk, Post, resume
from .detectors.reading import Reading
from .detectors.series import HA_PREFIX
from .domain.detections import EventDetected
from .domain.errors import MaestraError
from .state_rows import state_number

if TYPE_CHECKING:
    from .runtime import MaestraRuntime

_LOGGER = logging.getLogger(__name__)

STORAGE_VERSION: Final = 1
STORAGE_KEY: Final = f"{DOMAIN}.detectors"
SAVE_INTERVAL: Final = timedelta(seconds=60)
SAVE_SOON: Final = 1  # seconds


class DetectorHub:
    """Keeps the desk of all detectors in line with their subentries."""

    def __init__(self, runtime: MaestraRuntime) -> None:
        """Touch nothing yet."""
        self._hass = runtime.hass
        self._entry = runtime.entry
        self._bus = runtime.domain.bus
        self._store = _store(runtime.hass)
        self.desk = Desk(runtime.domain, self._plan)
        self.replays = DetectorReplays(runtime)
        self.show = DetectorShow(runtime, self.desk, self.replays)
        self._built_from: dict[str, Mapping[str, Any]] = {}
        self._saved: dict[str, Any] = {}
        self._watched: frozenset[str] = frozenset()
        self._stop_watching: CALLBACK_TYPE | None = None
        self._cancel_timer: CALLBACK_TYPE | None = None
        self._cancel_save: CALLBACK_TYPE | None = None
        self._is_running = False
        self._readings_saved = 0

    async def async_load(self) -> None:
        """Bring back how far the detectors were."""
        self._saved = await self._store.async_load() or {}

    @property
    def shown(self) -> set[str]:
        """The ids of the detectors that are shown."""
        return self.show.shown

    @callback
    def start(self) -> Unsubscribe:
        """Let the detectors work until the returned function is called."""
        self._is_running = True
        stop_showing = self.show.start()
        self.apply()
        return together(
            stop_showing,
            self._stop,
            self.desk.start(),
            self._bus.subscribe(EventDetected, self._detected),
            async_track_time_interval(
                self._hass, self._async_interval, SAVE_INTERVAL, cancel_on_shutdown=True
            ),
            self._hass.bus.async_listen(
                EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_final_write
            ),
        )

    async def async_stop(self) -> None:
        """Stop what is replayed, and save."""
        await self.replays.async_stop()
        await self._async_save()

    @callback
    def apply(self) -> None:
        """Let each subentry have its detector, and none another. One that did not change goes on as it is."""
        subentries = {
            subentry.subentry_id: subentry
            for subentry in self._entry.get_subentries_of_type(SUBENTRY_DETECTOR)
        }
        for post in list(self.desk):
            if post.id not in subentries:
                self.desk.remove(post.id)
                self._built_from.pop(post.id, None)
                self._saved.pop(post.id, None)
                self._save_soon()
        for id_, subentry in subentries.items():
            known = self.desk.get(id_)
            if known and self._built_from.get(id_) == subentry.data:
                known.name = subentry.title
                continue
            try:
                post = build_post(subentry)
            except MaestraError as error:
                _LOGGER.error("Detector %s can't work: %s", subentry.title, error)
                continue
            if known is not None:
                post.is_enabled = known.is_enabled
            resume(post, self._saved.pop(id_, None))
            self._built_from[id_] = subentry.data
            self.desk.put(post)
        self.show.refresh()
        self.watch()

    @callback
    def enable(self, post: Post, is_enabled: bool) -> None:
        """Let a detector work, or not."""
        self.desk.enable(post, is_enabled)
        self.watch()
        self._save_soon()

    @callback
    def watch(self) -> None:
        """Follow the entities of Home Assistant that detectors follow."""
        entities = frozenset(
            name.removeprefix(f"{HA_PREFIX}:")
            for name in self.desk.series
            if name.startswith(f"{HA_PREFIX}:")
        )
        if not self._is_running or entities == self._watched:
            return
        self._unwatch()
        self._watched = entities
        if entities:
            self._stop_watching = async_track_state_change_event(
                self._hass, entities, self._state_changed
            )
        for entity_id in sorted(entities):
            if (state := self._hass.states.get(entity_id)) is not None:
                self._take(state)

    @callback
    def _unwatch(self) -> None:
        self._watched = frozenset()
        if self._stop_watching is not None:
            self._stop_watching()
            self._stop_watching = None

    @callback
    def _state_changed(self, event: Event[EventStateChangedData]) -> None:
        if (state := event.data["new_state"]) is not None:
            self._take(state)

    @callback
    def _take(self, state: State) -> None:
        if (value := state_number(state.state)) is not None:
            name = f"{HA_PREFIX}:{state.entity_id}"
            self.desk.take(Reading(name, value, state.last_updated))

    # Time.

    def _plan(self, due: datetime) -> None:
        if self._cancel_timer is not None:
            self._cancel_timer()
        self._cancel_timer = async_track_point_in_utc_time(
            self._hass, HassJob(self._due, cancel_on_shutdown=True), due
        )

    @callback
    def _due(self, _now: datetime) -> None:
        self._cancel_timer = None
        self.desk.advance(dt_util.utcnow())

    # What is kept.

    def _detected(self, _event: EventDetected) -> None:
        self._save_soon()

    @callback
    def _save_soon(self) -> None:
        if self._cancel_save is None and self._is_running:
            self._cancel_save = async_call_later(
                self._hass, SAVE_SOON, self._async_save_timer
            )

    async def _async_save_timer(self, _now: datetime) -> None:
        self._cancel_save = None
        await self._async_save()

    async def _async_interval(self, _now: datetime) -> None:
        if self.desk.counters["readings"] != self._readings_saved:
            await self._async_save()

    async def _async_save(self) -> None:
        self._readings_saved = self.desk.counters["readings"]
        await self._store.async_save({**self._saved, **self.desk.snapshot()})

    async def _async_final_write(self, _event: Event) -> None:
        await self.async_stop()

    @callback
    def _stop(self) -> None:
        self._is_running = False
        self._unwatch()
        for cancel in (self._cancel_timer, self._cancel_save):
            if cancel is not None:
                cancel()
        self._cancel_timer = self._cancel_save = None


async def async_remove_detectors(hass: HomeAssistant) -> None:
    """Delete what was saved."""
    await _store(hass).async_remove()


def _store(hass: HomeAssistant) -> Store[dict[str, Any]]:
    # A snapshot shares nothing that changes: the JSON is made in a thread.
    return Store(
        hass, STORAGE_VERSION, STORAGE_KEY, private=True, serialize_in_event_loop=False
    )
