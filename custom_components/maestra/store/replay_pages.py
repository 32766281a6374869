"""The numbers of one series, in pages, in the order of time: for what reads all of a long range."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from .queries import asked_series, key_conditions, series_arguments
from .series import Series
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
_KNOWN: Final = """
SELECT event_type, detected_at
FROM detected_events
WHERE channel = $1 AND detected_at >= $2 AND detected_at < $3"""


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


async def known_events(
    store: Store, channel: str, start: datetime, end: datetime
) -> set[tuple[str, datetime]]:
    """Return type and time of the events that are stored already; raises StoreNotConnected, StoreTimeout."""
    async with store.reading() as connection:
        rows = await connection.fetch(_KNOWN, channel, start, end)
    return {(row["event_type"], row["detected_at"]) for row in rows}


def _statement(text: str, series: Series) -> str:
    kind = series.kind
    return text.format(
        asked=asked_series(kind),
        time=kind.time,
        value=kind.value,
        relation=kind.table.name,
        keys=" AND ".join(key_conditions(kind)),
    )
