"""A controller that is set up."""

from collections.abc import AsyncGenerator

import pytest

from ...kits.f2_device import F2Device, add_controller, carry_f2, f2_device
from ...kits.hub_broker import MaestraKit

LOCK = "lock.gate_j1_front_door"


@pytest.fixture
async def gate(maestra: MaestraKit) -> AsyncGenerator[F2Device]:
    """A controller that is set up, and answers."""
    add_controller(maestra.hass, maestra.entry)
    async with f2_device(maestra.broker) as device:
        await carry_f2(maestra)
        await maestra.state_is(LOCK, "locked")
        yield device
