"""Approval and provisioning over REST (maestra.md §1.2)."""

from uuid import uuid4

import pytest

from custom_components.maestra.core.domain.device import Device

from ...kits.fleet import ENDPOINTS, FleetKit

SECRETS = {"WIFI_PASSWORD": "tigers"}
NODE = {"name": "Node", "device_type": "esp32", "hardware_id": "AA:01"}


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
    device = fleet.domain.devices.discover(NODE, address="192.0.2.7")
    await fleet.post(f"/devices/{device.id}/approve", {"env_vars": SECRETS})
    status, answer = await fleet.get(f"/devices/{device.id}/provision")
    assert (status, answer["env_vars"]) == (200, {})
    assert answer["provision_status"] == "approved"
    assert "tigers" not in caplog.text


async def test_the_code_of_the_first_answer_proves_who_asks(
    fleet: FleetKit,
) -> None:
    """Whoever asks later in the device's name, from another address, has neither its code nor its place."""
    fleet.domain.devices.discover(
        {**NODE, "hardware_id": "elsewhere"}, address="192.0.2.7"
    )
    _, later = await fleet.post(
        "/devices/discover",
        {**NODE, "hardware_id": "elsewhere", "ip_address": "127.0.0.1"},
    )
    assert "claim_code" not in later
    assert later["ip_address"] == "192.0.2.7"
    stolen = f"/devices/{later['id']}"
    await fleet.post(f"{stolen}/approve", {"env_vars": SECRETS})
    assert (await fleet.get(f"{stolen}/provision"))[1]["env_vars"] == {}

    _, first = await fleet.post(
        "/devices/discover", NODE, headers={"X-Forwarded-For": "192.0.2.9"}
    )
    path = f"/devices/{first['id']}"
    await fleet.post(f"{path}/approve", {"env_vars": SECRETS})
    for options in (
        {},
        {"headers": {"X-Forwarded-For": "127.0.0.1"}},
        {"headers": {"X-Maestra-Claim": "AAAA-BBBB-CCCC"}},
        {"headers": {"X-Maestra-Claim": "\xff\xfe"}},
    ):
        _, answer = await fleet.get(f"{path}/provision", **options)
        assert answer["env_vars"] == {}
        assert answer["provision_status"] == "approved"
    code = first["claim_code"]
    headers = {"X-Maestra-Claim": code}
    for asked, options in (
        (f"{path}/provision?claim={code}", {}),
        (f"{path}/provision", {"headers": headers}),
    ):
        status, answer = await fleet.get(asked, **options)
        assert (status, answer["env_vars"]) == (200, SECRETS)
    assert answer["provision_status"] == "provisioned"


async def test_a_device_that_starts_again_while_it_waits_has_its_code_again(
    fleet: FleetKit,
) -> None:
    (_, first), (_, again) = (
        await fleet.post("/devices/discover", NODE),
        await fleet.post("/devices/discover", NODE),
    )
    assert again["claim_code"] == first["claim_code"]
    await fleet.post(f"/devices/{first['id']}/approve")
    assert "claim_code" not in (await fleet.post("/devices/discover", NODE))[1]


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
