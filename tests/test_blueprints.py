"""The blueprints, as Home Assistant imports, checks and runs them."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from functools import partial
from pathlib import Path
import shutil
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    async_fire_time_changed,
    async_mock_service,
)
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.maestra.core.cues.player import CuePlayer
from custom_components.maestra.core.domain.events import StateChanged
from custom_components.maestra.core.f2.events import AccessDecision, credential_hash
from custom_components.maestra.features.cues.manager import CuesManager
from custom_components.maestra.features.experiences.manager import ExperiencesManager
from homeassistant.components.automation.config import (
    ValidationStatus,
    async_validate_config_item as validate_automation,
)
from homeassistant.components.blueprint import models
from homeassistant.components.blueprint.schemas import BLUEPRINT_SCHEMA
from homeassistant.components.script.config import (
    async_validate_config_item as validate_script,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.sun import get_astral_event_next
from homeassistant.setup import async_setup_component
from homeassistant.util import yaml as yaml_util

from .kits.detectors import FILL, TANK, adds, tells
from .kits.f2_device import add_controller, carry_f2, f2_device
from .kits.forms import until
from .kits.hub import HubKit
from .kits.hub_broker import MaestraKit
from .kits.listeners import ListenerKit
from .kits.obs import ObsDouble, obs_double
from .kits.osc import OscPeer
from .kits.process import soon
from .kits.production import as_subentry, obs_subentry, production_subentry
from .kits.speech import transcription_subentry

BLUEPRINTS = Path(__file__).parent.parent / "blueprints"
REPOSITORY = "https://github.com/maestra-home/maestra/blob/main/"
INPUTS: dict[str, dict[str, Any]] = {
    "be_right_back.yaml": {"scene": "Break"},
    "device_offline.yaml": {
        "notify": [{"action": "test.notify", "data": {"message": "{{ message }}"}}]
    },
    "follow_variable.yaml": {
        "leader": "1",
        "leader_variable": "fader",
        "follower": "2",
        "follower_variable": "brightness",
    },
    "f2_access_control.yaml": {
        "reader": "event.gate_j1_reader_1",
        "lock": "lock.gate_j1_front_door",
        "cards": {"00": "person.anna"},
    },
    "spoken_phrase.yaml": {
        "phrases": ["lights out", "good night"],
        "action": [
            {"action": "test.notify", "data": {"message": "{{ phrase }}: {{ text }}"}}
        ],
    },
    "stream_alert.yaml": {
        "message": "{{ event.type }}",
        "action": [{"action": "test.notify", "data": {"message": "{{ person }}"}}],
    },
    "social_post.yaml": {
        "last_post": "input_datetime.last_post",
        "post": [{"action": "test.notify", "data": {"message": "{{ message }}"}}],
    },
    "osc_fader_to_light.yaml": {
        "address": "/1/fader1",
        "lights": {"entity_id": "light.wash_1"},
    },
    "presence_to_cue.yaml": {
        "sensors": ["binary_sensor.hall", "binary_sensor.stairs"],
        "cue_list": "1",
        "cue": "1",
        "empty_cue": "2",
    },
    "obs_scene_to_cue.yaml": {"cue_list": "1", "cues": {"Break": "2", "End": 1}},
    "nightly_show.yaml": {
        "cue_list": "1",
        "experience": "Evening",
        "offset": "00:30:00",
        "closed": ["calendar.holidays"],
        "last_cue": "2",
    },
    "telemetry_threshold.yaml": {
        "sensor": "sensor.heat",
        "above": 60,
        "hysteresis": 5,
        "exceeded": [{"action": "test.notify", "data": {"message": "{{ value }}"}}],
        "recovered": [{"action": "test.notify", "data": {"message": "good"}}],
    },
    "emergency_stop.yaml": {
        "starts": ["input_button.stop", "binary_sensor.smoke"],
        "locks": ["lock.front"],
        "others": [{"action": "test.notify", "data": {"message": "stop"}}],
    },
    "door_held_open.yaml": {
        "doors": ["binary_sensor.door"],
        "notify": [
            {"action": "test.notify", "data": {"message": "{{ message }} {{ count }}"}}
        ],
    },
    "iss_announcement.yaml": {
        "tracker": "device_tracker.iss",
        "announce": [
            {"action": "test.notify", "data": {"message": "{{ message }} {{ away }}"}}
        ],
    },
    "visitor_counter.yaml": {
        "entrances": ["binary_sensor.door", "binary_sensor.gate"],
        "exits": ["binary_sensor.exit"],
        "counter": "counter.visitors",
        "limit": 2,
        "full": [{"action": "test.notify", "data": {"message": "full {{ visitors }}"}}],
        "room": [{"action": "test.notify", "data": {"message": "room {{ visitors }}"}}],
    },
    "watchdog.yaml": {
        "device": {},
        "connection": "binary_sensor.dimmer_connection",
        "plug": "switch.plug",
        "failed": [{"action": "test.notify", "data": {"message": "gone"}}],
    },
}


SCRIPTS: dict[str, dict[str, Any]] = {
    "fade.yaml": {"things": ["1", "2"], "variable": "brightness"},
    "chase.yaml": {"things": ["1", "2", "3"], "step": 0.1},
    "follow.yaml": {
        "leader": "1",
        "leader_variable": "fader",
        "followers": ["2"],
        "variable": "brightness",
    },
}
GIVEN = {
    (domain, name): given
    for domain, all_ in (("automation", INPUTS), ("script", SCRIPTS))
    for name, given in all_.items()
}


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """A configuration folder of our own, with the blueprints in their place."""
    folder = Path(hass_tmp_config_dir) / "blueprints"
    shutil.copytree(BLUEPRINTS, folder, dirs_exist_ok=True)
    return hass_tmp_config_dir


def test_all_are_tested() -> None:
    found = BLUEPRINTS.glob("*/maestra/*")
    assert {(path.parts[-3], path.name) for path in found} == set(GIVEN)


@pytest.mark.parametrize(("domain", "name"), GIVEN)
def test_can_be_imported(domain: str, name: str) -> None:
    blueprint = models.Blueprint(
        yaml_util.load_yaml_dict(BLUEPRINTS / domain / "maestra" / name),
        path=f"maestra/{name}",
        expected_domain=domain,
        schema=BLUEPRINT_SCHEMA,
    )
    assert blueprint.validate() is None
    source = f"{REPOSITORY}blueprints/{domain}/maestra/{name}"
    assert blueprint.metadata["source_url"] == source
    assert all(
        given["name"] and given["description"] and given["selector"]
        for given in blueprint.inputs.values()
    )


async def _is_valid(hass: HomeAssistant, domain: str, path: str, name: str) -> bool:
    """Tell whether Home Assistant takes what is made of a blueprint."""
    validate = {"automation": validate_automation, "script": validate_script}[domain]
    made = {"use_blueprint": {"path": path, "input": GIVEN[domain, name]}}
    config = await validate(hass, "checked", made)
    return config is not None and config.validation_status == ValidationStatus.OK


@pytest.mark.parametrize(("domain", "name"), GIVEN)
@pytest.mark.usefixtures("hub")
async def test_the_dialog_imports_it(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    aioclient_mock: AiohttpClientMocker,
    domain: str,
    name: str,
) -> None:
    """As *Import blueprint* does it with the address of its file, which GitHub answers."""
    assert await async_setup_component(hass, domain, {})
    raw = "https://raw.githubusercontent.com/maestra-home/maestra/main/"
    text = (BLUEPRINTS / domain / "maestra" / name).read_text("utf-8")
    address = f"{raw}blueprints/{domain}/maestra/{name}"
    aioclient_mock.get(address, text=text)  # type: ignore[no-untyped-call]
    dialog = await hass_ws_client(hass)

    async def asks(**message: Any) -> Any:
        await dialog.send_json_auto_id(message)
        answer = await dialog.receive_json()
        assert answer["success"], answer
        return answer["result"]

    url = f"{REPOSITORY}blueprints/{domain}/maestra/{name}"
    found = await asks(type="blueprint/import", url=url)
    assert found["validation_errors"] is None
    assert found["suggested_filename"] == f"maestra-home/{name.removesuffix('.yaml')}"
    await asks(
        type="blueprint/save",
        domain=domain,
        path=found["suggested_filename"],
        yaml=found["raw_data"],
        source_url=url,
    )
    assert await _is_valid(hass, domain, f"maestra-home/{name}", name)


@pytest.mark.parametrize(("domain", "name"), GIVEN)
@pytest.mark.usefixtures("hub")
async def test_is_valid(hass: HomeAssistant, domain: str, name: str) -> None:
    assert await async_setup_component(hass, domain, {})
    assert await _is_valid(hass, domain, f"maestra/{name}", name)


async def _automate(hass: HomeAssistant, name: str, **given: Any) -> None:
    blueprint = {"path": f"maestra/{name}", "input": {**INPUTS[name], **given}}
    assert await async_setup_component(
        hass, "automation", {"automation": {"use_blueprint": blueprint}}
    )
    await hass.async_block_till_done()


async def _script(hass: HomeAssistant, name: str, **given: Any) -> None:
    """Have a script of a blueprint, `script.made`."""
    blueprint = {"path": f"maestra/{name}", "input": {**SCRIPTS[name], **given}}
    assert await async_setup_component(
        hass, "script", {"script": {"made": {"use_blueprint": blueprint}}}
    )
    await hass.async_block_till_done()


async def _washes(kit: HubKit, count: int) -> list[str]:
    """Have so many lights that are dark; returns their devices."""
    return [
        await kit.light(f"wash-{number}", state={"brightness": 0, "on": True})
        for number in range(count)
    ]


def _levels(kit: HubKit) -> list[Any]:
    return [entity.state["brightness"] for entity in kit.domain.entities]


async def test_a_script_fades(hass: HomeAssistant, hub_kit: HubKit) -> None:
    """It takes what whoever runs it wants, ends with the fade, and has a usual value."""
    things = await _washes(hub_kit, 2)
    await _script(hass, "fade.yaml", things=things, value=20, transition=0)
    seen: list[Any] = []
    hub_kit.domain.bus.subscribe(
        StateChanged, lambda event: seen.append(event.current["brightness"])
    )
    await hass.services.async_call(
        "script", "made", {"to": 100, "over": 0.4}, blocking=True
    )
    assert _levels(hub_kit) == [100, 100]
    assert len(set(seen)) > 5
    await hass.services.async_call("script", "made", blocking=True)
    assert _levels(hub_kit) == [20, 20]


async def test_a_light_runs_along_a_row(hass: HomeAssistant, hub_kit: HubKit) -> None:
    things = await _washes(hub_kit, 3)
    await _script(hass, "chase.yaml", things=things, high=90, low=5)
    seen: list[list[Any]] = []

    def changed(_event: StateChanged) -> None:
        if sum(_levels(hub_kit)) == 100 and (not seen or seen[-1] != _levels(hub_kit)):
            seen.append(_levels(hub_kit))

    hub_kit.domain.bus.subscribe(StateChanged, changed)
    await hass.services.async_call("script", "made", {"times": 2}, blocking=True)
    assert seen == [[90, 5, 5], [5, 90, 5], [5, 5, 90]] * 2
    assert _levels(hub_kit) == [5, 5, 5]


async def test_a_chase_runs_until_it_is_switched_off(
    hass: HomeAssistant, hub_kit: HubKit
) -> None:
    things = await _washes(hub_kit, 2)
    await _script(hass, "chase.yaml", things=things)
    for _ in range(2):
        await hass.services.async_call(
            "script", "turn_on", {"entity_id": "script.made"}
        )
        for levels in ([100, 0], [0, 100], [100, 0]):
            await soon(lambda levels=levels: _levels(hub_kit) == levels)  # type: ignore[misc]
        await hub_kit.call("script.turn_off", "script.made")
    await hub_kit.state_is("script.made", "off")


async def test_what_follows_does_so_while_the_script_runs(
    hass: HomeAssistant, hub_kit: HubKit
) -> None:
    (wash,) = await _washes(hub_kit, 1)
    await hub_kit.hears("desk", fader=1)
    desk = hub_kit.device_id(hub_kit.domain.entities["desk"].id)
    await _script(
        hass,
        "follow.yaml",
        leader=desk,
        leader_low=-1,
        leader_high=1,
        followers=[wash],
        low=20,
        high=60,
        smooth=0,
    )
    level = hub_kit.domain.entities["wash-0"]
    await hass.services.async_call("script", "turn_on", {"entity_id": "script.made"})
    # What the leader has already counts too.
    await soon(lambda: level.state["brightness"] == 60)
    for fader, wanted in ((0, 40), (-5, 20), (9, 60)):
        hub_kit.domain.entities.update("desk", {"fader": fader})
        await soon(lambda wanted=wanted: level.state["brightness"] == wanted)  # type: ignore[misc]
    # What is no number moves nothing, and ends nothing.
    hub_kit.domain.entities.update("desk", {"fader": "high"})
    hub_kit.domain.entities.update("desk", {"fader": 0.5})
    await soon(lambda: level.state["brightness"] == 50)
    await hub_kit.call("script.turn_off", "script.made")
    hub_kit.domain.entities.update("desk", {"fader": -1})
    assert level.state["brightness"] == 50


async def test_alerts_when_a_device_stays_away(
    hass: HomeAssistant, hub_kit: HubKit, freezer: FrozenDateTimeFactory
) -> None:
    alerts = async_mock_service(hass, "test", "notify")
    await _automate(hass, "device_offline.yaml")
    await hub_kit.registers("AA:01", name="Dimmer")
    await hub_kit.registers("AA:02", name="Fan")
    await hub_kit.beats("AA:01", "offline")
    await hub_kit.beats("AA:02", "offline")
    await hub_kit.beats("AA:02")
    assert alerts == []
    freezer.tick(timedelta(minutes=1, seconds=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert [call.data["message"] for call in alerts] == ["Dimmer (AA:01) is offline."]


async def test_alerts_for_chosen_devices_only(
    hass: HomeAssistant, hub_kit: HubKit
) -> None:
    alerts = async_mock_service(hass, "test", "notify")
    one, _ = await hub_kit.registers("AA:01"), await hub_kit.registers("AA:02")
    await _automate(
        hass,
        "device_offline.yaml",
        devices={"device_id": hub_kit.device_id(one.id)},
        delay={"seconds": 0},
    )
    await hub_kit.beats("AA:01", "offline")
    await hub_kit.beats("AA:02", "offline")
    assert len(alerts) == 1


async def test_one_variable_follows_another(
    hass: HomeAssistant, hub_kit: HubKit
) -> None:
    await hub_kit.act("create_entity", name="Desk", entity_type="controller")
    desk = hub_kit.device_id(hub_kit.domain.entities["desk"].id)
    wash = await hub_kit.light("wash-1")
    await _automate(hass, "follow_variable.yaml", leader=desk, follower=wash)
    await hub_kit.hears("desk", fader=50)
    assert hub_kit.state("light.wash_1").attributes["brightness"] is None
    await hub_kit.hears("desk", fader=80, button=True)
    await hub_kit.hears("wash-1", on=True)
    assert (await hub_kit.entity_state("wash-1"))["brightness"] == 80
    # A value that is gone leaves the follower where it is.
    hub_kit.domain.entities.set("desk", {"button": False})
    await hass.async_block_till_done()
    assert (await hub_kit.entity_state("wash-1"))["brightness"] == 80


@pytest.mark.parametrize("value", ["#ff8800", 'it\'s "on"', {"a": [1, None]}, True])
async def test_any_value_is_followed(
    hass: HomeAssistant, hub_kit: HubKit, value: object
) -> None:
    await hub_kit.act("create_entity", name="Desk", entity_type="controller")
    desk = hub_kit.device_id(hub_kit.domain.entities["desk"].id)
    wash = await hub_kit.light("wash-1")
    await _automate(
        hass,
        "follow_variable.yaml",
        leader=desk,
        follower=wash,
        follower_variable="seen",
    )
    await hub_kit.hears("desk", fader=value)
    assert (await hub_kit.entity_state("wash-1"))["seen"] == value


@pytest.mark.parametrize(
    ("sent", "full", "is_on", "brightness"),
    [
        ((0.5,), 1, True, 128),
        ((127,), 127, True, 255),
        ((2.0,), 1, True, 255),
        ((0.0,), 1, False, None),
    ],
)
async def test_a_fader_dims_a_light(
    hass: HomeAssistant,
    hub_kit: HubKit,
    socket_enabled: None,
    sent: tuple[float, ...],
    full: float,
    is_on: bool,
    brightness: int | None,
) -> None:
    await hub_kit.light("wash-1", state={"on": True, "brightness": 10})
    port = await ListenerKit(hass, hub_kit.entry, "osc").on()
    await _automate(hass, "osc_fader_to_light.yaml", full=full)

    async with OscPeer(port) as fader:
        fader.send("/1/fader1", to=port)
        fader.send("/1/fader1", "up", to=port)
        fader.send("/1/fader1", *sent, to=port)

        def is_dimmed() -> bool:
            shown = hub_kit.state("light.wash_1")
            seen = (shown.state == "on", shown.attributes["brightness"])
            return seen == (is_on, brightness)

        await until(hass, is_dimmed)


CARD = b"04A224B2C45E80"
READER = "event.gate_j1_reader_1"
LOCK = "lock.gate_j1_front_door"


@pytest.mark.parametrize(
    ("is_known", "schedule", "kind", "shown", "lock", "person", "reason"),
    [
        (True, "on", "access_granted", "1", "unlocked", "Anna", "card and schedule"),
        (True, "off", "access_denied", "3", "locked", "Anna", "outside the schedule"),
        (False, "on", "access_denied", "2", "locked", None, "unknown card"),
    ],
)
async def test_a_card_opens_a_door(
    hass: HomeAssistant,
    maestra: MaestraKit,
    is_known: bool,
    schedule: str,
    kind: str,
    shown: str,
    lock: str,
    person: str | None,
    reason: str,
) -> None:
    """Card, person, schedule, unlock and feedback; every decision is recorded."""
    hass.states.async_set("person.anna", "home", {"friendly_name": "Anna"})
    hass.states.async_set("schedule.office", schedule)
    add_controller(hass, maestra.entry)
    salt = bytes.fromhex("00" * 32)
    hass.config_entries.async_update_entry(maestra.entry, data={"f2_salt": salt.hex()})
    cards = {credential_hash(salt, CARD if is_known else b"other"): "person.anna"}
    async with f2_device(maestra.broker) as device:
        await carry_f2(maestra)
        await maestra.state_is(LOCK, "locked")
        told: list[AccessDecision] = []
        maestra.domain.bus.subscribe(AccessDecision, told.append)
        await _automate(
            hass,
            "f2_access_control.yaml",
            cards=cards,
            schedule=["schedule.office"],
            period=60,
        )
        await device.controller.show_card(CARD)
        await maestra.appears_with(READER, event_type=kind, reason=reason)
        await maestra.state_is(LOCK, lock)
        assert [(it.person, it.granted) for it in told] == [
            (person, kind == "access_granted")
        ]
        assert await device.was_shown() == [shown.encode()]


async def test_what_happens_on_the_stream_is_an_alert(
    hass: HomeAssistant, hub_kit: HubKit
) -> None:
    beside = async_mock_service(hass, "test", "notify")
    hass.config_entries.async_add_subentry(
        hub_kit.entry, as_subentry(production_subentry())
    )
    await hub_kit.settled()
    await _automate(hass, "stream_alert.yaml")
    for kind, id_ in (("cheer", "1"), ("ban", "2"), ("cheer", "1")):
        await hub_kit.act(
            "report_stream_event",
            type=f"channel.{kind}",
            id=id_,
            data={"user_name": "Ann"},
        )
    await hub_kit.state_is("sensor.stage_current_item", "alert")
    removed = await hub_kit.ask("remove_item")
    assert removed["item"]["data"] == {"title": "Ann", "message": "channel.cheer"}
    assert await hub_kit.ask("remove_item") == {"item": None}
    assert [call.data["message"] for call in beside] == ["Ann"]


async def test_a_phrase_is_spoken(hass: HomeAssistant, hub_kit: HubKit) -> None:
    done = async_mock_service(hass, "test", "notify")
    hass.config_entries.async_add_subentry(
        hub_kit.entry, as_subentry(transcription_subentry())
    )
    await hub_kit.settled()
    await _automate(hass, "spoken_phrase.yaml", pause={"seconds": 0})
    for text in ("Out with the lights!", "And now... LIGHTS OUT, please."):
        await hub_kit.act(
            "submit_transcription",
            timestamp="2026-11-30T20:00:00Z",
            duration=1,
            text=text,
        )
    await until(hass, lambda: done or None)
    assert [call.data["message"] for call in done] == [
        "lights out: And now... LIGHTS OUT, please."
    ]


@pytest.fixture
async def obs(socket_enabled: None) -> AsyncGenerator[ObsDouble]:
    async with obs_double() as double:
        yield double


async def test_a_scene_covers_the_overlays(
    hass: HomeAssistant, hub_kit: HubKit, obs: ObsDouble
) -> None:
    for described in (production_subentry(), obs_subentry(obs)):
        hass.config_entries.async_add_subentry(hub_kit.entry, as_subentry(described))
    await hub_kit.state_is("select.studio_scene", "Live")
    await _automate(hass, "be_right_back.yaml")
    await hub_kit.call("select.select_option", "select.studio_scene", option="Break")
    await hub_kit.state_is("sensor.stage_current_item", "takeover")
    await hub_kit.call("select.select_option", "select.studio_scene", option="End")
    await hub_kit.state_is("sensor.stage_foreground", "hidden")
    await hass.config_entries.async_unload(hub_kit.entry.entry_id)


async def cue_list(hub_kit: HubKit) -> CuePlayer:
    """A list of two cues on a fader."""
    await hub_kit.act(
        "create_entity", name="Hall", entity_type="actuator", state={"level": 1}
    )
    cues = [{"states": {"hall": {"level": level}}} for level in (80, 10)]
    await hub_kit.act(
        "save_cue_list", name="Hall", cues=cues, safe={"hall": {"level": 0}}
    )
    manager: CuesManager = hub_kit.entry.runtime_data.manager(CuesManager)
    (player,) = manager.lists
    return player


def current(player: CuePlayer) -> str | None:
    return player.current.number if player.current else None


def goes(player: CuePlayer, cue: str) -> bool:
    return current(player) == cue


async def turns() -> None:
    """Let all who can go on do so; an action that waits is not waited for, as Home Assistant's own helper does."""
    for _ in range(50):
        await asyncio.sleep(0)


