"""What appears in Home Assistant when things come, change and go."""

import asyncio
from typing import Any

import pytest

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.core.domain.source import Source
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
from tests.kits.hub import HubKit
from tests.kits.hub_broker import BROKER_ID, MaestraKit


async def define(
    maestra: MaestraKit, slug: str, name: str, kind: str, direction: str = "output"
) -> None:
    await maestra.act(
        "define_variable", slug=slug, name=name, type=kind, direction=direction
    )


# Entities and variables


async def test_an_unknown_entity_appears_with_its_first_state(
    maestra: MaestraKit,
) -> None:
    await maestra.update("td-1", fps=60, label="Main", ok=True)

    await maestra.state_is("sensor.td_1_frame_rate", "60")
    await maestra.state_is("sensor.td_1_label", "Main")
    await maestra.state_is("binary_sensor.td_1_ok", "on")
    device = maestra.registered("td-1")
    assert device
    assert (device.name, device.model) == ("Td 1", "Device")
    # Where it is said what it is.
    assert device.configuration_url == (
        "homeassistant://config/integrations/integration/maestra"
    )


async def test_a_new_key_is_a_new_entity(maestra: MaestraKit) -> None:
    await maestra.update("td-1", fps=60)
    await maestra.appears("sensor.td_1_frame_rate")

    await maestra.update("td-1", temperature=40)

    await maestra.state_is("sensor.td_1_temperature", "40")


async def test_a_removed_variable_disappears(
    maestra: MaestraKit, entity_registry: er.EntityRegistry
) -> None:
    await maestra.update("td-1", fps=60, cue=1)
    await maestra.appears("sensor.td_1_cue")

    await maestra.act("remove_variable", slug="td-1", name="cue")

    await maestra.disappears("sensor.td_1_cue")
    assert entity_registry.async_get("sensor.td_1_cue") is None
    # What is still there goes on.
    await maestra.update("td-1", fps=50, cue=2)
    await maestra.state_is("sensor.td_1_frame_rate", "50")
    assert maestra.entity_ids == ["sensor.td_1_frame_rate"]


async def test_a_deleted_entity_disappears_with_its_device(maestra: MaestraKit) -> None:
    await maestra.update("td-1", fps=60)
    await maestra.appears("sensor.td_1_frame_rate")
    owner = maestra.domain.entities["td-1"].id

    await maestra.act("delete_entity", slug="td-1")

    await maestra.disappears("sensor.td_1_frame_rate")
    assert maestra.device_of(owner) is None


async def test_another_type_is_another_entity(
    maestra: MaestraKit, entity_registry: er.EntityRegistry
) -> None:
    await maestra.update("td-1", value=60)
    await maestra.appears("sensor.td_1")

    await define(maestra, "td-1", "value", "range", "input")
    await maestra.state_is("number.td_1", "60")
    assert entity_registry.async_get("sensor.td_1") is None

    await define(maestra, "td-1", "value", "boolean", "input")
    await maestra.state_is("switch.td_1", "unknown")
    assert maestra.entity_ids == ["switch.td_1"]


async def test_another_kind_on_the_same_platform_keeps_its_place(
    maestra: MaestraKit, entity_registry: er.EntityRegistry
) -> None:
    await maestra.update("td-1", cue=[1, 2, 3])
    await maestra.state_is("sensor.td_1_cue", "3", value=[1, 2, 3])
    entity_registry.async_update_entity("sensor.td_1_cue", name="Next cue")

    await define(maestra, "td-1", "cue", "number")
    await maestra.update("td-1", cue=7)

    cue = await maestra.state_is("sensor.td_1_cue", "7", value=None)
    # What the user said of it stays.
    assert cue.name == "Next cue"
    assert maestra.entity_ids == ["sensor.td_1_cue"]


async def test_a_light_takes_the_devices_name_over(maestra: MaestraKit) -> None:
    await define_value(maestra)
    await maestra.state_is("number.bar", "unknown", friendly_name="Bar")

    await define(maestra, "bar", "color", "color", "input")

    await maestra.state_is("light.bar", "unknown", friendly_name="Bar")
    await maestra.appears_with("number.bar", friendly_name="Bar Value")


