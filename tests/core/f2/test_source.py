"""A source and a controller on a real broker."""

import asyncio
from datetime import UTC, datetime, timedelta
import json
from zoneinfo import ZoneInfo

import pytest

from custom_components.maestra.core.domain.clock import utcnow
from custom_components.maestra.core.domain.errors import InvalidField, NotConnected
from custom_components.maestra.core.f2.events import (
    F2CardRead,
    F2ControllerChanged,
    F2ControllerDiscovered,
    F2ExitButton,
    F2Reading,
    F2StateChanged,
)
from custom_components.maestra.core.f2.grammar import (
    F2NotConfirmed,
    UnknownF2Controller,
)
from custom_components.maestra.core.f2.payloads import Feedback
from custom_components.maestra.core.f2.wiring import Wiring
from tests.kits.broker import Broker
from tests.kits.f2 import MAC, SAMPLE, WIRING, F2Kit, f2_on_broker, f2_settings
from tests.kits.process import PATIENCE

STRIKE = "stat/access-control-mode/J1/strike-1"
DOORS = "stat/access-control-mode/J1/door-sensors"
BUTTONS = "stat/access-control-mode/J1/exit-buttons"
READER = "tele/access-control-mode/J1/reader-1"
SENSOR = "tele/sensor-mode/J3/sensor-1"
CARD = "04A224B2C45E80"


def clock(moment: datetime | None = None) -> str:
    """Return a time as controllers write it."""
    return (moment or utcnow()).replace(tzinfo=None).isoformat(" ", "microseconds")


async def test_all_datapoints_of_a_frame(f2: F2Kit) -> None:
    """A frame becomes a reading with every datapoint of the sensor's template."""
    f2.source.set_wiring(MAC, WIRING, "Foyer")
    drifts: list[float | None] = []
    # What the controller answers next is right again.
    f2.domain.bus.subscribe(
        F2Reading, lambda _: drifts.append(f2.source.controllers[MAC].drift)
    )
    moment = utcnow() - timedelta(seconds=3)
    await f2.says(SENSOR, {"timestamp": clock(moment), "data": SAMPLE})
    reading = await f2.told(F2Reading, path="J3/sensor-1")
    assert reading.values == {"temperature": 123.42, "humidity": 128.56, "co2": 12337}
    assert reading.rows == ((1, 1, 123.42), (1, 2, 128.56), (1, 3, 12337))
    assert (reading.controller, reading.gateway) == (MAC, "broker")
    assert reading.raw == bytes.fromhex(SAMPLE)
    assert reading.crc_valid is False
    assert reading.time == reading.measured_at == moment
    assert 3 <= reading.delay <= (utcnow() - moment).total_seconds()
    controller = f2.source.controllers[MAC]
    assert drifts == [reading.delay]
    assert controller.components["J3/sensor-1"].reading is reading


async def test_clocks_that_can_not_be_right(f2: F2Kit) -> None:
    """A reading whose time is far away is stored with ours; what the controller says stays to be seen."""
    f2.source.set_wiring(MAC, WIRING)
    await f2.says(SENSOR, {"timestamp": "2001-01-01 00:00:00.000000", "data": "FF"})
    reading = await f2.told(F2Reading)
    assert reading.time == reading.received_at
    assert reading.measured_at == datetime(2001, 1, 1, tzinfo=UTC)
    assert reading.values == {"temperature": None, "humidity": None, "co2": None}
    assert f2.source.counters["clocks_wrong"] == 1


async def test_zone_of_a_controller(f2: F2Kit) -> None:
    """Each controller's clock may be in a zone of its own."""
    zone = ZoneInfo("America/Los_Angeles")
    f2.source.set_wiring(MAC, WIRING, zone=zone)
    moment = utcnow()
    await f2.says(SENSOR, {"timestamp": clock(moment.astimezone(zone)), "data": SAMPLE})
    reading = await f2.told(F2Reading)
    assert reading.time == moment


async def test_numbers_without_a_frame(f2: F2Kit) -> None:
    """A number in place of a frame is the first datapoint's."""
    f2.source.set_wiring(MAC, WIRING)
    await f2.says(
        "tele/sensor-mode/J3/sensor-2", {"timestamp": clock(), "value": 230.5}
    )
    reading = await f2.told(F2Reading)
    assert reading.values == {"voltage": 230.5}
    assert reading.crc_valid is None


