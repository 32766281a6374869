"""OBS in Home Assistant: added, shown, switched, and gone."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_mock_service
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.maestra.const import DOMAIN, SUBENTRY_OBS_INSTANCE
from custom_components.maestra.core.obs.connection import ObsConnection
from custom_components.maestra.core.transport.reconnect import Backoff
from custom_components.maestra.diagnostics import async_get_config_entry_diagnostics
from custom_components.maestra.features.obs import link as obs_link
from homeassistant.components.camera import async_get_image
from homeassistant.config_entries import SOURCE_REAUTH, SubentryFlowResult
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from tests.kits.forms import flow_appears
from tests.kits.hub import HubKit
from tests.kits.obs import JPEG, PASSWORD, ObsDouble, obs_double
from tests.kits.process import HOST, PATIENCE, free_port

pytestmark = pytest.mark.usefixtures("socket_enabled")

CONNECTION = "binary_sensor.studio_connection"
SCENE = "select.studio_scene"
PREVIEW = "select.studio_preview"
STREAM = "switch.studio_stream"
STREAM_STATE = "sensor.studio_stream_state"
RECORD = "switch.studio_recording"
RECORD_PAUSED = "switch.studio_recording_paused"
MUTE = "switch.studio_audio_mic_muted"
VOLUME = "number.studio_audio_mic_volume"
DURATION = "number.studio_transition_duration"
BANNER = "switch.studio_scenes_live_banner"
CAMERA = "switch.studio_scenes_live_camera"
IN_GROUP = "switch.studio_scenes_guests_camera"
PICTURE = "camera.studio_picture"
AGAIN = "button.studio_connect_again"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait five seconds for another attempt."""
    make = ObsConnection
    backoff = Backoff(first=timedelta(milliseconds=20), most=timedelta(milliseconds=50))
    monkeypatch.setattr(
        obs_link,
        "ObsConnection",
        lambda http, settings: make(
            http, settings, backoff=backoff, figures_interval=0.05
        ),
    )


@pytest.fixture
async def obs() -> AsyncGenerator[ObsDouble]:
    async with obs_double() as double:
        yield double


async def ask(
    hub_kit: HubKit, kind: str, data: dict[str, Any], **context: Any
) -> SubentryFlowResult:
    """Fill in the form."""
    flow = hub_kit.hass.config_entries.subentries
    told: Any = {"source": kind, **context}
    form = await flow.async_init(
        (hub_kit.entry.entry_id, SUBENTRY_OBS_INSTANCE), context=told
    )
    done = await flow.async_configure(form["flow_id"], data)
    await hub_kit.hass.async_block_till_done()
    return done


async def add(hub_kit: HubKit, port: int, password: str = PASSWORD) -> str:
    """Add an OBS; returns its id."""
    done = await ask(
        hub_kit,
        "user",
        {"name": "Studio", "host": HOST, "port": port, "password": password},
    )
    assert done["type"] is FlowResultType.CREATE_ENTRY
    (id_,) = hub_kit.entry.subentries
    return id_


@pytest.fixture
async def studio(hub_kit: HubKit, obs: ObsDouble) -> AsyncGenerator[HubKit]:
    """A hub with an OBS that is there."""
    await add(hub_kit, obs.port)
    await hub_kit.state_is(SCENE, "Live")
    await hub_kit.appears(MUTE)
    yield hub_kit
    await hub_kit.hass.config_entries.async_unload(hub_kit.entry.entry_id)


# Adding it.


@pytest.mark.parametrize(
    ("data", "errors"),
    [
        ({"password": "wrong"}, {"password": "obs_refused"}),
        ({}, {"password": "obs_refused"}),
        ({"host": "http://a b/"}, {"host": "invalid_host"}),
        ({"port": 1}, {"host": "obs_unreachable"}),
    ],
)
async def test_what_keeps_us_out_is_said(
    hub_kit: HubKit, obs: ObsDouble, data: dict[str, Any], errors: dict[str, str]
) -> None:
    form = await ask(hub_kit, "user", {"host": HOST, "port": obs.port, **data})
    assert form["errors"] == errors