async def passes(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, **time: float
) -> None:
    freezer.tick(timedelta(**time))
    async_fire_time_changed(hass)
    await turns()


async def says(hass: HomeAssistant, entity_id: str, state: str) -> None:
    hass.states.async_set(entity_id, state, {"friendly_name": entity_id})
    await turns()


async def test_somebody_comes_and_all_leave(
    hass: HomeAssistant, hub_kit: HubKit, freezer: FrozenDateTimeFactory
) -> None:
    player = await cue_list(hub_kit)
    hall, stairs = INPUTS["presence_to_cue.yaml"]["sensors"]
    for sensor in (hall, stairs):
        await says(hass, sensor, "off")
    device = hub_kit.device_id(player.id)
    await _automate(hass, "presence_to_cue.yaml", cue_list=device)
    await says(hass, hall, "on")
    assert current(player) == "1"
    player.go_to("2")
    # Who comes after others changes nothing, nor who leaves before them.
    await says(hass, stairs, "on")
    await says(hass, hall, "off")
    await passes(hass, freezer, minutes=6)
    assert current(player) == "2"
    player.go_to("1")
    await says(hass, stairs, "off")
    await passes(hass, freezer, minutes=4)
    assert current(player) == "1"
    await passes(hass, freezer, minutes=2)
    assert current(player) == "2"


