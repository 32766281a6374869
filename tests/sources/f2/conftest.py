"""A broker, and a source on it."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.kits.broker import Broker
from tests.kits.f2 import F2Kit, f2_on_broker


@pytest.fixture
async def broker(socket_enabled: None, tmp_path: Path) -> AsyncGenerator[Broker]:
    """A broker."""
    async with Broker(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
async def f2(broker: Broker) -> AsyncGenerator[F2Kit]:
    """A source without a database."""
    async with f2_on_broker(broker) as kit:
        yield kit