async def define_value(maestra: MaestraKit) -> None:
    await maestra.act(
        "create_entity",
        name="Bar",
        entity_type="controller",
        variables=[{"name": "value", "type": "number", "direction": "input"}],
    )


async def test_created_and_deleted_in_one_turn_of_the_loop(
    maestra: MaestraKit, entity_registry: er.EntityRegistry
) -> None:
    entities = maestra.domain.entities
    entities.report("brief", {"fps": 1}, source=Source("td"))
    entities.delete("brief")
    entities.report("brief", {"fps": 2}, source=Source("td"))
    entities.delete("brief")
    entities.report("brief", {"fps": 3}, source=Source("td"))

    await maestra.state_is("sensor.brief_frame_rate", "3")

    entities.delete("brief")
    await maestra.disappears("sensor.brief_frame_rate")
    await maestra.hass.async_block_till_done()
    assert maestra.entity_ids == []
    assert not [
        entry
        for entry in entity_registry.entities.values()
        if "brief" in entry.entity_id
    ]


async def test_deleted_while_home_assistant_is_adding_it(
    maestra: MaestraKit, entity_registry: er.EntityRegistry
) -> None:
    def delete_at_once(event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        forget()
        maestra.domain.entities.delete("brief")

    forget = maestra.hass.bus.async_listen(
        er.EVENT_ENTITY_REGISTRY_UPDATED, callback(delete_at_once)
    )
    await maestra.update("brief", fps=60, cue=1)
    await maestra.mqtt.receives("maestra/entity/deleted/device/brief")

    await maestra.hass.async_block_till_done()
    await maestra.until(lambda: not maestra.entity_ids, "all are gone")
    assert not [
        entry
        for entry in entity_registry.entities.values()
        if "brief" in entry.entity_id
    ]


async def test_a_show_that_comes_up_is_added_bit_by_bit(maestra: MaestraKit) -> None:
    for number in range(120):
        maestra.domain.entities.create(
            name=f"Sensor {number:03}", entity_type="sensor", state={"value": number}
        )

    # The loop turns in between: nobody waits for all of it.
    turns = 0
    while maestra.hass.states.get("sensor.sensor_000") is None:
        await asyncio.sleep(0)
        turns += 1
    assert turns < 120
    assert len(maestra.entity_ids) < 120
    await maestra.until(lambda: len(maestra.entity_ids) == 120, "all are there")


# Writing states


async def test_many_updates_are_few_writes(maestra: MaestraKit) -> None:
    await maestra.update("td-1", fps=0)
    await maestra.state_is("sensor.td_1_frame_rate", "0")

    async with maestra.counting("sensor.td_1_frame_rate") as written:
        for fps in range(1, 201):
            maestra.domain.entities.update("td-1", {"fps": fps})
        await maestra.state_is("sensor.td_1_frame_rate", "200")

    assert [state.state for state in written] == ["200"]


async def test_only_what_moved_is_written(maestra: MaestraKit) -> None:
    await maestra.update("td-1", fps=1, cue=1)
    await maestra.state_is("sensor.td_1_cue", "1")
    await maestra.state_is("sensor.maestra_entities", "1")
    written: list[str] = []
    forget = maestra.hass.bus.async_listen(
        EVENT_STATE_CHANGED,
        callback(lambda event: written.append(event.data["entity_id"])),
    )

    await maestra.update("td-1", cue=2)
    await maestra.state_is("sensor.td_1_cue", "2")

    forget()
    assert written == ["sensor.td_1_cue"]


async def test_a_state_that_home_assistant_refuses_stops_nobody_else(
    maestra: MaestraKit,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await maestra.update("td-1", cue=1, fps=1)
    await maestra.state_is("sensor.td_1_frame_rate", "1")
    # Home Assistant raises at each write: a number is no time.
    (broken,) = maestra.entry.runtime_data.presenter.showing(
        maestra.domain.entities["td-1"].id, "cue"
    )
    monkeypatch.setattr(broken, "_attr_device_class", "timestamp")

    for value in (2, 3):
        await maestra.update("td-1", cue=value, fps=value)
        await maestra.state_is("sensor.td_1_frame_rate", str(value))

    assert caplog.text.count("The state of sensor.td_1_cue can't be written") == 1


async def test_a_long_list_of_writes_gives_way(
    maestra: MaestraKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.maestra.hub.state_writer.SLICE", 0)
    for slug in ("a", "b", "c"):
        await maestra.update(slug, fps=1)
        await maestra.appears(f"sensor.{slug}_frame_rate")

    for slug in ("a", "b", "c"):
        maestra.domain.entities.update(slug, {"fps": 2})

    for slug in ("a", "b", "c"):
        await maestra.state_is(f"sensor.{slug}_frame_rate", "2")


# Registries


async def test_the_hierarchy_is_the_devices(maestra: MaestraKit) -> None:
    await maestra.act("create_entity", name="Stage", entity_type="space")
    await maestra.act("create_entity", name="Rig", entity_type="group", parent="stage")
    await maestra.act("create_entity", name="Wash", entity_type="light", parent="rig")
    await maestra.appears("light.stage_wash")
    stage, rig, wash = (maestra.registered(slug) for slug in ("stage", "rig", "wash"))
    hub = maestra.device_of(maestra.entry.entry_id)
    assert stage and rig and wash and hub
    assert [wash.via_device_id, rig.via_device_id] == [rig.id, stage.id]
    assert stage.via_device_id == hub.id

    await maestra.act("update_entity", slug="wash", parent="stage", name="Wash left")
    moved = maestra.registered("wash")
    assert moved
    assert (moved.via_device_id, moved.name) == (stage.id, "Wash left")

    await maestra.act("delete_entity", slug="stage")
    orphan = maestra.registered("rig")
    assert orphan
    assert orphan.via_device_id == hub.id


async def test_what_is_below_a_room_is_in_its_area(
    maestra: MaestraKit, area_registry: ar.AreaRegistry
) -> None:
    def area(key: str) -> str | None:
        device = maestra.registered(key)
        assert device
        found = area_registry.async_get_area(device.area_id or "")
        return found.name if found else None

    await maestra.act("create_entity", name="Theatre", entity_type="space")
    for room in ("Stage", "Foyer"):
        await maestra.act(
            "create_entity", name=room, entity_type="room", parent="theatre"
        )
    await maestra.act("create_entity", name="Rig", entity_type="group", parent="stage")
    await maestra.act("create_entity", name="Wash", entity_type="light", parent="rig")
    await maestra.act("create_entity", name="Bar", entity_type="light", parent="rig")
    await maestra.act("create_entity", name="Lone", entity_type="light")
    assert [area(it) for it in ("theatre", "stage", "rig", "wash", "bar")] == [
        "Theatre",
        *["Stage"] * 4,
    ]
    assert area("lone") is None

    # What the user put elsewhere, or nowhere, stays there, whatever is said of it.
    devices, wash = dr.async_get(maestra.hass), maestra.registered("wash")
    assert wash
    devices.async_update_device(wash.id, area_id=None)
    await maestra.update("wash", another=1)
    await maestra.reload()
    assert area("wash") is None

    # What moves goes with what it was below.
    await maestra.act("update_entity", slug=["rig", "lone"], parent="foyer")
    assert [area(it) for it in ("rig", "lone", "bar")] == ["Foyer"] * 3
    bar = maestra.registered("bar")
    assert bar
    devices.async_update_device(bar.id, area_id=area_registry.async_create("Van").id)
    await maestra.act("update_entity", slug="bar", parent="stage")
    assert area("bar") == "Van"


async def test_a_device_is_where_it_says_if_there_is_such_an_area(
    maestra: MaestraKit, area_registry: ar.AreaRegistry
) -> None:
    stage = area_registry.async_create("Stage")
    await maestra.registers("AA:01", location={"room": "stage"})
    await maestra.registers("AA:02", location={"room": "made up", "x": 1})
    await maestra.registers("AA:03", location={"room": {"x": 1}})

    areas = [maestra.registered(f"AA:0{number}") for number in (1, 2, 3)]
    assert [device and device.area_id for device in areas] == [stage.id, None, None]
    assert len(area_registry.areas) == 1


@pytest.mark.parametrize(
    ("hardware_id", "metadata", "mac"),
    [
        ("A0:B7:65:4C:12:01", {}, "a0:b7:65:4c:12:01"),
        ("a0-b7-65-4c-12-01", {}, "a0:b7:65:4c:12:01"),
        ("A0B7654C1201", {}, "a0:b7:65:4c:12:01"),
        ("x", {"mac": "A0:B7:65:4C:12:01"}, "a0:b7:65:4c:12:01"),
        ("200300400500", {}, None),
        ("ff:ff:ff:ff:ff:ff", {}, None),
        ("00:00:00:00:00:00", {}, None),
        ("x", {"mac": 12}, None),
        ("esp32-1", {}, None),
    ],
)
async def test_a_device_with_a_mac_address_is_the_same_as_other_integrations_devices(
    maestra: MaestraKit, hardware_id: str, metadata: dict[str, Any], mac: str | None
) -> None:
    device = await maestra.registers(hardware_id, metadata=metadata)

    registered = maestra.device_of(device.id)
    assert registered
    wanted = {(dr.CONNECTION_NETWORK_MAC, mac)} if mac else set()
    assert registered.connections == wanted


async def test_two_of_our_own_with_one_mac_address_stay_two(
    maestra: MaestraKit,
) -> None:
    boards = [
        await maestra.registers(hardware_id, metadata={"mac": "A0:B7:65:4C:12:01"})
        for hardware_id in ("board-1", "board-2")
    ]
    first, second = (maestra.device_of(board.id) for board in boards)
    assert first and second
    assert first.id != second.id
    assert (first.name, second.name) == ("board-1", "board-2")


async def test_an_entity_hangs_below_its_device(maestra: MaestraKit) -> None:
    await maestra.register("AA:01", "Entrance")
    await maestra.appears("binary_sensor.entrance_connection")
    await maestra.act(
        "create_entity", name="Probe", entity_type="sensor", device="AA:01"
    )
    await maestra.act("create_entity", name="Other", entity_type="sensor")
    await maestra.state_is("sensor.probe", "0")
    device, probe = maestra.registered("AA:01"), maestra.registered("probe")
    assert device and probe
    assert probe.via_device_id == device.id

    await maestra.device_says("heartbeat", "AA:01", status="offline")
    await maestra.state_is("sensor.probe", "unavailable")
    assert maestra.state("sensor.other").state == "0"

    # Without its device it is on its own.
    await maestra.act("block_device", device="AA:01")
    await maestra.state_is("sensor.probe", "0")
    hub, probe = maestra.device_of(maestra.entry.entry_id), maestra.registered("probe")
    assert hub and probe
    assert probe.via_device_id == hub.id


async def test_an_entity_changes_its_device(maestra: MaestraKit) -> None:
    for hardware_id in ("AA:01", "AA:02"):
        await maestra.register(hardware_id, f"Board {hardware_id[-1]}")
        await maestra.appears(f"event.board_{hardware_id[-1]}_event")
    await maestra.act(
        "create_entity", name="Probe", entity_type="sensor", device="AA:01"
    )
    await maestra.state_is("sensor.probe", "0")

    await maestra.act("update_entity", slug="probe", device="AA:02")
    await maestra.device_says("heartbeat", "AA:01", status="offline")
    await maestra.state_is("binary_sensor.board_1_connection", "off")
    await maestra.update("probe", value=1)
    await maestra.state_is("sensor.probe", "1")

    await maestra.act("delete_entity", slug="probe")
    await maestra.device_says("heartbeat", "AA:02", status="offline")
    await maestra.state_is("binary_sensor.board_2_connection", "off")


async def test_an_approved_device_appears(maestra: MaestraKit) -> None:
    await maestra.mqtt.publish(
        "maestra/device/discover",
        {"hardware_id": "AA:01", "name": "Entrance", "device_type": "esp32"},
    )
    await maestra.mqtt.receives("maestra/device/discovered")
    assert maestra.registered("AA:01") is None

    for value in (-50, -60):
        await maestra.device_says(
            "metrics", "AA:01", metric_name="rssi", metric_value=value
        )
    await maestra.device_says("events", "AA:01", event_type="boot")
    await maestra.mqtt.publish("maestra/device/events/AA:01", b"done")
    await maestra.mqtt.receives("maestra/errors/AA:01")
    assert maestra.entity_ids == []
    await maestra.act("approve_device", device="AA:01", name="Front door")

    await maestra.state_is("sensor.front_door_rssi", "-60")
    device = maestra.registered("AA:01")
    assert device
    assert (device.name, device.serial_number) == ("Front door", "AA:01")


async def test_what_a_device_says_anew(maestra: MaestraKit) -> None:
    await maestra.register("AA:01", "Entrance", firmware_version="1.0")
    await maestra.appears("binary_sensor.entrance_connection")

    await maestra.register("AA:01", "Entrance", firmware_version="1.1")

    await maestra.until(
        lambda: (found := maestra.registered("AA:01")) and found.sw_version == "1.1",
        "the new firmware",
    )


async def test_a_label_that_the_user_took_off_stays_off(
    maestra: MaestraKit, hass: HomeAssistant
) -> None:
    """Whatever happens to the thing then; who joins a group gets its label."""
    devices = dr.async_get(hass)

    def registered(key: str) -> dr.DeviceEntry:
        device = maestra.registered(key)
        assert device
        return device

    def labels(key: str) -> set[str]:
        return registered(key).labels

    for number in (1, 2):
        await maestra.register(f"AA:0{number}", f"Board {number}")
        await maestra.appears(f"event.board_{number}_event")
    await maestra.act("create_entity", name="Wash", entity_type="light")
    await maestra.act("set_device_group", name="Foyer", device=["AA:01"])
    for key in ("AA:01", "wash"):
        assert labels(key)
        devices.async_update_device(registered(key).id, labels=set())

    await maestra.device_says("metrics", "AA:01", metric_name="t", metric_value=1)
    await maestra.appears("sensor.board_1_t")
    await maestra.update("wash", another=1)
    await maestra.appears("number.wash_another")
    await maestra.act("set_device_group", name="Foyer", device=["AA:01", "AA:02"])
    assert labels("AA:01") == labels("wash") == set()
    assert labels("AA:02") == {maestra.label_id("Foyer")}

    await maestra.reload()
    await maestra.act("set_device_group", name="Foyer", device=["AA:02", "AA:01"])
    assert labels("AA:01") == labels("wash") == set()

    await maestra.act("set_device_group", name="Foyer", device=["AA:02"])
    await maestra.act("set_device_group", name="Foyer", device=["AA:02", "AA:01"])
    assert labels("AA:01") == {maestra.label_id("Foyer")}


async def test_types_and_groups_are_labels(
    maestra: MaestraKit, label_registry: lr.LabelRegistry
) -> None:
    def labels(key: str) -> set[str]:
        device = maestra.registered(key)
        assert device
        found = [label_registry.async_get_label(label) for label in device.labels]
        return {label.name for label in found if label}

    for hardware_id in ("AA:01", "AA:02"):
        await maestra.register(hardware_id, f"Board {hardware_id[-1]}")
        await maestra.appears(f"event.board_{hardware_id[-1]}_event")
    await maestra.act("create_entity", name="Wash", entity_type="light")
    assert labels("wash") == {"Maestra light"}

    await maestra.act("set_device_group", name="Foyer", device=["AA:01", "AA:02"])
    assert labels("AA:01") == labels("AA:02") == {"Foyer"}

    await maestra.act("set_device_group", name="Foyer", device=["AA:02"])
    assert labels("AA:01") == set()
    assert labels("AA:02") == {"Foyer"}

    await maestra.act("remove_device_group", name="Foyer")
    assert labels("AA:02") == set()


async def test_a_group_with_a_device_that_is_not_in_yet(
    maestra: MaestraKit, label_registry: lr.LabelRegistry
) -> None:
    await maestra.mqtt.publish(
        "maestra/device/discover",
        {"hardware_id": "AA:01", "name": "Entrance", "device_type": "esp32"},
    )
    await maestra.mqtt.receives("maestra/device/discovered")

    maestra.domain.groups.put("Foyer", [maestra.domain.devices["AA:01"].id])

    hub = maestra.device_of(maestra.entry.entry_id)
    assert hub
    assert hub.labels == set()
    await maestra.act("approve_device", device="AA:01")
    device, label = maestra.registered("AA:01"), label_registry.async_get_label("foyer")
    assert device and label
    assert device.labels == {label.label_id}


async def test_the_link_is_a_device_of_its_subentry(
    maestra: MaestraKit, entity_registry: er.EntityRegistry
) -> None:
    device = maestra.device_of(BROKER_ID)
    hub = maestra.device_of(maestra.entry.entry_id)
    assert device and hub
    assert device.config_subentry_id == BROKER_ID
    assert device.via_device_id == hub.id
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    assert {
        entry.unique_id
        for entry in er.async_entries_for_device(
            entity_registry, device.id, include_disabled_entities=True
        )
        if entry.config_subentry_id == BROKER_ID
    } == {
        f"{BROKER_ID}:{key}"
        for key in (
            "connectivity",
            "messages_accepted",
            "messages_in",
            "messages_out",
            "bytes_in",
            "bytes_out",
            "latency",
            "messages_refused",
            "messages_unsent",
        )
    }


# What users do


async def test_a_renamed_entity_goes_on(
    maestra: MaestraKit, entity_registry: er.EntityRegistry
) -> None:
    await maestra.update("td-1", fps=1)
    await maestra.appears("sensor.td_1_frame_rate")

    entity_registry.async_update_entity(
        "sensor.td_1_frame_rate", new_entity_id="sensor.main_screen"
    )
    await maestra.appears("sensor.main_screen")
    await maestra.update("td-1", fps=2)
    await maestra.state_is("sensor.main_screen", "2")

    await maestra.reload()
    await maestra.state_is("sensor.main_screen", "2")
    await maestra.act("delete_entity", slug="td-1")
    await maestra.disappears("sensor.main_screen")


async def test_a_disabled_entity_costs_nothing_and_comes_back(
    maestra: MaestraKit, entity_registry: er.EntityRegistry
) -> None:
    await maestra.update("td-1", fps=1, cue=1)
    await maestra.appears("sensor.td_1_cue")
    entity_registry.async_update_entity(
        "sensor.td_1_cue", disabled_by=er.RegistryEntryDisabler.USER
    )
    await maestra.disappears("sensor.td_1_cue")

    await maestra.update("td-1", cue=2, fps=2)
    await maestra.state_is("sensor.td_1_frame_rate", "2")
    assert maestra.hass.states.get("sensor.td_1_cue") is None

    entity_registry.async_update_entity("sensor.td_1_cue", disabled_by=None)
    await maestra.reload()
    await maestra.state_is("sensor.td_1_cue", "2")


async def test_what_nobody_stands_behind_is_removed_at_start(
    maestra: MaestraKit,
    hass: HomeAssistant,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    await maestra.update("td-1", fps=1)
    await maestra.appears("sensor.td_1_frame_rate")
    await hass.config_entries.async_unload(maestra.entry.entry_id)
    device = device_registry.async_get_or_create(
        config_entry_id=maestra.entry.entry_id, identifiers={(DOMAIN, "long-gone")}
    )
    ghost = entity_registry.async_get_or_create(
        "sensor",
        DOMAIN,
        "long-gone:fps",
        config_entry=maestra.entry,
        device_id=device.id,
    )

    await hass.config_entries.async_setup(maestra.entry.entry_id)

    await maestra.appears("sensor.td_1_frame_rate")
    assert device_registry.async_get(device.id) is None
    assert entity_registry.async_get(ghost.entity_id) is None


@pytest.mark.parametrize(
    ("said", "url"),
    [
        ({"ip_address": "192.0.2.7"}, "http://192.0.2.7"),
        ({"ip_address": "fd00::7"}, "http://[fd00::7]"),
        ({"ip_address": "127.0.0.1"}, None),
        ({"ip_address": "board.local"}, None),
        ({}, None),
        (
            {
                "ip_address": "192.0.2.7",
                "metadata": {"configuration_url": "https://board.local/setup"},
            },
            "https://board.local/setup",
        ),
        *(
            ({"metadata": {"configuration_url": url}}, None)
            for url in (
                "javascript:alert(1)",
                "homeassistant://config",
                "file:///etc/passwd",
                "http://user:secret@board.local",
                "http://",
                "http://[",
                "https://board.local/" + "x" * 300,
                7,
            )
        ),
    ],
)
async def test_a_device_is_set_up_where_it_is(
    hub_kit: HubKit, said: dict[str, Any], url: str | None
) -> None:
    """By its address, or the web address that it names; a link leads nowhere else."""
    device = await hub_kit.registers("AA:01", **said)
    assert hub_kit.device(hub_kit.device_id(device.id)).configuration_url == url