async def test_telemetry_that_dances_around_a_threshold_counts_once(
    hass: HomeAssistant, hub_kit: HubKit, freezer: FrozenDateTimeFactory
) -> None:
    calls = async_mock_service(hass, "test", "notify")

    def said() -> list[str]:
        return [str(call.data["message"]) for call in calls]

    await says(hass, "sensor.heat", "20")
    await _automate(hass, "telemetry_threshold.yaml")
    # Not for long enough.
    await says(hass, "sensor.heat", "61")
    await passes(hass, freezer, seconds=9)
    await says(hass, "sensor.heat", "59")
    await passes(hass, freezer, seconds=11)
    assert said() == []
    for value in ("65", "59", "66", "56", "unavailable", "70"):
        await says(hass, "sensor.heat", value)
        await passes(hass, freezer, seconds=11)
        assert said() == ["65"], value
    await says(hass, "sensor.heat", "55")
    assert said() == ["65", "good"]
    await says(hass, "sensor.heat", "80")
    await passes(hass, freezer, seconds=11)
    assert said() == ["65", "good", "80"]
    # It waits until it is good again.
    await says(hass, "sensor.heat", "20")
    assert said()[-1] == "good"


async def test_a_scene_runs_a_cue(
    hass: HomeAssistant, hub_kit: HubKit, obs: ObsDouble
) -> None:
    hass.config_entries.async_add_subentry(
        hub_kit.entry, as_subentry(obs_subentry(obs))
    )
    await hub_kit.state_is("select.studio_scene", "Live")
    player = await cue_list(hub_kit)
    device = hub_kit.device_id(player.id)
    await _automate(hass, "obs_scene_to_cue.yaml", cue_list=device)
    for scene, cue in (("Break", "2"), ("End", "1"), ("Live", "1")):
        await hub_kit.call("select.select_option", "select.studio_scene", option=scene)
        await hub_kit.state_is("select.studio_scene", scene)
        await soon(partial(goes, player, cue))
    await hass.config_entries.async_unload(hub_kit.entry.entry_id)


