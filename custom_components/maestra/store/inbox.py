"""Where rows wait in memory until they are a batch."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
import time
from uuid import UUID, uuid4

from .batch import Batch, Rows
from .settings import WriteLimits
from .tables import Row, Table


@dataclass(slots=True)
class _Message:
    """A message whose rows wait: their positions, its key if it may come again, and what to call when they are durable."""

    start: int
    end: int
    key: bytes | None
    on_durable: Callable[[], None]


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
        self._doubtful: dict[int, bytes] = {}
        self._doubt: bytes | None = None
        self._is_muted = False
        self._is_of_message = False
        # When some row was recorded: position and time, a mark each batch age.
        self._marks: deque[tuple[int, float, float]] = deque()
        self._changed = asyncio.Event()
        self._hurried = 0

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

    @contextmanager
    def one_message(self, doubt: bytes | None) -> Iterator[None]:
        """Take rows of a message that is not acknowledged yet; `doubt` is its key if it may have been stored before."""
        self._is_of_message, self._doubt = True, doubt
        try:
            yield
        finally:
            self._is_of_message, self._doubt = False, None

    def bind(
        self, start: int, key: bytes | None, on_durable: Callable[[], None]
    ) -> None:
        """Keep the rows from `start` on together: they are those of one message."""
        self._messages.append(_Message(start, self.position, key, on_durable))
        if len(self._messages) in (1, self._limits.batch_messages):
            self._changed.set()

    def hurry(self) -> None:
        """Let what waits now be due at once."""
        self._hurried = self.position
        self._changed.set()

    def poke(self) -> None:
        """Let those who wait for a batch look again at what they wait for."""
        self._changed.set()

    async def due(self, unless: Callable[[], bool] = lambda: False) -> None:
        """Wait until there is a batch: enough rows, or one that waited long enough; or until `unless`."""
        while not unless() and (wait := self._time_left()) != 0:
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()

    def cut(self) -> Batch:
        """Take out the oldest rows as a batch; a message's rows stay together."""
        count = min(len(self._rows), self._limits.batch_rows)
        end = self.start + count
        receipts: list[bytes] = []
        on_durable: list[Callable[[], None]] = []
        while self._messages and self._messages[0].start < end:
            message = self._messages.popleft()
            end = max(end, message.end)
            if message.key is not None:
                receipts.append(message.key)
            on_durable.append(message.on_durable)
        recorded_at = self._marks[0][2] if self._marks else time.time()
        batch = Batch(
            run=self.run,
            number=self._batches,
            rows={},
            receipts=receipts,
            end=end,
            recorded_at=recorded_at,
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
        if self._doubtful:
            for index, (table, row) in enumerate(taken):
                if key := self._doubtful.pop(self.start + index, None):
                    batch.doubtful.append((key, table.name, row))
                else:
                    rows.setdefault(table.name, []).append(row)
            return
        for table, row in taken:
            try:
                rows[table.name].append(row)
            except KeyError:
                rows[table.name] = [row]

    def _time_left(self) -> float | None:
        """Return the seconds until the rows are due, None while there are none."""
        if not self._rows:
            return None
        if (
            len(self._rows) >= self._limits.batch_rows
            or len(self._messages) >= self._limits.batch_messages
            or self.start < self._hurried
        ):
            return 0.0
        limits = self._limits
        longest = limits.batch_age
        if self._messages:
            longest = min(longest, limits.message_age)
        return max(0.0, longest - self.age)
