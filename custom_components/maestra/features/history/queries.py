"""Where history is read: in the store, else in what Home Assistant itself has kept."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
import enum

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from ...const import DOMAIN
from ...core.domain.device import Device
from ...core.domain.entity import Entity
from ...core.domain.errors import MaestraError
from ...core.domain.json_values import JsonObject
from ...core.store.entity_tables import ENTITY, METRIC
from ...core.store.errors import StoreNotConnected
from ...core.store.ha_rows import HA
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
from ...hub.current import find_hub
from ...hub.hub import Hub
from ...hub.permissions import Touched
from ...hub.states import state_number
from .recorder_history import RECORDER, read_recorder


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
    """Return {"series": [...]}, in the order of the request, each with `series` (as asked for), `origin`, `source`, `width` (of buckets), `columns` and, where there are more points, `cursor`.

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
    return {"series": [found[one] for one in request.series]}


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
    domain = hub.domain
    found = {}
    for one in series:
        name, *rest = one.address
        owner: Entity | Device | None = None
        # The store learns of a new name a little later than of its values.
        if one.kind is ENTITY:
            owner = domain.entities.get(name)
        elif one.kind is METRIC:
            owner = domain.devices.get(name)
        if one.kind is HA:
            found[one] = _shown_by(hass, hub, name) or one
        else:
            found[one] = Series(one.kind, (owner.id, *rest)) if owner else one
    return found


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
