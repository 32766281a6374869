"""Real nodes on a real broker, with the integration in Home Assistant."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from time import monotonic
from uuid import uuid4

import pytest

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from scripts.nodes import build_node
from tests.kits.esphome import INSTALLING, Node, needs_compiler
from tests.kits.hub_broker import MaestraKit

HARDWARE_ID = "02:4D:41:45:53:01"
UPDATES = "maestra/entity/state/update/fader"
CHANGES = "maestra/entity/state/device/fader"

pytestmark = [
    needs_compiler,
    pytest.mark.xdist_group("esphome"),
    INSTALLING,
]


@pytest.fixture(scope="session")
def program() -> Path:
    """What all nodes run."""
    return build_node(Path(__file__).with_name("node.yaml"))


@pytest.fixture
async def node(
    program: Path, maestra: MaestraKit, tmp_path: Path
) -> AsyncGenerator[Node]:
    """A node that is switched on for the first time."""
    async with Node(program, maestra.broker, tmp_path) as node:
        yield node


@pytest.fixture
async def fader(maestra: MaestraKit, node: Node) -> Node:
    """A node that has been approved, and has told all that it has."""
    await approve(maestra)
    await maestra.state_is("number.fader_level", "20")
    await quiet(maestra)
    maestra.mqtt.collect()
    return node


async def approve(maestra: MaestraKit) -> None:
    await maestra.mqtt.receives(f"maestra/errors/{HARDWARE_ID}", code="device_pending")
    await maestra.act("approve_device", device=HARDWARE_ID)


async def quiet(maestra: MaestraKit) -> None:
    """Wait until what was changed before now has made its way to both sides."""
    mark = uuid4().hex
    await maestra.mqtt.publish("hand/mark", mark)
    await maestra.state_is("sensor.fader_mark", mark)
    await maestra.mqtt.settled()


async def said_of(maestra: MaestraKit, name: str) -> tuple[list[object], list[object]]:
    """Return what was told to the hub of a variable, and what the hub told, once all has settled."""
    await quiet(maestra)
    told = [message.json["state"] for message in maestra.mqtt.collect(UPDATES)]
    heard = [message.json for message in maestra.mqtt.collect(CHANGES)]
    return (
        [state[name] for state in told if name in state],
        [body["current_state"][name] for body in heard if name in body["changed_keys"]],
    )


async def test_a_node_asks_to_be_let_in_and_is_shown_once_it_is(
    maestra: MaestraKit, node: Node
) -> None:
    await node.logged("Waiting to be approved")
    device = maestra.domain.devices[HARDWARE_ID]
    assert (device.name, device.status, device.mac) == (
        "Fader",
        "pending",
        HARDWARE_ID.lower(),
    )
    assert device.firmware_version == "ESPHome 2026.10.0"
    assert maestra.domain.entities.get("fader") is None

    await approve(maestra)

    level = await maestra.state_is(
        "number.fader_level",
        "20",
        min=0,
        max=100,
        step=0.5,
        unit_of_measurement="%",
    )
    assert level.attributes["friendly_name"] == "Fader Level"
    await maestra.state_is("switch.fader_lamp", STATE_OFF)
    await maestra.state_is(
        "select.fader_scene", "Warm", options=["Warm", "Cold", "Dark"]
    )
    await maestra.state_is("binary_sensor.fader_is_high", STATE_OFF)
    await maestra.state_is("sensor.fader_greeting", 'On a PC, with "quotes"')
    await maestra.state_is("light.fader", STATE_OFF)
    assert await maestra.appears_with(
        "sensor.fader_seconds", unit_of_measurement="s", device_class="duration"
    )


async def test_what_changes_at_the_node_reaches_home_assistant_once(
    maestra: MaestraKit, fader: Node
) -> None:
    await maestra.mqtt.publish("hand/level", "33.5")
    await maestra.state_is("number.fader_level", "33.5")
    await maestra.mqtt.publish("hand/lamp", "on")
    await maestra.state_is("switch.fader_lamp", STATE_ON)

    assert await said_of(maestra, "level") == ([33.5], [33.5])


async def test_what_is_set_in_home_assistant_reaches_the_node_once(
    maestra: MaestraKit, fader: Node
) -> None:
    await maestra.call("number.set_value", "number.fader_level", value=81.5)
    await maestra.call("switch.turn_on", "switch.fader_lamp")
    await maestra.call("select.select_option", "select.fader_scene", option="Dark")

    await fader.logged("'Level' >> 81.50")
    await fader.logged("'Lamp' >> ON")
    await fader.logged("'Scene' >> Dark")
    # It follows at the node from the level.
    await maestra.state_is("binary_sensor.fader_is_high", STATE_ON)
    assert await said_of(maestra, "level") == ([], [81.5])


async def test_a_light_is_one_light_on_both_sides(
    maestra: MaestraKit, fader: Node
) -> None:
    await maestra.call(
        "light.turn_on", "light.fader", brightness=128, rgb_color=[255, 0, 128]
    )
    await fader.logged("'Strip' Setting")
    assert await said_of(maestra, "brightness") == ([], [50.2])

    await maestra.mqtt.publish("hand/strip", "0.25")
    await maestra.state_is(
        "light.fader", STATE_ON, brightness=64, rgb_color=(255, 0, 128)
    )
    assert (await said_of(maestra, "brightness"))[0] == [25]


async def test_both_sides_end_with_the_same_value_whoever_changes_it(
    maestra: MaestraKit, fader: Node
) -> None:
    for step in range(40):
        await maestra.mqtt.publish("hand/level", str(step))
        await maestra.call("number.set_value", "number.fader_level", value=99 - step)
    await maestra.mqtt.publish("hand/level", "42")

    await maestra.state_is("number.fader_level", "42")
    told, heard = await said_of(maestra, "level")
    assert told[-1] == heard[-1] == 42
    assert maestra.state("number.fader_level").state == "42"


async def test_events_are_those_of_the_device(maestra: MaestraKit, node: Node) -> None:
    events = f"maestra/device/events/{HARDWARE_ID}"
    await approve(maestra)
    await maestra.mqtt.receives(events, event_type="ready", severity="info")

    await maestra.mqtt.publish("hand/level", "95")

    await maestra.mqtt.receives(
        events, event_type="high", severity="warning", data={"level": 95.0}
    )
    await maestra.appears_with(
        "event.fader_event", event_type="high", severity="warning"
    )


async def test_a_command_of_home_assistant_is_done_at_the_node(
    maestra: MaestraKit, fader: Node
) -> None:
    await maestra.act(
        "send_event", device=HARDWARE_ID, event_type="blink", data={"times": 3}
    )

    await fader.logged('Told to blink: {"times":3}')


async def test_a_node_whose_plug_is_pulled_is_offline_at_once_and_hears_later_what_was_set(
    maestra: MaestraKit, fader: Node
) -> None:
    await fader.kill()
    await maestra.state_is("number.fader_level", STATE_UNAVAILABLE)

    maestra.domain.entities.update("fader", {"level": 64})
    await fader.start()

    await fader.logged("'Level' >> 64.00")
    await maestra.state_is("number.fader_level", "64")


async def test_a_node_that_hangs_is_offline_after_the_silence(
    maestra: MaestraKit, fader: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    fader.freeze()

    # Sooner than the broker misses it.
    monkeypatch.setattr(maestra.domain.devices, "_clock", lambda: monotonic() + 600)
    await maestra.later(timedelta(seconds=5))

    await maestra.state_is("number.fader_level", STATE_UNAVAILABLE)


async def test_what_changes_at_the_node_while_the_broker_is_away_is_told_later(
    maestra: MaestraKit, fader: Node
) -> None:
    await maestra.mqtt.publish("hand/soon", "11")
    await fader.logged("A hand comes nearer")
    await maestra.broker.kill()
    await fader.logged("'Level' >> 11.00")

    await maestra.broker.start()

    await maestra.state_is("number.fader_level", "11")


async def test_a_device_that_is_deleted_asks_again(
    maestra: MaestraKit, fader: Node
) -> None:
    maestra.domain.devices.remove(HARDWARE_ID)
    await fader.logged("Refused: Device")
    await approve(maestra)

    await maestra.mqtt.receives(f"maestra/device/described/{HARDWARE_ID}")
