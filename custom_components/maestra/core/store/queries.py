"""The statements that read series back: names come from our own tables, everything else is a parameter."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
import enum
from itertools import count
from typing import Any, Final

import asyncpg

from .buckets import DAY, HOUR, Buckets
from .rollups import floor
from .series import Series, SeriesKind
from .store import Store

PAGE: Final = 20_000
"""Rows, and those of the last one's time."""
_JUST_BEFORE: Final = timedelta(microseconds=1)
# A page never ends between rows of one time.
_PAGE: Final = """{asked}
SELECT r.time, r.value
FROM asked s
CROSS JOIN LATERAL (
    SELECT t.{time} AS time, t.{value} AS value
    FROM {relation} t
    WHERE {keys} AND t.{time} > $4 AND t.{time} < $5 AND t.{value} BETWEEN -1e100 AND 1e100
    ORDER BY t.{time}
    FETCH FIRST ($6::int8) ROWS WITH TIES
) r
ORDER BY r.time, r.value"""
_BEFORE: Final = """{asked}
SELECT r.time, r.value
FROM asked s
CROSS JOIN LATERAL (
    SELECT t.{time} AS time, t.{value} AS value
    FROM {relation} t
    WHERE {keys} AND t.{time} < $4 AND t.{value} BETWEEN -1e100 AND 1e100
    ORDER BY t.{time} DESC, t.{value} DESC
    LIMIT 1
) r"""

# The bucket's rows have `v`, and `e`: seconds since 1970. A sum divided by a count takes less than half of avg's time.
_RAW_AGGREGATES: Final[Mapping[str, str]] = {
    "mean": "sum(v) / count(*)",
    "mean_of_samples": "sum(v) / count(*)",
    "min": "min(v)",
    "max": "max(v)",
    "sum": "sum(v)",
    "count": "count(*)",
    "last": "(max(ARRAY[e, v]))[2]",
}
_ROLLED_AGGREGATES: Final[Mapping[str, str]] = {
    "mean": "sum(avg_value * sample_count) / sum(sample_count)",
    "mean_of_samples": "sum(avg_value * sample_count) / sum(sample_count)",
    "min": "min(min_value)",
    "max": "max(max_value)",
    "sum": "sum(avg_value * sample_count)",
    "count": "sum(sample_count)::int8",
    "last": "(max(ARRAY[e, last_value]))[2]",
}
# Of the parts of a bucket: what its rows were, and what held before the first of them.
_HELD_AGGREGATES: Final[Mapping[str, str]] = {
    # No rounding may bring it outside of what there was.
    "mean": """least(greatest(coalesce(
        sum(integral) / nullif(sum(covered), 0), sum(total) / nullif(sum(samples), 0), max(high)
    ), min(low)), max(high))""",
    "mean_of_samples": "sum(total) / nullif(sum(samples), 0)",
    "min": "min(low)",
    "max": "max(high)",
    "sum": "coalesce(sum(total), 0)",
    "count": "coalesce(sum(samples), 0)::int8",
    "last": "coalesce(max(last), max(held))",
}
AGGREGATES: Final = tuple(_RAW_AGGREGATES)
_PERCENTILE: Final = "percentile_cont(${number}) WITHIN GROUP (ORDER BY {value})"
_ADDRESSES: Final = (
    "unnest($1::text[], $2::uuid[], $3::text[]) WITH ORDINALITY AS s (a, id, b, n)"
)
# One row for each series that is asked for: its number, and its keys or nulls.
_ASKED: Final = """
WITH asked AS MATERIALIZED (
    SELECT s.n, {keys}
    FROM {addresses}
)"""
# The same where rows of one name are in several units. `name [unit]` are those in this unit, unless something is called just so;
# the name alone is the newest unit that was told, with what has none.
_ASKED_IN_UNITS: Final = """
WITH asked AS MATERIALIZED (
    SELECT s.*, CASE
        WHEN s.unit IS NOT NULL THEN ARRAY[normal_unit(s.unit)]
        ELSE ARRAY['', coalesce((
            SELECT r.unit FROM (
                SELECT normal_unit(t.{unit}) AS unit, t.{value} AS value, t.{time} AS time
                FROM {relation} t WHERE {keys_of_rows} ORDER BY t.{time} DESC LIMIT 100
            ) r
            WHERE r.unit <> '' AND r.value IS NOT NULL ORDER BY r.time DESC LIMIT 1
        ), (
            SELECT t.unit FROM {daily} t WHERE {keys_of_rows} AND t.unit <> ''
            ORDER BY t.bucket DESC, t.unit LIMIT 1
        ))]
    END AS units
    FROM (
        SELECT s.n, s.unit, {keys}
        FROM (
            SELECT s.n, s.a, s.id, coalesce(p.name, s.b) AS b, p.unit
            FROM {addresses}
            LEFT JOIN LATERAL (
                SELECT m[1] AS name, m[2] AS unit FROM regexp_match(s.b, '^(.+) \\[(.*)\\]$') m
                WHERE NOT EXISTS (SELECT FROM {relation} t WHERE {keys_as_asked})
                    AND NOT EXISTS (SELECT FROM {daily} t WHERE {keys_as_asked})
            ) p ON true
        ) s
    ) s
)"""
_OF_SERIES: Final = """{asked}
SELECT s.n, s.k0 IS NOT NULL AS known, r.*
FROM asked s
LEFT JOIN LATERAL ({rows}) r ON true
ORDER BY s.n"""
# Without the fence (OFFSET) the planner expects as many buckets as there are rows, and sorts these on disk.
_BUCKETS: Final = """
    SELECT array_agg(date_part('epoch', bucket)) AS time, {arrays}
    FROM (
        SELECT bucket, {aggregates}
        FROM (
            SELECT {bucket} AS bucket, {columns}
            FROM {relation} t
            WHERE {conditions}
            OFFSET 0
        ) f
        GROUP BY bucket
        ORDER BY bucket
    ) g"""
