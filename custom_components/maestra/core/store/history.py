"""Reading history back: points, aggregates of buckets, lines and newest values."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
import math
import re
from typing import Any, Final, Self

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from ..domain.clock import utcnow
from ..domain.errors import InvalidField, TooMany
from .buckets import Buckets
from .queries import (
    AGGREGATES,
    Held,
    Plan,
    Query,
    Source,
    bucket_query,
    count_query,
    held_query,
    kept_query,
    last_query,
    line_query,
    point_query,
)
from .series import Series, SeriesKind

type Reader = asyncpg.Connection | PoolConnectionProxy

MAX_SERIES: Final = 50
MAX_POINTS: Final = 5_000
"""Of one series."""
MAX_LAST: Final = 1_000
"""Series whose newest values are asked for at once."""
MAX_ROWS: Final = 10_000_000
"""Single rows that one question of buckets reads of all its series; they take seconds."""
BEGINNING: Final = datetime.min.replace(tzinfo=UTC)
_UNCOUNTED: Final = timedelta(days=2)
DEFAULT_AGGREGATES: Final = ("mean", "min", "max")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_YEARS: Final = range(1900, 2200)
_PERCENTILE: Final = re.compile(r"p(\d{1,2}(?:\.\d{1,3})?|100)")


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """The last row of a page, and how many like it were on it or on the pages before.

    Rows are ordered by time, value (a missing one is NaN and comes last) and a mark of their
    text. Rows that are equal in all of it are alike, so that counting them is enough.
    """

    time: datetime
    value: float
    mark: int
    skip: int

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what `after` wrote; raises InvalidField."""
        try:
            time, value, mark, skip = text.split("~")
            cursor = cls(
                time=_EPOCH + timedelta(microseconds=int(time)),
                value=float(value),
                mark=int(mark),
                skip=int(skip),
            )
        except (ValueError, OverflowError) as error:
            raise InvalidField(field="cursor", reason="is not one of ours") from error
        if not 0 <= cursor.skip < 2**62 or not -(2**63) <= cursor.mark < 2**63:
            raise InvalidField(field="cursor", reason="is not one of ours")
        return cursor

    @property
    def row(self) -> tuple[float, int]:
        """What orders the rows of one time."""
        return self.value, self.mark

    def after(
        self,
        times: Sequence[float],
        values: Sequence[float | None],
        marks: Sequence[int],
        end: int,
    ) -> str:
        """Return the cursor behind the first `end` rows of a page that began at this one."""

        def row(index: int) -> tuple[int, str, int]:
            value = values[index]
            return (
                round(times[index] * 1_000_000),
                repr(math.nan if value is None else value),
                marks[index],
            )

        last, alike = row(end - 1), 1
        while alike < end and row(end - 1 - alike) == last:
            alike += 1
        own = ((self.time - _EPOCH) // _MICROSECOND, repr(self.value), self.mark)
        if alike == end and last == own:
            alike += self.skip
        time, value, mark = last
        return f"{time}~{value}~{mark}~{alike}"


START: Final = Cursor(
    time=datetime.min.replace(tzinfo=UTC), value=-math.inf, mark=-(2**63), skip=0
)
"""Before the first row of all."""


@dataclass(frozen=True, kw_only=True)
class HistoryRequest:
    """A question; raises InvalidField and TooMany where it can't be answered.

    Without `buckets` it asks for the rows of [start, end) as they are, `limit` of them from `cursor` on.
    With them it asks for `aggregates` (mean, mean_of_samples, min, max, sum, count, last, or percentiles as p95 and p99.9),
    or, with `line`, for the lowest and highest point of each. Buckets are always whole: where the
    range begins or ends within one, it is widened.
    """

    series: tuple[Series, ...]
    start: datetime
    end: datetime
    buckets: Buckets | None = None
    aggregates: tuple[str, ...] = DEFAULT_AGGREGATES
    line: bool = False
    limit: int = MAX_POINTS
    cursor: str | None = None
    percentiles: Mapping[str, float] = field(init=False)
    """Fractions by the aggregate's name."""

    def __post_init__(self) -> None:
        """Check what is asked."""
        check_count(self.series, MAX_SERIES)
        for name, moment in (("start", self.start), ("end", self.end)):
            if moment.tzinfo is None or moment.year not in _YEARS:
                raise InvalidField(
                    field=name, reason=f"must be a time with zone after {_YEARS[0]}"
                )
        if self.end <= self.start:
            raise InvalidField(field="end", reason="must be after the start")
        if not 0 < self.limit <= MAX_POINTS:
            raise InvalidField(field="limit", reason=f"must be 1 to {MAX_POINTS}")
        if self.cursor is not None and (self.buckets or len(self.series) > 1):
            raise InvalidField(field="cursor", reason="is for the points of one series")
        if self.line and self.buckets is None:
            raise InvalidField(field="line", reason="needs buckets")
        object.__setattr__(self, "percentiles", _fractions(self.aggregates))
        self._check_buckets(self.buckets)

    def _check_buckets(self, buckets: Buckets | None) -> None:
        if buckets:
            points = buckets.count(self.start, self.end) * (2 if self.line else 1)
            # One more at each end, where a round number does not begin with the range.
            if points > MAX_POINTS + (4 if self.line else 2):
                raise TooMany(kind="points", limit=MAX_POINTS)


@dataclass(frozen=True, kw_only=True)
class SeriesHistory:
    """The answer for one series.

    `columns` are equally long: `time` (seconds since 1970, of a bucket its beginning) and the aggregates, or
    `value` and, where some are not numbers, `text`. `width` is that of the buckets: seconds or a
    period. `known` is False where nothing of this name was ever written.
    """

    series: Series
    source: str
    columns: Mapping[str, Sequence[Any]]
    width: float | str | None = None
    cursor: str | None = None
    known: bool = True


@dataclass(frozen=True, kw_only=True)
class LastValue:
    """The newest row of a series, all None where there is none. `time` is in seconds since 1970."""

    series: Series
    time: float | None = None
    value: float | None = None
    text: str | None = None
    known: bool = True


async def read_history(
    connection: Reader, request: HistoryRequest, *, now: datetime | None = None
) -> list[SeriesHistory]:
    """Answer a question, in the order of its series.

    Raises InvalidField for a cursor that is none of ours, and for percentiles of rows that are not there, or are too many.
    """
    found: dict[Series, SeriesHistory] = {}
    for kind, series in _by_kind(request.series).items():
        if request.buckets is None:
            answers = await _read_points(connection, kind, series, request)
        else:
            plan = await _plan(
                connection, kind, series, request, request.buckets, now or utcnow()
            )
            answers = await _read_buckets(connection, kind, series, request, plan)
        found |= {answer.series: answer for answer in answers}
    return [found[one] for one in request.series]


async def read_last(connection: Reader, series: Sequence[Series]) -> list[LastValue]:
    """Return the newest values, in the order of the series; raises TooMany."""
    check_count(series, MAX_LAST)
    found: dict[Series, LastValue] = {}
    for kind, asked in _by_kind(series).items():
        for row in await _fetch(connection, last_query(kind, asked)):
            one = asked[row["n"] - 1]
            found[one] = LastValue(
                series=one,
                time=row["time"],
                value=row["value"],
                text=row["text"],
                known=row["known"],
            )
    return [found[one] for one in series]


async def _plan(
    connection: Reader,
    kind: SeriesKind,
    series: list[Series],
    request: HistoryRequest,
    buckets: Buckets,
    now: datetime,
) -> Plan:
    """Return what answers a question; raises InvalidField for percentiles that nothing answers."""
    found = await _fetch(connection, kept_query(kind))
    since = {row["name"]: row["since"] for row in found if row["since"]}
    settled = {row["name"]: row["watermark"] for row in found if row["watermark"]}
    kept = {
        source: max(
            since.get(name, BEGINNING) for name in (relation, f"{relation}_held")
        )
        for source in Source
        for relation in (source.relation(kind),)
    }
    start, end = buckets.covering(request.start, request.end)
    if request.percentiles and not request.line:
        if request.start < kept[Source.RAW]:
            raise InvalidField(
                field="aggregates",
                reason=f"has percentiles, which need single rows, and these are kept since {kept[Source.RAW]:%Y-%m-%d}: "
                "begin there, or ask for mean, min and max",
            )
        plan = Plan(source=Source.RAW, buckets=buckets)
    else:
        plan = choose(start, end, buckets, kept)
    held = None
    if kind.is_held and not request.line:
        hourly, daily = (
            settled.get(f"{source.relation(kind)}_held", BEGINNING)
            for source in (Source.HOURLY, Source.DAILY)
        )
        held = Held(hourly=hourly, daily=daily, now=now)
    from_raw = start
    if plan.source is not Source.RAW:
        if held is None:
            return plan
        from_raw = max(start, held.hourly)
    # Newer ones are not many yet, and not all are counted.
    until = min(end, now - _UNCOUNTED)
    rows = 0
    if from_raw < until:
        counted = count_query(
            kind, series, (from_raw, until), kept[Source.DAILY], MAX_ROWS + 1
        )
        ((rows,),) = await _fetch(connection, counted)
    if rows <= MAX_ROWS:
        return replace(plan, held=held)
    if request.percentiles and not request.line:
        raise InvalidField(
            field="aggregates",
            reason=f"has percentiles, for which {rows} single rows would be read, and at most {MAX_ROWS} are: "
            "ask for less time or fewer series, or for mean, min and max",
        )
    plan = choose(start, end, buckets, kept, from_raw=False)
    # Until the rows of before are settled, right after an update, there are the averages alone.
    is_settled = held is not None and held.hourly >= until
    return replace(plan, held=held if is_settled else None)


def choose(
    start: datetime,
    end: datetime,
    buckets: Buckets,
    kept: Mapping[Source, datetime],
    *,
    from_raw: bool = True,
) -> Plan:
    """Return the coarsest source that has all of a range of whole buckets and answers exactly; `kept` is since when each has all.

    Where none does, the finest that has all of it answers, in wider buckets. Days of a zone stay what they are: they are made of
    hourly rows as far as there are some, and of the daily rows that come nearest before.
    """
    sources = [source for source in Source if from_raw or source is not Source.RAW]
    fitting = [
        source
        for source in sources
        if source is Source.RAW or buckets.fits(source.length, start, end)
    ]
    covering = [source for source in sources if start >= kept[source]]
    for source in fitting:
        if source in covering:
            return Plan(source=source, buckets=buckets)
    # Where nothing goes back so far, what goes back furthest.
    source = covering[-1] if covering else min(sources, key=lambda one: kept[one])
    coarsened = buckets.coarsened(source.length)
    is_exact = source is Source.RAW or coarsened.fits(source.length, start, end)
    hourly = kept[Source.HOURLY]
    has_hours = source is Source.DAILY and not is_exact and hourly < end
    return Plan(
        source=source,
        buckets=coarsened,
        is_exact=is_exact,
        hourly_since=hourly if has_hours else None,
    )


async def _read_buckets(
    connection: Reader,
    kind: SeriesKind,
    series: list[Series],
    request: HistoryRequest,
    plan: Plan,
) -> list[SeriesHistory]:
    span = plan.buckets.covering(request.start, request.end)
    names: tuple[str, ...] = ("value",)
    columns = names
    if request.line:
        query = line_query(kind, plan, series, span)
    else:
        names = request.aggregates
        columns = tuple(f"a{number}" for number in range(len(names)))
        wanted = {name: request.percentiles.get(name) for name in names}
        query = (
            held_query(kind, plan, plan.held, series, span, wanted)
            if plan.held
            else bucket_query(kind, plan, series, span, wanted)
        )
    return [
        SeriesHistory(
            series=series[row["n"] - 1],
            source=plan.source,
            width=plan.buckets.width,
            columns={"time": row["time"] or []}
            | {
                name: row[column] or []
                for name, column in zip(names, columns, strict=True)
            },
            known=row["known"],
        )
        for row in await _fetch(connection, query)
    ]


async def _read_points(
    connection: Reader,
    kind: SeriesKind,
    series: list[Series],
    request: HistoryRequest,
) -> list[SeriesHistory]:
    limit = request.limit
    place = START if request.cursor is None else Cursor.read(request.cursor)
    if place.time < request.start:
        place = START
    query = point_query(
        kind,
        series,
        (max(request.start, place.time), request.end),
        place.row,
        # One more tells whether there are more.
        limit + 1,
        place.skip,
    )
    answers = []
    for row in await _fetch(connection, query):
        times, values, texts = row["time"] or [], row["value"] or [], row["text"] or []
        columns = {"time": times[:limit], "value": values[:limit]}
        if any(text is not None for text in texts):
            columns["text"] = texts[:limit]
        more = len(times) > limit
        answers.append(
            SeriesHistory(
                series=series[row["n"] - 1],
                source=Source.RAW,
                columns=columns,
                cursor=place.after(times, values, row["mark"], limit) if more else None,
                known=row["known"],
            )
        )
    return answers


async def _fetch(connection: Reader, query: Query) -> list[asyncpg.Record]:
    return await connection.fetch(query.sql, *query.arguments)


def _by_kind(series: Iterable[Series]) -> dict[SeriesKind, list[Series]]:
    found: defaultdict[SeriesKind, list[Series]] = defaultdict(list)
    for one in dict.fromkeys(series):
        found[one.kind].append(one)
    return found


def check_count(series: Sequence[Series], limit: int) -> None:
    """Raise InvalidField where no series is asked for, TooMany where more than `limit` are."""
    if not series:
        raise InvalidField(field="series", reason="must name at least one")
    if len(series) > limit:
        raise TooMany(kind="series", limit=limit)


def _fractions(aggregates: Sequence[str]) -> dict[str, float]:
    if not aggregates:
        raise InvalidField(field="aggregates", reason="must name at least one")
    found = {}
    for name in aggregates:
        if percentile := _PERCENTILE.fullmatch(name):
            found[name] = float(percentile[1]) / 100
        elif name not in AGGREGATES:
            known = ", ".join(AGGREGATES)
            raise InvalidField(
                field="aggregates", reason=f"must be of {known} or a percentile as p95"
            )
    return found
