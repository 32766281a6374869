"""Acknowledging messages when their rows are durable (an inbox), and recognising those that come again."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import inf
import time
from typing import Final, override
from uuid import UUID, uuid4

from ..bus import call_each
from ..domain.journal import Journal, Place, Receipt, Receipts
from .batch import Batch, Placed, Rows
from .settings import WriteLimits
from .tables import Row, Table

FEW_MESSAGES: Final = 8
"""Fewer than any broker may send before it must wait, and enough to be worth a batch."""


@dataclass(slots=True)
class _Message:
    """A message whose rows wait: their positions, its key if it may come again, and what to call when they are durable."""

    start: int
    end: int
    key: bytes | None
    on_durable: Callable[[], None]
    came: float
    place: Place | None


class Inbox:
    """A bounded queue of rows, cut into batches by number or age.

    Positions count all rows since the start. Everything but `due` is synchronous.
    """

    def __init__(self, limits: WriteLimits) -> None:
        """Start empty, with a new run."""
        self.run: UUID = uuid4()
        self._limits = limits
        self._rows: deque[tuple[Table, Row]] = deque()
        self.start = 0
        """How many rows were taken out."""
        self.refused = 0
        """How many rows there was no room for."""
        self._batches = 0
        self._messages: deque[_Message] = deque()
        # Messages that are not acknowledged, and at how many of them the brokers fell silent, once and then again.
        self._unacknowledged = 0
        self._silent_at = 0
        self._window: int | None = None
        # Where a batch must begin, since what came before has other names.
        self._breaks: deque[int] = deque()
        self._doubtful: dict[int, bytes] = {}
        self._doubt: bytes | None = None
        self._is_muted = False
        self._is_of_message = False
        # When some row was recorded: position and time, a mark each batch age.
        self._marks: deque[tuple[int, float, float]] = deque()
        self._changed = asyncio.Event()
        self._flush_until = 0

    def __len__(self) -> int:
        """Return the number of rows that wait."""
        return len(self._rows)

    @property
    def position(self) -> int:
        """How many rows were recorded so far."""
        return self.start + len(self._rows)

    @property
    def age(self) -> float:
        """Seconds that the oldest row has waited, 0 when none waits."""
        return time.monotonic() - self._marks[0][1] if self._marks else 0.0

    @property
    def waiting_since(self) -> float:
        """When, by the monotonic clock, the oldest message came; infinite when none waits."""
        return self._messages[0].came if self._messages else inf

    def add(self, table: Table, row: Row) -> bool:
        """Let one row wait; False when there is no room for it.

        For those of messages there is: their senders keep, and bound, what is not acknowledged.
        """
        if self._is_muted:
            return True
        count = len(self._rows)
        if count >= self._limits.queue_rows and not self._is_of_message:
            self.refused += 1
            return False
        if self._doubt is not None:
            self._doubtful[self.start + count] = self._doubt
        if table.renames and count and self._rows[-1][0] is not table:
            self._breaks.append(self.start + count)
        self._rows.append((table, row))
        # One mark a batch, not a row: asking for the time costs as much as the rest.
        if count % self._limits.batch_rows == 0:
            self._marks.append((self.start + count, time.monotonic(), time.time()))
            self._changed.set()
        return True

    @contextmanager
    def muted(self) -> Iterator[None]:
        """Take no rows: what is said again was stored before."""
        self._is_muted = True
        try:
            yield
        finally:
            self._is_muted = False

    def of_message(self, handle: Callable[[], None], doubt: bytes | None) -> None:
        """Take the rows that handling a message makes, which is not acknowledged yet; `doubt` is its key if it may have been stored before."""
        self._is_of_message, self._doubt = True, doubt
        try:
            handle()
        finally:
            self._is_of_message, self._doubt = False, None

    def bind(
        self,
        start: int,
        key: bytes | None,
        on_durable: Callable[[], None],
        place: Place | None = None,
    ) -> None:
        """Keep the rows from `start` on together: they are those of one message."""
        self._messages.append(
            _Message(start, self.position, key, on_durable, time.monotonic(), place)
        )
        self._unacknowledged += 1
        if self._window is not None and self._unacknowledged > self._window:
            self._window = None
        if len(self._messages) in (1, FEW_MESSAGES, self._enough(1), self._enough(2)):
            self._changed.set()

    def acknowledged(self, messages: int) -> None:
        """Know that so many of the messages are durable."""
        self._unacknowledged -= messages

    def flush(self) -> None:
        """Let what waits now be due at once."""
        self._flush_until = self.position
        self._changed.set()

    def wake(self) -> None:
        """Let those who wait for a batch look again at what they wait for."""
        self._changed.set()

    async def due(
        self, unless: Callable[[], bool] = lambda: False, *, at_a_time: int = 2
    ) -> None:
        """Wait until there is a batch: enough rows, or one that waited long enough; or until `unless`.

        Where `at_a_time` batches are written at the same time, a broker's window is divided among them.
        """
        while not unless() and (wait := self._time_left(at_a_time)) != 0:
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()

    def cut(self) -> Batch:
        """Take out the oldest rows as a batch.

        A message's rows stay together. What gives something another name begins a batch: all other rows of that
        one are of later, and name things as they are called then.
        """
        count = min(len(self._rows), self._limits.most_batch_rows)
        end = self.start + count
        while self._breaks and self._breaks[0] <= self.start:
            self._breaks.popleft()
        if self._breaks:
            end = min(end, self._breaks[0])
        waiting_since = self.waiting_since
        self._look_for_window()
        receipts: list[bytes] = []
        on_durable: list[Callable[[], None]] = []
        placed: list[Placed] = []
        while self._messages and self._messages[0].start < end:
            message = self._messages.popleft()
            end = max(end, message.end)
            if message.key is not None:
                receipts.append(message.key)
            on_durable.append(message.on_durable)
            if (place := message.place) is not None:
                first, behind = message.start - self.start, message.end - self.start
                placed.append(Placed(place, first, behind))
        recorded_at = self._marks[0][2] if self._marks else time.time()
        batch = Batch(
            run=self.run,
            number=self._batches,
            rows={},
            receipts=receipts,
            placed=placed,
            end=end,
            recorded_at=recorded_at,
            waiting_since=waiting_since if on_durable else inf,
            on_durable=on_durable,
        )
        self._fill(batch, end - self.start)
        self._batches += 1
        self.start = end
        while len(self._marks) > 1 and self._marks[1][0] <= end:
            self._marks.popleft()
        if not self._rows:
            self._marks.clear()
        return batch

    def _fill(self, batch: Batch, count: int) -> None:
        rows: Rows = batch.rows
        taken = [self._rows.popleft() for _ in range(count)]
        if batch.placed:
            batch.taken = list(taken)
        if self._doubtful:
            for index, (table, row) in enumerate(taken):
                if key := self._doubtful.pop(self.start + index, None):
                    batch.doubtful.append((key, table, row))
                    if batch.placed:
                        batch.taken[index] = None
                else:
                    rows.setdefault(table, []).append(row)
            return
        for table, row in taken:
            try:
                rows[table].append(row)
            except KeyError:
                rows[table] = [row]

    def _enough(self, at_a_time: int) -> int:
        """Return how many messages are a batch: so few that their broker may send others for those written beside it."""
        most = self._limits.batch_messages
        if self._window is None:
            return most
        return min(most, max(FEW_MESSAGES, self._window // at_a_time))

    def _look_for_window(self) -> None:
        """Take it for all that the brokers may send when they fall silent twice at the same number."""
        if FEW_MESSAGES <= len(self._messages) < self._enough(2):
            silent = time.monotonic() - self._messages[-1].came
            if silent >= self._limits.message_pause:
                if self._silent_at == self._unacknowledged:
                    self._window = self._unacknowledged
                self._silent_at = self._unacknowledged

    def _time_left(self, at_a_time: int) -> float | None:
        """Return the seconds until the rows are due, None while there are none."""
        if not self._rows:
            return None
        if (
            len(self._rows) >= self._limits.batch_rows
            or len(self._messages) >= self._enough(at_a_time)
            or self.start < self._flush_until
        ):
            return 0.0
        limits = self._limits
        longest = limits.batch_age
        if self._messages:
            longest = min(longest, limits.message_age)
        left = longest - self.age
        if len(self._messages) >= FEW_MESSAGES:
            silent = time.monotonic() - self._messages[-1].came
            left = min(left, limits.message_pause - silent)
        return max(0.0, left)


class StoreJournal(Journal):
    """The store's side of acknowledged messages.

    A message that comes again is one of four: its rows still wait, this run has stored it, an
    earlier run has, or nobody knows: earlier runs are known only once the database was read.
    """

    def __init__(self, inbox: Inbox) -> None:
        """Know nothing of earlier runs."""
        self._inbox = inbox
        self._waiting: dict[bytes, list[Callable[[], None]]] = {}
        self._stored = Receipts()
        self._stored_before = Receipts()
        self._knows_before = False
        # The newest messages of each log that had no rows: what comes next stands behind them.
        self._passed: dict[str, Place] = {}

    @override
    def take(
        self,
        receipt: Receipt,
        handle: Callable[[], None],
        acknowledge: Callable[[], None],
    ) -> bool:
        key, is_duplicate, place = receipt
        # A log that is read anew from somewhere does not say what came before.
        if is_duplicate or place is not None:
            if key in self._waiting:
                # Said by the connection that was lost: it is the new one that waits for us.
                self._waiting[key].append(acknowledge)
                return True
            if key in self._stored:
                return False
            if key in self._stored_before:
                # What it changed outside the store may have been lost with the earlier run.
                with self._inbox.muted():
                    handle()
                return False
        # Of a log the database knows what is stored, and tells when its rows come there.
        is_doubtful = is_duplicate and not self._knows_before and place is None
        doubt = key if is_doubtful else None
        start = self._inbox.position
        self._inbox.of_message(handle, doubt)
        if place is not None and (passed := self._passed.pop(place.log, None)):
            if passed.sequence == place.after:
                place = place._replace(after=passed.after)
        if self._inbox.position == start:
            if place is not None:
                self._passed[place.log] = place
            return False
        self._waiting[key] = [acknowledge]
        self._inbox.bind(start, key, lambda: self._acknowledge(key), place)
        return True

    @override
    def when_durable(
        self, handle: Callable[[], None], on_durable: Callable[[], None]
    ) -> bool:
        inbox = self._inbox
        start, refused = inbox.position, inbox.refused
        handle()
        if inbox.refused > refused:
            return True
        if inbox.position == start:
            return False
        inbox.bind(start, None, on_durable)
        return True

    @override
    def show(self, handle: Callable[[], None]) -> None:
        with self._inbox.muted():
            handle()

    def learn(self, keys: Iterable[bytes], *, all_known: bool) -> None:
        """Take in what earlier runs have stored."""
        self._stored_before.add(keys)
        self._knows_before = self._knows_before or all_known

    def made_durable(self, batch: Batch) -> None:
        """Acknowledge the messages of a batch."""
        self._stored.add(batch.receipts)
        callbacks, batch.on_durable = batch.on_durable, []
        self._inbox.acknowledged(len(callbacks))
        call_each(callbacks)

    def _acknowledge(self, key: bytes) -> None:
        call_each(self._waiting.pop(key, ()))
