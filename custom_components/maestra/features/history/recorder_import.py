"""The history in Home Assistant's own recorder, read page by page for the store."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
import re
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.exc import SQLAlchemyError

from homeassistant.components.recorder.db_schema import (
    StateAttributes,
    States,
    StatesMeta,
    Statistics,
    StatisticsMeta,
)
from homeassistant.core import HomeAssistant, valid_entity_id
from homeassistant.helpers.recorder import get_instance, session_scope
from homeassistant.util import dt as dt_util

from ...core.store.imports import (
    SLICE_ROWS,
    Extent,
    ImportRow,
    ImportSourceUnusable,
    Slice,
    rows_slice,
)
from ...core.store.json_text import json_text, optional_text

_HOUR: Final = timedelta(hours=1)
_MOMENT: Final = timedelta(microseconds=1)

type _Place = tuple[float, int]
"""Timestamp and id of the last row that was read."""
type _Page = tuple[list[ImportRow], _Place] | None
type _Read = Callable[[HomeAssistant, _Place, float, Collection[int] | None], _Page]


@dataclass(frozen=True, kw_only=True)
class RecorderTable:
    """One of the recorder's tables: its columns, and what reads a page of it."""

    name: str
    names: tuple[Any, Any]
    """The columns with the number and the name of a series."""
    time: Any
    series: Any
    """The column with the number of a row's series."""
    read: _Read


class RecorderSource:
    """What is in one of the recorder's tables. `patterns` are regular expressions for entity ids, None for all."""

    def __init__(
        self,
        hass: HomeAssistant,
        table: RecorderTable,
        *,
        end: datetime,
        patterns: Sequence[str] | None = None,
    ) -> None:
        """Read nothing yet."""
        self.name = table.name
        self._hass = hass
        self._table = table
        self._end = end.timestamp()
        self._wanted = [re.compile(pattern) for pattern in patterns or ()]

    async def count(self, start: datetime | None) -> Extent:
        """Return what is there from a time on."""
        known = await self._ask(_read_names, *self._table.names)
        unmatched = [
            one.pattern
            for one in self._wanted
            if not any(one.match(name) for _, name in known)
        ]
        begin = start.timestamp() if start else 0.0
        total, future = await self._ask(
            _count, self._table, begin, self._end, self._chosen(known)
        )
        return Extent(total=total, future=future, unmatched=unmatched)

    async def slices(self, start: datetime | None) -> AsyncIterator[Slice]:
        """Yield all from a time on."""
        ids = self._chosen(await self._ask(_read_names, *self._table.names))
        place = (start.timestamp() if start else 0.0, -1)
        while page := await self._ask(self._table.read, place, self._end, ids):
            rows, place = page
            yield rows_slice(dt_util.utc_from_timestamp(place[0]), rows)

    def _chosen(self, known: Sequence[tuple[int, str]]) -> list[int] | None:
        """Return the numbers of the series that are wanted; None for all."""
        if not self._wanted:
            return None
        return [
            id_ for id_, name in known if any(one.match(name) for one in self._wanted)
        ]

    async def _ask[R](self, read_page: Callable[..., R], *arguments: object) -> R:
        recorder = get_instance(self._hass)
        try:
            return await recorder.async_add_executor_job(
                read_page, self._hass, *arguments
            )
        except SQLAlchemyError as error:
            raise ImportSourceUnusable(
                source=self.name, reason=type(error).__name__
            ) from error


def _read_names(hass: HomeAssistant, id_: Any, name: Any) -> Sequence[tuple[int, str]]:
    with session_scope(hass=hass, read_only=True) as session:
        return [
            (number, text)
            for number, text in session.execute(select(id_, name))
            if text is not None
        ]


def _count(
    hass: HomeAssistant,
    table: RecorderTable,
    begin: float,
    end: float,
    ids: Collection[int] | None,
) -> tuple[int, int]:
    """Return how many rows there are from `begin` until `end`, and how many later than now."""
    question = select(
        func.count().filter(table.time < end),
        func.count().filter(table.time > dt_util.utcnow().timestamp()),
    ).where(table.time >= begin)
    if ids is not None:
        question = question.where(table.series.in_(ids))
    with session_scope(hass=hass, read_only=True) as session:
        total, future = session.execute(question).one()
        return total, future


def _after(time: Any, id_: Any, place: _Place) -> ColumnElement[bool]:
    # Said twice: the first half is what the database finds in its index.
    return and_(time >= place[0], or_(time > place[0], id_ > place[1]))