@pytest.mark.parametrize(
    ("given", "holiday", "begins", "ends"),
    [
        ({}, "off", "1", "2"),
        ({}, "on", None, "2"),
        ({"days": []}, "off", None, "2"),
        ({"closed": [], "experience": "", "last_cue": ""}, "on", "1", "1"),
        # What can't be deployed does not keep the show.
        ({"experience": "Matinee"}, "off", "1", "2"),
    ],
)
async def test_a_show_begins_after_sunset_and_ends(
    hass: HomeAssistant,
    hub_kit: HubKit,
    freezer: FrozenDateTimeFactory,
    given: dict[str, Any],
    holiday: str,
    begins: str | None,
    ends: str,
) -> None:
    # In San Diego the sun sets at half past four.
    await hass.config.async_set_time_zone("America/Los_Angeles")
    freezer.move_to("2026-12-01T20:00:00Z")
    player = await cue_list(hub_kit)
    await hub_kit.act("save_experience", name="Evening")
    await hub_kit.act("publish_experience")
    await says(hass, "calendar.holidays", holiday)
    device = hub_kit.device_id(player.id)
    await _automate(hass, "nightly_show.yaml", cue_list=device, **given)
    sunset = get_astral_event_next(hass, "sunset")
    freezer.move_to(sunset + timedelta(minutes=29))
    async_fire_time_changed(hass)
    await turns()
    assert current(player) is None
    await passes(hass, freezer, minutes=1, seconds=1)
    assert current(player) == begins
    manager: ExperiencesManager = hub_kit.entry.runtime_data.manager(ExperiencesManager)
    is_deployed = manager.experiences.last("Evening") is not None
    assert is_deployed is (begins == "1" and not given)
    # Eleven in the evening, there.
    freezer.move_to("2026-12-02T07:00:01Z")
    async_fire_time_changed(hass)
    await turns()
    assert current(player) == ends
    # Its next sunset is waited for.
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"})
    await hass.async_block_till_done()