# Times are in seconds since 1970. $6 is where the buckets begin, and the last one ends; $7 is until when the newest value holds: now, or
# the end. Rows are those of rollups, or what single rows are in a bucket: what they are up to `until`, and what holds from then on.
_HELD: Final = """
    WITH found AS (
        SELECT i, min(at) AS first_at, sum(integral + coalesce(value * hold, 0)) AS integral,
            sum(covered + CASE WHEN value IS NULL THEN 0 ELSE hold END) AS covered,
            max(value) FILTER (WHERE next_i IS DISTINCT FROM i) AS end_value,
            min(low) AS low, max(high) AS high, sum(total) AS total, sum(samples) AS samples,
            (max(ARRAY[at, last]) FILTER (WHERE last IS NOT NULL))[2] AS last {percentiles}
        FROM (
            SELECT *, greatest(least(next_at, ($6::float8[])[i + 1]) - until, 0) AS hold
            FROM (
                SELECT *, lead(at, 1, $7::float8) OVER w AS next_at, lead(i) OVER w AS next_i
                FROM ({rows}) a
                WINDOW w AS (ORDER BY at)
            ) b
        ) c
        GROUP BY i
    ), carried AS (
        SELECT j AS i, end_value AS held,
            least(CASE WHEN j = next_i THEN next_at ELSE ($6::float8[])[j + 1] END, $7) - ($6::float8[])[j] AS seconds
        FROM (
            SELECT i, end_value, lead(i) OVER w AS next_i, lead(first_at) OVER w AS next_at
            FROM (SELECT i, first_at, end_value FROM found UNION ALL SELECT 0, NULL, ({before})) a
            WINDOW w AS (ORDER BY i)
        ) b
        CROSS JOIN LATERAL generate_series(i + 1, coalesce(next_i, cardinality($6) - 1)) j
        WHERE end_value IS NOT NULL
    )
    SELECT array_agg(($6::float8[])[i]) AS time, {arrays}
    FROM (
        SELECT i, {aggregates}
        FROM (
            SELECT i, integral, covered, low, high, total, samples, last, NULL AS held {names} FROM found
            UNION ALL
            SELECT i, held * seconds, seconds, held, held, NULL, 0, NULL, held {nulls} FROM carried WHERE seconds > 0
        ) p
        GROUP BY i
        HAVING max(high) IS NOT NULL
        ORDER BY i
    ) g"""
