"""Packages on a real node: what boards do with pixels, relays, buttons, faders, servos, motors and OSC, seen from both ends."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from scripts.nodes import build_node
from tests.kits.esphome import INSTALLING, Node, needs_compiler
from tests.kits.hub_broker import MaestraKit
from tests.kits.osc import OscPeer, message
from tests.kits.process import free_port

HARDWARE_ID = "02:4D:41:45:53:04"
EVENTS = f"maestra/device/events/{HARDWARE_ID}"

pytestmark = [needs_compiler, pytest.mark.xdist_group("esphome"), INSTALLING]


@dataclass
class Stage:
    """A stage box that has been let in, and two programs that speak OSC with it."""

    node: Node
    desk: OscPeer
    tablet: OscPeer


@pytest.fixture(scope="session")
def program() -> Path:
    """What the node runs."""
    return build_node(Path(__file__).with_name("stage_node.yaml"))


@pytest.fixture
async def stage(
    program: Path, maestra: MaestraKit, tmp_path: Path
) -> AsyncGenerator[Stage]:
    """A stage box with all that there is."""
    async with AsyncExitStack() as running:
        port = free_port()
        desk = await running.enter_async_context(OscPeer(port))
        tablet = await running.enter_async_context(
            OscPeer(port, host="127.0.0.2", port=desk.port)
        )
        node = await running.enter_async_context(
            Node(
                program,
                maestra.broker,
                tmp_path,
                OSC_PORT=str(port),
                OSC_TARGET=str(desk.port),
            )
        )
        await maestra.mqtt.receives(
            f"maestra/errors/{HARDWARE_ID}", code="device_pending"
        )
        await maestra.act("approve_device", device=HARDWARE_ID)
        await maestra.state_is("number.stage_position", "0")
        for peer in (desk, tablet):
            await peer.receives("/stage/effect", "None")
            await peer.receives("/stage/illuminance")
            peer.collect()
        yield Stage(node, desk, tablet)


async def test_pixels_are_a_light_with_effects(
    maestra: MaestraKit, stage: Stage
) -> None:
    await maestra.call(
        "light.turn_on", "light.stage", brightness=128, rgb_color=[0, 255, 0]
    )
    await stage.desk.receives("/stage/color", "#00ff00")
    effects = maestra.state("select.stage_effect").attributes["options"]
    assert effects[:3] == ["None", "Rainbow", "Wipe"]

    await maestra.call("select.select_option", "select.stage_effect", option="Rainbow")
    await stage.desk.receives("/stage/effect", "Rainbow")

    stage.tablet.send("/stage/effect", "None")
    await maestra.state_is("select.stage_effect", "None")


async def test_what_osc_sets_is_in_home_assistant_and_told_the_others(
    maestra: MaestraKit, stage: Stage
) -> None:
    stage.tablet.send("/stage/position", 40)
    await maestra.state_is("number.stage_position", "40")
    await stage.node.logged("servo_signal at 0.093")
    await stage.desk.receives("/stage/position", 40.0)

    stage.desk.send_bundle([("/stage/relay_{1,3}", 1), ("/stage/color", 1.0, 0.0, 0.5)])
    await maestra.state_is("switch.stage_relay_1", STATE_ON)
    await maestra.state_is("switch.stage_relay_3", STATE_ON)
    assert maestra.state("switch.stage_relay_2").state == STATE_OFF
    await stage.tablet.receives("/stage/color", "#ff0080")
    # Nobody hears what they have said themselves.
    told = {heard.address for heard in stage.desk.collect()}
    assert told.isdisjoint({"/stage/relay_1", "/stage/relay_3", "/stage/color"})


async def test_what_home_assistant_sets_is_told_over_osc(
    maestra: MaestraKit, stage: Stage
) -> None:
    await maestra.call("switch.turn_on", "switch.stage_relay_2")

    for peer in (stage.desk, stage.tablet):
        await peer.receives("/stage/relay_2", 1)


async def test_whoever_asks_or_sets_what_can_t_be_is_told_what_is(
    maestra: MaestraKit, stage: Stage
) -> None:
    stage.desk.send("/stage/position")
    await stage.desk.receives("/stage/position", 0.0)

    # Beyond its bounds, and measured by nobody but the board.
    stage.desk.send("/stage/position", 4000)
    stage.desk.send("/stage/button_1_held", 1)
    await stage.desk.receives("/stage/position", 0.0)
    await stage.desk.receives("/stage/button_1_held", 0)
    told = {heard.address for heard in stage.tablet.collect()}
    assert told.isdisjoint({"/stage/position", "/stage/button_1_held"})


async def test_what_is_no_osc_and_nobody_s_is_counted(stage: Stage) -> None:
    stage.desk.send_bytes(b"no OSC")
    stage.desk.send_bytes(message("/stage/position", "far"))
    stage.desk.send_bytes(message("/nobody", 1))

    await stage.node.logged("3 messages refused")


async def test_automations_hear_and_say_messages(stage: Stage) -> None:
    stage.desk.send("/log/fader", 0.5, "two", True)

    await stage.node.logged("/log/fader: 0.50 0.5 (3)")
    await stage.desk.receives("/logged", 1, 7, 2.5, 'a "text"')
    await stage.tablet.receives("/back/log/fader", 0.5, "two", 1)


async def test_buttons_are_events_and_told_whether_they_are_held(
    maestra: MaestraKit, stage: Stage
) -> None:
    stage.desk.send("/hand/button_1", 1)
    await maestra.state_is("binary_sensor.stage_button_1_held", STATE_ON)
    stage.desk.send("/hand/button_1", 0)

    await maestra.mqtt.receives(EVENTS, event_type="button_1.single")
    await stage.tablet.receives("/stage/button_1/single", 1)
    await maestra.state_is("binary_sensor.stage_button_1_held", STATE_OFF)
    await maestra.appears_with("event.stage_event", event_type="button_1.single")

    stage.desk.send("/hand/button_2", 1)
    await maestra.mqtt.receives(EVENTS, event_type="button_2.long")


async def test_faders_are_from_0_to_100(maestra: MaestraKit, stage: Stage) -> None:
    for volts, level in ((1.6, "50"), (0.02, "0"), (3.3, "100")):
        # Until the average of the last ones is there.
        for _ in range(4):
            stage.desk.send("/hand/fader_1", volts)
        await maestra.state_is("sensor.stage_fader_1", level)


async def test_air_and_light_are_sensors(maestra: MaestraKit, stage: Stage) -> None:
    await maestra.state_is(
        "sensor.stage_pressure",
        "1013",
        unit_of_measurement="hPa",
        device_class="atmospheric_pressure",
    )
    await maestra.appears_with(
        "sensor.stage_illuminance", unit_of_measurement="lx", device_class="illuminance"
    )


async def test_a_motor_turns_one_way_and_stops_without_maestra(
    maestra: MaestraKit, stage: Stage
) -> None:
    await maestra.call("number.set_value", "number.stage_speed", value=-60)
    await stage.node.logged("motor_backward at 0.600")

    await maestra.broker.kill()

    await stage.desk.receives("/stage/speed", 0.0)
    assert maestra.state("number.stage_speed").state == STATE_UNAVAILABLE
    await maestra.broker.start()
    await maestra.state_is("number.stage_speed", "0")
