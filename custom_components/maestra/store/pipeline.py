"""Where rows are between being recorded and being durable: in memory, in flight to the database, or on disk."""

import asyncio
from collections.abc import Callable
import logging
from pathlib import Path
import time
from typing import Final

from ..bus import Counters
from .batch import Batch, decode, encode, split_receipts
from .claims import OnReused
from .inbox import Inbox
from .journal import StoreJournal
from .settings import WriteLimits
from .spool import Frame, Spool
from .tables import Row, Table
from .throughput import Throughput
from .writer import Written

_LOGGER = logging.getLogger(__name__)

DISK_RETRY: Final = 1.0
"""Seconds after which a full disk is tried again."""


class Pipeline:
    """Takes rows, cuts them into batches, and sees to it that none is lost.

    While the database keeps up, batches fly straight from memory to it. Otherwise they go to the
    spool, and what comes later goes behind them. A batch is durable, and its messages are
    acknowledged, when it is in the one or the other. Its number makes it harmless that a
    batch can be in both: the writer finds that it is there.
    """

    def __init__(
        self, spool_folder: Path, limits: WriteLimits, on_change: Callable[[], None]
    ) -> None:
        """Touch nothing yet. `on_change` is called when the spool has got its first rows or lost its last."""
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
        self._limits = limits
        self.on_reused: OnReused = lambda _: None
        self._on_change = on_change
        self._flights: dict[int, Batch] = {}
        # Cut, but neither in flight nor on disk: the first in line, in their order.
        self._held: list[Batch] = []
        self._spooled_since: float | None = None
        self._is_appending = False
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._throughput = Throughput()

    @property
    def is_paused(self) -> bool:
        """Whether nothing is to be written to the database for now."""
        return not self.resumed.is_set()

    @property
    def has_held(self) -> bool:
        """Whether batches wait for the database that no age makes due."""
        return bool(self._held)

    @property
    def flights(self) -> int:
        """How many batches are on their way to the database."""
        return len(self._flights)

    @property
    def lag(self) -> float:
        """Seconds that the oldest row which is not in the database has waited."""
        cut = (*self._flights.values(), *self._held)
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
        try:
            await asyncio.to_thread(self.spool.open)
        except OSError as error:
            _LOGGER.error("The spool can't be read: %s", error)
            return
        self.journal.learn(
            (key for keys in self.spool.receipts for key in split_receipts(keys)),
            all_known=False,
        )
        if not self.spool.is_empty:
            self._spooled(time.time())

    async def committed(self) -> None:
        """Wait until all that was recorded up to now is in the database."""
        self.inbox.hurry()
        waiting = (self.inbox.position, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._tell_committed()
        try:
            await waiting[1]
        finally:
            self._waiting.remove(waiting)

    # To the database.

    def take(self) -> Batch | None:
        """Take the next batch for the database, if it is to go there now; it flies until it has landed or crashed."""
        if not self._goes_direct or not (self._held or self.inbox):
            return None
        batch = self._held.pop(0) if self._held else self.inbox.cut()
        self._flights[batch.number] = batch
        return batch

    def landed(self, batch: Batch, written: Written) -> None:
        """A flight is committed."""
        del self._flights[batch.number]
        batch.is_committed = True
        # In the spool too, its turn comes again: it is found to be there, and counted then.
        if not batch.is_spooled:
            self._count(written)
            self.journal.made_durable(batch)
        self._tell_committed()

    def crashed(self, batch: Batch) -> None:
        """A flight did not come through; or it did, and only its number tells."""
        del self._flights[batch.number]
        if not batch.is_spooled:
            self._hold(batch)

    async def first_spooled(self) -> Batch | None:
        """Return the oldest batch on disk; what nobody can read leaves the way."""
        if (frame := await asyncio.to_thread(self.spool.first)) is None:
            self._look_at_spool()
            return None
        try:
            batch = decode(frame.body, split_receipts(frame.receipts))
        except ValueError, KeyError, TypeError:
            await asyncio.to_thread(self.spool.set_first_aside)
            self.counters.add("rows_rejected", frame.rows)
            return None
        self._spooled_since = batch.recorded_at
        return batch

    async def spooled_landed(self, written: Written) -> None:
        """The oldest batch on disk is committed."""
        self._count(written)
        await asyncio.to_thread(self.spool.remove_first)
        self._look_at_spool()

    # To the disk.

    async def spill(self) -> None:
        """Bring to the disk what the database does not take in time; runs as long as the store."""
        while True:
            if not self._held:
                await self.inbox.due()
            if self._goes_direct:
                await asyncio.sleep(min(self._limits.batch_age, 1.0))
                if self._goes_direct and not self._is_overdue:
                    continue
            if not await self._put_on_disk():
                await asyncio.sleep(DISK_RETRY)

    async def put_away(self) -> None:
        """Bring everything that is left to the disk."""
        while self._held or self.inbox:
            if not await self._put_on_disk():
                return

    @property
    def _goes_direct(self) -> bool:
        return (
            self.is_delivering and not self.is_paused and self.nothing_spooled.is_set()
        )

    @property
    def _is_overdue(self) -> bool:
        return (
            len(self.inbox) > self._limits.queue_rows // 2
            or self.inbox.age > self._limits.queue_age
        )

    async def _put_on_disk(self) -> bool:
        """Spool the oldest rows; False when the disk does not take them."""
        # What flies goes before what comes after it, in case it crashes.
        for flying in list(self._flights.values()):
            if not flying.is_spooled and not await self._append_flying(flying):
                return False
        if not self._held:
            if not self.inbox:
                return True
            self._held.append(self.inbox.cut())
        return await self._append(self._held[0])

    async def _append_flying(self, batch: Batch) -> bool:
        # Said beforehand, since it may land or crash meanwhile.
        batch.is_spooled = True
        if await self._append(batch):
            return True
        batch.is_spooled = False
        if batch.is_committed:
            self._count(Written(rows=batch.size))
            self.journal.made_durable(batch)
        elif batch.number not in self._flights:
            self._hold(batch)
        return False

    async def _append(self, batch: Batch) -> bool:
        frame = Frame(b"".join(batch.receipts), encode(batch), batch.size)
        # From now on nothing goes past the disk: when the thread is at it is not for us to know.
        self._is_appending = True
        self._spooled(batch.recorded_at)
        appending = asyncio.create_task(asyncio.to_thread(self.spool.append, frame))
        try:
            await asyncio.wait([appending])
        except asyncio.CancelledError:
            # Its thread can't be stopped, and what it has written must not be written again.
            await asyncio.wait([appending])
            self._appended(batch, appending)
            raise
        return self._appended(batch, appending)

    def _appended(self, batch: Batch, appending: asyncio.Task[int]) -> bool:
        self._is_appending = False
        try:
            dropped = appending.result()
        except OSError as error:
            self._look_at_spool()
            if not self.counters["disk_errors"]:
                _LOGGER.error("The spool can't be written: %s", error)
            self.counters.add("disk_errors")
            return False
        batch.is_spooled = True
        # Connections that came up meanwhile may have taken it.
        if batch in self._held:
            self._held.remove(batch)
        self.counters.add("rows_spooled", batch.size)
        self.counters.add("rows_dropped", dropped)
        self.journal.made_durable(batch)
        # It may have been written and removed already.
        self._look_at_spool()
        return True

    # What is kept in mind of both.

    def _hold(self, batch: Batch) -> None:
        self._held.append(batch)
        self._held.sort(key=lambda held: held.number)

    def _spooled(self, since: float) -> None:
        if self._spooled_since is None:
            self._spooled_since = since
            self.nothing_spooled.clear()
            self.inbox.poke()
            self._on_change()

    def _look_at_spool(self) -> None:
        if self.spool.is_empty and not self._is_appending:
            self._spooled_since = None
            self.nothing_spooled.set()
            self._tell_committed()
            self._on_change()

    def _count(self, written: Written) -> None:
        self.counters.add("batches")
        self.counters.add("rows_written", written.rows)
        self.counters.add("rows_repeated", written.repeated)
        self.counters.add("rows_rejected", written.rejected)
        self._throughput.add(written.rows)
        if written.reused:
            self.on_reused(written.reused)

    def _tell_committed(self) -> None:
        if not self._waiting or not self.nothing_spooled.is_set():
            return
        cut = (batch.start for batch in (*self._flights.values(), *self._held))
        committed = min(cut, default=self.inbox.start)
        for position, future in self._waiting:
            if position <= committed and not future.done():
                future.set_result(None)
