"""Experiences in a real database, as the reference's dashboard asks for them."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from custom_components.maestra.core.store.settings import StoreSettings
from homeassistant.core import HomeAssistant
from tests.kits.hub_store import RecordingKit, recording_hub

EXPERIENCES = "SELECT name, description, version, status, created_by FROM experiences"
DEPLOYMENTS = """
SELECT d.hardware_id, g.name, ed.version, ed.status, ed.reason
FROM experience_deployments ed
JOIN experiences e ON ed.experience_id = e.id
LEFT JOIN devices d ON ed.device_id = d.id
LEFT JOIN device_groups g ON ed.group_id = g.id
ORDER BY ed.deployed_at, d.hardware_id
"""
CONFIGURATIONS = """
SELECT version, configuration::text, applied_at IS NOT NULL FROM device_configurations ORDER BY device_id, version
"""
MEMBERS = """
SELECT g.name, d.hardware_id FROM device_groups g LEFT JOIN device_group_members m ON m.group_id = g.id
LEFT JOIN devices d ON m.device_id = d.id ORDER BY g.name, d.hardware_id
"""


@pytest.fixture
async def stored(
    hass: HomeAssistant,
    database: StoreSettings,
    tmp_path: Path,
    socket_enabled: None,
) -> AsyncGenerator[RecordingKit]:
    """A hub with two boards in a group, and a database."""
    hass.config.config_dir = str(tmp_path)
    async with recording_hub(hass, database) as kit:
        await kit.becomes("recording")
        await kit.registers("AA:01")
        await kit.registers("AA:02")
        await kit.act("set_device_group", name="stage", device=["AA:01", "AA:02"])
        yield kit


async def publish(stored: RecordingKit, level: int, name: str = "Evening") -> None:
    await stored.act(
        "save_experience",
        name=name,
        description="With rain",
        configurations={"stage": {"level": level}},
    )
    await stored.act("publish_experience", experience=name)


def applies(stored: RecordingKit, hardware_id: str, version: int) -> None:
    device = stored.domain.devices[hardware_id]
    stored.domain.configurations.applied(device, version)


async def test_the_references_dashboard_charts_what_there_is(
    stored: RecordingKit,
) -> None:
    await publish(stored, 1)
    await stored.act("deploy_experience")
    applies(stored, "AA:01", 1)
    device = stored.domain.devices["AA:02"]
    stored.domain.configurations.refused(device, 1, "no such pin")
    assert await stored.rows(EXPERIENCES) == [
        ("Evening", "With rain", 1, "active", "home_assistant")
    ]
    # Who devices are is written a while later, and when it ends.
    await stored.reload()
    await stored.becomes("recording")
    assert await stored.rows(DEPLOYMENTS) == [
        ("AA:01", "stage", 1, "running", None),
        ("AA:02", "stage", 1, "failed", "no such pin"),
    ]
    assert await stored.rows(CONFIGURATIONS) in (
        [
            (1, '{"level": 1}', True),
            (1, '{"level": 1}', False),
            (2, "{}", False),
        ],
        [
            (1, '{"level": 1}', False),
            (2, "{}", False),
            (1, '{"level": 1}', True),
        ],
    )
    # Another takes the place of the first, and is rolled back.
    await publish(stored, 2, "Matinee")
    await stored.act("deploy_experience", experience="Matinee", device="AA:01")
    applies(stored, "AA:01", 2)
    assert [row[3] for row in await stored.rows(DEPLOYMENTS)] == [
        "stopped",
        "failed",
        "running",
    ]
    await stored.act("roll_back", experience="Matinee")
    applies(stored, "AA:01", 3)
    assert [row[3] for row in await stored.rows(DEPLOYMENTS)] == [
        "stopped",
        "failed",
        "stopped",
    ]
    await stored.act("archive_experience", experience="Matinee")
    await stored.act("delete_experience", experience="Evening")
    found = {row[0]: row[3] for row in await stored.rows(EXPERIENCES)}
    assert found == {"Evening": "deleted", "Matinee": "archived"}


async def test_groups_are_rows_with_their_members(stored: RecordingKit) -> None:
    await stored.reload()
    await stored.becomes("recording")
    assert await stored.rows(MEMBERS) == [("stage", "AA:01"), ("stage", "AA:02")]
    await stored.act("set_device_group", name="stage", device=["AA:02"])
    await stored.act("set_device_group", name="foyer", device=[])
    assert await stored.rows(MEMBERS) == [("foyer", None), ("stage", "AA:02")]
    await stored.act("remove_device_group", name=["stage"])
    await stored.act("remove_device_group", name=["foyer"])
    await stored.act("set_device_group", name="foyer", device=["AA:01"])
    assert await stored.rows(MEMBERS) == [("foyer", "AA:01")]
