"""Where rows are between being recorded and being durable: in memory, in flight to the database, or on disk."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from math import inf
from pathlib import Path
import time
from typing import Any, Final

import asyncpg

from ..bus import Counters, get_logger
from ..domain.journal import split_receipts
from .batch import Batch, decode, encode
from .claims import OnReused
from .connection import deadline
from .journal import Inbox, StoreJournal
from .settings import WriteLimits
from .spool import Frame, Spool
from .tables import Row, Table
from .writer import Writer, Written

_LOGGER = get_logger(__name__)

WRITE_TIMEOUT: Final = 60.0
"""Seconds for one batch."""
IDLE_CHECK: Final = 30.0
"""Seconds without rows after which a connection is looked at."""

DISK_RETRY: Final = 1.0
"""Seconds after which a full disk is tried again."""
FIND_RETRY: Final = 10.0
"""Seconds after which what could not be read on disk is looked for again."""
ACKNOWLEDGE_UNTIL: Final = 0.9
"""How full the spool may be while messages are acknowledged: the rest is for those on their way, and for rows that nobody sends again."""
PRESSURE_CHECK: Final = 0.1
"""Seconds between two looks at how long messages wait for a busy database."""
THROUGHPUT_WINDOW: Final = 10.0
"""Seconds over which rows a second are counted."""


class Delivery:
    """Commits batches on several connections at a time: while the server works on one, we write the next.

    Batches whose order matters are in flight alone. What waits on disk goes first, one after the other.
    """

    def __init__(self, pipeline: Pipeline, writer: Writer) -> None:
        """Deliver nothing yet."""
        self._pipeline = pipeline
        self._writer = writer
        self._order = asyncio.Lock()
        self._commit_done = asyncio.Event()

    async def run(self, connections: Sequence[asyncpg.Connection]) -> None:
        """Commit batches, the oldest first, until a connection fails with the error of the driver."""
        for connection in connections:
            connection.add_termination_listener(lambda _: self._pipeline.inbox.wake())
        self._pipeline.is_delivering = True
        workers = [
            asyncio.create_task(self._deliver(connection, replays=index == 0))
            for index, connection in enumerate(connections)
        ]
        try:
            done, _ = await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
            for worker in done:
                worker.result()
        finally:
            self._pipeline.is_delivering = False
            # Cancelled in the middle of a statement the driver would wait for the server.
            for connection in connections:
                connection.terminate()
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _deliver(self, connection: asyncpg.Connection, *, replays: bool) -> None:
        pipeline = self._pipeline
        while True:
            await pipeline.resumed.wait()
            if not pipeline.nothing_spooled.is_set():
                if replays:
                    await self._replay(connection)
                else:
                    await pipeline.nothing_spooled.wait()
                continue
            await self._due(connection)
            async with self._order:
                if (batch := pipeline.take()) is None:
                    continue
                if batch.is_ordered:
                    await self._commit_alone(connection, batch)
                    continue
            await self._commit(connection, batch)

    async def _due(self, connection: asyncpg.Connection) -> None:
        """Wait for rows, or for a reason to look elsewhere."""
        pipeline = self._pipeline
        try:
            async with asyncio.timeout(IDLE_CHECK):
                await pipeline.inbox.due(
                    unless=lambda: (
                        pipeline.has_held
                        or not pipeline.nothing_spooled.is_set()
                        or connection.is_closed()
                    )
                )
        except TimeoutError:
            with deadline(connection, WRITE_TIMEOUT):
                await connection.execute("SELECT 1")
        if connection.is_closed():
            raise asyncpg.ConnectionDoesNotExistError("the connection was lost")

    async def _replay(self, connection: asyncpg.Connection) -> None:
        if batches := await self._pipeline.oldest_spooled():
            with deadline(connection, WRITE_TIMEOUT):
                written = await self._writer.write(connection, *batches)
            await self._pipeline.spooled_committed(batches, written)

    async def _commit_alone(self, connection: asyncpg.Connection, batch: Batch) -> None:
        try:
            while self._pipeline.in_flight > 1:
                self._commit_done.clear()
                await self._commit_done.wait()
        except asyncio.CancelledError:
            self._pipeline.batch_failed(batch)
            raise
        await self._commit(connection, batch)

    async def _commit(self, connection: asyncpg.Connection, batch: Batch) -> None:
        try:
            with deadline(connection, WRITE_TIMEOUT):
                written = await self._writer.write(connection, batch)
        except BaseException:
            self._pipeline.batch_failed(batch)
            raise
        self._pipeline.batch_committed(batch, written)
        self._commit_done.set()


class Pipeline:
    """Takes rows, cuts them into batches, and sees to it that none is lost.

    While the database keeps up, batches go straight from memory to it. Otherwise they go to the
    spool, and what comes later goes behind them. A batch is durable, and its messages are
    acknowledged, when it is in the one or the other; in a spool that is nearly full they are
    acknowledged when there is room again. Its number makes it harmless that a batch can be in
    both: the writer finds that it is there.
    """

    def __init__(
        self,
        spool_folder: Path | None,
        tables: Mapping[str, Table],
        limits: WriteLimits,
        on_change: Callable[[], None],
    ) -> None:
        """Touch nothing yet. Without `spool_folder` rows wait in memory alone: for messages whose senders keep them until they are acknowledged.

        `tables` are those of rows that earlier runs have spooled; `on_change` is called when the spool has got its first rows or lost its last.
        """
        self.counters = Counters()
        self.inbox = Inbox(limits)
        self.journal = StoreJournal(self.inbox)
        self.spool = Spool(spool_folder, limits.spool_bytes)
        self.is_delivering = False
        """Whether there are connections that take batches; said by who has them."""
        self.resumed = asyncio.Event()
        self.resumed.set()
        # Threads change the spool at any moment; this changes only between two steps of ours.
        self.nothing_spooled = asyncio.Event()
        self.nothing_spooled.set()
        self._tables = tables
        self._limits = limits
        self.on_reused: OnReused = lambda _: None
        self._on_change = on_change
        self._in_flight: dict[int, Batch] = {}
        # Cut, but neither in flight nor on disk: the first in line, in their order.
        self._held: list[Batch] = []
        self._spooled_since: float | None = None
        self._is_appending = False
        self._is_disk_failing = False
        self._find_again_at = 0.0
        # On disk, but their messages are to wait for room there.
        self._unacknowledged: list[Batch] = []
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._throughput = _Throughput()

    @property
    def is_paused(self) -> bool:
        """Whether nothing is to be written to the database for now."""
        return not self.resumed.is_set()

    @property
    def has_held(self) -> bool:
        """Whether batches wait for the database that no age makes due."""
        return bool(self._held)

    @property
    def in_flight(self) -> int:
        """How many batches are on their way to the database."""
        return len(self._in_flight)

    @property
    def lag(self) -> float:
        """Seconds that the oldest row which is not in the database has waited."""
        cut = (*self._in_flight.values(), *self._held)
        times = [batch.recorded_at for batch in cut]
        if self._spooled_since is not None:
            times.append(self._spooled_since)
        # The clock may have jumped.
        return max(0.0, time.time() - min(times)) if times else self.inbox.age

    @property
    def rows_per_second(self) -> float:
        """Rows committed a second, lately."""
        return self._throughput.per_second

    def record(self, table: Table, row: Row) -> None:
        """Take one row; dropped, and counted, when memory and disk are full."""
        if not self.inbox.add(table, row):
            if not self.counters["rows_dropped"]:
                _LOGGER.error("No room for more rows, in memory or on disk")
            self.counters.add("rows_dropped")

    async def open(self) -> None:
        """Find what earlier runs left on disk."""
        self._find_again_at = time.monotonic() + FIND_RETRY
        try:
            await asyncio.to_thread(self.spool.open)
        except OSError as error:
            self._disk_failed("read", error)
        self.journal.learn(
            (
                key
                for keys in tuple(self.spool.receipts)
                for key in split_receipts(keys)
            ),
            all_known=False,
        )
        if not self.spool.is_empty:
            self._spooled(time.time())

    async def committed(self) -> None:
        """Wait until all that was recorded up to now is in the database."""
        self.inbox.flush()
        waiting = (self.inbox.position, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._resolve_waiting()
        try:
            await waiting[1]
        finally:
            self._waiting.remove(waiting)

    # To the database.

    def take(self) -> Batch | None:
        """Take the next batch for the database, if it is to go there now; it is in flight until it is committed or failed."""
        if not self._goes_direct or not (self._held or self.inbox):
            return None
        batch = self._held.pop(0) if self._held else self.inbox.cut()
        self._in_flight[batch.number] = batch
        # From now on `spill` has an eye on it.
        self.inbox.wake()
        return batch

    def batch_committed(self, batch: Batch, written: Written) -> None:
        """A batch in flight is committed."""
        del self._in_flight[batch.number]
        batch.is_committed = True
        # In the spool too, its turn comes again: it is found to be there, and counted then.
        if not batch.is_spooled:
            self._count(written)
        elif written.reused:
            # Only who writes it for the first time is told that an id is used again.
            self.on_reused(written.reused)
        self.journal.made_durable(batch)
        self._resolve_waiting()

    def batch_failed(self, batch: Batch) -> None:
        """A batch in flight was not committed; or it was, and only its number tells."""
        del self._in_flight[batch.number]
        if not batch.is_spooled:
            self._hold(batch)

    async def oldest_spooled(self) -> list[Batch]:
        """Return the oldest batches on disk that can be committed together; what nobody can read leaves the way."""
        try:
            frames = await asyncio.to_thread(
                self.spool.oldest, self._limits.most_batch_rows
            )
        except OSError as error:
            self._disk_failed("read", error)
            await asyncio.sleep(DISK_RETRY)
            return []
        if not frames:
            self._check_spool()
            return []
        batches: list[Batch] = []
        for frame in frames:
            try:
                batch = decode(frame.body, self._tables, split_receipts(frame.receipts))
            except Exception:  # noqa: BLE001  whatever is in it, it must not stop the others
                break
            if batches and (batch.is_ordered or batches[-1].is_ordered):
                break
            batches.append(batch)
        if not batches:
            await asyncio.to_thread(self.spool.set_oldest_aside)
            self.counters.add("rows_rejected", frames[0].rows)
            return []
        self._spooled_since = batches[0].recorded_at
        return batches

    async def spooled_committed(
        self, batches: Sequence[Batch], written: Written
    ) -> None:
        """The oldest batches on disk are committed."""
        self._count(written, len(batches))
        await asyncio.to_thread(self.spool.remove, len(batches))
        self._acknowledge()
        self._check_spool()

    # To the disk.

    async def spill(self) -> None:
        """Bring to the disk what the database does not take in time; runs as long as the store."""
        if not self.spool.exists:
            await asyncio.Event().wait()
        while True:
            if not self.spool.is_complete and time.monotonic() > self._find_again_at:
                await self.open()
            if not self._has_unspooled:
                with suppress(TimeoutError):
                    async with asyncio.timeout(
                        None if self.spool.is_complete else FIND_RETRY
                    ):
                        await self.inbox.due(lambda: self._has_unspooled, at_a_time=1)
            if self._goes_direct:
                await asyncio.sleep(min(self._limits.batch_age, PRESSURE_CHECK))
                if self._goes_direct and not self._is_overdue:
                    continue
            if not await self._put_on_disk():
                await asyncio.sleep(DISK_RETRY)

    async def drain(self) -> None:
        """Bring everything that is left to the disk."""
        while self.spool.exists and (self._held or self.inbox):
            if not await self._put_on_disk():
                return

    @property
    def _goes_direct(self) -> bool:
        return (
            self.is_delivering and not self.is_paused and self.nothing_spooled.is_set()
        )

    @property
    def _has_unspooled(self) -> bool:
        """Whether there are batches that are not on disk, or about to be."""
        return bool(self._held) or any(
            not batch.is_spooled for batch in self._in_flight.values()
        )

    @property
    def _is_overdue(self) -> bool:
        limits, inbox = self._limits, self.inbox
        waiting_since = [
            batch.waiting_since
            for batch in self._in_flight.values()
            if not batch.is_spooled
        ]
        oldest_message = min(inbox.waiting_since, *waiting_since, inf)
        return (
            len(inbox) > limits.queue_rows // 2
            or inbox.age > limits.queue_age
            or time.monotonic() - oldest_message > limits.acknowledge_age
        )

    async def _put_on_disk(self) -> bool:
        """Spool the oldest rows; False when the disk does not take them."""
        # What is in flight goes before what comes after it, in case it fails.
        for batch in list(self._in_flight.values()):
            if not batch.is_spooled and not await self._append(batch):
                return False
        if not self._held:
            if not self.inbox:
                return True
            self._held.append(self.inbox.cut())
        return await self._append(self._held[0])

    async def _append(self, batch: Batch) -> bool:
        frame = Frame(b"".join(batch.receipts), encode(batch), batch.size)
        # From now on nothing goes past the disk: when the thread is at it is not for us to know.
        # The batch may be committed, or fail, meanwhile.
        batch.is_spooled = self._is_appending = True
        self._spooled(batch.recorded_at)
        appending = asyncio.get_running_loop().run_in_executor(
            None, self.spool.append, frame
        )
        try:
            # Its thread can't be stopped, and what it has written must not be written again.
            await _finished(appending)
        finally:
            self._is_appending = False
            is_kept = self._appended(batch, appending.exception())
        return is_kept

    def _appended(self, batch: Batch, error: BaseException | None) -> bool:
        if error is not None:
            self._disk_failed("written", error)
            batch.is_spooled = False
            if batch.is_committed:
                self._count(Written(rows=batch.size))
            elif batch.number not in self._in_flight and batch not in self._held:
                self._hold(batch)
            self._check_spool()
            return False
        if self._is_disk_failing:
            self._is_disk_failing = False
            _LOGGER.info("The spool can be written again")
        # Connections that came up meanwhile may have taken it.
        if batch in self._held:
            self._held.remove(batch)
        self.counters.add("rows_spooled", batch.size)
        if batch.on_durable:
            self._unacknowledged.append(batch)
        self._acknowledge()
        if batch.on_durable and batch.number not in self._in_flight:
            # There may be many until there is room.
            batch.rows, batch.doubtful = {}, []
        # It may have been written and removed already.
        self._check_spool()
        return True

    def _acknowledge(self) -> None:
        """Acknowledge the messages of what is on disk, unless that is nearly full."""
        if self.spool.fill < ACKNOWLEDGE_UNTIL:
            batches, self._unacknowledged = self._unacknowledged, []
            for batch in batches:
                self.journal.made_durable(batch)

    def _disk_failed(self, what: str, error: BaseException) -> None:
        if not self._is_disk_failing:
            self._is_disk_failing = True
            _LOGGER.error("The spool can't be %s: %s", what, error)
        self.counters.add("disk_errors")

    # What is kept in mind of both.

    def _hold(self, batch: Batch) -> None:
        self._held.append(batch)
        self._held.sort(key=lambda held: held.number)

    def _spooled(self, since: float) -> None:
        if self._spooled_since is None:
            self._spooled_since = since
            self.nothing_spooled.clear()
            self.inbox.wake()
            self._on_change()

    def _check_spool(self) -> None:
        if self.spool.is_empty and not self._is_appending:
            self._spooled_since = None
            self.nothing_spooled.set()
            self._resolve_waiting()
            self._on_change()

    def _count(self, written: Written, batches: int = 1) -> None:
        self.counters.add("batches", batches)
        self.counters.add("rows_written", written.rows)
        self.counters.add("rows_repeated", written.repeated)
        self.counters.add("rows_rejected", written.rejected)
        self._throughput.add(written.rows)
        if written.reused:
            self.on_reused(written.reused)

    def _resolve_waiting(self) -> None:
        if not self._waiting or not self.nothing_spooled.is_set():
            return
        cut = (batch.start for batch in (*self._in_flight.values(), *self._held))
        committed = min(cut, default=self.inbox.start)
        for position, future in self._waiting:
            if position <= committed and not future.done():
                future.set_result(None)


async def _finished(future: asyncio.Future[Any]) -> None:
    """Wait for the end of what can't be stopped, and be cancelled only then."""
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.wait([future])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled:
        raise cancelled


class _Throughput:
    """Counts what passed lately."""

    def __init__(self) -> None:
        self._counts: deque[tuple[float, int]] = deque()

    def add(self, count: int) -> None:
        """Count what passes now."""
        self._counts.append((time.monotonic(), count))
        self._forget()

    @property
    def per_second(self) -> float:
        """The mean of the last seconds."""
        self._forget()
        return sum(count for _, count in self._counts) / THROUGHPUT_WINDOW

    def _forget(self) -> None:
        horizon = time.monotonic() - THROUGHPUT_WINDOW
        while self._counts and self._counts[0][0] < horizon:
            self._counts.popleft()
