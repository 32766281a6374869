"""The store through outages: nothing is lost, nothing comes twice."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
import errno
import os
from pathlib import Path
import shutil
import signal
import threading
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.maestra.core.domain.journal import RECEIPT_BYTES, Receipt
from custom_components.maestra.core.store import pipeline as pipeline_module
from custom_components.maestra.core.store.batch import Batch
from custom_components.maestra.core.store.connection import Tier
from custom_components.maestra.core.store.entity_tables import DEVICE_METRICS
from custom_components.maestra.core.store.errors import (
    StoreLoginRefused,
    StoreNotConnected,
    StoreTimeout,
)
from custom_components.maestra.core.store.ha_rows import HA_ENTITIES, HA_STATES
from custom_components.maestra.core.store.pipeline import Pipeline
from custom_components.maestra.core.store.settings import StoreSettings, WriteLimits
from custom_components.maestra.core.store.spool import Frame, Spool
from custom_components.maestra.core.store.store import StoreState
from scripts.catalogue import STORE_CATALOGUE
from tests.kits.database import Postgres, fetch
from tests.kits.process import PATIENCE
from tests.kits.store import DEVICE, QUICK, StoreKit, all_of, counted

RATE = 50
"""Rows that a busy test records each hundredth of a second."""


@pytest.fixture
async def own_database(server: Postgres) -> StoreSettings:
    """A database on that server."""
    return server.settings(await server.create_database())


@pytest.fixture
async def kit(own_database: StoreSettings, tmp_path: Path) -> AsyncIterator[StoreKit]:
    """A store that records there."""
    async with StoreKit.running(own_database, tmp_path / "spool") as kit:
        await kit.is_(StoreState.RECORDING)
        yield kit


async def load(kit: StoreKit) -> None:
    """Record until cancelled."""
    while True:
        kit.send(RATE)
        await asyncio.sleep(0.01)


@pytest.fixture
async def under_load(kit: StoreKit) -> AsyncIterator[StoreKit]:
    """The store, busy until the test ends its load."""
    kit.load = task = asyncio.create_task(load(kit))
    await kit.until(lambda store: store.counters["rows_written"] > RATE)
    yield kit
    task.cancel()


async def test_rows_reach_the_database(database: StoreSettings, tmp_path: Path) -> None:
    """What is recorded is found in its table, soon and in order."""
    async with StoreKit.running(database, tmp_path) as kit:
        kit.send(2_500)
        await kit.arrived()
        assert kit.store.server is not None
        assert kit.store.server.tier is Tier.APACHE
        assert kit.store.counters["rows_written"] == 2_500
        assert kit.store.queue_depth == kit.store.spool_rows == 0
        assert kit.store.rows_per_second > 0
        assert kit.store.lag == 0


async def test_plain_postgresql_takes_the_same_rows(
    plain_database: StoreSettings, tmp_path: Path
) -> None:
    """Without TimescaleDB the store works the same."""
    async with StoreKit.running(plain_database, tmp_path) as kit:
        kit.send(100)
        await kit.arrived()
        assert kit.store.server is not None
        assert kit.store.server.tier is Tier.PLAIN


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
async def test_server_stopped_under_load(
    server: Postgres, under_load: StoreKit, how: signal.Signals
) -> None:
    """A server that stops, in order or at once, costs no row and doubles none."""
    await asyncio.to_thread(server.stop, how)
    await under_load.is_(StoreState.SPOOLING)
    await under_load.until(lambda store: store.spool_rows > 10 * RATE)
    await asyncio.to_thread(server.start)
    await under_load.is_(StoreState.RECORDING)
    under_load.load.cancel()
    await under_load.arrived()
    assert under_load.store.counters["rows_dropped"] == 0


async def test_power_cut_of_the_server(server: Postgres, under_load: StoreKit) -> None:
    """A server that is killed in the middle of everything has all rows after its recovery."""
    await asyncio.to_thread(server.kill)
    await under_load.is_(StoreState.SPOOLING)
    await asyncio.to_thread(server.start)
    await under_load.is_(StoreState.RECORDING)
    under_load.load.cancel()
    await under_load.arrived()


async def test_a_reader_that_is_cancelled_does_not_wait_for_a_server_that_hangs(
    server: Postgres, kit: StoreKit
) -> None:
    asks = asyncio.Event()

    async def read() -> None:
        async with kit.store.reading() as connection:
            asks.set()
            await connection.execute("SELECT pg_sleep(3600)")

    reading = asyncio.create_task(read())
    await asks.wait()
    # The question is on its way.
    await asyncio.sleep(0.1)
    server.freeze()
    reading.cancel()
    done, _ = await asyncio.wait([reading], timeout=PATIENCE)
    server.thaw()
    assert done
    assert reading.cancelled()
    async with kit.store.reading() as connection:
        assert await connection.fetchval("SELECT 1") == 1


async def test_server_that_hangs(server: Postgres, kit: StoreKit) -> None:
    """Rows go to the disk while a statement hangs, and are stored once when it goes on."""
    kit.send(10)
    await kit.arrived()
    server.freeze()
    kit.send(500)
    await kit.until(lambda store: store.queue_depth == 0)
    kit.send(60_000)
    await kit.until(lambda store: store.spool_rows > 0)
    server.thaw()
    await kit.arrived()


async def test_connection_cut_in_the_middle_of_a_batch(
    server: Postgres, under_load: StoreKit
) -> None:
    """Connections that are ended again and again leave no gap and no double."""
    for _ in range(5):
        connection = await server.connect()
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'maestra'"
        )
        await connection.close()
        await under_load.is_(StoreState.RECORDING)
    under_load.load.cancel()
    await under_load.arrived()


async def test_rows_of_a_server_that_was_never_there(
    server: Postgres, own_database: StoreSettings, tmp_path: Path
) -> None:
    """What is recorded before the database is first reached waits on disk, over a restart of ours."""
    server.stop()
    async with StoreKit.running(own_database, tmp_path) as first:
        first.send(1_500)
        await first.is_(StoreState.SPOOLING)
        with pytest.raises(StoreNotConnected):
            await first.store.flush()
        assert first.store.lag > 0
    assert first.store.state is StoreState.STOPPED
    assert first.store.spool_rows == 1_500

    server.start()
    async with StoreKit.running(own_database, tmp_path) as second:
        await second.is_(StoreState.RECORDING)
    assert await counted(own_database) == all_of(1_500)


async def test_end_drains(database: StoreSettings, tmp_path: Path) -> None:
    """Rows that wait when the store is stopped are written first."""
    patient = WriteLimits(batch_age=60.0)
    async with StoreKit.running(database, tmp_path, patient) as kit:
        await kit.is_(StoreState.RECORDING)
        kit.send(123)
    assert await counted(database) == all_of(123)


async def test_pause_leaves_the_database_alone(kit: StoreKit) -> None:
    """During a backup rows wait on disk."""
    kit.store.pause()
    assert kit.store.state is StoreState.PAUSED
    kit.send(300)
    await kit.until(lambda store: store.spool_rows == 300)
    assert await counted(kit.store.settings) == (0, 0, 0)
    kit.store.resume()
    await kit.arrived()


async def test_clock_that_jumps(kit: StoreKit, freezer: FrozenDateTimeFactory) -> None:
    """Rows with the time of earlier ones are rows of their own."""
    freezer.move_to("2026-06-01T12:00:00Z")
    kit.send(100)
    freezer.move_to("2026-06-01T11:00:00Z")
    kit.send(100)
    freezer.move_to("2026-06-01T12:00:00Z")
    kit.send(100)
    await kit.arrived()
    assert kit.store.counters["rows_repeated"] == 0


async def test_refused_login_is_told(
    server: Postgres, own_database: StoreSettings, tmp_path: Path
) -> None:
    """A login that is refused is told as such, and rows wait."""
    stranger = server.settings(own_database.database, user="nobody_we_know")
    async with StoreKit.running(stranger, tmp_path) as kit:
        kit.send(5)
        await kit.until(lambda store: isinstance(store.error, StoreLoginRefused))
        await kit.until(lambda store: store.spool_rows == 5)


async def test_questions(kit: StoreKit) -> None:
    """A lent connection reads only, and not for ever; without a database there is none."""
    async with kit.store.reading() as connection:
        assert await connection.fetchval("SHOW transaction_read_only") == "on"
    with pytest.raises(StoreTimeout):
        async with kit.store.reading(timeout=0.1) as connection:
            await connection.fetchval("SELECT pg_sleep(5)")


async def test_answers_stop_with_the_server(server: Postgres, kit: StoreKit) -> None:
    """A question that is cut off says that there is no database."""
    server.stop()
    await kit.is_(StoreState.SPOOLING)
    with pytest.raises(StoreNotConnected):
        async with kit.store.reading():
            pass


async def test_rejected_values_are_kept(kit: StoreKit) -> None:
    """A value that its column does not take is set aside with the reason; the others are stored."""
    kit.send(3)
    kit.store.record(HA_ENTITIES, ("light.a", "A\0", None, None, [], None, None))
    kit.store.record(HA_STATES, (datetime.now(UTC), "light.a", "on", 1.0, "{"))
    await kit.arrived()
    rejected = await fetch(
        kit.store.settings,
        "SELECT table_name, reason FROM maestra_rejected ORDER BY id",
    )
    assert [row["table_name"] for row in rejected] == ["ha_entities", "ha_states"]
    assert kit.store.counters["rows_rejected"] == 2


@pytest.fixture
def no_disk(tmp_path: Path) -> Path:
    """A spool folder that can't be one."""
    path = tmp_path / "file"
    path.write_text("")
    return path


