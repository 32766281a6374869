"""A broker, with or without a database behind the source."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.core.store.store import Store
from scripts.catalogue import STORE_CATALOGUE
from tests.kits.broker import Broker
from tests.kits.qs import QsKit, qs_on_broker
from tests.kits.store import QUICK


@pytest.fixture
async def qs(broker: Broker, tmp_path: Path) -> AsyncGenerator[QsKit]:
    """A source without a database."""
    async with qs_on_broker(broker, tmp_path) as kit:
        yield kit


@pytest.fixture
def store(database: StoreSettings, tmp_path: Path) -> Store:
    """A store that does not run yet."""
    return Store(
        database,
        tmp_path / "spool",
        catalogue=STORE_CATALOGUE,
        writer="tests",
        limits=QUICK,
    )


@pytest.fixture
async def stored(broker: Broker, tmp_path: Path, store: Store) -> AsyncGenerator[QsKit]:
    """A source that records."""
    async with qs_on_broker(broker, tmp_path, store=store) as kit:
        yield kit
