"""What happened, as the timeline card asks for it."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.maestra.core.detectors.detector import Detection, EventDetected
from custom_components.maestra.core.store.settings import StoreSettings
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from tests.kits.hub import HubKit
from tests.kits.hub_store import RecordingKit, recording_hub
from tests.kits.process import PATIENCE

pytestmark = pytest.mark.tables


@pytest.fixture
async def stored(
    hass: HomeAssistant, tmp_path: Path, database: StoreSettings
) -> AsyncGenerator[RecordingKit]:
    """A hub that records."""
    hass.config.config_dir = str(tmp_path)
    async with recording_hub(hass, database) as hub_kit:
        await hub_kit.becomes("recording")
        yield hub_kit


async def timeline(
    hass: HomeAssistant, connect: WebSocketGenerator, **data: Any
) -> dict[str, Any]:
    """Ask what happened; returns the answer or the error."""
    return await ask(hass, connect, "timeline", **data)


async def ask(
    hass: HomeAssistant, connect: WebSocketGenerator, command: str, **data: Any
) -> dict[str, Any]:
    """Ask as a card does; returns the answer or the error."""
    client = await connect(hass)
    await client.send_json_auto_id({"type": f"maestra/{command}", **data})
    answer = await client.receive_json()
    found: dict[str, Any] = answer["result"] if answer["success"] else answer["error"]
    return found


async def test_what_happened_is_on_one_line(
    hass: HomeAssistant, stored: RecordingKit, hass_ws_client: WebSocketGenerator
) -> None:
    """Events, detections and notes, the newest first, in the range and no more than asked for."""
    now = dt_util.utcnow()
    device = await stored.registers("AA:01", name="Board")
    stored.domain.devices.report_event(
        device.id, {"event_type": "fault", "severity": "error", "message": "Too hot"}
    )
    stored.domain.bus.publish(
        EventDetected(
            detector="d",
            stored_type="dump",
            detection=Detection(
                event_type="dump",
                channel="N1",
                detected_at=now - timedelta(minutes=2),
                until=now,
                confidence=0.9,
                metadata={},
            ),
        )
    )
    for hours in (1, 30):
        await stored.act(
            "annotate",
            title=f"{hours} hours ago",
            description="Doors",
            time=(now - timedelta(hours=hours)).isoformat(),
        )
    await stored.store.flush()

    found = (await timeline(hass, hass_ws_client))["happenings"]
    assert [
        (one["kind"], one["label"], one["detail"], one["severity"], one["of"])
        for one in found
    ] == [
        ("event", "Fault", "Too hot", "error", "Board"),
        ("detection", "Dump", None, "info", "N1"),
        ("annotation", "1 hours ago", "Doors", "info", "general"),
    ]
    start = (now - timedelta(days=2)).isoformat()
    older = await timeline(hass, hass_ws_client, start=start, limit=1)
    assert [one["kind"] for one in older["happenings"]] == [
        "event",
        "detection",
        "annotation",
    ]
    notes = await timeline(hass, hass_ws_client, start=start, kinds=["annotation"])
    assert [one["title"] for one in notes["happenings"]] == [
        "1 hours ago",
        "30 hours ago",
    ]


async def test_how_much_there_was(
    hass: HomeAssistant, stored: RecordingKit, hass_ws_client: WebSocketGenerator
) -> None:
    """Counts of all, and what there was most of, by the names that people know."""
    device = await stored.registers("AA:01")
    async with asyncio.timeout(PATIENCE):
        while not await stored.rows("SELECT FROM devices"):
            await asyncio.sleep(0.05)
    for event_type, severity in (
        ("too_hot", "error"),
        ("too_hot", "info"),
        ("on", "info"),
    ):
        stored.domain.devices.report_event(
            device.id, {"event_type": event_type, "severity": severity}
        )
    await stored.light("wash-1", state={"brightness": 1})
    await stored.hears("wash-1", brightness=30)
    await stored.act("annotate", title="Doors")

    found = await ask(hass, hass_ws_client, "summary")
    assert found["counts"] == {
        "events": 3,
        "changes": 2,
        "metrics": 0,
        "devices": 1,
        "entities": 1,
        "notes": 1,
    }
    assert found["severities"] == {
        "debug": 0,
        "info": 2,
        "warning": 0,
        "error": 1,
        "critical": 0,
    }
    assert found["entities"] == [{"label": "wash-1", "count": 2}]
    assert found["event_types"] == [
        {"label": "Too hot", "count": 2},
        {"label": "On", "count": 1},
    ]
    assert found["failing_devices"] == [{"label": device.name, "count": 1}]


@pytest.mark.parametrize("command", ["timeline", "summary"])
async def test_only_a_database_has_it(
    hass: HomeAssistant,
    hub_kit: HubKit,
    hass_ws_client: WebSocketGenerator,
    command: str,
) -> None:
    error = await ask(hass, hass_ws_client, command)
    assert error["code"] == "store_missing"
