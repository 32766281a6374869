"""History from Home Assistant's own recorder, in the store's form."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from math import floor, fsum
from statistics import fmean
from typing import Final, Literal

from homeassistant.components.recorder import history, statistics
from homeassistant.components.recorder.models import StatisticMeanType
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util

from ...core.store.buckets import HOUR, Buckets, FixedBuckets
from ...core.store.history import START, Cursor, HistoryRequest, SeriesHistory
from ...core.store.queries import Source
from ...core.store.series import Series
from ...hub.states import state_number

RECORDER: Final = "recorder"
_IN_STATISTICS: Final = frozenset({"mean", "min", "max"})
_JUST_BEFORE: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """What is known of a time: one state, or a row of statistics. Times are in seconds since 1970."""

    time: float
    mean: float
    low: float
    high: float
    high_time: float


@dataclass(frozen=True, kw_only=True)
class _Statistics:
    """One of the recorder's two tables of statistics."""

    source: str
    period: Literal["hour", "5minute"]
    length: timedelta
    lasts: bool
    """Whether its rows stay for ever, not only as long as states do."""


# The coarsest first.
_STATISTICS: Final = (
    _Statistics(source=Source.HOURLY, period="hour", length=HOUR, lasts=True),
    _Statistics(
        source="5minute", period="5minute", length=timedelta(minutes=5), lasts=False
    ),
)
_AGGREGATES: Final[Mapping[str, Callable[[Sequence[_Row]], float]]] = {
    "mean": lambda rows: fmean(row.mean for row in rows),
    "min": lambda rows: min(row.low for row in rows),
    "max": lambda rows: max(row.high for row in rows),
    "sum": lambda rows: fsum(row.mean for row in rows),
    "count": len,
    "last": lambda rows: rows[-1].mean,
}


async def read_recorder(
    hass: HomeAssistant, request: HistoryRequest
) -> list[SeriesHistory]:
    """Answer a question about HA entities, in the order of its series; the recorder runs."""
    return await get_instance(hass).async_add_executor_job(_read_all, hass, request)


def _read_all(hass: HomeAssistant, request: HistoryRequest) -> list[SeriesHistory]:
    with_mean = _with_mean(hass, {one.address[0] for one in request.series})
    return [
        _read_points(hass, request, one)
        if request.buckets is None
        else _read_buckets(
            hass, request, one, request.buckets, one.address[0] in with_mean
        )
        for one in request.series
    ]


def _with_mean(hass: HomeAssistant, entity_ids: set[str]) -> set[str]:
    """Return those of the entities whose statistics have mean, minimum and maximum."""
    found = statistics.get_metadata(hass, statistic_ids=entity_ids)
    return {
        entity_id
        for entity_id, (_, metadata) in found.items()
        if metadata["mean_type"] is StatisticMeanType.ARITHMETIC
    }


def _read_points(
    hass: HomeAssistant, request: HistoryRequest, series: Series
) -> SeriesHistory:
    place = START if request.cursor is None else Cursor.read(request.cursor)
    if place.time < request.start:
        place = START
    start, limit = max(request.start, place.time), request.limit
    # States of one time are few, and in the order in which they were written.
    found = _states(hass, series, start, request.end, limit=limit + place.skip + 1)[
        place.skip :
    ]
    times = [state.last_updated_timestamp for state in found]
    values = [state_number(state.state) for state in found]
    columns: dict[str, Sequence[object]] = {
        "time": times[:limit],
        "value": values[:limit],
    }
    if None in values[:limit]:
        columns["text"] = [
            state.state if value is None else None
            for state, value in zip(found[:limit], values, strict=False)
        ]
    more = len(found) > limit
    # Only the time says where the page ends: states of one time have no other order.
    return SeriesHistory(
        series=series,
        source=Source.RAW,
        columns=columns,
        cursor=place.after(times, [0.0] * len(times), [0] * len(times), limit)
        if more
        else None,
    )


def _read_buckets(
    hass: HomeAssistant,
    request: HistoryRequest,
    series: Series,
    buckets: Buckets,
    with_mean: bool,
) -> SeriesHistory:
    table, buckets = _choose(hass, request, buckets, with_mean)
    start, end = buckets.covering(request.start, request.end)
    rows = (
        _state_rows(_states(hass, series, start, end))
        if table is None
        else _statistics_rows(hass, series, table, start, end)
    )
    cut = _cut(rows, buckets)
    columns = _line(cut) if request.line else _aggregates(cut, request)
    return SeriesHistory(
        series=series,
        source=Source.RAW if table is None else table.source,
        width=buckets.width,
        columns=columns,
    )