async def test_a_template_that_changes(f2: F2Kit) -> None:
    """The next frame is read as the template is then; what is known by number stays known."""
    f2.source.set_wiring(MAC, WIRING)
    await f2.says(SENSOR, {"timestamp": clock(), "data": SAMPLE})
    await f2.told(F2Reading)
    f2.source.settings.templates.load(
        {
            "id": "environmental_sensor",
            "name": "Other",
            "datapoints": [
                {"id": "co2", "label": "CO2", "offset": 10, "decimals": 1},
                {"id": "dust", "label": "Dust", "offset": 3},
            ],
        }
    )
    await f2.says(SENSOR, {"timestamp": clock(), "data": SAMPLE})
    await f2.handled(2)
    assert f2.of(F2Reading)[-1].rows == ((1, 3, 1233.7), (1, 4, 0x3230))


async def test_discovery(f2: F2Kit) -> None:
    """A controller that nobody has set up is told of once, with what it is heard to have."""
    await f2.says(
        DOORS, {"timestamp": clock(), "door-sensor-1": True, "door-sensor-2": False}
    )
    await f2.says(SENSOR, {"timestamp": clock(), "data": SAMPLE})
    await f2.handled(2)
    assert len(f2.of(F2ControllerDiscovered)) == 1
    controller = f2.source.controllers[MAC]
    assert not controller.is_known
    assert set(controller.components) == {
        "J1/door-sensor-1",
        "J1/door-sensor-2",
        "J3/sensor-1",
    }
    (reading,) = f2.of(F2Reading)
    assert (reading.values, reading.rows, reading.template) == ({}, (), None)
    known = f2.source.set_wiring(MAC.upper(), WIRING, "Foyer")
    assert known is controller
    assert known.is_known
    assert controller.components["J1/door-sensor-1"].is_on is True
    assert controller.components["J1/strike-1"].name == "Front door"
    # What was heard stays, what was only wired goes with the wiring.
    f2.source.set_wiring(MAC, Wiring(), "Foyer")
    assert set(controller.components) == {
        "J1/door-sensor-1",
        "J1/door-sensor-2",
        "J3/sensor-1",
    }
    f2.source.forget(MAC)
    assert not f2.source.controllers
    assert f2.of(F2ControllerChanged)[-1].controller == MAC


async def test_discovered_ones_are_bounded(broker: Broker) -> None:
    """Of those that nobody has set up, the one silent longest goes."""
    async with f2_on_broker(broker, f2_settings(max_discovered=2)) as f2:
        f2.source.set_wiring(MAC, WIRING)
        for number in range(2, 6):
            mac = f"aabbccddee{number:02}"
            await f2.says(SENSOR, {"data": SAMPLE}, mac)
        await f2.handled(4)
        assert set(f2.source.controllers) == {MAC, "aabbccddee04", "aabbccddee05"}


async def test_states(f2: F2Kit) -> None:
    """A state is told when it is another, with the one before."""
    for is_open in (True, True, False):
        await f2.controller.open_door(is_open)
    await f2.handled(3)
    changes = [
        (each.path, each.previous, each.current) for each in f2.of(F2StateChanged)
    ]
    assert changes == [
        ("J1/door-sensor-1", None, True),
        ("J1/door-sensor-2", None, False),
        ("J1/door-sensor-1", True, False),
    ]


async def test_exit_buttons(f2: F2Kit) -> None:
    """A button is told when it is pressed and when it is let go, and not when it says that it rests."""
    for is_pressed in (False, True, True, False):
        await f2.controller.press(is_pressed)
    await f2.handled(4)
    pressed = [(each.path, each.is_pressed) for each in f2.of(F2ExitButton)]
    assert pressed == [("J1/exit-button-1", True), ("J1/exit-button-1", False)]


async def test_cards(f2: F2Kit, caplog: pytest.LogCaptureFixture) -> None:
    """A card is told with its hash; only those who act on it read the rest."""
    await f2.controller.show_card(CARD.encode())
    read = await f2.told(F2CardRead, path="J1/reader-1")
    assert (read.text, read.credential) == (CARD, CARD.encode())
    assert len(read.credential_hash) == 32
    assert CARD not in repr(read)
    assert CARD not in caplog.text
    await f2.controller.show_card(b"\x02\x02\x01\x00\x00\x00\x03\x03")
    await f2.controller.show_card(CARD.encode())
    await f2.handled(3)
    assert f2.source.counters["echoes"] == 1
    hashes = {each.credential_hash for each in f2.of(F2CardRead)}
    assert len(hashes) == 1
    assert "secret" not in repr(f2.source.settings)


async def test_hashes_are_of_one_house(broker: Broker) -> None:
    """Another salt, another hash."""
    hashes = set()
    for salt in (b"one house", b"another house"):
        async with f2_on_broker(broker, f2_settings(salt=salt)) as f2:
            await f2.controller.show_card(CARD.encode())
            hashes.add((await f2.told(F2CardRead)).credential_hash)
    assert len(hashes) == 2


