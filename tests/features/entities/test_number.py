"""Numbers: inputs that are numbers, on the wire and in Home Assistant."""

import pytest

from custom_components.maestra.core.domain.json_values import JsonValue
from homeassistant.exceptions import ServiceValidationError
from tests.kits.hub_broker import MaestraKit


async def declare(maestra: MaestraKit, name: str, kind: str, **config: object) -> None:
    """Create the entity Head with one input."""
    await maestra.act(
        "create_entity",
        name="Head",
        entity_type="controller",
        variables=[
            {"name": name, "type": kind, "direction": "input", "config": config}
        ],
    )


async def test_a_number_goes_both_ways(maestra: MaestraKit) -> None:
    await declare(maestra, "pan", "number", min=0, max=540, unit="°")
    await maestra.state_is("number.head_pan", "unknown", min=0, max=540)

    await maestra.update("head", pan=90.5)
    await maestra.state_is("number.head_pan", "90.5", unit_of_measurement="°")

    await maestra.call("number.set_value", "number.head_pan", value=270)
    event = await maestra.mqtt.receives(
        "maestra/entity/state/controller/head", source="home_assistant"
    )
    # A whole number goes out as one: small clients parse integers.
    assert b'"current_state":{"pan":270}' in event.payload
    assert maestra.state("number.head_pan").state == "270"

    await maestra.call("number.set_value", "number.head_pan", value=0.25)
    await maestra.mqtt.receives(
        "maestra/entity/state/controller/head", current_state={"pan": 0.25}
    )


@pytest.mark.parametrize(
    ("kind", "config", "shown"),
    [
        ("number", {}, {"min": -1e9, "max": 1e9, "step": 0.01, "mode": "box"}),
        ("number", {"min": 5e9}, {"min": 5e9, "max": 5e9}),
        ("number", {"max": -5e9}, {"min": -5e9, "max": -5e9}),
        (
            "number",
            {"min": -1, "max": 1, "step": 0.5},
            {"min": -1, "max": 1, "step": 0.5},
        ),
        ("number", {"precision": 3}, {"step": 0.001}),
        ("number", {"step": -1, "precision": "many"}, {"step": 0.01}),
        ("range", {}, {"min": 0, "max": 100, "step": 1, "mode": "slider"}),
        ("range", {"max": 1}, {"min": 0, "max": 1, "step": 0.01, "mode": "slider"}),
        ("range", {"step": 5}, {"step": 5}),
    ],
)
async def test_bounds_and_steps(
    maestra: MaestraKit,
    kind: str,
    config: dict[str, object],
    shown: dict[str, object],
) -> None:
    await declare(maestra, "pan", kind, **config)

    await maestra.state_is("number.head_pan", "unknown", **shown)


async def test_what_does_not_fit_is_refused(maestra: MaestraKit) -> None:
    await declare(maestra, "pan", "vector2", min=-10, max=10)
    await maestra.update("head", pan={"x": 1, "y": "far"})
    await maestra.state_is("number.head_pan_x", "1")

    with pytest.raises(ServiceValidationError) as refused:
        await maestra.call("number.set_value", "number.head_pan_x", value=2)

    assert refused.value.translation_key == "invalid_value"
    assert refused.value.translation_placeholders == {
        "entity": "head",
        "variable": "pan",
        "reason": "y: expected a number",
    }
    assert maestra.state("number.head_pan_y").state == "unknown"


@pytest.mark.parametrize("value", ["high", True, None, [1]])
async def test_what_is_no_number_is_unknown(
    maestra: MaestraKit, value: JsonValue
) -> None:
    await declare(maestra, "pan", "number")
    await maestra.update("head", pan=5)
    await maestra.state_is("number.head_pan", "5")

    maestra.domain.entities.update("head", {"pan": value})

    await maestra.state_is("number.head_pan", "unknown")


async def test_each_axis_is_a_number(maestra: MaestraKit) -> None:
    await declare(maestra, "aim", "vector3", min=2, max=8)
    await maestra.appears("number.head_aim_z")

    # The others get a value that fits, else none could ever be the first.
    await maestra.call("number.set_value", "number.head_aim_y", value=5)
    await maestra.mqtt.receives(
        "maestra/entity/state/controller/head",
        current_state={"aim": {"x": 2, "y": 5, "z": 2}},
    )

    await maestra.update("head", aim={"z": 7})
    await maestra.state_is("number.head_aim_z", "7")
    assert maestra.state("number.head_aim_y").state == "5"

    await maestra.update("head", aim="lost")
    await maestra.state_is("number.head_aim_z", "unknown")


async def test_new_bounds_are_taken_over(maestra: MaestraKit) -> None:
    await declare(maestra, "pan", "number", min=0, max=10)
    await maestra.state_is("number.head_pan", "unknown", max=10)
    before = maestra.unique_id("number.head_pan")

    await maestra.act(
        "define_variable",
        slug="head",
        name="pan",
        type="range",
        direction="input",
        config={"max": 20},
    )

    await maestra.state_is("number.head_pan", "unknown", max=20, mode="slider")
    assert maestra.unique_id("number.head_pan") == before
