"""Which messages are acknowledged when, and which are recognised."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from custom_components.maestra.domain.journal import Receipt
from custom_components.maestra.store.inbox import Inbox
from custom_components.maestra.store.journal import StoreJournal
from custom_components.maestra.store.receipts import MAX_REMEMBERED, Receipts
from custom_components.maestra.store.settings import WriteLimits
from custom_components.maestra.store.tables import DEVICE_METRICS

ROW = (datetime(2026, 11, 21, tzinfo=UTC), "d", "m", 1.0, None, "{}")


class Desk:
    """A journal on an inbox, and what it acknowledged."""

    def __init__(self, limits: WriteLimits) -> None:
        self.inbox = Inbox(limits)
        self.journal = StoreJournal(self.inbox)
        self.handled: list[str] = []
        self.acknowledged: list[str] = []

    def says(self, rows: int) -> Callable[[], None]:
        """Return a handler that records so many rows."""

        def handle() -> None:
            self.handled.append("handled")
            for _ in range(rows):
                self.inbox.add(DEVICE_METRICS, ROW)

        return handle

    def take(self, key: str, rows: int = 1, *, again: bool = False) -> bool:
        """Take a message; its acknowledgement is noted under its key."""
        receipt = Receipt(key.encode().rjust(16), again)
        return self.journal.take(
            receipt, self.says(rows), lambda: self.acknowledged.append(key)
        )

    def store(self) -> None:
        """Make durable what waits."""
        self.journal.made_durable(self.inbox.cut())


@pytest.fixture
def desk() -> Desk:
    """A journal with batches of two rows."""
    return Desk(WriteLimits(batch_rows=2))


async def test_a_message_waits_for_its_rows(desk: Desk) -> None:
    """It is acknowledged when its rows are durable."""
    assert desk.take("a")
    assert desk.acknowledged == []
    desk.store()
    assert desk.acknowledged == ["a"]


async def test_a_message_without_rows_is_acknowledged_now(desk: Desk) -> None:
    """Nothing of it has to be durable."""
    assert not desk.take("a", rows=0)


async def test_rows_of_a_message_stay_together(desk: Desk) -> None:
    """A batch grows rather than that a message is stored by half."""
    desk.take("a", rows=1)
    desk.take("b", rows=4)
    desk.take("c", rows=1)
    batch = desk.inbox.cut()
    assert batch.size == 5
    desk.journal.made_durable(batch)
    assert desk.acknowledged == ["a", "b"]


async def test_there_is_always_room_for_a_message() -> None:
    """What could not be kept could not be acknowledged: only what nobody sends again is dropped."""
    desk = Desk(WriteLimits(queue_rows=2))
    assert desk.inbox.add(DEVICE_METRICS, ROW)
    assert desk.take("a", rows=3)
    assert not desk.inbox.add(DEVICE_METRICS, ROW)
    desk.store()
    assert desk.acknowledged == ["a"]


async def test_again_while_it_waits(desk: Desk) -> None:
    """It is not handled a second time, and both connections hear of it."""
    desk.take("a")
    assert desk.take("a", again=True)
    desk.store()
    assert desk.handled == ["handled"]
    assert desk.acknowledged == ["a", "a"]


async def test_again_after_it_was_stored(desk: Desk) -> None:
    """It is acknowledged at once, and nothing else."""
    desk.take("a")
    desk.store()
    assert not desk.take("a", again=True)
    assert desk.handled == ["handled"]
    assert len(desk.inbox) == 0


async def test_again_after_an_earlier_run_has_stored_it(desk: Desk) -> None:
    """It is handled, as its effects may be lost, but leaves no second rows."""
    desk.journal.learn([b"a".rjust(16)], all_known=True)
    assert not desk.take("a", again=True)
    assert desk.handled == ["handled"]
    assert len(desk.inbox) == 0


async def test_again_while_nobody_knows(desk: Desk) -> None:
    """Its rows are marked, to be held against the database once that is there."""
    assert desk.take("a", again=True)
    batch = desk.inbox.cut()
    assert batch.rows == {}
    assert batch.doubtful == [(b"a".rjust(16), DEVICE_METRICS.name, ROW)]
    assert batch.size == 1


async def test_again_and_unknown_to_all(desk: Desk) -> None:
    """A message that nobody has stored is one like any other."""
    desk.journal.learn([], all_known=True)
    assert desk.take("a", again=True)
    batch = desk.inbox.cut()
    assert batch.doubtful == []
    assert batch.size == 1


async def test_the_same_content_later_is_another_message(desk: Desk) -> None:
    """Only what the broker says it sends again is looked for."""
    desk.take("a")
    desk.store()
    assert desk.take("a")
    assert desk.handled == ["handled", "handled"]


def test_receipts_forget_the_oldest() -> None:
    """Their number is bounded."""
    receipts = Receipts()
    keys = [
        bytes([number % 256, number // 256]) for number in range(MAX_REMEMBERED + 1)
    ]
    receipts.add(keys)
    assert keys[0] not in receipts
    assert keys[1] in receipts


async def test_a_message_that_nobody_keeps_waits_for_its_rows(desk: Desk) -> None:
    """It leaves no receipt: it can't come again by itself."""
    told: list[str] = []
    assert desk.journal.when_durable(desk.says(2), lambda: told.append("a"))
    assert told == []
    batch = desk.inbox.cut()
    assert batch.receipts == []
    desk.journal.made_durable(batch)
    assert told == ["a"]
    assert not desk.journal.when_durable(desk.says(0), lambda: told.append("b"))


async def test_a_message_that_nobody_keeps_may_find_no_room() -> None:
    """Then it is never durable, not even the part of it that was kept."""
    desk = Desk(WriteLimits(batch_rows=10, queue_rows=1))
    told: list[str] = []
    assert desk.journal.when_durable(desk.says(2), lambda: told.append("a"))
    desk.store()
    assert told == []
