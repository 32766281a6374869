"""Which messages are acknowledged when, and which are recognised."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from custom_components.maestra.core.domain.journal import (
    MAX_REMEMBERED,
    Receipt,
    Receipts,
)
from custom_components.maestra.core.store import journal as module
from custom_components.maestra.core.store.entity_tables import DEVICE_METRICS
from custom_components.maestra.core.store.ha_rows import HA_RENAMES, HA_STATES
from custom_components.maestra.core.store.journal import (
    FEW_MESSAGES,
    Inbox,
    StoreJournal,
)
from custom_components.maestra.core.store.settings import WriteLimits

from ...kits.process import PATIENCE

ROW = (datetime(2026, 11, 21, tzinfo=UTC), "d", "m", 1.0, None, "{}")


class JournalKit:
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
def kit() -> JournalKit:
    """A journal with batches of two rows."""
    return JournalKit(WriteLimits(batch_rows=2, most_batch_rows=2))


async def test_a_message_waits_for_its_rows(kit: JournalKit) -> None:
    """It is acknowledged when its rows are durable."""
    assert kit.take("a")
    assert kit.acknowledged == []
    kit.store()
    assert kit.acknowledged == ["a"]


async def test_a_message_without_rows_is_acknowledged_now(kit: JournalKit) -> None:
    """Nothing of it has to be durable."""
    assert not kit.take("a", rows=0)


async def test_rows_of_a_message_stay_together(kit: JournalKit) -> None:
    """A batch grows rather than that a message is stored by half."""
    kit.take("a", rows=1)
    kit.take("b", rows=4)
    kit.take("c", rows=1)
    batch = kit.inbox.cut()
    assert batch.size == 5
    kit.journal.made_durable(batch)
    assert kit.acknowledged == ["a", "b"]


async def test_there_is_always_room_for_a_message() -> None:
    """What could not be kept could not be acknowledged: only what nobody sends again is dropped."""
    kit = JournalKit(WriteLimits(queue_rows=2))
    assert kit.inbox.add(DEVICE_METRICS, ROW)
    assert kit.take("a", rows=3)
    assert not kit.inbox.add(DEVICE_METRICS, ROW)
    kit.store()
    assert kit.acknowledged == ["a"]


async def test_again_while_it_waits(kit: JournalKit) -> None:
    """It is not handled a second time, and both connections hear of it."""
    kit.take("a")
    assert kit.take("a", again=True)
    kit.store()
    assert kit.handled == ["handled"]
    assert kit.acknowledged == ["a", "a"]


async def test_again_after_it_was_stored(kit: JournalKit) -> None:
    """It is acknowledged at once, and nothing else."""
    kit.take("a")
    kit.store()
    assert not kit.take("a", again=True)
    assert kit.handled == ["handled"]
    assert len(kit.inbox) == 0


async def test_again_after_an_earlier_run_has_stored_it(kit: JournalKit) -> None:
    """It is handled, as its effects may be lost, but leaves no second rows."""
    kit.journal.learn([b"a".rjust(16)], all_known=True)
    assert not kit.take("a", again=True)
    assert kit.handled == ["handled"]
    assert len(kit.inbox) == 0


async def test_again_while_nobody_knows(kit: JournalKit) -> None:
    """Its rows are marked, to be held against the database once that is there."""
    assert kit.take("a", again=True)
    batch = kit.inbox.cut()
    assert batch.rows == {}
    assert batch.doubtful == [(b"a".rjust(16), DEVICE_METRICS, ROW)]
    assert batch.size == 1


async def test_again_and_unknown_to_all(kit: JournalKit) -> None:
    """A message that nobody has stored is one like any other."""
    kit.journal.learn([], all_known=True)
    assert kit.take("a", again=True)
    batch = kit.inbox.cut()
    assert batch.doubtful == []
    assert batch.size == 1


async def test_the_same_content_later_is_another_message(kit: JournalKit) -> None:
    """Only what the broker says it sends again is looked for."""
    kit.take("a")
    kit.store()
    assert kit.take("a")
    assert kit.handled == ["handled", "handled"]


def test_receipts_forget_the_oldest() -> None:
    """Their number is bounded."""
    receipts = Receipts()
    keys = [
        bytes([number % 256, number // 256]) for number in range(MAX_REMEMBERED + 1)
    ]
    receipts.add(keys)
    assert keys[0] not in receipts
    assert keys[1] in receipts


async def test_a_message_that_nobody_keeps_waits_for_its_rows(kit: JournalKit) -> None:
    """It leaves no receipt: it can't come again by itself."""
    told: list[str] = []
    assert kit.journal.when_durable(kit.says(2), lambda: told.append("a"))
    assert told == []
    batch = kit.inbox.cut()
    assert batch.receipts == []
    kit.journal.made_durable(batch)
    assert told == ["a"]
    assert not kit.journal.when_durable(kit.says(0), lambda: told.append("b"))