@pytest.mark.parametrize(
    ("entity_id", "before", "after", "is_stopped"),
    [
        ("input_button.stop", "unknown", "2026-11-30T12:00:00+00:00", True),
        ("input_button.stop", "2026-11-29T12:00:00+00:00", "2026-11-30T12:00:00+00:00", True),
        ("binary_sensor.smoke", "off", "on", True),
        ("binary_sensor.smoke", "unavailable", "on", False),
        ("binary_sensor.smoke", "on", "off", False),
        ("binary_sensor.smoke", "off", "unavailable", False),
    ],
)  # fmt: skip
async def test_an_emergency_stops_everything(
    hass: HomeAssistant,
    hub_kit: HubKit,
    entity_id: str,
    before: str,
    after: str,
    is_stopped: bool,
) -> None:
    await cue_list(hub_kit)
    unlocked = async_mock_service(hass, "lock", "unlock")
    alerts = async_mock_service(hass, "test", "notify")
    await says(hass, entity_id, before)
    await _automate(hass, "emergency_stop.yaml")
    await says(hass, entity_id, after)
    assert bool(alerts) is is_stopped
    assert bool(unlocked) is is_stopped
    state = await hub_kit.entity_state("hall")
    assert (state["level"] == 0) is is_stopped


async def test_a_door_is_held_open(
    hass: HomeAssistant, hub: object, freezer: FrozenDateTimeFactory
) -> None:
    alerts = async_mock_service(hass, "test", "notify")
    door = "binary_sensor.door"
    await says(hass, door, "off")
    await _automate(hass, "door_held_open.yaml")
    await says(hass, door, "on")
    await passes(hass, freezer, minutes=1)
    assert not alerts
    await passes(hass, freezer, minutes=1, seconds=1)
    await passes(hass, freezer, minutes=5, seconds=1)
    await says(hass, door, "off")
    await passes(hass, freezer, minutes=5, seconds=1)
    assert [call.data["message"] for call in alerts] == [
        f"{door} is held open. 1",
        f"{door} is held open. 2",
    ]


