"""Public clients of OBS: they read the double as they read OBS Studio, and see what our client does."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import obsws_python
import pytest
from simpleobsws import IdentificationParameters, Request, WebSocketClient

from tests.kits.obs import PASSWORD, obs_double
from tests.kits.obs_studio import needs_obs, obs_studio
from tests.kits.process import HOST

from .test_connection import Desk, desk_of

pytestmark = [pytest.mark.usefixtures("socket_enabled"), pytest.mark.timeout(300)]
SCENE_CHANGES = 4


@asynccontextmanager
async def simpleobsws(
    port: int, password: str = PASSWORD
) -> AsyncGenerator[WebSocketClient]:
    """The client of obs-websocket's author."""
    wanted = IdentificationParameters(eventSubscriptions=SCENE_CHANGES)
    found = WebSocketClient(f"ws://{HOST}:{port}", password, wanted)
    await found.connect()
    try:
        yield found
    finally:
        await found.disconnect()


async def both_see_what_the_other_does(port: int, desk: Desk) -> None:
    """Change the scene by our client, and by theirs; ask for several things at once."""
    told: asyncio.Queue[str] = asyncio.Queue()

    async def changed(data: dict[str, str]) -> None:
        told.put_nowait(data["sceneName"])

    async with simpleobsws(port) as theirs, asyncio.timeout(60):
        assert await theirs.wait_until_identified()
        theirs.register_event_callback(changed, "CurrentProgramSceneChanged")
        await desk.connection.call("SetCurrentProgramScene", {"sceneName": "Break"})
        assert await told.get() == "Break"
        there = {"sceneName": "Live"}
        answer = await theirs.call(Request("SetCurrentProgramScene", there))
        assert answer.ok()
        await desk.until(lambda: desk.state.program == "Live")
        nowhere = await theirs.call(
            Request("SetCurrentProgramScene", {"sceneName": "Nowhere"})
        )
        assert (nowhere.ok(), nowhere.requestStatus.code) == (False, 600)
        answers = await theirs.call_batch(
            [Request("GetVersion"), Request("Odd"), Request("GetStats")],
            halt_on_failure=True,
        )
        assert [each.requestStatus.code for each in answers] == [100, 204]
        listed = await theirs.call(Request("GetSceneList"))
        names = [row["sceneName"] for row in reversed(listed.responseData["scenes"])]
        assert tuple(names) == desk.state.scenes


def of_threads(port: int) -> tuple[str, str, float]:
    """Read with the client that has threads; returns version, scene, and CPU usage."""
    with obsws_python.ReqClient(
        host=HOST, port=port, password=PASSWORD, timeout=10
    ) as theirs:
        return (
            theirs.get_version().obs_version,
            theirs.get_scene_list().current_program_scene_name,
            theirs.get_stats().cpu_usage,
        )


async def is_refused(port: int) -> None:
    """Come with a wrong password."""
    async with simpleobsws(port, "wrong") as theirs:
        assert not await theirs.wait_until_identified(timeout=2)
        assert theirs.ws.close_code == 4009


async def test_the_double_is_an_obs_for_public_clients() -> None:
    async with obs_double() as double, desk_of(double.port) as desk:
        await desk.connected()
        await both_see_what_the_other_does(double.port, desk)
        found = await asyncio.to_thread(of_threads, double.port)
        assert found == ("32.2.2", "Live", 2.71828)
        await is_refused(double.port)


@needs_obs
async def test_obs_studio_is_what_public_clients_take_it_for(tmp_path: Path) -> None:
    async with obs_studio(tmp_path / "obs") as obs, desk_of(obs.port) as desk:
        await desk.connected()
        for scene in ("Live", "Break"):
            await desk.connection.call("CreateScene", {"sceneName": scene})
        await desk.until(lambda: len(desk.state.scenes) == 3)
        await both_see_what_the_other_does(obs.port, desk)
        version, scene, cpu = await asyncio.to_thread(of_threads, obs.port)
        assert (version, scene) == (desk.state.version, "Live")
        assert cpu >= 0
        await is_refused(obs.port)
