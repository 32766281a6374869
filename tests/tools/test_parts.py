"""What a development server is made of starts side by side, each part after those that it needs."""

import asyncio
from collections.abc import Mapping
from typing import cast

import pytest

from scripts.stack.__main__ import start_parts
from scripts.stack.context import Context
from scripts.stack.services import PARTS, Part
from scripts.stack.supervisor import ServiceFailed

CONTEXT = cast(Context, None)


class Service:
    """Is up when it is let go."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.let_go = asyncio.Event()
        self.failure: Exception | None = None
        self.was_cancelled = False

    async def start(self, context: Context) -> None:
        self.begun.set()
        try:
            await self.let_go.wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        if self.failure:
            raise self.failure

    def facts(self, context: Context) -> Mapping[str, object]:
        return {}


def test_what_is_needed_comes_before() -> None:
    known: set[str] = set()
    for part in PARTS:
        assert known.issuperset(part.after), part.name
        known.add(part.name)
    assert len(known) == len(PARTS)


async def test_parts_start_side_by_side() -> None:
    first, second, last = services = [Service() for _ in range(3)]
    parts = [
        Part(name="first", service=first),
        Part(name="second", service=second),
        Part(name="last", service=last, after=("first", "second")),
    ]
    starting = asyncio.create_task(start_parts(CONTEXT, parts))
    await first.begun.wait()
    await second.begun.wait()
    second.let_go.set()
    await asyncio.sleep(0)
    assert not last.begun.is_set()
    first.let_go.set()
    await last.begun.wait()
    last.let_go.set()
    await starting
    assert not any(service.was_cancelled for service in services)


async def test_one_that_fails_ends_the_others() -> None:
    failing, other, after = Service(), Service(), Service()
    failing.failure = ServiceFailed("the port is taken")
    failing.let_go.set()
    parts = [
        Part(name="failing", service=failing),
        Part(name="other", service=other),
        Part(name="after", service=after, after=("failing",)),
    ]
    with pytest.raises(ServiceFailed, match="the port is taken"):
        await start_parts(CONTEXT, parts)
    assert other.was_cancelled
    assert not after.begun.is_set()
