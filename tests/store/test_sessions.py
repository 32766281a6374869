"""The history of streams: one row a session, complete when it is over."""

from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from custom_components.maestra.bus import Bus, Unsubscribe
from custom_components.maestra.domain import Domain
from custom_components.maestra.domain.stream import STREAM_TTL
from custom_components.maestra.domain.streams import Streams
from custom_components.maestra.store.batch import Batch, decode, encode
from custom_components.maestra.store.maintenance import apply_lifetimes, maintain
from custom_components.maestra.store.schema import migrate
from custom_components.maestra.store.sessions import session_history
from custom_components.maestra.store.settings import Lifetimes
from custom_components.maestra.store.stream_recorder import StreamRecorder
from custom_components.maestra.store.tables import Row, Table
from custom_components.maestra.store.tier import Tier
from custom_components.maestra.store.writer import Writer

from ..domain.conftest import Clock
from ..domain.test_streams import CAM, DESK, WALL
from .conftest import COMMUNITY, FULL
from .samples import run_retention


class Show:
    """Streams that are recorded into a database; batches leave when the test says so."""

    def __init__(self, connection: asyncpg.Connection, name: str = "hall") -> None:
        self.connection = connection
        self.clock = Clock()
        self.domain = Domain(Bus())
        self.domain.streams = Streams(self.domain.bus, self.clock)
        self.rows: list[tuple[Table, Row]] = []
        self.name = name
        self._writer = Writer(name)
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
        rows: dict[str, list[Row]] = {}
        for table, row in self.rows:
            rows.setdefault(table.name, []).append(row)
        self.rows.clear()
        batch = Batch(run=self._run, number=next(self._numbers), rows=rows)
        assert batch.is_ordered
        written = await self._writer.write(
            self.connection, decode(encode(batch), batch.receipts)
        )
        assert written.rejected == 0

    async def history(self, **filters: Any) -> list[dict[str, Any]]:
        return await session_history(self.connection, **filters)

    async def subscribers(self) -> list[dict[str, Any]]:
        rows = await self.connection.fetch("SELECT * FROM stream_subscribers")
        return [dict(row) for row in rows]


@pytest.fixture
async def show(connection: asyncpg.Connection, tier: Tier) -> Show:
    await migrate(connection, tier)
    return Show(connection)


async def test_a_session_from_its_begin_to_its_end(show: Show) -> None:
    show.start()
    cam = show.streams.advertise(CAM)
    session = await show.streams.request(cam.id, DESK)
    await show.write()
    (row,) = await show.history()
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
    show.streams.stop_session(session.id, bytes_transferred=2**40)
    await show.write()
    (row,) = await show.history()
    assert row["status"] == "completed"
    assert row["bytes_transferred"] == 2**40
    assert 0 <= row["duration_seconds"] < 60


async def test_how_sessions_end(show: Show) -> None:
    """Begun and ended in one batch it is one row all the same."""
    show.start()
    cam = show.streams.advertise(CAM)
    stopped, failed, _, withdrawn = [
        await show.streams.request(cam.id, DESK | {"consumer_id": name})
        for name in ("stopped", "failed", "silent", "withdrawn")
    ]
    show.streams.stop_session(stopped.id)
    show.streams.stop_session(failed.id, error="cable\0")
    show.clock.pass_by(20)
    show.streams.heartbeat(cam.id)
    show.streams.session_heartbeat(withdrawn.id)
    show.clock.pass_by(STREAM_TTL - 20)
    show.streams.expire()
    show.streams.withdraw(cam.id)
    await show.write()
    rows = {row["consumer_id"]: row for row in await show.history()}
    assert {name: row["status"] for name, row in rows.items()} == {
        "stopped": "completed",
        "failed": "error",
        "silent": "expired",
        "withdrawn": "completed",
    }
    assert rows["failed"]["error_message"] == "cable\N{REPLACEMENT CHARACTER}"
    reasons = await show.connection.fetch(
        "SELECT metadata ->> 'reason' FROM stream_sessions ORDER BY time"
    )
    assert [row[0] for row in reasons] == ["stopped", "stopped", "expired", "withdrawn"]


async def test_history_is_filtered_and_the_newest_first(show: Show) -> None:
    show.start()
    cam = show.streams.advertise(CAM)
    other = show.streams.advertise(CAM | {"publisher_id": "cam-2"})
    first = await show.streams.request(cam.id, DESK)
    second = await show.streams.request(other.id, DESK)
    third = await show.streams.request(cam.id, DESK | {"consumer_id": "wall"})
    await show.write()

    async def found(**filters: Any) -> list[str]:
        return [row["session_id"] for row in await show.history(**filters)]

    assert await found() == [third.id, second.id, first.id]
    assert await found(limit=1) == [third.id]
    assert await found(stream_id=cam.id) == [third.id, first.id]
    assert await found(publisher_id="cam-2") == [second.id]
    assert await found(consumer_id="desk", stream_id=cam.id) == [first.id]
    assert await found(consumer_id="'; DROP TABLE stream_sessions; --") == []