async def test_a_message_that_nobody_keeps_may_find_no_room() -> None:
    """Then it is never durable, not even the part of it that was kept."""
    kit = JournalKit(WriteLimits(most_batch_rows=10, queue_rows=1))
    told: list[str] = []
    assert kit.journal.when_durable(kit.says(2), lambda: told.append("a"))
    kit.store()
    assert told == []


async def test_a_broker_that_falls_silent_is_not_kept_waiting() -> None:
    """Messages wait for others as long as others come: a broker that has sent as many as it may sends no more."""
    kit = JournalKit(WriteLimits(batch_age=3600, message_age=3600))
    for number in range(FEW_MESSAGES - 1):
        kit.take(f"{number}")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await kit.inbox.due()
    kit.take("last")
    async with asyncio.timeout(PATIENCE):
        await kit.inbox.due()


async def test_what_is_renamed_begins_a_batch() -> None:
    """Rows that were recorded under a name of before are in a batch of before, but those of one message stay together."""
    kit = JournalKit(WriteLimits())
    state = (datetime(2026, 11, 21, tzinfo=UTC), "light.a", "on", None, "{}")
    renaming = ("light.a", "light.b")
    for table, row in (
        (HA_RENAMES, renaming),
        (HA_STATES, state),
        (HA_RENAMES, renaming),
        (HA_RENAMES, renaming),
        (HA_STATES, state),
    ):
        kit.inbox.add(table, row)

    def handle() -> None:
        for table, row in ((HA_STATES, state), (HA_RENAMES, renaming)):
            kit.inbox.add(table, row)

    kit.journal.when_durable(handle, lambda: None)
    kit.inbox.add(HA_RENAMES, renaming)
    batches = []
    while kit.inbox:
        batches.append(kit.inbox.cut())
    sizes = [
        {table.name: len(rows) for table, rows in batch.rows.items()}
        for batch in batches
    ]
    assert sizes == [
        {"ha_renames": 1, "ha_states": 1},
        {"ha_renames": 3, "ha_states": 2},
        {"ha_renames": 1},
    ]


async def test_the_window_of_a_broker_is_learned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Half of what it has sent twice before it fell silent is a batch: it may send the other half meanwhile."""
    now = 1_000.0
    clock = SimpleNamespace(monotonic=lambda: now, time=lambda: now)
    monkeypatch.setattr(module, "time", clock)
    kit = JournalKit(WriteLimits(batch_age=3600, message_age=3600, message_pause=1))

    def take(messages: int) -> None:
        for _ in range(messages):
            kit.take(f"{kit.inbox.position}")

    async def is_due(at_a_time: int = 2) -> bool:
        try:
            async with asyncio.timeout(0.05):
                await kit.inbox.due(at_a_time=at_a_time)
        except TimeoutError:
            return False
        return True

    for _ in range(2):
        take(20)
        assert not await is_due()
        now += 1
        assert await is_due()
        kit.store()
    take(9)
    assert not await is_due()
    take(1)
    assert await is_due()
    # The disk is written alone.
    assert not await is_due(at_a_time=1)
    take(10)
    assert await is_due(at_a_time=1)
    # It was another one, or there are two.
    take(1)
    assert not await is_due()
    take(WriteLimits().batch_messages - 21)
    assert await is_due()
