"""The client at the real OBS Studio: what the double is held against."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from custom_components.maestra.core.domain.json_values import JsonObject
from custom_components.maestra.core.obs.client import ObsSettings, prove
from custom_components.maestra.core.obs.errors import (
    ObsRefused,
    ObsRequestFailed,
    ObsUnreachable,
)
from custom_components.maestra.core.obs.pictures import PictureTaker
from custom_components.maestra.core.obs.state import Output, OutputState
from tests.kits.obs import PASSWORD
from tests.kits.obs_studio import ObsStudio, RtmpSink, needs_obs, needs_sink, obs_studio
from tests.kits.process import HOST

from .test_connection import Desk, desk_of

pytestmark = [
    needs_obs,
    pytest.mark.usefixtures("socket_enabled"),
    pytest.mark.timeout(300),
]
FIGURES = timedelta(seconds=1).total_seconds()
NOBODY: JsonObject = {"server": "rtmp://127.0.0.1:9/live", "key": "test"}


@pytest.fixture
async def studio(tmp_path: Path, socket_enabled: None) -> AsyncGenerator[ObsStudio]:
    """OBS, just started."""
    async with obs_studio(tmp_path / "obs") as obs:
        yield obs


@pytest.fixture
async def desk(studio: ObsStudio) -> AsyncGenerator[Desk]:
    """A connection to it, with two scenes and an input with sound."""
    async with desk_of(studio.port, figures=FIGURES) as desk:
        await desk.connected()
        call = desk.connection.call
        for scene in ("Live", "Break"):
            await call("CreateScene", {"sceneName": scene})
        await call("SetCurrentProgramScene", {"sceneName": "Live"})
        sound = {"sceneName": "Live", "inputName": "Tone", "inputKind": "ffmpeg_source"}
        await call("CreateInput", {**sound, "sceneItemEnabled": True})
        await desk.until(lambda: "Tone" in desk.state.inputs)
        # While scenes change OBS takes no other transition, and says that it does.
        await desk.happened("SceneTransitionEnded")
        yield desk


async def test_scenes_and_studio_mode(desk: Desk) -> None:
    state, call = desk.state, desk.connection.call
    await desk.until(lambda: (state.program, len(state.scenes)) == ("Live", 3))
    await call("SetCurrentProgramScene", {"sceneName": "Break"})
    await desk.until(lambda: state.program == "Break")
    await call("SetStudioModeEnabled", {"studioModeEnabled": True})
    await desk.until(lambda: state.is_studio_mode and state.preview)
    await call("SetCurrentPreviewScene", {"sceneName": "Live"})
    await desk.until(lambda: state.preview == "Live")
    await call("TriggerStudioModeTransition")
    await desk.until(lambda: state.program == "Live")
    await call("SetStudioModeEnabled", {"studioModeEnabled": False})
    await desk.until(lambda: not state.is_studio_mode)
    with pytest.raises(ObsRequestFailed) as failed:
        await call("SetCurrentProgramScene", {"sceneName": "Nowhere"})
    assert failed.value.facts["status"] == 600


async def test_sound_and_transitions(desk: Desk) -> None:
    state, call = desk.state, desk.connection.call
    await call("SetInputMute", {"inputName": "Tone", "inputMuted": True})
    await call("SetInputVolume", {"inputName": "Tone", "inputVolumeDb": -12.5})
    tone = state.inputs["Tone"]
    await desk.until(lambda: (tone.muted, tone.volume) == (True, -12.5))
    await call("SetCurrentSceneTransition", {"transitionName": "Cut"})
    await desk.until(lambda: state.transition_duration is None)
    await call("SetCurrentSceneTransition", {"transitionName": "Fade"})
    await desk.until(lambda: state.transition_duration)
    await call("SetCurrentSceneTransitionDuration", {"transitionDuration": 500})
    await desk.until(lambda: state.transition_duration == 500)
    assert state.figures.fps


async def test_it_records_and_keeps_replays(studio: ObsStudio, desk: Desk) -> None:
    outputs, call = desk.state.outputs, desk.connection.call

    async def are(output: Output, state: OutputState) -> None:
        await desk.until(lambda: outputs[output] is state)

    await call("StartRecord")
    await are(Output.RECORD, OutputState.STARTED)
    await desk.until(lambda: (desk.state.figures.record_seconds or 0) > 1)
    await call("PauseRecord")
    await are(Output.RECORD, OutputState.PAUSED)
    assert desk.state.is_on(Output.RECORD)
    await call("ResumeRecord")
    await are(Output.RECORD, OutputState.STARTED)
    await desk.until(lambda: (desk.state.figures.record_seconds or 0) > 2)
    await call("StopRecord")
    await are(Output.RECORD, OutputState.STOPPED)
    (file,) = studio.recordings.iterdir()
    assert file.stat().st_size > 1_000
    await call("StartReplayBuffer")
    await are(Output.REPLAY_BUFFER, OutputState.STARTED)
    # It has nothing to save before there is a whole group of pictures.
    await asyncio.sleep(3)
    await call("SaveReplayBuffer")
    await desk.happened("ReplayBufferSaved")
    with pytest.raises(ObsRequestFailed, match="VirtualCam is not available"):
        await call("StartVirtualCam")
    assert outputs[Output.VIRTUAL_CAMERA] is None


async def test_sources_are_shown_and_hidden(desk: Desk) -> None:
    state, call = desk.state, desk.connection.call
    color = {"sceneName": "Live", "inputName": "Red", "inputKind": "color_source_v3"}
    created = await call("CreateInput", {**color, "sceneItemEnabled": True})
    number = created["sceneItemId"]
    assert isinstance(number, int)
    await desk.until(lambda: number in state.items["Live"])
    # What is new is in front.
    assert [item.source for item in state.items["Live"].values()] == ["Red", "Tone"]
    found = await call("GetSceneItemId", {"sceneName": "Live", "sourceName": "Red"})
    assert found == {"sceneItemId": number}
    hidden: JsonObject = {
        "sceneName": "Live",
        "sceneItemId": number,
        "sceneItemEnabled": False,
    }
    await call("SetSceneItemEnabled", hidden)
    await desk.until(lambda: not state.items["Live"][number].is_visible)
    await call("RemoveInput", {"inputName": "Red"})
    await desk.until(lambda: number not in state.items["Live"])


async def test_pictures_and_screenshots(studio: ObsStudio, desk: Desk) -> None:
    taker = PictureTaker(desk.connection)
    picture = await taker.take()
    assert picture.startswith(b"\xff\xd8")
    assert len(picture) < 100_000
    assert len(await taker.take(64)) < len(picture)
    await desk.connection.call(
        "TriggerHotkeyByName", {"hotkeyName": "OBSBasic.Screenshot"}
    )
    await desk.happened("ScreenshotSaved")
    (file,) = studio.recordings.iterdir()
    assert file.suffix == ".png"


async def test_a_stream_that_nobody_takes_is_stopped(desk: Desk) -> None:
    await desk.connection.call(
        "SetStreamServiceSettings",
        {"streamServiceType": "rtmp_custom", "streamServiceSettings": NOBODY},
    )
    await desk.connection.call("StartStream")
    await desk.happened("StreamStateChanged")
    await desk.until(lambda: desk.state.outputs[Output.STREAM] is OutputState.STOPPED)


@needs_sink
async def test_a_stream_and_its_loss(desk: Desk, tmp_path: Path) -> None:
    state, call = desk.state, desk.connection.call

    async def stream_is(wanted: OutputState) -> None:
        await desk.until(lambda: state.outputs[Output.STREAM] is wanted)

    async with RtmpSink(tmp_path / "stream.flv") as sink:
        await call(
            "SetStreamServiceSettings",
            {
                "streamServiceType": "rtmp_custom",
                "streamServiceSettings": {"server": sink.server, "key": "test"},
            },
        )
        await call("StartStream")
        await stream_is(OutputState.STARTED)
        await desk.until(lambda: state.figures.bitrate)
        await sink.kill()
        await stream_is(OutputState.RECONNECTING)
        assert state.is_on(Output.STREAM)
        await sink.start()
        await stream_is(OutputState.STARTED)
        await desk.until(lambda: state.figures.bitrate)
        await call("StopStream")
        await stream_is(OutputState.STOPPED)
        assert state.figures.bitrate == 0
    assert sink.file.stat().st_size > 1_000


async def test_another_collection(desk: Desk) -> None:
    state, call = desk.state, desk.connection.call
    # A transition holds its scenes a little longer: what is held then blocks OBS with a question, and nobody is there.
    await asyncio.sleep(1)
    await call("CreateSceneCollection", {"sceneCollectionName": "Two"})
    await desk.until(lambda: (state.collection, len(state.inputs)) == ("Two", 0))
    assert len(state.scenes) == 1
    await call("SetCurrentSceneCollection", {"sceneCollectionName": "Maestra"})
    await desk.until(lambda: "Tone" in state.inputs and "Live" in state.scenes)
    assert desk.said == [(True, None)]


async def test_a_wrong_password(studio: ObsStudio) -> None:
    async with aiohttp.ClientSession() as http:
        wrong = ObsSettings(host=HOST, port=studio.port, password="wrong")
        with pytest.raises(ObsRefused):
            await prove(http, wrong)
        right = ObsSettings(host=HOST, port=studio.port, password=PASSWORD)
        # It lets us in before it is ready.
        while not (version := await prove(http, right)):
            pass
        assert int(version.partition(".")[0]) >= 28


async def test_killed_and_hung_it_comes_back(studio: ObsStudio, desk: Desk) -> None:
    await studio.kill()
    await desk.until(lambda: not desk.connection.connected)
    assert desk.said[-1] == (False, ObsUnreachable)
    await studio.start()
    await desk.connected()
    await desk.until(lambda: desk.state.program)