async def test_a_crash_leaves_nothing_open(show: Show) -> None:
    """The next run closes what the one before left, and nothing of another writer's."""
    other = Show(show.connection, "foyer")
    for house in (show, other):
        house.start()
        cam = house.streams.advertise(CAM)
        await house.streams.request(cam.id, DESK | {"consumer_id": house.name})
        wall = house.streams.advertise(WALL)
        house.streams.join(wall.id, DESK)
        await house.write()
    again = Show(show.connection)
    again.start()
    await again.write()
    rows = {row["consumer_id"]: row for row in await show.history()}
    assert rows["hall"]["status"] == "expired"
    assert rows["hall"]["duration_seconds"] is None
    assert rows["foyer"]["status"] == "active"
    assert (
        await show.connection.fetchval(
            "SELECT metadata ->> 'reason' FROM stream_sessions WHERE ended_at IS NOT NULL"
        )
        == "restart"
    )
    assert sorted(row["status"] for row in await show.subscribers()) == [
        "active",
        "expired",
    ]


async def test_what_goes_on_is_open_again(show: Show) -> None:
    """The recording ends and begins again, the sessions do not: they are closed and opened."""
    stop = show.start()
    cam = show.streams.advertise(CAM)
    session = await show.streams.request(cam.id, DESK)
    wall = show.streams.advertise(WALL)
    show.streams.join(wall.id, DESK)
    await show.write()
    stop()
    await show.write()
    (row,) = await show.history()
    assert row["status"] == "expired"
    show.start()
    await show.write()
    (row,) = await show.history()
    assert (row["status"], row["duration_seconds"]) == ("active", None)
    show.streams.stop_session(session.id)
    await show.write()
    (row,) = await show.history()
    assert row["status"] == "completed"
    assert [row["status"] for row in await show.subscribers()] == ["active"]


async def test_a_subscriber_from_joining_to_leaving(show: Show) -> None:
    show.start()
    wall = show.streams.advertise(WALL)
    subscriber = show.streams.join(wall.id, DESK | {"metadata": {"row": 2}})
    show.streams.leave(wall.id, subscriber.id)
    await show.write()
    (row,) = await show.subscribers()
    assert row["status"] == "left"
    assert row["left_at"] >= row["time"] == subscriber.joined_at
    assert (row["multicast_group"], row["multicast_port"]) == ("239.1.2.3", 5004)
    assert (row["stream_name"], row["consumer_id"]) == ("Wall", "desk")
    assert row["metadata"] == '{"row": 2, "reason": "left"}'


async def test_history_is_kept_as_long_as_metrics(show: Show, tier: Tier) -> None:
    show.start()
    cam, wall = show.streams.advertise(CAM), show.streams.advertise(WALL)
    old = await show.streams.request(cam.id, DESK)
    old.started_at -= timedelta(days=40)
    old_subscriber = show.streams.join(wall.id, DESK)
    old_subscriber.joined_at -= timedelta(days=40)
    show.rows.clear()
    show.streams.stop_session(old.id)
    show.streams.leave(wall.id, old_subscriber.id)
    new = await show.streams.request(cam.id, DESK)
    await show.write()
    lifetimes = Lifetimes(metrics=timedelta(days=10))
    await apply_lifetimes(show.connection, tier, lifetimes)
    await maintain(show.connection, tier, lifetimes)
    await run_retention(show.connection, tier)
    assert [row["session_id"] for row in await show.history()] == [new.id]
    assert await show.subscribers() == []


@pytest.mark.parametrize("any_database", [COMMUNITY, FULL], indirect=True)
async def test_rows_that_are_compressed_already_are_completed(show: Show) -> None:
    """A session may go on for longer than rows stay as they were written."""
    crashed, going = show, Show(show.connection, "foyer")
    for house in (crashed, going):
        cam = house.streams.advertise(CAM)
        session = await house.streams.request(
            cam.id, DESK | {"consumer_id": house.name}
        )
        session.started_at -= timedelta(days=20)
        house.start()
        await house.write()
    compressed = await show.connection.fetch(
        "SELECT compress_chunk(c) FROM show_chunks('stream_sessions') c"
    )
    assert compressed

    going.streams.stop_session(session.id)
    await going.write()
    again = Show(show.connection)
    again.start()
    await again.write()
    rows = await show.history()
    assert {row["consumer_id"]: row["status"] for row in rows} == {
        "hall": "expired",
        "foyer": "completed",
    }
