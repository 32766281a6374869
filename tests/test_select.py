"""Selects: inputs with options, on the wire and in Home Assistant."""

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from tests.kits.maestra import MaestraKit


@pytest.fixture
def platform() -> Platform:
    return Platform.SELECT


async def test_everything_of_the_sample_show(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
    sample_show: MockConfigEntry,
) -> None:
    await snapshot_platform(hass, entity_registry, snapshot, sample_show.entry_id)


async def test_a_select_goes_both_ways(maestra: MaestraKit) -> None:
    await declare(maestra, "day", {"value": "night", "label": "At night"})
    await maestra.state_is("select.scene_mode", "unknown", options=["day", "night"])

    await maestra.update("scene", mode="day")
    await maestra.state_is("select.scene_mode", "day")

    await maestra.call("select.select_option", "select.scene_mode", option="night")
    await maestra.mqtt.receives(
        "maestra/entity/state/controller/scene", current_state={"mode": "night"}
    )
    assert maestra.state("select.scene_mode").state == "night"


@pytest.mark.parametrize("value", ["dusk", None, {"value": "day"}, ["day"]])
async def test_what_is_no_option_is_unknown(maestra: MaestraKit, value: object) -> None:
    await declare(maestra, "day", "None")
    await maestra.update("scene", mode="day")
    await maestra.state_is("select.scene_mode", "day")

    await maestra.update("scene", mode=value)

    await maestra.state_is("select.scene_mode", "unknown")


async def test_new_options_are_taken_over(maestra: MaestraKit) -> None:
    await declare(maestra, "day", "night")
    await maestra.update("scene", mode="dusk")
    await maestra.state_is("select.scene_mode", "unknown", options=["day", "night"])

    await maestra.act(
        "define_variable",
        slug="scene",
        name="mode",
        type="enum",
        direction="input",
        config={"options": ["day", "dusk"]},
    )

    await maestra.state_is("select.scene_mode", "dusk", options=["day", "dusk"])


async def declare(maestra: MaestraKit, *options: object) -> None:
    """Create the entity Scene with these options."""
    await maestra.act(
        "create_entity",
        name="Scene",
        entity_type="controller",
        variables=[
            {
                "name": "mode",
                "type": "enum",
                "direction": "input",
                "config": {"options": [*options]},
            }
        ],
    )
