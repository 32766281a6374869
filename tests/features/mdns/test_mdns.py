"""A hub on the local network: announced, and heard of devices. The multicast is real, on the loopback interface."""

from collections.abc import AsyncGenerator
import socket
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from zeroconf import IPVersion
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from custom_components.maestra.core.domain.device import PENDING
from custom_components.maestra.features.entities.repairs import DEVICE_WAITING
from custom_components.maestra.features.mdns.manager import MdnsManager
from custom_components.maestra.hub.issues import device_issue_id
from homeassistant.components.zeroconf.const import DATA_INSTANCE
from homeassistant.components.zeroconf.models import HaAsyncZeroconf, HaZeroconf
from homeassistant.core import HomeAssistant

from ...kits.forms import until
from ...kits.hub import unload
from ...kits.multicast import multicast
from ...kits.process import free_port
from ...test_repairs import issues

__all__ = ["multicast"]

pytestmark = pytest.mark.usefixtures("multicast", "shared")

LOOPBACK = "127.0.0.1"
SERVER = "_maestra._tcp.local."
DEVICES = "_maestra-device._tcp.local."


@pytest.fixture
async def shared(hass: HomeAssistant, multicast: None) -> AsyncGenerator[None]:
    """Home Assistant's own zeroconf, on the loopback interface only."""
    instance = HaAsyncZeroconf(
        zc=HaZeroconf(interfaces=[LOOPBACK], ip_version=IPVersion.V4Only)
    )
    hass.data[DATA_INSTANCE] = instance
    hass.config.components.add("zeroconf")
    yield
    await instance.ha_async_close()


@pytest.fixture
async def neighbour(multicast: None) -> AsyncGenerator[AsyncZeroconf]:
    """Somebody else on the network."""
    instance = AsyncZeroconf(interfaces=[LOOPBACK], ip_version=IPVersion.V4Only)
    yield instance
    await instance.async_close()


@pytest.fixture
def hub_options() -> dict[str, Any]:
    return {
        "fleet_api": {"enabled": True, "host": "0.0.0.0", "port": free_port()},
        "websocket": {"enabled": True, "host": "0.0.0.0", "port": free_port()},
    }


async def announce(hub: MockConfigEntry) -> None:
    """Let the hub announce what can be reached now."""
    manager = hub.runtime_data.manager(MdnsManager)
    manager.refresh()
    await manager._task


async def announced(
    hass: HomeAssistant, hub: MockConfigEntry, neighbour: AsyncZeroconf
) -> AsyncServiceInfo | None:
    """Return what the neighbour hears of the hub, once it has announced what it wants."""
    await until(hass, lambda: hub.runtime_data.links.get("fleet_api").connected)
    await announce(hub)
    found = AsyncServiceInfo(SERVER, f"Maestra.{SERVER}")
    return found if await found.async_request(neighbour.zeroconf, 30_000) else None


async def test_clients_find_the_hub(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    hub_options: dict[str, Any],
    neighbour: AsyncZeroconf,
) -> None:
    found = await announced(hass, hub, neighbour)

    assert found
    assert found.port == hub_options["fleet_api"]["port"]
    records = found.decoded_properties
    assert records["api_url"] == records["apiUrl"]
    assert str(records["api_url"]).endswith(f":{found.port}")
    assert str(records["wsUrl"]).endswith(f":{hub_options['websocket']['port']}")
    assert records["version"] == "0.1.0"

    await unload(hass, hub)
    assert not hass.data[DATA_INSTANCE].zeroconf.registry.async_get_service_infos()


async def test_who_listens_to_this_machine_only_tells_nobody(
    hass: HomeAssistant, hub: MockConfigEntry, hub_options: dict[str, Any]
) -> None:
    await until(hass, lambda: hub.runtime_data.links.get("fleet_api").connected)
    own = hub_options["fleet_api"] | {"host": LOOPBACK}

    hass.config_entries.async_update_entry(hub, options={"fleet_api": own})
    await hass.async_block_till_done(wait_background_tasks=False)
    await until(hass, lambda: hub.runtime_data.links.get("fleet_api").connected)
    await announce(hub)

    assert not hass.data[DATA_INSTANCE].zeroconf.registry.async_get_service_infos()


async def test_a_device_on_the_network_asks_to_be_let_in(
    hass: HomeAssistant, hub: MockConfigEntry, neighbour: AsyncZeroconf
) -> None:
    board = AsyncServiceInfo(
        DEVICES,
        f"entrance.{DEVICES}",
        port=80,
        addresses=[socket.inet_aton(LOOPBACK)],
        properties={"hardware_id": "AA:01", "name": "Entrance"},
        server="entrance.local.",
    )
    await (await neighbour.async_register_service(board))

    devices = hub.runtime_data.domain.devices
    await until(hass, lambda: devices.get("AA:01"))

    assert devices["AA:01"].status == PENDING
    assert issues(hass) == {device_issue_id(DEVICE_WAITING, "AA:01")}
