"""Real nodes on a real broker, with the integration in Home Assistant."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from time import monotonic
from uuid import uuid4

import pytest

from custom_components.maestra.core.domain.device import DeviceConfiguration
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, EntityCategory
from homeassistant.helpers import entity_registry as er
from scripts.nodes import build_node
from tests.kits.esphome import INSTALLING, Node, needs_compiler
from tests.kits.firmware import Publisher
from tests.kits.hub_broker import MaestraKit

HARDWARE_ID = "02:4D:41:45:53:01"
UPDATES = "maestra/entity/state/update/fader"
CHANGES = "maestra/entity/state/device/fader"
EVENTS = f"maestra/device/events/{HARDWARE_ID}"
APPLIED = f"maestra/device/applied/{HARDWARE_ID}"
ACTIVE = "binary_sensor.stage_microphone_active"

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


def configurations(maestra: MaestraKit) -> list[DeviceConfiguration]:
    """Return the configurations that the node was sent."""
    domain = maestra.domain
    return domain.configurations.of(domain.devices[HARDWARE_ID].id)


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
    assert device.firmware_version == "1.0.0"
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
        "sensor.fader_running_for", unit_of_measurement="s", device_class="duration"
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
    await approve(maestra)
    await maestra.mqtt.receives(EVENTS, event_type="ready", severity="info")

    await maestra.mqtt.publish("hand/level", "95")

    await maestra.mqtt.receives(
        EVENTS, event_type="high", severity="warning", data={"level": 95.0}
    )
    await maestra.appears_with(
        "event.fader_event", event_type="high", severity="warning"
    )


async def test_what_happens_at_the_node_is_an_event_of_the_device(
    maestra: MaestraKit, fader: Node
) -> None:
    for event_type in ("single", "double", "single"):
        await maestra.mqtt.publish("hand/ring", event_type)

    await quiet(maestra)
    told = [message.json["event_type"] for message in maestra.mqtt.collect(EVENTS)]
    assert told == ["doorbell.single", "doorbell.double", "doorbell.single"]
    await maestra.appears_with("event.fader_event", event_type="doorbell.single")


async def test_a_button_is_pressed_from_both_sides(
    maestra: MaestraKit, fader: Node
) -> None:
    await maestra.call("button.press", "button.fader_flash")
    await fader.logged("It flashes")
    # True for the moment of the press.
    assert await said_of(maestra, "flash") == ([False], [True, False])

    await maestra.mqtt.publish("hand/flash")
    await maestra.mqtt.receives(EVENTS, event_type="flash.pressed")
    assert await said_of(maestra, "flash") == ([], [])


async def test_a_button_that_was_pressed_while_the_node_was_away_is_not_pressed_later(
    maestra: MaestraKit, fader: Node
) -> None:
    await fader.kill()
    await maestra.state_is("button.fader_flash", STATE_UNAVAILABLE)
    maestra.domain.entities.update("fader", {"flash": True})
    await maestra.mqtt.receives(CHANGES, changed_keys=["flash"])
    maestra.mqtt.collect()

    await fader.start()

    await maestra.mqtt.receives(UPDATES)
    assert (await said_of(maestra, "flash"))[1] == [False]
    assert fader.times_logged("It flashes") == 0


async def test_metrics_are_sensors_of_the_device(
    maestra: MaestraKit, fader: Node
) -> None:
    await maestra.mqtt.publish("hand/warmth", "21.5")
    await maestra.state_is(
        "sensor.fader_temperature",
        "21.5",
        unit_of_measurement="°C",
        device_class="temperature",
    )

    await maestra.mqtt.publish("hand/loops", "812")
    await maestra.state_is("sensor.fader_loops", "812", unit_of_measurement="1/s")
    assert maestra.domain.devices[HARDWARE_ID].metrics["loops"].tags == {"core": 1}


async def test_the_board_s_own_metrics_are_diagnostic(
    maestra: MaestraKit, fader: Node
) -> None:
    await maestra.appears_with(
        "sensor.fader_uptime", unit_of_measurement="s", device_class="duration"
    )
    await maestra.state_is("sensor.fader_values_waiting", "0")
    await maestra.state_is("sensor.fader_messages_dropped", "0")
    await maestra.state_is("sensor.fader_reconnects", "0")
    registered = er.async_get(maestra.hass).async_get("sensor.fader_uptime")
    assert registered
    assert registered.entity_category is EntityCategory.DIAGNOSTIC
    # Others read them in the metadata.
    await maestra.mqtt.receives(f"maestra/device/heartbeat/{HARDWARE_ID}")
    assert "uptime" in maestra.domain.devices[HARDWARE_ID].metadata


async def test_what_could_not_be_said_is_counted(
    maestra: MaestraKit, fader: Node
) -> None:
    await maestra.mqtt.publish("hand/soon", "95")
    await fader.logged("A hand comes nearer")
    await maestra.broker.kill()
    await fader.logged("Event high not sent")

    await maestra.broker.start()

    await maestra.state_is("sensor.fader_reconnects", "1")
    await maestra.until(
        lambda: (
            float(maestra.state("sensor.fader_messages_dropped").state) >= 1 or None
        ),
        "the event is counted as dropped",
    )


async def test_the_firmware_is_on_the_page_of_the_device(
    maestra: MaestraKit, fader: Node
) -> None:
    device = maestra.domain.devices[HARDWARE_ID]
    registered = maestra.device(maestra.device_id(device.id))
    assert registered.sw_version == "1.0.0"
    assert registered.serial_number == HARDWARE_ID


async def test_a_node_has_the_name_that_it_was_given(
    maestra: MaestraKit, node: Node
) -> None:
    await maestra.mqtt.receives(f"maestra/errors/{HARDWARE_ID}", code="device_pending")
    await maestra.act("approve_device", device=HARDWARE_ID, name="Foyer")

    await node.logged("Called Foyer")
    await maestra.state_is("number.foyer_level", "20")
    assert maestra.domain.entities["fader"].name == "Foyer"

    await node.kill()
    await node.start()
    await node.logged("Called Foyer")


async def test_what_is_told_is_acknowledged(maestra: MaestraKit, fader: Node) -> None:
    await maestra.mqtt.publish("hand/level", "33.5")
    await fader.logged("Taken over: level")


async def test_a_configuration_is_applied_acknowledged_and_kept(
    maestra: MaestraKit, fader: Node
) -> None:
    await maestra.act(
        "push_configuration",
        device=HARDWARE_ID,
        configuration={"level": 12, "text": "x" * 300},
    )

    await fader.logged('Configured by version 1: {"level":12,')
    await maestra.state_is("number.fader_level", "12")
    await maestra.mqtt.receives(APPLIED, version=1)
    await maestra.mqtt.settled()
    (version,) = configurations(maestra)
    assert version.applied_at

    # Before the hub has said anything.
    await maestra.broker.stop()
    await fader.kill()
    await fader.start()
    await fader.logged('Configured by version 1: {"level":12,')


async def test_a_configuration_that_was_pushed_while_the_node_was_away_reaches_it(
    maestra: MaestraKit, fader: Node
) -> None:
    await fader.kill()
    await maestra.state_is("number.fader_level", STATE_UNAVAILABLE)
    for level in (1, 2):
        await maestra.act(
            "push_configuration", device=HARDWARE_ID, configuration={"level": level}
        )

    await fader.start()

    await fader.logged('Configured by version 2: {"level":2}')
    await maestra.mqtt.receives(APPLIED, version=2)
    await maestra.mqtt.settled()
    newest = configurations(maestra)[-1]
    assert newest.applied_at
    await maestra.state_is("number.fader_level", "2")


async def test_a_configuration_that_is_too_large_to_be_kept_is_not_applied(
    maestra: MaestraKit, fader: Node
) -> None:
    await maestra.act(
        "push_configuration",
        device=HARDWARE_ID,
        configuration={"level": 12, "text": "x" * 1000},
    )

    await fader.logged("Version 1 not applied")
    await quiet(maestra)
    (version,) = configurations(maestra)
    assert version.applied_at is None
    assert version.error == "can't be kept: it has too many bytes"
    assert maestra.state("number.fader_level").state == "20"


async def test_a_node_follows_another_entity(maestra: MaestraKit, fader: Node) -> None:
    await maestra.light("wash-1")

    await maestra.update("wash-1", brightness=40)
    await fader.logged("Wash at 40 of {")
    await fader.logged("Wash is {")

    await maestra.update("wash-1", color="#ff0000")
    await fader.logged('"color":"#ff0000"')
    assert fader.times_logged("Wash at ") == 1


async def test_a_node_knows_what_another_entity_is_when_it_comes(
    maestra: MaestraKit, fader: Node
) -> None:
    await maestra.light("wash-1")
    await maestra.update("wash-1", brightness=40)
    await fader.logged("Wash at 40 of {")

    # It is told again, and it is as it was.
    await maestra.mqtt.publish("maestra/device/approved", {"hardware_id": HARDWARE_ID})
    await maestra.mqtt.receives(f"maestra/device/followed/{HARDWARE_ID}")
    await quiet(maestra)
    assert fader.times_logged("Wash at 40") == 1

    await fader.kill()
    await fader.start()
    await fader.logged("Wash at 40 of {")


async def test_a_node_sets_another_entity(maestra: MaestraKit, fader: Node) -> None:
    await maestra.light("wash-1")

    await maestra.mqtt.publish("hand/wash", '{"on": true, "brightness": 70}')
    event = await maestra.mqtt.receives(
        "maestra/entity/state/light/wash-1", source=HARDWARE_ID
    )
    assert event.json["current_state"]["brightness"] == 70
    # It hears what it did.
    await fader.logged("Wash at 70 of {")

    await maestra.mqtt.publish("hand/blackout")
    await maestra.state_is("light.wash_1", STATE_OFF)

    await maestra.mqtt.publish("hand/wash", "no object")
    await fader.logged("State of wash-1 not set")


async def test_a_stream_is_advertised_kept_alive_and_withdrawn(
    maestra: MaestraKit, fader: Node
) -> None:
    await maestra.state_is(
        ACTIVE,
        STATE_ON,
        type="audio",
        protocol="udp",
        address="192.0.2.7",
        port=5004,
        publisher=HARDWARE_ID,
    )
    (stream,) = maestra.domain.streams
    assert stream.config == {"sample_rate": 48000}
    await fader.logged("Stage microphone is advertised")
    await maestra.mqtt.receives(f"maestra/stream/heartbeat/{stream.id}")

    await maestra.mqtt.publish(
        f"maestra/stream/{stream.id}/subscribe", {"address": "192.0.2.9", "port": 6000}
    )
    await fader.logged("Sends to 192.0.2.9:6000")
    await maestra.mqtt.publish(
        f"maestra/stream/{stream.id}/unsubscribe",
        {"address": "192.0.2.9", "port": 6000},
    )
    await fader.logged("Sends no longer to 192.0.2.9:6000")

    await maestra.mqtt.publish("hand/stream", "off")
    await maestra.state_is(ACTIVE, STATE_OFF)
    await maestra.mqtt.publish("hand/stream", "on")
    await maestra.state_is(ACTIVE, STATE_ON)


async def test_a_stream_that_has_expired_is_advertised_again(
    maestra: MaestraKit, fader: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    await maestra.state_is(ACTIVE, STATE_ON)
    await fader.logged("Stage microphone is advertised")

    monkeypatch.setattr(maestra.domain.streams, "_clock", lambda: monotonic() + 600)
    maestra.domain.streams.expire()

    await fader.logged("Stage microphone has ended: expired")
    await maestra.state_is(ACTIVE, STATE_ON)


async def test_a_stream_that_home_assistant_withdraws_stays_so(
    maestra: MaestraKit, fader: Node
) -> None:
    await maestra.state_is(ACTIVE, STATE_ON)
    await fader.logged("Stage microphone is advertised")

    await maestra.act("withdraw_stream", stream="Stage microphone")

    await fader.logged("Stage microphone has ended")
    await quiet(maestra)
    assert maestra.state(ACTIVE).state == STATE_OFF


async def test_firmware_is_offered_and_installed_at_the_node(
    maestra: MaestraKit, program: Path, tmp_path: Path
) -> None:
    async with (
        Publisher("HOST") as publisher,
        Node(program, maestra.broker, tmp_path, MANIFEST=publisher.url()) as node,
    ):
        await approve(maestra)
        await maestra.state_is(
            "update.fader_firmware",
            STATE_ON,
            installed_version="1.0.0",
            latest_version="1.1.0",
            supported_features=1,
        )

        installing = maestra.hass.async_create_task(
            maestra.call("update.install", "update.fader_firmware")
        )
        await node.logged(f"Installs 1.1.0 from {publisher.url('/fader.ota.bin')}")
        # It comes back with it.
        await maestra.register(HARDWARE_ID, "Fader", firmware_version="1.1.0")
        await installing
        await maestra.state_is("update.fader_firmware", STATE_OFF)


async def test_a_node_that_names_no_manifest_any_more_has_no_update(
    maestra: MaestraKit, fader: Node
) -> None:
    await maestra.appears("update.fader_firmware")
    await fader.kill()

    fader.environment["MANIFEST"] = ""
    await fader.start()

    await maestra.disappears("update.fader_firmware")


async def test_firmware_from_elsewhere_is_not_installed(
    maestra: MaestraKit, fader: Node
) -> None:
    await maestra.act(
        "send_event",
        device=HARDWARE_ID,
        event_type="install_firmware",
        data={"version": "6.6.6", "url": "http://elsewhere.example/x.bin", "md5": "0"},
    )

    await fader.logged("Not installed: http://elsewhere.example/x.bin")
    assert fader.times_logged("Installs") == 0


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
