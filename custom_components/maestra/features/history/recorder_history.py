"""History from Home Assistant's own recorder, in the store's form."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, groupby, pairwise
from math import floor, fsum, inf, isnan, nan
from statistics import fmean
from typing import Final, Literal

from homeassistant.components.recorder import history, statistics
from homeassistant.components.recorder.models import StatisticMeanType
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util

from ...core.store.buckets import HOUR, Buckets
from ...core.store.history import START, Cursor, HistoryRequest, SeriesHistory
from ...core.store.queries import Source
from ...core.store.series import Series
from ...hub.states import state_number

RECORDER: Final = "recorder"
_IN_STATISTICS: Final = frozenset({"mean", "min", "max"})
_JUST_BEFORE: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """What is known of a time: one state, or a row of statistics. Times are in seconds since 1970.

    `value` is what holds from `until` on: None after statistics, and where a state is no number.
    """

    time: float
    until: float
    value: float | None
    mean: float
    low: float
    high: float
    high_time: float


@dataclass(slots=True)
class _Bucket:
    """What was in a bucket."""

    end: float
    integral: float = 0.0
    """Value by seconds."""
    covered: float = 0.0
    """Seconds with a value."""
    low: float = inf
    high: float = -inf
    samples: list[float] = field(default_factory=list)
    last: float | None = None

    def hold(self, value: float, seconds: float) -> None:
        """Add a value that held for some time."""
        self.integral += value * seconds
        self.covered += seconds
        self.low = min(self.low, value)
        self.high = max(self.high, value)
        self.last = value

    def add(self, row: _Row) -> None:
        """Add what a row says of its own time."""
        self.hold(row.mean, row.until - row.time)
        self.low = min(self.low, row.low)
        self.high = max(self.high, row.high)
        self.samples.append(row.mean)

    @property
    def mean(self) -> float:
        """The mean over time."""
        if not self.covered:
            return fmean(self.samples)
        return min(max(self.integral / self.covered, self.low), self.high)


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
_AGGREGATES: Final[Mapping[str, Callable[[_Bucket], float | None]]] = {
    "mean": lambda bucket: bucket.mean,
    "mean_of_samples": lambda bucket: fmean(bucket.samples) if bucket.samples else None,
    "min": lambda bucket: bucket.low,
    "max": lambda bucket: bucket.high,
    "sum": lambda bucket: fsum(bucket.samples),
    "count": lambda bucket: len(bucket.samples),
    "last": lambda bucket: bucket.last,
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
        _state_rows(_states(hass, series, start, end, with_earlier=True))
        if table is None
        else _statistics_rows(hass, series, table, start, end)
    )
    columns: dict[str, list[float | None]]
    if request.line:
        columns = _line(_cut(rows, buckets, start))
    else:
        until = min(end, dt_util.utcnow())
        columns = _aggregates(_filled(rows, buckets, start, until), request)
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
    *,
    with_earlier: bool = False,
) -> list[State]:
    """Return states, with the one that there was at the start as of just before, if it is wanted."""
    entity_id = series.address[0]
    found = history.state_changes_during_period(
        hass,
        # It looks for what is after the start.
        start - _JUST_BEFORE,
        end,
        entity_id,
        no_attributes=True,
        limit=limit,
        include_start_time_state=with_earlier,
    )
    return found.get(entity_id, [])


def _state_rows(states: Iterable[State]) -> Iterator[_Row]:
    for state in states:
        time, value = state.last_updated_timestamp, state_number(state.state)
        number = nan if value is None else value
        yield _Row(
            time=time,
            until=time,
            value=value,
            mean=number,
            low=number,
            high=number,
            high_time=time,
        )


def _statistics_rows(
    hass: HomeAssistant,
    series: Series,
    table: _Statistics,
    start: datetime,
    end: datetime,
) -> Iterator[_Row]:
    """Return the rows of statistics, and the states of the time that has none yet."""
    entity_id, half = series.address[0], table.length.total_seconds() / 2
    found = statistics.statistics_during_period(
        hass, start, end, {entity_id}, table.period, None, {"mean", "min", "max"}
    ).get(entity_id, [])
    for row in found:
        mean, low, high = row.get("mean"), row.get("min"), row.get("max")
        if mean is not None and low is not None and high is not None:
            time = row["start"]
            yield _Row(
                time=time,
                until=row["end"],
                value=None,
                mean=mean,
                low=low,
                high=high,
                high_time=time + half,
            )
    rest = dt_util.utc_from_timestamp(found[-1]["end"]) if found else start
    if rest < end:
        yield from _state_rows(_states(hass, series, rest, end, with_earlier=True))


def _cut(
    rows: Iterable[_Row], buckets: Buckets, start: datetime
) -> Iterator[tuple[float, list[_Row]]]:
    """Return the rows with numbers, which are in order, by the beginning of their bucket."""
    begin = end = 0.0
    first = start.timestamp()

    def beginning(row: _Row) -> float:
        nonlocal begin, end
        if not begin <= row.time < end:
            moment = buckets.floor(dt_util.utc_from_timestamp(row.time))
            begin, end = moment.timestamp(), buckets.next(moment).timestamp()
        return begin

    numbers = (row for row in rows if row.time >= first and not isnan(row.mean))
    for time, found in groupby(numbers, beginning):
        yield time, list(found)


def _filled(
    rows: Iterable[_Row], buckets: Buckets, start: datetime, until: datetime
) -> Iterator[tuple[float, _Bucket]]:
    """Return the buckets in which something was, by their beginning; what rows say holds until the next one."""
    found: dict[float, _Bucket] = {}
    begin, current = 0.0, _Bucket(end=0.0)

    def bucket(time: float) -> _Bucket:
        nonlocal begin, current
        if not begin <= time < current.end:
            moment = buckets.floor(dt_util.utc_from_timestamp(time))
            begin = moment.timestamp()
            end = buckets.next(moment).timestamp()
            current = found.setdefault(begin, _Bucket(end=end))
        return current

    first, last = start.timestamp(), until.timestamp()
    end = _Row(
        time=last, until=last, value=None, mean=nan, low=nan, high=nan, high_time=last
    )
    for row, following in pairwise(chain(rows, (end,))):
        if row.time >= first and not isnan(row.mean):
            bucket(row.time).add(row)
        time, stop = max(row.until, first), min(following.time, last)
        while row.value is not None and time < stop:
            current = bucket(time)
            edge = min(stop, current.end)
            current.hold(row.value, edge - time)
            time = edge
    yield from found.items()


def _aggregates(
    filled: Iterable[tuple[float, _Bucket]], request: HistoryRequest
) -> dict[str, list[float | None]]:
    columns: dict[str, list[float | None]] = {"time": []}
    columns |= {name: [] for name in request.aggregates}
    for time, bucket in filled:
        columns["time"].append(time)
        for name in request.aggregates:
            fraction = request.percentiles.get(name)
            columns[name].append(
                _AGGREGATES[name](bucket)
                if fraction is None
                else _percentile(bucket.samples, fraction)
            )
    return columns


def _percentile(samples: list[float], fraction: float) -> float | None:
    """Return what PostgreSQL's percentile_cont does."""
    if not samples:
        return None
    values = sorted(samples)
    place = fraction * (len(values) - 1)
    below = floor(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)


def _line(cut: Iterable[tuple[float, list[_Row]]]) -> dict[str, list[float | None]]:
    """Return the lowest and the highest point of each bucket, where they are."""
    columns: dict[str, list[float | None]] = {"time": [], "value": []}
    for _, rows in cut:
        low = min(rows, key=lambda row: row.low)
        high = max(rows, key=lambda row: row.high)
        for time, value in sorted({(low.time, low.low), (high.high_time, high.high)}):
            columns["time"].append(time)
            columns["value"].append(value)
    return columns