async def test_the_same_is_not_added_twice(studio: HubKit, obs: ObsDouble) -> None:
    found = await ask(
        studio, "user", {"host": HOST, "port": obs.port, "password": PASSWORD}
    )
    assert (found["type"], found["reason"]) == (
        FlowResultType.ABORT,
        "already_configured",
    )


async def test_it_is_changed_and_keeps_its_password(studio: HubKit) -> None:
    (id_,) = studio.entry.subentries
    other = ObsDouble(free_port())
    other.scenes, other.program = ["Other"], "Other"
    async with other.running():
        done = await ask(
            studio,
            "reconfigure",
            {"name": "Studio", "host": HOST, "port": other.port},
            subentry_id=id_,
        )
        assert done["type"] is FlowResultType.ABORT
        await studio.state_is(SCENE, "Other")


async def test_another_password_is_asked_for(
    hass: HomeAssistant, studio: HubKit, obs: ObsDouble
) -> None:
    obs.password = "another"
    await obs.kick(1001)
    flow = await flow_appears(hass, SOURCE_REAUTH)
    form = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"password": "wrong"}
    )
    assert form["errors"] == {"base": "obs_refused"}
    await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"password": "another"}
    )
    await studio.state_is(CONNECTION, STATE_ON)


# What is shown.


async def test_everything_is_shown(studio: HubKit) -> None:
    assert {
        name: studio.state(name).state
        for name in (PREVIEW, STREAM, RECORD_PAUSED, MUTE, VOLUME, DURATION, AGAIN)
    } == {
        PREVIEW: STATE_UNAVAILABLE,
        STREAM: STATE_OFF,
        RECORD_PAUSED: STATE_UNAVAILABLE,
        MUTE: STATE_OFF,
        VOLUME: "-6.0",
        DURATION: "300",
        AGAIN: STATE_UNAVAILABLE,
    }
    assert studio.state(SCENE).attributes["options"] == ["Live", "Break", "End"]
    assert studio.state("switch.studio_virtual_camera").state == STATE_UNAVAILABLE
    await studio.state_is("sensor.studio_cpu_usage", "2.7")
    assert studio.state(STREAM_STATE).state == "stopped"
    (id_,) = studio.entry.subentries
    device = studio.device(studio.device_id(id_))
    assert device.sw_version == "32.2.2"
    audio = studio.device(studio.device_id(f"{id_}:audio"))
    assert audio.via_device_id == device.id


async def test_it_is_switched(studio: HubKit, obs: ObsDouble) -> None:
    await studio.call("select.select_option", SCENE, option="Break")
    await studio.state_is(SCENE, "Break")
    await studio.call("switch.turn_on", RECORD)
    await studio.state_is(RECORD, STATE_ON)
    await studio.state_is(RECORD_PAUSED, STATE_OFF)
    await studio.call("switch.turn_on", RECORD_PAUSED)
    await studio.state_is(RECORD_PAUSED, STATE_ON)
    await studio.state_is("sensor.studio_recording_state", "paused")
    await studio.call("switch.turn_off", RECORD_PAUSED)
    await studio.call("switch.turn_off", RECORD)
    await studio.state_is(RECORD, STATE_OFF)
    await studio.call("switch.turn_on", MUTE)
    await studio.state_is(MUTE, STATE_ON)
    await studio.call("switch.turn_off", MUTE)
    await studio.state_is(MUTE, STATE_OFF)
    await studio.call("number.set_value", VOLUME, value=-12.5)
    await studio.state_is(VOLUME, "-12.5")
    await studio.call("number.set_value", DURATION, value=500)
    await studio.state_is(DURATION, "500")
    await studio.call("switch.turn_on", "switch.studio_replay_buffer")
    await studio.appears("button.studio_save_replay")
    await studio.call("button.press", "button.studio_save_replay")
    await obs.asked("SaveReplayBuffer")


async def test_studio_mode_keeps_what_is_live(studio: HubKit) -> None:
    await studio.call("switch.turn_on", "switch.studio_studio_mode")
    await studio.state_is(PREVIEW, "Live")
    await studio.call("select.select_option", PREVIEW, option="End")
    await studio.state_is(PREVIEW, "End")
    assert studio.state(SCENE).state == "Live"
    await studio.call("button.press", "button.studio_transition")
    await studio.state_is(SCENE, "End")