# The fence (OFFSET) has each computed once; rows come in the order of the index.
_HELD_RAW: Final = """
    SELECT i, min(at) AS at, max(edge) AS until, coalesce(sum(value * hold), 0) AS integral,
        coalesce(sum(hold) FILTER (WHERE value IS NOT NULL), 0) AS covered,
        max(value) FILTER (WHERE next_at >= edge) AS value,
        min(value) AS low, max(value) AS high, sum(value) AS total, count(value) AS samples, {last} AS last {percentiles}
    FROM (
        SELECT *, greatest(least(next_at, edge) - at, 0) AS hold
        FROM (
            SELECT *, ($6::float8[])[i + 1] AS edge
            FROM (
                SELECT at, value, width_bucket(at, $6::float8[]) AS i, lead(at, 1, $7::float8) OVER (ORDER BY time) AS next_at
                FROM (
                    SELECT t.{time} AS time, date_part('epoch', t.{time}) AS at,
                        CASE WHEN t.{value} BETWEEN -1e100 AND 1e100 THEN t.{value} END AS value
                    FROM {relation} t
                    WHERE {keys} AND t.{time} >= {start} AND t.{time} < $5
                ) a
            ) b
            OFFSET 0
        ) c
        OFFSET 0
    ) d
    GROUP BY i"""
_HELD_ROLLED: Final = """
    SELECT width_bucket(date_part('epoch', bucket) + {middle}, $6::float8[]), date_part('epoch', first_at),
        date_part('epoch', bucket) + {length}, integral, covered, end_value,
        min_value, max_value, sum_value, sample_count, last_value
    FROM {relation}_held t
    WHERE {keys} AND bucket >= $4::timestamptz - interval '{middle} s' AND bucket < $5::timestamptz - interval '{middle} s'
        AND {condition}"""
# The newest row before the range: among the rows since $8, and in what is settled before.
_HELD_BEFORE: Final = """
    SELECT value FROM (
        (
            SELECT t.{time} AS at, CASE WHEN t.{value} BETWEEN -1e100 AND 1e100 THEN t.{value} END AS value
            FROM {relation} t WHERE {keys} AND t.{time} >= $8 AND t.{time} < $4 ORDER BY t.{time} DESC LIMIT 1
        )
        UNION ALL
        (
            SELECT bucket + interval '1 hour', end_value FROM {relation}_hourly_held t
            WHERE {keys} AND bucket < $8 ORDER BY bucket DESC LIMIT 1
        )
        UNION ALL
        (
            SELECT bucket + interval '1 day', end_value FROM {relation}_daily_held t
            WHERE {keys} AND bucket <= $8::timestamptz - interval '1 day' ORDER BY bucket DESC LIMIT 1
        )
    ) b ORDER BY at DESC LIMIT 1"""
# The lowest and the highest point of each bucket, where they are.
_LINE: Final = """
    SELECT array_agg(p[2] ORDER BY p[2]) AS time, array_agg(p[1] ORDER BY p[2]) AS value
    FROM (
        SELECT min(low) AS low, max(high) AS high
        FROM (
            SELECT {bucket} AS bucket, {low} AS low, {high} AS high
            FROM {relation} t
            WHERE {conditions}
            OFFSET 0
        ) f
        GROUP BY bucket
    ) g
    CROSS JOIN LATERAL (VALUES (low), (CASE WHEN high <> low THEN high END)) AS e (p)
    WHERE p IS NOT NULL"""
# Rows of one time have an order of their own: a page may end between them.
_POINTS: Final = """
    SELECT array_agg(time) AS time, array_agg(value) AS value, array_agg(text) AS text, array_agg(mark) AS mark
    FROM (
        SELECT date_part('epoch', t.{time}) AS time, t.{value} AS value, {text} AS text, {mark} AS mark
        FROM {relation} t
        WHERE {conditions}
            AND (t.{time} > $4 OR (coalesce(t.{value}, 'NaN'), {mark}) >= ($6::float8, $7::int8))
        ORDER BY t.{time}, coalesce(t.{value}, 'NaN'), {mark}
        LIMIT $8 OFFSET $9
    ) g"""
