"""Detectors in Home Assistant: their subentries, its own entities as series, timers, and what outlives a restart."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, override

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

from ...const import DOMAIN, SUBENTRY_DETECTOR
from ...core.bus import Unsubscribe, get_logger, together
from ...core.detectors.detector import EventDetected
from ...core.detectors.registry import DetectorInstance, DetectorRegistry, resume
from ...core.domain.errors import MaestraError
from ...core.domain.reading import Reading
from ...core.store.ha_rows import HA_PREFIX
from ...core.store.series import Feed
from ...hub.hub import Hub
from ...hub.manager import Manager, subentries_by_id
from ...hub.states import state_number
from .replays import DetectorReplays
from .setup import build_instance
from .sync import DetectorEntitySync

_LOGGER = get_logger(__name__)

STORAGE_VERSION: Final = 1
STORAGE_KEY: Final = f"{DOMAIN}.detectors"
SAVE_INTERVAL: Final = timedelta(seconds=60)
SAVE_SOON: Final = 1  # seconds


class DetectorsManager(Manager):
    """Keeps the detectors in line with their subentries, and shows them."""

    def __init__(self, hub: Hub) -> None:
        """Touch nothing yet."""
        self._hass = hub.hass
        self._entry = hub.entry
        self._bus = hub.domain.bus
        self._feeds: Mapping[str, Feed] = hub.records.feeds
        self._store = _store(hub.hass)
        self.registry = DetectorRegistry(hub.domain, self._feeds, self._plan)
        self._sync = DetectorEntitySync(hub, self.registry)
        self.replays = DetectorReplays(hub, self._sync.mark)
        self._built_from: dict[str, Mapping[str, Any]] = {}
        self._saved: dict[str, Any] = {}
        self._watched: frozenset[str] = frozenset()
        self._stop_watching: CALLBACK_TYPE | None = None
        self._cancel_timer: CALLBACK_TYPE | None = None
        self._cancel_save: CALLBACK_TYPE | None = None
        self._unsubscribe: Unsubscribe | None = None
        self._is_running = False
        self._readings_saved = 0

    @override
    async def async_load(self) -> None:
        """Bring back how far the detectors were."""
        self._saved = await self._store.async_load() or {}

    @override
    @callback
    def start(self) -> Unsubscribe:
        """Find nothing yet: only when the links have been started there is somebody who keeps it."""
        return self._stop

    @override
    async def async_started(self) -> None:
        """Let the detectors work."""
        # First of all: what a detector finds as it starts is shown too.
        stop_showing = self._sync.start()
        self._is_running = True
        self._apply()
        self._unsubscribe = together(
            stop_showing,
            self.registry.start(),
            self._bus.subscribe(EventDetected, self._detected),
            async_track_time_interval(
                self._hass, self._async_interval, SAVE_INTERVAL, cancel_on_shutdown=True
            ),
            self._hass.bus.async_listen(
                EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_final_write
            ),
        )

    @override
    async def async_save(self) -> None:
        """Save how far the detectors are."""
        self._readings_saved = self.registry.counters["readings"]
        await self._store.async_save({**self._saved, **self.registry.snapshot()})

    @override
    async def async_stop(self) -> None:
        """Stop what is replayed, and save how far that was."""
        try:
            await self.replays.async_stop()
        finally:
            await self.async_save()

    @override
    @callback
    def applied(self) -> None:
        """Take over the subentries."""
        self._apply()

    @override
    @callback
    def refresh(self) -> None:
        """Write what moves all the time."""
        self._sync.refresh()

    @property
    @override
    def owners(self) -> Iterable[str]:
        """The ids of the detectors that are shown."""
        return self._sync.owners

    @override
    def diagnostics(self) -> Mapping[str, Any]:
        """Return what detectors look for and how far they are, by id."""
        counters = self.registry.counters.as_dict()
        return {"detectors": {"counters": counters, **self.registry.snapshot()}}

    @override
    def device_diagnostics(self, owner_id: str) -> Mapping[str, Any] | None:
        """Return what one detector looks for, and how far it is."""
        if owner_id not in self._sync.owners:
            return None
        return {"detector": self.registry.snapshot()[owner_id]}

    def _apply(self) -> None:
        """Let each subentry have its detector, and none another. One that did not change goes on as it is."""
        subentries = subentries_by_id(self._entry, SUBENTRY_DETECTOR)
        for instance in list(self.registry):
            if instance.id not in subentries:
                self.registry.remove(instance.id)
                self._built_from.pop(instance.id, None)
                self._saved.pop(instance.id, None)
                self._save_soon()
        for id_, subentry in subentries.items():
            known = self.registry.get(id_)
            if known and self._built_from.get(id_) == subentry.data:
                known.name = subentry.title
                continue
            try:
                instance = build_instance(self._feeds, subentry)
            except MaestraError as error:
                _LOGGER.error("Detector %s can't work: %s", subentry.title, error)
                continue
            if known is not None:
                instance.is_enabled = known.is_enabled
            resume(instance, self._saved.pop(id_, None))
            self._built_from[id_] = subentry.data
            self.registry.put(instance)
        self._sync.apply()
        self._watch()

    @callback
    def enable(self, instance: DetectorInstance, is_enabled: bool) -> None:
        """Let a detector work, or not."""
        self.registry.enable(instance, is_enabled)
        self._watch()
        self._save_soon()
        self._sync.write_now(instance.id)

    def _watch(self) -> None:
        """Follow the entities of Home Assistant that detectors follow."""
        entities = frozenset(
            name.removeprefix(f"{HA_PREFIX}:")
            for name in self.registry.series
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
            self.registry.take(Reading(name, value, state.last_updated))

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
        self.registry.advance(dt_util.utcnow())

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
        await self.async_save()

    async def _async_interval(self, _now: datetime) -> None:
        if self.registry.counters["readings"] != self._readings_saved:
            await self.async_save()

    async def _async_final_write(self, _event: Event) -> None:
        await self.async_stop()

    @callback
    def _stop(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
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
