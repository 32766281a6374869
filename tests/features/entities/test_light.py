"""Lights: one of up to three variables, on the wire and in Home Assistant."""

import pytest

from tests.kits.hub_broker import MaestraKit


async def test_turn_on_is_heard_on_the_wire(maestra: MaestraKit) -> None:
    await maestra.act("create_entity", name="Wash 1", entity_type="light")
    await maestra.state_is("light.wash_1", "off")

    await maestra.call("light.turn_on", "light.wash_1", rgb_color=[255, 0, 0])

    event = await maestra.mqtt.receives(
        "maestra/entity/state/light/wash-1",
        changed_keys=["on", "brightness", "color"],
        source="home_assistant",
    )
    assert event.json["current_state"] == {
        "on": True,
        "brightness": 100,
        "color": "#ff0000",
    }
    # A person who moved something does not wait for the window.
    light = maestra.state("light.wash_1")
    assert light.attributes["brightness"] == 255
    assert light.attributes["rgb_color"] == (255, 0, 0)


async def test_a_fader_dims_a_light(maestra: MaestraKit) -> None:
    await maestra.act("create_entity", name="Wash 1", entity_type="light")

    await maestra.update("wash-1", on=True, brightness=50)

    await maestra.state_is("light.wash_1", "on", brightness=128, color_mode="rgb")
    await maestra.update("wash-1", on=False)
    await maestra.state_is("light.wash_1", "off", brightness=None)


async def test_turn_off_keeps_the_brightness(maestra: MaestraKit) -> None:
    await maestra.act("create_entity", name="Wash 1", entity_type="light")
    await maestra.appears("light.wash_1")

    await maestra.call("light.turn_on", "light.wash_1", brightness=51)
    await maestra.call("light.turn_off", "light.wash_1")
    await maestra.call("light.turn_on", "light.wash_1")

    assert maestra.state("light.wash_1").attributes["brightness"] == 51


@pytest.mark.parametrize(
    ("variables", "data", "sent"),
    [
        # Brightness alone: on is bright, off is the lower bound, in the variable's own numbers.
        (["level number 0 255"], {}, {"level": 255}),
        (["level number 0 255"], {"brightness": 51}, {"level": 51}),
        (["level number 0 1"], {"brightness": 51}, {"level": 0.2}),
        (["level number 0 2"], {"brightness": 1}, {"level": 0.0078}),
        (["dimmer range 20 120"], {"brightness": 51}, {"dimmer": 40}),
        (["brightness number"], {"brightness": 51}, {"brightness": 20}),
        # Power and brightness: a level that is not known yet is left alone.
        (["power boolean", "intensity range"], {}, {"power": True}),
        (
            ["power boolean", "intensity range"],
            {"brightness": 255},
            {"power": True, "intensity": 100},
        ),
        # Colour alone carries the brightness.
        (["color color"], {}, {"color": "#ffffff"}),
        (["color color"], {"brightness": 128}, {"color": "#808080"}),
        (["color color"], {"rgb_color": [10, 20, 30]}, {"color": "#0a141e"}),
        (
            ["color color"],
            {"rgb_color": [0, 100, 200], "brightness": 100},
            {"color": "#003264"},
        ),
        (
            ["color color"],
            {"rgb_color": [0, 0, 0], "brightness": 100},
            {"color": "#646464"},
        ),
        (["on boolean", "rgb color"], {}, {"on": True}),
    ],
)
async def test_turn_on(
    maestra: MaestraKit,
    variables: list[str],
    data: dict[str, object],
    sent: dict[str, object],
) -> None:
    await maestra.act(
        "create_entity",
        name="Spot",
        entity_type="light",
        state={},
        variables=[declared(text) for text in variables],
    )
    await maestra.replace("spot", cue=1)
    await maestra.state_is("light.spot", "unknown")

    await maestra.call("light.turn_on", "light.spot", **data)

    event = await maestra.mqtt.receives(
        "maestra/entity/state/light/spot", source="home_assistant"
    )
    assert event.json["current_state"] == {"cue": 1} | sent
    assert maestra.state("light.spot").state == "on"


