"""Home Assistant itself, killed with kill -9 while an alert is shown."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from scripts.stack.hass_api import HassApi
from tests.kits.hass_process import HassProcess
from tests.kits.process import LOOK_AGAIN_S, PATIENCE
from tests.kits.production import production_subentry

CURRENT = "sensor.stage_current_item"


async def shown(api: HassApi) -> dict[str, Any]:
    """Return what is shown, and until when, once something is."""
    async with asyncio.timeout(PATIENCE):
        while True:
            for each in await api.get("/api/states"):
                attributes: dict[str, Any] = each["attributes"]
                if each["entity_id"] == CURRENT and "item_id" in attributes:
                    return attributes
            await asyncio.sleep(LOOK_AGAIN_S)


@pytest.mark.timeout(600)
async def test_the_queue_goes_on_with_the_time_that_is_left(
    socket_enabled: None, tmp_path: Path
) -> None:
    home_assistant = HassProcess(tmp_path / "config", [production_subentry()])
    async with home_assistant.running(), home_assistant.api() as api:
        await home_assistant.states(["select.stage_show"])
        first = await api.ask(
            "maestra.show_alert", {"title": "Ann", "duration": 3_600, "id": "a"}
        )
        await api.act("maestra.show_alert", {"title": "Bob"})
        await api.act("maestra.set_show", {"show": "coding"})
        await home_assistant.states([CURRENT])
        before = await shown(api)
        saved = tmp_path / "config" / ".storage" / "maestra.production"
        # It is saved at once, and then every second.
        while not saved.exists() or "coding" not in saved.read_text():
            await home_assistant.states([CURRENT])
    async with home_assistant.running(), home_assistant.api() as api:
        await home_assistant.states([CURRENT])
        after = await shown(api)
        queue = await home_assistant.states(["sensor.stage_queue", "select.stage_show"])
        again = await api.ask("maestra.show_alert", {"id": "a"})
    assert queue == {"sensor.stage_queue": "2", "select.stage_show": "Coding"}
    assert after["item_id"] == before["item_id"] == first["item"]["id"]
    assert after["started_at"] == before["started_at"]
    left = datetime.fromisoformat(after["expires_at"])
    gap = left - datetime.fromisoformat(before["expires_at"])
    assert abs(gap.total_seconds()) < 1
    assert again == {"item": None}