def _read_states(
    hass: HomeAssistant, place: _Place, end: float, ids: Collection[int] | None
) -> _Page:
    time = States.last_updated_ts
    question = (
        select(
            States.state_id,
            time,
            StatesMeta.entity_id,
            States.state,
            States.attributes_id,
            StateAttributes.shared_attrs,
        )
        .join(StatesMeta, States.metadata_id == StatesMeta.metadata_id)
        .outerjoin(
            StateAttributes, States.attributes_id == StateAttributes.attributes_id
        )
        .where(_after(time, States.state_id, place), time < end)
        .order_by(time, States.state_id)
        .limit(SLICE_ROWS)
    )
    if ids is not None:
        question = question.where(States.metadata_id.in_(ids))
    attributes: dict[int | None, str | None] = {}
    rows: list[ImportRow] = []
    with session_scope(hass=hass, read_only=True) as session:
        for id_, stamp, entity_id, state, attributes_id, shared in session.execute(
            question
        ):
            if attributes_id not in attributes:
                attributes[attributes_id] = _checked_json(shared)
            rows.append(
                (
                    dt_util.utc_from_timestamp(stamp),
                    entity_id,
                    # Empty is how the recorder says that an entity was removed.
                    optional_text(state) or None,
                    None,
                    attributes[attributes_id] if state else None,
                    None,
                    None,
                )
            )
            place = stamp, id_
    return (rows, place) if rows else None


def _read_statistics(
    hass: HomeAssistant, place: _Place, end: float, ids: Collection[int] | None
) -> _Page:
    time = Statistics.start_ts
    oldest_state = (
        select(func.min(States.last_updated_ts))
        .join(StatesMeta, States.metadata_id == StatesMeta.metadata_id)
        .where(StatesMeta.entity_id == StatisticsMeta.statistic_id)
        .correlate(StatisticsMeta)
        .scalar_subquery()
    )
    question = (
        select(
            Statistics.id,
            time,
            StatisticsMeta.id,
            Statistics.mean,
            Statistics.min,
            Statistics.max,
            Statistics.state,
        )
        .join(StatisticsMeta, Statistics.metadata_id == StatisticsMeta.id)
        .where(_after(time, Statistics.id, place), time < end)
        .order_by(time, Statistics.id)
        .limit(SLICE_ROWS)
    )
    if ids is not None:
        question = question.where(Statistics.metadata_id.in_(ids))
    rows: list[ImportRow] = []
    with session_scope(hass=hass, read_only=True) as session:
        found = session.execute(question).all()
        if not found:
            return None
        described = {
            id_: (name, unit, oldest)
            for id_, name, unit, oldest in session.execute(
                select(
                    StatisticsMeta.id,
                    StatisticsMeta.statistic_id,
                    StatisticsMeta.unit_of_measurement,
                    oldest_state,
                ).where(StatisticsMeta.id.in_({row[2] for row in found}))
            )
        }
    for id_, stamp, meta_id, mean, low, high, reading in found:
        name, unit, oldest = described[meta_id]
        place = stamp, id_
        # Others than entities have statistics too, as energy suppliers.
        if not valid_entity_id(name) or (oldest is not None and stamp >= oldest):
            continue
        facts = {"statistics": "mean" if mean is not None else "reading"}
        if unit:
            facts["unit_of_measurement"] = unit
        hour = dt_util.utc_from_timestamp(stamp)
        if mean is not None:
            text = json_text({**facts, "min": low, "max": high})
            span = hour, hour + _HOUR - _MOMENT
            rows.append((hour, name, repr(mean), mean, text, *span))
        elif reading is not None:
            span = hour + _MOMENT, hour + _HOUR
            rows.append(
                (hour + _HOUR, name, repr(reading), reading, json_text(facts), *span)
            )
    return rows, place


def _checked_json(text: str | None) -> str | None:
    """Return attributes as PostgreSQL takes them; None for what is no JSON."""
    if text is None:
        return None
    try:
        return json_text(orjson.loads(text))
    except orjson.JSONDecodeError:
        return None


RECORDED_STATES: Final = RecorderTable(
    name="home_assistant",
    names=(StatesMeta.metadata_id, StatesMeta.entity_id),
    time=States.last_updated_ts,
    series=States.metadata_id,
    read=_read_states,
)
"""All states that the recorder still has."""
RECORDED_STATISTICS: Final = RecorderTable(
    name="home_assistant_statistics",
    names=(StatisticsMeta.id, StatisticsMeta.statistic_id),
    time=Statistics.start_ts,
    series=Statistics.metadata_id,
    read=_read_statistics,
)
"""The long-term statistics of the hours before an entity's first state that the recorder still has.

An hour's mean becomes a state at its beginning, a meter's reading one at its end, and both
only where the store has no state of that hour.
"""
