"""Where history is read: in the store, else in what Home Assistant itself has kept."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
import enum
from operator import itemgetter
from typing import Any, Final

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from ...const import DOMAIN
from ...core.domain.device import Device
from ...core.domain.entity import Entity
from ...core.domain.errors import MaestraError
from ...core.domain.json_values import JsonObject, JsonValue
from ...core.store.analytics import ranks, summary
from ...core.store.entity_tables import ENTITY, METRIC
from ...core.store.errors import StoreNotConnected
from ...core.store.ha_rows import ANNOTATION, HA
from ...core.store.history import (
    MAX_LAST,
    HistoryRequest,
    LastValue,
    Reader,
    SeriesHistory,
    check_count,
    read_history,
    read_last,
)
from ...core.store.series import Series
from ...core.store.store import Store
from ...core.store.topic import Catalogue
from ...hub.current import find_hub
from ...hub.hub import Hub
from ...hub.labels import humanize
from ...hub.permissions import Touched
from ...hub.states import state_number
from .recorder_history import RECORDER, read_recorder
from .request import TimelineRequest

# Ours by what the Fleet API calls them.
_COUNTS: Final = {
    "events": "total_events",
    "changes": "total_state_changes",
    "metrics": "total_metrics",
    "devices": "unique_devices",
    "entities": "unique_entities",
    "notes": "annotations_count",
}


class Origin(enum.StrEnum):
    """Who answered."""

    STORE = "store"
    RECORDER = "recorder"
    STATE = "state"
    """Home Assistant's state machine, for newest values."""


class StoreMissing(MaestraError):
    """What is asked for is kept in a database only, and there is none."""

    code = "store_missing"
    message = "The history of {series} is only in a database, and none is set up"


class RecorderMissing(MaestraError):
    """Home Assistant's recorder does not run."""

    code = "recorder_missing"
    message = "Neither a database nor Home Assistant's recorder keeps history"


def touched_by(series: Sequence[Series]) -> Touched:
    """Return the entities of Home Assistant whose series these are; None where one is of something else."""
    if all(one.kind is HA for one in series):
        return [one.address[0] for one in series]
    return None


async def async_read_history(
    hass: HomeAssistant, request: HistoryRequest
) -> JsonObject:
    """Return {"series": [...]}, in the order of the request, each with `series` (as asked for), `label` (but of an entity of Home Assistant's), `origin`, `source`, `width` (of buckets), `columns` and, where there are more points, `cursor`.

    An entity that the store does not know is answered by the recorder. Raises InvalidField,
    StoreNotConnected, StoreTimeout, StoreMissing, RecorderMissing.
    """
    hub = find_hub(hass)
    known, store = _known_as(hass, hub, request.series), _store(hub)

    async def read(connection: Reader, series: list[Series]) -> list[SeriesHistory]:
        asked = replace(request, series=tuple(series))
        return await read_history(connection, asked)

    stored = await _ask_store(store, known, read)
    found = {
        one: _history(one, answer, Origin.STORE)
        for one, answer in stored.items()
        if answer.known or one.kind is not HA
    }
    missing = [one for one in known if one not in found]
    _check_elsewhere(missing, store)
    if missing:
        if RECORDER not in hass.config.components:
            raise RecorderMissing
        asked = replace(request, series=tuple(missing))
        for answer in await read_recorder(hass, asked):
            found[answer.series] = _history(answer.series, answer, Origin.RECORDER)
    return {"series": [{**found[one], **_label(hub, one)} for one in request.series]}


async def async_read_last(hass: HomeAssistant, series: Sequence[Series]) -> JsonObject:
    """Return {"series": [...]} with the newest `value`, or `text`, and its `time`; null where there is none.

    Raises StoreNotConnected, StoreTimeout, StoreMissing, TooMany.
    """
    check_count(series, MAX_LAST)
    hub = find_hub(hass)
    known, store = _known_as(hass, hub, series), _store(hub)
    stored = await _ask_store(store, known, read_last)
    found = {
        one: _last(one, answer, Origin.STORE)
        for one, answer in stored.items()
        if answer.time is not None or one.kind is not HA
    }
    missing = [one for one in known if one not in found]
    _check_elsewhere(missing, store)
    for one in missing:
        found[one] = _last(one, _state(hass, one), Origin.STATE)
    return {"series": [found[one] for one in series]}


async def async_read_timeline(
    hass: HomeAssistant, records: Catalogue, request: TimelineRequest
) -> JsonObject:
    """Return {"happenings": [...]}, the newest first, each with `kind`, `time`, `title`, `label`, `detail`, `severity` and `of`.

    Raises StoreMissing, StoreNotConnected, StoreTimeout.
    """
    hub, store = _required(hass, "the time line")

    def named(whom: str | None) -> str | None:
        # The database is told what is known of a device only after its first events.
        device = hub.domain.devices.get(whom) if whom else None
        return device.name if device else whom

    found: list[tuple[float, JsonObject]] = []
    async with store.reading() as connection:
        for kind, query in records.happenings.items():
            if request.kinds is not None and kind not in request.kinds:
                continue
            rows = await connection.fetch(
                query, request.start, request.end, request.limit
            )
            found += [
                (
                    row["time"],
                    {
                        "kind": kind,
                        **row,
                        "of": named(row["of"]),
                        # What people write is no identifier.
                        "label": row["title"]
                        if kind == ANNOTATION
                        else humanize(row["title"]),
                    },
                )
                for row in rows
            ]
    newest_first = sorted(found, key=itemgetter(0), reverse=True)
    return {"happenings": [happening for _, happening in newest_first]}