_KEPT: Final = """
SELECT source AS name, since, NULL::timestamptz AS watermark FROM maestra_kept WHERE source = ANY ($1)
UNION ALL
SELECT name, NULL, nullif(watermark, '-infinity') FROM maestra_rollups WHERE name = ANY ($1)"""
# Days of which there are no daily rows any more are counted as far as it matters.
_COUNT: Final = """{asked}
SELECT (
    SELECT coalesce(sum(t.sample_count), 0)::int8 FROM asked s JOIN {daily} t ON {keys_of_days}
    WHERE t.bucket >= greatest($4::timestamptz, $6) AND t.bucket < $5
) + (
    SELECT count(*) FROM asked s CROSS JOIN LATERAL (
        SELECT FROM {relation} t WHERE {keys} AND t.{time} >= $4 AND t.{time} < least($5::timestamptz, $6) LIMIT $7
    ) r
)"""
_LAST: Final = """
    SELECT date_part('epoch', t.{time}) AS time, t.{value} AS value, {text} AS text
    FROM {relation} t
    WHERE {conditions}
    ORDER BY t.{time} DESC
    LIMIT 1"""


async def read_pages(
    store: Store, series: Series, start: datetime, end: datetime, page: int = PAGE
) -> AsyncIterator[list[asyncpg.Record]]:
    """Yield the rows (time, value) of [start, end); raises StoreNotConnected, StoreTimeout."""
    query = _statement(_PAGE, series)
    after = start - _JUST_BEFORE
    while True:
        async with store.reading() as connection:
            rows = await connection.fetch(
                query, *series_arguments([series]), after, end, page
            )
        if rows:
            yield rows
        if len(rows) < page:
            return
        after = rows[-1]["time"]


async def read_before(
    store: Store, series: Series, moment: datetime
) -> asyncpg.Record | None:
    """Return the row (time, value) that was the newest at a time, if there is one; raises StoreNotConnected, StoreTimeout."""
    async with store.reading() as connection:
        return await connection.fetchrow(
            _statement(_BEFORE, series), *series_arguments([series]), moment
        )


def _statement(text: str, series: Series) -> str:
    kind = series.kind
    return text.format(
        asked=asked_series(kind),
        time=kind.time,
        value=kind.value,
        relation=kind.table.name,
        keys=" AND ".join(key_conditions(kind)),
    )


class Source(enum.StrEnum):
    """What a question is answered from, the coarsest first."""

    DAILY = "daily"
    HOURLY = "hourly"
    RAW = "raw"

    @property
    def length(self) -> timedelta:
        """How much time one row stands for."""
        return _LENGTHS[self]

    def relation(self, kind: SeriesKind) -> str:
        """Return the name of the table or view."""
        return kind.table.name if self is Source.RAW else f"{kind.table.name}_{self}"


_LENGTHS: Final = {
    Source.DAILY: DAY,
    Source.HOURLY: HOUR,
    Source.RAW: timedelta(),
}