@pytest.mark.parametrize(
    ("variables", "state", "data", "sent"),
    [
        # "On" means some light.
        (
            ["on boolean", "brightness range"],
            {"brightness": 0},
            {},
            {"on": True, "brightness": 100},
        ),
        (
            ["on boolean", "color color"],
            {"color": "#000000"},
            {},
            {"on": True, "color": "#ffffff"},
        ),
        (["color color"], {"color": "#000000"}, {}, {"color": "#ffffff"}),
        (
            ["color color"],
            {"color": "#804020"},
            {"brightness": 64},
            {"color": "#402010"},
        ),
        (["brightness range"], {"brightness": 30}, {}, {"brightness": 30}),
        (["color color"], {"color": "#804020"}, {}, {"color": "#804020"}),
    ],
)
async def test_turn_on_from_a_known_state(
    maestra: MaestraKit,
    variables: list[str],
    state: dict[str, object],
    data: dict[str, object],
    sent: dict[str, object],
) -> None:
    await maestra.act(
        "create_entity",
        name="Spot",
        entity_type="light",
        variables=[declared(text) for text in variables],
    )
    await maestra.replace("spot", **state)
    await maestra.mqtt.receives("maestra/entity/state/light/spot", current_state=state)
    await maestra.appears("light.spot")

    await maestra.call("light.turn_on", "light.spot", **data)
    await maestra.act("set_state", slug="spot", state={"done": True})

    event = await maestra.mqtt.receives(
        "maestra/entity/state/light/spot", changed_keys=["done"]
    )
    assert event.json["previous_state"] == sent


@pytest.mark.parametrize(
    ("variables", "state", "sent"),
    [
        (
            ["on boolean", "color color"],
            {"on": True, "color": "#ff0000"},
            {"on": False, "color": "#ff0000"},
        ),
        (["dimmer range 20 120"], {"dimmer": 60}, {"dimmer": 20}),
        (["color color"], {"color": "#ff0000"}, {"color": "#000000"}),
        (["color color rgb"], {"color": "#ff0000"}, {"color": "rgb(0, 0, 0)"}),
    ],
)
async def test_turn_off(
    maestra: MaestraKit,
    variables: list[str],
    state: dict[str, object],
    sent: dict[str, object],
) -> None:
    await maestra.act(
        "create_entity",
        name="Spot",
        entity_type="light",
        variables=[declared(text) for text in variables],
    )
    await maestra.replace("spot", **state)
    await maestra.state_is("light.spot", "on")

    await maestra.call("light.turn_off", "light.spot")

    await maestra.mqtt.receives("maestra/entity/state/light/spot", current_state=sent)
    assert maestra.state("light.spot").state == "off"


@pytest.mark.parametrize(
    ("variables", "state"),
    [
        (["on boolean", "brightness range"], {"on": "yes"}),
        (["brightness range"], {"brightness": "half"}),
        (["level range 5 5"], {"level": 5}),
        (["color color"], {"color": "mauve"}),
        (["color color"], {"color": 7}),
    ],
)
async def test_what_is_no_light_state_is_unknown(
    maestra: MaestraKit, variables: list[str], state: dict[str, object]
) -> None:
    await maestra.act(
        "create_entity",
        name="Spot",
        entity_type="light",
        variables=[declared(text) for text in variables],
    )

    await maestra.replace("spot", **state)

    await maestra.mqtt.receives("maestra/entity/state/light/spot", current_state=state)
    await maestra.state_is("light.spot", "unknown")


async def test_further_colours_are_lights_of_their_own(maestra: MaestraKit) -> None:
    await maestra.act(
        "create_entity",
        name="Bar",
        entity_type="controller",
        variables=[declared("color color"), declared("accent color")],
    )

    await maestra.update("bar", color="#ff0000", accent="#0000ff")

    await maestra.state_is("light.bar", "on", rgb_color=(255, 0, 0))
    await maestra.state_is("light.bar_accent", "on", rgb_color=(0, 0, 255))


def declared(text: str) -> dict[str, object]:
    """Return the variable that a line says: name, type, and bounds or a colour format."""
    name, kind, *config = text.split()
    keys = {2: ("min", "max"), 1: ("format",), 0: ()}[len(config)]
    values = [float(item) if item.isdigit() else item for item in config]
    return {
        "name": name,
        "type": kind,
        "direction": "input",
        "config": dict(zip(keys, values, strict=True)),
    }