async def test_without_a_disk_rows_wait_in_memory(
    server: Postgres, own_database: StoreSettings, no_disk: Path
) -> None:
    """Where neither disk nor database takes them rows wait, and what is too much is counted."""
    server.stop()
    few = replace(QUICK, queue_rows=100)
    async with StoreKit.running(own_database, no_disk, few) as kit:
        kit.send(10)
        await kit.until(lambda store: store.counters["disk_errors"] > 0)
        kit.send(90)
        server.start()
        await kit.arrived()

        server.stop()
        await kit.is_(StoreState.SPOOLING)
        kit.send(200)
        # Ten of them are cut already, or all: what is cut waits beside the queue.
        assert kit.store.counters["rows_dropped"] == 100
        server.start()
        kit.sent = 200
        await kit.arrived()


async def test_without_a_disk_a_hanging_server_is_waited_for(
    server: Postgres, own_database: StoreSettings, no_disk: Path
) -> None:
    """What is in flight stays in memory when the disk does not take it, and lands in the end."""
    async with StoreKit.running(own_database, no_disk) as kit:
        await kit.is_(StoreState.RECORDING)
        server.freeze()
        kit.send(500)
        await kit.until(lambda store: store.queue_depth == 0)
        kit.send(60_000)
        await kit.until(lambda store: store.counters["disk_errors"] > 0)
        server.thaw()
        await kit.arrived()


