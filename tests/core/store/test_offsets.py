"""Messages of a log that several writers are given: each is stored once, whoever has it first."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

import asyncpg
import pytest

from custom_components.maestra.core.store.connection import TRANSACTION_PATIENCE
from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.core.store.writer import Writer, Written
from tests.kits.log_reader import Reader, reader

pytestmark = pytest.mark.tables


@pytest.fixture
async def readers(database: StoreSettings) -> AsyncGenerator[tuple[Reader, Reader]]:
    """Two that read the same logs."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(reader(database, "a"))
        yield first, await stack.enter_async_context(reader(database, "b"))


async def test_what_another_has_stored_is_acknowledged_and_not_stored(
    readers: tuple[Reader, Reader],
) -> None:
    first, second = readers
    first.take_all([1, 2, 3])
    assert await first.write() == Written(rows=3)
    second.take_all([1, 2, 3])
    assert await second.write() == Written(repeated=3)
    assert second.acknowledged == [1, 2, 3]
    assert await second.stored() == [1, 2, 3]


async def test_who_stood_still_meanwhile_stores_what_is_left(
    readers: tuple[Reader, Reader],
) -> None:
    """It has what another was given as well, some of it before and some after."""
    first, second = readers
    first.take_all([1, 2, 3, 4, 9])
    second.take_all([2, 3])
    await second.write()
    assert await first.write() == Written(rows=3, repeated=2)
    assert await first.stored() == [1, 2, 3, 4, 9]
    assert first.acknowledged == [1, 2, 3, 4, 9]


async def test_all_rows_of_a_message_share_its_fate(
    readers: tuple[Reader, Reader],
) -> None:
    first, second = readers
    first.take(1, rows=3)
    first.take(2, rows=2)
    second.take(1, rows=3)
    await second.write()
    assert await first.write() == Written(rows=2, repeated=3)
    assert await first.stored() == [1, 1, 1, 2, 2]


async def test_it_is_given_again_in_a_count_that_begins_anew(
    readers: tuple[Reader, Reader],
) -> None:
    """As after a consumer was reset: nothing says that it came before."""
    first, _ = readers
    first.take(1)
    first.take(1)
    assert await first.write() == Written(rows=1)
    assert first.acknowledged == [1, 1]
    assert not first.take(1)


async def test_messages_without_rows_leave_no_gap(
    readers: tuple[Reader, Reader],
) -> None:
    """What has no rows is acknowledged, and comes no more."""
    first, _ = readers
    first.take(1)
    assert not first.take(4, after=1, rows=0)
    assert not first.take(5, after=4, rows=0)
    first.take(8, after=5)
    await first.write()
    assert await first.offsets() == "{[0,9)}"


async def test_a_gap_is_closed_by_what_is_done_with(
    readers: tuple[Reader, Reader],
) -> None:
    """Who takes over does not know what was before its first message."""
    first, second = readers
    first.take_all([1, 2])
    await first.write()
    second.take(9)
    await second.write()
    assert await first.offsets() == "{[0,3),[9,10)}"
    first.take(12, after=9, floor=9)
    await first.write()
    assert await first.offsets() == "{[0,13)}"


async def test_rows_are_not_written_one_by_one_for_it(
    readers: tuple[Reader, Reader], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither is at fault: not for the first message of a log, nor where another one was quicker."""
    ways: list[str] = []
    commit = Writer._commit

    async def noted(
        self: Writer, connection: asyncpg.Connection, batches: object, way: object
    ) -> Written:
        ways.append(getattr(way, "__name__", "fast"))
        return await commit(self, connection, batches, way)  # type: ignore[arg-type]

    monkeypatch.setattr(Writer, "_commit", noted)
    first, second = readers
    first.take_all([1, 2])
    await first.write()
    second.take_all([1, 2, 3])
    await second.write()
    first.take(4, after=3)
    await first.write()
    assert ways == ["fast"] * 5


async def test_a_log_that_was_made_anew_has_other_messages(
    readers: tuple[Reader, Reader],
) -> None:
    first, _ = readers
    first.take_all([1, 2])
    await first.write()
    first.take(1, log="EVENTS 2026-12-02T00:00:00Z maestra p.0")
    assert await first.write() == Written(rows=1)
    assert await first.stored() == [1, 1, 2]


async def test_a_batch_may_be_of_several_logs(readers: tuple[Reader, Reader]) -> None:
    first, second = readers
    second.take(1, log="b")
    await second.write()
    for log in ("c", "b", "a"):
        first.take(1, log=log)
    assert await first.write() == Written(rows=2, repeated=1)
    assert len(await first.stored()) == 3


async def test_a_batch_whose_answer_was_lost_is_written_once(
    readers: tuple[Reader, Reader],
) -> None:
    """It is committed, and nobody was told: it is tried again as it is."""
    first, _ = readers
    first.take_all([1, 2])
    batch = first.inbox.cut()
    await first.writer.write(first.connection, batch)
    assert await first.writer.write(first.connection, batch) == Written(rows=2)
    assert await first.stored() == [1, 2]


async def test_who_stands_still_in_a_transaction_loses_it(
    readers: tuple[Reader, Reader],
) -> None:
    """Others wait for what it has locked."""
    first, _ = readers
    found = await first.connection.fetchval("SHOW idle_in_transaction_session_timeout")
    assert found == f"{TRANSACTION_PATIENCE.seconds}s"
