"""Home Assistant itself, killed with kill -9 while an experience waits for a device."""

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.kits.hass_process import HassProcess

DEPLOYMENT = "sensor.evening_deployment"
EVENT = "event.evening_deployment_event"
BOARDS = ("AA:01", "AA:02", "AA:03")


async def post(home_assistant: HassProcess, path: str, body: Any = None) -> Any:
    """Ask the Fleet API, as devices and programs do."""
    url = f"{home_assistant.fleet_api}{path}"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, json=body) as answer,
    ):
        answer.raise_for_status()
        return await answer.json()


@pytest.mark.timeout(600)
async def test_it_waits_on_for_who_has_not_answered(
    socket_enabled: None, tmp_path: Path
) -> None:
    home_assistant = HassProcess(tmp_path / "config")
    async with home_assistant.running(), home_assistant.api() as api:
        await home_assistant.entities()
        ids = [
            (
                await post(
                    home_assistant,
                    "/devices/register",
                    {"name": name, "device_type": "esp32", "hardware_id": name},
                )
            )["id"]
            for name in BOARDS
        ]
        configurations = {name: {"level": 1} for name in BOARDS}
        created = await post(
            home_assistant,
            "/experiences",
            {"name": "Evening", "flow_definition": {"configurations": configurations}},
        )
        path = f"/experiences/{created['id']}"
        await post(home_assistant, f"{path}/publish")
        await post(home_assistant, f"{path}/deploy", {"timeout": 3_600})
        first, second, third = (f"/devices/{id_}/configuration/applied" for id_ in ids)
        await post(home_assistant, first, {"version": 1})
        while (await home_assistant.states([DEPLOYMENT]))[DEPLOYMENT] != "pending":
            pass
        saved = tmp_path / "config" / ".storage" / "maestra.experiences"
        # It is saved at once, and then every second.
        while statuses(saved).count("deployed") != 1:
            await asyncio.sleep(0.1)
        assert api
    async with home_assistant.running(), home_assistant.api():
        await home_assistant.entities()
        await home_assistant.states([DEPLOYMENT])
        await post(home_assistant, second, {"version": 1})
        await post(home_assistant, third, {"version": 1, "error": "no such pin"})
        await home_assistant.states([EVENT])
        while (await home_assistant.states([DEPLOYMENT]))[DEPLOYMENT] != "failed":
            pass
        # It is sent what it had before: nothing.
        await post(home_assistant, third, {"version": 2})
        while sorted(statuses(saved)) != ["deployed", "deployed", "rolled_back"]:
            await asyncio.sleep(0.1)


def statuses(path: Path) -> list[str]:
    """Return how far devices are, as far as the file has it."""
    if not path.exists():
        return []
    (found,) = json.loads(path.read_text())["data"].values()
    return [
        target["status"] for each in found["deployments"] for target in each["devices"]
    ]
