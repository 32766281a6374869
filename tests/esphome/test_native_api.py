"""A board that Home Assistant knows twice: by ESPHome's native API, and as a device of Maestra."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from unittest.mock import AsyncMock, MagicMock, patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator
from zeroconf import Zeroconf

from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from tests.kits.esphome import INSTALLING, Node, needs_compiler
from tests.kits.hub_broker import MaestraKit

from .test_nodes import HARDWARE_ID, approve, node, program

__all__ = ["node", "program"]

ESPHOME = "esphome"
# What it is told to have beside itself: none of it is spoken to here.
NEIGHBOURS = ("assist_pipeline", "bluetooth", "intent", "ffmpeg", "zeroconf")

pytestmark = [needs_compiler, pytest.mark.xdist_group("esphome"), INSTALLING]


@pytest.fixture
def neighbours(hass: HomeAssistant) -> Generator[None]:
    """Keep Home Assistant's integration from everything but the board: Bluetooth, mDNS and sound are not there."""
    for domain in NEIGHBOURS:
        hass.config.components.add(domain)
    with (
        patch("homeassistant.components.esphome.ffmpeg_proxy.async_setup"),
        patch(
            "homeassistant.components.zeroconf.async_get_instance",
            AsyncMock(return_value=MagicMock(spec=Zeroconf)),
        ),
        patch("homeassistant.components.esphome.manager.bluetooth.async_remove_scanner"),
    ):  # fmt: skip
        yield


@asynccontextmanager
async def own_integration(
    hass: HomeAssistant, node: Node, hardware_id: str
) -> AsyncGenerator[MockConfigEntry]:
    """Add the board to Home Assistant's own integration."""
    entry = MockConfigEntry(
        domain=ESPHOME,
        title="Board",
        unique_id=hardware_id.lower(),
        data={CONF_HOST: "127.0.0.1", CONF_PORT: node.api_port, CONF_PASSWORD: ""},
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
async def by_native_api(
    hass: HomeAssistant, maestra: MaestraKit, node: Node, neighbours: None
) -> AsyncGenerator[MockConfigEntry]:
    """The board as Home Assistant's own integration has it."""
    async with own_integration(hass, node, HARDWARE_ID) as entry:
        await maestra.appears("number.fader_level")
        yield entry


async def test_both_are_shown_as_one_piece_of_hardware(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    maestra: MaestraKit,
    by_native_api: MockConfigEntry,
) -> None:
    await approve(maestra)
    await maestra.appears("binary_sensor.fader_connection")
    ours = maestra.device_id(maestra.domain.devices[HARDWARE_ID].id)
    (theirs,) = dr.async_entries_for_config_entry(
        dr.async_get(hass), by_native_api.entry_id
    )
    assert maestra.device(ours).connections == theirs.connections
    assert theirs.sw_version
    assert "2026.10.0" in theirs.sw_version

    await async_setup_component(hass, "config", {})
    client = await hass_ws_client(hass)
    for device, other in ((ours, theirs.id), (theirs.id, ours)):
        await client.send_json_auto_id(
            {"type": "config/device_registry/list_linked_devices", "device_id": device}
        )
        answer = await client.receive_json()
        assert answer["result"] == {"linked_devices": [other]}


async def test_a_value_is_the_same_by_both(
    maestra: MaestraKit, by_native_api: MockConfigEntry
) -> None:
    await approve(maestra)
    await maestra.appears("number.fader_level_2")

    await maestra.call("number.set_value", "number.fader_level", value=42)

    await maestra.state_is("number.fader_level_2", "42")

    await maestra.call("number.set_value", "number.fader_level_2", value=43)

    await maestra.state_is("number.fader_level", "43.0")
