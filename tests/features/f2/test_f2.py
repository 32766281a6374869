"""F2 controllers in Home Assistant, on a real broker: what is shown, what is told, what is never told."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_capture_events
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.maestra.const import EVENT_HAPPENED
from custom_components.maestra.core.f2.events import AccessDecision
from custom_components.maestra.core.f2.grammar import ComponentPath
from custom_components.maestra.core.store.connection import connect
from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.features.f2 import controllers as f2_controllers
from custom_components.maestra.features.f2.controllers import (
    F2Controllers,
    controllers_of,
)
from custom_components.maestra.features.f2.manager import STORAGE_KEY
from homeassistant.components.tag.const import EVENT_TAG_SCANNED
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Context
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component

from ...kits.f2_device import (
    MAC,
    SAMPLE,
    WIRING,
    F2Device,
    add_controller,
    carry_f2,
    f2_device,
)
from ...kits.forms import add_store
from ...kits.hub_broker import MaestraKit

LOCK = "lock.gate_j1_front_door"
POWER = "switch.gate_j1_front_door_power"
DOOR = "binary_sensor.gate_j1_door_1"
READER = "event.gate_j1_reader_1"
BUTTON = "event.gate_j1_exit_button_1"
SIREN = "siren.gate_j2_siren_1"
MOTION = "binary_sensor.gate_j2_motion_1"
CONNECTION = "binary_sensor.gate_connection"
CARD = b"04A224B2C45E80"
MOTION_2 = ComponentPath.parse("J2/motion-sensor-2")
SEED = Path(__file__).parents[2] / "core" / "f2" / "seed.sql"


def controllers(maestra: MaestraKit) -> F2Controllers:
    return controllers_of(maestra.entry.runtime_data)


# What is shown.


async def test_a_controller_is_a_device_with_its_connectors_and_sensors(
    maestra: MaestraKit, gate: F2Device
) -> None:
    await gate.says("tele/sensor-mode/J3/sensor-1", data=SAMPLE)
    await maestra.state_is("sensor.lobby_temperature", "123.42")

    controller = maestra.device_of(f"f2:{MAC}")
    connector = maestra.device_of(f"f2:{MAC}:J1")
    lobby = maestra.device_of(f"f2:{MAC}:J3:sensor-1")
    assert controller and connector and lobby
    assert controller.connections == {(dr.CONNECTION_NETWORK_MAC, "aa:bb:cc:dd:ee:01")}
    assert (controller.name, controller.model) == ("Gate", "F2 Smart Controller")
    assert connector.via_device_id == controller.id
    assert (lobby.name, lobby.model) == ("Lobby", "ENV-S1")


async def test_a_frame_becomes_a_sensor_for_each_datapoint(
    maestra: MaestraKit, gate: F2Device
) -> None:
    """The vectors of f2.md §6."""
    await gate.says("tele/sensor-mode/J3/sensor-1", data=SAMPLE)
    await gate.says("tele/sensor-mode/J3/sensor-2", data=SAMPLE)
    temperature = await maestra.state_is("sensor.lobby_temperature", "123.42")
    assert temperature.attributes["unit_of_measurement"] == "°C"
    assert temperature.attributes["device_class"] == "temperature"
    assert temperature.attributes["state_class"] == "measurement"
    await maestra.state_is("sensor.lobby_humidity", "128.56")
    await maestra.state_is("sensor.lobby_co2", "12337.0")
    await maestra.state_is("sensor.gate_j3_sensor_2_voltage", "25.9")
    await maestra.state_is("sensor.gate_j3_sensor_2_current", "3.122")
    await maestra.state_is(CONNECTION, STATE_ON)


async def test_a_datapoint_is_named_by_its_class_in_the_language_of_home_assistant(
    maestra: MaestraKit, gate: F2Device
) -> None:
    """What has no class of its name keeps the label of its template."""
    maestra.hass.config.language = "de"
    await maestra.hass.config_entries.async_reload(maestra.entry.entry_id)
    await gate.says("tele/sensor-mode/J3/sensor-1", data=SAMPLE)
    humidity = await maestra.state_is("sensor.lobby_humidity", "128.56")
    assert humidity.name == "Lobby Luftfeuchtigkeit"
    co2 = await maestra.state_is("sensor.lobby_co2", "12337.0")
    assert co2.name == "Lobby CO₂"


async def test_doors_and_motion_are_shown(maestra: MaestraKit, gate: F2Device) -> None:
    await maestra.state_is(DOOR, STATE_UNKNOWN)
    await gate.controller.open_door(True)
    await maestra.state_is(DOOR, STATE_ON, device_class="door")
    await gate.controller.open_door(False)
    await maestra.state_is(DOOR, STATE_OFF)
    await gate.controller.move(True)
    await maestra.state_is(MOTION, STATE_ON, device_class="motion")


async def test_exit_buttons_are_events(maestra: MaestraKit, gate: F2Device) -> None:
    await gate.controller.press(True)
    await maestra.appears_with(BUTTON, event_type="pressed")
    await gate.controller.press(False)
    await maestra.appears_with(BUTTON, event_type="released")


async def test_contacts_and_strikes_can_work_the_other_way_round(
    maestra: MaestraKit,
) -> None:
    add_controller(
        maestra.hass, maestra.entry, locked_by_power=True, open_is_false=True
    )
    async with f2_device(maestra.broker) as device:
        await carry_f2(maestra)
        await maestra.state_is(LOCK, "unlocked")
        await maestra.call("switch.turn_on", POWER)
        await maestra.state_is(LOCK, "locked")
        await maestra.call("switch.turn_off", POWER)
        await maestra.state_is(LOCK, "unlocked")
        await maestra.call("lock.lock", LOCK)
        await maestra.state_is(POWER, STATE_ON)
        await device.controller.open_door(True)
        await maestra.state_is(DOOR, STATE_OFF)


async def test_silence_makes_sensors_unavailable_and_nothing_else(
    maestra: MaestraKit, gate: F2Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    await gate.says("tele/sensor-mode/J3/sensor-1", data=SAMPLE)
    await maestra.state_is("sensor.lobby_temperature", "123.42")
    monkeypatch.setattr(f2_controllers, "SILENCE", timedelta(0))
    await maestra.later(timedelta(seconds=6))
    await maestra.state_is("sensor.lobby_temperature", STATE_UNAVAILABLE)
    await maestra.state_is(CONNECTION, STATE_OFF)
    assert maestra.state(LOCK).state == "locked"


async def test_without_the_broker_all_is_unavailable(
    maestra: MaestraKit, gate: F2Device
) -> None:
    await maestra.broker.stop()
    await maestra.state_is(LOCK, STATE_UNAVAILABLE)
    await maestra.state_is(CONNECTION, STATE_OFF)


async def test_who_comes_late_is_asked_again(maestra: MaestraKit) -> None:
    """A controller that starts after Home Assistant has missed the first question."""
    add_controller(maestra.hass, maestra.entry)
    await carry_f2(maestra)
    await maestra.state_is(LOCK, STATE_UNKNOWN)
    async with f2_device(maestra.broker) as device:
        await device.controller.open_door(True)
        await maestra.state_is(DOOR, STATE_ON)
        assert maestra.state(LOCK).state == STATE_UNKNOWN
        await maestra.later(timedelta(seconds=6))
        await maestra.state_is(LOCK, "locked")
        await maestra.state_is(SIREN, STATE_OFF)


# What it is told.


async def test_a_lock_command_arrives_and_its_status_comes_back(
    maestra: MaestraKit, gate: F2Device
) -> None:
    await maestra.act("f2_unlock", entity_id=LOCK, period=1)
    assert (
        f"cmnd/f2-{MAC}/access-control-mode/J1/strike-1",
        b'{"power-flag":2,"period":1}',
    ) in gate.asked
    await maestra.state_is(LOCK, "unlocked")
    await maestra.state_is(POWER, STATE_ON)
    # The controller takes the power away by itself.
    await maestra.state_is(LOCK, "locked")


async def test_the_lock_uses_the_usual_period(
    maestra: MaestraKit, gate: F2Device
) -> None:
    await maestra.call("lock.unlock", LOCK)
    assert gate.asked[-1][1] == b'{"power-flag":2,"period":5}'
    await maestra.state_is(LOCK, "unlocked")
    count = len(gate.asked)
    await maestra.call("lock.unlock", LOCK)
    assert len(gate.asked) == count, "it would have been closed"
    await maestra.call("lock.lock", LOCK)
    await maestra.state_is(LOCK, "locked")


async def test_a_switch_and_a_siren(maestra: MaestraKit, gate: F2Device) -> None:
    await maestra.call("switch.turn_on", POWER)
    await maestra.state_is(LOCK, "unlocked")
    await maestra.call("switch.turn_off", POWER)
    await maestra.state_is(LOCK, "locked")
    await maestra.call("siren.turn_on", SIREN)
    await maestra.state_is(SIREN, STATE_ON)
    await maestra.call("siren.turn_off", SIREN)
    await maestra.state_is(SIREN, STATE_OFF)


async def test_what_is_not_confirmed_is_an_error(
    maestra: MaestraKit, gate: F2Device
) -> None:
    gate.controller.is_silent = True
    with pytest.raises(HomeAssistantError) as raised:
        await maestra.call("lock.unlock", LOCK)
    assert raised.value.translation_key == "f2_not_confirmed"
    assert maestra.state(LOCK).state == "locked"


async def test_a_long_period_is_told_and_warned_of(
    maestra: MaestraKit, gate: F2Device, caplog: pytest.LogCaptureFixture
) -> None:
    await maestra.act("f2_unlock", device_id=_id(maestra, "J1"), period=121)
    assert "may get too hot" in caplog.text
    await maestra.call("lock.lock", LOCK)


async def test_a_reader_shows_what_it_is_told(
    maestra: MaestraKit, gate: F2Device
) -> None:
    await maestra.act("f2_feedback", entity_id=READER, kind="fail_1")
    assert await gate.was_shown() == [b"2"]
    topic = f"cmnd/f2-{MAC}/access-control-mode/J1/reader-1/success"
    assert gate.asked[-1][0] == topic


def _nudge(maestra: MaestraKit) -> bool:
    """Let `until` look again a little later: nobody in Home Assistant is told of this."""
    maestra.hass.loop.call_later(0.01, maestra.hass.bus.async_fire, "nudge")
    return False


@pytest.mark.parametrize("action", ["f2_unlock", "f2_feedback", "f2_record_access"])
async def test_a_target_without_such_a_part_is_refused(
    maestra: MaestraKit, gate: F2Device, action: str
) -> None:
    fields: dict[str, dict[str, Any]] = {
        "f2_unlock": {},
        "f2_feedback": {"kind": "success"},
        "f2_record_access": {"granted": True, "reason": "test"},
    }
    with pytest.raises(ServiceValidationError) as raised:
        await maestra.act(action, entity_id=SIREN, **fields[action])
    assert raised.value.translation_key == "no_f2_component_targeted"


def _id(maestra: MaestraKit, connector: str) -> str:
    device = maestra.device_of(f"f2:{MAC}:{connector}")
    assert device
    return device.id


# Cards.


async def test_a_card_is_an_event_and_a_tag_and_told_nowhere(
    maestra: MaestraKit,
    gate: F2Device,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await async_setup_component(maestra.hass, "diagnostics", {})
    everything = async_capture_events(maestra.hass, "state_changed")
    scans = async_capture_events(maestra.hass, EVENT_TAG_SCANNED)
    await gate.controller.show_card(CARD)
    state = await maestra.appears_with(READER, event_type="card_read")
    digest = state.attributes["credential_hash"]
    await maestra.hass.async_block_till_done()

    assert [scan.data["tag_id"] for scan in scans] == [digest]
    assert scans[0].data["name"] == state.attributes["card"] == f"Card {digest[:6]}"
    assert scans[0].data["device_id"] == _id(maestra, "J1")
    connector = maestra.device_of(f"f2:{MAC}:J1")
    assert connector
    told = [
        caplog.text,
        str([event.as_dict() for event in everything]),
        str(
            await get_diagnostics_for_config_entry(
                maestra.hass, hass_client, maestra.entry
            )
        ),
        str(
            await get_diagnostics_for_device(
                maestra.hass, hass_client, maestra.entry, connector
            )
        ),
    ]
    for text in told:
        assert CARD.decode() not in text
        assert CARD.hex().lower() not in text.lower()
    salt = maestra.entry.data["f2_salt"]
    assert all(salt not in text for text in told)


async def test_a_card_has_the_name_of_its_tag(
    maestra: MaestraKit, gate: F2Device
) -> None:
    """And the logbook names who was let in, or the card."""
    happened = async_capture_events(maestra.hass, EVENT_HAPPENED)
    scans = async_capture_events(maestra.hass, EVENT_TAG_SCANNED)
    await gate.controller.show_card(CARD)
    await maestra.until(lambda: scans, "the card is read")
    await maestra.hass.async_block_till_done()
    registry = er.async_get(maestra.hass)
    (tag,) = maestra.hass.states.async_entity_ids("tag")
    registry.async_update_entity(tag, name="Anna's card")
    await gate.controller.show_card(CARD)
    await maestra.appears_with(READER, card="Anna's card")
    await maestra.act(
        "f2_record_access",
        entity_id=READER,
        granted=False,
        reason="too late",
        person="Anna",
    )
    assert [event.data["detail"] for event in happened][1:] == [
        "Anna's card",
        "Anna (too late)",
    ]


async def test_the_same_card_has_the_same_hash_after_a_restart(
    maestra: MaestraKit, gate: F2Device
) -> None:
    await gate.controller.show_card(CARD)
    first = await maestra.appears_with(READER, event_type="card_read")
    await maestra.reload()
    await maestra.state_is(LOCK, "locked")
    scans = async_capture_events(maestra.hass, EVENT_TAG_SCANNED)
    await gate.controller.show_card(CARD)
    await maestra.until(lambda: scans, "the card is read again")
    assert scans[0].data["tag_id"] == first.attributes["credential_hash"]


async def test_a_decision_is_recorded_and_shown(
    maestra: MaestraKit, gate: F2Device
) -> None:
    told: list[AccessDecision] = []
    maestra.domain.bus.subscribe(AccessDecision, told.append)
    await maestra.act(
        "f2_record_access",
        entity_id=READER,
        granted=False,
        reason="outside the schedule",
        person="Anna",
        credential_hash="ab" * 16,
    )
    assert [(it.granted, it.person, it.path) for it in told] == [
        (False, "Anna", "J1/reader-1")
    ]
    await maestra.appears_with(
        READER, event_type="access_denied", person="Anna", reason="outside the schedule"
    )


# How it is kept.


async def test_what_is_heard_later_is_added(
    maestra: MaestraKit, gate: F2Device
) -> None:
    changed = WIRING["J2"]["components"]
    assert "motion-sensor-2" not in changed
    await gate.controller.move(True, number=2)
    await maestra.until(
        lambda: controllers(maestra).component(MAC, MOTION_2) or _nudge(maestra),
        "it is heard",
    )
    await maestra.later(timedelta(seconds=3))
    await maestra.state_is("binary_sensor.gate_j2_motion_2", STATE_ON)


async def test_a_removed_controller_leaves_nothing(
    maestra: MaestraKit, gate: F2Device, entity_registry: er.EntityRegistry
) -> None:
    (subentry,) = maestra.entry.get_subentries_of_type("f2_controller")
    maestra.hass.config_entries.async_remove_subentry(
        maestra.entry, subentry.subentry_id
    )
    await maestra.disappears(LOCK)
    await maestra.hass.async_block_till_done()
    registered = er.async_entries_for_config_entry(
        entity_registry, maestra.entry.entry_id
    )
    assert not [it for it in registered if it.unique_id.startswith("f2:")]
    assert maestra.device_of(f"f2:{MAC}") is None


async def test_reloads_keep_what_is_there(
    maestra: MaestraKit, gate: F2Device, entity_registry: er.EntityRegistry
) -> None:
    before = entity_registry.async_get(LOCK)
    for _ in range(3):
        await maestra.reload()
        await maestra.state_is(LOCK, "locked")
    assert entity_registry.async_get(LOCK) == before


async def test_numbers_of_rows_stay(
    maestra: MaestraKit, gate: F2Device, hass_storage: dict[str, Any]
) -> None:
    before = controllers(maestra).numbers.snapshot()
    assert f"{MAC}/J3/sensor-1" in before["sensors"]
    await maestra.reload()
    assert hass_storage[STORAGE_KEY]["data"] == {"numbers": before}
    assert controllers(maestra).numbers.snapshot() == before


async def test_a_changed_template_changes_the_sensors(
    maestra: MaestraKit, gate: F2Device
) -> None:
    template = {
        "id": "environmental_sensor",
        "name": "Our sensor",
        "datapoints": [{"id": "co2", "label": "CO2", "offset": 10, "unit": "ppm"}],
    }
    await maestra.act("import_f2_templates", templates=[template])
    await maestra.disappears("sensor.lobby_temperature")
    await gate.says("tele/sensor-mode/J3/sensor-1", data=SAMPLE)
    await maestra.state_is("sensor.lobby_co2", "12337.0")
    device = maestra.device_of(f"f2:{MAC}:J3:sensor-1")
    assert device
    assert device.model == "Our sensor"


async def test_templates_that_are_none_are_refused(maestra: MaestraKit) -> None:
    with pytest.raises(ServiceValidationError):
        await maestra.act("import_f2_templates", templates=[{"id": "x"}])
    with pytest.raises(ServiceValidationError) as raised:
        await maestra.act("import_f2_templates")
    assert raised.value.translation_key == "no_store"


async def test_the_tables_of_another_pipeline_are_taken_over(
    maestra: MaestraKit, database: StoreSettings
) -> None:
    """Templates, controllers with their wiring, and the integers of the rows that are there (f2.md §7)."""
    connection = await connect(database)
    await connection.execute(SEED.read_text())
    connection.terminate()
    await add_store(maestra.hass, maestra.entry, database)

    answer = await maestra.hass.services.async_call(
        "maestra",
        "import_f2_templates",
        {"controllers": True},
        blocking=True,
        return_response=True,
    )
    await maestra.hass.async_block_till_done()

    assert answer
    assert answer["controllers"] == [f"F2 Controller {n}" for n in (1, 2, 3, 4)]
    assert answer["warnings"]
    added = maestra.entry.get_subentries_of_type("f2_controller")
    assert MAC in {subentry.data["mac"] for subentry in added}
    # The one series of the reference (f2.md §7): device 5, datapoint 4.
    numbers = controllers(maestra).numbers
    assert numbers.snapshot()["sensors"][f"{MAC}/J1/sensor-1"] == 5
    assert numbers.datapoints.name(4) == "power_monitor/voltage"


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("f2_unlock", {"entity_id": LOCK}),
        ("f2_feedback", {"entity_id": READER, "kind": "success"}),
        ("import_f2_templates", {"templates": []}),
    ],
)
async def test_users_do_what_they_may(
    maestra: MaestraKit,
    gate: F2Device,
    hass_read_only_user: MockUser,
    action: str,
    fields: dict[str, Any],
) -> None:
    count = len(gate.asked)
    with pytest.raises(Unauthorized):
        await maestra.hass.services.async_call(
            "maestra",
            action,
            fields,
            blocking=True,
            context=Context(user_id=hass_read_only_user.id),
        )
    assert len(gate.asked) == count
