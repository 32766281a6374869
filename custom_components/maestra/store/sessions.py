"""Reads the history of stream sessions."""

from typing import Any, Final

from ..domain.clock import wire_time
from .settling import Connection

_HISTORY: Final = """
SELECT time, session_id::text, stream_id::text, stream_name, stream_type, publisher_id, consumer_id, protocol,
    status, duration_seconds, bytes_transferred, error_message
FROM stream_sessions
WHERE ($1::uuid IS NULL OR stream_id = $1)
    AND ($2::text IS NULL OR publisher_id = $2)
    AND ($3::text IS NULL OR consumer_id = $3)
ORDER BY time DESC, session_id
LIMIT $4
"""


async def session_history(
    connection: Connection,
    *,
    stream_id: str | None = None,
    publisher_id: str | None = None,
    consumer_id: str | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Return sessions, those that began last first, in the form of maestra.md §1.8, row 11.

    `status` is active, completed, expired or error; `duration_seconds` is null while a session is active,
    and where nobody saw its end. `stream_id` is a UUID. Raises the driver's errors.
    """
    rows = await connection.fetch(_HISTORY, stream_id, publisher_id, consumer_id, limit)
    return [{**row, "time": wire_time(row["time"])} for row in rows]
