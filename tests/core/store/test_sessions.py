"""The history of streams: one row a session, complete when it is over."""

from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from custom_components.maestra.core.bus import Bus, Unsubscribe
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.stream import STREAM_TTL
from custom_components.maestra.core.domain.streams import Streams
from custom_components.maestra.core.store.batch import Batch, decode, encode
from custom_components.maestra.core.store.connection import Tier
from custom_components.maestra.core.store.maintenance import apply_lifetimes, maintain
from custom_components.maestra.core.store.schema.migrate import migrate
from custom_components.maestra.core.store.settings import Lifetimes
from custom_components.maestra.core.store.stream_rows import (
    StreamRecorder,
    session_history,
)
from custom_components.maestra.core.store.tables import Row, Table
from custom_components.maestra.core.store.writer import Writer
from scripts.catalogue import STORE_CATALOGUE

from ..domain.conftest import Clock
from ..domain.test_streams import CAM, DESK, WALL
from .conftest import COMMUNITY, FULL
from .samples import run_retention

pytestmark = pytest.mark.tables


class SessionsKit:
    """Streams that are recorded into a database; batches leave when the test says so."""

    def __init__(self, connection: asyncpg.Connection, name: str = "hall") -> None:
        self.connection = connection
        self.clock = Clock()
        self.domain = Domain(Bus())
        self.domain.streams = Streams(
            self.domain.bus, self.domain.newcomers, self.clock
        )
        self.rows: list[tuple[Table, Row]] = []
        self.name = name
        self._writer = Writer(name, STORE_CATALOGUE.tables.values())
        self._run = uuid4()
        self._numbers = count(1)

    @property
    def streams(self) -> Streams:
        return self.domain.streams

    def start(self) -> Unsubscribe:
        """Begin to record."""
        return StreamRecorder(self.domain, self._record, self.name).start()

    def _record(self, table: Table, row: Row) -> None:
        self.rows.append((table, row))

    async def write(self) -> None:
        """Write what was recorded, as the store does after it was on disk."""
        rows: dict[Table, list[Row]] = {}
        for table, row in self.rows:
            rows.setdefault(table, []).append(row)
        self.rows.clear()
        batch = Batch(run=self._run, number=next(self._numbers), rows=rows)
        assert batch.is_ordered
        written = await self._writer.write(
            self.connection,
            decode(encode(batch), STORE_CATALOGUE.tables, batch.receipts),
        )
        assert written.rejected == 0

    async def history(self, **filters: Any) -> list[dict[str, Any]]:
        return await session_history(self.connection, **filters)

    async def subscribers(self) -> list[dict[str, Any]]:
        rows = await self.connection.fetch("SELECT * FROM stream_subscribers")
        return [dict(row) for row in rows]


@pytest.fixture
async def kit(connection: asyncpg.Connection, tier: Tier) -> SessionsKit:
    await migrate(connection, STORE_CATALOGUE, tier)
    return SessionsKit(connection)


async def test_a_session_from_its_begin_to_its_end(kit: SessionsKit) -> None:
    kit.start()
    cam = kit.streams.advertise(CAM)
    session = await kit.streams.request(cam.id, DESK)
    await kit.write()
    (row,) = await kit.history()
    assert row.pop("time") == session.to_wire()["started_at"]
    assert row == {
        "session_id": session.id,
        "stream_id": cam.id,
        "stream_name": "Front camera",
        "stream_type": "video",
        "publisher_id": "cam-1",
        "consumer_id": "desk",
        "protocol": "srt",
        "status": "active",
        "duration_seconds": None,
        "bytes_transferred": 0,
        "error_message": None,
    }
    kit.streams.stop_session(session.id, bytes_transferred=2**40)
    await kit.write()
    (row,) = await kit.history()
    assert row["status"] == "completed"
    assert row["bytes_transferred"] == 2**40
    assert 0 <= row["duration_seconds"] < 60


async def test_how_sessions_end(kit: SessionsKit) -> None:
    """Begun and ended in one batch it is one row all the same."""
    kit.start()
    cam = kit.streams.advertise(CAM)
    stopped, failed, _, withdrawn = [
        await kit.streams.request(cam.id, DESK | {"consumer_id": name})
        for name in ("stopped", "failed", "silent", "withdrawn")
    ]
    kit.streams.stop_session(stopped.id)
    kit.streams.stop_session(failed.id, error="cable\0")
    kit.clock.pass_by(20)
    kit.streams.heartbeat(cam.id)
    kit.streams.session_heartbeat(withdrawn.id)
    kit.clock.pass_by(STREAM_TTL - 20)
    kit.streams.expire()
    kit.streams.withdraw(cam.id)
    await kit.write()
    rows = {row["consumer_id"]: row for row in await kit.history()}
    assert {name: row["status"] for name, row in rows.items()} == {
        "stopped": "completed",
        "failed": "error",
        "silent": "expired",
        "withdrawn": "completed",
    }
    assert rows["failed"]["error_message"] == "cable\N{REPLACEMENT CHARACTER}"
    reasons = await kit.connection.fetch(
        "SELECT metadata ->> 'reason' FROM stream_sessions ORDER BY time"
    )
    assert [row[0] for row in reasons] == ["stopped", "stopped", "expired", "withdrawn"]


