"""Binary sensors: outputs that are true or false, devices and links."""

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from tests.kits.maestra import MaestraKit


@pytest.fixture
def platform() -> Platform:
    return Platform.BINARY_SENSOR


async def test_everything_of_the_sample_show(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
    sample_show: MockConfigEntry,
) -> None:
    await snapshot_platform(hass, entity_registry, snapshot, sample_show.entry_id)


async def test_an_output_that_is_true_or_false(maestra: MaestraKit) -> None:
    await maestra.update("gate", open=True)
    await maestra.state_is("binary_sensor.gate_open", "on")

    await maestra.update("gate", open=False)
    await maestra.state_is("binary_sensor.gate_open", "off")


async def test_what_is_neither_true_nor_false_is_unknown(maestra: MaestraKit) -> None:
    await maestra.act(
        "create_entity",
        name="Gate",
        entity_type="sensor",
        variables=[{"name": "open", "type": "boolean", "direction": "output"}],
    )
    await maestra.update("gate", open=True)
    await maestra.state_is("binary_sensor.gate_open", "on")

    await maestra.update("gate", open=0)

    await maestra.state_is("binary_sensor.gate_open", "unknown")


async def test_a_device_is_connected_while_it_is_heard(maestra: MaestraKit) -> None:
    await maestra.register("AA:01", "Entrance")
    await maestra.state_is("binary_sensor.entrance_connection", "on")

    await maestra.device("heartbeat", "AA:01", status="offline")
    await maestra.state_is("binary_sensor.entrance_connection", "off")

    await maestra.device("heartbeat", "AA:01")
    await maestra.state_is("binary_sensor.entrance_connection", "on")