@pytest.mark.parametrize("comes_back", [True, False])
async def test_a_device_that_hangs_is_restarted(
    hass: HomeAssistant,
    hub_kit: HubKit,
    freezer: FrozenDateTimeFactory,
    comes_back: bool,
) -> None:
    off = async_mock_service(hass, "switch", "turn_off")
    on = async_mock_service(hass, "switch", "turn_on")
    alerts = async_mock_service(hass, "test", "notify")
    device = await hub_kit.registers("AA:01", name="Dimmer")
    await hub_kit.appears("binary_sensor.dimmer_connection")
    target = {"device_id": hub_kit.device_id(device.id)}
    await _automate(hass, "watchdog.yaml", device=target, silence={"seconds": 5})
    await hub_kit.beats("AA:01", "offline")
    await hub_kit.state_is("binary_sensor.dimmer_connection", "off")
    await passes(hass, freezer, seconds=6)
    for _ in range(3):
        await passes(hass, freezer, seconds=11)
        if comes_back:
            await hub_kit.beats("AA:01")
            await hub_kit.state_is("binary_sensor.dimmer_connection", "on")
        await passes(hass, freezer, minutes=2, seconds=1)
    assert len(off) == len(on) == (1 if comes_back else 3)
    assert bool(alerts) is not comes_back


