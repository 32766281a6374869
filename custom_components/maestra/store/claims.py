"""Events with ids of their devices' own: each stored once, and none lost where an id was used twice."""

from collections.abc import Callable
from typing import Final, NamedTuple

import asyncpg

from .statements import claim_many, keep_reused
from .tables import Row

MAX_TOLD: Final = 100


class ReusedId(NamedTuple):
    """An id that stands for two events with different content."""

    device_id: str
    event_id: str


type OnReused = Callable[[list[ReusedId]], None]
"""Told of ids that stand for two events, as they are stored."""


class Claimed(NamedTuple):
    """What became of events: how many are stored now, and which ids were used again for something else."""

    stored: int
    reused: list[ReusedId]


async def claim(connection: asyncpg.Connection, rows: list[Row]) -> Claimed:
    """Store the events whose ids are new.

    A known id with other content is a device that counts from the start again (qs.md §10.2):
    such an event is stored under its id with a mark of its content, once.
    """
    columns = list(zip(*rows, strict=True))
    # INSERT 0 <rows>
    stored = _count(await connection.execute(claim_many(), *columns))
    if stored == len(rows):
        return Claimed(stored, [])
    found = await connection.fetch(keep_reused(), *columns)
    reused = [ReusedId(row["device_id"], row["event_id"]) for row in found]
    return Claimed(stored + len(reused), reused[:MAX_TOLD])


def _count(status: str) -> int:
    return int(status.rsplit(" ", 1)[1])
