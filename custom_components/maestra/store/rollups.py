"""The hourly and daily values of tables: what they are called, and how they are computed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from .tables import (
    DECODED_DATA,
    DEVICE_METRICS,
    ENTITY_STATES,
    ENTITY_VALUES,
    EVENTS,
    HA_STATES,
    TELEMETRY_READINGS,
    Table,
)

ROLLUP_HORIZON: Final = timedelta(hours=2)
"""Rows older than this when they are written are late: the writer notes them in `maestra_late`."""
SETTLED_AFTER: Final = ROLLUP_HORIZON + timedelta(minutes=30)
"""A bucket this old is computed. Beyond the horizon by more than a transaction can take:
until a row is committed it can't be seen here."""
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
ORIGIN: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Where buckets begin to count; in UTC, as TimescaleDB does."""


@dataclass(frozen=True, kw_only=True)
class Rollup:
    """The hourly or daily values of a table: a relation `<table>_hourly` or `<table>_daily`.

    A daily one is computed from the hourly one, which outlives the raw rows.
    """

    table: Table
    series: tuple[str, ...]
    """The columns that tell series apart."""
    value: str | None
    """The column with the numbers; None where rows are only counted."""
    width: timedelta = HOUR
    slice: timedelta = DAY
    """How much is computed at once, a multiple of the width."""

    @property
    def name(self) -> str:
        """The relation."""
        return f"{self.table.name}_{'hourly' if self.width == HOUR else 'daily'}"

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
        return f'"{self.table.time}"' if self.width == HOUR else "bucket"

    @property
    def clear(self) -> str:
        """A statement that removes buckets from $1 up to before $2 from our own table."""
        return f"DELETE FROM {self.own_table} WHERE bucket >= $1 AND bucket < $2"  # noqa: S608

    @property
    def compute(self) -> str:
        """A statement that computes these buckets from what is settled of the source."""
        source = self.source if self.width == HOUR else f"{self.source}_rollup"
        rows = self._aggregated(
            source, f"{self.source_time} >= $1 AND {self.source_time} < $2"
        )
        return f"INSERT INTO {self.own_table} ({', '.join(self._columns)}) {rows}"

    def view(self, watermark: datetime) -> str:
        """A statement that makes the relation: what is settled, and the newer of the source.

        The watermark is a literal, so that the planner leaves out the chunks before it.
        """
        settled = f"'{watermark.isoformat()}'::timestamptz"
        live = self._aggregated(self.source, f"{self.source_time} >= {settled}")
        return f"""
            CREATE OR REPLACE VIEW {self.name} AS
            SELECT {", ".join(self._columns)} FROM {self.own_table} WHERE bucket < {settled}
            UNION ALL
            {live}
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

    def _aggregated(self, source: str, where: str) -> str:
        width = "1 hour" if self.width == HOUR else "1 day"
        expressions = (
            f"date_bin('{width}', {self.source_time}, '{ORIGIN.isoformat()}'::timestamptz)",
            *self.series,
            *self.statistics.values(),
        )
        columns = (
            f"{expression} AS {column}"
            for expression, column in zip(expressions, self._columns, strict=True)
        )
        keys = range(1, len(self.series) + 2)
        if self.value and self.width == HOUR:
            # As in the migrations: see there.
            where += f" AND {self.value} BETWEEN -1e100 AND 1e100"
        return f"""
            SELECT {", ".join(columns)}
            FROM {source} WHERE {where}
            GROUP BY {", ".join(map(str, keys))}
        """  # noqa: S608

    @property
    def statistics(self) -> Mapping[str, str]:
        """The columns beside bucket and series, and how each is computed from the source."""
        if self.value is None:
            expression = "count(*)" if self.width == HOUR else "sum(change_count)"
            return {"change_count": f"{expression}::bigint"}
        if self.width == HOUR:
            return {
                "avg_value": f"avg({self.value})",
                "min_value": f"min({self.value})",
                "max_value": f"max({self.value})",
                "last_value": f"(array_agg({self.value} ORDER BY {self.source_time} DESC))[1]",
                "sample_count": "count(*)",
            }
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


def _hourly_and_daily(
    table: Table, *series: str, value: str | None = "value"
) -> tuple[Rollup, Rollup]:
    return (
        Rollup(table=table, series=series, value=value),
        Rollup(
            table=table, series=series, value=value, width=DAY, slice=timedelta(days=30)
        ),
    )


ROLLUPS: Final = (
    _hourly_and_daily(DEVICE_METRICS, "device_id", "metric_name", value="metric_value"),
    _hourly_and_daily(ENTITY_VALUES, "entity_id", "variable"),
    _hourly_and_daily(HA_STATES, "entity"),
    _hourly_and_daily(EVENTS, "device_id", "event_type", value="value_num"),
    _hourly_and_daily(DECODED_DATA, "device_id", "datapoint_id"),
    _hourly_and_daily(TELEMETRY_READINGS, "channel"),
    _hourly_and_daily(
        ENTITY_STATES, "entity_id", "entity_slug", "entity_type", value=None
    ),
)
"""Each table's hourly and daily values."""