async def test_history_is_filtered_and_the_newest_first(kit: SessionsKit) -> None:
    kit.start()
    cam = kit.streams.advertise(CAM)
    other = kit.streams.advertise(CAM | {"publisher_id": "cam-2"})
    first = await kit.streams.request(cam.id, DESK)
    second = await kit.streams.request(other.id, DESK)
    third = await kit.streams.request(cam.id, DESK | {"consumer_id": "wall"})
    await kit.write()

    async def found(**filters: Any) -> list[str]:
        return [row["session_id"] for row in await kit.history(**filters)]

    assert await found() == [third.id, second.id, first.id]
    assert await found(limit=1) == [third.id]
    assert await found(stream_id=cam.id) == [third.id, first.id]
    assert await found(publisher_id="cam-2") == [second.id]
    assert await found(consumer_id="desk", stream_id=cam.id) == [first.id]
    assert await found(consumer_id="'; DROP TABLE stream_sessions; --") == []


async def test_a_crash_leaves_nothing_open(kit: SessionsKit) -> None:
    """The next run closes what the one before left, and nothing of another writer's."""
    other = SessionsKit(kit.connection, "foyer")
    for house in (kit, other):
        house.start()
        cam = house.streams.advertise(CAM)
        await house.streams.request(cam.id, DESK | {"consumer_id": house.name})
        wall = house.streams.advertise(WALL)
        house.streams.join(wall.id, DESK)
        await house.write()
    again = SessionsKit(kit.connection)
    again.start()
    await again.write()
    rows = {row["consumer_id"]: row for row in await kit.history()}
    assert rows["hall"]["status"] == "expired"
    assert rows["hall"]["duration_seconds"] is None
    assert rows["foyer"]["status"] == "active"
    assert (
        await kit.connection.fetchval(
            "SELECT metadata ->> 'reason' FROM stream_sessions WHERE ended_at IS NOT NULL"
        )
        == "restart"
    )
    assert sorted(row["status"] for row in await kit.subscribers()) == [
        "active",
        "expired",
    ]


async def test_what_goes_on_is_open_again(kit: SessionsKit) -> None:
    """The recording ends and begins again, the sessions do not: they are closed and opened."""
    stop = kit.start()
    cam = kit.streams.advertise(CAM)
    session = await kit.streams.request(cam.id, DESK)
    wall = kit.streams.advertise(WALL)
    kit.streams.join(wall.id, DESK)
    await kit.write()
    stop()
    await kit.write()
    (row,) = await kit.history()
    assert row["status"] == "expired"
    kit.start()
    await kit.write()
    (row,) = await kit.history()
    assert (row["status"], row["duration_seconds"]) == ("active", None)
    kit.streams.stop_session(session.id)
    await kit.write()
    (row,) = await kit.history()
    assert row["status"] == "completed"
    assert [row["status"] for row in await kit.subscribers()] == ["active"]


async def test_a_subscriber_from_joining_to_leaving(kit: SessionsKit) -> None:
    kit.start()
    wall = kit.streams.advertise(WALL)
    subscriber = kit.streams.join(wall.id, DESK | {"metadata": {"row": 2}})
    kit.streams.leave(wall.id, subscriber.id)
    await kit.write()
    (row,) = await kit.subscribers()
    assert row["status"] == "left"
    assert row["left_at"] >= row["time"] == subscriber.joined_at
    assert (row["multicast_group"], row["multicast_port"]) == ("239.1.2.3", 5004)
    assert (row["stream_name"], row["consumer_id"]) == ("Wall", "desk")
    assert row["metadata"] == '{"row": 2, "reason": "left"}'


async def test_history_is_kept_as_long_as_metrics(kit: SessionsKit, tier: Tier) -> None:
    kit.start()
    cam, wall = kit.streams.advertise(CAM), kit.streams.advertise(WALL)
    old = await kit.streams.request(cam.id, DESK)
    old.started_at -= timedelta(days=40)
    old_subscriber = kit.streams.join(wall.id, DESK)
    old_subscriber.joined_at -= timedelta(days=40)
    kit.rows.clear()
    kit.streams.stop_session(old.id)
    kit.streams.leave(wall.id, old_subscriber.id)
    new = await kit.streams.request(cam.id, DESK)
    await kit.write()
    lifetimes = Lifetimes(metrics=timedelta(days=10))
    await apply_lifetimes(kit.connection, STORE_CATALOGUE, tier, lifetimes)
    await maintain(kit.connection, STORE_CATALOGUE, tier, lifetimes)
    await run_retention(kit.connection, tier)
    assert [row["session_id"] for row in await kit.history()] == [new.id]
    assert await kit.subscribers() == []


@pytest.mark.parametrize("any_database", [COMMUNITY, FULL], indirect=True)
async def test_rows_that_are_compressed_already_are_completed(kit: SessionsKit) -> None:
    """A session may go on for longer than rows stay as they were written."""
    batch_failed, going = kit, SessionsKit(kit.connection, "foyer")
    for house in (batch_failed, going):
        cam = house.streams.advertise(CAM)
        session = await house.streams.request(
            cam.id, DESK | {"consumer_id": house.name}
        )
        session.started_at -= timedelta(days=20)
        house.start()
        await house.write()
    compressed = await kit.connection.fetch(
        "SELECT compress_chunk(c) FROM show_chunks('stream_sessions') c"
    )
    assert compressed

    going.streams.stop_session(session.id)
    await going.write()
    again = SessionsKit(kit.connection)
    again.start()
    await again.write()
    rows = await kit.history()
    assert {row["consumer_id"]: row["status"] for row in rows} == {
        "hall": "expired",
        "foyer": "completed",
    }