async def test_a_cut_takes_no_time(studio: HubKit) -> None:
    await studio.call("select.select_option", "select.studio_transition", option="Cut")
    await studio.state_is(DURATION, STATE_UNAVAILABLE)


async def test_a_stream_in_trouble_is_on(studio: HubKit, obs: ObsDouble) -> None:
    obs.outputs["Stream"] = True
    obs.output("Stream", "RECONNECTING")
    await studio.state_is(STREAM, STATE_ON)


async def test_inputs_come_and_go(studio: HubKit, obs: ObsDouble) -> None:
    obs.inputs["Guest"] = {"muted": True, "db": -1.0}
    del obs.inputs["Mic"]
    obs.tell("InputCreated", inputName="Guest")
    await studio.state_is("switch.studio_audio_guest_muted", STATE_ON)
    await studio.disappears(MUTE)
    obs.inputs.clear()
    obs.tell("InputRemoved", inputName="Guest")
    await studio.disappears("switch.studio_audio_guest_muted")


async def test_sources_are_shown_and_hidden(studio: HubKit, obs: ObsDouble) -> None:
    assert {name: studio.state(name).state for name in (BANNER, CAMERA, IN_GROUP)} == {
        BANNER: STATE_OFF,
        CAMERA: STATE_ON,
        IN_GROUP: STATE_ON,
    }
    await studio.call("switch.turn_on", BANNER)
    await studio.state_is(BANNER, STATE_ON)
    await studio.call("switch.turn_off", BANNER)
    await studio.state_is(BANNER, STATE_OFF)
    await studio.act("obs_set_visibility", source="Camera", visible=False)
    await studio.state_is(CAMERA, STATE_OFF)
    assert studio.state(IN_GROUP).state == STATE_ON
    await studio.act(
        "obs_set_visibility", scene="Guests", source="Camera", visible=False
    )
    await studio.state_is(IN_GROUP, STATE_OFF)
    with pytest.raises(HomeAssistantError, match="No source was found"):
        await studio.act("obs_set_visibility", source="Nobody")
    (id_,) = studio.entry.subentries
    scenes = studio.device(studio.device_id(f"{id_}:scenes"))
    assert scenes.via_device_id == studio.device_id(id_)


async def test_the_same_source_twice_has_two_switches(
    studio: HubKit, obs: ObsDouble
) -> None:
    again = {**obs.items["Live"][0], "sceneItemId": 9, "sceneItemEnabled": False}
    obs.items["Live"].append(again)
    obs.tell("SceneItemCreated", sceneName="Live")
    await studio.state_is("switch.studio_scenes_live_camera_2", STATE_OFF)
    assert studio.state(CAMERA).state == STATE_ON
    obs.items["Live"].remove(again)
    obs.tell("SceneItemRemoved", sceneName="Live")
    await studio.disappears("switch.studio_scenes_live_camera_2")


async def test_of_many_sources_the_first_have_switches(
    studio: HubKit, obs: ObsDouble
) -> None:
    obs.items["Break"] = [
        {
            "sceneItemId": number,
            "sourceName": f"Source {number}",
            "sceneItemEnabled": True,
        }
        for number in range(300)
    ]
    obs.tell("SceneItemCreated", sceneName="Break")
    await studio.appears("switch.studio_scenes_break_source_90")
    await studio.settled()
    switches = [
        name
        for name in studio.hass.states.async_entity_ids("switch")
        if name.startswith("switch.studio_scenes_")
    ]
    assert len(switches) == 100
    await studio.act(
        "obs_set_visibility", scene="Break", source="Source 299", visible=False
    )
    assert not obs.items["Break"][299]["sceneItemEnabled"]


