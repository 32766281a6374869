"""The blueprints, as Home Assistant imports, checks and runs them."""

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

from homeassistant.components.automation.config import (
    AUTOMATION_BLUEPRINT_SCHEMA,
    ValidationStatus,
    async_validate_config_item,
)
from homeassistant.components.blueprint import models
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import yaml as yaml_util

from .kits.house import House

BLUEPRINTS = Path(__file__).parent.parent / "blueprints"
FOLDER = BLUEPRINTS / "automation" / "maestra"
REPOSITORY = "https://github.com/maestra-home/maestra/blob/main/"
INPUTS: dict[str, dict[str, Any]] = {
    "device_offline.yaml": {
        "notify": [{"action": "test.notify", "data": {"message": "{{ message }}"}}]
    },
    "follow_variable.yaml": {
        "leader": "1",
        "leader_variable": "fader",
        "follower": "2",
        "follower_variable": "brightness",
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
    hass: HomeAssistant, house: House, freezer: FrozenDateTimeFactory
) -> None:
    alerts = async_mock_service(hass, "test", "notify")
    await _automate(hass, "device_offline.yaml")
    await house.registers("AA:01", name="Dimmer")
    await house.registers("AA:02", name="Fan")
    await house.beats("AA:01", "offline")
    await house.beats("AA:02", "offline")
    await house.beats("AA:02")
    assert alerts == []
    freezer.tick(timedelta(minutes=1, seconds=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert [call.data["message"] for call in alerts] == ["Dimmer (AA:01) is offline."]


async def test_alerts_for_chosen_devices_only(
    hass: HomeAssistant, house: House
) -> None:
    alerts = async_mock_service(hass, "test", "notify")
    one, _ = await house.registers("AA:01"), await house.registers("AA:02")
    await _automate(
        hass,
        "device_offline.yaml",
        devices={"device_id": house.device_id(one.id)},
        delay={"seconds": 0},
    )
    await house.beats("AA:01", "offline")
    await house.beats("AA:02", "offline")
    assert len(alerts) == 1


async def test_one_variable_follows_another(hass: HomeAssistant, house: House) -> None:
    await house.act("create_entity", name="Desk", entity_type="controller")
    desk = house.device_id(house.domain.entities["desk"].id)
    wash = await house.light("wash-1")
    await _automate(hass, "follow_variable.yaml", leader=desk, follower=wash)
    await house.hears("desk", fader=50)
    assert house.shown("light.wash_1").attributes["brightness"] is None
    await house.hears("desk", fader=80, button=True)
    await house.hears("wash-1", on=True)
    assert (await house.state("wash-1"))["brightness"] == 80
    # A value that is gone leaves the follower where it is.
    house.domain.entities.set("desk", {"button": False})
    await hass.async_block_till_done()
    assert (await house.state("wash-1"))["brightness"] == 80


@pytest.mark.parametrize("value", ["#ff8800", 'it\'s "on"', {"a": [1, None]}, True])
async def test_any_value_is_followed(
    hass: HomeAssistant, house: House, value: object
) -> None:
    await house.act("create_entity", name="Desk", entity_type="controller")
    desk = house.device_id(house.domain.entities["desk"].id)
    wash = await house.light("wash-1")
    await _automate(
        hass,
        "follow_variable.yaml",
        leader=desk,
        follower=wash,
        follower_variable="seen",
    )
    await house.hears("desk", fader=value)
    assert (await house.state("wash-1"))["seen"] == value
