"""Approval and provisioning over REST (maestra.md §1.2)."""

from uuid import uuid4

import pytest

from custom_components.maestra.core.domain.device import Device

from ...kits.fleet import ENDPOINTS, FleetKit

SECRETS = {"WIFI_PASSWORD": "tigers"}


@pytest.fixture
async def waiting(fleet: FleetKit) -> Device:
    """A device that asked to be let in, from here."""
    _, answer = await fleet.post(
        "/devices/discover",
        {"name": "Node", "device_type": "esp32", "hardware_id": "AA:01"},
    )
    return fleet.domain.devices[answer["id"]]


async def test_waiting_approved_provisioned(fleet: FleetKit, waiting: Device) -> None:
    path = f"/devices/{waiting.id}"
    entity = fleet.entity("Wash")
    assert await fleet.get(f"{path}/provision") == (
        403,
        {"detail": "Device has not been approved yet"},
    )
    status, answer = await fleet.post(
        f"{path}/approve",
        {
            "name": "Dimmer",
            "device_type": "dimmer",
            "entity_id": entity.id,
            "env_vars": SECRETS,
        },
    )
    assert (status, answer) == (200, waiting.to_wire())
    assert (waiting.name, waiting.device_type) == ("Dimmer", "dimmer")
    assert waiting.status == "online"
    status, answer = await fleet.get(f"{path}/provision")
    assert (status, answer) == (
        200,
        {
            "device_id": waiting.id,
            "provision_status": "provisioned",
            **ENDPOINTS,
            "entity_id": entity.id,
            "env_vars": SECRETS,
        },
    )


async def test_approval_without_a_body(fleet: FleetKit, waiting: Device) -> None:
    assert (await fleet.post(f"/devices/{waiting.id}/approve"))[0] == 200
    assert await fleet.post(f"/devices/{waiting.id}/approve", {}) == (
        400,
        {"detail": "Device is not pending (status: online)"},
    )


async def test_refused_approval(fleet: FleetKit, waiting: Device) -> None:
    path = f"/devices/{waiting.id}/approve"
    assert await fleet.post(f"/devices/{uuid4()}/approve") == (
        404,
        {"detail": "Device not found"},
    )
    assert await fleet.post(path, {"entity_id": str(uuid4())}) == (
        404,
        {"detail": "Entity not found"},
    )
    assert (await fleet.post(path, {"env_vars": [1]}))[0] == 422
    assert waiting.status == "pending"


async def test_secrets_only_to_the_device_itself(
    fleet: FleetKit, caplog: pytest.LogCaptureFixture
) -> None:
    device = fleet.domain.devices.discover(
        {"name": "Node", "device_type": "esp32", "hardware_id": "AA:01"}
    )
    fleet.domain.provisioning.came_from(device, "192.0.2.7")
    await fleet.post(f"/devices/{device.id}/approve", {"env_vars": SECRETS})
    status, answer = await fleet.get(f"/devices/{device.id}/provision")
    assert (status, answer["env_vars"]) == (200, {})
    assert answer["provision_status"] == "approved"
    assert "tigers" not in caplog.text


async def test_change(fleet: FleetKit, waiting: Device) -> None:
    path = f"/devices/{waiting.id}"
    await fleet.post(f"{path}/approve")
    entity = fleet.entity("Wash")
    status, answer = await fleet.put(
        f"{path}/provision", {"entity_id": entity.id, "env_vars": SECRETS, "name": "No"}
    )
    assert (status, answer["entity_id"]) == (200, entity.id)
    # Who changes it knows it; who only pretends to learns nothing.
    assert answer["env_vars"] == {}
    assert answer["provision_status"] == "approved"
    assert waiting.name == "Node"
    _, answer = await fleet.get(f"{path}/provision")
    assert answer["env_vars"] == SECRETS


async def test_registered_device_has_no_provision(fleet: FleetKit) -> None:
    device = fleet.domain.devices.register(
        {"name": "Node", "device_type": "esp32", "hardware_id": "AA:01"}
    )
    missing = (404, {"detail": "No provisioning record for this device"})
    assert await fleet.get(f"/devices/{device.id}/provision") == missing
    assert await fleet.put(f"/devices/{device.id}/provision", {}) == missing
    assert await fleet.get(f"/devices/{uuid4()}/provision") == (
        404,
        {"detail": "Device not found"},
    )


async def test_wrong_secrets_are_not_logged(
    fleet: FleetKit, waiting: Device, caplog: pytest.LogCaptureFixture
) -> None:
    status, _ = await fleet.post(
        f"/devices/{waiting.id}/approve", {"env_vars": "tigers"}
    )
    assert status == 422
    assert "refused" in caplog.text
    assert "tigers" not in caplog.text