async def test_what_is_live_is_seen(
    hass: HomeAssistant, studio: HubKit, obs: ObsDouble
) -> None:
    assert studio.state(PICTURE).state == "idle"
    assert not [name for name, _ in obs.requests if name == "GetSourceScreenshot"]
    image = await async_get_image(hass, PICTURE)
    assert (image.content, image.content_type) == (JPEG, "image/jpeg")
    await async_get_image(hass, PICTURE, width=320)
    asked = [data for name, data in obs.requests if name == "GetSourceScreenshot"]
    assert [data["imageWidth"] for data in asked] == [640, 320]
    obs.outputs["Stream"] = True
    obs.output("Stream", "STARTED")
    await studio.state_is(PICTURE, "streaming")
    obs.picture = "data:text/html,<b>"
    with pytest.raises(HomeAssistantError, match="no picture"):
        await async_get_image(hass, PICTURE, width=100)


async def test_who_looks_sees_the_end_when_obs_goes(
    hass: HomeAssistant,
    hub_kit: HubKit,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    port = free_port()
    async with ObsDouble(port).running():
        await add(hub_kit, port)
        await hub_kit.state_is(PICTURE, "idle")
        client = await hass_client()
        answer = await client.get(f"/api/camera_proxy_stream/{PICTURE}")
        assert await answer.content.readuntil(JPEG)
    async with asyncio.timeout(PATIENCE):
        await answer.content.read()
    assert "Error handling request" not in caplog.text


async def test_a_screenshot_is_kept_by_obs(studio: HubKit, obs: ObsDouble) -> None:
    await studio.call("button.press", "button.studio_screenshot")
    assert await obs.asked("TriggerHotkeyByName") == {
        "hotkeyName": "OBSBasic.Screenshot"
    }


async def test_a_page_is_loaded_again(studio: HubKit, obs: ObsDouble) -> None:
    obs.pages["Clock"] = "https://example.org/"
    obs.tell("InputCreated", inputName="Clock")
    button = "button.studio_scenes_refresh_clock"
    await studio.appears(button)
    await studio.call("button.press", button)
    pressed = await obs.asked("PressInputPropertiesButton")
    assert pressed == {"inputName": "Clock", "propertyName": "refreshnocache"}
    del obs.pages["Clock"]
    obs.tell("InputRemoved", inputName="Clock")
    await studio.disappears(button)


async def test_what_obs_refuses_is_said(studio: HubKit, obs: ObsDouble) -> None:
    obs.scenes.remove("End")
    with pytest.raises(HomeAssistantError, match="No source was found"):
        await studio.call("select.select_option", SCENE, option="End")
    obs.is_busy = True
    with pytest.raises(HomeAssistantError, match="busy"):
        await studio.call("switch.turn_on", STREAM)


async def test_our_own_pages_are_loaded_again(hub_kit: HubKit, obs: ObsDouble) -> None:
    obs.pages = {
        "Clock": "https://example.org/",
        "Overlay": "http://ha.local:8123/maestra_overlay/secret/",
    }
    await add(hub_kit, obs.port)
    pressed = await obs.asked("PressInputPropertiesButton")
    assert pressed == {"inputName": "Overlay", "propertyName": "refreshnocache"}
    await hub_kit.state_is(SCENE, "Live")
    await obs.kick(1001)
    await hub_kit.state_is(CONNECTION, STATE_OFF)
    await hub_kit.state_is(CONNECTION, STATE_ON)
    await hub_kit.hass.config_entries.async_unload(hub_kit.entry.entry_id)
    names = [name for name, _ in obs.requests]
    assert names.count("PressInputPropertiesButton") == 1


# Actions and triggers.


async def test_requests(studio: HubKit, obs: ObsDouble) -> None:
    answer = await studio.ask("obs_request", request="GetStats")
    assert answer["response"]["cpuUsage"] == 2.71828
    await studio.act(
        "obs_request", obs="Studio", request="SetInputMute",
        data={"inputName": "Mic", "inputMuted": True},
    )  # fmt: skip
    await studio.state_is(MUTE, STATE_ON)
    answer = await studio.ask(
        "obs_batch",
        requests=[{"request": "Odd"}, {"request": "GetVersion"}],
        halt_on_failure=True,
        obs=studio.device_id(next(iter(studio.entry.subentries))),
    )
    assert [each["status"] for each in answer["responses"]] == [204]
    with pytest.raises(ServiceValidationError, match="fits 0"):
        await studio.act("obs_request", request="GetStats", obs="Other")
    with pytest.raises(ServiceValidationError, match="key of the stream"):
        await studio.act("obs_request", request="GetStreamServiceSettings")
    with pytest.raises(ServiceValidationError):
        await studio.act("obs_batch", requests=[{"data": {}}])
    assert "GetStreamServiceSettings" not in [name for name, _ in obs.requests]


@pytest.mark.parametrize("by", ["name", "device"])
async def test_what_happens_triggers(
    hass: HomeAssistant, studio: HubKit, obs: ObsDouble, by: str
) -> None:
    named = {
        "name": "Studio",
        "device": studio.device_id(next(iter(studio.entry.subentries))),
    }
    calls = async_mock_service(hass, "test", "run")
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "alias": "Watch",
                "mode": "parallel",
                "triggers": {
                    "trigger": "maestra.obs_event",
                    "options": {
                        "event_type": "CurrentProgramSceneChanged",
                        "obs": named[by],
                    },
                },
                "actions": {
                    "action": "test.run",
                    "data": {"trigger": "{{ trigger }}"},
                },
            }
        },
    )
    await hass.async_block_till_done()
    obs.tell("CurrentPreviewSceneChanged", sceneName="End")
    obs.tell("CurrentProgramSceneChanged", sceneName="Break")
    await studio.state_is(SCENE, "Break")
    await hass.async_block_till_done()
    (told,) = (call.data["trigger"] for call in calls)
    assert (told["obs"], told["event_type"]) == ("Studio", "CurrentProgramSceneChanged")
    assert told["data"] == {"sceneName": "Break"}


