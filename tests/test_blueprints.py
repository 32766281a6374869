"""The blueprints, as Home Assistant imports, checks and runs them."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
import shutil
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.maestra.core.f2.events import AccessDecision, credential_hash
from homeassistant.components.automation.config import (
    AUTOMATION_BLUEPRINT_SCHEMA,
    ValidationStatus,
    async_validate_config_item,
)
from homeassistant.components.blueprint import models
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import yaml as yaml_util

from .kits.f2_device import add_controller, carry_f2, f2_device
from .kits.forms import until
from .kits.hub import HubKit
from .kits.hub_broker import MaestraKit
from .kits.listeners import ListenerKit
from .kits.obs import ObsDouble, obs_double
from .kits.osc import OscPeer
from .kits.production import as_subentry, obs_subentry, production_subentry

BLUEPRINTS = Path(__file__).parent.parent / "blueprints"
FOLDER = BLUEPRINTS / "automation" / "maestra"
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
}


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """A configuration folder of our own, with the blueprints in their place."""
    folder = Path(hass_tmp_config_dir) / "blueprints"
    shutil.copytree(BLUEPRINTS, folder, dirs_exist_ok=True)
    return hass_tmp_config_dir


def load(name: str) -> models.Blueprint:
    """Return a blueprint, checked by Home Assistant."""
    path = FOLDER / name
    return models.Blueprint(
        yaml_util.load_yaml_dict(path),
        path=f"maestra/{name}",
        expected_domain="automation",
        schema=AUTOMATION_BLUEPRINT_SCHEMA,
    )


def test_all_are_tested() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(INPUTS)


@pytest.mark.parametrize("name", INPUTS)
def test_can_be_imported(name: str) -> None:
    blueprint = load(name)
    assert blueprint.validate() is None
    source = f"{REPOSITORY}blueprints/automation/maestra/{name}"
    assert blueprint.metadata["source_url"] == source
    assert all(
        given["name"] and given["description"] and given["selector"]
        for given in blueprint.inputs.values()
    )


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.usefixtures("hub")
async def test_is_a_valid_automation(hass: HomeAssistant, name: str) -> None:
    assert await async_setup_component(hass, "automation", {})
    config = await async_validate_config_item(
        hass,
        "checked",
        {"use_blueprint": {"path": f"maestra/{name}", "input": INPUTS[name]}},
    )
    assert config is not None
    assert config.validation_status is ValidationStatus.OK


async def _automate(hass: HomeAssistant, name: str, **given: Any) -> None:
    blueprint = {"path": f"maestra/{name}", "input": {**INPUTS[name], **given}}
    assert await async_setup_component(
        hass, "automation", {"automation": {"use_blueprint": blueprint}}
    )
    await hass.async_block_till_done()


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
