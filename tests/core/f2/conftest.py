"""A broker, and a source on it."""

from collections.abc import AsyncGenerator

import pytest

from tests.kits.broker import Broker
from tests.kits.f2 import F2Kit, f2_on_broker


@pytest.fixture
async def f2(broker: Broker) -> AsyncGenerator[F2Kit]:
    """A source without a database."""
    async with f2_on_broker(broker) as kit:
        yield kit