async def async_read_summary(
    hass: HomeAssistant, span: tuple[datetime, datetime]
) -> JsonObject:
    """Return how much there was of what was recorded.

    `counts` of events, metrics, changes, entities, devices and notes, `severities` of events, and the first ten of
    `entities`, `event_types` and `failing_devices`, each with `label` and `count`. Raises StoreMissing, StoreNotConnected, StoreTimeout.
    """
    hub, store = _required(hass, "the summary")
    found = await summary(store, span) | await ranks(store, span)

    def rows(key: str, name: str, count: str, label: Callable[[str], str]) -> JsonValue:
        listed: Any = found[key]
        return [{"label": label(row[name]), "count": row[count]} for row in listed]

    def entity_name(slug: str) -> str:
        entity = hub.domain.entities.get(slug)
        return entity.name if entity else slug

    return {
        "counts": {key: found[name] for key, name in _COUNTS.items()},
        "severities": found["events_by_severity"],
        "entities": rows("top_entities", "slug", "changes", entity_name),
        "event_types": rows("event_types", "name", "count", humanize),
        "failing_devices": rows("failing_devices", "name", "count", str),
    }


async def _ask_store[A: (SeriesHistory, LastValue)](
    store: Store | None,
    known: Mapping[Series, Series],
    read: Callable[[Reader, list[Series]], Awaitable[list[A]]],
) -> dict[Series, A]:
    """Return the store's answers, none while it is away; `known` says what it knows each series as."""
    if store is None:
        return {}
    try:
        async with store.reading() as connection:
            answers = await read(connection, list(dict.fromkeys(known.values())))
    except StoreNotConnected:
        return {}
    by_series = {answer.series: answer for answer in answers}
    return {one: by_series[stored_as] for one, stored_as in known.items()}


def _store(hub: Hub | None) -> Store | None:
    return hub.service(Store) if hub else None


def _required(hass: HomeAssistant, asked: str) -> tuple[Hub, Store]:
    """Return the store for what is kept nowhere else; raises StoreMissing."""
    hub = find_hub(hass)
    if hub is None or (store := _store(hub)) is None:
        raise StoreMissing(series=asked)
    return hub, store


def _check_elsewhere(series: Iterable[Series], store: Store | None) -> None:
    """Raise an error where Home Assistant itself has nothing of a series."""
    for one in series:
        if one.kind is not HA:
            if store:
                raise StoreNotConnected
            raise StoreMissing(series=", ".join(one.address))


def _known_as(
    hass: HomeAssistant, hub: Hub | None, series: Iterable[Series]
) -> dict[Series, Series]:
    """Return what the store knows each series as: what an HA entity shows of Maestra has a series of its own."""
    if hub is None:
        return {one: one for one in series}
    found = {}
    for one in series:
        name, *rest = one.address
        if one.kind is HA:
            found[one] = _shown_by(hass, hub, name) or one
        else:
            # The store learns of a new name a little later than of its values.
            owner = _owner(hub, one)
            found[one] = Series(one.kind, (owner.id, *rest)) if owner else one
    return found


def _owner(hub: Hub, series: Series) -> Entity | Device | None:
    """Return whose series it is, by the first part of its address."""
    if series.kind is ENTITY:
        return hub.domain.entities.get(series.address[0])
    if series.kind is METRIC:
        return hub.domain.devices.get(series.address[0])
    return None


def _label(hub: Hub | None, series: Series) -> JsonObject:
    """Return what a series is called; entities of Home Assistant have names of their own."""
    if series.kind is HA:
        return {}
    owner = _owner(hub, series) if hub else None
    name, *rest = series.address
    parts = (owner.name if owner else humanize(name), *map(humanize, rest))
    return {"label": " · ".join(parts)}


def _shown_by(hass: HomeAssistant, hub: Hub, entity_id: str) -> Series | None:
    """Return the series that an entity shows, None where it is not Maestra's, no number, or shown in another unit."""
    registered = er.async_get(hass).async_get(entity_id)
    if registered is None or registered.platform != DOMAIN:
        return None
    owner, _, key = registered.unique_id.partition(":")
    entity = hub.presenter.find(owner, Platform(registered.domain), key)
    if entity is None:
        return None
    own_unit, shown_unit = (
        getattr(entity, name, None)
        for name in ("native_unit_of_measurement", "unit_of_measurement")
    )
    return entity.series if own_unit == shown_unit else None


def _state(hass: HomeAssistant, series: Series) -> LastValue:
    state = hass.states.get(series.address[0])
    if state is None:
        return LastValue(series=series, known=False)
    value = state_number(state.state)
    return LastValue(
        series=series,
        time=state.last_updated_timestamp,
        value=value,
        text=state.state if value is None else None,
    )


def _history(asked: Series, answer: SeriesHistory, origin: Origin) -> JsonObject:
    found: JsonObject = {
        "series": asked.wire,
        "origin": origin.value,
        "source": str(answer.source),
    }
    if answer.width is not None:
        found["width"] = answer.width
    found["columns"] = {name: list(column) for name, column in answer.columns.items()}
    if answer.cursor is not None:
        found["cursor"] = answer.cursor
    return found


def _last(asked: Series, answer: LastValue, origin: Origin) -> JsonObject:
    found: JsonObject = {
        "series": asked.wire,
        "origin": origin.value,
        "time": answer.time,
        "value": answer.value,
    }
    if answer.text is not None:
        found["text"] = answer.text
    return found