async def test_what_the_broker_has_kept(broker: Broker) -> None:
    """A retained state is known; a retained card, button or reading never happened again."""
    async with f2_on_broker(broker) as f2:
        card = {"timestamp": clock(), "data": repr(CARD.encode())}
        await f2.says(READER, card, retain=True)
        await f2.says(BUTTONS, {"exit-button-1": True}, retain=True)
        await f2.says(SENSOR, {"data": SAMPLE}, retain=True)
        await f2.says(DOORS, {"door-sensor-1": True}, mac="aabbccddee99", retain=True)
        await f2.handled(4)
    async with f2_on_broker(broker, client_id="another") as f2:
        # Retained messages come when the subscription is made.
        await f2.handled(4)
        assert f2.heard == []
        assert f2.source.counters["stale"] == 4


async def test_cards_that_were_not_heard(broker: Broker) -> None:
    """What is shown to a reader while nobody listens opens no door later; what is measured is not lost."""
    async with f2_on_broker(broker) as f2:
        f2.source.set_wiring(MAC, WIRING)
    async with broker.peer() as device:
        kit = {"timestamp": clock(), "data": repr(CARD.encode())}
        await device.publish(f"tele/f2-{MAC}/access-control-mode/J1/reader-1", kit)
        await device.publish(
            f"stat/f2-{MAC}/access-control-mode/J1/exit-buttons",
            {"exit-button-1": True},
        )
        await device.publish(f"tele/f2-{MAC}/sensor-mode/J3/sensor-1", {"data": SAMPLE})
    async with f2_on_broker(broker) as f2:
        await f2.told(F2Reading)
        assert not f2.of(F2CardRead)
        assert not f2.of(F2ExitButton)


async def test_refusals(f2: F2Kit, caplog: pytest.LogCaptureFixture) -> None:
    """What is not of the protocol is refused, counted, and told once for each controller."""
    await f2.says(STRIKE, "nonsense")
    await f2.says(STRIKE, "nonsense")
    await f2.mqtt.publish("stat/nobody/alarm-mode/J1/siren-1", "{}")
    await f2.says(STRIKE, {"status": True})
    await f2.handled(4)
    assert f2.source.counters["refused_malformed"] == 3
    assert f2.source.counters["accepted"] == 1
    assert caplog.text.count(f"a message of f2-{MAC}") == 1
    assert f2.source.latency.quantile(0.99) is not None


async def test_strike_on_and_off(f2: F2Kit) -> None:
    """A command comes back when the controller says that it is done, also where it was so before."""
    f2.source.set_wiring(MAC, WIRING)
    for on in (True, True, False):
        await f2.source.strike(MAC, "J1", 1, on=on)
        assert f2.source.controllers[MAC].components["J1/strike-1"].is_on is on


async def test_strike_for_a_while(f2: F2Kit) -> None:
    """A strike is powered for a period, and then it is not any more."""
    f2.source.set_wiring(MAC, WIRING)
    await f2.source.strike(MAC, "J1", 1, period=1)
    assert f2.source.controllers[MAC].components["J1/strike-1"].is_on
    await f2.told(F2StateChanged, path="J1/strike-1", previous=True, current=False)
    commands = [json.loads(payload) for _, payload in f2.asked if payload]
    assert commands == [{"power-flag": 2, "period": 1}]


async def test_two_who_release_a_strike_at_once_open_it_once(f2: F2Kit) -> None:
    """However many: the second would close it again."""
    f2.source.set_wiring(MAC, WIRING)
    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(f2.source.release(MAC, "J1", 1, powered=True, period=60))
    assert f2.source.controllers[MAC].components["J1/strike-1"].is_on
    commands = [json.loads(payload) for _, payload in f2.asked if payload]
    assert commands == [{"power-flag": 2, "period": 60}]


async def test_a_component_has_one_command_under_way(f2: F2Kit) -> None:
    """Each begins when the one before is confirmed; another component does not wait."""
    f2.source.set_wiring(MAC, WIRING)
    f2.controller.is_silent = True
    first = asyncio.create_task(f2.source.strike(MAC, "J1", 1, on=True))
    second = asyncio.create_task(f2.source.strike(MAC, "J1", 1, on=False))
    other = asyncio.create_task(f2.source.strike(MAC, "J1", 2, on=True))
    async with asyncio.timeout(PATIENCE):
        while len([payload for _, payload in f2.asked if payload]) < 2:
            await asyncio.sleep(0)
    places = [topic.rpartition("/")[2] for topic, payload in f2.asked if payload]
    assert places == ["strike-1", "strike-2"]

    f2.controller.is_silent = False
    await f2.says(STRIKE, {"status": True})
    await f2.says(STRIKE.replace("strike-1", "strike-2"), {"status": True})
    await asyncio.gather(first, second, other)
    assert f2.controller.states["access-control-mode/J1/strike-1"] is False