# OBS goes.


async def test_obs_that_is_closed_is_nothing_special(
    hass: HomeAssistant, hub_kit: HubKit, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    async with ObsDouble(port).running():
        await add(hub_kit, port)
        await hub_kit.state_is(SCENE, "Live")
        await hub_kit.appears(MUTE)
        caplog.clear()
    await hub_kit.state_is(SCENE, STATE_UNAVAILABLE)
    await hub_kit.state_is(MUTE, STATE_UNAVAILABLE)
    with pytest.raises(ServiceValidationError):
        await hub_kit.act("obs_request", request="GetStats", obs="nobody")
    with pytest.raises(HomeAssistantError, match="not connected"):
        await hub_kit.act("obs_request", request="GetStats")
    await hub_kit.later(timedelta(minutes=6))
    assert not [id_ for domain, id_ in ir.async_get(hass).issues if domain == DOMAIN]
    async with ObsDouble(port).running():
        await hub_kit.state_is(SCENE, "Live")
        await hub_kit.state_is(MUTE, STATE_OFF)
        said = [
            record.levelname
            for record in caplog.records
            if "OBS at" in record.getMessage() and record.levelname != "DEBUG"
        ]
        await hass.config_entries.async_unload(hub_kit.entry.entry_id)
    assert said == ["WARNING", "INFO"]


async def test_who_is_kicked_comes_back_when_asked(
    hass: HomeAssistant, studio: HubKit, obs: ObsDouble
) -> None:
    await obs.kick(4011)
    await studio.state_is(CONNECTION, STATE_OFF)
    await studio.later(timedelta(minutes=6))
    issues = [id_ for domain, id_ in ir.async_get(hass).issues if domain == DOMAIN]
    assert len(issues) == 1
    await studio.appears(AGAIN)
    await studio.call("button.press", AGAIN)
    await studio.state_is(SCENE, "Live")
    await hass.async_block_till_done()
    assert not [id_ for domain, id_ in ir.async_get(hass).issues if domain == DOMAIN]


async def test_it_is_removed_with_its_sound(
    hass: HomeAssistant, studio: HubKit
) -> None:
    (id_,) = studio.entry.subentries
    hass.config_entries.async_remove_subentry(studio.entry, id_)
    await studio.disappears(SCENE)
    await studio.disappears(MUTE)
    assert studio.device_of(f"{id_}:audio") is None


async def test_diagnostics_keep_secrets(hass: HomeAssistant, studio: HubKit) -> None:
    found = str(await async_get_config_entry_diagnostics(hass, studio.entry))
    assert "'scenes': 3" in found
    assert PASSWORD not in found
    assert "Break" not in found