def _choose(
    hass: HomeAssistant, request: HistoryRequest, buckets: Buckets, with_mean: bool
) -> tuple[_Statistics | None, Buckets]:
    """Return the statistics to read, None for the states: as the store chooses."""
    if not with_mean or not (
        request.line or _IN_STATISTICS.issuperset(request.aggregates)
    ):
        return None, buckets
    start, end = buckets.covering(request.start, request.end)
    oldest = dt_util.utcnow() - timedelta(days=get_instance(hass).keep_days)
    has_states = request.start >= oldest
    for table in _STATISTICS:
        if (table.lasts or has_states) and buckets.fits(table.length, start, end):
            return table, buckets
    if has_states:
        return None, buckets
    return _STATISTICS[0], buckets.coarsened(_STATISTICS[0].length)


def _states(
    hass: HomeAssistant,
    series: Series,
    start: datetime,
    end: datetime,
    limit: int | None = None,
) -> list[State]:
    entity_id = series.address[0]
    found = history.state_changes_during_period(
        hass,
        # It looks for what is after the start.
        start - _JUST_BEFORE,
        end,
        entity_id,
        no_attributes=True,
        limit=limit,
        include_start_time_state=False,
    )
    return found.get(entity_id, [])


def _state_rows(states: Iterable[State]) -> Iterator[_Row]:
    for state in states:
        if (value := state_number(state.state)) is not None:
            time = state.last_updated_timestamp
            yield _Row(time=time, mean=value, low=value, high=value, high_time=time)


def _statistics_rows(
    hass: HomeAssistant,
    series: Series,
    table: _Statistics,
    start: datetime,
    end: datetime,
) -> Iterator[_Row]:
    """Return the rows of statistics, and such rows of the states of the time that has none yet."""
    entity_id, half = series.address[0], table.length.total_seconds() / 2
    found = statistics.statistics_during_period(
        hass, start, end, {entity_id}, table.period, None, {"mean", "min", "max"}
    ).get(entity_id, [])
    for row in found:
        mean, low, high = row.get("mean"), row.get("min"), row.get("max")
        if mean is not None and low is not None and high is not None:
            time = row["start"]
            yield _Row(time=time, mean=mean, low=low, high=high, high_time=time + half)
    rest = dt_util.utc_from_timestamp(found[-1]["end"]) if found else start
    if rest >= end:
        return
    states = _state_rows(_states(hass, series, rest, end))
    for beginning, rows in _cut(states, FixedBuckets(table.length)):
        yield _Row(
            time=beginning,
            mean=fmean(row.mean for row in rows),
            low=min(row.low for row in rows),
            high=max(row.high for row in rows),
            high_time=beginning + half,
        )


def _cut(rows: Iterable[_Row], buckets: Buckets) -> Iterator[tuple[float, list[_Row]]]:
    """Return the rows, which are in order, by the beginning of their bucket."""
    begin = end = 0.0

    def beginning(row: _Row) -> float:
        nonlocal begin, end
        if not begin <= row.time < end:
            moment = buckets.floor(dt_util.utc_from_timestamp(row.time))
            begin, end = moment.timestamp(), buckets.next(moment).timestamp()
        return begin

    for time, found in groupby(rows, beginning):
        yield time, list(found)


def _aggregates(
    cut: Iterable[tuple[float, list[_Row]]], request: HistoryRequest
) -> dict[str, list[float]]:
    columns: dict[str, list[float]] = {"time": []}
    columns |= {name: [] for name in request.aggregates}
    for time, rows in cut:
        columns["time"].append(time)
        for name in request.aggregates:
            fraction = request.percentiles.get(name)
            columns[name].append(
                _AGGREGATES[name](rows)
                if fraction is None
                else _percentile([row.mean for row in rows], fraction)
            )
    return columns


def _percentile(values: list[float], fraction: float) -> float:
    """Return what PostgreSQL's percentile_cont does."""
    values.sort()
    place = fraction * (len(values) - 1)
    below = floor(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)


def _line(cut: Iterable[tuple[float, list[_Row]]]) -> dict[str, list[float]]:
    """Return the lowest and the highest point of each bucket, where they are."""
    columns: dict[str, list[float]] = {"time": [], "value": []}
    for _, rows in cut:
        low = min(rows, key=lambda row: row.low)
        high = max(rows, key=lambda row: row.high)
        for time, value in sorted({(low.time, low.low), (high.high_time, high.high)}):
            columns["time"].append(time)
            columns["value"].append(value)
    return columns
