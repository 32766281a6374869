"""The writer's SQL. Names come from our own tables, values are parameters."""

from collections.abc import Iterable
from functools import cache
from typing import Final

from .tables import EVENTS, Table

NOTE_BATCH: Final = "INSERT INTO maestra_batches (writer, run, number, receipts) VALUES ($1, $2, $3, $4)"
RECENT_RECEIPTS: Final = """
SELECT receipts FROM maestra_batches
WHERE writer = $1 AND receipts IS NOT NULL ORDER BY id DESC LIMIT 1000
"""
# Far more than can be in flight, or in the spool although they are committed.
PRUNE_BATCHES: Final = """
DELETE FROM maestra_batches WHERE writer = $1 AND id < (
    SELECT id FROM maestra_batches WHERE writer = $1 ORDER BY id DESC OFFSET 1000 LIMIT 1
)
"""
NOTE_LATE: Final = 'INSERT INTO maestra_late (source, start, "end") VALUES ($1, $2, $3)'
REJECT: Final = (
    "INSERT INTO maestra_rejected (table_name, reason, row_text) VALUES ($1, $2, $3)"
)
NUMBER_ENTITIES: Final = """
INSERT INTO ha_entities (entity_id) SELECT unnest($1::text[])
ON CONFLICT (entity_id) DO UPDATE SET entity_id = EXCLUDED.entity_id
RETURNING entity_id, id
"""
# Where somebody has the new id already, there are two histories, and they stay two.
RENAME_ENTITY: Final = """
UPDATE ha_entities SET entity_id = $2 WHERE entity_id = $1
AND NOT EXISTS (SELECT FROM ha_entities WHERE entity_id = $2)
"""

# Found first, and then changed by their keys: looking for them, an UPDATE would unpack all that is compressed.
LEFT_OPEN: Final = (
    (
        """
SELECT session_id, time, $2::timestamptz FROM stream_sessions
WHERE recorded_by = $1 AND time < $2 AND ended_at IS NULL
""",
        # When it really ended is not known: it was before the recorder began again.
        """
UPDATE stream_sessions
SET status = 'expired', ended_at = $3, metadata = metadata || '{"reason": "restart"}'
WHERE session_id = $1 AND time = $2
""",
    ),
    (
        """
SELECT subscriber_id, time, $2::timestamptz FROM stream_subscribers
WHERE recorded_by = $1 AND time < $2 AND left_at IS NULL
""",
        """
UPDATE stream_subscribers
SET status = 'expired', left_at = $3, metadata = metadata || '{"reason": "restart"}'
WHERE subscriber_id = $1 AND time = $2
""",
    ),
)
"""For each table: what finds the rows that a writer left open, and what closes one of them."""


@cache
def insert_many(table: Table) -> str:
    """Return a statement that takes an array a column and drops rows whose key is there."""
    names = _quoted(table.columns)
    return f"INSERT INTO {table.name} ({names}) SELECT * FROM {_arrays(table)} ON CONFLICT DO NOTHING"  # noqa: S608


@cache
def claim_many() -> str:
    """Return the statement that takes events as an array a column and stores those whose id is new.

    Claiming an id and storing its event are one statement: there is none without the other.
    """
    names = _quoted(EVENTS.columns)
    return f"""
WITH sent AS (
    SELECT DISTINCT ON (event_id) * FROM {_arrays(EVENTS)} AS sent ({names}) ORDER BY event_id, ts_server
), claimed AS (
    INSERT INTO event_ids (event_id, ts_server) SELECT event_id, ts_server FROM sent
    ON CONFLICT DO NOTHING RETURNING event_id
)
INSERT INTO events ({names}) SELECT {names} FROM sent JOIN claimed USING (event_id)
"""  # noqa: S608


@cache
def keep_reused() -> str:
    """Return the statement that stores, of the same events, those whose id has other content in the database.

    It comes after the one that claims. Returns the device and id of what it has stored.
    """
    names = _quoted(EVENTS.columns)
    content = ", ".join(
        f'{{0}}."{name}"'
        for name in EVENTS.columns
        if name not in ("event_id", "ts_server")
    )
    sent, known = content.format("sent"), content.format("known")
    return f"""
WITH sent AS (
    SELECT * FROM {_arrays(EVENTS)} AS sent ({names})
), reused AS (
    SELECT DISTINCT ON (marked.new_id) marked.new_id, sent.*
    FROM sent
    JOIN event_ids USING (event_id)
    JOIN events AS known ON known.event_id = sent.event_id AND known.ts_server = event_ids.ts_server
    CROSS JOIN LATERAL (
        SELECT sent.event_id || '#' || left(md5(jsonb_build_array(
            sent.device_id, sent.event_type, sent.value_num, sent.value_text, sent.unit,
            extract(epoch FROM sent.ts_device), sent.meta
        )::text), 16) AS new_id
    ) AS marked
    WHERE ({sent}) IS DISTINCT FROM ({known})
    ORDER BY marked.new_id, sent.ts_server
), claimed AS (
    INSERT INTO event_ids (event_id, ts_server) SELECT new_id, ts_server FROM reused
    ON CONFLICT DO NOTHING RETURNING event_id
), kept AS (
    INSERT INTO events ({names})
    SELECT new_id, {", ".join(f'reused."{name}"' for name in EVENTS.columns if name != "event_id")}
    FROM reused JOIN claimed ON claimed.event_id = new_id
)
SELECT reused.device_id, reused.event_id FROM reused JOIN claimed ON claimed.event_id = new_id
"""  # noqa: S608


@cache
def insert_one(table: Table) -> str:
    """Return a statement that takes one row; where the table has its key, it takes the other's place."""
    names = _quoted(table.columns)
    values = ", ".join(
        f"${number}::{_parameter(kind)}"
        for number, kind in enumerate(table.columns.values(), 1)
    )
    others = [name for name in table.columns if name not in table.key]
    assignments = ", ".join(f'"{name}" = EXCLUDED."{name}"' for name in others)
    return (
        f"INSERT INTO {table.name} ({names}) VALUES ({values}) "  # noqa: S608
        f"ON CONFLICT ({_quoted(table.key)}) DO UPDATE SET {assignments}"
    )


def _arrays(table: Table) -> str:
    arrays = ", ".join(
        f"${number}::{kind}[]" for number, kind in enumerate(table.columns.values(), 1)
    )
    return f"unnest({arrays})"


def _parameter(kind: str) -> str:
    # The driver knows the types of extensions only by name.
    return f"text::{kind}" if kind == "ltree" else kind


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
