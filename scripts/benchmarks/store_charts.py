"""How long charts take: the same question from aggregates and from raw rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
import time
from typing import Final

import asyncpg

from custom_components.maestra.core.store.buckets import DAY, HOUR, ORIGIN, FixedBuckets
from custom_components.maestra.core.store.connection import connect, inspect
from custom_components.maestra.core.store.history import (
    HistoryRequest,
    read_history,
    read_last,
)
from custom_components.maestra.core.store.maintenance import maintain
from custom_components.maestra.core.store.schema.migrate import migrate
from custom_components.maestra.core.store.series import Series
from custom_components.maestra.core.store.settings import Lifetimes
from scripts.catalogue import STORE_CATALOGUE
from scripts.report import Table

from .basics import Failed
from .database import DATABASE, Server
from .effort import Effort
from .rows import DEVICE

SERIES: Final = 10
TIMES: Final = 15
"""How often each question is asked."""
MS: Final = 1_000
FILL: Final = """
INSERT INTO decoded_data (timestamp, device_id, datapoint_id, value)
SELECT t, $1::int4, s, random()
FROM generate_series($2::timestamptz, $3::timestamptz - interval '1 second', interval '1 second') t, generate_series(1, $4::int4) s
"""

SHIFTED: Final = ORIGIN + timedelta(minutes=1)
"""Hours that begin there are in no aggregate: raw rows answer."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One chart, and from what it is drawn."""

    name: str
    series: Sequence[Series]
    buckets: FixedBuckets
    source: str
    line: bool = False


async def charts(_folder: Path, effort: Effort, server: Server) -> Table:
    """Figure g: time to answer a chart's question."""
    settings = await server.create(DATABASE)
    connection = await connect(settings)
    try:
        end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        start = end - timedelta(days=effort.days)
        info = await inspect(connection, settings)
        await migrate(connection, STORE_CATALOGUE, info.tier)
        await connection.execute(FILL, DEVICE, start, end, SERIES)
        began = time.monotonic()
        await maintain(connection, STORE_CATALOGUE, info.tier, Lifetimes())
        rolled_up = time.monotonic() - began
        # What the server does by itself, sooner or later.
        await connection.execute("VACUUM ANALYZE")
        every = [
            STORE_CATALOGUE.read_series({"device": DEVICE, "datapoint": number})
            for number in range(1, SERIES + 1)
        ]
        table = Table(
            f"(g) Charts of {effort.days} days at 1 Hz, {SERIES} series in the table, {info.tier} (aims: 5 ms hourly "
            "from aggregates, 150 ms from raw rows)",
            ("", "points", "median ms", "first ms"),
            (
                f"median of {TIMES}, of the whole way from the question to columns of numbers; the first warms caches.",
                f"Rolling up {effort.days * 86_400 * SERIES} rows took {rolled_up:.1f} s, once.",
            ),
        )
        for question in (
            Question(name="1 series hourly, from aggregates", series=every[:1], buckets=FixedBuckets(HOUR), source="hourly"),
            Question(name="1 series hourly, from raw rows", series=every[:1], buckets=FixedBuckets(HOUR, SHIFTED), source="raw"),
            Question(name="1 series daily, from aggregates", series=every[:1], buckets=FixedBuckets(DAY), source="daily"),
            Question(name="1 series, a line of lows and highs every 5 minutes, from raw rows", series=every[:1], buckets=FixedBuckets(timedelta(minutes=5)), source="raw", line=True),
            Question(name=f"{SERIES} series hourly, from aggregates", series=every, buckets=FixedBuckets(HOUR), source="hourly"),
        ):  # fmt: skip
            points, times = await _ask(connection, question, start, end)
            table.add(question.name, points, median(times[1:]) * MS, times[0] * MS)
        times = []
        for _ in range(TIMES + 1):
            began = time.monotonic()
            found = await read_last(connection, every)
            times.append(time.monotonic() - began)
        table.add(
            f"newest value of {SERIES} series", len(found), median(times[1:]) * MS, times[0] * MS
        )  # fmt: skip
        return table
    finally:
        await connection.close()


async def _ask(
    connection: asyncpg.Connection,
    question: Question,
    start: datetime,
    end: datetime,
) -> tuple[int, list[float]]:
    """Return how many points the answer has, and the seconds of each time."""
    request = HistoryRequest(
        series=tuple(question.series),
        start=start,
        end=end,
        buckets=question.buckets,
        line=question.line,
    )
    times = []
    points = 0
    for _ in range(TIMES + 1):
        began = time.monotonic()
        answers = await read_history(connection, request)
        times.append(time.monotonic() - began)
        if any(answer.source != question.source for answer in answers):
            raise Failed(f"{question.name}: answered from {answers[0].source}")
        points = sum(len(answer.columns["time"]) for answer in answers)
    return points, times
