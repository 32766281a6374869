"""The Fleet API under Home Assistant's own server."""

from collections.abc import Mapping
from typing import Any

from aiohttp.test_utils import TestClient
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.maestra.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from ...kits.hub import HubKit

MOUNT = "/api/maestra"
NODE = {"name": "Node", "device_type": "esp32", "hardware_id": "AA/01"}

type Client = TestClient[Any, Any]


@pytest.fixture
async def admin(
    hub_kit: HubKit, hass_client: ClientSessionGenerator, socket_enabled: None
) -> Client:
    """An administrator's client."""
    return await hass_client()


@pytest.fixture
async def guest(
    hub_kit: HubKit,
    hass_client: ClientSessionGenerator,
    hass_read_only_access_token: str,
    socket_enabled: None,
) -> Client:
    """The client of a user who administers nothing."""
    return await hass_client(hass_read_only_access_token)


async def ask(
    client: Client, method: str, path: str, body: Any = None, **options: Any
) -> tuple[int, Any]:
    async with client.request(
        method, f"{MOUNT}{path}", json=body, **options
    ) as response:
        return response.status, await response.json()


async def test_same_table_as_on_its_own_port(admin: Client, hub_kit: HubKit) -> None:
    status, device = await ask(admin, "POST", "/devices/register", NODE)
    assert (status, device["hardware_id"]) == (200, "AA/01")
    assert await ask(admin, "GET", f"/devices/{device['id']}") == (200, device)
    await ask(admin, "POST", f"/devices/{device['id']}/block")
    assert await ask(admin, "DELETE", "/devices/blocked/AA%2F01") == (
        200,
        {"status": "unblocked", "hardware_id": "AA/01"},
    )
    assert await ask(admin, "GET", "/nowhere") == (404, {"detail": "Not Found"})
    assert (await ask(admin, "PATCH", "/devices", {}))[0] == 405
    assert (await ask(admin, "PUT", "/devices/x/provision", {}))[0] == 422
    assert list(hub_kit.domain.devices) == []


async def test_state_is_changed(admin: Client, hub_kit: HubKit) -> None:
    await hub_kit.light("wash-1")
    entity = hub_kit.domain.entities["wash-1"]
    status, answer = await ask(
        admin, "PATCH", f"/entities/{entity.id}/state", {"state": {"brightness": 50}}
    )
    assert (status, answer["state"]["brightness"]) == (200, 50)
    assert entity.state["brightness"] == 50


async def test_slash_too_many_stays_below_the_mount(admin: Client) -> None:
    async with admin.get(f"{MOUNT}/devices/?limit=1", allow_redirects=False) as answer:
        assert answer.status == 307
        assert answer.headers["Location"] == f"{MOUNT}/devices?limit=1"


async def test_document_is_of_the_mount(admin: Client) -> None:
    _, document = await ask(admin, "GET", "/openapi.json")
    assert document["servers"] == [{"url": MOUNT}]
    async with admin.get(f"{MOUNT}/docs") as page:
        assert f'href="{MOUNT}/openapi.json"' in await page.text()


async def test_guest_reads_but_changes_nothing(guest: Client, hub_kit: HubKit) -> None:
    refused = {"detail": "Only administrators may change anything"}
    assert (await ask(guest, "GET", "/entities"))[0] == 200
    for method, path, body in (
        ("POST", "/devices/register", NODE),
        ("PUT", "/nowhere", {}),
        ("PATCH", "/nowhere", {}),
        ("DELETE", "/devices/blocked/AA", None),
    ):
        assert await ask(guest, method, path, body) == (403, refused)
    assert list(hub_kit.domain.devices) == []


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}])
@pytest.mark.usefixtures("hub_kit", "socket_enabled")
async def test_strangers_are_not_let_in(
    hass_client_no_auth: ClientSessionGenerator, headers: Mapping[str, str]
) -> None:
    client = await hass_client_no_auth()
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        async with client.request(
            method, f"{MOUNT}/entities", headers=headers
        ) as answer:
            assert answer.status == 401


async def test_follows_the_hub(
    hass: HomeAssistant, admin: Client, hub: MockConfigEntry
) -> None:
    await ask(admin, "POST", "/devices/register", NODE)
    await hass.config_entries.async_unload(hub.entry_id)
    assert await ask(admin, "GET", "/devices") == (
        503,
        {"detail": "Maestra is not loaded"},
    )
    await hass.config_entries.async_setup(hub.entry_id)
    _, devices = await ask(admin, "GET", "/devices")
    assert [device["hardware_id"] for device in devices] == ["AA/01"]


@pytest.mark.usefixtures("socket_enabled")
async def test_without_a_hub(
    hass: HomeAssistant, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    status, _ = await ask(await hass_client(), "GET", "/health")
    assert status == 503


@pytest.mark.parametrize("host", ["[", "a b", "[::1"])
async def test_a_host_that_is_none_breaks_nothing(
    admin: Client, hub_kit: HubKit, host: str
) -> None:
    _, device = await ask(admin, "POST", "/devices/discover", NODE)
    await hub_kit.act("approve_device", device="AA/01")
    async with admin.get(
        f"{MOUNT}/devices/{device['id']}/provision", headers={"Host": host}
    ) as answer:
        assert answer.status in (200, 400)


async def test_device_gets_what_it_needs_to_know(
    admin: Client, hub_kit: HubKit
) -> None:
    """Where to reach everything; and its secrets, as it is the one that asked."""
    _, device = await ask(admin, "POST", "/devices/discover", NODE)
    await hub_kit.act("approve_device", device="AA/01", env_vars={"KEY": "tigers"})
    status, answer = await ask(admin, "GET", f"/devices/{device['id']}/provision")
    assert status == 200
    assert answer == {
        "device_id": device["id"],
        "provision_status": "provisioned",
        "api_url": f"http://127.0.0.1:{admin.port}{MOUNT}",
        "nats_url": None,
        "mqtt_broker": None,
        "mqtt_port": None,
        "ws_url": None,
        "entity_id": None,
        "env_vars": {"KEY": "tigers"},
    }
