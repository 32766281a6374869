"""OBS Studio itself in Home Assistant: scenes, a recording, sound, a picture; killed, and back."""

from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

import pytest

from custom_components.maestra.const import SUBENTRY_OBS_INSTANCE
from custom_components.maestra.core.obs.connection import ObsConnection
from custom_components.maestra.core.transport.reconnect import Backoff
from custom_components.maestra.features.obs import link as obs_link
from homeassistant.components.camera import async_get_image
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from tests.kits.hub import HubKit
from tests.kits.obs import PASSWORD
from tests.kits.obs_studio import needs_obs, obs_studio
from tests.kits.process import HOST

pytestmark = [
    needs_obs,
    pytest.mark.usefixtures("socket_enabled"),
    pytest.mark.timeout(300),
]
SCENE = "select.studio_scene"
RECORD = "switch.studio_recording"
TONE = "switch.studio_audio_tone_muted"
IN_LIVE = "switch.studio_scenes_live_tone"
PICTURE = "camera.studio_picture"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait five seconds for another attempt."""
    make = ObsConnection
    backoff = Backoff(first=timedelta(milliseconds=100), most=timedelta(seconds=1))
    monkeypatch.setattr(
        obs_link,
        "ObsConnection",
        lambda http, settings: make(http, settings, backoff=backoff),
    )


async def test_it_is_switched_from_home_assistant_and_back(
    hub_kit: HubKit, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hass = hub_kit.hass
    async with obs_studio(tmp_path / "obs") as obs:
        data = {"host": HOST, "port": obs.port, "password": PASSWORD}
        hass.config_entries.async_add_subentry(
            hub_kit.entry,
            ConfigSubentry(
                data=MappingProxyType(data),
                subentry_type=SUBENTRY_OBS_INSTANCE,
                title="Studio",
                unique_id=None,
            ),
        )
        await hub_kit.appears(SCENE)

        async def ask(name: str, **data: object) -> None:
            await hub_kit.act("obs_request", request=name, data=data)

        for scene in ("Live", "Break"):
            await ask("CreateScene", sceneName=scene)
        await ask(
            "CreateInput",
            sceneName="Live",
            inputName="Tone",
            inputKind="ffmpeg_source",
        )
        await hub_kit.appears(TONE)
        # From Home Assistant, and what OBS says of it.
        await hub_kit.call("select.select_option", SCENE, option="Live")
        await hub_kit.state_is(SCENE, "Live")
        await ask("SetCurrentProgramScene", sceneName="Break")
        await hub_kit.state_is(SCENE, "Break")
        await hub_kit.call("switch.turn_on", TONE)
        await hub_kit.state_is(TONE, STATE_ON)
        await ask("SetInputMute", inputName="Tone", inputMuted=False)
        await hub_kit.state_is(TONE, STATE_OFF)
        await hub_kit.call("switch.turn_off", IN_LIVE)
        await hub_kit.state_is(IN_LIVE, STATE_OFF)
        await hub_kit.act("obs_set_visibility", scene="Live", source="Tone")
        await hub_kit.state_is(IN_LIVE, STATE_ON)
        await hub_kit.call("switch.turn_on", RECORD)
        await hub_kit.state_is("sensor.studio_recording_state", "started")
        picture = await async_get_image(hass, PICTURE)
        assert picture.content.startswith(b"\xff\xd8")
        await hub_kit.state_is(PICTURE, "recording")
        await hub_kit.call("switch.turn_off", RECORD)
        await hub_kit.state_is("sensor.studio_recording_state", "stopped")
        (recording,) = obs.recordings.iterdir()
        assert recording.stat().st_size > 1_000
        caplog.clear()
        await obs.kill()
        await hub_kit.state_is(SCENE, STATE_UNAVAILABLE)
        await obs.start()
        await hub_kit.appears(SCENE)
        await hass.config_entries.async_unload(hub_kit.entry.entry_id)
    said = [
        record.levelname
        for record in caplog.records
        if record.levelname != "DEBUG" and "maestra" in record.name
    ]
    assert said == ["WARNING", "INFO"]