async def test_a_spool_that_makes_no_sense_is_set_aside(
    database: StoreSettings, tmp_path: Path
) -> None:
    """Rows of a table that is no more are kept beside, and the others are stored."""
    spool = Spool(tmp_path, 10**6)
    spool.open()
    spool.append(Frame(b"", b"[]", 7))
    async with StoreKit.running(database, tmp_path) as kit:
        kit.send(3)
        await kit.arrived()
        assert kit.store.counters["rows_rejected"] == 7
    assert [path.suffix for path in tmp_path.iterdir()] == [".damaged"]


async def test_a_crash_late_in_a_long_replay(
    database: StoreSettings, tmp_path: Path
) -> None:
    """A file of the spool that was nearly written when a crash came is read again, and leaves no second rows."""
    before, left = Pipeline(tmp_path / "a", {}, QUICK, lambda: None), tmp_path / "b"
    await before.open()
    # More batches than are found again in the ordinary course of things.
    for number in range(1, 1_501):
        before.record(
            DEVICE_METRICS,
            (datetime.now(UTC), DEVICE, "count", float(number), None, "{}"),
        )
        await before.drain()
    shutil.copytree(tmp_path / "a", left)
    for folder in (tmp_path / "a", left):
        async with StoreKit.running(database, folder) as kit:
            await kit.is_(StoreState.RECORDING)
            kit.sent = 1_500
            await kit.arrived()


