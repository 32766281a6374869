"""Rows with keys that devices give: each stored once, and none lost where a key was used twice."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from hashlib import sha256
from typing import Final, NamedTuple

import asyncpg

from .tables import Claim, Row, Table

DIGEST: Final = "digest"
"""The column that stands for a key where keys are claimed: ids may have 255 characters, and there are many."""
DIGEST_BYTES: Final = 16
MAX_REPORTED: Final = 100
"""Keys used twice that are reported of one batch."""

type OnReused = Callable[[Sequence[object]], None]
"""Gets the events, for the bus, that tell of keys which stand for two rows, as these are stored."""


class Claimed(NamedTuple):
    """What became of rows: how many are stored now, and the events that tell of keys used for something else."""

    stored: int
    reused: list[object]


async def copy_claimed(
    connection: asyncpg.Connection, table: Table, rows: list[Row]
) -> None:
    """Store rows whose keys are all new, or fail."""
    key, time = table.index(table.key[0]), table.index(_time(table))
    await connection.copy_records_to_table(
        _claim(table).table,
        records=[(_digest(row[key]), row[time]) for row in rows],
        columns=[DIGEST, _time(table)],
    )
    await connection.copy_records_to_table(
        table.name, records=rows, columns=list(table.columns)
    )


async def claim(
    connection: asyncpg.Connection, table: Table, rows: list[Row]
) -> Claimed:
    """Store the rows whose keys are new.

    A known key with other content is a device that counts from the start again (qs.md §10.2):
    such a row is stored under its key with a mark of its content, once.
    """
    columns = list(zip(*rows, strict=True))
    stored = _count(await connection.execute(_claim_many(table), *columns))
    if stored == len(rows):
        return Claimed(stored, [])
    found = await connection.fetch(_keep_reused(table), *columns)
    event = _claim(table).reused
    reused = [event(*row) for row in found[:MAX_REPORTED]]
    return Claimed(stored + len(found), reused)


@cache
def _claim_many(table: Table) -> str:
    """Return the statement that takes rows as an array a column and stores those whose key is new.

    Claiming a key and storing its row are one statement: there is none without the other.
    """
    (key,), time, names = table.key, _time(table), quoted(table.columns)
    return f"""
WITH sent AS (
    SELECT DISTINCT ON ({key}) *, {_digest_of(key)} AS {DIGEST} FROM {arrays(table)} AS sent ({names})
    ORDER BY {key}, {time}
), claimed AS (
    INSERT INTO {_claim(table).table} ({DIGEST}, {time}) SELECT {DIGEST}, {time} FROM sent
    ON CONFLICT DO NOTHING RETURNING {DIGEST}
)
INSERT INTO {table.name} ({names}) SELECT {names} FROM sent JOIN claimed USING ({DIGEST})
"""  # noqa: S608


@cache
def _keep_reused(table: Table) -> str:
    """Return the statement that stores, of the same rows, those whose key has other content in the database.

    It comes after the one that claims. Returns owner and key of what it has stored.
    """
    (key,), time, names, claimed = (
        table.key,
        _time(table),
        quoted(table.columns),
        _claim(table),
    )
    others = [name for name in table.columns if name not in (key, time)]
    sent, known = (
        ", ".join(f'{source}."{name}"' for name in others)
        for source in ("sent", "known")
    )
    content = ", ".join(
        f"extract(epoch FROM sent.{name})"
        if table.columns[name] == "timestamptz"
        else f"sent.{name}"
        for name in claimed.content
    )
    kept = ", ".join(f'reused."{name}"' for name in table.columns if name != key)
    return f"""
WITH sent AS (
    SELECT *, {_digest_of(key)} AS {DIGEST} FROM {arrays(table)} AS sent ({names})
), reused AS (
    SELECT DISTINCT ON (marked.new_id) marked.new_id, {_digest_of("marked.new_id")} AS new_digest, sent.*
    FROM sent
    JOIN {claimed.table} USING ({DIGEST})
    JOIN {table.name} AS known ON known.{key} = sent.{key} AND known.{time} = {claimed.table}.{time}
    CROSS JOIN LATERAL (
        SELECT sent.{key} || '#' || left(md5(jsonb_build_array({content})::text), 16) AS new_id
    ) AS marked
    WHERE ({sent}) IS DISTINCT FROM ({known})
    ORDER BY marked.new_id, sent.{time}
), claimed AS (
    INSERT INTO {claimed.table} ({DIGEST}, {time}) SELECT new_digest, {time} FROM reused
    ON CONFLICT DO NOTHING RETURNING {DIGEST}
), kept AS (
    INSERT INTO {table.name} ({quoted((key, *(name for name in table.columns if name != key)))})
    SELECT new_id, {kept} FROM reused JOIN claimed ON claimed.{DIGEST} = new_digest
)
SELECT reused.{claimed.owner}, reused.{key} FROM reused JOIN claimed ON claimed.{DIGEST} = new_digest
"""  # noqa: S608


def _digest(key: str) -> str:
    """Return what stands for a key, as `_digest_of` has it in the database."""
    return sha256(key.encode()).hexdigest()[: 2 * DIGEST_BYTES]


def _digest_of(key: str) -> str:
    """Return SQL for what stands for a key. Devices choose keys: no two of them can be made to have the same."""
    return f"encode(substr(sha256(convert_to({key}, 'UTF8')), 1, {DIGEST_BYTES}), 'hex')::uuid"


def arrays(table: Table) -> str:
    """Return SQL for the rows of parameters that are an array a column."""
    parameters = ", ".join(
        f"${number}::{kind}[]" for number, kind in enumerate(table.columns.values(), 1)
    )
    return f"unnest({parameters})"


def quoted(names: Iterable[str]) -> str:
    """Return names as a list in SQL."""
    return ", ".join(f'"{name}"' for name in names)


def _claim(table: Table) -> Claim:
    assert table.claim
    return table.claim


def _time(table: Table) -> str:
    assert table.time
    return table.time


def _count(status: str) -> int:
    # INSERT 0 <rows>
    return int(status.rsplit(" ", 1)[1])
