"""Where devices are told to find everything."""

from typing import Any

from aiohttp import ClientSession
import pytest

from custom_components.maestra.hub.hub import Hub
from custom_components.maestra.hub.listeners import seen_from_outside

from ..kits.hub_broker import MaestraKit

LISTENER = {
    "enabled": True,
    "host": "127.0.0.1",
    "port": 0,
    "networks": ["127.0.0.0/8"],
}


@pytest.fixture
def hub_options() -> dict[str, object]:
    """Both HTTP listeners, each on a free port."""
    return {"fleet_api": LISTENER, "websocket": LISTENER}


async def listening(maestra: MaestraKit) -> tuple[Hub, int, int]:
    """Wait for both; returns their ports."""
    hub: Hub = maestra.entry.runtime_data
    links: list[Any] = [hub.links.get(key) for key in ("fleet_api", "websocket")]
    await maestra.until(lambda: all(link.connected for link in links), "both listeners")
    return hub, links[0].port, links[1].port


async def test_endpoints_are_on_the_host_that_is_asked_for(maestra: MaestraKit) -> None:
    hub, api, websocket = await listening(maestra)
    assert hub.endpoints("studio.local") == {
        "api_url": f"http://studio.local:{api}",
        "nats_url": None,
        "mqtt_broker": "studio.local",
        "mqtt_port": maestra.broker.port,
        "ws_url": f"ws://studio.local:{websocket}",
    }
    assert hub.endpoints("fd00::1")["api_url"] == f"http://[fd00::1]:{api}"


async def test_device_is_told_what_it_calls_us(maestra: MaestraKit) -> None:
    _, api, websocket = await listening(maestra)
    device = maestra.domain.devices.discover(
        {"name": "Node", "device_type": "esp32", "hardware_id": "AA:01"}
    )
    await maestra.act("approve_device", device="AA:01")
    url = f"http://127.0.0.1:{api}/devices/{device.id}/provision"
    async with (
        ClientSession() as session,
        session.get(url, headers={"Host": f"studio.local:{api}"}) as response,
    ):
        answer = await response.json()
    assert answer["api_url"] == f"http://studio.local:{api}"
    assert answer["ws_url"] == f"ws://studio.local:{websocket}"
    assert answer["mqtt_broker"] == "studio.local"


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("127.0.0.1", "us"),
        ("::1", "us"),
        ("localhost", "us"),
        ("core-mosquitto", "us"),
        ("192.168.1.5", "192.168.1.5"),
        ("fd00::5", "fd00::5"),
        ("broker.example", "broker.example"),
    ],
)
def test_this_machine_has_the_name_that_others_call_it(name: str, seen: str) -> None:
    assert seen_from_outside(name, "us") == seen
