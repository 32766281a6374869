"""Fixtures of the telemetry's tests."""

from collections.abc import AsyncGenerator

import pytest

from tests.kits.lightstreamer import Feed, IssKit, iss_on_feed


@pytest.fixture
async def feed() -> AsyncGenerator[Feed]:
    """A feed that knows the tank."""
    async with Feed() as running:
        running.measure("NODE3000005", "19")
        yield running


@pytest.fixture
async def iss(feed: Feed) -> AsyncGenerator[IssKit]:
    """A source that is connected to it."""
    async with iss_on_feed(feed) as kit:
        await kit.connected()
        yield kit
