"""A Fleet API to speak to."""

from collections.abc import AsyncGenerator

import pytest

from ...kits.fleet import FleetKit


@pytest.fixture
async def fleet() -> AsyncGenerator[FleetKit]:
    """A Fleet API with an empty domain and no database."""
    async with FleetKit.running() as kit:
        yield kit
