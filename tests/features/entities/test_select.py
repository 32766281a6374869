"""Selects: inputs with options, on the wire and in Home Assistant."""

import pytest

from tests.kits.hub_broker import MaestraKit


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
