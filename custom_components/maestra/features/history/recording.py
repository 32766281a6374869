"""The states of Home Assistant's own entities, as rows for the store."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from homeassistant.const import EVENT_STATE_CHANGED, EntityStateAttribute
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HassJob,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from ...core.bus import Unsubscribe, together
from ...core.store.ha_rows import HA_ENTITIES, HA_RENAMES, HA_STATES
from ...core.store.json_text import plain_text
from ...core.store.tables import Row, Table
from ...hub.states import state_attributes, state_number
from .recording_filter import RecordingFilter

# A change of areas, labels or devices concerns many entities, and rarely comes alone.
RECHECK_DELAY: Final = timedelta(seconds=1)
# What an entity takes over from its device.
_TAKEN_OVER: Final = frozenset({"area_id", "labels", "name", "name_by_user"})


class HaStateStore(Protocol):
    """What takes the rows."""

    def record(self, table: Table, row: Row) -> None:
        """Take one row; never waits, never raises."""


@dataclass(slots=True)
class _Known:
    """An entity that is recorded: how it was described, and its latest attributes as JSON."""

    description: Row
    attributes: Any = None
    attributes_json: str | None = None


class HaRecording:
    """Records the entities that the filter wants, each with what describes it.

    What an entity is called, and whether it is wanted, is looked up once and kept until
    a registry or the filter changes: most of Home Assistant's state changes only pass by.
    """

    def __init__(
        self, hass: HomeAssistant, store: HaStateStore, wanted: RecordingFilter
    ) -> None:
        """Listen to nothing yet."""
        self._hass = hass
        self._store = store
        self._filter = wanted
        self._entities = er.async_get(hass)
        self._devices = dr.async_get(hass)
        self._areas = ar.async_get(hass)
        self._labels = lr.async_get(hass)
        self._decided: dict[str, bool] = {}
        self._known: dict[str, _Known] = {}
        self._cancel_recheck: CALLBACK_TYPE | None = None

    @callback
    def start(self) -> Unsubscribe:
        """Record what there is, and each change until the returned function is called."""
        listen = self._hass.bus.async_listen
        unsubscribes = [
            listen(EVENT_STATE_CHANGED, self._state_changed, self._is_wanted),
            listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._entity_updated),
            listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, self._device_updated),
            listen(ar.EVENT_AREA_REGISTRY_UPDATED, self._recheck_soon),
            listen(lr.EVENT_LABEL_REGISTRY_UPDATED, self._recheck_soon),
        ]
        self._recheck()

        return together(self._stop_recheck, *unsubscribes)

    @callback
    def apply(self, wanted: RecordingFilter) -> None:
        """Record by another filter from now on."""
        self._filter = wanted
        self._recheck()

    @callback
    def _is_wanted(self, data: EventStateChangedData) -> bool:
        # This runs for every state change in Home Assistant.
        entity_id = data["entity_id"]
        wanted = self._decided.get(entity_id)
        return self._decide(entity_id) if wanted is None else wanted

    @callback
    def _state_changed(self, event: Event[EventStateChangedData]) -> None:
        if (state := event.data["new_state"]) is not None:
            self._record(state, state.last_updated)
            return
        entity_id = event.data["entity_id"]
        self._decided.pop(entity_id, None)
        # One that got another id goes on under that.
        if self._known.pop(entity_id, None):
            self._store.record(
                HA_STATES, (event.time_fired, entity_id, None, None, None)
            )

    @callback
    def _entity_updated(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        data = event.data
        if data["action"] == "update" and (old := data.get("old_entity_id")):
            self._decided.pop(old, None)
            self._known.pop(old, None)
            self._store.record(HA_RENAMES, (old, data["entity_id"]))
        self._check(data["entity_id"], dt_util.utcnow())

    @callback
    def _device_updated(self, event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        data = event.data
        if data["action"] == "update" and not _TAKEN_OVER.isdisjoint(data["changes"]):
            self._recheck_soon()

    @callback
    def _recheck_soon(self, _event: object = None) -> None:
        self._decided.clear()
        if self._cancel_recheck is None:
            self._cancel_recheck = async_call_later(
                self._hass,
                RECHECK_DELAY,
                HassJob(self._recheck, cancel_on_shutdown=True),
            )

    @callback
    def _recheck(self, _now: datetime | None = None) -> None:
        self._stop_recheck()
        self._decided.clear()
        now = dt_util.utcnow()
        for entity_id in self._hass.states.async_entity_ids():
            self._check(entity_id, now)

    def _stop_recheck(self) -> None:
        if self._cancel_recheck is not None:
            self._cancel_recheck()
            self._cancel_recheck = None

    def _check(self, entity_id: str, now: datetime) -> None:
        """Decide anew, and record what is news: an entity with its state of now, or how it is called."""
        if not self._decide(entity_id):
            self._known.pop(entity_id, None)
        elif state := self._hass.states.get(entity_id):
            if known := self._known.get(entity_id):
                self._describe(state, known)
            else:
                # Its time is not the one of the last change: that may have been recorded before a restart.
                self._record(state, now)

    def _decide(self, entity_id: str) -> bool:
        labels: set[str] = set()
        area_id = None
        if entry := self._entities.async_get(entity_id):
            labels |= entry.labels
            area_id = er.async_get_effective_area_id(self._hass, entry)
            if device := self._device_of(entry):
                labels |= device.labels
        wanted = self._filter.wants(entity_id, area_id=area_id, label_ids=labels)
        self._decided[entity_id] = wanted
        return wanted

    def _record(self, state: State, time: datetime) -> None:
        known = self._known.get(state.entity_id)
        # Home Assistant keeps the attributes' object as long as they are the same.
        if known is None or known.attributes is not state.attributes:
            known = self._describe(state, known)
            known.attributes = state.attributes
            known.attributes_json = state_attributes(state)
        text = state.state
        self._store.record(
            HA_STATES,
            (
                time,
                state.entity_id,
                plain_text(text),
                state_number(text),
                known.attributes_json,
            ),
        )

    def _describe(self, state: State, known: _Known | None) -> _Known:
        description = self._description(state)
        if known is None:
            known = self._known[state.entity_id] = _Known(description)
        elif known.description == description:
            return known
        known.description = description
        self._store.record(HA_ENTITIES, description)
        return known

    def _description(self, state: State) -> Row:
        entry = self._entities.async_get(state.entity_id)
        device = entry and self._device_of(entry)
        area_id = entry and er.async_get_effective_area_id(self._hass, entry)
        area = self._areas.async_get_area(area_id) if area_id else None
        labels = (entry.labels if entry else set()) | (
            device.labels if device else set()
        )
        names = [
            label.name
            for label_id in labels
            if (label := self._labels.async_get_label(label_id))
        ]
        return (
            state.entity_id,
            plain_text(state.name),
            _text(device and (device.name_by_user or device.name)),
            area and area.name,
            sorted(names),
            _text(state.attributes.get(EntityStateAttribute.UNIT_OF_MEASUREMENT)),
            _text(state.attributes.get(EntityStateAttribute.DEVICE_CLASS)),
        )

    def _device_of(self, entry: er.RegistryEntry) -> dr.AnyDeviceEntry | None:
        return self._devices.async_get(entry.device_id) if entry.device_id else None


def _text(value: Any) -> str | None:
    return None if value is None else plain_text(str(value))
