"""Home Assistant itself, killed with kill -9 while a list of cues plays."""

from datetime import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from tests.kits.hass_process import HassProcess

CURRENT = "select.act_1_cue"
NEXT = "sensor.act_1_next_cue"
RUNNING = "switch.act_1_running"
COMPLETE = "sensor.act_1_cue_complete"
OVER = 3_600
CUES: list[dict[str, Any]] = [
    {"states": {"wash": {"level": 5}}, "continue_mode": "auto_follow"},
    {
        "states": {"wash": {"level": 100}},
        "transition": OVER,
        "continue_mode": "auto_follow",
    },
    {"states": {"wash": {"level": 0}}},
]


@pytest.mark.timeout(600)
async def test_the_list_goes_on_at_its_cue_with_the_time_that_is_left(
    socket_enabled: None, tmp_path: Path
) -> None:
    home_assistant = HassProcess(tmp_path / "config")
    async with home_assistant.running(), home_assistant.api() as api:
        await home_assistant.entities()
        await api.act(
            "maestra.create_entity",
            {"name": "Wash", "entity_type": "actuator", "state": {"level": 0}},
        )
        await api.act("maestra.save_cue_list", {"name": "Act 1", "cues": CUES})
        await home_assistant.states([NEXT])
        await api.act("maestra.go", {})
        # The first follows itself.
        while (await home_assistant.states([CURRENT]))[CURRENT] != "2":
            pass
        before = await home_assistant.states([COMPLETE])
        saved = tmp_path / "config" / ".storage" / "maestra.cues"
        # It is saved at once, and then every second.
        while position(saved).get("current") != "2":
            await home_assistant.states([CURRENT])
    async with home_assistant.running(), home_assistant.api():
        after = await home_assistant.states([CURRENT, NEXT, RUNNING, COMPLETE])
        wash = (await home_assistant.entities())["wash"]
    assert (after[CURRENT], after[NEXT], after[RUNNING]) == ("2", "3", "on")
    gap = datetime.fromisoformat(after[COMPLETE]) - datetime.fromisoformat(
        before[COMPLETE]
    )
    assert abs(gap.total_seconds()) < 2
    assert 0 < wash["state"]["level"] < 50


def position(path: Path) -> dict[str, Any]:
    """Return where the only list stands, as far as the file has it."""
    if not path.exists():
        return {}
    [found] = json.loads(path.read_text())["data"].values()
    at: dict[str, Any] = found["at"]
    return at
