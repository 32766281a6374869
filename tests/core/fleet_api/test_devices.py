"""Devices over REST (maestra.md §1.2)."""

from typing import Any

import pytest

from custom_components.maestra.core.domain.clock import wire_time
from custom_components.maestra.core.domain.device import Device

from ...kits.fleet import FleetKit

NODE: dict[str, Any] = {
    "name": "Node",
    "device_type": "esp32",
    "hardware_id": "AA:01",
    "firmware_version": "1.2",
    "ip_address": "192.168.1.20",
    "location": {"room": "hall"},
    "metadata": {"universe": 1},
}
NOBODY = "3f0c7a52-1f0b-4f1c-9a55-0c2f6c1f6a01"
NOT_FOUND = (404, {"detail": "Device not found"})


@pytest.fixture
def node(fleet: FleetKit) -> Device:
    """A device that registered itself."""
    return fleet.domain.devices.register(NODE)


@pytest.fixture
def waiting(fleet: FleetKit) -> Device:
    """A device that waits for approval."""
    return fleet.domain.devices.discover({**NODE, "hardware_id": "BB:02"})


async def test_register(fleet: FleetKit) -> None:
    status, answer = await fleet.post("/devices/register", {**NODE, "unknown": 1})
    (device,) = fleet.domain.devices
    assert status == 200
    assert answer == {
        "id": device.id,
        **NODE,
        "status": "online",
        "last_seen": wire_time(device.created_at),
        "created_at": wire_time(device.created_at),
        "updated_at": wire_time(device.created_at),
    }
    assert device.gateway == "fleet_api"


async def test_register_with_the_least(fleet: FleetKit) -> None:
    least = {"name": "N", "device_type": "t", "hardware_id": "h", "metadata": None}
    _, answer = await fleet.post("/devices/register", least)
    assert answer["metadata"] == {}
    assert (
        answer["location"] is answer["firmware_version"] is answer["ip_address"] is None
    )


async def test_register_again_is_a_conflict(fleet: FleetKit, node: Device) -> None:
    status, answer = await fleet.post("/devices/register", NODE)
    assert (status, answer) == (409, {"detail": "Device AA:01 already exists"})


async def test_list_by_name(fleet: FleetKit) -> None:
    register = fleet.domain.devices.register
    for name, kind in (("C", "a"), ("A", "b"), ("B", "a")):
        register({"name": name, "device_type": kind, "hardware_id": name})
    fleet.domain.devices.heartbeat("B", status="error")

    async def names(query: str) -> list[str]:
        _, answer = await fleet.get(f"/devices{query}")
        return [device["name"] for device in answer]

    assert await names("") == ["A", "B", "C"]
    assert await names("?device_type=a") == ["B", "C"]
    assert await names("?status=error") == ["B"]
    assert await names("?limit=1&offset=1") == ["B"]
    assert await names("?device_type=none") == []


@pytest.mark.parametrize("query", ["limit=-1", "limit=x", "offset=-1", "limit=1.5"])
async def test_bad_page(fleet: FleetKit, query: str) -> None:
    status, answer = await fleet.get(f"/devices?{query}")
    assert status == 422
    assert answer["detail"][0]["loc"] == ["query", query.partition("=")[0]]


async def test_get(fleet: FleetKit, node: Device) -> None:
    assert await fleet.get(f"/devices/{node.id}") == (200, node.to_wire())
    assert await fleet.get(f"/devices/{node.id.upper()}") == (200, node.to_wire())
    assert await fleet.get(f"/devices/{NOBODY}") == NOT_FOUND
    status, answer = await fleet.get("/devices/AA:01")
    assert (status, answer["detail"][0]["type"]) == (422, "uuid_parsing")


@pytest.mark.parametrize("key", ["hardware_id", "device_id"])
async def test_heartbeat(fleet: FleetKit, node: Device, key: str) -> None:
    said = {
        key: {"hardware_id": "AA:01", "device_id": node.id}[key],
        "status": "maintenance",
        "metadata": {"rssi": -60},
    }
    answer = await fleet.post("/devices/heartbeat", said)
    assert answer == (200, {"status": "ok", "device_id": node.id})
    assert node.status == "maintenance"
    assert node.metadata == {"universe": 1, "rssi": -60}


async def test_heartbeat_alone_is_online(fleet: FleetKit, node: Device) -> None:
    fleet.domain.devices.heartbeat("AA:01", status="error")
    await fleet.post("/devices/heartbeat", {"hardware_id": "AA:01"})
    assert node.status == "online"