async def test_the_station_is_announced_once_a_pass(
    hass: HomeAssistant, hub_kit: HubKit
) -> None:
    calls = async_mock_service(hass, "test", "notify")
    home = {"latitude": hass.config.latitude, "longitude": hass.config.longitude}

    async def stands(degrees: float) -> None:
        """Let the station be so many degrees north of home, each of which is 111 km."""
        where = {**home, "latitude": home["latitude"] + degrees}
        hass.states.async_set("device_tracker.iss", "not_home", where)
        await hass.async_block_till_done()

    await stands(40)
    await _automate(hass, "iss_announcement.yaml")
    await stands(20)
    assert calls == []
    await stands(8)
    await stands(5)
    await stands(30)
    assert len(calls) == 1
    said = calls[0].data["message"]
    assert said.startswith("The International Space Station comes by. 88")
    # A feed that says nothing is nowhere.
    hass.states.async_set("device_tracker.iss", "unavailable")
    await hass.async_block_till_done()
    await stands(1)
    assert len(calls) == 2


async def test_detections_are_announced(hass: HomeAssistant, hub_kit: HubKit) -> None:
    calls = async_mock_service(hass, "test", "notify")
    await adds(hub_kit, "PeeBot", "peebot", f"iss:{TANK}")
    await _automate(
        hass, "iss_announcement.yaml", tracker="", event_types=["urination"]
    )
    tells(hub_kit, FILL)
    await hub_kit.settled()
    await soon(lambda: bool(calls))
    assert [call.data["message"] for call in calls] == ["PeeBot: urination. None"]


