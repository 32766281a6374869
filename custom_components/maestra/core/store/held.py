"""Rollups of values that hold until the next row: what they were over time, gaps left out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, override

from .rollups import DAY, HOUR, ORIGIN, Rollup, RollupPair
from .tables import Table


@dataclass(frozen=True, kw_only=True)
class HeldRollup(Rollup):
    """The hourly or daily values of a table over time, in a table `<table>_hourly_held` or `<table>_daily_held` on every tier.

    A bucket is there where there are rows. From the first of them on to its end it has the integral (value by seconds), the seconds
    with a value, and the value at its end, if there is one. What held before that row is the value at the end of the bucket before. So a row that
    comes late changes no bucket but its own.
    """

    is_aggregate: ClassVar[bool] = False

    @property
    @override
    def name(self) -> str:
        return f"{self.table.name}_{self._level}_held"

    @property
    @override
    def own_table(self) -> str:
        return self.name

    @property
    @override
    def source(self) -> str:
        return (
            self.table.name if self.width == HOUR else f"{self.table.name}_hourly_held"
        )

    @property
    @override
    def statistics(self) -> Mapping[str, str]:
        return {
            "first_at": "min(at)",
            "integral": "sum(integral + coalesce(value * hold, 0))",
            "covered": "sum(covered + CASE WHEN value IS NULL THEN 0 ELSE hold END)",
            "end_value": "max(value) FILTER (WHERE is_last)",
            "min_value": "min(low)",
            "max_value": "max(high)",
            "sum_value": "coalesce(sum(total), 0)",
            "last_value": "(array_agg(last ORDER BY at DESC) FILTER (WHERE last IS NOT NULL))[1]",
            "sample_count": "sum(samples)::bigint",
        }

    @property
    @override
    def column_types(self) -> Mapping[str, str]:
        kinds = dict.fromkeys(self.statistics, "double precision NOT NULL")
        may_be_missing = ("end_value", "min_value", "max_value", "last_value")
        kinds |= dict.fromkeys(may_be_missing, "double precision")
        return kinds | {
            "first_at": "timestamptz NOT NULL",
            "sample_count": "bigint NOT NULL",
        }

    @override
    def view(self, watermark: datetime | None) -> None:
        """There is none: what is newer than the watermark is read from the rows."""

    def adopt(self, stored: str) -> str:
        """Return a statement that takes the averages of before $1 as if the values had held equally long: their rows are gone."""
        seconds = self.width.total_seconds()
        columns = ", ".join(self._columns)
        return f"""
            INSERT INTO {stored} ({columns})
            SELECT bucket, {", ".join(self.series)}, bucket, avg_value * {seconds}, {seconds}, last_value,
                min_value, max_value, avg_value * sample_count, last_value, sample_count
            FROM {self.table.name}_{self._level} WHERE bucket < $1
            ON CONFLICT DO NOTHING
        """  # noqa: S608

    @property
    @override
    def _is_same(self) -> str:
        return (
            "f.sample_count = o.sample_count AND f.min_value IS NOT DISTINCT FROM o.min_value"
            " AND f.max_value IS NOT DISTINCT FROM o.max_value"
            " AND abs(f.sum_value - o.sum_value) <= 1e-9 * greatest(abs(f.sum_value), abs(o.sum_value))"
        )

    @property
    @override
    def _added(self) -> Mapping[str, str]:
        # How long each of them held is no longer known.
        kept = ("first_at", "integral", "covered", "end_value", "last_value")
        return {name: f"o.{name}" for name in kept} | {
            "min_value": "least(f.min_value, o.min_value)",
            "max_value": "greatest(f.max_value, o.max_value)",
            "sum_value": "f.sum_value + o.sum_value",
            "sample_count": "f.sample_count + o.sample_count",
        }

    @override
    def _aggregated(self, hourly: str | None, where: str) -> str:
        width = "1 hour" if self.width == HOUR else "1 day"
        series = ", ".join(self.series)
        if hourly:
            rows = f"""
                SELECT {series}, bucket AS begun, first_at AS at, bucket + interval '1 hour' AS until, integral, covered,
                    end_value AS value, min_value AS low, max_value AS high, sum_value AS total, last_value AS last, sample_count AS samples
                FROM {hourly} WHERE {where.format(time="bucket")}
            """  # noqa: S608
        else:
            time = self.raw_time
            value = f"CASE WHEN {self._bounded} THEN {self.value} END"
            rows = f"""
                SELECT {series}, {time} AS begun, {time} AS at, {time} AS until, 0 AS integral, 0 AS covered,
                    {value} AS value, {value} AS low, {value} AS high, {value} AS total, {value} AS last,
                    ({self._bounded} AND {self.value} IS NOT NULL)::int AS samples
                FROM {self.table.name} WHERE {where.format(time=time)}
            """  # noqa: S608
        columns = ", ".join(f"{sql} AS {name}" for name, sql in self.statistics.items())
        return f"""
            SELECT bucket, {series}, {columns}
            FROM (
                SELECT *, next_at IS NULL AS is_last,
                    date_part('epoch', greatest(coalesce(next_at, bucket + interval '{width}') - until, interval '0')) AS hold
                FROM (
                    SELECT *, lead(at) OVER (PARTITION BY {series}, bucket ORDER BY at, value NULLS FIRST) AS next_at
                    FROM (
                        SELECT *, date_bin('{width}', begun, '{ORIGIN.isoformat()}'::timestamptz) AS bucket FROM ({rows}) r
                    ) b
                ) n
            ) h
            GROUP BY bucket, {series}
        """  # noqa: S608


def rollup_pairs(tables: Iterable[Table]) -> tuple[RollupPair, ...]:
    """Return the hourly and daily values of those tables that have some."""
    return tuple(pair for table in tables for pair in _pairs(table))


def _pairs(table: Table) -> Iterator[RollupPair]:
    if table.rollup is None:
        return
    yield Rollup(table=table), Rollup(table=table, width=DAY, slice=30 * DAY)
    if table.rollup.is_held:
        yield (
            HeldRollup(table=table),
            HeldRollup(table=table, width=DAY, slice=30 * DAY),
        )
