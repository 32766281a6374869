"""Which messages of a log are stored: its offsets move in the transaction that stores them, whoever does so."""

from collections.abc import Iterable
from typing import Final

import asyncpg

from .batch import Batch

_BEGIN: Final = """
INSERT INTO maestra_offsets (log, stored) SELECT unnest($1::text[]), '{}'
ON CONFLICT DO NOTHING RETURNING log
"""
# All in one order: two batches would wait for each other.
_MOVE: Final = """
WITH known AS (
    SELECT log, stored FROM maestra_offsets WHERE log = ANY ($1::text[]) ORDER BY log FOR UPDATE
)
UPDATE maestra_offsets SET
    stored = known.stored + sent.stored::int8multirange + sent.settled::int8multirange, changed_at = now()
FROM known JOIN unnest($1::text[], $2::text[], $3::text[]) AS sent (log, stored, settled) USING (log)
WHERE maestra_offsets.log = known.log AND NOT known.stored && sent.stored::int8multirange
"""
_FIND_STORED: Final = """
SELECT log, sequence FROM unnest($1::text[], $2::bigint[]) AS sent (log, sequence)
JOIN maestra_offsets USING (log) WHERE stored @> sequence
"""


class StoredElsewhere(Exception):
    """Another one may have stored some of the messages: they were given to it as well."""


async def move_offsets(
    connection: asyncpg.Connection, batches: Iterable[Batch]
) -> None:
    """Note, in the transaction that stores batches, that their messages are stored; raises StoredElsewhere."""
    ranges: dict[str, list[tuple[int, int]]] = {}
    settled: dict[str, int] = {}
    for batch in batches:
        for message in batch.placed:
            log, after, sequence, floor = message.place
            ranges.setdefault(log, []).append((after + 1, sequence + 1))
            settled[log] = max(floor, settled.get(log, 0))
    if not ranges:
        return
    logs = sorted(ranges)
    status = await connection.execute(
        _MOVE,
        logs,
        [_multirange(ranges[log]) for log in logs],
        [f"{{[0,{settled[log] + 1})}}" for log in logs],
    )
    # UPDATE <rows>
    if int(status.rpartition(" ")[2]) < len(logs):
        raise StoredElsewhere


async def leave_out_stored(
    connection: asyncpg.Connection, batches: Iterable[Batch]
) -> None:
    """Drop from batches the messages that another one has stored."""
    for batch in batches:
        places = [message.place for message in batch.placed]
        logs = [place.log for place in places]
        begun = await connection.fetch(_BEGIN, sorted(set(logs)))
        found = await connection.fetch(
            _FIND_STORED, logs, [place.sequence for place in places]
        )
        # Where a log was not known yet, that was all.
        if found or not begun:
            batch.leave_out({tuple(row) for row in found})


def _multirange(ranges: Iterable[tuple[int, int]]) -> str:
    """Write ranges as the database reads them; those that touch each other as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if joined and joined[-1][1] >= start:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return f"{{{','.join(f'[{start},{end})' for start, end in joined)}}}"
