"""Packages on a real node whose lines are terminals: lamps on DMX, an electricity meter on Modbus, a display for the ISS."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
import struct

import pytest

from homeassistant.const import STATE_OFF
from homeassistant.core import HomeAssistant
from scripts.nodes import build_node
from scripts.simulators.f2_controller import checksum
from tests.kits.esphome import INSTALLING, DmxLamps, ModbusSensors, Node, needs_compiler
from tests.kits.hub_broker import MaestraKit

from .test_native_api import neighbours, own_integration

__all__ = ["neighbours"]

HARDWARE_ID = "02:4D:41:45:53:05"
CHANNELS = 64
REGISTERS = 80
# Where the meter has what, in registers of 16 bits.
MEASURED = {0x00: 231.5, 0x06: 2.25, 0x0C: 520.0, 0x48: 1234.5}
ISS = {"latitude": -12.34, "longitude": 120.9, "altitude": 418.6, "velocity": 27576}

pytestmark = [needs_compiler, pytest.mark.xdist_group("esphome"), INSTALLING]


@dataclass
class Plant:
    """The node, and what hangs on its lines."""

    node: Node
    lamps: DmxLamps
    meter: ModbusSensors


@pytest.fixture(scope="session")
def program() -> Path:
    """What the node runs."""
    return build_node(Path(__file__).with_name("plant_node.yaml"))


def answer() -> bytes:
    """What the meter answers: all that it measures, as numbers of four bytes."""
    registers = bytearray(2 * REGISTERS)
    for register, value in MEASURED.items():
        struct.pack_into(">f", registers, 2 * register, value)
    frame = bytes([1, 4, len(registers)]) + registers
    return frame + checksum(frame).to_bytes(2, "little")


@pytest.fixture
async def plant(
    program: Path, maestra: MaestraKit, tmp_path: Path
) -> AsyncGenerator[Plant]:
    """A node that has been let in."""
    async with AsyncExitStack() as running:
        lamps = running.enter_context(DmxLamps(tmp_path / "dmx", CHANNELS))
        meter = running.enter_context(ModbusSensors(tmp_path / "bus", {1: answer()}))
        node = await running.enter_async_context(
            Node(
                program,
                maestra.broker,
                tmp_path,
                DMX_PORT=str(lamps.link),
                METER_PORT=str(meter.link),
            )
        )
        await maestra.mqtt.receives(
            f"maestra/errors/{HARDWARE_ID}", code="device_pending"
        )
        await maestra.act("approve_device", device=HARDWARE_ID)
        await maestra.state_is("light.plant", STATE_OFF)
        yield Plant(node, lamps, meter)


async def test_a_light_is_channels_of_dmx(maestra: MaestraKit, plant: Plant) -> None:
    await plant.lamps.show({1: 0, 2: 0, 3: 0})

    await maestra.call(
        "light.turn_on", "light.plant", brightness=255, rgb_color=[255, 0, 128]
    )
    await plant.lamps.show({1: 255, 2: 0, 3: 128, 4: 0})

    await maestra.mqtt.publish("hand/channel", "200")
    await plant.lamps.show({3: 128, 7: 200})

    await maestra.call("light.turn_off", "light.plant")
    await plant.lamps.show({1: 0, 3: 0, 7: 200})
    assert plant.lamps.frames > 3


async def test_a_meter_is_read(maestra: MaestraKit, plant: Plant) -> None:
    for name, value, unit in (
        ("voltage", "231.5", "V"),
        ("current", "2.25", "A"),
        ("power", "520", "W"),
        ("energy", "1234.5", "kWh"),
    ):
        await maestra.state_is(
            f"sensor.plant_{name}", value, unit_of_measurement=unit, device_class=name
        )
    assert set(plant.meter.asked) == {
        frame + checksum(frame).to_bytes(2, "little")
        for frame in [bytes([1, 4, 0, 0, 0, REGISTERS])]
    }


async def test_a_display_says_where_the_iss_is(
    hass: HomeAssistant, maestra: MaestraKit, plant: Plant, neighbours: None
) -> None:
    for name, value in ISS.items():
        hass.states.async_set(f"sensor.international_space_station_{name}", str(value))
    async with own_integration(hass, plant.node, HARDWARE_ID):
        await plant.node.logged("12.3S 120.9E")
        await plant.node.logged("419 km high")
        await plant.node.logged("27576 km/h")

        await maestra.update("iss-display-message", message="Doors open")
        await plant.node.logged("Doors open")

        hass.states.async_set(
            "sensor.international_space_station_altitude", "unavailable"
        )
        await plant.node.logged("no signal")