async def test_visitors_are_counted(
    hass: HomeAssistant, hub_kit: HubKit, freezer: FrozenDateTimeFactory
) -> None:
    calls = async_mock_service(hass, "test", "notify")
    assert await async_setup_component(hass, "counter", {"counter": {"visitors": {}}})
    for sensor in ("door", "gate", "exit"):
        await says(hass, f"binary_sensor.{sensor}", "off")
    await passes(hass, freezer, seconds=5)
    await _automate(hass, "visitor_counter.yaml")

    async def comes(sensor: str, after: float = 3) -> None:
        await says(hass, f"binary_sensor.{sensor}", "on")
        await passes(hass, freezer, seconds=1)
        await says(hass, f"binary_sensor.{sensor}", "off")
        await passes(hass, freezer, seconds=after)

    async def counted() -> str:
        await hass.async_block_till_done()
        return hub_kit.state("counter.visitors").state

    # Nobody was there who could go.
    await comes("exit")
    assert await counted() == "0"
    await comes("door", after=0.3)
    # The same one's leg.
    await comes("door")
    assert await counted() == "1"
    assert calls == []
    await comes("gate")
    assert await counted() == "2"
    await comes("door")
    await comes("exit")
    await comes("exit")
    assert await counted() == "1"
    said = [call.data["message"] for call in calls]
    assert said == ["full 2", "room 1"]
    # What comes back from a failure is nobody.
    await says(hass, "binary_sensor.door", "unavailable")
    await says(hass, "binary_sensor.door", "on")
    assert await counted() == "1"
    await passes(hass, freezer, hours=24)
    assert await counted() == "0"
    assert len(calls) == 2
    # Its timer goes with it.
    automations = hass.states.async_entity_ids("automation")
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": automations}, blocking=True
    )