async def test_what_is_described_goes_alone(
    database: StoreSettings, tmp_path: Path
) -> None:
    """Rows that replace each other arrive in their order between those that need none."""
    async with StoreKit.running(database, tmp_path) as kit:
        await kit.is_(StoreState.RECORDING)
        for number in range(20):
            kit.send(1_000)
            kit.store.record(
                HA_ENTITIES, ("light.a", f"{number}", None, None, [], None, None)
            )
        await kit.arrived()
    (row,) = await fetch(database, "SELECT name FROM ha_entities")
    assert row["name"] == "19"


class NarrowBroker:
    """Has a few messages on their way at a time, one row each, and sends the next when one is acknowledged."""

    def __init__(self, kit: StoreKit, window: int = 20) -> None:
        self._kit = kit
        self._window = window
        self._left = 0
        self._sent = 0
        self.acknowledged = 0

    @property
    def is_blocked(self) -> bool:
        """Whether it may send no more."""
        return self._sent - self.acknowledged == self._window

    def send(self, messages: int) -> None:
        """Send, as fast as it may."""
        self._left += messages
        while self._left and not self.is_blocked:
            self._left -= 1
            self._sent += 1
            key = self._sent.to_bytes(RECEIPT_BYTES)
            self._kit.store.journal.take(
                Receipt(key, is_duplicate=False), self._kit.send, self._acknowledge
            )

    def _acknowledge(self) -> None:
        self.acknowledged += 1
        asyncio.get_running_loop().call_soon(self.send, 0)


async def test_a_broker_with_a_narrow_window_is_not_kept_waiting(
    database: StoreSettings, tmp_path: Path
) -> None:
    """What it may send at a time is enough for a batch, however long rows may wait for others."""
    patient = replace(QUICK, batch_age=30.0, message_age=30.0)
    async with StoreKit.running(database, tmp_path, patient) as kit:
        await kit.is_(StoreState.RECORDING)
        broker = NarrowBroker(kit)
        broker.send(400)
        await kit.until(lambda _: broker.acknowledged == 400)
        assert kit.store.counters["rows_spooled"] == 0
        await kit.arrived()


async def test_a_database_that_hangs_does_not_hold_up_a_broker(
    server: Postgres, kit: StoreKit
) -> None:
    """Its messages are acknowledged from the disk, though all that it may send are in the hands of the database."""
    broker = NarrowBroker(kit)
    broker.send(100)
    await kit.until(lambda _: broker.acknowledged == 100)
    server.freeze()
    broker.send(300)
    await kit.until(lambda _: broker.acknowledged == 400)
    server.thaw()
    await kit.arrived()


async def test_a_spool_that_is_nearly_full_acknowledges_nothing(
    server: Postgres, own_database: StoreSettings, tmp_path: Path
) -> None:
    """What was acknowledged is never dropped: at nine tenths the broker keeps the rest, until there is room again."""
    small = replace(QUICK, spool_bytes=20_000)
    server.stop()
    async with StoreKit.running(own_database, tmp_path, small) as kit:
        broker = NarrowBroker(kit)
        broker.send(500)
        await kit.until(lambda store: store.spool_fill >= 0.9 and broker.is_blocked)
        assert 0 < broker.acknowledged < 500
        assert kit.store.spool_fill <= 1.0
        server.start()
        await kit.until(lambda _: broker.acknowledged == 500)
        await kit.arrived()
        assert kit.store.counters["rows_dropped"] == 0


