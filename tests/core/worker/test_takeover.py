"""Two workers on one partition, whatever happens between them: each message is stored once, and none is missing.

The consumer is a model of a server's: it gives anything again, to whoever has the pin, as often as it likes, and begins
anew from what is acknowledged. Workers, their transactions and the database are real.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Final
from uuid import uuid4

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.maestra.core.nats.partition import (
    Delivered,
    Held,
    Partition,
    StreamSettings,
)
from custom_components.maestra.core.store.settings import StoreSettings
from tests.kits.log_reader import Reader, reader

pytestmark = pytest.mark.tables

SETTINGS: Final = StreamSettings()


class Consumer:
    """What a server knows of one partition: its messages have only some of the stream's numbers."""

    def __init__(self) -> None:
        self.messages: list[int] = []
        self.acknowledged: set[int] = set()
        self.times: dict[int, int] = {}
        """How often each was given that is not acknowledged."""
        self._order = 0
        self._given_up_to = 0

    @property
    def floor(self) -> int:
        """Up to where all is acknowledged."""
        floor = 0
        for number in self.messages:
            if number not in self.acknowledged:
                break
            floor = number
        return floor

    def publish(self, others: int) -> None:
        """Have one more, behind some of other partitions."""
        last = self.messages[-1] if self.messages else 0
        self.messages.append(last + 1 + others)

    def give(self) -> Delivered | None:
        """Give the next one."""
        new = (each for each in self.messages if each > self._given_up_to)
        if (number := next(new, None)) is None:
            return None
        self._given_up_to = number
        return self._given(number)

    def give_again(self, which: int) -> Delivered | None:
        """Give one again that is not acknowledged, in no order."""
        if not self.times:
            return None
        return self._given(sorted(self.times)[which % len(self.times)])

    def acknowledge(self, number: int) -> None:
        """Know that one is stored."""
        self.acknowledged.add(number)
        self.times.pop(number, None)

    def reset(self) -> None:
        """Begin anew behind what is acknowledged without a gap, and count from one."""
        self._given_up_to, self._order = self.floor, 0
        self.times.clear()

    def _given(self, number: int) -> Delivered:
        self._order += 1
        self.times[number] = self.times.get(number, 0) + 1
        return Delivered(0, self.times[number], number, self._order, 0)


class Workers:
    """Those who read it; one at a time has the pin."""

    def __init__(self, readers: tuple[Reader, Reader]) -> None:
        self.log = f"EVENTS {uuid4()} maestra p.0"
        self.consumer = Consumer()
        self._pinned = 0
        self._readers = readers
        self._partitions = [self._begin(number) for number in range(2)]
        self._partitions[0].now_ours("pin")

    def _begin(self, number: int) -> Partition:
        def acknowledge(_partition: Partition, held: Held) -> None:
            self.consumer.acknowledge(int(held.reply))

        self._readers[number].forget()
        return Partition(SETTINGS, 0, self.log, acknowledge)

    def _take(self, given: Delivered | None) -> None:
        if given is None:
            return
        partition = self._partitions[self._pinned]
        partition.held[given.sequence] = Held(str(given.sequence), 1)
        number = self._pinned
        if not self._readers[number].take_at(partition.place(given)):
            partition.acknowledge(given.sequence)

    def publish(self, number: int) -> None:
        self.consumer.publish(number)

    def give(self, number: int) -> None:
        for _ in range(number + 1):
            self._take(self.consumer.give())

    def give_again(self, number: int) -> None:
        self._take(self.consumer.give_again(number))

    def take_over(self, number: int) -> None:
        """Let the other one have it, while this one knows nothing of that: it stands still."""
        self._pinned = 1 - self._pinned
        if number % 2:
            self.consumer.reset()
        partition = self._partitions[self._pinned]
        partition.now_ours(str(uuid4()))
        partition.floor = self.consumer.floor

    def die(self, number: int) -> None:
        """Let one begin anew, without whatever it had."""
        self._partitions[number % 2] = self._begin(number % 2)
        if number % 2 == self._pinned:
            self.take_over(number)

    async def store(self, number: int) -> None:
        """Let one commit, or both at the same time."""
        who = (0, 1) if number == 2 else (number % 2,)
        await asyncio.gather(*(self._store(each, tells=True) for each in who))

    async def store_untold(self, number: int) -> None:
        """Let one commit whose acknowledgements are lost."""
        await self._store(number % 2, tells=False)

    async def _store(self, number: int, *, tells: bool) -> None:
        reader = self._readers[number]
        told = len(reader.acknowledged)
        await reader.write()
        for sequence in reader.acknowledged[told:] if tells else ():
            self._partitions[number].acknowledge(sequence)

    async def finish(self) -> None:
        """Let all that is left be stored, by whoever has it."""
        await self.store(2)
        while len(self.consumer.acknowledged) < len(self.consumer.messages):
            self.take_over(1)
            self.give(len(self.consumer.messages))
            await self.store(2)


STEPS: Final = (
    Workers.publish,
    Workers.publish,
    Workers.give,
    Workers.give,
    Workers.give_again,
    Workers.take_over,
    Workers.die,
    Workers.store,
    Workers.store,
    Workers.store_untold,
)


@pytest.fixture
async def readers(database: StoreSettings) -> AsyncGenerator[tuple[Reader, Reader]]:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(reader(database, "a"))
        yield first, await stack.enter_async_context(reader(database, "b"))


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(STEPS), st.integers(0, 2)), min_size=5, max_size=60
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_each_message_is_stored_once(
    readers: tuple[Reader, Reader], steps: list[tuple[object, int]]
) -> None:
    await readers[0].connection.execute("DELETE FROM device_metrics")
    workers = Workers(readers)
    for step, number in steps:
        done = step(workers, number)  # type: ignore[operator]
        if done is not None:
            await done
    await workers.finish()
    assert await readers[0].stored() == workers.consumer.messages
