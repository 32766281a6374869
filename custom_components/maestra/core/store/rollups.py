"""Rollups, the hourly and daily values of tables: what they are called, and how they are computed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

from .tables import RollupColumns, Table

ROLLUP_HORIZON: Final = timedelta(hours=2)
"""Rows older than this when they are written are late: the writer notes them in `maestra_late`."""
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
ORIGIN: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Where buckets begin to count; in UTC, as TimescaleDB does."""


@dataclass(frozen=True, kw_only=True)
class Rollup:
    """The hourly or daily values of a table: a relation `<table>_hourly` or `<table>_daily`.

    A daily one is computed from the hourly one, which outlives the raw rows; where that is gone, from what is left of these.
    """

    table: Table
    width: timedelta = HOUR
    slice: timedelta = DAY
    """How much is computed at once, a multiple of the width."""
    is_aggregate: ClassVar[bool] = True
    """Whether it is a continuous aggregate, where there are some."""

    @property
    def series(self) -> tuple[str, ...]:
        """The columns that tell series apart, the unit among them."""
        return tuple(self._raw_series)

    @property
    def _raw_series(self) -> Mapping[str, str]:
        """These columns, and how each is computed from the raw rows."""
        found = {column: column for column in self._of.series}
        if self._of.unit:
            found["unit"] = f"normal_unit({self._of.unit})"
        return found

    @property
    def value(self) -> str | None:
        """The column with the numbers; None where rows are only counted."""
        return self._of.value

    @property
    def _of(self) -> RollupColumns:
        assert self.table.rollup
        return self.table.rollup

    @property
    def name(self) -> str:
        """The relation."""
        return f"{self.table.name}_{self._level}"

    @property
    def _level(self) -> str:
        return "hourly" if self.width == HOUR else "daily"

    @property
    def own_table(self) -> str:
        """The table of what is settled, where there are no continuous aggregates."""
        return f"{self.name}_rollup"

    @property
    def source(self) -> str:
        """The relation that it is computed from; `maestra_kept` has it under this name."""
        return self.table.name if self.width == HOUR else f"{self.table.name}_hourly"

    @property
    def source_time(self) -> str:
        """The column of the source's time, quoted."""
        return self.raw_time if self.width == HOUR else "bucket"

    @property
    def raw_time(self) -> str:
        """The column of the table's time, quoted."""
        return f'"{self.table.time}"'

    def clear(self, stored: str) -> str:
        """Return a statement that removes the buckets from $1 up to before $2 from the table that holds them."""
        return f"DELETE FROM {stored} WHERE bucket >= $1 AND bucket < $2"  # noqa: S608

    def compute(self, stored: str, hourly: str | None) -> str:
        """Return a statement that puts these buckets there, made of a table with hourly values, or of the raw rows."""
        rows = self._aggregated(hourly, "{time} >= $1 AND {time} < $2")
        return f"INSERT INTO {stored} ({', '.join(self._columns)}) {rows}"

    def fold(self, stored: str, *, rows_go: bool) -> str:
        """Return a statement that brings raw rows from $1 up to before $2 into buckets whose other rows are gone.

        Whole buckets. One that has just these rows already stays as it is. Where the rows go, they are added to
        what is there (its last value stays: nobody knows which came later); where they stay, those of a
        bucket take its place as soon as they are no fewer.
        """
        count = self.count
        taken = f"NOT ({self._is_same})"
        merged = {name: f"f.{name}" for name in self.statistics}
        if rows_go:
            merged = {
                name: f"CASE WHEN o.bucket IS NULL THEN f.{name} ELSE {self._added[name]} END"
                for name in self.statistics
            }
        else:
            taken += f" AND f.{count} >= o.{count}"
        keys = ("bucket", *self.series)

        def is_same(other: str) -> str:
            return " AND ".join(f"{other}.{key} = f.{key}" for key in keys)

        fresh = self._aggregated(None, "{time} >= $1 AND {time} < $2")
        values = (*(f"f.{key}" for key in keys), *merged.values())
        return f"""
            WITH fresh AS MATERIALIZED ({fresh}), replaced AS (
                DELETE FROM {stored} o USING fresh f
                WHERE {is_same("o")} AND o.bucket >= $1 AND o.bucket < $2 AND {taken}
                RETURNING o.*
            )
            INSERT INTO {stored} ({", ".join(self._columns)})
            SELECT {", ".join(values)}
            FROM fresh f LEFT JOIN replaced o ON {is_same("o")}
            WHERE o.bucket IS NOT NULL OR NOT EXISTS (
                SELECT FROM {stored} x WHERE {is_same("x")} AND x.bucket >= $1 AND x.bucket < $2
            )
        """  # noqa: S608

    def view(self, watermark: datetime | None) -> str | None:
        """A statement that makes the relation: what is settled, and the newer of the source.

        The watermark is a literal, so that the planner leaves out the chunks before it; None where nothing is settled.
        """
        moment = "-infinity" if watermark is None else watermark.isoformat()
        settled = f"'{moment}'::timestamptz"
        hourly = None if self.width == HOUR else self.source
        live = self._aggregated(hourly, f"{{time}} >= {settled}")
        return f"""
            CREATE OR REPLACE VIEW {self.name} AS
            SELECT {", ".join(self._columns)} FROM {self.own_table} WHERE bucket < {settled}
            UNION ALL
            {live}
        """  # noqa: S608

    @property
    def aggregate(self) -> str:
        """A statement that makes the relation as a continuous aggregate, without data."""
        width = "1 hour" if self.width == HOUR else "1 day"
        statistics = dict(self.statistics)
        if self.value:
            last = self.value if self.width == HOUR else "last_value"
            statistics["last_value"] = f"last({last}, {self.source_time})"
        series = {name: name for name in self.series}
        if self.width == HOUR:
            series = dict(self._raw_series)
        columns = (
            f"time_bucket('{width}', {self.source_time}) AS bucket",
            *(f"{sql} AS {name}" for name, sql in series.items()),
            *(f"{sql} AS {name}" for name, sql in statistics.items()),
        )
        where = ""
        if self.width == HOUR and (bounded := self._bounded):
            where = f"WHERE {bounded}"
        return f"""
            CREATE MATERIALIZED VIEW {self.name}
            WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false) AS
            SELECT {", ".join(columns)}
            FROM {self.source} {where}
            GROUP BY {self._keys}
            WITH NO DATA
        """  # noqa: S608

    @property
    def refresh(self) -> str:
        """A statement that has the database compute them; not in a transaction."""
        return f"CALL refresh_continuous_aggregate('{self.name}', $1::timestamptz, $2::timestamptz)"

    @property
    def first(self) -> str:
        """A question for the start of the oldest bucket."""
        return f"SELECT date_bin($1, min({self.source_time}), $2) FROM {self.source}"  # noqa: S608

    def floor(self, time: datetime) -> datetime:
        """Return the start of a time's bucket."""
        return floor(time, self.width)

    @property
    def _columns(self) -> tuple[str, ...]:
        return ("bucket", *self.series, *self.statistics)

    @property
    def _bounded(self) -> str | None:
        """What raw rows are taken: numbers beyond 1e100 are garbage, and the square of one would overflow."""
        return f"{self.value} BETWEEN -1e100 AND 1e100" if self.value else None

    @property
    def _keys(self) -> str:
        return ", ".join(map(str, range(1, len(self.series) + 2)))

    def _aggregated(self, hourly: str | None, where: str) -> str:
        """Return a question for the buckets of a table with hourly values, or of the raw rows; `{time}` is the column of their time."""
        width = "1 hour" if self.width == HOUR else "1 day"
        time = "bucket" if hourly else self.raw_time
        expressions = (
            f"date_bin('{width}', {time}, '{ORIGIN.isoformat()}'::timestamptz)",
            *(self.series if hourly else self._raw_series.values()),
            *(self._of_hourly if hourly else self._of_raw).values(),
        )
        columns = (
            f"{expression} AS {column}"
            for expression, column in zip(expressions, self._columns, strict=True)
        )
        where = where.format(time=time)
        if not hourly and (bounded := self._bounded):
            where += f" AND {bounded}"
        return f"""
            SELECT {", ".join(columns)}
            FROM {hourly or self.table.name} WHERE {where}
            GROUP BY {self._keys}
        """  # noqa: S608

    @property
    def statistics(self) -> Mapping[str, str]:
        """The columns beside bucket and series, and how each is computed from the source."""
        return self._of_raw if self.width == HOUR else self._of_hourly

    @property
    def column_types(self) -> Mapping[str, str]:
        """The types of these columns, in a table of our own."""
        return {
            name: f"{'bigint' if name == self.count else 'double precision'} NOT NULL"
            for name in self.statistics
        }

    @property
    def _is_same(self) -> str:
        """SQL for whether the bucket `f` is of the same rows as the bucket `o`."""
        same = f"f.{self.count} = o.{self.count}"
        if self.value:
            same += (
                " AND f.min_value = o.min_value AND f.max_value = o.max_value"
                # The sum of the same numbers in another order differs a little.
                " AND abs(f.avg_value - o.avg_value) <= 1e-9 * greatest(abs(f.avg_value), abs(o.avg_value))"
            )
        return same

    @property
    def _added(self) -> Mapping[str, str]:
        """SQL for the columns of the buckets `f` and `o` together."""
        count = self.count
        return {
            "avg_value": f"(f.avg_value * f.{count} + o.avg_value * o.{count}) / (f.{count} + o.{count})",
            "min_value": "least(f.min_value, o.min_value)",
            "max_value": "greatest(f.max_value, o.max_value)",
            "last_value": "o.last_value",
            count: f"f.{count} + o.{count}",
        }

    @property
    def count(self) -> str:
        """The column with the number of rows."""
        return "sample_count" if self.value else "change_count"

    @property
    def _of_raw(self) -> Mapping[str, str]:
        if self.value is None:
            return {"change_count": "count(*)::bigint"}
        return {
            "avg_value": f"avg({self.value})",
            "min_value": f"min({self.value})",
            "max_value": f"max({self.value})",
            "last_value": f"(array_agg({self.value} ORDER BY {self.raw_time} DESC))[1]",
            "sample_count": "count(*)",
        }

    @property
    def _of_hourly(self) -> Mapping[str, str]:
        if self.value is None:
            return {"change_count": "sum(change_count)::bigint"}
        return {
            "avg_value": "sum(avg_value * sample_count) / sum(sample_count)",
            "min_value": "min(min_value)",
            "max_value": "max(max_value)",
            "last_value": "(array_agg(last_value ORDER BY bucket DESC))[1]",
            "sample_count": "sum(sample_count)::bigint",
        }


def floor(time: datetime, width: timedelta) -> datetime:
    """Return the start of a time's bucket."""
    return time - (time - ORIGIN) % width


type RollupPair = tuple[Rollup, Rollup]
"""The hourly and the daily values of a table."""