@dataclass(frozen=True, kw_only=True)
class Held:
    """How far the values over time are settled, and when it is now."""

    hourly: datetime
    daily: datetime
    now: datetime


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a question is answered from, in which buckets."""

    source: Source
    buckets: Buckets
    is_exact: bool = True
    """Whether no bucket's boundary cuts through a row; else a row counts where its middle is."""
    hourly_since: datetime | None = None
    """From when on hourly rows take the place of daily ones."""
    held: Held | None = None
    """Where values count by the time that they held."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """A statement with its arguments."""

    sql: str
    arguments: tuple[Any, ...]


def bucket_query(
    kind: SeriesKind,
    plan: Plan,
    series: Iterable[Series],
    span: tuple[Any, Any],
    aggregates: Mapping[str, float | None],
) -> Query:
    """Return the query for aggregates of buckets; `aggregates` maps names to fractions, if they are percentiles.

    Each row has `n`, `known`, `time` and a column `a0`, `a1`, … for each aggregate: arrays, or null.
    """
    rows = _rows(kind, plan)
    known = _RAW_AGGREGATES if plan.source is Source.RAW else _ROLLED_AGGREGATES
    numbers = count(8 + len(rows.arguments))
    parts, fractions = [], []
    for name, fraction in aggregates.items():
        if fraction is None:
            parts.append(known[name])
        else:
            parts.append(_PERCENTILE.format(number=next(numbers), value="v"))
            fractions.append(fraction)
    found = _BUCKETS.format(
        arrays=", ".join(f"array_agg(a{i}) AS a{i}" for i in range(len(parts))),
        aggregates=", ".join(f"{part} AS a{i}" for i, part in enumerate(parts)),
        bucket=plan.buckets.sql.format(first=6, second=7, time=rows.place),
        columns=f"{rows.columns}, date_part('epoch', {rows.time}) AS e",
        relation=rows.relation,
        conditions=rows.conditions,
    )
    return Query(
        sql=_of_series(kind, found),
        arguments=(
            *series_arguments(series),
            *span,
            *plan.buckets.arguments,
            *rows.arguments,
            *fractions,
        ),
    )


def held_query(
    kind: SeriesKind,
    plan: Plan,
    held: Held,
    series: Iterable[Series],
    span: tuple[datetime, datetime],
    aggregates: Mapping[str, float | None],
) -> Query:
    """Return what `bucket_query` does, where a value holds until the next row."""
    start, end = span
    edges = [start]
    while edges[-1] < end:
        edges.append(plan.buckets.next(edges[-1]))
    daily = min(held.daily, plan.hourly_since or held.daily)
    numbers = count(11)
    parts, percentiles, fractions = [], {}, []
    for number, (name, fraction) in enumerate(aggregates.items()):
        if fraction is None:
            parts.append(f"{_HELD_AGGREGATES[name]} AS a{number}")
        else:
            parts.append(f"max(p{number}) AS a{number}")
            percentiles[f"p{number}"] = _PERCENTILE.format(
                number=next(numbers), value="value"
            )
            fractions.append(fraction)
    sql = _HELD.format(
        rows=_held_rows(kind, plan, percentiles, with_last="last" in aggregates),
        before=_held_sql(_HELD_BEFORE, kind),
        arrays=", ".join(f"array_agg(a{i}) AS a{i}" for i in range(len(parts))),
        aggregates=", ".join(parts),
        percentiles="".join(f", max({name}) AS {name}" for name in percentiles),
        names="".join(f", {name}" for name in percentiles),
        nulls=", NULL::float8" * len(percentiles),
    )
    return Query(
        sql=_of_series(kind, sql),
        arguments=(
            *series_arguments(series),
            *span,
            [edge.timestamp() for edge in edges],
            min(end, held.now).timestamp(),
            min(floor(start, HOUR), held.hourly),
            held.hourly,
            daily,
            *fractions,
        ),
    )


def _held_rows(
    kind: SeriesKind, plan: Plan, percentiles: Mapping[str, str], *, with_last: bool
) -> str:
    """Return SQL for the rows of a plan: from $9 on they are not settled in hours, from $10 on not in days."""
    raw = plan.source is Source.RAW
    last = "(max(ARRAY[at, value]) FILTER (WHERE value IS NOT NULL))[2]"
    parts = [
        _held_sql(
            _HELD_RAW,
            kind,
            start="$4" if raw else "greatest($4::timestamptz, $9)",
            last=last if with_last else "NULL::float8",
            percentiles="".join(
                f", {sql} AS {name}" for name, sql in percentiles.items()
            ),
        )
    ]
    for source, condition in (
        (Source.HOURLY, "bucket < $9"),
        (Source.DAILY, "bucket < $10"),
    ):
        if source is plan.source or plan.source is Source.DAILY:
            if plan.source is not source:
                condition += " AND bucket >= $10"
            length = source.length.total_seconds()
            parts.append(
                _held_sql(
                    _HELD_ROLLED,
                    kind,
                    relation=source.relation(kind),
                    length=length,
                    middle=0 if plan.is_exact else length / 2,
                    condition=condition,
                )
            )
    # Each parameter has a type, whatever the parts are.
    typed = "SELECT * FROM ({}) r WHERE $9::timestamptz IS NOT NULL AND $10::timestamptz IS NOT NULL"
    return typed.format(" UNION ALL ".join(parts))


def _held_sql(text: str, kind: SeriesKind, **parts: object) -> str:
    return text.format(
        **{
            "time": kind.time,
            "value": kind.value,
            "relation": kind.table.name,
            "keys": " AND ".join(key_conditions(kind)),
            **parts,
        }
    )


def line_query(
    kind: SeriesKind,
    plan: Plan,
    series: Iterable[Series],
    span: tuple[Any, Any],
) -> Query:
    """Return the query for the extremes of buckets; each row has `n`, `known` and arrays, or nulls, `time` and `value`."""
    rows = _rows(kind, plan)
    low = high = f"ARRAY[t.{kind.value}, date_part('epoch', {rows.time})]"
    if plan.source is not Source.RAW:
        # When exactly is not known: both lie in the row's time, one after the other.
        low = "ARRAY[t.min_value, date_part('epoch', t.bucket)]"
        high = "ARRAY[t.max_value, date_part('epoch', t.bucket + t.length / 2)]"
    found = _LINE.format(
        bucket=plan.buckets.sql.format(first=6, second=7, time=rows.place),
        low=low,
        high=high,
        relation=rows.relation,
        conditions=rows.conditions,
    )
    return Query(
        sql=_of_series(kind, found),
        arguments=(
            *series_arguments(series),
            *span,
            *plan.buckets.arguments,
            *rows.arguments,
        ),
    )


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """SQL for the rows `t` of a plan; `place` says which bucket one is in. `arguments` are from $8 on."""

    relation: str
    conditions: str
    columns: str
    time: str
    place: str
    arguments: tuple[Any, ...] = ()


def _rows(kind: SeriesKind, plan: Plan) -> _Rows:
    if plan.source is Source.RAW:
        return _Rows(
            relation=kind.table.name,
            conditions=_conditions(kind, kind.time, kind.value),
            columns=f"t.{kind.value} AS v",
            time=f"t.{kind.time}",
            place=f"t.{kind.time}",
        )
    parts = [_rolled(kind, plan, plan.source, "AND bucket < $8")]
    arguments: tuple[Any, ...] = (plan.hourly_since,)
    if plan.hourly_since is None:
        parts = [_rolled(kind, plan, plan.source, "")]
        arguments = ()
    else:
        parts.append(_rolled(kind, plan, Source.HOURLY, "AND bucket >= $8"))
    return _Rows(
        relation=f"({' UNION ALL '.join(parts)})",
        conditions=" AND ".join(key_conditions(kind, is_rolled=True)),
        columns="avg_value, min_value, max_value, last_value, sample_count",
        time="t.bucket",
        place="t.place",
        arguments=arguments,
    )


def _rolled(kind: SeriesKind, plan: Plan, source: Source, condition: str) -> str:
    seconds = source.length.total_seconds()
    middle = 0 if plan.is_exact else seconds / 2
    return f"""
        SELECT *, bucket + interval '{middle} s' AS place, interval '{seconds} s' AS length
        FROM {source.relation(kind)}
        WHERE bucket >= $4::timestamptz - interval '{middle} s' AND bucket < $5::timestamptz - interval '{middle} s' {condition}
    """  # noqa: S608


def kept_query(kind: SeriesKind) -> Query:
    """Return the query for `since` when relations have all rows, where that is not the beginning, and the `watermark` to which rollups are settled; each has its `name`."""
    names = [source.relation(kind) for source in Source]
    return Query(sql=_KEPT, arguments=(names + [f"{name}_held" for name in names],))


def count_query(
    kind: SeriesKind,
    series: Iterable[Series],
    span: tuple[Any, Any],
    daily_since: datetime,
    limit: int,
) -> Query:
    """Return the query for how many raw rows there are in whole days; more than `limit` of a series are not counted where there are no daily rows."""
    rows = _COUNT.format(
        asked=asked_series(kind),
        daily=Source.DAILY.relation(kind),
        relation=kind.table.name,
        time=kind.time,
        keys=" AND ".join(key_conditions(kind)),
        keys_of_days=" AND ".join(key_conditions(kind, is_rolled=True)),
    )
    return Query(
        sql=rows, arguments=(*series_arguments(series), *span, daily_since, limit)
    )


def point_query(
    kind: SeriesKind,
    series: Iterable[Series],
    span: tuple[Any, Any],
    after: tuple[float, int],
    limit: int,
    skip: int,
) -> Query:
    """Return the query for rows as they are, from the value and mark `after` at the span's beginning on.

    Each row has `n`, `known` and arrays, or nulls, `time`, `value`, `text` and `mark`.
    """
    text = _text(kind)
    mark = f"hashtextextended({text}, 0)" if kind.text else None
    rows = _POINTS.format(
        time=kind.time,
        value=kind.value,
        text=text,
        mark=f"coalesce({mark}, 0)" if mark else "0::int8",
        relation=kind.table.name,
        conditions=_conditions(kind, kind.time, None),
    )
    return Query(
        sql=_of_series(kind, rows),
        arguments=(*series_arguments(series), *span, *after, limit, skip),
    )


def last_query(kind: SeriesKind, series: Iterable[Series]) -> Query:
    """Return the query for the newest rows; each row has `n`, `known`, `time`, `value` and `text`, or nulls."""
    rows = _LAST.format(
        time=kind.time,
        value=kind.value,
        text=_text(kind),
        relation=kind.table.name,
        conditions=" AND ".join(key_conditions(kind)),
    )
    return Query(sql=_of_series(kind, rows), arguments=series_arguments(series))


def asked_series(kind: SeriesKind) -> str:
    """Return the beginning of a query: `asked` has a row for each series of `series_arguments`, its keys as k0, k1, and, where rows have them, its `units`."""
    keys = ", ".join(f"{sql} AS k{i}" for i, sql in enumerate(kind.keys.values()))
    if kind.unit is None:
        return _ASKED.format(keys=keys, addresses=_ADDRESSES)
    return _ASKED_IN_UNITS.format(
        keys=keys,
        addresses=_ADDRESSES,
        keys_as_asked=" AND ".join(
            f"t.{key} = {sql}" for key, sql in kind.keys.items()
        ),
        keys_of_rows=" AND ".join(_keys(kind)),
        relation=kind.table.name,
        daily=Source.DAILY.relation(kind),
        time=kind.time,
        value=kind.value,
        unit=kind.unit,
    )


def _of_series(kind: SeriesKind, rows: str) -> str:
    return _OF_SERIES.format(asked=asked_series(kind), rows=rows)


def series_arguments(series: Iterable[Series]) -> tuple[Any, ...]:
    """Return the first three arguments of a query."""
    asked = list(series)
    return (
        [one.address[0] for one in asked],
        [one.uuid for one in asked],
        [one.address[-1] for one in asked],
    )


def _conditions(kind: SeriesKind, time: str, value: str | None) -> str:
    parts = [*key_conditions(kind), f"t.{time} >= $4", f"t.{time} < $5"]
    if value:
        # Not null, and nothing that spoils a sum: as in the hourly and daily rows.
        parts.append(f"t.{value} BETWEEN -1e100 AND 1e100")
    return " AND ".join(parts)


def key_conditions(kind: SeriesKind, *, is_rolled: bool = False) -> Iterator[str]:
    """Return what makes a row `t`, one of hours or days where it `is_rolled`, one of the series `s` that is asked for."""
    yield from _keys(kind)
    if kind.unit is not None:
        unit = "t.unit" if is_rolled else f"normal_unit(t.{kind.unit})"
        yield f"{unit} = ANY (s.units)"


def _keys(kind: SeriesKind) -> Iterator[str]:
    return (f"t.{column} = s.k{i}" for i, column in enumerate(kind.keys))


def _text(kind: SeriesKind) -> str:
    """Return what stands for a value that is not a number."""
    if kind.text is None:
        return "NULL::text"
    return f"CASE WHEN t.{kind.value} IS NULL THEN t.{kind.text} END"
