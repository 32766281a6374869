"""Rows to put into a store, and what its rollups must say of them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from uuid import UUID

import asyncpg

from custom_components.maestra.core.store.connection import Tier
from custom_components.maestra.core.store.rollups import DAY, HOUR, floor

LAMP: Final = UUID(int=1)
FAN: Final = UUID(int=2)

_ROLLUP: Final = """
SELECT bucket, device_id, metric_name, round(avg_value::numeric, 6)::float8,
    min_value, max_value, last_value, sample_count
FROM device_metrics_{} ORDER BY bucket, device_id
"""
_ROLLUPS: Final = {HOUR: _ROLLUP.format("hourly"), DAY: _ROLLUP.format("daily")}

type Reading = tuple[datetime, UUID, float]


def readings(
    start: datetime, *, count: int, every: timedelta = timedelta(minutes=20)
) -> list[Reading]:
    """Return numbers of two devices that differ from bucket to bucket."""
    return [
        (start + i * every, (LAMP, FAN)[i % 2], ((i * 37) % 101) / 4)
        for i in range(count)
    ]


def ago(days: float) -> datetime:
    """Return a time before now."""
    return datetime.now(UTC) - timedelta(days=days)


async def insert(connection: asyncpg.Connection, rows: Iterable[Reading]) -> None:
    """Write metrics as the writer does, and note nothing."""
    await connection.copy_records_to_table(
        "device_metrics",
        records=[(*row, "level") for row in rows],
        columns=["time", "device_id", "metric_value", "metric_name"],
    )


async def insert_late(connection: asyncpg.Connection, rows: Iterable[Reading]) -> None:
    """Write metrics that are older than the horizon, in one transaction with the note of it."""
    rows = list(rows)
    async with connection.transaction():
        await insert(connection, rows)
        await note_late(connection, min(rows)[0], max(rows)[0])


async def note_late(
    connection: asyncpg.Connection, start: datetime, end: datetime
) -> None:
    """Note that metrics of a time came late."""
    await connection.execute(
        'INSERT INTO maestra_late (source, start, "end") VALUES ($1, $2, $3)',
        "device_metrics",
        start,
        end,
    )


def expected(rows: Iterable[Reading], width: timedelta) -> list[tuple[Any, ...]]:
    """Return what a rollup of these rows must be, in the order of `rollup`."""
    groups: dict[tuple[datetime, UUID], list[tuple[datetime, float]]] = defaultdict(
        list
    )
    for time, device, value in rows:
        groups[floor(time, width), device].append((time, value))
    return [
        (
            bucket,
            device,
            "level",
            rounded(sum(value for _, value in group) / len(group)),
            min(value for _, value in group),
            max(value for _, value in group),
            max(group)[1],
            len(group),
        )
        for (bucket, device), group in sorted(groups.items())
    ]


def rounded(number: float) -> float:
    """Round to 6 places as PostgreSQL does: half of one goes up."""
    return float(Decimal(number).quantize(Decimal("0.000001"), ROUND_HALF_UP))


async def rollup(
    connection: asyncpg.Connection, width: timedelta
) -> list[tuple[Any, ...]]:
    """Return the hourly or daily metrics."""
    found = await connection.fetch(_ROLLUPS[width])
    return [tuple(row) for row in found]


async def run_retention(connection: asyncpg.Connection, tier: Tier) -> None:
    """Have the database's own retention done now, where it has some."""
    if tier is not Tier.COMMUNITY:
        return
    for row in await connection.fetch(
        "SELECT job_id FROM timescaledb_information.jobs WHERE proc_name = 'policy_retention'"
    ):
        await connection.execute(f"CALL run_job({row['job_id']})")