@pytest.fixture
async def pipeline(tmp_path: Path) -> Pipeline:
    """A pipeline that brings everything to the disk at once."""
    hasty = replace(QUICK, queue_age=0.0)
    pipeline = Pipeline(tmp_path, STORE_CATALOGUE.tables, hasty, lambda: None)
    await pipeline.open()
    pipeline.is_delivering = True
    return pipeline


@pytest.mark.parametrize("fails_first", [True, False])
async def test_a_way_to_a_failing_disk_that_is_cancelled(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, fails_first: bool
) -> None:
    """A batch in flight that the disk does not take, while its task is cancelled twice, is still there."""
    began, goes_on = threading.Event(), threading.Event()

    def failing(_frame: Frame) -> None:
        began.set()
        goes_on.wait(10)
        raise OSError(errno.EIO, "Input/output error")

    row = (datetime.now(UTC), DEVICE, "count", 1.0, None, "{}")
    pipeline.record(DEVICE_METRICS, row)
    batch = pipeline.take()
    assert batch
    pipeline.record(DEVICE_METRICS, row)
    with monkeypatch.context() as patched:
        patched.setattr(pipeline.spool, "append", failing)
        spilling = asyncio.create_task(pipeline.spill())
        await asyncio.to_thread(began.wait, 10)
        for _ in range(2):
            spilling.cancel()
            await asyncio.sleep(0)
        failed: list[Callable[[Batch], None]] = [
            pipeline.batch_failed,
            lambda _: None,
        ]
        failed[not fails_first](batch)
        goes_on.set()
        await asyncio.wait([spilling])
        failed[fails_first](batch)
    await pipeline.drain()
    assert pipeline.spool.rows == 2


async def test_what_is_in_flight_is_watched_though_nothing_waits_behind_it(
    pipeline: Pipeline,
) -> None:
    """A batch that was taken at once goes to the disk when the database does not answer."""
    acknowledged = asyncio.Event()
    row = (datetime.now(UTC), DEVICE, "count", 1.0, None, "{}")
    spilling = asyncio.create_task(pipeline.spill())
    await asyncio.sleep(0)
    pipeline.journal.take(
        Receipt(b"k" * RECEIPT_BYTES, is_duplicate=False),
        lambda: pipeline.record(DEVICE_METRICS, row),
        acknowledged.set,
    )
    assert pipeline.take()
    async with asyncio.timeout(PATIENCE):
        await acknowledged.wait()
    spilling.cancel()
    await asyncio.wait([spilling])
    assert pipeline.spool.rows == 1


async def test_rows_that_can_not_be_read_at_first_are_found_later(
    database: StoreSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an error while opening has hidden comes to the database without a restart."""
    before = Pipeline(tmp_path, {}, QUICK, lambda: None)
    await before.open()
    for number in (1, 2, 3):
        row = (datetime.now(UTC), DEVICE, "count", float(number), None, "{}")
        before.record(DEVICE_METRICS, row)
    await before.drain()

    real_open = os.open
    fails = {"left": 3}

    def full(path: Any, *arguments: Any, **options: Any) -> int:
        if str(path).endswith(".spool") and fails["left"]:
            fails["left"] -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return real_open(path, *arguments, **options)

    monkeypatch.setattr(os, "open", full)
    monkeypatch.setattr(pipeline_module, "FIND_RETRY", 0.05)
    async with StoreKit.running(database, tmp_path) as kit:
        await kit.until(lambda store: store.counters["rows_written"] == 3)
        kit.sent = 3
        await kit.arrived()
    assert fails["left"] == 0