async def test_siren(f2: F2Kit) -> None:
    """A siren never says by itself what it does: it is asked with each command."""
    f2.source.set_wiring(MAC, WIRING)
    await f2.source.siren(MAC, "J2", 1, True)
    await f2.source.siren(MAC, "J2", 1, False)
    assert f2.source.controllers[MAC].components["J2/siren-1"].is_on is False
    assert f2.source.counters["unconfirmed"] == 0


async def test_many_callers(f2: F2Kit) -> None:
    """Any number of callers may wait for the same component, and for others."""
    f2.source.set_wiring(MAC, WIRING)
    source = f2.source
    async with asyncio.TaskGroup() as group:
        for _ in range(5):
            group.create_task(source.strike(MAC, "J1", 1, on=True))
            group.create_task(source.strike(MAC, "J1", 2, on=True))
            group.create_task(source.siren(MAC, "J2", 1, True))


async def test_not_confirmed(broker: Broker) -> None:
    """A controller that says nothing in time is told of, and asked once more before."""
    settings = f2_settings(confirm_timeout=timedelta(milliseconds=200))
    async with f2_on_broker(broker, settings) as f2:
        f2.source.set_wiring(MAC, WIRING)
        f2.controller.is_silent = True
        with pytest.raises(F2NotConfirmed, match="J1/strike-1"):
            await f2.source.strike(MAC, "J1", 1, on=True)
        with pytest.raises(F2NotConfirmed, match="J2/siren-1"):
            await f2.source.siren(MAC, "J2", 1, True)
        assert f2.source.counters["unconfirmed"] == 2


async def test_nobody_waits_for_a_source_that_ended(broker: Broker) -> None:
    """A command that is under way when the source stops fails at once."""
    async with f2_on_broker(
        broker, f2_settings(confirm_timeout=timedelta(hours=1))
    ) as f2:
        f2.source.set_wiring(MAC, WIRING)
        f2.controller.is_silent = True
        command = asyncio.create_task(f2.source.strike(MAC, "J1", 1, on=True))
        await asyncio.sleep(0)
    with pytest.raises(F2NotConfirmed):
        await command


async def test_feedback(f2: F2Kit) -> None:
    """A reader shows what it is told, on a topic of six levels."""
    f2.source.set_wiring(MAC, WIRING)
    f2.source.feedback(MAC, "J1", 1, Feedback.FAIL_1)
    topic = f"cmnd/f2-{MAC}/access-control-mode/J1/reader-1/success"
    await f2.source.strike(MAC, "J1", 1, on=True)
    assert f2.controller.shown == [(topic, "2")]


async def test_commands_that_can_not_be(f2: F2Kit) -> None:
    """What is not there is not commanded."""
    f2.source.set_wiring(MAC, WIRING)
    with pytest.raises(UnknownF2Controller):
        await f2.source.strike("aabbccddee99", "J1", 1, on=True)
    with pytest.raises(InvalidField, match="mac"):
        await f2.source.strike("x", "J1", 1, on=True)
    with pytest.raises(InvalidField, match="component"):
        await f2.source.strike(MAC, "J1", 3, on=True)
    with pytest.raises(InvalidField, match="component"):
        await f2.source.siren(MAC, "J7", 1, True)
    with pytest.raises(InvalidField, match="period"):
        await f2.source.strike(MAC, "J1", 1)
    with pytest.raises(InvalidField, match="period"):
        await f2.source.strike(MAC, "J1", 1, on=True, period=5)
    with pytest.raises(InvalidField, match="kind"):
        f2.source.feedback(MAC, "J1", 1, 9)
    await f2.broker.stop()
    async with asyncio.timeout(PATIENCE):
        while f2.transport.connected:
            await asyncio.sleep(0.01)
    with pytest.raises(NotConnected):
        await f2.source.strike(MAC, "J1", 1, on=True)


async def test_status_is_asked_for(f2: F2Kit) -> None:
    """Strikes and sirens say how they are when they are set up, and after the connection was lost."""
    f2.controller.states = {"access-control-mode/J1/strike-1": True}
    f2.source.set_wiring(MAC, WIRING)
    await f2.told(F2StateChanged, path="J1/strike-1", previous=None, current=True)
    await f2.told(F2StateChanged, path="J2/siren-1", previous=None, current=False)
    assert {payload for _, payload in f2.asked} == {b""}


async def test_status_is_asked_for_again(broker: Broker) -> None:
    """What changed while there was no connection is known after it."""
    async with f2_on_broker(broker) as f2:
        f2.source.set_wiring(MAC, WIRING)
        await f2.told(F2StateChanged, path="J1/strike-1", current=False)
        await broker.restart()
        await broker.logged(f"'cmnd/f2-{MAC}/access-control-mode/J1/strike-1'")