async def test_refused_heartbeat(fleet: FleetKit) -> None:
    assert await fleet.post("/devices/heartbeat", {"hardware_id": "ZZ"}) == NOT_FOUND
    assert await fleet.post("/devices/heartbeat", {"device_id": NOBODY}) == NOT_FOUND
    status, answer = await fleet.post("/devices/heartbeat", {})
    assert status == 422
    assert answer["detail"][0]["loc"] == ["body", "hardware_id"]
    assert answer["detail"][0]["type"] == "missing"


async def test_delete(fleet: FleetKit, node: Device) -> None:
    answer = await fleet.delete(f"/devices/{node.id}")
    assert answer == (200, {"status": "deleted", "device_id": node.id})
    assert await fleet.delete(f"/devices/{node.id}") == NOT_FOUND


async def test_discover_again_refreshes(fleet: FleetKit) -> None:
    status, first = await fleet.post("/devices/discover", NODE)
    assert (status, first["status"]) == (200, "pending")
    _, again = await fleet.post(
        "/devices/discover", {**NODE, "name": "Other", "ip_address": "192.168.1.21"}
    )
    assert (again["id"], again["name"]) == (first["id"], "Node")
    # As long as it waits it is where it came from, whatever is said in its name.
    assert again["ip_address"] == "127.0.0.1"
    await fleet.post(f"/devices/{first['id']}/approve")
    moved = {**NODE, "ip_address": "192.168.1.21"}
    assert (await fleet.post("/devices/discover", moved))[1]["ip_address"] == (
        "192.168.1.21"
    )


async def test_pending_newest_first(fleet: FleetKit, node: Device) -> None:
    for hardware_id in ("1", "2"):
        await fleet.post("/devices/discover", {**NODE, "hardware_id": hardware_id})
    _, answer = await fleet.get("/devices/pending")
    assert [device["hardware_id"] for device in answer] == ["2", "1"]


async def test_reject(fleet: FleetKit, node: Device, waiting: Device) -> None:
    answer = await fleet.post(f"/devices/{waiting.id}/reject")
    assert answer == (200, {"status": "rejected", "device_id": waiting.id})
    assert await fleet.post(f"/devices/{waiting.id}/reject") == NOT_FOUND
    assert await fleet.post(f"/devices/{node.id}/reject") == (
        400,
        {"detail": "Device is not pending (status: online)"},
    )


async def test_block_and_unblock(fleet: FleetKit, node: Device) -> None:
    answer = await fleet.post(f"/devices/{node.id}/block", {"reason": "spams"})
    assert answer == (200, {"status": "blocked", "hardware_id": "AA:01"})
    _, listed = await fleet.get("/devices/blocked")
    (blocked,) = listed
    assert (blocked["hardware_id"], blocked["reason"]) == ("AA:01", "spams")
    assert set(blocked) == {"id", "hardware_id", "reason", "blocked_at"}
    answer = await fleet.delete("/devices/blocked/AA:01")
    assert answer == (200, {"status": "unblocked", "hardware_id": "AA:01"})
    assert await fleet.delete("/devices/blocked/AA:01") == NOT_FOUND
    assert (await fleet.post("/devices/register", NODE))[0] == 200


async def test_block_without_a_reason(fleet: FleetKit, node: Device) -> None:
    assert (await fleet.post(f"/devices/{node.id}/block"))[0] == 200
    assert await fleet.post(f"/devices/{node.id}/block") == NOT_FOUND


async def test_hardware_id_may_hold_anything(fleet: FleetKit) -> None:
    device = fleet.domain.devices.register({**NODE, "hardware_id": "a/b?c %ü"})
    fleet.domain.devices.block(device.id)
    status, answer = await fleet.delete("/devices/blocked/a%2Fb%3Fc%20%25%C3%BC")
    assert (status, answer["hardware_id"]) == (200, "a/b?c %ü")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/devices/register", NODE),
        ("/devices/discover", NODE),
        ("/devices/heartbeat", {"hardware_id": "AA:01"}),
    ],
)
async def test_blocked_device_is_blocked_everywhere(
    fleet: FleetKit, node: Device, path: str, body: dict[str, Any]
) -> None:
    fleet.domain.devices.block(node.id)
    answer = await fleet.post(path, body)
    assert answer == (403, {"detail": "Device hardware_id is blocked"})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/devices"),
        ("PUT", f"/devices/{NOBODY}"),
        ("PATCH", f"/devices/{NOBODY}"),
        ("POST", "/devices/pending"),
    ],
)
async def test_what_the_docs_say_but_never_was(
    fleet: FleetKit, method: str, path: str
) -> None:
    assert await fleet.ask(method, path) == (405, {"detail": "Method Not Allowed"})
